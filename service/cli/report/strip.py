"""The strip chart: height and pace along the run in block characters, with the windows of the warnings under them.

Works on the API's streams document (columns of numbers and nulls) and draws nothing that the columns do not tell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from service import figures
from service.cli.report.look import Look

Numbers = Sequence[float | None]
Bins = list[float | None]

GUTTER = 11
LEAST_RISE_M = 20.0
LEAST_PACE_SPREAD = 0.12
WALKING_PACE_MPS = 0.5
MOST_WINDOW_ROWS = 9
WHOLE_RUN = 0.95
FLAT_M = 5.0


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the run that a warning or a question speaks of; `label` is the number it has in the list."""

    label: str
    start_m: float
    end_m: float


def strip_chart(streams: Mapping[str, Any], windows: Sequence[Window], look: Look, *, foot: bool = True) -> list[Text]:
    """The lines of the chart; none where there is no distance to draw along, or neither height nor speed."""
    channels = streams["channels"]
    distance = channels.get("distance_m")
    end_m = max((value for value in distance or () if value is not None), default=0.0)
    if end_m <= 0:
        return []
    cells = look.width - GUTTER - 1
    heights = _binned(distance, channels.get("altitude_m") or (), cells, end_m=end_m)
    speeds = _binned(distance, _moving(channels.get("speed_mps") or ()), cells, end_m=end_m)
    charts = [*_height_rows(heights, look), *_pace_rows(speeds, look, foot=foot)]
    if not charts:
        return []
    lines = [*charts, *_axis(cells, end_m, look), *_window_rows(windows, cells, end_m, look)]
    return [look.text(line) for line in lines]


def _moving(speeds: Numbers) -> list[float | None]:
    return [speed if speed is not None and speed >= WALKING_PACE_MPS else None for speed in speeds]


def _binned(places: Numbers, values: Numbers, cells: int, *, end_m: float) -> Bins:
    """The mean of the values in each of `cells` equal stretches; short gaps between samples are bridged."""
    sums, counts = [0.0] * cells, [0] * cells
    for place, value in zip(places, values, strict=False):
        if place is not None and value is not None:
            at = min(cells - 1, int(place / end_m * cells))
            sums[at] += value
            counts[at] += 1
    return _bridged([total / count if count else None for total, count in zip(sums, counts, strict=True)])


def _bridged(bins: Bins, *, longest: int = 3) -> Bins:
    """The same bins with runs of at most `longest` empty ones filled from the left: smart recording skips cells."""
    filled, empty = list(bins), 0
    for at, value in enumerate(bins):
        if value is not None:
            if 0 < empty <= longest and at > empty:
                filled[at - empty : at] = [bins[at - empty - 1]] * empty
            empty = 0
        else:
            empty += 1
    return filled


def _height_rows(bins: Bins, look: Look) -> Iterator[str]:
    """From the lowest to the highest cell: single samples may be wild."""
    known = [value for value in bins if value is not None]
    if not known:
        return
    low, high = min(known), max(known)
    spare = max(0.0, LEAST_RISE_M - (high - low))
    labels = [figures.height(high, look.units), "height", figures.height(low, look.units)]
    if high - low < FLAT_M:
        labels = ["height", figures.height(low, look.units)]
    yield from _area(bins, look, low=low, high=high + spare, labels=labels)


def _pace_rows(bins: Bins, look: Look, *, foot: bool) -> Iterator[str]:
    known = sorted(value for value in bins if value is not None)
    if not known:
        return
    low, high = known[len(known) // 20], known[-1 - len(known) // 20]
    middle = (low + high) / 2
    spread = max(high - low, LEAST_PACE_SPREAD * middle)
    low, high = middle - spread / 2, middle + spread / 2
    name = figures.pace_of_speed if foot else figures.speed
    labels = [name(high, look.units), "pace" if foot else "speed", name(low, look.units)]
    yield from _area(bins, look, low=low - spread / 4, high=high, labels=labels)


def _area(bins: Bins, look: Look, *, low: float, high: float, labels: Sequence[str | None]) -> Iterator[str]:
    """A filled chart, a line a label, the highest first; a missing value leaves its column empty."""
    rows = len(labels)
    eighths = [_eighths(value, low, high, rows) for value in bins]
    for row, label in zip(range(rows - 1, -1, -1), labels, strict=True):
        cells = "".join(look.steps[min(8, max(0, filled - 8 * row))] for filled in eighths)
        yield f"{label or '':>{GUTTER - 1}} {cells}".rstrip()


def _eighths(value: float | None, low: float, high: float, rows: int) -> int:
    if value is None:
        return 0
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return 1 + math.floor(share * (8 * rows - 1) + 0.5)


def tick_step(total: float, cells: int, *, room: int = 8) -> float:
    """The round step (1, 2 or 5 times a power of ten) at which ticks of `room` characters do not collide.

    >>> tick_step(10.0, 68), tick_step(42.2, 68), tick_step(3.0, 68)
    (2.0, 5.0, 0.5)
    """
    least = total * room / max(cells, 1)
    power = 10.0 ** math.floor(math.log10(least)) if least > 0 else 1.0
    return next((factor * power for factor in (1.0, 2.0, 5.0) if factor * power >= least), 10.0 * power)


def ruler(total: float, cells: int, *, room: int = 8) -> str:
    """A line of round numbers, each beginning at its place; `total` is the value at the right end.

    >>> ruler(10.0, 22)
    '0          5        10'
    """
    step = tick_step(total, cells, room=room)
    line = [" "] * (cells + room)
    for tick in range(int(total / step + 1e-9) + 1):
        words = f"{tick * step:g}"
        at = min(int(tick * step / total * cells), cells - 1)
        at = max(0, at - len(words) + 1) if at + len(words) > cells else at
        line[at : at + len(words)] = words
    return "".join(line).rstrip()


def _axis(cells: int, end_m: float, look: Look) -> Iterator[str]:
    yield f"{figures.long_unit(look.units):>{GUTTER - 1}} {ruler(figures.in_long_units(end_m, look.units), cells)}"


def _window_rows(windows: Iterable[Window], cells: int, end_m: float, look: Look) -> Iterator[str]:
    """Each window as its number and a line, packed so that no two touch; what spans the whole run marks no place."""
    rows: list[list[str]] = []
    for window in (one for one in windows if one.end_m - one.start_m < WHOLE_RUN * end_m):
        start = max(0, min(cells - 1, int(window.start_m / end_m * cells)))
        end = max(start + len(window.label), min(cells, math.ceil(window.end_m / end_m * cells)))
        row = _free_row(rows, cells, start, end)
        row[start:end] = window.label + look.line * (end - start - len(window.label))
    for at, row in enumerate(rows[:MOST_WINDOW_ROWS]):
        yield f"{'warnings' if at == 0 else '':>{GUTTER - 1}} {''.join(row)}".rstrip()


def _free_row(rows: list[list[str]], cells: int, start: int, end: int) -> list[str]:
    """The first row with room from `start` to `end` and a blank on either side; a new one where there is none."""
    for row in rows:
        if all(mark == " " for mark in row[max(0, start - 1) : end + 1]):
            return row
    rows.append([" "] * (cells + 4))
    return rows[-1]
