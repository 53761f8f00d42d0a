"""The cold rule: by temperature, or by wind chill."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.runs import Run, minutes
from service.analysis.athlete import Conditions
from service.analysis.rules.cold import RULE

RUN = Run((minutes(50, 2.8),))


def weather(temperature_c: float, wind_kmh: float | None = 0.0) -> dict[str, Conditions]:
    return {"conditions": Conditions(temperature_c, 50.0, wind_kmh, None, "given")}


CASES = {
    "freezing": ("S28", {}, "found low"),
    "far below freezing": (RUN, weather(-10), "found moderate"),
    "7 °C in a storm feels like freezing": (RUN, weather(6, 60), "found low"),
    "7 °C without wind": (RUN, weather(7), "clear"),
    "weather unknown": (RUN, {}, "skipped missing"),
    "a treadmill": ("S10", weather(-10), "skipped treadmill"),
    "a freezing watch": (replace(RUN, temperature_c=-3.0), {}, "found low"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


@pytest.mark.parametrize(
    ("temperature_c", "answer"), [(5.0, "found low"), (5.01, "clear"), (-4.99, "found low"), (-5.0, "found moderate")]
)
def test_the_threshold_itself_counts(said, temperature_c, answer) -> None:  # type: ignore[no-untyped-def]
    assert said(RULE, RUN, weather(temperature_c)) == answer


def test_only_hard_frost_lifts_the_level(facts_of) -> None:  # type: ignore[no-untyped-def]
    levels = [RULE.check(facts_of(RUN, **weather(t)), RULE).findings[0].condition_level for t in (0.0, -5.0)]
    assert levels == [None, "moderate"]
