"""Climbs and descents as a runner would draw them on a map."""

from __future__ import annotations

import numpy as np
import pytest

from fixtures.runs import Run, Stretch, km


def test_sixteen_percent_of_hills_become_twelve_legs(facts_of) -> None:  # type: ignore[no-untyped-def]
    legs = facts_of("S16").altitude.legs
    assert len(legs) == 12
    for number, leg in enumerate(legs):
        sign = 1 if number % 2 == 0 else -1
        assert sign * leg.gain_m == pytest.approx(97, abs=3)
        assert sign * leg.mean_grade == pytest.approx(0.078, abs=0.002)
        assert leg.end_m - leg.start_m == pytest.approx(1250, abs=60)


def test_a_hill_in_the_middle_is_one_climb_and_one_descent_without_the_flat_around(facts_of) -> None:  # type: ignore[no-untyped-def]
    up, down = facts_of("S19").altitude.legs
    assert (up.start_m, up.end_m) == pytest.approx((4000, 5000), abs=40)
    assert (down.start_m, down.end_m) == pytest.approx((5000, 6000), abs=40)
    assert (up.gain_m, down.gain_m) == pytest.approx((58, -58), abs=1.5)
    assert (up.mean_grade, up.max_100m_grade) == pytest.approx((0.058, 0.06), abs=0.002)
    assert down.max_100m_grade == pytest.approx(-0.06, abs=0.001)
    assert up.start_s == pytest.approx(4000 / 3.0, abs=15)


def test_a_downhill_start_is_one_descent(facts_of) -> None:  # type: ignore[no-untyped-def]
    (leg,) = facts_of("S05").altitude.legs
    assert (leg.start_m, leg.end_m) == pytest.approx((0, 1000), abs=40)
    assert leg.mean_grade == pytest.approx(-0.039, abs=0.001)


@pytest.mark.parametrize(
    ("length_km", "grade", "found"),
    [
        (0.2, 0.08, 1),  # 16 m
        (0.2, 0.035, 0),  # 7 m: too low
        (1.0, 0.025, 0),  # 25 m, but too flat
        (0.15, 0.12, 1),  # short and steep
    ],
)
def test_what_counts_as_a_climb(facts_of, length_km: float, grade: float, found: int) -> None:  # type: ignore[no-untyped-def]
    run = Run((km(3, 3.0), Stretch(2.5, length_m=length_km * 1000, grade=grade), km(3, 3.0)))
    assert len(facts_of(run).altitude.legs) == found


def test_a_dip_of_less_than_a_tenth_of_the_climb_does_not_split_it(facts_of) -> None:  # type: ignore[no-untyped-def]
    dip = (km(1, 2.0, grade=0.10), km(0.1, 3.0, grade=-0.06), km(1, 2.0, grade=0.10))
    assert len(facts_of(Run((km(2, 3.0), *dip, km(2, 3.0)))).altitude.legs) == 1


def test_legs_bear_the_time_on_the_clock(facts_of) -> None:  # type: ignore[no-untyped-def]
    paused = Run((km(4, 3.0), km(1, 2.2, grade=0.06), km(5, 3.0)), stops=((2000.0, 600.0),))
    (leg,) = facts_of(paused).altitude.legs
    assert leg.start_s == pytest.approx(600 + leg.start_m / 3.0, abs=2)


def test_gps_altitude_makes_no_climbs_of_a_flat_run(facts_of) -> None:  # type: ignore[no-untyped-def]
    assert facts_of("S17").altitude.legs == ()
    assert np.abs(facts_of("S17").grid.grade).max() < 0.06
