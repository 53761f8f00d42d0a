"""Raw samples -> the grid: one row for each second of unpaused time, with what is a pause, a gap or a jump told apart.

Unpaused time is the clock less every pause. A pause is what the timer says, and beside that a gap without samples in
which the distance stood still. A gap in which it moved on is a recording gap: its time and distance count, its rows are
bad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Activity, Column, Note, Pause
from service.analysis.facts import Mask

GAP_AT_LEAST_S = 15.0
GAP_IN_MEDIANS = 5.0
STANDING_BELOW_MPS = 0.3
"""A gap covered more slowly than this is a pause (docs/signals.md, cleaning)."""
LONGEST_GAP_S = 6 * 3600.0
"""A gap beyond this is a pause whatever the distance did: chosen by us, as no watch records nothing for so long."""
MOVING_FROM_MPS = 0.5
SMOOTH_S = 5.0
STALE_SHARE = 1.0 / 3.0
MOST_NOTES = 50
LONGEST_GRID_S = 7 * 86_400
"""Unpaused time beyond this is left out (note `too_long`), as a broken clock must not cost the memory of a real run.
The longest races take six days."""

Rows = NDArray[np.intp]


class Spans(NamedTuple):
    """Stretches of time [start_s, end_s), in order, not overlapping."""

    start_s: Column
    end_s: Column


@dataclass(frozen=True, slots=True)
class Clean:
    """The kept samples on unpaused time, and the grid's first columns; NaN is missing.

    `elapsed_s` runs from the stated start to the last sample, `paused_s` is what of it is a pause. What went unrecorded
    before the first sample is neither a row of the grid nor a pause.

    `sample_s` is the unpaused time of each kept sample (strictly increasing, 0 first), `kept` its row in the file,
    `sample_m` its distance. The grid columns have one row for each whole second of unpaused time; see facts.Grid.
    `notes` are `recording_gap` (elapsed start and length), `pauses_implausible` and `too_long`.
    """

    kept: Rows
    sample_s: Column
    sample_m: Column
    clock_s: Column
    distance_m: Column
    speed_mps: Column
    bad: Mask
    unpaused_s: float
    elapsed_s: float
    paused_s: float
    gap_s: float
    notes: tuple[Note, ...]


def clean(activity: Activity, *, speed_limit_mps: float) -> Clean:
    """The activity on the grid. Steps over `speed_limit_mps` are jumps: the distance stays, the rows are bad.

    The distance is the file's (device first, see parsers.tidy), else the integral of the speed; samples without one are
    filled in by time. Speed is the mean over 5 s around each row, reckoned from the distance, so that a jump or what
    the distance did in a pause does not enter it.
    """
    time_s = activity.streams.time_s
    if len(time_s) < 2:
        return _nothing(time_s)
    metres = _distance(activity)
    step_s = float(np.median(np.diff(time_s)))
    gap_s = max(GAP_AT_LEAST_S, GAP_IN_MEDIANS * step_s)
    pauses, notes = _pauses(time_s, metres, activity.pauses, step_s=step_s, gap_s=gap_s)
    unpaused = np.round(time_s - time_s[0] - paused_before(pauses, time_s), 3)
    kept = np.flatnonzero(_first_of_each(unpaused))
    if unpaused[kept[-1]] > LONGEST_GRID_S:
        kept = kept[unpaused[kept] <= LONGEST_GRID_S]
        notes = (*notes, Note("too_long", seconds=float(unpaused[-1])))
    sample_s, sample_m = unpaused[kept], metres[kept]
    unrecorded_s, paused_s = _lead(float(time_s[0]), activity.pauses)
    grid_s = np.arange(int(sample_s[-1]) + 1, dtype=np.float64)
    steps = _steps(sample_s, sample_m, time_s[kept], gap_s=gap_s, speed_limit_mps=speed_limit_mps)
    return Clean(
        kept=kept,
        sample_s=sample_s,
        sample_m=sample_m,
        clock_s=_clock(grid_s, pauses, origin_s=float(time_s[0])),
        distance_m=resample(grid_s, sample_s, sample_m),
        speed_mps=_speed(grid_s, sample_s, steps.speed_mps),
        bad=_bad(len(grid_s), sample_s, steps),
        unpaused_s=float(sample_s[-1]),
        elapsed_s=float(time_s[-1]),
        paused_s=paused_s + float(time_s[-1] - time_s[0]) - float(sample_s[-1]),
        gap_s=gap_s,
        notes=(*notes, *_lead_notes(unrecorded_s, gap_s), *_gap_notes(time_s[kept], steps.gap)),
    )


def channel(clean: Clean, column: Column | None) -> Column | None:
    """A stream of the file on the grid, by straight lines between its finite samples; None where it has none.

    NaN before its first and after its last value, and where two values are further apart than a gap.
    """
    if column is None:
        return None
    values = column[clean.kept]
    there = np.isfinite(values)
    if not there.any():
        return None
    at_s, values = (clean.sample_s, values) if there.all() else (clean.sample_s[there], values[there])
    grid_s = np.arange(len(clean.clock_s), dtype=np.float64)
    out = np.array(resample(grid_s, at_s, values))
    out[: int(np.ceil(at_s[0]))] = np.nan
    out[int(np.floor(at_s[-1])) + 1 :] = np.nan
    for i in np.flatnonzero(np.diff(at_s) > clean.gap_s):
        out[int(np.floor(at_s[i])) + 1 : int(np.ceil(at_s[i + 1]))] = np.nan
    return out


def resample(grid_s: Column, at_s: Column, values: Column) -> Column:
    """`values` at the grid's seconds by straight lines; as they are where they already stand on them."""
    if len(grid_s) == len(at_s) and np.array_equal(grid_s, at_s):
        return values
    return np.interp(grid_s, at_s, values)


def paused_before(pauses: Spans, time_s: Column) -> Column:
    """How much of the pauses lies before each moment, in seconds."""
    if not len(pauses.start_s):
        return np.zeros(len(time_s))
    knots = np.column_stack(pauses).ravel()
    lengths = np.column_stack((np.zeros(len(pauses.start_s)), pauses.end_s - pauses.start_s)).ravel()
    return np.interp(time_s, knots, np.cumsum(lengths))


def merged(spans: list[tuple[float, float]]) -> Spans:
    """The union of the spans, in order of time; empty and inverted ones fall away.

    >>> [column.tolist() for column in merged([(5, 9), (0, 2), (8, 12), (3, 3)])]
    [[0.0, 5.0], [2.0, 12.0]]
    """
    out: list[list[float]] = []
    for start_s, end_s in sorted(span for span in spans if span[1] > span[0]):
        if out and start_s <= out[-1][1]:
            out[-1][1] = max(out[-1][1], end_s)
        else:
            out.append([start_s, end_s])
    table = np.array(out, dtype=np.float64).reshape(-1, 2)
    return Spans(table[:, 0], table[:, 1])


class _Steps(NamedTuple):
    """The steps between kept samples: usable speed, and which are recording gaps or jumps."""

    speed_mps: Column
    gap: Mask
    jump: Mask


def _distance(activity: Activity) -> Column:
    """Cumulative metres at each sample, without NaN, never decreasing."""
    time_s, distance_m, speed_mps = (getattr(activity.streams, name) for name in ("time_s", "distance_m", "speed_mps"))
    if distance_m is None or not np.isfinite(distance_m).any():
        if speed_mps is None:
            return np.zeros(len(time_s))
        held = np.nan_to_num(speed_mps)
        lasting = np.minimum(np.diff(time_s), GAP_AT_LEAST_S)
        return np.concatenate(([0.0], np.cumsum((held[1:] + held[:-1]) / 2 * lasting)))
    there = np.isfinite(distance_m) & ~_stale(distance_m, speed_mps)
    filled = distance_m if there.all() else np.interp(time_s, time_s[there], distance_m[there])
    return np.maximum.accumulate(filled)


def _stale(distance_m: Column, speed_mps: Column | None) -> Mask:
    """Samples that only repeat an old distance, in a file of a device that writes it every few seconds or metres.

    Such a file shows when the distance stands in over a third of the samples in which the device's own speed moves.
    Only the samples at which it changes are then believed, with straight lines between them.
    """
    stale = np.zeros(len(distance_m), dtype=bool)
    if speed_mps is None:
        return stale
    with np.errstate(invalid="ignore"):
        moves = speed_mps >= MOVING_FROM_MPS
        stale[1:] = (np.diff(distance_m) == 0) & moves[1:] & moves[:-1]
    return stale if np.count_nonzero(stale) > STALE_SHARE * np.count_nonzero(moves) else np.zeros_like(stale)


def _pauses(
    time_s: Column, metres: Column, stated: tuple[Pause, ...], *, step_s: float, gap_s: float
) -> tuple[Spans, tuple[Note, ...]]:
    """Every pause: the stated ones where plausible, and the gaps in which the runner stood."""
    first_s, last_s = float(time_s[0]), float(time_s[-1])
    spans = [
        (max(first_s, pause.start_s + (step_s if pause.cause == "segment" else 0.0)), min(last_s, pause.end_s))
        for pause in stated
    ]
    timer = merged(spans)
    notes: tuple[Note, ...] = ()
    if _implausible(timer, time_s, metres):
        timer, spans, notes = merged([]), [], (Note("pauses_implausible", count=len(stated)),)
    left_s = np.diff(time_s) - np.diff(paused_before(timer, time_s))
    gaps = np.flatnonzero(left_s > gap_s)
    way_m = metres[gaps + 1] - metres[gaps]
    standing = gaps[(way_m < STANDING_BELOW_MPS * left_s[gaps]) | (left_s[gaps] > LONGEST_GAP_S)]
    if not len(standing):
        return timer, notes
    # One recording step of the gap is kept as running time: without the pause it would have been there as well.
    return merged([*spans, *((float(time_s[i]) + step_s, float(time_s[i + 1])) for i in standing)]), notes


def _lead(first_s: float, stated: tuple[Pause, ...]) -> tuple[float, float]:
    """Seconds from the stated start to the first sample: how many went unrecorded, and how many were paused."""
    before = merged([(max(0.0, pause.start_s), min(first_s, pause.end_s)) for pause in stated])
    paused_s = float((before.end_s - before.start_s).sum())
    return first_s - paused_s, paused_s


def _lead_notes(unrecorded_s: float, gap_s: float) -> tuple[Note, ...]:
    return (Note("recording_gap", start_s=0.0, seconds=unrecorded_s),) if unrecorded_s > gap_s else ()


def _implausible(pauses: Spans, time_s: Column, metres: Column) -> bool:
    """Whether most of the way was covered while the timer is said to have stood: swapped or lost timer events."""
    if not len(pauses.start_s):
        return False
    covered = np.interp(pauses.end_s, time_s, metres) - np.interp(pauses.start_s, time_s, metres)
    inside = paused_before(pauses, time_s)
    records_inside = np.count_nonzero((np.diff(inside) > 0) & (np.diff(inside) >= np.diff(time_s) - 1e-6))
    return bool(covered.sum() > 0.5 * (metres[-1] - metres[0]) and records_inside > len(time_s) / 2)


def _first_of_each(unpaused: Column) -> Mask:
    """The samples at which unpaused time has moved on: what was written during a pause falls away."""
    return np.diff(unpaused, prepend=-1.0) > 0


def _steps(sample_s: Column, sample_m: Column, at_s: Column, *, gap_s: float, speed_limit_mps: float) -> _Steps:
    lasting = np.diff(sample_s)
    speed = np.diff(sample_m) / lasting
    across_pause = np.diff(at_s) - lasting > 0.5
    gap = lasting > gap_s
    too_fast = speed > speed_limit_mps
    around = np.maximum(np.concatenate((speed[1:], [0.0])), np.concatenate(([0.0], speed[:-1])))
    doubtful = too_fast | (across_pause & (speed > 2.0 * np.minimum(around, speed_limit_mps)))
    if doubtful.any():
        sound = ~doubtful
        middle = (sample_s[1:] + sample_s[:-1]) / 2
        speed = np.interp(middle, middle[sound], speed[sound]) if sound.any() else np.zeros(len(speed))
    return _Steps(speed, gap, too_fast & ~across_pause)


def _gap_notes(at_s: Column, gap: Mask) -> tuple[Note, ...]:
    """A note for each recording gap; past MOST_NOTES the rest are one note with their number and seconds."""
    starts = np.flatnonzero(gap)
    lasting = at_s[starts + 1] - at_s[starts]
    told = tuple(
        Note("recording_gap", start_s=float(at_s[start]), seconds=float(seconds))
        for start, seconds in zip(starts[:MOST_NOTES], lasting[:MOST_NOTES], strict=True)
    )
    rest = lasting[MOST_NOTES:]
    return (*told, Note("recording_gap", seconds=float(rest.sum()), count=len(rest))) if len(rest) else told


def _speed(grid_s: Column, sample_s: Column, step_mps: Column) -> Column:
    """Mean speed over the 5 s around each row (less at the ends), from the repaired steps."""
    way = np.concatenate(([0.0], np.cumsum(step_mps * np.diff(sample_s))))
    end_s = sample_s[-1]
    half_s = np.minimum(np.arange(len(grid_s) + 5, dtype=np.float64) - SMOOTH_S / 2, end_s)
    np.maximum(half_s, 0.0, out=half_s)
    at_half = np.interp(half_s, sample_s, way)
    width = int(SMOOTH_S)
    lasting = half_s[width:] - half_s[:-width]
    speed: Column = (at_half[width:] - at_half[:-width]) / np.maximum(lasting, 1e-9)
    return speed


def _bad(count: int, sample_s: Column, steps: _Steps) -> Mask:
    """The rows of recording gaps (with the rows their mean reaches into) and of jumps."""
    change = np.zeros(count + 1, dtype=np.int64)
    reach = int(SMOOTH_S) // 2
    for which, more in ((steps.gap, reach), (steps.jump, 0)):
        first = np.clip(np.floor(sample_s[:-1][which]).astype(np.int64) + 1 - more, 0, count)
        after = np.clip(np.floor(sample_s[1:][which]).astype(np.int64) + 1 + more, 0, count)
        np.add.at(change, first, 1)
        np.add.at(change, np.maximum(after, first), -1)
    return np.cumsum(change[:-1]) > 0


def _clock(grid_s: Column, pauses: Spans, *, origin_s: float) -> Column:
    """Elapsed seconds of each row: unpaused time and every pause that lies before it."""
    if not len(pauses.start_s):
        return grid_s + origin_s
    lengths = pauses.end_s - pauses.start_s
    begins = np.round(pauses.start_s - origin_s - (np.cumsum(lengths) - lengths), 3)
    held = np.concatenate(([0.0], np.cumsum(lengths)))
    clock: Column = grid_s + origin_s + held[np.searchsorted(begins, grid_s, side="left")]
    return clock


def _nothing(time_s: Column) -> Clean:
    """The grid of a file with less than two samples: one row that stands."""
    zero = np.zeros(1)
    at = time_s[:1] if len(time_s) else zero
    kept = np.arange(len(time_s), dtype=np.intp)
    return Clean(
        kept, zero[: len(kept)], zero[: len(kept)], at, zero, zero, np.zeros(1, dtype=bool), 0.0, 0.0, 0.0, 15.0, ()
    )
