"""Mending a record clock that jumped by days while the session kept its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parsers.activity import Column
from parsers.formats.fit.sessions import DAY_S, Session
from parsers.formats.fit.walk import Offsets

_SPAN_SLACK_S = 600.0
_MOST_JUMPS = 4
"""More are no clock that was set anew, but garbage."""
_FEWEST_RECORDS = 10
"""Likewise fewer records than these on one side of a jump."""


@dataclass(frozen=True, slots=True)
class Clock:
    """By how much the file's clock is off: `off_s[i]` for what stands between `at[i - 1]` and `at[i]` in the file."""

    at: Offsets
    off_s: Column

    def mended(self, times_s: Column, offsets: Offsets) -> Column:
        """The right times of messages at these bytes."""
        return np.asarray(times_s - self.off_s[np.searchsorted(self.at, offsets, side="right")])

    def count(self, offsets: Offsets) -> int:
        """How many of the messages at these bytes had a wrong time."""
        return int(np.count_nonzero(self.off_s[np.searchsorted(self.at, offsets, side="right")]))


def jumped(times_s: Column, offsets: Offsets, known: tuple[Session, ...]) -> Clock | None:
    """The clock, where record times jump by more than a day although the sessions say that there was no such gap.

    The sessions are believed only if the records without the jumps fit into them; what lies nearer to their start, the
    records before the jumps or those after, is then taken to be right.
    """
    starts = [session.start_s for session in known if session.start_s is not None]
    ends = [session.end_s for session in known if session.end_s is not None]
    timed = np.flatnonzero(~np.isnan(times_s))
    if not starts or not ends or len(timed) < 3:
        return None
    times, stated_s = times_s[timed], max(ends) - min(starts)
    steps = np.diff(times)
    wide = np.flatnonzero(np.abs(steps) > DAY_S)
    runs = np.diff(np.concatenate(([-1], wide, [len(steps)])))
    if (
        not 0 < len(wide) <= _MOST_JUMPS
        or runs.min() < _FEWEST_RECORDS
        or not 0 < stated_s < float(np.ptp(times)) - DAY_S
    ):
        return None
    off = np.concatenate(([0.0], np.cumsum(steps[wide] - float(np.median(steps)))))
    if not 0 <= times[-1] - times[0] - off[-1] <= stated_s + _SPAN_SLACK_S:
        return None
    if abs(times[0] + off[-1] - min(starts)) < abs(times[0] - min(starts)):
        off -= off[-1]
    return Clock(offsets[timed[wide + 1]], off)
