"""Climbs and descents: whole legs of the profile, trimmed of flat ends, if they are high, long and steep enough."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from parsers.activity import Column
from service.analysis.altitude import STEP_M, Profile, turns
from service.analysis.facts import Leg

TOLERANCE_M = {"barometric": 3.0, "gps": 10.0, "unknown": 10.0}
TOLERANCE_OF_LEG = 0.10
LEAST_GAIN_M = {"barometric": 10.0, "gps": 20.0, "unknown": 20.0}
LEAST_LENGTH_M = 100.0
LEAST_GRADE = 0.03
FLAT_GRADE = 0.02
"""A piece of a leg flatter than this costs more than it brings to the sum that trimming maximises."""


def legs(profile: Profile, *, distance_m: Column, clock_s: Column) -> tuple[Leg, ...]:
    """The climbs and descents in order of distance; the grid's `distance_m` and `clock_s` put times to metres."""
    turning = turns(profile.altitude_m, reversal_m=TOLERANCE_M[profile.kind], leg_share=TOLERANCE_OF_LEG)
    out = []
    for (first, _), (last, _) in pairwise(turning):
        start, end = steepest_part(profile.altitude_m, first, last)
        if _counts(profile, start, end):
            out.append(_leg(profile.altitude_m, start, end, distance_m=distance_m, clock_s=clock_s))
    return tuple(out)


def steepest_part(altitude_m: Column, first: int, last: int) -> tuple[int, int]:
    """The part of a leg (first and last index) that maximises Σ(±Δz - 0.02·Δx): a leg without its flat ends.

    >>> steepest_part(np.array([0.0, 0.1, 0.0, 1.0, 2.0, 3.0, 3.1, 3.0]), 0, 7)
    (2, 5)
    """
    heights = altitude_m[first : last + 1]
    upward = heights[-1] >= heights[0]
    gain = np.diff(heights) * (1.0 if upward else -1.0) - FLAT_GRADE * STEP_M
    sums = np.concatenate(([0.0], np.cumsum(gain)))
    end = int(np.argmax(sums - np.minimum.accumulate(sums)))
    start = end - int(np.argmin(sums[: end + 1][::-1]))
    return first + start, first + end


def _counts(profile: Profile, start: int, end: int) -> bool:
    length_m = (end - start) * STEP_M
    gain_m = abs(float(profile.altitude_m[end] - profile.altitude_m[start]))
    high = gain_m >= LEAST_GAIN_M[profile.kind]
    return high and length_m >= LEAST_LENGTH_M and gain_m >= LEAST_GRADE * length_m


def _leg(altitude_m: Column, start: int, end: int, *, distance_m: Column, clock_s: Column) -> Leg:
    start_m, end_m = start * STEP_M, end * STEP_M
    heights = altitude_m[start : end + 1]
    gain_m = float(heights[-1] - heights[0])
    tenth = min(int(LEAST_LENGTH_M / STEP_M), end - start)
    hundreds = (heights[tenth:] - heights[:-tenth]) / (tenth * STEP_M)
    first, last = np.searchsorted(distance_m, [start_m, end_m], side="left")
    return Leg(
        start_m=start_m,
        end_m=end_m,
        start_s=float(clock_s[min(first, len(clock_s) - 1)]),
        end_s=float(clock_s[min(last, len(clock_s) - 1)]),
        gain_m=gain_m,
        mean_grade=gain_m / (end_m - start_m),
        max_100m_grade=float(hundreds.max() if gain_m > 0 else hundreds.min()),
    )
