"""The fast-start rule: an early part faster than what followed, and all the reasons to abstain."""

from __future__ import annotations

import contextlib
import math
import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from fixtures.corpus import ABSENT, CORPUS
from fixtures.runs import FIRST_START, Run, Stretch, km, minutes
from parsers import ParseError, parse
from service.analysis import pacing
from service.analysis.assess import assess
from service.analysis.athlete import Conditions, History, PastRun, Profile
from service.analysis.finding import Clear, Found, Skipped
from service.analysis.rules import fast_start
from service.analysis.rules.fast_start import RULE
from service.analysis.texts import speaker

FAST = Run((km(1, 3.36), km(9, 3.0)))


def usually(*excesses: float) -> History:
    return History(
        tuple(
            PastRun(FIRST_START - timedelta(days=90 - i), "running", 10_000.0, 3400.0, early_excess=excess)
            for i, excess in enumerate(excesses)
        )
    )


CASES = {
    "12 % fast for one kilometre": ("S01", {}, "found moderate"),
    "6 % fast": ("S02", {}, "found low"),
    "18 % fast": (Run((km(1, 3.54), km(9, 3.0))), {}, "found high"),
    "an even run": ("S04", {}, "clear"),
    "fast only because it goes downhill": ("S05", {}, "clear"),
    "the same with GPS altitude": ("S42", {}, "clear"),
    "12 % fast with noisy speed": ("S40", {}, "found moderate"),
    "12 % fast with GPS altitude": ("S41", {}, "found moderate"),
    "12 % fast without altitude": ("S26", {}, "found moderate"),
    "a marathon that breaks down at 30 km started evenly": ("S14", {}, "clear"),
    "a progression run": ("S32", {}, "clear"),
    "a walk first": ("S33", {}, "clear"),
    "under 3 km": ("S36", {}, "skipped too_short"),
    "under 15 minutes": (Run((km(0.5, 5.5), km(2.8, 4.5))), {}, "skipped too_short"),
    "a treadmill": ("S10", {}, "skipped treadmill"),
    "intervals": ("S07", {}, "skipped structured"),
    "the early part was not recorded": ("S08", {}, "skipped recording_gap"),
    "a steep hike follows": ("hike", {}, "skipped terrain_differs"),
    "a tempo run between easy blocks": ("tempo", {}, "clear"),
    "a tempo run that starts fast": ("tempo_fast", {}, "found moderate"),
    "a tempo of 2 km between easy blocks": (
        Run((km(1, 2.4), km(2.2, 3.9), km(1, 2.4))),
        {},
        "skipped main_effort_too_short",
    ),
    "one burst of 200 m is no fast start": (
        Run((km(0.1, 3.0), km(0.2, 4.4), km(9.7, 3.0))),
        {},
        "skipped inconsistent",
    ),
    "ordinary for this athlete": (FAST, {"history": usually(*8 * (0.11, 0.13))}, "found low"),
    "far from ordinary for this athlete": (FAST, {"history": usually(*8 * (0.0, 0.02))}, "found high"),
    "seven comparable runs tell no habit": (FAST, {"history": usually(*7 * (0.12,))}, "found moderate"),
    "a stop at a light changes nothing": (replace(FAST, stops=((4000.0, 60.0),)), {}, "found moderate"),
    "standing with the timer on changes nothing": (
        Run((km(1, 3.36), km(1, 3.0), Stretch(0.0, seconds=90.0), km(8, 3.0))),
        {},
        "found moderate",
    ),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


@pytest.mark.parametrize("severity", ["low", "moderate", "high"])
def test_the_threshold_itself_counts(facts_of, with_limit, severity) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of({"low": "S02", "moderate": "S01"}.get(severity) or Run((km(1, 3.54), km(9, 3.0))))
    early, following = fast_start._windows(pacing.effort(facts), RULE)
    exact = pacing.excess(pacing.sums(facts, early), pacing.sums(facts, following))
    on = RULE.check(facts, with_limit(RULE, severity, exact))
    above = RULE.check(facts, with_limit(RULE, severity, float(np.nextafter(exact, 1))))
    assert on.findings[0].severity == severity
    assert isinstance(above, Clear) or above.findings[0].severity != severity


@pytest.mark.parametrize(
    ("scenario", "value"), [("S01", 0.1197), ("S02", 0.06), ("S15", 0.098), ("S40", 0.114), ("S41", 0.122)]
)
def test_the_excess_is_the_one_of_the_reference(facts_of, scenario, value) -> None:  # type: ignore[no-untyped-def]
    assert RULE.check(facts_of(scenario), RULE).findings[0].value == pytest.approx(value, abs=0.015)


@pytest.mark.parametrize(("scenario", "value"), [("S14", 0.0), ("S16", 0.014), ("S32", -0.052), ("S33", -0.29)])
def test_a_clear_run_has_the_excess_of_the_reference(facts_of, scenario, value) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(scenario)
    early, following = fast_start._windows(pacing.effort(facts), RULE)
    assert pacing.excess(pacing.sums(facts, early), pacing.sums(facts, following)) == pytest.approx(value, abs=0.015)


def test_what_is_suppressed_is_kept_with_its_reason(facts_of) -> None:  # type: ignore[no-untyped-def]
    outcome = RULE.check(facts_of("S08"), RULE)
    assert isinstance(outcome, Skipped)
    assert outcome.value is not None
    assert outcome.value >= 0.25


@pytest.mark.parametrize(("distance_km", "points"), [(5, 7), (10, 7), (15, 10), (20, 13), (42.195, 13)])
def test_points_grow_with_distance_up_to_20_km(facts_of, distance_km, points) -> None:  # type: ignore[no-untyped-def]
    early_km = min(max(0.1 * distance_km, 1), 5)
    facts = facts_of(Run((km(early_km, 3.36), km(distance_km - early_km, 3.0))))
    assert RULE.check(facts, RULE).findings[0].points == points


def test_an_ultra_is_shown_without_points(facts_of) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of(Run((km(5, 3.0), km(55, 2.6)))), RULE).findings
    assert (finding.severity, finding.points) == ("high", 0)


def test_without_altitude_confidence_is_medium_at_most_and_the_text_says_so(facts_of) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of("S26"), RULE).findings
    assert finding.confidence < 0.75
    assert finding.params["terrain"] == "unknown"


def test_a_beginner_is_told_so(facts_of) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of("S01", profile=Profile(beginner=True)), RULE).findings
    assert finding.params["runner"] == "beginner"
    assert "the commonest mistake of a runner's first months" in speaker().say("fast_start-text", finding.params)


@pytest.mark.parametrize(
    ("profile", "runner", "told"),
    [(Profile(), "beginner", "if you are new to running"), (Profile(beginner=False), "other", "A fast start spends")],
)
def test_who_has_few_runs_here_and_said_nothing_is_not_called_a_beginner(facts_of, profile, runner, told) -> None:  # type: ignore[no-untyped-def]
    few = History((PastRun(FIRST_START - timedelta(days=3), "running", 10_000.0, 3_600.0),))
    (finding,) = RULE.check(facts_of("S01", profile=profile, history=few), RULE).findings
    said = speaker().say("fast_start-text", finding.params)
    assert finding.params["runner"] == runner
    assert told in said
    assert "first months" not in said


def test_the_weather_is_no_part_of_it(facts_of) -> None:  # type: ignore[no-untyped-def]
    cold, hot = (RULE.check(facts_of("S01", conditions=Conditions(temperature_c=t)), RULE) for t in (-5.0, 35.0))
    assert cold == hot


@pytest.mark.parametrize("early_mps", [3.18, 3.25, 3.36, 3.6, 4.0])
def test_the_counterfactual_clears_it_and_a_second_less_does_not(facts_of, early_mps) -> None:  # type: ignore[no-untyped-def]
    def rerun(slower_s_per_km: int) -> object:
        pace_s = 1000 / early_mps + slower_s_per_km
        return RULE.check(facts_of(Run((km(1, 1000 / pace_s), km(9, 3.0)))), RULE)

    change = rerun(0).findings[0].counterfactual  # type: ignore[attr-defined]
    assert change.unit == "s/km"
    assert isinstance(rerun(change.change + 1), Clear)
    assert isinstance(rerun(change.change - 1), Found)


def test_pauses_change_nothing(facts_of) -> None:  # type: ignore[no-untyped-def]
    plain = RULE.check(facts_of(FAST), RULE).findings[0]
    paused = RULE.check(facts_of(replace(FAST, stops=((500.0, 40.0), (3000.0, 120.0)))), RULE).findings[0]
    assert paused.value == pytest.approx(plain.value, abs=0.002)


def test_a_short_fast_run_of_minutes_is_clear(facts_of) -> None:  # type: ignore[no-untyped-def]
    assert isinstance(RULE.check(facts_of(Run((minutes(30, 3.0),))), RULE), Clear)


@pytest.mark.parametrize(
    ("history", "severity", "step", "words"),
    [
        (usually(*8 * (0.11, 0.13)), "low", "down", "one step less"),
        (usually(*8 * (0.0, 0.02)), "high", "up", "one step more"),
        (usually(*8 * (0.05, 0.07)), "moderate", "none", ""),
        (History(), "moderate", "none", ""),
    ],
)
def test_a_severity_that_the_habit_moved_can_be_reckoned_again(facts_of, history, severity, step, words) -> None:  # type: ignore[no-untyped-def]
    """The threshold is the band's; median and spread say by how much the severity moved, and the text says so."""
    (finding,) = RULE.check(facts_of(FAST, history=history), RULE).findings
    params = finding.params
    assert (finding.severity, params["band"], params["step"]) == (severity, "moderate", step)
    assert finding.threshold == RULE.limit("moderate")
    said = speaker().say(finding.text, params)
    assert words in said
    if not history.runs:
        assert "usual" not in params
        return
    z = (finding.value - params["usual"]) / params["spread"]
    assert step == ("up" if z > RULE.limit("z_up") else "down" if z < RULE.limit("z_down") else "none")


def test_the_first_kilometre_after_a_warm_up_is_called_so(facts_of) -> None:  # type: ignore[no-untyped-def]
    """Of a run of 10 km with 2 km of warm-up, the fast kilometre is the third."""
    (trimmed,) = RULE.check(facts_of("tempo_fast"), RULE).findings
    (whole,) = RULE.check(facts_of("S01"), RULE).findings
    assert trimmed.start_m == pytest.approx(2100, abs=60)
    for key in ("fast_start-text", "fast_start-headline"):
        assert re.search(r"first 1 km after (your|the) warm-up", speaker().say(key, trimmed.params), re.IGNORECASE)
        assert "warm-up" not in speaker().say(key, whole.params)


@pytest.mark.parametrize(
    ("first_mps", "second_mps", "expected"),
    [
        (3.36, 3.0, 0.12),
        (3.0, 0.03, math.nan),  # five hours on the clock and no distance
        (13.0, 3.0, math.nan),  # a car
        (3.0, 12.5, math.nan),
        (0.4, 3.0, math.nan),
        (math.nan, 3.0, math.nan),
    ],
)
def test_a_mean_speed_of_nobody_on_foot_gives_no_excess(first_mps, second_mps, expected) -> None:  # type: ignore[no-untyped-def]
    first, second = (pacing.Sums(600.0, *3 * (600.0 * speed,)) for speed in (first_mps, second_mps))
    assert pacing.excess(first, second) == pytest.approx(expected, nan_ok=True)
    mixed = replace(first, heart_m=600.0 * 3.1)  # either model without a value leaves none
    assert math.isnan(pacing.excess(mixed, second)) == math.isnan(expected)


def test_a_candidate_is_reckoned_without_pauses(facts_of) -> None:  # type: ignore[no-untyped-def]
    """Half an hour at a café makes no start any faster."""
    repeats = Run((km(1, 3.6), *(5 * (km(0.8, 3.6), km(0.4, 2.4))), km(1, 2.8)))
    paused = replace(repeats, stops=((2_500.0, 1_800.0),))
    plain, stopped = (RULE.check(facts_of(run), RULE) for run in (repeats, paused))
    assert isinstance(plain, Skipped)
    assert (plain.because, stopped.because) == ("structured", "structured")
    assert plain.value == pytest.approx(0.134, abs=0.02)
    assert stopped.value == pytest.approx(plain.value, abs=0.01)


@pytest.mark.skipif(not CORPUS.is_dir(), reason=ABSENT)
def test_no_real_file_shows_a_start_twice_as_fast() -> None:
    """Swapped times once gave a suppressed candidate of 1,609 %."""
    values = {}
    for path in sorted(CORPUS.glob("*_*.*")):
        with contextlib.suppress(ParseError):
            for run in parse(path.read_bytes(), name=path.name):
                judged = assess(run, profile=Profile(), history=History(), conditions=Conditions()).document
                values.update({(path.name, one["code"]): one["value"] for one in judged["suppressed"]})
    assert len(values) > 5
    assert {key: value for key, value in values.items() if abs(value) > 1} == {}


def test_confidence_falls_with_what_was_not_recorded(facts_of) -> None:  # type: ignore[no-untyped-def]
    """What of a window cannot be used makes it shorter than it should be."""
    facts = facts_of(FAST)
    early, following = fast_start._windows(pacing.effort(facts), RULE)
    bad = facts.grid.bad.copy()
    rows = np.flatnonzero((facts.grid.distance_m >= early.start_m) & (facts.grid.distance_m < early.end_m))
    bad[rows[: len(rows) // 25]] = True
    holed = replace(facts, grid=replace(facts.grid, bad=bad))
    assert pacing.pace_confidence(facts, early, following) == 1.0
    assert pacing.pace_confidence(holed, early, following) == pytest.approx(0.96, abs=0.005)
