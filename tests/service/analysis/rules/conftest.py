"""How the rules' tables of cases are run: a run, what is known beside it, and the answer in two words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from service.analysis.finding import Clear, Found, Outcome
from service.analysis.rule import Rule


def answer(outcome: Outcome) -> str:
    """`found moderate`, `clear`, or `skipped treadmill`."""
    if isinstance(outcome, Found):
        return f"found {outcome.findings[0].severity}"
    return "clear" if isinstance(outcome, Clear) else f"skipped {outcome.because}"


@pytest.fixture
def said(facts_of) -> Callable[..., str]:  # type: ignore[no-untyped-def]
    """The rule's answer to a run in two words; `known` is what `facts_of` takes beside the run."""

    def say(rule: Rule, run: object, known: Mapping[str, object]) -> str:
        return answer(rule.check(facts_of(run, **known), rule))

    return say


@pytest.fixture
def with_limit() -> Callable[..., Rule]:
    """The rule with one threshold changed."""

    def change(rule: Rule, name: str, value: float) -> Rule:
        threshold = replace(rule.thresholds[name], value=value)
        return replace(rule, thresholds={**rule.thresholds, name: threshold})

    return change
