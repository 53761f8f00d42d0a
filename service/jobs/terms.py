"""On which terms an errand is queued: which queue, how many at once, how often it is tried, and how far apart.

Constants that every process has to agree on stand here, too: the name under which jobs are kept, and their version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service import errands

APPLICATION: Final = "crampwatch"
"""Whose jobs these are; the name stands in each row."""

VERSION: Final = "1"
"""Raised by hand, when a job that an older program began could not be gone on with by this one. Never derived from the
source: a worker runs only what its own version began, and each deployment would strand the jobs of the one before."""

WORKFLOW: Final = "errand"
"""The one kind of workflow; which errand it is stands in its arguments."""


@dataclass(frozen=True, slots=True)
class Line:
    """A queue: its name, and how many of its jobs one process may have begun (running, or next in its threads)."""

    name: str
    at_once: int
    by_lane: bool


SMALL: Final = Line("small", at_once=64, by_lane=False)
"""Errands without a lane, and quick."""

LANES: Final = Line("lanes", at_once=64, by_lane=True)
"""Quick errands of lanes, one at a time in each."""

BULK: Final = Line("bulk", at_once=1, by_lane=True)
"""Errands that take minutes: never more than one in a process, so that the quick ones find a free thread."""

LINES: Final = (SMALL, LANES, BULK)

_SLOW: Final = frozenset({errands.WORK_OFF, errands.REASSESS, errands.ADOPT})

ATTEMPTS: Final = 8
"""How often a job is tried, until it is put aside as dead."""

CRASHES: Final = 3
"""How often a job may take its process with it, until it is put aside as dead."""

_FIRST_PAUSE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 3600.0


def line_of(name: str, lane: str | None) -> Line:
    """The queue of an errand."""
    if name in _SLOW:
        return BULK
    return SMALL if lane is None else LANES


def pause_s(attempt: int) -> float:
    """Seconds before the next attempt after the given one has failed: 5 s, then four times as long each, at most 1 h.

    >>> [pause_s(attempt) for attempt in (1, 2, 3, 8)]
    [5.0, 20.0, 80.0, 3600.0]
    """
    return min(_FIRST_PAUSE_S * 4.0 ** (attempt - 1), _LONGEST_PAUSE_S)
