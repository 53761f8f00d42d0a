"""The intensity rule: minutes at high heart rate, or a pace near the athlete's best."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fixtures.runs import FIRST_START, Run, km
from service.analysis.athlete import History, PastRun, Profile
from service.analysis.finding import Clear
from service.analysis.rules.intensity import RULE

RUNNER = Profile(mass_kg=70.0, birth_year=1986, hr_rest_bpm=55.0)
EASY = ((0.0, 110.0), (600.0, 128.0), (3300.0, 140.0))
HARD = ((0.0, 150.0), (600.0, 165.0), (3300.0, 178.0))
TEN = Run((km(10, 3.0),))


def best(speed_mps: float) -> History:
    effort = ((10_000.0, 10_000.0 / speed_mps),)
    return History((PastRun(FIRST_START - timedelta(days=9), "running", 10_000.0, 3000.0, best_efforts=effort),))


CASES = {
    "an easy run": (replace(TEN, heart_rate=EASY), {"profile": RUNNER}, "clear"),
    "a race by heart rate": ("S43", {}, "found moderate"),
    "28 minutes at the end": ("S23", {}, "found low"),
    "no heart rate and no history": (TEN, {"profile": RUNNER}, "skipped missing"),
    "heart rate without a resting rate": (
        replace(TEN, heart_rate=HARD),
        {"profile": Profile(birth_year=1986)},
        "skipped reserve_unknown",
    ),
    "at the best pace, without heart rate": (TEN, {"history": best(3.0)}, "found moderate"),
    "at the best pace, with an easy heart rate": (
        replace(TEN, heart_rate=EASY),
        {"profile": RUNNER, "history": best(3.0)},
        "found moderate",
    ),
    "far from the best pace": (TEN, {"history": best(3.6)}, "clear"),
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
