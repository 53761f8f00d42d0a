"""The ten-per-cent rule: this ISO week against the three before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fixtures.runs import FIRST_START, Run, km
from service.analysis.athlete import History, PastRun, Profile
from service.analysis.rules.weekly_10 import RULE

TEN = Run((km(10, 3.0),))
"""FIRST_START is a Sunday at 06:00 UTC: its week began six days before."""


def weeks(*weeks_m: float, this_week_m: float = 0.0) -> dict[str, History]:
    """Weeks of one run each on Tuesday, the nearest first, and what this week held before."""
    monday = FIRST_START - timedelta(days=6)
    runs = [
        PastRun(monday + timedelta(days=1, weeks=-back), "running", metres, metres / 3)
        for back, metres in enumerate((this_week_m, *weeks_m))
        if metres
    ]
    return {"history": History(tuple(reversed(runs)))}


CASES = {
    "20 km after weeks of 20": (TEN, weeks(20_000, 20_000, 20_000, this_week_m=10_000), "clear"),
    "24 km after weeks of 20": (TEN, weeks(20_000, 20_000, 20_000, this_week_m=14_000), "found low"),
    "a rest week counts as nothing": (TEN, weeks(15_000, 0, 15_000, this_week_m=2_000), "found low"),
    "one week of running is no habit": (TEN, weeks(15_000), "skipped too_few_weeks"),
    "no history": (TEN, {}, "skipped too_few_weeks"),
    "a tenth of little is nothing": (TEN, weeks(6_000, 6_000, 6_000), "skipped little_running"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


def test_the_threshold_itself_does_not_count(facts_of) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(TEN, **weeks(20_000, 20_000, 20_000, this_week_m=12_000))
    on, above = (RULE.check(replace(facts, distance_m=metres), RULE) for metres in (10_000.0, 10_001.0))
    assert not hasattr(on, "findings")
    assert above.findings[0].points == 0


def test_the_counterfactual_clears_it(facts_of) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(TEN, **weeks(20_000, 20_000, 20_000, this_week_m=14_000))
    change = RULE.check(facts, RULE).findings[0].counterfactual
    assert change.change == 2000
    assert not hasattr(RULE.check(replace(facts, distance_m=facts.distance_m - change.change), RULE), "findings")
    over = facts_of(TEN, **weeks(20_000, 20_000, 20_000, this_week_m=24_000))
    assert RULE.check(over, RULE).findings[0].counterfactual is None


def test_weeks_are_those_of_the_athletes_zone(facts_of) -> None:  # type: ignore[no-untyped-def]
    late = replace(TEN, started_at=FIRST_START + timedelta(hours=16))
    known = weeks(20_000, 20_000, 20_000, this_week_m=14_000)
    here = RULE.check(facts_of(late, **known), RULE)
    kiritimati = RULE.check(facts_of(late, **known, profile=Profile(timezone="Pacific/Kiritimati")), RULE)
    assert hasattr(here, "findings")
    assert not hasattr(kiritimati, "findings")
