"""The perf-drop rule: the last three comparable runs against the months before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from fixtures.runs import FIRST_START, Run, km
from service.analysis.athlete import History, PastRun
from service.analysis.finding import Clear
from service.analysis.rules.perf_drop import RULE

HEART = ((0.0, 120.0), (600.0, 140.0), (3400.0, 150.0))
TEN = Run((km(10, 3.0),), heart_rate=HEART)
WITHOUT = replace(TEN, heart_rate=None)


def efficiency(before: float, recent: float, *, count: int = 8, distance_m: float = 10_000.0) -> dict[str, History]:
    days = [*range(88, 88 - 5 * count, -5), 14, 7]
    return {
        "history": History(
            tuple(
                PastRun(
                    FIRST_START - timedelta(days=ago),
                    "running",
                    distance_m,
                    3400.0,
                    efficiency=before if ago > 28 else recent,
                    best_efforts=((10_000.0, 3_000.0 if ago > 28 else 3_300.0),),
                )
                for ago in days
            )
        )
    }


CASES = {
    "as efficient as ever": (TEN, efficiency(1.24, 1.24), "clear"),
    "a tenth less efficient": (TEN, efficiency(1.37, 1.24), "found low"),
    "one bad run is no trend": (TEN, efficiency(1.37, 1.37), "clear"),
    "without heart rate, by best efforts": (WITHOUT, efficiency(1.37, 1.24), "found low"),
    "seven runs are no season": (TEN, efficiency(1.37, 1.24, count=7), "skipped too_few_runs"),
    "runs of another length do not compare": (TEN, efficiency(1.37, 1.24, distance_m=30_000.0), "skipped too_few_runs"),
    "no history": (TEN, {}, "skipped too_few_runs"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


def test_the_threshold_itself_counts(facts_of, with_limit) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(TEN, **efficiency(1.0, 0.9))
    facts = replace(facts, heart=replace(facts.heart, efficiency=0.9))
    exact = 1 - 0.9 / 1.0
    assert RULE.check(facts, with_limit(RULE, "low", exact)).findings[0].points == 0
    assert isinstance(RULE.check(facts, with_limit(RULE, "low", float(np.nextafter(exact, 1)))), Clear)
