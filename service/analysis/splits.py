"""The run in even pieces (kilometres, miles), and the fastest stretches in it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from parsers.activity import Column
from service.analysis import windows
from service.analysis.altitude import STEP_M, Turn
from service.analysis.facts import Facts, Grid

KILOMETRE_M, MILE_M = 1000.0, 1609.344
EFFORTS_M = (1000.0, 3000.0, 5000.0, 10_000.0, 15_000.0, 21_097.5, 30_000.0, 42_195.0)
"""The distances of which the fastest stretch is kept for later runs to be compared with."""
SHORTEST_REST_M = 1.0
MOST_STARTS = 6000
"""Of a longer run only every second, third, … row is tried as the start of a best effort: the time differs by less than
a second, and a day-long run costs no more than two hours of running."""


@dataclass(frozen=True, slots=True)
class Split:
    """One piece of the run; times in seconds, `gap_mps` by the heart-rate model (None where nothing usable moved)."""

    start_m: float
    end_m: float
    start_s: float
    end_s: float
    moving_s: float
    gap_mps: float | None
    ascent_m: float | None
    descent_m: float | None
    heart_rate_avg_bpm: float | None
    cadence_avg_spm: float | None

    @property
    def distance_m(self) -> float:
        """Its length."""
        return self.end_m - self.start_m


def splits(facts: Facts, length_m: float) -> tuple[Split, ...]:
    """The run in pieces of `length_m`, the last one shorter; a rest of under a metre is left out.

    Ascent and descent of the pieces add up to those of the run.
    """
    whole = int((facts.distance_m + SHORTEST_REST_M / 2) // length_m)
    borders = [number * length_m for number in range(whole + 1)]
    if facts.distance_m - borders[-1] > SHORTEST_REST_M:
        borders.append(facts.distance_m)
    return tuple(part(facts, start_m, end_m) for start_m, end_m in pairwise(borders))


def part(facts: Facts, start_m: float, end_m: float) -> Split:
    """The piece [start_m, end_m) of the run: a split, a lap, a climb."""
    gap_mps = windows.mean_gap(facts, start_m, end_m).heart
    climbed = (
        None
        if facts.altitude is None
        else climbed_between(facts.altitude.profile_m, facts.altitude.turns, start_m, end_m)
    )
    return Split(
        start_m=start_m,
        end_m=end_m,
        start_s=windows.elapsed_at(facts, start_m),
        end_s=windows.elapsed_at(facts, end_m),
        moving_s=windows.moving_seconds(facts, start_m, end_m),
        gap_mps=gap_mps if np.isfinite(gap_mps) else None,
        ascent_m=None if climbed is None else climbed[0],
        descent_m=None if climbed is None else climbed[1],
        heart_rate_avg_bpm=windows.mean_heart_rate(facts, start_m, end_m),
        cadence_avg_spm=windows.mean_cadence(facts, start_m, end_m),
    )


def climbed_between(profile_m: Column, turns: tuple[Turn, ...], start_m: float, end_m: float) -> tuple[float, float]:
    """Ascent and descent in metres within [start_m, end_m]: the share of each whole leg that lies there."""
    ascent_m = descent_m = 0.0
    for (first, _), (last, _) in pairwise(turns):
        inner = np.clip([start_m, end_m], first * STEP_M, last * STEP_M) / STEP_M
        low, high = np.interp(inner, np.arange(first, last + 1), profile_m[first : last + 1])
        ascent_m += max(0.0, float(high - low)) if profile_m[last] > profile_m[first] else 0.0
        descent_m += max(0.0, float(low - high)) if profile_m[last] < profile_m[first] else 0.0
    return ascent_m, descent_m


def best_efforts(grid: Grid) -> tuple[tuple[float, float], ...]:
    """(distance_m, time_s) of the fastest stretch of each distance of EFFORTS_M that the run reaches, rounded to 0.1 s.

    Distance is grade-adjusted (heart-rate model); time is on the clock, so that a rest between two repeats counts. A
    stretch in which anything is bad is not looked at.
    """
    metres = np.concatenate(([0.0], np.cumsum((grid.gap_heart_mps[1:] + grid.gap_heart_mps[:-1]) / 2)))
    bad_before = np.concatenate(([0], np.cumsum(grid.bad)))
    stride = max(1, len(grid) // MOST_STARTS)
    out = []
    for wanted_m in EFFORTS_M:
        if wanted_m > metres[-1]:
            break
        starts = np.arange(0, int(np.searchsorted(metres, metres[-1] - wanted_m, side="right")), stride)
        ends = np.searchsorted(metres, metres[starts] + wanted_m)
        ends = np.minimum(ends, len(grid) - 1)
        sound = bad_before[ends + 1] == bad_before[starts]
        taken_s = grid.clock_s[ends] - grid.clock_s[starts]
        over_m = metres[ends] - metres[starts]
        if sound.any():
            out.append((wanted_m, round(float((taken_s * wanted_m / over_m)[sound].min()), 1)))
    return tuple(out)
