"""What every rule says without each thing that may be missing: never more than with it, and the page says so."""

from __future__ import annotations

from functools import cache

import pytest

from docs.make_missing import PAGE, TAKEN_OUT, answers, page, whole
from service.analysis.rule import all_rules

WITHOUT = {
    "heart rate": {"decoupling": "abstain: missing", "intensity": "clear", "perf_drop": "clear"},
    "altitude": {"hilly": "abstain: missing"},
    "position": dict.fromkeys(
        ("fast_start", "fade", "start_above_fitness", "hilly", "heat", "cold", "dry_windy"), "abstain: treadmill"
    ),
    "speed": {},
    "cadence": {},
    "watch temperature": {},
    "weather": {"dry_windy": "abstain: missing"},
    "weather and watch temperature": dict.fromkeys(("heat", "cold", "dry_windy"), "abstain: missing"),
    "history": {
        "start_above_fitness": "abstain: no best effort",
        "recurrent": "abstain: no answers",
        "spike": "abstain: too few runs",
        "no_rest": "abstain: no runs",
        "perf_drop": "abstain: too few runs",
        "weekly_10": "abstain: too few weeks",
        "monotony": "abstain: too few runs",
    },
    "mass": {},
}
"""Reviewed: what changes against the whole, and what does not is the same."""


@cache
def told(missing: str | None) -> dict[str, str]:
    return answers(whole() if missing is None else TAKEN_OUT[missing](whole()))


def test_the_run_raises_enough_to_lose_something() -> None:
    assert len([answer for answer in told(None).values() if answer.startswith("raise")]) >= 9
    assert not any(answer.startswith("abstain") for answer in told(None).values())
    assert set(told(None)) == {rule.code for rule in all_rules()}


@pytest.mark.parametrize("missing", TAKEN_OUT)
def test_what_changes_is_what_was_reviewed(missing: str) -> None:
    before = told(None)
    assert {code: answer for code, answer in told(missing).items() if answer != before[code]} == WITHOUT[missing]


@pytest.mark.parametrize("missing", TAKEN_OUT)
def test_nothing_that_is_missing_raises_a_warning_or_the_score(missing: str) -> None:
    raised = {code for code, answer in told(missing).items() if answer.startswith("raise")}
    assert raised <= {code for code, answer in told(None).items() if answer.startswith("raise")}
    full, less = (given.assessed().document for given in (whole(), TAKEN_OUT[missing](whole())))
    assert less["score"] <= full["score"]
    assert less["score"] <= less["score_high"]


def test_the_page_is_up_to_date() -> None:
    """Run `python -m docs.make_missing` where this fails."""
    assert PAGE.read_text(encoding="utf-8") == page()
