"""The monotony rule: two weeks of runs at one pace, without hills."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from fixtures.runs import FIRST_START, Run, km
from service.analysis.athlete import History, PastRun
from service.analysis.finding import Clear
from service.analysis.rules.monotony import RULE

TEN = Run((km(10, 3.0),))


def paces(*speeds_mps: float | None, ascent_m: float = 20.0) -> dict[str, History]:
    return {
        "history": History(
            tuple(
                PastRun(
                    FIRST_START - timedelta(days=2 * (i + 1)),
                    "running",
                    10_000.0,
                    3400.0,
                    gap_speed_mps=speed,
                    ascent_m=ascent_m,
                )
                for i, speed in reversed(list(enumerate(speeds_mps)))
            )
        )
    }


CASES = {
    "five runs at one pace": (TEN, paces(3.0, 3.02, 2.98, 3.0), "found low"),
    "one of them was a tempo run": (TEN, paces(3.0, 3.5, 2.98, 3.0), "clear"),
    "one of them had hills": (TEN, paces(3.0, 3.02, 2.98, 3.0, ascent_m=150.0), "clear"),
    "this one is a session of intervals": ("S07", paces(3.0, 3.0, 3.0, 3.0), "clear"),
    "four runs cannot be monotonous": (TEN, paces(3.0, 3.0, 3.0), "skipped too_few_runs"),
    "a run of unknown pace": (TEN, paces(3.0, None, 3.0, 3.0), "skipped too_few_runs"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


def test_the_threshold_itself_counts(facts_of, with_limit) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(TEN, **paces(3.1, 2.9, 3.05, 2.95))
    exact = 3.1 / ((3.1 + 2.9) / 2) - 1
    assert RULE.check(facts, with_limit(RULE, "spread", exact)).findings[0].points == 0
    assert isinstance(RULE.check(facts, with_limit(RULE, "spread", float(np.nextafter(exact, 0)))), Clear)
