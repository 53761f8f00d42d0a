"""What a grade costs a runner: two models, as factors of the flat. Speed × factor is the grade-adjusted speed.

The two differ hugely downhill (0.60 against 0.88 at -10 %), and neither is the truth of one runner: flags take the
smaller of both excesses, people are shown the heart-rate one, energy is reckoned with Minetti's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Column

GRADE_LIMIT = 0.45
"""Minetti's subjects ran between -45 % and +45 %; nothing is known beyond, so a grade is held there."""

LEVEL_COST_J_PER_KG_M = 3.6
"""The constant of the fit itself (the paper measured 3.40 ± 0.24 on the level), so that the flat has the factor 1."""

HEART_ANCHORS: tuple[tuple[float, float], ...] = (
    (-0.35, 1.75),
    (-0.30, 1.57),
    (-0.25, 1.34),
    (-0.20, 1.12),
    (-0.18, 1.04),
    (-0.15, 0.95),
    (-0.12, 0.90),
    (-0.10, 0.88),
    (-0.09, 0.88),
    (-0.08, 0.88),
    (-0.06, 0.89),
    (-0.05, 0.90),
    (-0.04, 0.92),
    (-0.02, 0.95),
    (0.00, 1.00),
    (0.02, 1.07),
    (0.04, 1.16),
    (0.05, 1.21),
    (0.06, 1.26),
    (0.08, 1.38),
    (0.10, 1.51),
    (0.12, 1.66),
    (0.15, 1.90),
    (0.20, 2.35),
    (0.25, 2.85),
    (0.30, 3.35),
    (0.35, 3.80),
)
"""(grade, factor) of equal heart rate, rounded from a public third-party fit, good to ±0.03. Held outside."""

_ANCHOR_GRADES = np.array([grade for grade, _ in HEART_ANCHORS])
_ANCHOR_FACTORS = np.array([factor for _, factor in HEART_ANCHORS])


CLIMB_LIMIT_MPS = 1.2
"""Nobody climbs faster: a vertical kilometre in record time is 0.6 m/s, stairs for half a minute 1.0; chosen by us."""
ADJUSTED_LIMIT_MPS = 8.0
"""Nobody runs uphill at the effort of more than this on the flat; chosen by us, faster than any record over 800 m."""


def impossible(speed_mps: Column, grade: Column) -> NDArray[np.bool_]:
    """Where speed and grade cannot both be true, because nobody climbs so fast: the altitude is wrong there."""
    uphill = grade > 0
    too_fast = speed_mps * heart_factor(grade) > ADJUSTED_LIMIT_MPS
    return (speed_mps * grade > CLIMB_LIMIT_MPS) | (uphill & too_fast & (speed_mps <= ADJUSTED_LIMIT_MPS))


def minetti_cost(grade: Column) -> Column:
    """Energy cost of running in J per kg and metre on `grade` (rise over run), clamped to ±0.45.

    Source: Minetti et al. 2002, ten elite mountain runners on a treadmill; the polynomial as published.
    """
    i: Column = np.clip(grade, -GRADE_LIMIT, GRADE_LIMIT)
    cost: Column = LEVEL_COST_J_PER_KG_M + i * (19.5 + i * (46.3 + i * (-43.3 + i * (-30.4 + i * 155.4))))
    return cost


def minetti_factor(grade: Column) -> Column:
    """Energy cost on `grade` relative to the flat (1 at 0, 1.66 at +10 %, 0.60 at -10 %)."""
    factor: Column = minetti_cost(grade) / LEVEL_COST_J_PER_KG_M
    return factor


def heart_factor(grade: Column) -> Column:
    """Flat speed of equal heart rate relative to the speed on `grade` (1 at 0, 1.51 at +10 %, 0.88 at -10 %)."""
    return np.asarray(np.interp(grade, _ANCHOR_GRADES, _ANCHOR_FACTORS), dtype=np.float64)
