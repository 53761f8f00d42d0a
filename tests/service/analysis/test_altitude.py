"""The height profile: reversal ascent, smoothing, grade, and what noise and jumps do to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fixtures.runs import GPS_ALTITUDE, Run, activity, even_effort, km
from service.analysis.altitude import Profile, climbed, eccentric_drop_m, profile, slope, start_jumps, turns

VECTOR = np.array([100, 103, 97, 102, 105, 109, 115, 119, 128, 130, 118, 112, 105, 108, 100, 106, 101], dtype=float)
ROLLING = tuple(stretch for _ in range(4) for stretch in (km(1.25, 2.4, grade=0.06), km(1.25, 3.2, grade=-0.06)))


def height_profile(run: Run, *, kind: str | None = None) -> Profile:
    got = activity(run)
    streams = got.streams
    found = profile(streams.distance_m, streams.altitude_m, streams.time_s, kind=kind or got.altitude_kind)  # type: ignore[arg-type]
    assert isinstance(found, Profile)
    return found


@pytest.mark.parametrize(
    ("threshold", "up", "down"), [(2, 45, 44), (3, 45, 44), (5, 39, 41), (8, 33, 30), (10, 33, 30), (40, 0, 0)]
)
def test_reversal_ascent_of_the_test_vector(threshold: float, up: float, down: float) -> None:
    assert climbed(turns(VECTOR, reversal_m=threshold)) == (up, down)


def test_an_unfinished_last_leg_counts_once_it_is_high_enough() -> None:
    z = np.array([100.0, 90.0, 95.0])
    assert climbed(turns(z, reversal_m=5.0)) == (5.0, 10.0)
    assert climbed(turns(z, reversal_m=5.1)) == (0.0, 10.0)


def test_turning_the_profile_upside_down_swaps_ascent_and_descent() -> None:
    for threshold in (2, 5, 10):
        up, down = climbed(turns(VECTOR, reversal_m=threshold))
        assert climbed(turns(-VECTOR, reversal_m=threshold)) == (down, up)


@pytest.mark.parametrize(("noise", "low", "high"), [({"altitude_noise_m": 0.3}, 255, 315), (GPS_ALTITUDE, 255, 315)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_300_metres_of_rolling_hills_are_found_within_15_percent_less_and_5_more(
    noise: dict[str, float], low: float, high: float, seed: int
) -> None:
    found = height_profile(replace(Run(ROLLING, seed=seed), **noise))
    up, down = climbed(found.turns)
    assert low <= up <= high
    assert low <= down <= high


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize(("noise", "most"), [({"altitude_noise_m": 0.3}, 5), (GPS_ALTITUDE, 20)])
def test_noise_on_a_flat_run_is_no_ascent(noise: dict[str, float], most: float, seed: int) -> None:
    found = height_profile(replace(Run((km(10, 3.0),), seed=seed), **noise))
    assert climbed(found.turns)[0] <= most


@pytest.mark.parametrize("grade", [-0.3, -0.05, 0.0, 0.02, 0.12])
def test_the_grade_of_an_even_slope_is_its_grade_to_the_very_ends(grade: float) -> None:
    z = np.arange(100) * 10.0 * grade
    for reach in (3, 8):
        assert slope(z, reach=reach) == pytest.approx(grade, abs=1e-9)


def test_grades_are_held_at_45_percent() -> None:
    assert np.abs(slope(np.arange(50) * 9.0, reach=3)).max() == 0.45


def test_an_unknown_altitude_with_the_noise_of_a_barometer_counts_as_one() -> None:
    quiet = height_profile(replace(Run(ROLLING, altitude_kind="unknown"), altitude_noise_m=0.3))
    assert (quiet.kind, quiet.kind_by) == ("barometric", "noise")
    loud = height_profile(replace(Run(ROLLING), **GPS_ALTITUDE), kind="unknown")
    assert (loud.kind, loud.kind_by) == ("unknown", "none")
    assert loud.smoothing.trust == 0.8


def test_eccentric_drop_counts_only_grades_of_5_percent_and_steeper() -> None:
    steep = Run((km(2, 3.0), km(1, 3.0, grade=-0.06), km(1, 3.0), km(1, 3.0, grade=-0.04), km(1, 3.0)))
    assert eccentric_drop_m(height_profile(steep)) == pytest.approx(60, abs=6)


def test_an_altitude_that_leaps_at_the_start_is_no_descent() -> None:
    run = activity(Run((km(10, 3.0),)))
    altitude = np.array(run.streams.altitude_m)
    altitude[:40] += 15.0
    found = profile(run.streams.distance_m, altitude, run.streams.time_s, kind="barometric")  # type: ignore[arg-type]
    assert isinstance(found, Profile)
    assert found.jumped
    assert climbed(found.turns) == (0.0, 0.0)
    assert np.abs(found.grade).max() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("grade", [-0.15, -0.10, 0.20])
def test_a_start_on_a_steep_road_is_a_hill_not_a_leap(grade: float) -> None:
    run = activity(Run((even_effort(1, 3.0, grade=grade), km(4, 3.0))))
    streams = run.streams
    assert not start_jumps(streams.time_s, streams.distance_m, streams.altitude_m)  # type: ignore[arg-type]


def test_a_run_whose_distance_is_lost_at_first_shows_no_leap() -> None:
    streams = activity(Run((even_effort(1, 3.0, grade=0.05),))).streams
    late = streams.distance_m > 250.0  # type: ignore[operator]
    assert not start_jumps(streams.time_s[late], streams.distance_m[late], streams.altitude_m[late])  # type: ignore[index]


def test_a_single_lost_altitude_is_no_cliff_even_at_smart_recording() -> None:
    run = activity(Run((km(10, 3.0),), step_s=7.0))
    altitude = np.array(run.streams.altitude_m)
    altitude[[100, 200, 300]] = 0.0
    found = profile(run.streams.distance_m, altitude, run.streams.time_s, kind="barometric")  # type: ignore[arg-type]
    assert isinstance(found, Profile)
    assert climbed(found.turns) == (0.0, 0.0)


def test_altitude_on_too_few_samples_or_none_gives_no_profile() -> None:
    run = activity(Run((km(10, 3.0),)))
    metres, time_s = run.streams.distance_m, run.streams.time_s
    altitude = np.array(run.streams.altitude_m)
    altitude[: len(altitude) // 4] = np.nan
    assert metres is not None
    assert profile(metres, altitude, time_s, kind="barometric") == "coverage"
    assert profile(metres, None, time_s, kind="barometric") == "missing"
    assert profile(metres, np.full_like(metres, np.nan), time_s, kind="barometric") == "missing"
    assert profile(metres / 1000.0, altitude + 0.0, time_s, kind="barometric") == "coverage"
    assert profile(metres / 1000.0, np.zeros_like(metres), time_s, kind="barometric") == "too_short"


def test_standing_still_while_the_altitude_drifts_is_no_climb() -> None:
    time_s = np.arange(2400.0)
    metres = np.concatenate((np.arange(1000) * 3.0, np.full(400, 2997.0), 3000 + np.arange(1000) * 3.0))
    altitude = np.where((time_s >= 1000) & (time_s < 1200), 100.0 + (time_s - 1000) / 40, 100.0)
    found = profile(metres, altitude, time_s, kind="barometric")
    assert isinstance(found, Profile)
    assert climbed(found.turns) == (0.0, 0.0)
