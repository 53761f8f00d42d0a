"""Means over a stretch of the run, by distance: what the pacing rules compare, and what a proof recomputes.

Every mean is over time (the grid has one row a second) and takes only rows that are moving and not bad.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parsers.activity import Column
from service.analysis.facts import Facts, Mask

WALKING_BELOW_MPS = 2.0
STEEP_GRADE = 0.10
SPLIT_M = 200.0


class GapSpeed(NamedTuple):
    """Grade-adjusted speed in m/s after both cost models; NaN where the stretch has no usable row."""

    minetti: float
    heart: float


class GapSpeeds(NamedTuple):
    """Grade-adjusted speeds of many stretches: first metre, then a value a stretch and model (NaN: no usable row)."""

    start_m: Column
    minetti: Column
    heart: Column


def rows(facts: Facts, start_m: float, end_m: float) -> slice:
    """The grid rows from `start_m` up to, not including, `end_m`; a window that reaches the end has the last row."""
    distance_m = facts.grid.distance_m
    first = int(np.searchsorted(distance_m, start_m, side="left"))
    last = len(distance_m) if end_m >= facts.distance_m else int(np.searchsorted(distance_m, end_m, side="left"))
    return slice(first, max(first, last))


def usable(facts: Facts, window: slice) -> Mask:
    """Which rows of `window` may enter a mean: moving and not bad."""
    grid = facts.grid
    return grid.moving[window] & ~grid.bad[window]


def mean_gap(facts: Facts, start_m: float, end_m: float) -> GapSpeed:
    """Mean grade-adjusted speed of [start_m, end_m) over time, after both models; NaN without a usable row."""
    window = rows(facts, start_m, end_m)
    good = usable(facts, window)
    return GapSpeed(_mean(facts.grid.gap_minetti_mps[window][good]), _mean(facts.grid.gap_heart_mps[window][good]))


def mean_heart_rate(facts: Facts, start_m: float, end_m: float) -> float | None:
    """Mean heart rate of [start_m, end_m) while moving, in bpm; None where it is unusable or missing there."""
    column = facts.grid.heart_rate_bpm
    if column is None or not facts.heart.usable:
        return None
    return _mean_while_moving(facts, column, rows(facts, start_m, end_m))


def mean_cadence(facts: Facts, start_m: float, end_m: float) -> float | None:
    """Mean cadence of [start_m, end_m) while moving, in steps or turns a minute; None where none was recorded there."""
    column = facts.grid.cadence_spm
    return None if column is None else _mean_while_moving(facts, column, rows(facts, start_m, end_m))


def _mean_while_moving(facts: Facts, column: Column, window: slice) -> float | None:
    here = column[window][facts.grid.moving[window]]
    here = here[np.isfinite(here)]
    return float(here.mean()) if len(here) else None


def bad_share(facts: Facts, start_m: float, end_m: float) -> float:
    """Share (0 to 1) of the rows of [start_m, end_m) that are bad; 1 where the window has no row at all."""
    here = facts.grid.bad[rows(facts, start_m, end_m)]
    return float(here.mean()) if len(here) else 1.0


def hiking_share(facts: Facts, start_m: float, end_m: float) -> float:
    """Share of the moving time in [start_m, end_m) slower than 2 m/s; 0 without moving rows."""
    window = rows(facts, start_m, end_m)
    here = facts.grid.speed_mps[window][usable(facts, window)]
    return float((here < WALKING_BELOW_MPS).mean()) if len(here) else 0.0


def steep_share(facts: Facts, start_m: float, end_m: float) -> float:
    """Share of the moving time in [start_m, end_m) on grades beyond ±10 %; 0 without altitude."""
    grade = facts.grid.grade
    window = rows(facts, start_m, end_m)
    good = usable(facts, window)
    if grade is None or not good.any():
        return 0.0
    return float((np.abs(grade[window][good]) > STEEP_GRADE).mean())


def moving_seconds(facts: Facts, start_m: float, end_m: float) -> float:
    """Seconds of moving time in [start_m, end_m)."""
    return float(np.count_nonzero(facts.grid.moving[rows(facts, start_m, end_m)]))


def elapsed_at(facts: Facts, distance_m: float) -> float:
    """Elapsed seconds (pauses included) at which `distance_m` was first reached; the end where it never was."""
    grid = facts.grid
    row = int(np.searchsorted(grid.distance_m, distance_m, side="left"))
    if row == 0 or row >= len(grid):
        return float(grid.clock_s[min(row, len(grid) - 1)])
    before, after = grid.distance_m[row - 1], grid.distance_m[row]
    share = (distance_m - before) / (after - before)
    return float(grid.clock_s[row - 1] + share * (grid.clock_s[row] - grid.clock_s[row - 1]))


def distance_at(facts: Facts, elapsed_s: float) -> float:
    """Metres covered after `elapsed_s` seconds since the start (pauses included), held at the ends."""
    return float(np.interp(elapsed_s, facts.grid.clock_s, facts.grid.distance_m))


def at_times(facts: Facts, column: Column, time_s: Column) -> Column:
    """A grid column read at the given elapsed seconds: how grade and gap get onto the rows of the file's streams."""
    return np.interp(time_s, facts.grid.clock_s, column)


def split_gaps(facts: Facts, start_m: float, end_m: float, *, length_m: float = SPLIT_M) -> GapSpeeds:
    """Grade-adjusted speeds of each split of `length_m` in [start_m, end_m); those without a usable row left out."""
    starts = np.arange(start_m, end_m - length_m + 1e-6, length_m)
    found = _gaps_from(facts, starts, length_m)
    there = np.isfinite(found.heart)
    return GapSpeeds(found.start_m[there], found.minetti[there], found.heart[there])


def sliding_gaps(facts: Facts, start_m: float, end_m: float, *, length_m: float, step_m: float = 100.0) -> GapSpeeds:
    """Grade-adjusted speed of every window of `length_m` that starts each `step_m` in [start_m, end_m - length_m].

    A window of which more than a tenth of the rows is bad, or that has no usable row, is NaN.
    """
    starts = np.arange(start_m, end_m - length_m + 1e-6, step_m)
    return _gaps_from(facts, starts, length_m, bad_at_most=0.1)


def _gaps_from(facts: Facts, starts: Column, length_m: float, *, bad_at_most: float = 1.0) -> GapSpeeds:
    grid = facts.grid
    good = grid.moving & ~grid.bad
    first = np.searchsorted(grid.distance_m, starts, side="left")
    last = np.searchsorted(grid.distance_m, starts + length_m, side="left")
    last[starts + length_m >= facts.distance_m] = len(grid)

    def total(column: Column | Mask) -> Column:
        sums = np.concatenate(([0.0], np.cumsum(column, dtype=np.float64)))
        return np.asarray(sums[last] - sums[first])

    count = total(good)
    few = (count < 1) | (total(grid.bad) > bad_at_most * (last - first))
    count[few] = np.nan
    minetti = total(np.where(good, grid.gap_minetti_mps, 0.0)) / count
    heart = total(np.where(good, grid.gap_heart_mps, 0.0)) / count
    return GapSpeeds(starts, minetti, heart)


def _mean(values: Column) -> float:
    return float(values.mean()) if len(values) else float("nan")
