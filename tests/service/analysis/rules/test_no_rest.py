"""The no-rest rule: days in a row, or three days far above the usual."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fixtures.runs import FIRST_START, Run, km
from service.analysis.athlete import History, PastRun
from service.analysis.rules.no_rest import RULE
from service.analysis.texts import speaker

TEN = Run((km(10, 3.0),))


def on_days(*days_ago: int, minutes: float = 55.0) -> dict[str, History]:
    return {
        "history": History(
            tuple(
                PastRun(FIRST_START - timedelta(days=ago), "running", 10_000.0, minutes * 60)
                for ago in sorted(days_ago, reverse=True)
            )
        )
    }


EVERY_OTHER = range(2, 42, 2)

CASES = {
    "the seventh day in a row": (TEN, on_days(1, 2, 3, 4, 5, 6), "found low"),
    "the sixth day in a row": (TEN, on_days(1, 2, 3, 4, 5, 7), "clear"),
    "every other day": (TEN, on_days(*EVERY_OTHER), "clear"),
    "three days in a row where every other day is usual": (TEN, on_days(1, *EVERY_OTHER), "found low"),
    "a long day after easy weeks": (TEN, on_days(*EVERY_OTHER, minutes=20), "found low"),
    "no earlier runs": (TEN, {}, "skipped no_runs"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


def test_the_threshold_of_three_days_itself_does_not_count(facts_of) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(TEN, **on_days(*range(3, 42, 3), minutes=40))
    on, above = (RULE.check(replace(facts, moving_s=minutes * 60), RULE) for minutes in (60.0, 60.01))
    assert not hasattr(on, "findings")
    assert above.findings[0].unit == "ratio"


def test_days_in_a_row_are_told(facts_of) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of(TEN, **on_days(*range(1, 10))), RULE).findings
    assert (finding.value, finding.threshold, finding.points) == (10.0, 7, 0)


@pytest.mark.parametrize(
    ("minutes", "said_so"),
    [(65, "held 63% more running than usual"), (79.7, "99% more"), (80, "held twice your"), (141, "held 3.5 times")],
)
def test_twice_the_usual_and_more_is_told_in_times(facts_of, minutes, said_so) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(TEN, **on_days(*range(3, 42, 3), minutes=40))
    (finding,) = RULE.check(replace(facts, moving_s=minutes * 60), RULE).findings
    assert said_so in speaker().say("no_rest-text", finding.params)


def test_a_change_beyond_a_quarter_of_the_run_is_told_as_no_small_one(facts_of) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(TEN, **on_days(*range(3, 42, 3), minutes=40))
    near, far = (RULE.check(replace(facts, moving_s=minutes * 60), RULE).findings[0] for minutes in (79, 82))
    assert near.counterfactual.text == "no_rest-counterfactual"
    assert far.counterfactual.text == "no_rest-counterfactual_far"
    assert near.counterfactual.change < far.counterfactual.change
