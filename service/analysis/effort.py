"""The main effort between easy blocks.

A tempo run or a short race stands between a warm-up and a cool-down; pacing is judged between them. A slow end alone is
what a fade looks like, and stays in.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Activity, Column
from service.analysis.facts import Effort, Grid
from service.analysis.structured import smooth

SMOOTH_S = 60
SHORTEST_SHARE, LONGEST_SHARE = 0.05, 0.40
EASY_RATIO = 0.87
BORDER_WITHIN_S = 15.0
STOP_AT_LEAST_S = 20.0
COARSE = 80


class _Series(NamedTuple):
    """Usable rows: distance, unpaused second, and the running sum of the smoothed speed (0 first)."""

    distance_m: Column
    second: NDArray[np.intp]
    sums: Column

    def mean(self, first: int, after: int) -> float:
        return float(self.sums[after] - self.sums[first]) / (after - first)


def main_effort(activity: Activity, grid: Grid, *, distance_m: float) -> Effort:
    """The main effort of the run by distance; the whole run where nothing is to be trimmed.

    Two borders are set so that three levels of the 60 s mean of the grade-adjusted speed (heart-rate model) fit best.
    If the first and the last part (5 to 40 % of the distance each) are at most 0.87 × the middle, both are trimmed.
    Else one is, if it is that much easier than the rest and the border lies within 15 s of a lap press or of a timer
    stop of 20 s and more; a stop that the watch made by itself does not count, as it may be the cramp.
    """
    series = _series(grid)
    whole = Effort(0.0, distance_m)
    count = len(series.distance_m)
    if count < 2 * SMOOTH_S or distance_m <= 0:
        return whole
    starts = _between(series, SHORTEST_SHARE * distance_m, LONGEST_SHARE * distance_m)
    ends = _between(series, (1 - LONGEST_SHARE) * distance_m, (1 - SHORTEST_SHARE) * distance_m)
    if not len(starts) or not len(ends):
        return whole
    first, last = _three_levels(series, starts, ends)
    middle = series.mean(first, last)
    presses = _presses(activity, grid)
    if series.mean(0, first) <= EASY_RATIO * middle and series.mean(last, count) <= EASY_RATIO * middle:
        start_m, end_m = (_snapped(series, row, presses, grid) for row in (first, last))
        return Effort(start_m, end_m, (0.0, start_m), (end_m, distance_m))
    return _one_side(series, starts, ends, presses=presses, grid=grid, whole=whole)


def _series(grid: Grid) -> _Series:
    row = np.flatnonzero(grid.moving & ~grid.bad)
    speed = smooth(grid.gap_heart_mps[row], SMOOTH_S)
    return _Series(grid.distance_m[row], row, np.concatenate(([0.0], np.cumsum(speed))))


def _between(series: _Series, start_m: float, end_m: float) -> NDArray[np.intp]:
    """The usable rows with a distance in [start_m, end_m], the first row of all left out."""
    first, after = np.searchsorted(series.distance_m, [start_m, end_m])
    return np.arange(max(1, int(first)), int(after), dtype=np.intp)


def _fit(series: _Series, first: NDArray[np.intp], last: NDArray[np.intp], count: int) -> Column:
    """How well three levels [0, first), [first, last), [last, count) explain the series; larger is better."""
    sums, total = series.sums, series.sums[count]
    before = np.where(first > 0, sums[first] ** 2 / np.maximum(first, 1), 0.0)
    middle = (sums[last] - sums[first]) ** 2 / np.maximum(last - first, 1)
    after = np.where(last < count, (total - sums[last]) ** 2 / np.maximum(count - last, 1), 0.0)
    fit: Column = before + middle + after
    return fit


def _three_levels(series: _Series, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> tuple[int, int]:
    """The rows of the two best borders: on a coarse net first, then each in turn to the row."""
    count = len(series.distance_m)
    some_starts, some_ends = (rows[:: max(1, len(rows) // COARSE)] for rows in (starts, ends))
    fits = _fit(series, some_starts[:, None], some_ends[None, :], count)
    where = np.unravel_index(int(np.argmax(fits)), fits.shape)
    first, last = int(some_starts[where[0]]), int(some_ends[where[1]])
    for _ in range(2):
        first = int(starts[np.argmax(_fit(series, starts, np.array([last]), count))])
        last = int(ends[np.argmax(_fit(series, np.array([first]), ends, count))])
    return first, last


def _one_side(
    series: _Series, starts: NDArray[np.intp], ends: NDArray[np.intp], *, presses: Column, grid: Grid, whole: Effort
) -> Effort:
    count = len(series.distance_m)
    none, all_rows = np.zeros(1, dtype=np.intp), np.array([count])
    first = int(starts[np.argmax(_fit(series, starts, all_rows, count))])
    if series.mean(0, first) <= EASY_RATIO * series.mean(first, count) and _pressed(series, first, presses):
        start_m = _snapped(series, first, presses, grid)
        return Effort(start_m, whole.end_m, (0.0, start_m))
    last = int(ends[np.argmax(_fit(series, none, ends, count))])
    if series.mean(last, count) <= EASY_RATIO * series.mean(0, last) and _pressed(series, last, presses):
        end_m = _snapped(series, last, presses, grid)
        return Effort(0.0, end_m, None, (end_m, whole.end_m))
    return whole


def _presses(activity: Activity, grid: Grid) -> Column:
    """Unpaused seconds of every lap press and every stop of the timer by hand of 20 s and more."""
    laps = [lap.end_s for lap in activity.laps if lap.trigger == "manual"]
    stops = [
        pause.start_s
        for pause in activity.pauses
        if pause.cause != "auto" and pause.end_s - pause.start_s >= STOP_AT_LEAST_S
    ]
    return np.searchsorted(grid.clock_s, np.array([*laps, *stops])).astype(np.float64)


def _pressed(series: _Series, row: int, presses: Column) -> bool:
    return bool(len(presses)) and float(np.abs(presses - series.second[row]).min()) <= BORDER_WITHIN_S


def _snapped(series: _Series, row: int, presses: Column, grid: Grid) -> float:
    """The distance of a border, at the press beside it if there is one."""
    second = int(series.second[row])
    if _pressed(series, row, presses):
        second = int(presses[np.argmin(np.abs(presses - second))])
    return float(grid.distance_m[min(second, len(grid) - 1)])
