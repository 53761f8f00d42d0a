"""The intensity rule: minutes at high heart rate, or a pace near the athlete's best."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fixtures.runs import FIRST_START, Run, km
from service.analysis.athlete import History, PastRun, Profile
from service.analysis.finding import Clear
from service.analysis.risk import rule_gaps
from service.analysis.rules.intensity import RULE

RUNNER = Profile(mass_kg=70.0, birth_year=1986, hr_rest_bpm=55.0)
EASY = ((0.0, 110.0), (600.0, 128.0), (3300.0, 140.0))
HARD = ((0.0, 150.0), (600.0, 165.0), (3300.0, 178.0))
TEN = Run((km(10, 3.0),))


def past(speed_mps: float, days_ago: float, distance_m: float = 10_000.0) -> PastRun:
    """An even run, its fastest stretch as fast as all of it."""
    seconds = distance_m / speed_mps
    return PastRun(
        FIRST_START - timedelta(days=days_ago),
        "running",
        distance_m,
        seconds,
        gap_speed_mps=speed_mps,
        best_efforts=((distance_m, seconds),),
    )


def best(speed_mps: float, *, usual_mps: float = 2.6) -> History:
    """A race among easy runs."""
    return History((past(usual_mps, 20), past(usual_mps, 15), past(speed_mps, 9)))


def easy(speed_mps: float, runs: int, distance_m: float = 10_000.0) -> History:
    """Runs all alike."""
    return History(tuple(past(speed_mps, runs - at, distance_m) for at in range(runs)))


CASES = {
    "an easy run": (replace(TEN, heart_rate=EASY), {"profile": RUNNER}, "clear"),
    "a race by heart rate": ("S43", {}, "found moderate"),
    "28 minutes at the end": ("S23", {}, "found low"),
    "no heart rate and no history": (TEN, {"profile": RUNNER}, "skipped missing"),
    "heart rate without a resting rate": (
        replace(TEN, heart_rate=HARD),
        {"profile": Profile(birth_year=1986)},
        "skipped rest_unknown",
    ),
    "heart rate without an age": (
        replace(TEN, heart_rate=HARD),
        {"profile": Profile(hr_rest_bpm=55.0)},
        "skipped max_unknown",
    ),
    "heart rate of a stranger": (replace(TEN, heart_rate=HARD), {}, "skipped rest_and_max_unknown"),
    "a resting rate above the maximal one": (
        replace(TEN, heart_rate=HARD),
        {"profile": Profile(hr_rest_bpm=150.0, hr_max_bpm=140.0)},
        "skipped rest_above_max",
    ),
    "at the best pace, without heart rate": (TEN, {"history": best(3.0)}, "found moderate"),
    "at the best pace, with an easy heart rate": (
        replace(TEN, heart_rate=EASY),
        {"profile": RUNNER, "history": best(3.0)},
        "found moderate",
    ),
    "far from the best pace": (TEN, {"history": best(3.6)}, "clear"),
    "like the one run before": (TEN, {"history": easy(3.0, 1)}, "skipped missing"),
    "like thirty easy runs before": (TEN, {"history": easy(3.0, 30)}, "skipped missing"),
    "like thirty easy runs before, with an easy heart rate": (
        replace(TEN, heart_rate=EASY),
        {"profile": RUNNER, "history": easy(3.0, 30)},
        "clear",
    ),
    "as easy as the shorter runs before": (TEN, {"history": easy(3.0, 10, 6_000.0)}, "skipped missing"),
    "a little faster than longer easy runs": (
        Run((km(5, 3.1),)),
        {"history": easy(3.0, 10, 20_000.0)},
        "skipped missing",
    ),
    "the best lies 9 % above the usual": (TEN, {"history": best(3.0, usual_mps=2.75)}, "skipped missing"),
    "the best lies 11 % above the usual": (TEN, {"history": best(3.0, usual_mps=2.7)}, "found moderate"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


@pytest.mark.parametrize(
    ("minutes", "severity", "points"),
    [(14.99, None, 0), (15.0, "low", 5), (29.99, "low", 5), (30.0, "moderate", 10)],
)
def test_the_threshold_itself_counts(facts_of, minutes, severity, points) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(replace(TEN, heart_rate=EASY), profile=RUNNER)
    outcome = RULE.check(replace(facts, heart=replace(facts.heart, minutes_above_80=minutes)), RULE)
    if severity is None:
        assert isinstance(outcome, Clear)
    else:
        assert (outcome.findings[0].severity, outcome.findings[0].points) == (severity, points)


@pytest.mark.parametrize(
    ("run", "known", "gaps"),
    [
        (TEN, {}, {"heart_rate": 10}),
        (TEN, {"history": best(3.6)}, {"heart_rate": 10}),  # a slow pace may have been a hard effort
        (TEN, {"history": best(3.0)}, {}),  # the pace alone brought all the points there are
        (replace(TEN, heart_rate=EASY), {"history": best(3.6)}, {"heart_rate_reserve": 10}),
        (replace(TEN, heart_rate=EASY), {"history": best(3.6), "profile": RUNNER}, {}),
    ],
)
def test_a_clear_pace_does_not_close_the_question_of_the_heart_rate(facts_of, run, known, gaps) -> None:  # type: ignore[no-untyped-def]
    outcome = RULE.check(facts_of(run, **known), RULE)
    assert {gap.signal: gap.points for gap in rule_gaps([(RULE, outcome)])} == gaps
