"""Sweat, against the corners the specification names and over the whole range of runners."""

from __future__ import annotations

from typing import Any

import pytest

from service.analysis.athlete import Profile
from service.analysis.facts import Environment, Sweat
from service.analysis.sweat import estimated_rate_l_per_h, sweat

REFERENCES = [
    (50, 8.5, 18, 0.42),
    (70, 10, 18, 0.78),
    (70, 10, 28, 0.89),
    (70, 15, 28, 1.35),
    (90, 15, 28, 1.75),
]
ACSM_2007 = {
    # mass_kg: {speed_kmh: (18 °C, 28 °C)}, the predicted sweat table the line is drawn through
    50: {8.5: (0.43, 0.52), 10: (0.53, 0.62), 12.5: (0.69, 0.79), 15: (0.86, 0.96)},
    70: {8.5: (0.65, 0.75), 10: (0.79, 0.89), 12.5: (1.02, 1.12), 15: (1.25, 1.36)},
    90: {8.5: (0.86, 0.97), 10: (1.04, 1.15), 12.5: (1.34, 1.45), 15: (1.64, 1.75)},
}


@pytest.mark.parametrize(("mass", "speed", "temperature", "expected"), REFERENCES)
def test_reference_rates(mass: float, speed: float, temperature: float, expected: float) -> None:
    assert estimated_rate_l_per_h(mass, speed, temperature) == pytest.approx(expected, abs=0.006)


def test_no_cell_of_the_acsm_table_is_further_off_than_13_ml() -> None:
    worst = max(
        abs(estimated_rate_l_per_h(mass, speed, temperature) - cell)
        for mass, row in ACSM_2007.items()
        for speed, cells in row.items()
        for temperature, cell in zip((18, 28), cells, strict=True)
    )
    assert worst <= 0.0135


@pytest.mark.parametrize(
    ("mass", "speed", "temperature", "expected"),
    [
        (110, 20, 60, 2.5),  # never above 2.5 l/h
        (70, 10, -30, 0.648),  # the temperature is held at 5 °C
        (70, 10, 50, 0.994),  # and at 38 °C
        (35, 1, 5, -0.230),  # not held above zero: too little to say an amount
    ],
)
def test_bounds(mass: float, speed: float, temperature: float, expected: float) -> None:
    assert estimated_rate_l_per_h(mass, speed, temperature) == pytest.approx(expected, abs=0.001)


def test_more_mass_speed_or_heat_never_means_less_sweat() -> None:
    for mass in range(35, 111, 5):
        for speed in range(4, 21):
            rates = [estimated_rate_l_per_h(mass, speed, t) for t in range(-10, 41, 5)]
            assert rates == sorted(rates)
            assert estimated_rate_l_per_h(mass + 5, speed, 18) >= estimated_rate_l_per_h(mass, speed, 18)
            assert estimated_rate_l_per_h(mass, speed + 1, 18) >= estimated_rate_l_per_h(mass, speed, 18)


def test_a_measured_rate_replaces_the_estimate() -> None:
    found = _sweat(Profile(mass_kg=70.0, sweat_rate_l_per_h=1.4))
    assert (found.rate_l_per_h, found.measured) == (1.4, True)
    assert found.sodium_mg_per_h == pytest.approx(1155.0)


def test_without_weather_18_degrees_are_assumed_and_said_so() -> None:
    found = _sweat(Profile(mass_kg=70.0), environment=None)
    assert found.temperature_assumed
    assert found.rate_l_per_h == pytest.approx(estimated_rate_l_per_h(70.0, 10.0, 18.0))


@pytest.mark.parametrize(
    ("celsius", "device_only", "counted"), [(33, True, 25), (33, False, 33), (12, True, 12), (-3, True, 5)]
)
def test_a_watch_counts_as_no_warmer_than_the_yellow_flag(celsius: float, counted: float, *, device_only: bool) -> None:
    there = Environment(float(celsius), 50.0, None, 28.0, None, None, "device", device_only=device_only)
    rate = _sweat(Profile(mass_kg=70.0), environment=there).rate_l_per_h
    assert rate == pytest.approx(estimated_rate_l_per_h(70.0, 10.0, counted))


@pytest.mark.parametrize(
    ("profile", "changes", "why"),
    [
        (Profile(), {}, "mass_unknown"),
        (Profile(mass_kg=70.0), {"family": "wheel"}, "sport"),
        (Profile(mass_kg=70.0), {"equivalent_speed_mps": None}, "too_short"),
    ],
)
def test_no_estimate_where_one_cannot_be_made(profile: Profile, changes: dict[str, Any], why: str) -> None:
    assert sweat(profile, **{**_usual(), **changes}) == why


def _usual() -> dict[str, Any]:
    weather = Environment(18.0, 50.0, None, 16.0, None, None, "given")
    return {"family": "run", "equivalent_speed_mps": 10 / 3.6, "environment": weather}


def _sweat(profile: Profile, **changes: object) -> Sweat:
    found = sweat(profile, **{**_usual(), **changes})
    assert isinstance(found, Sweat)
    return found
