"""Receipts and recomputation: what is stored is held against what comes out again, and no tampering gets through."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from fixtures.runs import SCENARIOS, activity
from service import examine as room
from service.analysis.receipt import PARTS, known, result_sha256
from service.analysis.rule import all_rules
from service.analysis.verify import bare

HASH = "ab" * 32
RUNS = ("S01", "S14", "S15", "S16", "S23", "S11", "S08", "S28")
RULES = {rule.code: rule for rule in all_rules()}


@cache
def made(scenario: str) -> room.Examined:
    return room.examine(
        activity(SCENARIOS[scenario].run), input_sha256=HASH, program_version="1.2.3", **given(scenario)
    )


def given(scenario: str) -> dict[str, Any]:
    return {name: getattr(SCENARIOS[scenario], name) for name in ("profile", "history", "conditions")}


def verified(scenario: str, assessment: dict[str, Any], **otherwise: Any) -> dict[str, Any]:
    got = made(scenario)
    more = {"input_sha256": HASH, "stored_summary": got.activity["summary"], **given(scenario), **otherwise}
    return room.verify(assessment, room.restore(got.state, got.columns), **more)


def stored(scenario: str) -> dict[str, Any]:
    return dict(json.loads(json.dumps(made(scenario).assessment)))


def forged(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a receipt that fits it: who can change a document can hash it, too."""
    document["receipt"]["result_sha256"] = result_sha256(bare(document))
    return document


@pytest.mark.parametrize("scenario", RUNS)
def test_every_number_comes_out_again_from_the_stored_streams(scenario: str) -> None:
    document = stored(scenario)
    got = verified(scenario, document)
    assert (got["verdict"], got["differences"], got["because"]) == ("holds", [], [])
    assert got["receipt"] == {"result": True, "input": True}
    assert len(got["numbers"]) == 4 + len(document["warnings"]) + len(document["questions"])
    assert {row["outcome"] for row in got["numbers"]} == {"same"}
    assert got["ruleset_version"]["stored"] == got["ruleset_version"]["now"]


# --- tampering ----------------------------------------------------------------------------------------------------


def fields(value: Any, *path: str | int) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every plain value of a document with the way to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from fields(inner, *path, key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from fields(inner, *path, index)
    else:
        yield path, value


def otherwise(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1 if abs(value) >= 1 else value + 0.001
    return "tampered" if value is None else f"{value}x"


def set_at(document: Any, path: tuple[str | int, ...], value: Any) -> None:
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


@pytest.mark.parametrize("forge", [False, True], ids=["as it is", "with a new receipt"])
@pytest.mark.parametrize("scenario", ["S14", "S16"])
def test_no_field_of_an_assessment_can_be_changed_unseen(scenario: str, forge: bool) -> None:
    """Numbers, windows, thresholds, points, words: each in its turn, also by somebody who hashes it anew."""
    document, again = stored(scenario), made(scenario).assessment
    seen = 0
    for path, value in fields(document):
        if path[0] == "receipt":
            continue
        tampered = copy.deepcopy(document)
        set_at(tampered, path, otherwise(value))
        got = room.compare(forged(tampered) if forge else tampered, again, input_sha256=HASH)
        assert got["verdict"] == "differs", path
        assert got["receipt"]["result"] is (forge and path != ("ruleset_version",)), path
        seen += 1
    assert seen > 100


WAYS: dict[str, Callable[[dict[str, Any]], object]] = {
    "value": lambda one: one.update(value=one["value"] + 0.01),
    "threshold": lambda one: one.update(threshold=one["threshold"] * 2),
    "comparator": lambda one: one.update(comparator="<"),
    "unit": lambda one: one.update(unit="furlong"),
    "end_m": lambda one: one.update(end_m=one["end_m"] + 500),
    "start_s": lambda one: one.update(start_s=one["start_s"] + 60),
    "points": lambda one: one.update(points=one["points"] + 3),
    "severity": lambda one: one.update(severity="low"),
    "code": lambda one: one.update(code="heat"),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_field_that_was_changed_is_named(way: str) -> None:
    document = stored("S14")
    WAYS[way](document["warnings"][0])
    got = verified("S14", forged(document))
    assert got["verdict"] == "differs"
    assert got["receipt"] == {"result": True, "input": True}
    named = {one["at"] for one in got["differences"]}
    assert named == ({"/warnings/fade/0", "/warnings/heat/0"} if way == "code" else {f"/warnings/fade/0/{way}"})


def test_a_warning_that_was_taken_out_is_found() -> None:
    document = stored("S14")
    gone = document["warnings"].pop()
    got = verified("S14", forged(document))
    (row,) = [row for row in got["numbers"] if row["outcome"] != "same"]
    assert (row["number"], row["stored"], row["now"], row["outcome"]) == (gone["code"], None, gone["value"], "differs")


def test_a_warning_that_was_put_in_is_found() -> None:
    document = stored("S14")
    document["warnings"].append({**document["warnings"][0], "segment": True})
    assert verified("S14", forged(document))["verdict"] == "differs"


def test_the_totals_of_the_activity_are_held_too() -> None:
    totals = {**made("S01").activity["summary"], "distance_m": 12_000.0}
    got = verified("S01", stored("S01"), stored_summary=totals)
    assert (got["verdict"], [one["at"] for one in got["differences"]]) == ("differs", ["/summary/distance_m"])


def test_another_file_is_found_by_its_hash() -> None:
    got = verified("S01", stored("S01"), input_sha256="cd" * 32)
    assert (got["verdict"], got["receipt"]) == ("differs", {"result": True, "input": False})


def test_a_receipt_of_other_rules_than_the_document_names_does_not_hold() -> None:
    document = stored("S01")
    document["receipt"]["ruleset_version"] = "9.0"
    assert not room.receipt_holds(document)


# --- what cannot be worked out again ------------------------------------------------------------------------------


def test_what_was_known_otherwise_is_told_and_not_called_tampering() -> None:
    """The same file without the history: the spike cannot be worked out, the rest stands."""
    got = verified("S14", stored("S14"), history=())
    assert (got["verdict"], got["because"]) == ("in_part", ["history"])
    outcomes = {row["number"]: row["outcome"] for row in got["numbers"]}
    assert (outcomes["spike"], outcomes["fade"], outcomes["duration"]) == ("not_comparable", "same", "same")


def test_what_stands_on_the_file_alone_is_held_even_then() -> None:
    document = stored("S14")
    (fade,) = (one for one in document["warnings"] if one["code"] == "fade")
    fade["value"] = 0.3
    got = verified("S14", forged(document), history=())
    assert got["verdict"] == "differs"
    wrong = [one["at"] for one in got["differences"] if one["outcome"] == "differs"]
    assert wrong == ["/warnings/fade/0/value"]


def test_other_rules_are_told_and_not_called_tampering() -> None:
    document = stored("S14")
    document["ruleset_version"] = document["receipt"]["ruleset_version"] = "0.older"
    document["warnings"][0]["threshold"] = 1.0
    got = verified("S14", forged(document))
    assert (got["verdict"], got["because"]) == ("in_part", ["rules"])
    assert got["ruleset_version"]["stored"] == "0.older"


def test_more_is_known_now_and_nothing_changes() -> None:
    """A name of the zone, a birth year: what brings no other number leaves the verdict whole."""
    got = verified("S01", stored("S01"), profile={**SCENARIOS["S01"].profile, "timezone": "Europe/Berlin"})
    assert (got["verdict"], got["because"]) == ("holds", [])


def test_a_document_by_itself_has_its_receipt_and_no_more() -> None:
    got = room.on_its_own(stored("S01"))
    assert (got["verdict"], got["receipt"], got["numbers"]) == ("in_part", {"result": True, "input": None}, [])
    tampered = stored("S01")
    tampered["score"] = 0
    assert room.on_its_own(tampered)["verdict"] == "differs"


KNOWN = {
    "history": {"history": SCENARIOS["S14"].history},
    "profile": {"profile": {"birth_year": 1990, "hr_rest_bpm": 45.0, "hr_max_bpm": 190.0, "timezone": "Asia/Tokyo"}},
    "conditions": {"conditions": {"temperature_c": 31.0, "humidity_pct": 80.0, "wind_kmh": 30.0}},
    "log": {"log": {"fluid_ml": 2500.0, "mass_before_kg": 70.0, "mass_after_kg": 70.8, "fasted": True}},
}


@pytest.mark.parametrize("scenario", ["S01", "S14", "S15", "S16", "S23", "S28", "S43"])
@pytest.mark.parametrize("part", KNOWN)
def test_a_rule_reads_nothing_beside_the_file_that_its_record_does_not_name(part: str, scenario: str) -> None:
    other = room.examine(
        activity(SCENARIOS[scenario].run),
        input_sha256=HASH,
        program_version="1",
        **{**given(scenario), "sport": None, **KNOWN[part]},
    )
    got = room.compare(stored(scenario), other.assessment)
    wrong = [one for one in got["differences"] if one["at"].startswith(("/warnings", "/questions", "/main", "/struct"))]
    assert [one["at"] for one in wrong if one["outcome"] == "differs"] == []
    assert all(part in RULES[one["at"].split("/")[2]].reads for one in wrong)


def test_rules_read_known_parts_only() -> None:
    assert all(rule.reads <= set(PARTS) - {"sport"} for rule in RULES.values())


# --- receipts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_a_receipt_holds_for_the_rendered_document_too(units: str) -> None:
    around = {"id": "asm_1", "created_at": "…", "state": "current"}
    rendered = {**around, **room.render(made("S16").assessment, units=units)}
    assert room.receipt_holds(rendered)
    assert verified("S16", rendered)["verdict"] == "holds"
    assert not room.receipt_holds({**rendered, "score": 0})
    assert not room.receipt_holds({"score": 0})


def test_texts_are_no_evidence() -> None:
    rendered = room.render(made("S16").assessment)
    rendered["headline"]["text"] = "Something else."
    rendered["warnings"][0]["title"] = "Mountains"
    assert verified("S16", rendered)["verdict"] == "holds"


def test_a_program_with_one_kind_of_number_does_not_break_a_receipt() -> None:
    """JavaScript writes 100.0 as 100."""

    def one_kind(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: one_kind(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [one_kind(inner) for inner in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    document = stored("S14")
    assert one_kind(document) == document
    assert json.dumps(one_kind(document)) != json.dumps(document)
    assert room.receipt_holds(one_kind(document))


def test_what_was_known_is_hashed_part_by_part() -> None:
    def of(**told: Any) -> dict[str, str]:
        kinds = {
            "profile": room.profile_of,
            "history": room.history_of,
            "conditions": room.conditions_of,
            "log": room.log_of,
        }
        values = {name: kind(told.get(name, {})) for name, kind in kinds.items()}
        return known(**values, sport=told.get("sport"))

    nothing = of()
    for part in PARTS:
        told = {**KNOWN.get(part, {}), **({"sport": "running"} if part == "sport" else {})}
        assert {name for name, value in of(**told).items() if value != nothing[name]} == {part}


@pytest.mark.parametrize(
    "value",
    [None, [], "x", {}, {"receipt": {}}, {"receipt": None, "warnings": [], "questions": []}, {"warnings": [1]}],
)
def test_any_other_json_is_no_assessment(value: Any) -> None:
    assert not room.readable(value)
    assert room.readable(stored("S01"))
