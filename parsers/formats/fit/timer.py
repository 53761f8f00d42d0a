"""The watch's timer: when it ran and when it stood still, from timer events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Column, Pause
from parsers.errors import TooManyMessages
from parsers.formats.fit import profile
from parsers.formats.fit.clock import Clock
from parsers.formats.fit.messages import Messages

_EVENT, _TYPE, _DATA16, _DATA = 0, 1, 2, 3
_TIMER = 0
_START = 0
_STOPS = (1, 4, 8, 9)  # stop, stop_all, stop_disable, stop_disable_all
_CAUSES = ("manual", "auto")
MOST_PAUSES = 10_000


@dataclass(frozen=True, slots=True)
class Timer:
    """Starts and stops of the timer in time order, seconds as the file counts them; causes as FIT numbers them."""

    time_s: Column
    runs: NDArray[np.bool_]
    cause: Column

    def first_start(self) -> float | None:
        """When the timer was first started."""
        return float(self.time_s[self.runs][0]) if self.runs.any() else None

    def pauses(self, *, since_s: float, until_s: float, start_s: float) -> tuple[Pause, ...]:
        """The stretches within [since_s, until_s] between a stop and the next start, counted from `start_s`."""
        inside = (self.time_s >= since_s) & (self.time_s <= until_s)
        time_s, runs, cause = self.time_s[inside], self.runs[inside], self.cause[inside]
        turns = np.flatnonzero(np.diff(runs, prepend=True))  # the timer is taken to run at first
        stops, starts = turns[::2], turns[1::2]
        stops = stops[: len(starts)]
        real = time_s[starts] > time_s[stops]
        if np.count_nonzero(real) > MOST_PAUSES:
            raise TooManyMessages("too_many_messages", "The file holds more pauses than any run.", format="fit")
        return tuple(
            Pause(stop - start_s, go - start_s, _cause(why))
            for stop, go, why in zip(
                time_s[stops][real].tolist(), time_s[starts][real].tolist(), cause[stops][real].tolist(), strict=True
            )
        )


def timer(file: Messages, clock: Clock | None) -> Timer:
    """The timer events of a file, on a clock put right; empty where it has none."""
    kind, what = file.column(profile.EVENT, _EVENT), file.column(profile.EVENT, _TYPE)
    if kind is None or what is None:
        return Timer(np.empty(0), np.empty(0, dtype=bool), np.empty(0))
    times = file.times(profile.EVENT)
    if clock is not None:
        times = clock.mended(times, file.tables[profile.EVENT].offsets)
    ours = (kind == _TIMER) & ((what == _START) | np.isin(what, _STOPS)) & ~np.isnan(times)
    order = np.argsort(times[ours], kind="stable")
    data = _first_known(file.column(profile.EVENT, _DATA), file.column(profile.EVENT, _DATA16), len(times))
    return Timer(times[ours][order], (what == _START)[ours][order], data[ours][order])


def _first_known(first: Column | None, second: Column | None, n: int) -> Column:
    first = np.full(n, np.nan) if first is None else first
    return first if second is None else np.where(np.isnan(first), second, first)


def _cause(number: float) -> str:
    return _CAUSES[int(number)] if number in (0.0, 1.0) else "unknown"
