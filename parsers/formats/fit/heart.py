"""Heart beats that a strap stored by itself and handed over later, in `hr` messages (swims, mostly).

The first message of a block ties the strap's clock to the watch's; the others hold eight rates each, and their times
as twelve bits of 1/1024 s that run on from one to the next. Source: Garmin's FIT SDK, "HR messages".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Column
from parsers.formats.fit import profile
from parsers.formats.fit.messages import Messages

_FRACTIONAL_TIMESTAMP, _FILTERED_BPM, _EVENT_TIMESTAMP, _EVENT_TIMESTAMP_12 = 0, 6, 9, 10
_TICKS_PER_S = 1024.0
_WRAP = 1 << 12
_STALE_S = 5.0
"""A rate older than this says nothing of now; chosen by us: beats of a calm swimmer are 1.5 s apart."""


@dataclass(frozen=True, slots=True)
class Beats:
    """Rates and when they were measured, in seconds as the file counts them, ascending."""

    time_s: Column
    bpm: Column


def beats(files: Iterable[Messages]) -> Beats | None:
    """All rates of all files of a chain in time order; None where there are none."""
    found = [got for file in files if profile.HEART in file if (got := _of_file(file)) is not None]
    if not found:
        return None
    time_s = np.concatenate([got.time_s for got in found])
    order = np.argsort(time_s, kind="stable")
    return Beats(time_s[order], np.concatenate([got.bpm for got in found])[order])


def at(times_s: Column, source: Beats) -> Column:
    """The heart rate at each time: the mean of the second before it, else the last one if it is fresh, else NaN."""
    times = np.nan_to_num(times_s, nan=-np.inf)
    until = np.searchsorted(source.time_s, times, side="right")
    since = np.searchsorted(source.time_s, times - 1.0, side="right")
    total = np.concatenate(([0.0], np.cumsum(source.bpm)))
    last = np.maximum(until - 1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total[until] - total[since]) / (until - since)
    fresh = (until > 0) & (times - source.time_s[last] <= _STALE_S)
    return np.where(fresh, np.where(until > since, mean, source.bpm[last]), np.nan)


def _of_file(file: Messages) -> Beats | None:
    table = file.tables[profile.HEART]
    rates = table.matrix(_FILTERED_BPM)
    anchor_s, anchor_ticks = file.times(profile.HEART), table.matrix(_EVENT_TIMESTAMP)
    if rates is None or anchor_ticks is None:
        return None
    fraction = table.column(_FRACTIONAL_TIMESTAMP, scale=32768.0)
    if fraction is not None:
        anchor_s = anchor_s + np.nan_to_num(fraction)
    ticks = _ticks(anchor_ticks, table.matrix(_EVENT_TIMESTAMP_12), width=rates.shape[1])
    tied = ~np.isnan(anchor_s) & ~np.isnan(anchor_ticks[:, 0])
    if not tied.any():
        return None
    block = np.maximum.accumulate(np.where(tied, np.arange(len(tied)), 0))
    time_s = anchor_s[block, None] + (ticks - anchor_ticks[block, 0, None]) / _TICKS_PER_S
    known = ~np.isnan(time_s) & (rates > 0)
    return Beats(time_s[known], rates[known]) if known.any() else None


def _ticks(full: Column, packed: Column | None, *, width: int) -> Column:
    """The strap's clock for each rate, n × `width`: full ticks where a message has them, else run on by twelve bits."""
    ticks = np.full((len(full), width), np.nan)
    used = min(full.shape[1], width)
    ticks[:, :used] = full[:, :used]
    if packed is None:
        return ticks
    short = _unpacked(packed, width=width)
    whole = ~np.isnan(ticks)
    value = np.where(whole, ticks % _WRAP, short).ravel()
    known = np.flatnonzero(~np.isnan(value))
    if not len(known):
        return ticks
    # Each known value is so many ticks after the one before it, modulo 4096; a full count sets the clock anew.
    gone = np.cumsum(np.diff(value[known], prepend=value[known[0]]) % _WRAP)
    sets = whole.ravel()[known]
    last = np.maximum.accumulate(np.where(sets, np.arange(len(known)), -1))
    base = np.where(last >= 0, ticks.ravel()[known][last] - gone[last], np.nan)
    flat = np.full(ticks.size, np.nan)
    flat[known] = base + gone
    return flat.reshape(ticks.shape)


def _unpacked(packed: Column, *, width: int) -> Column:
    """Twelve-bit numbers, lowest bits first, from rows of bytes: n × `width`, NaN where the bytes are missing."""
    rows = np.full((len(packed), width), np.nan)
    present: NDArray[np.bool_] = ~np.isnan(packed[:, : 3 * (packed.shape[1] // 3)])
    whole = np.nan_to_num(packed[:, : present.shape[1]], nan=255.0).reshape(len(packed), -1, 3)
    pairs = np.stack((whole[..., 0] + (whole[..., 1] % 16) * 256, whole[..., 1] // 16 + whole[..., 2] * 16), axis=-1)
    values = pairs.reshape(len(packed), -1)[:, :width]
    # 0xFF is a legal byte of a packed number: a row is missing only where all its bytes are 0xFF.
    values[~present.any(axis=1)] = np.nan
    rows[:, : values.shape[1]] = values
    return rows
