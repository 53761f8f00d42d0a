"""The cost of a grade, against the reference table of the specification."""

from __future__ import annotations

import numpy as np
import pytest

from service.analysis.cost import heart_factor, impossible, minetti_cost, minetti_factor

TABLE = [
    (-45, 4.0323, 1.1201, 1.75),
    (-40, 3.6097, 1.0027, 1.75),
    (-35, 3.0309, 0.8419, 1.75),
    (-30, 2.4622, 0.6840, 1.57),
    (-25, 2.0248, 0.5624, 1.34),
    (-20, 1.8000, 0.5000, 1.12),
    (-18, 1.7814, 0.4948, 1.04),
    (-15, 1.8357, 0.5099, 0.95),
    (-12, 1.9914, 0.5532, 0.90),
    (-10, 2.1517, 0.5977, 0.88),
    (-8, 2.3567, 0.6546, 0.88),
    (-5, 2.7459, 0.7628, 0.90),
    (-4, 2.8968, 0.8047, 0.92),
    (-3, 3.0578, 0.8494, 0.935),
    (-2, 3.2289, 0.8969, 0.95),
    (-1, 3.4097, 0.9471, 0.975),
    (0, 3.6000, 1.0000, 1.00),
    (1, 3.7996, 1.0554, 1.035),
    (2, 4.0082, 1.1134, 1.07),
    (3, 4.2255, 1.1737, 1.115),
    (4, 4.4512, 1.2365, 1.16),
    (5, 4.6852, 1.3014, 1.21),
    (6, 4.9271, 1.3686, 1.26),
    (8, 5.4334, 1.5093, 1.38),
    (10, 5.9682, 1.6578, 1.51),
    (12, 6.5295, 1.8137, 1.66),
    (15, 7.4170, 2.0603, 1.90),
    (18, 8.3550, 2.3208, 2.17),
    (20, 9.0067, 2.5019, 2.35),
    (25, 10.7252, 2.9792, 2.85),
    (30, 12.5793, 3.4942, 3.35),
    (35, 14.6003, 4.0556, 3.80),
    (40, 16.8499, 4.6805, 3.80),
    (45, 19.4260, 5.3961, 3.80),
]
PACES_OF_5_MIN_PER_KM = [
    (5, "3:50.5", "4:07.9"),
    (-5, "6:33.3", "5:33.3"),
    (10, "3:01.0", "3:18.7"),
    (-10, "8:21.9", "5:40.9"),
]


@pytest.mark.parametrize(("percent", "cost", "minetti", "heart"), TABLE)
def test_both_models_give_the_reference_table(percent: float, cost: float, minetti: float, heart: float) -> None:
    grade = np.array([percent / 100.0])
    assert minetti_cost(grade)[0] == pytest.approx(cost, abs=6e-5)
    assert minetti_factor(grade)[0] == pytest.approx(minetti, abs=6e-5)
    # +18 % lies between two anchors of the curve; the table prints it rounded.
    assert heart_factor(grade)[0] == pytest.approx(heart, abs=5.1e-3)


@pytest.mark.parametrize(("percent", "minetti", "heart"), PACES_OF_5_MIN_PER_KM)
def test_five_minutes_a_kilometre_is_another_pace_on_a_hill(percent: float, minetti: str, heart: str) -> None:
    grade = np.array([percent / 100.0])
    assert _pace(300.0 / minetti_factor(grade)[0]) == minetti
    assert _pace(300.0 / heart_factor(grade)[0]) == heart


def test_beyond_45_percent_the_cost_is_held() -> None:
    steep = np.array([-2.0, 2.0])
    assert minetti_cost(steep).tolist() == minetti_cost(np.array([-0.45, 0.45])).tolist()
    assert heart_factor(steep).tolist() == [1.75, 3.80]


@pytest.mark.parametrize(
    ("speed", "grade", "wrong"),
    [
        (0.6, 0.45, False),  # a vertical kilometre in record time
        (1.4, 0.15, False),  # a steep hike
        (6.0, -0.3, False),  # a falling descent
        (9.0, 0.0, False),  # a sprint on the flat
        (9.0, 0.02, False),  # a sprint on a ramp: the speed itself is beyond what the adjusted one may be
        (4.6, 0.45, True),  # the altitude climbs 2 m a second
        (4.6, 0.20, True),  # as if at 10.8 m/s on the flat
    ],
)
def test_a_climb_that_nobody_climbs_is_an_altitude_that_is_wrong(speed: float, grade: float, *, wrong: bool) -> None:
    assert bool(impossible(np.array([speed]), np.array([grade]))[0]) is wrong


def test_the_cheapest_grade_is_near_minus_18_percent_for_energy_and_minus_9_for_the_heart() -> None:
    grades = np.arange(-0.45, 0.45, 0.001)
    assert grades[np.argmin(minetti_cost(grades))] == pytest.approx(-0.181, abs=0.002)
    assert -0.101 <= grades[np.argmin(heart_factor(grades))] <= -0.079


def _pace(seconds: float) -> str:
    tenths = int(seconds * 10 + 0.5)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"
