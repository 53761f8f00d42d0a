"""The spike rule: this run against the longest of the last 30 days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from fixtures.runs import FIRST_START, Run, km
from service.analysis.athlete import History, PastRun
from service.analysis.finding import Clear
from service.analysis.rules.spike import RULE

TEN = Run((km(10, 3.0),))


def longest(metres: float, *, runs: int = 8, days_ago: float = 4) -> dict[str, History]:
    return {
        "history": History(
            tuple(
                PastRun(
                    FIRST_START - timedelta(days=days_ago + 2 * (i - 1)),
                    "running",
                    metres if i == 1 else metres / 2,
                    metres / 3,
                )
                for i in range(runs, 0, -1)
            )
        )
    }


CASES = {
    "as long as the longest": (TEN, longest(10_000), "clear"),
    "a fifth longer": (TEN, longest(8_333), "found low"),
    "half again as long": (TEN, longest(6_667), "found moderate"),
    "more than twice as long": (TEN, longest(4_500), "found high"),
    "no history": (TEN, {}, "skipped too_few_runs"),
    "three runs are no month": (TEN, longest(5_000, runs=3), "skipped too_few_runs"),
    "runs of six weeks ago do not count": (TEN, longest(5_000, days_ago=42), "skipped too_few_runs"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


@pytest.mark.parametrize(("ratio", "severity"), [(1.10, "low"), (1.30, "moderate"), (2.00, "high")])
def test_the_threshold_itself_does_not_count(facts_of, ratio, severity) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(TEN, **longest(8_000))
    on, above = (replace(facts, distance_m=ratio * 8_000 + more) for more in (0.0, 0.01))
    found = RULE.check(above, RULE).findings[0]
    assert (found.severity, found.threshold, found.comparator) == (severity, ratio, ">")
    under = RULE.check(replace(on, distance_m=float(np.nextafter(on.distance_m, 0))), RULE)
    assert isinstance(under, Clear) or under.findings[0].severity != severity


def test_the_golden_ratios(facts_of) -> None:  # type: ignore[no-untyped-def]
    marathon = RULE.check(facts_of(Run((km(42.195, 3.0),)), **longest(32_000)), RULE)
    assert marathon.findings[0].value == pytest.approx(1.32, abs=0.002)
    assert RULE.check(facts_of(Run((km(18, 2.8),)), **longest(12_000)), RULE).findings[0].points == 8


def test_the_counterfactual_clears_it(facts_of) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(TEN, **longest(6_667))
    change = RULE.check(facts, RULE).findings[0].counterfactual
    assert isinstance(RULE.check(replace(facts, distance_m=facts.distance_m - change.change), RULE), Clear)
    nearly = replace(facts, distance_m=facts.distance_m - change.change + 101)
    assert not isinstance(RULE.check(nearly, RULE), Clear)


def test_the_longest_of_six_weeks_is_told_and_decides_nothing(facts_of) -> None:  # type: ignore[no-untyped-def]
    month = longest(8_000)["history"]
    earlier = PastRun(FIRST_START - timedelta(days=40), "running", 12_000.0, 4_000.0)
    plain = RULE.check(facts_of(TEN, history=month), RULE).findings[0]
    told = RULE.check(facts_of(TEN, history=History((earlier, *month.runs))), RULE).findings[0]
    assert (plain.text, told.text) == ("spike-text", "spike-season_text")
    assert (told.params["longest_42d_m"], told.params["ratio_42d"]) == (12_000, pytest.approx(0.833, abs=0.001))
    assert (plain.severity, plain.value, plain.points) == (told.severity, told.value, told.points)
