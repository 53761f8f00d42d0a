"""What must not change a result, and what no result may ever do, over runs that hypothesis makes up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import parsers
from fixtures.gpx_writer import gpx
from fixtures.runs import FIRST_START, SCENARIOS, Run, activity, km, minutes, past_runs
from parsers.activity import Activity, Pause
from service.analysis.assess import Assessment, assess, run_rules
from service.analysis.finding import Clear, Found
from service.analysis.texts import render
from service.analysis.verify import bare
from service.examine import conditions_of, history_of, profile_of

RUNNER = {"mass_kg": 70.0, "birth_year": 1986, "hr_rest_bpm": 55.0, "cramp_history": "ever"}
WARM = {"temperature_c": 22.0, "humidity_pct": 60.0}
HISTORY = (
    {**past_runs(longest_m=8_000.0)[0], "best_efforts": [[5_000.0, 1_500.0]], "gap_speed_mps": 2.6},
    *past_runs(longest_m=8_000.0)[1:],
)
few = settings(max_examples=25, deadline=None)

stretches = st.builds(
    km,
    st.floats(0.4, 3.0).map(lambda value: round(value, 2)),
    st.floats(2.2, 4.2).map(lambda value: round(value, 2)),
    grade=st.sampled_from([0.0, 0.0, 0.0, 0.04, -0.04, 0.08, -0.08]),
)
beats = st.lists(st.integers(110, 185), min_size=3, max_size=6).map(
    lambda levels: tuple((900.0 * number, float(level)) for number, level in enumerate(levels))
)
runs = st.builds(
    Run,
    st.lists(stretches, min_size=2, max_size=7).map(tuple),
    heart_rate=beats,
    temperature_c=st.sampled_from([None, 15.0, 26.0]),
    speed_noise=st.sampled_from([0.0, 0.05]),
    seed=st.integers(0, 99),
)


def judged(what: Run | Activity, **known: Any) -> Assessment:
    return assess(
        activity(what) if isinstance(what, Run) else what,
        profile=profile_of(known.get("profile", RUNNER)),
        history=history_of(known.get("history", HISTORY)),
        conditions=conditions_of(known.get("conditions", WARM)),
    )


def told(document: Mapping[str, Any]) -> dict[str, Any]:
    """All that a document says but for who made it of what."""
    return {name: value for name, value in document.items() if name != "receipt"}


@few
@given(run=runs, days=st.integers(1, 27), minutes_later=st.integers(0, 1439))
def test_a_shift_in_time_changes_nothing(run: Run, days: int, minutes_later: int) -> None:
    later = timedelta(days=days, minutes=minutes_later)
    before = tuple(
        {**past, "started_at": (FIRST_START + later - timedelta(days=3 * number)).isoformat()}
        for number, past in zip(range(len(HISTORY), 0, -1), HISTORY, strict=True)
    )
    here = tuple(
        {**past, "started_at": (FIRST_START - timedelta(days=3 * number)).isoformat()}
        for number, past in zip(range(len(HISTORY), 0, -1), HISTORY, strict=True)
    )
    moved = judged(replace(run, started_at=run.started_at + later), history=before).document
    assert _without_weeks(told(moved)) == _without_weeks(told(judged(run, history=here).document))


def _without_weeks(document: dict[str, Any]) -> dict[str, Any]:
    """Without what asks which day of the week, or of the athlete's, it was."""
    calendar = {"weekly_10", "no_rest"}
    warnings = [one for one in document["warnings"] if one["code"] not in calendar]
    headed = document["headline"]["text_key"].split("-")[0] in calendar
    return {**document, "warnings": warnings, "headline": None if headed else document["headline"], "reminders": None}


@few
@given(run=runs, lat=st.floats(-75, 75), lon=st.floats(-179, 179), course=st.floats(0, 360))
def test_a_move_on_the_globe_changes_nothing(run: Run, lat: float, lon: float, course: float) -> None:
    moved = replace(run, start=(lat, lon), course_deg=course)
    assert told(judged(moved).document) == told(judged(run).document)


@few
@given(run=runs)
def test_other_units_change_words_and_no_number(run: Run) -> None:
    document = judged(run).document
    shown = [render(document, units=units) for units in ("metric", "imperial")]
    assert bare(shown[0]) == bare(shown[1]) == bare(dict(document))


@few
@given(run=runs, share=st.floats(0.05, 0.95))
def test_a_file_split_into_two_segments_changes_nothing(run: Run, share: float) -> None:
    """The second of a border is no pause: the samples go on."""
    whole = activity(run)
    border_s = float(whole.streams.time_s[int(share * (len(whole.streams) - 2))])
    cut = replace(whole, pauses=(Pause(border_s, border_s + 1.0, "segment"),))
    one, two = judged(whole).document, judged(cut).document
    for name in ("score", "level", "structured", "questions"):
        assert one[name] == two[name]
    assert _evidence(one) == _evidence(two)


@pytest.mark.parametrize("name", ["S01", "S19", "S32"])
@pytest.mark.parametrize(("share", "start"), [(0.03, (47.0, 8.5)), (0.5, (-33.0, 151.0)), (0.97, (64.0, -21.9))])
def test_a_gpx_track_split_or_moved_says_the_same(name: str, share: float, start: tuple[float, float]) -> None:
    """Here distance stands on positions alone; they are rounded otherwise at another place."""
    run = replace(SCENARIOS[name].run, with_speed=False)
    points = gpx(run).split(b"</trkpt>")
    cut = max(1, int(share * (len(points) - 2)))
    split = b"</trkpt>".join(points[:cut]) + b"</trkpt></trkseg><trkseg>" + b"</trkpt>".join(points[cut:])
    files = (b"</trkpt>".join(points), split, gpx(replace(run, start=start)))
    whole, *others = (judged(parsers.parse(data)[0]).document for data in files)
    for other in others:
        assert (other["score"], other["level"], other["questions"]) == (whole["score"], whole["level"], [])
        for one, same in zip(other["warnings"], whole["warnings"], strict=True):
            assert (one["code"], one["severity"], one["points"]) == (same["code"], same["severity"], same["points"])
            assert one["value"] == pytest.approx(same["value"], rel=0.01, abs=0.002)


def _evidence(document: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [(one["code"], one["severity"], one["points"], round(one["value"], 2)) for one in document["warnings"]]


STEADY = {
    "fast": SCENARIOS["S01"].run,
    "even": Run((km(10, 3.0),)),
    "fade": Run((km(6, 3.0), km(6, 2.65))),
    "hilly": SCENARIOS["S19"].run,
}


@pytest.mark.parametrize("name", STEADY)
@settings(max_examples=8, deadline=None)
@given(stops=st.lists(st.tuples(st.integers(200, 9_500), st.integers(3, 600)), min_size=1, max_size=5))
def test_pauses_do_not_change_the_pacing_rules(name: str, stops: list[tuple[int, int]]) -> None:
    run = STEADY[name]
    paused = replace(run, stops=tuple(sorted((float(at), float(seconds)) for at, seconds in dict(stops).items())))
    plain, stopped = (_pacing(judged(one)) for one in (run, paused))
    assert plain.keys() == stopped.keys() == {"fast_start", "fade"}
    for code, value in plain.items():
        assert stopped[code] == pytest.approx(value, abs=0.006)


def _pacing(assessment: Assessment) -> dict[str, float]:
    """What the two rules measured, whether they found it worth a warning or not."""
    values = {}
    for rule, outcome in run_rules(assessment.facts):
        if rule.code in {"fast_start", "fade"}:
            assert isinstance(outcome, Found | Clear), (rule.code, outcome)
            found = outcome.findings[0].params["fade"] if rule.code == "fade" and isinstance(outcome, Found) else None
            value = outcome.findings[0].value if isinstance(outcome, Found) else outcome.value
            values[rule.code] = float(found if found is not None else value or 0.0)
    return values


@settings(max_examples=60, deadline=None)
@given(run=runs, best=st.sampled_from([None, 3.0, 3.6]))
def test_taking_the_heart_rate_out_never_raises_the_score(run: Run, best: float | None) -> None:
    history = [dict(past) for past in HISTORY]
    if best is not None:
        history[-1]["best_efforts"] = [[10_000.0, 10_000.0 / best]]
    with_it, without = (judged(one, history=history).document for one in (run, replace(run, heart_rate=None)))
    if with_it["status"] == "scored":
        assert without["score"] <= with_it["score"] <= 100
        assert without["score"] <= without["score_high"]


@few
@given(run=runs, cramps=st.sampled_from(["never", "ever", "recent"]), strength=st.booleans())
def test_the_score_is_the_sum_of_its_explanation(run: Run, cramps: str, strength: bool) -> None:
    profile = {**RUNNER, "cramp_history": cramps, "strength_training": strength}
    document = judged(run, profile=profile).document
    if document["status"] == "scored":
        assert document["score"] == sum(line["points"] for line in document["explanation"])
        assert document["score_low"] <= document["score"] <= document["score_high"] <= 100
        assert document["forecast_score"] <= document["score"]
    else:
        assert document["explanation"] == []


@settings(max_examples=60, deadline=None)
@given(
    mass_kg=st.floats(35, 110),
    speed_kmh=st.floats(4, 20),
    temperature_c=st.floats(-10, 40),
    duration_min=st.integers(10, 260),
)
def test_no_advice_asks_for_more_than_four_fifths_of_what_is_sweated(
    mass_kg: float, speed_kmh: float, temperature_c: float, duration_min: int
) -> None:
    run = Run((minutes(duration_min, speed_kmh / 3.6),), step_s=5.0)
    got = judged(run, profile={"mass_kg": mass_kg}, conditions={"temperature_c": temperature_c})
    estimate = got.facts.sweat
    fluid = next((one for one in got.document["reminders"] if one["code"] == "fluid"), None)
    if fluid is None or fluid["amount"] is None:
        return
    assert estimate is not None
    assert estimate.rate_l_per_h >= 0.4
    assert fluid["amount"]["max"] <= 0.8 * 1000 * estimate.rate_l_per_h
    assert 0 < fluid["amount"]["min"] <= fluid["amount"]["max"] <= 800
    sips = len(fluid["at_min"])
    hours = got.facts.moving_s / 3600
    assert sips * fluid["per_mark"]["max"] <= 0.8 * 1000 * estimate.rate_l_per_h * hours
