"""The duration rule: minutes on the move, from 45 on with points, from 60 on with a warning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.runs import Run, Stretch, minutes
from service.analysis.finding import Clear, Found
from service.analysis.rules.duration import RULE

NEVER_SKIPS = "moving time is always known"

CASES = {
    "20 minutes are no subject": (Run((minutes(20, 2.6),)), {}, "clear"),
    "50 minutes bring points and no warning": (Run((minutes(50, 2.8),)), {}, "clear"),
    "75 minutes are long": (Run((minutes(75, 2.8),)), {}, "found low"),
    "two hours are longer": (Run((minutes(120.5, 2.8),)), {}, "found moderate"),
    "four hours are very long": (Run((minutes(245, 2.8),)), {}, "found high"),
    "50 minutes of running and 20 of standing are 50": (
        Run((minutes(25, 2.8), Stretch(0.0, seconds=1200.0), minutes(25, 2.8))),
        {},
        "clear",
    ),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


@pytest.mark.parametrize(
    ("moving_min", "severity", "points"),
    [
        (44.99, None, 0),
        (45, None, 4),
        (59.99, None, 4),
        (60, "low", 8),
        (89.99, "low", 8),
        (90, "moderate", 14),
        (120, "moderate", 20),
        (179.99, "moderate", 20),
        (180, "high", 26),
        (239.99, "high", 26),
        (240, "high", 30),
    ],
)
def test_a_bin_begins_on_its_threshold(facts_of, moving_min, severity, points) -> None:  # type: ignore[no-untyped-def]
    outcome = RULE.check(replace(facts_of("S04"), moving_s=moving_min * 60), RULE)
    if severity is None:
        assert isinstance(outcome, Clear)
        assert outcome.points == points
    else:
        assert isinstance(outcome, Found)
        (finding,) = outcome.findings
        assert (finding.severity, finding.points) == (severity, points)
        assert finding.value >= finding.threshold
