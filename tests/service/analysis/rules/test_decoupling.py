"""The decoupling rule: heart rate drifting away from pace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fixtures.runs import SCENARIOS, Run, minutes
from service.analysis.athlete import Profile
from service.analysis.finding import Clear
from service.analysis.rules.decoupling import RULE
from service.analysis.texts import speaker

LONG = Run((minutes(90, 2.8),))

CASES = {
    "6.4 % of drift": ("S23", {}, "found low"),
    "a race with 3.3 %": ("S43", {}, "clear"),
    "12 % of drift": (replace(LONG, heart_rate=((0.0, 120.0), (600.0, 130.0), (5400.0, 166.0))), {}, "found moderate"),
    "no heart rate": ("S24", {}, "skipped missing"),
    "a sensor that stands still": (replace(LONG, heart_rate=((0.0, 140.0), (5400.0, 140.0))), {}, "skipped flat"),
    "a sensor that follows the steps": (
        replace(LONG, heart_rate=((0.0, 168.0), (2700.0, 172.0), (5400.0, 168.0))),
        {},
        "skipped cadence_lock",
    ),
    "half an hour": (
        Run((minutes(30, 2.8),), heart_rate=((0.0, 120.0), (1800.0, 160.0))),
        {},
        "skipped too_short",
    ),
    "intervals": (
        Run(
            (minutes(10, 2.6), *(6 * (minutes(4, 4.0), minutes(3, 2.3))), minutes(10, 2.6)),
            heart_rate=((0.0, 120.0), (3720.0, 175.0)),
        ),
        {},
        "skipped structured",
    ),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


@pytest.mark.parametrize(("limit", "severity", "points"), [(0.05, "low", 4), (0.10, "moderate", 8)])
def test_the_threshold_itself_counts(facts_of, limit, severity, points) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of("S23")

    def at(drift: float) -> object:
        return RULE.check(replace(facts, heart=replace(facts.heart, decoupling=drift)), RULE)

    assert (at(limit).findings[0].severity, at(limit).findings[0].points) == (severity, points)  # type: ignore[attr-defined]
    under = at(float(np.nextafter(limit, 0)))
    assert isinstance(under, Clear) or under.findings[0].severity != severity  # type: ignore[attr-defined]


def test_the_reference_value(facts_of) -> None:  # type: ignore[no-untyped-def]
    assert RULE.check(facts_of("S23"), RULE).findings[0].value == pytest.approx(0.064, abs=0.005)
    assert RULE.check(facts_of("S43"), RULE).value == pytest.approx(0.033, abs=0.005)


def test_the_window_begins_after_ten_minutes_of_running_whatever_was_paused(facts_of) -> None:  # type: ignore[no-untyped-def]
    plain = SCENARIOS["S23"]
    stopped = replace(plain.run, stops=((1000.0, 120.0),))
    (finding,) = RULE.check(facts_of("S23"), RULE).findings
    (later,) = RULE.check(facts_of(stopped, profile=Profile(**plain.profile)), RULE).findings
    assert finding.start_s == pytest.approx(600, abs=2)
    assert later.start_s == pytest.approx(720, abs=3)
    assert later.start_m == pytest.approx(finding.start_m, abs=10) == pytest.approx(600 * 2.8, abs=15)


def test_the_text_says_what_the_number_is(facts_of) -> None:  # type: ignore[no-untyped-def]
    """6.4 % less far on a heartbeat; that the same effort cost 6.4 % more beats would be another number."""
    (finding,) = RULE.check(facts_of("S23"), RULE).findings
    said = speaker().say(finding.text, finding.params)
    assert "each heartbeat carried you 6% less far" in said
