"""Assessments: their shape, what must not change them, and what each missing channel does to them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fixtures.runs import FIRST_START, SCENARIOS, W15, W18, Run, Stretch, activity, km, minutes, past_runs
from parsers.activity import Activity, Pause
from service.analysis import risk, summary, texts
from service.analysis.assess import Assessment, assess, ruleset_version
from service.analysis.athlete import Log, PastRun
from service.analysis.receipt import known, result_sha256
from service.analysis.rule import all_rules
from service.examine import conditions_of, history_of, profile_of

RUNNER = {"mass_kg": 70.0, "birth_year": 1986, "hr_rest_bpm": 55.0, "cramp_history": "ever"}
HEART = ((0.0, 120.0), (600.0, 142.0), (3000.0, 162.0))
HARD = Run((km(1, 3.36), km(6, 3.0), km(3, 2.2)), heart_rate=HEART)


def judged(what: Run | Activity, **known: Any) -> Assessment:
    return assess(
        activity(what) if isinstance(what, Run) else what,
        profile=profile_of(known.get("profile", RUNNER)),
        history=history_of(known.get("history", ())),
        conditions=conditions_of(known.get("conditions", W18)),
        sport=known.get("sport"),
    )


def told(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a runner would call the result: score, level, and the warnings with their severities and values."""
    found = [(one["code"], one["severity"], one["points"]) for one in document["warnings"]]
    return {name: document[name] for name in ("score", "level", "level_source", "forecast_score")} | {"found": found}


def test_the_document_has_the_fields_of_the_contract() -> None:
    document = judged(HARD).document
    assert {
        *("ruleset_version", "status", "reason", "headline", "score", "score_low", "score_high", "forecast_score"),
        *("level", "points_level", "condition_level", "level_source", "usual_for_athlete", "confidence"),
        *("explanation", "warnings", "suppressed", "questions", "reminders", "not_assessed", "data_quality"),
        *("structured", "main_effort", "receipt"),
    } == set(document)
    assert {
        *("code", "rule_version", "severity", "confidence", "evidence_grade", "points", "start_s", "end_s", "start_m"),
        *("end_m", "value", "unit", "threshold", "comparator", "segment", "text_key", "params", "article_refs"),
        *("counterfactual", "quality", "title_key"),
    } == set(document["warnings"][0])
    assert {
        *("code", "phase", "basis", "primary", "amount", "at_min", "per_mark", "reason_codes", "article_refs"),
        *("safety_keys", "text_key", "params"),
    } == set(document["reminders"][0])


def test_the_document_is_plain_json_and_deterministic() -> None:
    first, second = judged(HARD), judged(HARD)
    assert json.loads(json.dumps(first.document, allow_nan=False)) == first.document
    assert json.loads(json.dumps(first.digest, allow_nan=False)) == first.digest
    assert first.document == second.document


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_score_is_the_sum_of_its_explanation(scenario: str) -> None:
    known = SCENARIOS[scenario]
    for cramps in ("unknown", "recent"):
        profile = {**known.profile, "cramp_history": cramps, "strength_training": False}
        got = judged(known.run, profile=profile, history=known.history, conditions=known.conditions).document
        assert got["score"] == sum(line["points"] for line in got["explanation"])
        assert got["score_low"] <= got["score"] <= got["score_high"]
        assert got["forecast_score"] <= got["score"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_evidence_holds_against_its_own_threshold(scenario: str) -> None:
    known = SCENARIOS[scenario]
    got = judged(known.run, profile=known.profile, history=known.history, conditions=known.conditions).document
    compare = {">=": np.greater_equal, ">": np.greater, "<=": np.less_equal, "<": np.less}
    for warning in got["warnings"]:
        assert compare[warning["comparator"]](warning["value"], warning["threshold"]), warning


def test_a_receipt_names_what_went_in_and_what_came_out() -> None:
    got = assess(
        activity(HARD),
        profile=profile_of(RUNNER),
        history=history_of(()),
        conditions=conditions_of(W18),
        input_sha256="ab" * 32,
        program_version="1.2.3",
    ).document
    assert got["receipt"] == {
        "input_sha256": "ab" * 32,
        "ruleset_version": ruleset_version(),
        "program_version": "1.2.3",
        "result_sha256": result_sha256(got),
        "known": known(
            profile=profile_of(RUNNER), history=history_of(()), conditions=conditions_of(W18), log=Log(), sport=None
        ),
    }
    assert result_sha256({**got, "score": got["score"] + 1}) != result_sha256(got)
    assert result_sha256({**got, "receipt": {}}) == result_sha256(got)


# --- what must not change the result ------------------------------------------------------------------------------


def test_a_shift_in_time_changes_nothing() -> None:
    later = replace(HARD, started_at=FIRST_START + timedelta(days=3, hours=5))
    assert told(judged(later).document) == told(judged(HARD).document)


def test_a_move_on_the_globe_changes_nothing() -> None:
    there = replace(HARD, start=(40.0, 100.0), course_deg=200.0)
    assert told(judged(there).document) == told(judged(HARD).document)


def test_a_file_split_into_two_segments_changes_nothing() -> None:
    whole = activity(HARD)
    cut = replace(whole, pauses=(Pause(1500.0, 1501.0, "segment"),))
    assert told(judged(cut).document) == told(judged(whole).document)


def test_pauses_do_not_change_the_pacing_rules() -> None:
    paused = replace(HARD, stops=((600.0, 30.0), (3000.0, 240.0), (8000.0, 45.0)))
    pacing = [
        [
            (one["code"], one["severity"])
            for one in judged(run).document["warnings"]
            if one["code"] in {"fast_start", "fade"}
        ]
        for run in (HARD, paused)
    ]
    assert pacing[0] == pacing[1] != []


FALLING = ((0.0, 135.0), (3000.0, 152.0), (3100.0, 125.0), (3500.0, 118.0))


@pytest.mark.parametrize(
    "run",
    [
        HARD,
        SCENARIOS["S23"].run,
        SCENARIOS["S43"].run,
        Run((km(9, 3.0), km(1, 2.0)), heart_rate=FALLING),
        Run((km(2, 3.0), km(5, 1.4, grade=0.15), km(5, 3.0)), heart_rate=((0.0, 165.0), (6000.0, 140.0))),
    ],
    ids=["a fade", "a drift", "a race", "a cool-down", "a hike"],
)
@pytest.mark.parametrize("best_mps", [None, 2.9])
def test_taking_the_heart_rate_out_never_raises_the_score(run: Run, best_mps: float | None) -> None:
    history = past_runs(longest_m=12_000.0)
    if best_mps is not None:
        effort = {"gap_speed_mps": 2.5, "best_efforts": [[10_000.0, 10_000.0 / best_mps]]}
        history = ({**history[0], **effort}, *history[1:])
    with_it, without = (judged(one, history=history).document for one in (run, replace(run, heart_rate=None)))
    assert without["score"] <= with_it["score"]
    assert without["score_high"] >= without["score"]


# --- each channel taken out: raise, clear, or abstain -------------------------------------------------------------

FULL = replace(HARD, temperature_c=22.0)

CHANNELS = {
    "heart_rate_bpm": {"intensity", "decoupling"},
    "altitude_m": {"hilly"},
    "cadence_spm": set(),
    "temperature_c": {"heat", "cold", "dry_windy"},
    "speed_mps": set(),
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_missing_channel_silences_its_own_rules_only(with_columns, channel) -> None:  # type: ignore[no-untyped-def]
    whole = activity(FULL)
    without = with_columns(whole, **{channel: None})
    before, after = (judged(one, conditions={}).document for one in (whole, without))
    lost = {one["code"] for one in before["warnings"]} - {one["code"] for one in after["warnings"]}
    gained = {one["code"] for one in after["warnings"]} - {one["code"] for one in before["warnings"]}
    assert lost <= CHANNELS[channel]
    assert gained == set()
    assert after["score"] <= before["score"]
    missing = {"heart_rate_bpm": "heart_rate", "altitude_m": "altitude", "temperature_c": "weather"}.get(channel)
    signals = [gap["signal"] for gap in after["not_assessed"]]
    assert missing is None or missing in signals


def test_without_positions_pacing_abstains_and_time_still_counts(with_columns) -> None:  # type: ignore[no-untyped-def]
    without = with_columns(activity(FULL), lat_deg=None, lon_deg=None)
    document = judged(without).document
    assert {one["code"]: one["suppressed_by"] for one in document["suppressed"]} == {
        "fade": "treadmill",
        "fast_start": "treadmill",
    }
    assert "duration" in {line["feature"] for line in document["explanation"]}


# --- what was missing is named, and nothing else ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "why", "field"),
    [
        ({"birth_year": 1986}, "rest_unknown", "resting heart rate"),
        ({"hr_rest_bpm": 55.0}, "max_unknown", "maximal heart rate nor a birth year"),
        ({}, "rest_and_max_unknown", "no resting heart rate, and no maximal one or birth year"),
        ({"hr_rest_bpm": 150.0, "hr_max_bpm": 140.0}, "rest_above_max", "not below the maximal one"),
    ],
)
def test_a_heart_rate_without_a_reserve_is_not_called_unusable(profile, why, field) -> None:  # type: ignore[no-untyped-def]
    document = judged(SCENARIOS["S23"].run, profile=profile).document
    assert "decoupling" in {one["code"] for one in document["warnings"]}
    gaps = {gap["signal"]: gap for gap in texts.render(document)["not_assessed"]}
    assert "heart_rate" not in gaps
    assert gaps["heart_rate_reserve"]["why"] == why
    assert field in gaps["heart_rate_reserve"]["text"]
    assert "drift needs none" in gaps["heart_rate_reserve"]["text"]


def test_an_unknown_reserve_widens_the_score_by_the_effort_alone() -> None:
    profiles = RUNNER, {**RUNNER, "hr_rest_bpm": None}
    known, unknown = (judged(SCENARIOS["S23"].run, profile=each).document for each in profiles)
    assert "heart_rate_reserve" not in {gap["signal"] for gap in known["not_assessed"]}
    points = {line["feature"]: line["points"] for line in known["explanation"]}
    assert unknown["score"] == known["score"] - points["intensity"]
    assert unknown["score_high"] - unknown["score"] == known["score_high"] - known["score"] + 10


def test_no_heart_rate_is_told_as_that() -> None:
    document = judged(replace(SCENARIOS["S23"].run, heart_rate=None)).document
    gaps = {gap["signal"]: gap["text"] for gap in texts.render(document)["not_assessed"]}
    assert gaps["heart_rate"].startswith("There is no heart rate")
    assert "heart_rate_reserve" not in gaps


def test_every_signal_that_a_rule_misses_has_a_text() -> None:
    root = Path(risk.__file__).parent
    sources = [*root.glob("rules/*.py"), root / "risk.py"]
    words = {word for path in sources for word in re.findall(r'missing="(\w+)"|Gap\("(\w+)"', path.read_text())}
    signals = {first or second for first, second in words}
    assert {"heart_rate", "heart_rate_reserve", "wind", "humidity", "weather", "cramp_history"} <= signals
    assert {f"missing-{signal}" for signal in signals} <= set(texts.english())


# --- a treadmill stands indoors -----------------------------------------------------------------------------------


def test_given_weather_is_kept_on_a_treadmill_and_changes_nothing() -> None:
    run = SCENARIOS["S10"].run
    hot = {"temperature_c": 38.0, "humidity_pct": 80.0, "wind_kmh": 40.0, "sun": 1.0}
    for weather in (hot, {**hot, "temperature_c": -10.0}):
        told, plain = (judged(run, conditions=each) for each in (weather, {}))
        without = ("receipt", "ruleset_version")
        assert {**told.document, **dict.fromkeys(without)} == {**plain.document, **dict.fromkeys(without)}
        shown = summary.conditions(told.facts)
        assert shown == {**weather, "wbgt_c": None, "source": "given"}
        assert not {"weather", "wind", "humidity"} & {gap["signal"] for gap in told.document["not_assessed"]}


# --- what is not scored, or less ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (Run((minutes(4.5, 3.0),)), "duration"),
        (Run((minutes(6, 0.9),)), "distance"),
        (Run((Stretch(0.0, seconds=900.0),)), "distance"),
    ],
)
def test_a_scrap_is_too_short(run: Run, reason: str) -> None:
    got = judged(run).document
    assert (got["status"], got["reason"], got["score"], got["level"]) == ("too_short", reason, None, None)
    assert got["warnings"] == got["reminders"] == got["explanation"] == []
    assert got["headline"]["text_key"] == "headline-too_short"


def test_cycling_is_not_scored_and_gets_two_reminders() -> None:
    got = judged(Run((minutes(120, 7.0),), sport="cycling")).document
    assert (got["status"], got["reason"], got["score"], got["score_high"]) == ("not_scored", "sport", None, None)
    assert got["warnings"] == []
    assert {one["code"] for one in got["reminders"]} == {"fluid", "carbs"}


@pytest.mark.parametrize("sport", ["swimming", "inline_skating", "rowing"])
def test_other_sports_get_nothing(sport: str) -> None:
    assert judged(Run((minutes(90, 2.2),), sport=sport)).document["reminders"] == []


def test_a_hike_is_scored_by_duration_hills_and_weather_alone() -> None:
    hike = Run((minutes(200, 1.3, grade=0.08),), sport="hiking", heart_rate=HEART)
    got = judged(hike, conditions={"temperature_c": 30.0, "humidity_pct": 70.0}).document
    assert {one["code"] for one in got["warnings"]} == {"duration", "hilly", "heat"}
    assert {line["feature"] for line in got["explanation"]} == {"duration", "hilly", "heat"}
    assert {"heart_rate", "history", "cramp_history"} & {gap["signal"] for gap in got["not_assessed"]} == set()


def test_another_sport_may_be_said() -> None:
    assert judged(Run((km(10, 3.0),), sport="cycling"), sport="running").document["status"] == "scored"


def test_the_young_get_no_amounts() -> None:
    got = judged(SCENARIOS["S27"].run, profile={"mass_kg": 50.0, "birth_year": 2010}).document
    assert all(one["amount"] is None and one["per_mark"] is None for one in got["reminders"])
    assert "sodium" not in {one["code"] for one in got["reminders"]}


def test_a_question_is_no_warning() -> None:
    broken = Run((km(9, 3.0), minutes(2, 1.2), km(3, 2.6)))
    got = judged(broken).document
    assert [one["code"] for one in got["questions"]] == ["interrupt"]
    assert "interrupt" not in {one["code"] for one in got["warnings"]}
    assert "interrupt" in {line["feature"] for line in got["explanation"]}
    assert got["forecast_score"] < got["score"]


def test_whole_run_warnings_come_by_severity_and_segments_behind() -> None:
    known = SCENARIOS["S16"]
    got = judged(known.run, conditions=W15).document["warnings"]
    whole = [one["severity"] for one in got if not one["segment"]]
    assert whole == sorted(whole, key=("high", "moderate", "low").index)
    assert [one["segment"] for one in got] == sorted(one["segment"] for one in got)


# --- what later assessments read ----------------------------------------------------------------------------------


def test_a_digest_is_a_past_run_and_feeds_the_next_assessment() -> None:
    digests = []
    for day in range(10):
        run = replace(HARD, started_at=FIRST_START + timedelta(days=3 * day))
        digests.append(judged(run, history=digests).digest)
    assert set(digests[0]) == {spec.name for spec in fields(PastRun)} - {"report", "log"}  # told since
    longer = Run((km(18, 3.0),), started_at=FIRST_START + timedelta(days=31))
    got = judged(longer, history=digests).document
    assert {"spike"} <= {one["code"] for one in got["warnings"]}
    assert got["usual_for_athlete"] is not None
    assert "history" not in {gap["signal"] for gap in got["not_assessed"]}


def test_grade_and_adjusted_speed_lie_on_the_rows_of_the_file() -> None:
    got = judged(SCENARIOS["S16"].run)
    n = len(got.facts.activity.streams)
    assert {name: len(column) for name, column in got.columns.items()} == {"grade": n, "gap_mps": n}
    assert np.nanmax(got.columns["grade"]) == pytest.approx(0.08, abs=0.005)
    assert np.array_equal(np.round(got.columns["grade"] * 1e4) / 1e4, got.columns["grade"])


def test_without_altitude_the_grade_is_unknown() -> None:
    got = judged(replace(HARD, with_altitude=False))
    assert np.isnan(got.columns["grade"]).all()
    assert np.isfinite(got.columns["gap_mps"]).all()


def test_the_ruleset_version_changes_with_any_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ruleset_version()
    first, *others = all_rules()
    monkeypatch.setattr("service.analysis.assess.all_rules", lambda: (replace(first, version=9), *others))
    ruleset_version.cache_clear()
    try:
        assert ruleset_version() != before
    finally:
        ruleset_version.cache_clear()
