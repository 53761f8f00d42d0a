"""Assessing again by other rules: seen before it counts, adopted as a whole, and nothing of the old is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service import examine
from service.errands import CATCH_UP, Errand
from service.examine import Examined
from service.reassessing import Reassessing, difference_of
from service.store import assessments, athletes, events, reassessments
from service.store.engine import read, write
from service.store.reassessments import ReassessmentRow
from service.store.scope import Scope
from tests.service.test_merging import NOW, Desk, fit, in_time_order, opened

EVERYONE = Scope.everyone()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = opened(tmp_path)
    for data in [*in_time_order(), fit("fast_start")]:
        made.send(data)
    made.catch_up()
    yield made
    made.engine.dispose()


@pytest.fixture
def other_rules(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, rules that give five points more to whatever scores, and call a fast start nothing at all."""
    by_the_rules = examine.examine

    def other(*positional: Any, **named: Any) -> Examined:
        found = by_the_rules(*positional, **named)
        document = {**found.assessment, "ruleset_version": "other"}
        if document["score"] is not None:
            document["score"] += 5
        document["warnings"] = [one for one in document["warnings"] if one["code"] != "fast_start"]
        document["receipt"] = {
            **document["receipt"],
            "result_sha256": f"{document['score']}-{len(document['warnings'])}",
        }
        return replace(found, assessment=document, digest={**found.digest, "score": document["score"]})

    monkeypatch.setattr(examine, "examine", other)


def reassessing(desk: Desk) -> Reassessing:
    return Reassessing(desk.engine, desk.blobs, lambda: desk.now, lambda _, errand: desk.errands.append(errand))


def requested(desk: Desk) -> str:
    with write(desk.engine) as db:
        return reassessments.request(db, athlete_id=desk.athlete_id, ruleset_version="other", now=NOW).id


def row(desk: Desk, reassessment_id: str) -> ReassessmentRow:
    with read(desk.engine) as db:
        return reassessments.get(db, reassessment_id, scope=EVERYONE)


def items(desk: Desk, reassessment_id: str) -> list[Any]:
    with read(desk.engine) as db:
        return list(reassessments.items(db, reassessment_id, scope=EVERYONE, limit=200).items)


def told(desk: Desk) -> list[str]:
    with read(desk.engine) as db:
        return [event.type for event in events.page(db, scope=EVERYONE, limit=200).items]


def test_the_same_rules_would_change_nothing(desk: Desk) -> None:
    reassessment_id = requested(desk)
    assert reassessing(desk).propose(reassessment_id)
    found = row(desk, reassessment_id)
    assert (found.status, found.total, found.done, found.changed) == ("done", 8, 8, 0)
    assert items(desk, reassessment_id) == []


@pytest.mark.usefixtures("other_rules")
def test_what_would_change_is_shown_before_anything_does(desk: Desk) -> None:
    before = desk.state()
    reassessment_id = requested(desk)
    assert reassessing(desk).propose(reassessment_id)
    assert desk.state() == before
    found = row(desk, reassessment_id)
    assert found.done == found.total == 8
    shown = [item.difference for item in items(desk, reassessment_id)]
    assert len(shown) == found.changed == 8
    assert all(one["after"]["score"] == one["before"]["score"] + 5 for one in shown)
    assert [one["warnings"]["removed"] for one in shown].count(["fast_start"]) == 1


@pytest.mark.usefixtures("other_rules")
def test_what_is_adopted_counts_and_what_was_before_is_kept(desk: Desk) -> None:
    reassessment_id = requested(desk)
    work = reassessing(desk)
    assert work.propose(reassessment_id)
    before = told(desk).count("activity.reassessed")
    desk.now += timedelta(minutes=1)
    with write(desk.engine) as db:
        reassessments.mark(db, reassessment_id, status="adopting")
    assert work.adopt(reassessment_id)
    assert row(desk, reassessment_id).status == "adopted"
    with read(desk.engine) as db:
        for one in desk.rows():
            kept = assessments.page(db, one.id, scope=EVERYONE, limit=9).items
            assert [(found.state, found.ruleset_version == "other") for found in kept][:2] == [
                ("current", True),
                ("superseded", False),
            ]
        assert athletes.stale(db, desk.athlete_id) is not None
    assert told(desk).count("activity.reassessed") == before + 8
    assert desk.errands == [Errand(CATCH_UP, (desk.athlete_id, "quiet"), lane=desk.athlete_id)]
    settled = desk.state()
    desk.catch_up()
    assert desk.state() == settled, "the proposals hung together: nothing is left to catch up with"


@pytest.mark.usefixtures("other_rules")
def test_it_goes_on_where_its_time_was_over_and_counts_no_run_twice(desk: Desk) -> None:
    reassessment_id, slices = requested(desk), 1
    work = reassessing(desk)
    while not work.propose(reassessment_id, slice_s=0.0):
        slices += 1
        assert slices < 50
    assert slices > 8
    found = row(desk, reassessment_id)
    assert (found.done, found.changed, len(items(desk, reassessment_id))) == (8, 8, 8)


@pytest.mark.usefixtures("other_rules")
def test_a_run_that_was_deleted_or_assessed_anew_meanwhile_stays_as_it_is(desk: Desk) -> None:
    reassessment_id = requested(desk)
    work = reassessing(desk)
    assert work.propose(reassessment_id)
    gone, edited = desk.rows()[0], desk.rows()[-1]
    desk.remove(gone.id)
    desk.now = desk.now.replace(year=2027)
    with write(desk.engine) as db:
        from service import ingest

        ingest.change(db, desk.blobs, before=edited, given={"conditions": {"temperature_c": 31.0}}, now=desk.now)
        reassessments.mark(db, reassessment_id, status="adopting")
    assert work.adopt(reassessment_id)
    with read(desk.engine) as db:
        current = assessments.current(db, [edited.id], scope=EVERYONE)[edited.id]
    assert current.document["receipt"] is not None
    assert current.created_at == desk.now, "what a person did since counts"
    assert gone.id not in {one.id for one in desk.rows()}


@pytest.fixture
def others(desk: Desk) -> list[str]:
    """Four more athletes with a run each."""
    with write(desk.engine) as db:
        made = [athletes.create(db, now=NOW, fields={}).id for _ in range(4)]
    for athlete_id in made:
        other = replace(desk, athlete_id=athlete_id)
        other.send(fit("fast_start"))
        other.catch_up()
    desk.now += timedelta(minutes=1)
    return made


def adopting(desk: Desk) -> str:
    """A reassessment of everybody, which is to be adopted."""
    with write(desk.engine) as db:
        reassessment_id = reassessments.request(db, athlete_id=None, ruleset_version="other", now=NOW).id
    assert reassessing(desk).propose(reassessment_id)
    with write(desk.engine) as db:
        reassessments.mark(db, reassessment_id, status="adopting")
    return reassessment_id


def catch_ups(athlete_ids: list[str]) -> list[Errand]:
    return [Errand(CATCH_UP, (athlete_id, "quiet"), lane=athlete_id) for athlete_id in sorted(athlete_ids)]


@pytest.mark.usefixtures("others", "other_rules")
def test_many_athletes_are_settled_some_at_a_time_and_each_once(
    desk: Desk, others: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.reassessing._SETTLED_AT_ONCE", 2)
    reassessment_id = adopting(desk)
    work, sent = reassessing(desk), []
    while not work.adopt(reassessment_id, slice_s=0.0):
        assert row(desk, reassessment_id).status == "adopting"
        sent.append(len(desk.errands))
    assert row(desk, reassessment_id).status == "adopted"
    assert sent == [0, 2, 4, 5], "a transaction each"
    assert desk.errands == catch_ups([desk.athlete_id, *others])
    assert work.adopt(reassessment_id)
    assert len(desk.errands) == 5


@pytest.mark.usefixtures("others", "other_rules")
def test_who_is_erased_while_all_is_settled_is_left_out(
    desk: Desk, others: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reassessment_id = adopting(desk)
    adopted_from = reassessments.adopted_from

    def erased_behind(db: Any, *args: Any, **named: Any) -> Any:
        found = adopted_from(db, *args, **named)
        with write(desk.engine) as other:
            athletes.erase(other, others[0], now=NOW)
        return found

    monkeypatch.setattr(reassessments, "adopted_from", erased_behind)
    assert reassessing(desk).adopt(reassessment_id)
    assert row(desk, reassessment_id).status == "adopted"
    assert desk.errands == catch_ups([desk.athlete_id, *others[1:]])


def test_who_is_erased_takes_the_reassessment_along(desk: Desk) -> None:
    reassessment_id = requested(desk)
    with write(desk.engine) as db:
        athletes.erase(db, desk.athlete_id, now=NOW)
    assert reassessing(desk).propose(reassessment_id)
    assert reassessing(desk).adopt(reassessment_id)


def warning(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "severity": "low", "points": 4, "value": 0.1, "start_m": 0, "end_m": 1000} | more


def document(*warnings: dict[str, Any], score: int = 10, level: str = "low") -> dict[str, Any]:
    return {"status": "scored", "score": score, "forecast_score": score, "level": level, "warnings": list(warnings)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (document(), document(), None),
        (document(warning("fade")), document(warning("fade")), None),
        (document(), document(warning("fade")), (["fade"], [], [])),
        (document(warning("fade")), document(), ([], ["fade"], [])),
        (document(warning("fade")), document(warning("fade", points=7)), ([], [], ["fade"])),
        (
            document(warning("hilly", segment=True, start_m=100)),
            document(warning("hilly", segment=True, start_m=100), warning("hilly", segment=True, start_m=900)),
            (["hilly"], [], []),
        ),
        (document(score=10), document(score=11), ([], [], [])),
    ],
)
def test_a_difference_names_what_people_would_see(
    before: dict[str, Any], after: dict[str, Any], expected: tuple[list[str], ...] | None
) -> None:
    found = difference_of(before, after)
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert tuple(found["warnings"].values()) == expected
    assert (found["before"]["score"], found["after"]["score"]) == (before["score"], after["score"])
