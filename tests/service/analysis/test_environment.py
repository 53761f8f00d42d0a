"""Heat and cold in numbers, against the reference table of the specification."""

from __future__ import annotations

import numpy as np
import pytest

from fixtures.runs import Run, activity, km, minutes
from service.analysis.athlete import Conditions
from service.analysis.environment import (
    environment,
    heat_index_c,
    vapour_pressure_hpa,
    wbgt_c,
    wbgt_shade_c,
    wbgt_sun_c,
    wet_bulb_c,
    wind_chill_c,
)
from service.analysis.facts import Environment

TABLE = [
    (10, 50, 6.13, 5.10, 12.02, None, None),
    (18, 50, 10.30, 11.98, 18.19, 13.8, 16.0),
    (20, 80, 18.66, 17.53, 22.61, 18.3, 20.4),
    (25, 50, 15.79, 18.00, 24.32, 20.1, 22.2),
    (25, 70, 22.11, 20.94, 26.80, 22.2, 24.5),
    (28, 60, 22.61, 22.20, 28.70, 23.9, 26.3),
    (30, 50, 21.14, 22.30, 29.26, 24.6, 26.9),
    (30, 70, 29.60, 25.60, 32.58, 26.9, 29.8),
    (35, 40, 22.41, 24.51, 32.59, 27.7, 30.1),
    (35, 60, 33.61, 28.49, 36.99, None, None),
]


@pytest.mark.parametrize(("t", "rh", "vapour", "wet", "sun", "shade", "estimate"), TABLE)
def test_the_reference_table(
    *, t: float, rh: float, vapour: float, wet: float, sun: float, shade: float | None, estimate: float | None
) -> None:
    assert vapour_pressure_hpa(t, rh) == pytest.approx(vapour, abs=0.01)
    assert wet_bulb_c(t, rh) == pytest.approx(wet, abs=0.01)
    assert wbgt_sun_c(t, rh) == pytest.approx(sun, abs=0.01)
    if shade is not None:
        assert wbgt_shade_c(t, rh) == pytest.approx(shade, abs=0.06)
    if estimate is not None:
        assert wbgt_c(t, rh, sun=0.5) == pytest.approx(estimate, abs=0.06)


@pytest.mark.parametrize(("t", "rh", "expected"), [(30, 70, 35.0), (32, 60, 37.1), (35, 40, 37.2)])
def test_heat_index(t: float, rh: float, expected: float) -> None:
    assert heat_index_c(t, rh) == pytest.approx(expected, abs=0.06)


def test_very_dry_air_lowers_the_heat_index_and_very_damp_air_raises_it() -> None:
    assert heat_index_c(35, 5) < heat_index_c(35, 13)  # type: ignore[operator]
    assert heat_index_c(28, 95) - heat_index_c(28, 85) > 1.0  # type: ignore[operator]


@pytest.mark.parametrize(("t", "wind", "expected"), [(-5, 30, -13.0), (0, 20, -5.2), (-10, 30, -19.5)])
def test_wind_chill(t: float, wind: float, expected: float) -> None:
    assert wind_chill_c(t, wind) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(("t", "wind"), [(10.1, 30), (0, 4.8), (0, None)])
def test_wind_chill_is_not_defined_in_mild_or_still_air(t: float, wind: float | None) -> None:
    assert wind_chill_c(t, wind) is None


def test_weather_told_wins_over_the_watch() -> None:
    found = _worked_out(Run((km(10, 3.0),), temperature_c=31.0), Conditions(18.0, 60.0, 5.0, 0.0, "given"))
    assert (found.temperature_c, found.source, found.device_only) == (18.0, "given", False)
    assert found.wbgt_c == wbgt_shade_c(18.0, 60.0)


def test_the_watch_temperature_is_read_after_minute_20_less_5_degrees() -> None:
    run = activity(Run((minutes(40, 3.0),), temperature_c=30.0))
    column = np.where(run.streams.time_s < 20 * 60, 35.0, 30.0)
    run.streams.temperature_c.setflags(write=True)  # type: ignore[union-attr]
    run.streams.temperature_c[:] = column  # type: ignore[index]
    found = environment(run, Conditions(), treadmill=False)
    assert isinstance(found, Environment)
    assert (found.temperature_c, found.source, found.device_only, found.humidity_assumed) == (
        25.0,
        "device",
        True,
        True,
    )


def test_a_run_shorter_than_the_watch_takes_to_settle_has_no_temperature() -> None:
    run = activity(Run((minutes(15, 3.0),), temperature_c=30.0))
    assert environment(run, Conditions(), treadmill=False) == "missing"


def test_weather_never_applies_to_a_treadmill() -> None:
    run = activity(Run((km(10, 3.0),), with_position=False))
    assert environment(run, Conditions(30.0, 70.0), treadmill=True) == "treadmill"


def _worked_out(run: Run, conditions: Conditions) -> Environment:
    found = environment(activity(run), conditions, treadmill=False)
    assert isinstance(found, Environment)
    return found
