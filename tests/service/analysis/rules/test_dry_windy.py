"""The dry-and-windy rule: all three of humidity, wind and temperature have to be there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.runs import Run, minutes
from service.analysis.athlete import Conditions
from service.analysis.rules.dry_windy import RULE

RUN = Run((minutes(50, 2.8),))


def weather(temperature_c: float, humidity_pct: float | None, wind_kmh: float | None) -> dict[str, Conditions]:
    return {"conditions": Conditions(temperature_c, humidity_pct, wind_kmh, None, "given")}


CASES = {
    "dry and windy": ("S29", {}, "found low"),
    "on the very threshold of all three": (RUN, weather(10, 35, 20), "found low"),
    "a little less wind": (RUN, weather(10, 35, 19.9), "clear"),
    "a little more humid": (RUN, weather(10, 35.1, 20), "clear"),
    "a little colder": (RUN, weather(9.9, 35, 20), "clear"),
    "wind unknown": (RUN, weather(20, 30, None), "skipped missing"),
    "humidity unknown": (RUN, weather(20, None, 30), "skipped missing"),
    "weather unknown": (RUN, {}, "skipped missing"),
    "a treadmill": ("S10", weather(20, 30, 30), "skipped treadmill"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


@pytest.mark.parametrize(("moving_min", "level"), [(44.9, None), (45, "moderate")])
def test_the_level_threshold_is_45_minutes(facts_of, moving_min, level) -> None:  # type: ignore[no-untyped-def]
    facts = replace(facts_of(RUN, **weather(20, 30, 30)), moving_s=moving_min * 60)
    (finding,) = RULE.check(facts, RULE).findings
    assert (finding.condition_level, finding.points) == (level, 3)
