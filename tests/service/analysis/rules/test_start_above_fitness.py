"""The start-above-fitness rule: the early speed against what best efforts let one expect over the distance."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from fixtures.runs import FIRST_START, Run, km
from service.analysis import load, pacing
from service.analysis.athlete import History, PastRun
from service.analysis.finding import Clear
from service.analysis.rules.start_above_fitness import RULE
from service.analysis.texts import speaker


def best(
    distance_m: float, time_s: float, days_ago: float = 20, runs: int = 8, usual_mps: float = 2.6
) -> dict[str, History]:
    effort = ((distance_m, time_s),)
    return {
        "history": History(
            tuple(
                PastRun(
                    FIRST_START - timedelta(days=days_ago, hours=i),
                    "running",
                    10_000.0,
                    3600.0,
                    gap_speed_mps=usual_mps,
                    best_efforts=effort,
                )
                for i in range(runs, 0, -1)
            )
        )
    }


FAST = Run((km(1, 3.36), km(9, 3.0)))

CASES = {
    "3.36 m/s where 3.0 is the best over 10 km": (FAST, best(10_000, 10_000 / 3.0), "found low"),
    "3.36 m/s where 3.5 is the best over 10 km": (FAST, best(10_000, 10_000 / 3.5), "clear"),
    "an even run at the best": ("S04", best(10_000, 10_000 / 3.0), "clear"),
    "3.0 m/s is the best over 10 km, and the usual": (
        FAST,
        best(10_000, 10_000 / 3.0, usual_mps=3.0),
        "skipped no_best_effort",
    ),
    "no best effort": (FAST, {}, "skipped no_best_effort"),
    "an effort of 2 km says nothing of 10": (FAST, best(2_000, 600), "skipped no_best_effort"),
    "an effort of 4 months ago says nothing": (FAST, best(10_000, 3_333, days_ago=120), "skipped no_best_effort"),
    "a treadmill": ("S10", best(10_000, 3_600), "skipped treadmill"),
    "intervals": ("S07", best(10_000, 3_600), "skipped structured"),
    "under 3 km": ("S36", best(10_000, 3_600), "skipped too_short"),
    "the start was not recorded": ("S08", best(10_000, 3_600), "skipped recording_gap"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


def test_the_threshold_itself_counts(facts_of, with_limit) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(FAST, **best(10_000, 10_000 / 3.0))
    early = pacing.sums(facts, pacing.Window(100.0, 1000.0))
    expected_mps = load.sustainable_speed_mps(
        facts.history, facts.activity.started_at, facts.distance_m, clearly_faster=RULE.limit("effort_faster")
    )
    exact = min(early.minetti_mps, early.heart_mps) / expected_mps - 1
    assert RULE.check(facts, with_limit(RULE, "low", exact)).findings[0].points == 6
    assert isinstance(RULE.check(facts, with_limit(RULE, "low", float(np.nextafter(exact, 1)))), Clear)


def test_the_counterfactual_clears_it_and_a_second_less_does_not(facts_of) -> None:  # type: ignore[no-untyped-def]
    def rerun(slower_s_per_km: int) -> object:
        early_mps = 1000 / (1000 / 3.36 + slower_s_per_km)
        return RULE.check(facts_of(Run((km(1, early_mps), km(9, 3.0))), **best(10_000, 10_000 / 3.0)), RULE)

    change = rerun(0).findings[0].counterfactual  # type: ignore[attr-defined]
    assert isinstance(rerun(change.change + 1), Clear)
    assert not isinstance(rerun(change.change - 1), Clear)


def test_few_earlier_runs_lower_the_confidence(facts_of) -> None:  # type: ignore[no-untyped-def]
    sure, less = (
        RULE.check(facts_of(FAST, **best(10_000, 10_000 / 3.0, runs=runs)), RULE).findings[0].confidence
        for runs in (8, 2)
    )
    assert (sure, less) == (1.0, 0.25)


def test_the_first_kilometre_after_a_warm_up_is_called_so(facts_of) -> None:  # type: ignore[no-untyped-def]
    known = best(10_000, 10_000 / 3.0)
    (trimmed,) = RULE.check(facts_of("tempo_fast", **known), RULE).findings
    (whole,) = RULE.check(facts_of(FAST, **known), RULE).findings
    assert "first 1 km after your warm-up" in speaker().say(trimmed.text, trimmed.params)
    assert "warm-up" not in speaker().say(whole.text, whole.params)
