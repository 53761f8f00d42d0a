"""The heat rule: the flags of the wet-bulb globe temperature, and the level they lift the run to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fixtures.runs import Run, km, minutes
from service.analysis.athlete import Conditions
from service.analysis.rules.heat import RULE
from service.analysis.texts import speaker

HOUR = Run((minutes(61, 2.8),))


def weather(temperature_c: float, humidity_pct: float | None, sun: float | None = None) -> dict[str, Conditions]:
    return {"conditions": Conditions(temperature_c, humidity_pct, 0.0, sun, "given")}


CASES = {
    "an ordinary day": (HOUR, weather(18, 50), "clear"),
    "yellow": (HOUR, weather(25, 50), "found low"),
    "red": (HOUR, weather(28, 60), "found moderate"),
    "red, in full sun": ("S15", {}, "found moderate"),
    "black": ("S27", {}, "found high"),
    "unknown humidity is taken as half": (HOUR, weather(25, None), "found low"),
    "unknown weather": (HOUR, {}, "skipped missing"),
    "weather does not apply to a treadmill": ("S10", weather(35, 60), "skipped treadmill"),
    "a hot watch alone is never above yellow": (replace(HOUR, temperature_c=40.0), {}, "found low"),
    "a cool watch": (replace(HOUR, temperature_c=20.0), {}, "clear"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


@pytest.mark.parametrize(("wbgt_c", "severity"), [(18.0, "low"), (23.0, "moderate"), (28.0, "high")])
def test_the_threshold_itself_counts(facts_of, wbgt_c, severity) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(HOUR, **weather(20, 50))
    on, under = (
        RULE.check(replace(facts, environment=replace(facts.environment, wbgt_c=value)), RULE)
        for value in (wbgt_c, float(np.nextafter(wbgt_c, 0)))
    )
    assert on.findings[0].severity == severity
    assert not hasattr(under, "findings") or under.findings[0].severity != severity


@pytest.mark.parametrize(
    ("wbgt_c", "humidity_pct", "moving_min", "level"),
    [
        (22.9, 90.0, 90, None),
        (23.0, 59.9, 90, "high"),
        (23.0, 60.0, 59.9, "high"),
        (23.0, 60.0, 60, "very_high"),
        (28.0, 20.0, 30, "very_high"),
    ],
)
def test_the_table_of_conditions(facts_of, wbgt_c, humidity_pct, moving_min, level) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(HOUR, **weather(20, 50))
    there = replace(facts.environment, wbgt_c=wbgt_c, humidity_pct=humidity_pct)
    (finding,) = RULE.check(replace(facts, environment=there, moving_s=moving_min * 60), RULE).findings
    assert finding.condition_level == level


def test_points_are_4_8_and_12(facts_of) -> None:  # type: ignore[no-untyped-def]
    known = [weather(25, 50), weather(28, 60), weather(30, 70)]
    assert [RULE.check(facts_of(Run((km(5, 3.0),)), **one), RULE).findings[0].points for one in known] == [4, 8, 12]


def test_a_watch_temperature_has_low_confidence(facts_of) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of(replace(HOUR, temperature_c=40.0)), RULE).findings
    assert finding.confidence < 0.5
    assert finding.quality == ("device_temperature",)


@pytest.mark.parametrize(
    ("humidity_pct", "begins"), [(50.0, "27°C at 50% humidity: "), (None, "27°C, humidity unknown, 50% assumed: ")]
)
def test_a_humidity_that_nobody_told_is_called_assumed(facts_of, humidity_pct, begins) -> None:  # type: ignore[no-untyped-def]
    known = Conditions(temperature_c=27.0, humidity_pct=humidity_pct, source="given")
    (finding,) = RULE.check(facts_of(HOUR, conditions=known), RULE).findings
    assert speaker().say("heat-text", finding.params).startswith(f"{begins}an estimated heat stress of 24°C.")
    assert "75°F" in speaker(units="imperial").say("heat-headline", finding.params)
