"""On which terms an errand is queued: which queue, how many at once, how often it is tried, and how far apart.

What every process has to agree on stands here, too: the name under which jobs are kept, and their version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service import errands

APPLICATION: Final = "crampwatch"
"""Whose jobs these are; the name stands in each row."""

VERSION: Final = "1"
"""Raised by hand, when this program could not go on with a job that an older one had begun; let those end first. Never
derived from the source: a worker goes on only with what its own version began, and a deployment would strand the rest.
A job that merely waits bears no version."""

WORKFLOW: Final = "errand"
"""The one kind of workflow; which errand it is stands in its arguments."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many jobs of a queue may be begun in any stretch of so many seconds, by all processes together."""

    jobs: int
    per_s: float


@dataclass(frozen=True, slots=True)
class Line:
    """A queue: its name, and how many of its jobs one process may have begun (running, or next in its threads).

    `idle_s` are the seconds between two looks at it while nothing is to be done; a look takes 3 ms of CPU time.
    """

    name: str
    at_once: int
    by_lane: bool = False
    rate: Rate | None = None
    idle_s: float = 1.25


QUICK: Final = Line("quick", at_once=64, by_lane=True)
"""Quick errands: one at a time in each lane; one without a lane has a lane to itself."""

BULK: Final = Line("bulk", at_once=1, idle_s=2.0)
"""Errands that take minutes: never more than one in a process, so that the quick ones find a free thread. One that goes
on later goes to the end of it, so all that wait take turns. Jobs whose process died more than once come here too: one
at a time, the one to blame is found and the others get done."""

ROUTES: Final[dict[str, Line]] = {
    errands.WORK_OFF: BULK,
    errands.REASSESS: BULK,
    errands.ADOPT: BULK,
}
"""Errands with a queue of their own choice, by name; a foreign service with a quota gets one with a rate. All others
go to QUICK."""

ATTEMPTS: Final = 8
"""How often a job is tried, until it is put aside as dead."""

CRASHES: Final = 5
"""How often the process may die while a job runs or is about to, until the job is put aside as dead."""

_FIRST_PAUSE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 3600.0


def line_of(name: str) -> Line:
    """The queue of an errand."""
    return ROUTES.get(name, QUICK)


def lines() -> tuple[Line, ...]:
    """Every queue, each once."""
    return tuple(dict.fromkeys((QUICK, BULK, *ROUTES.values())))


def pause_s(attempt: int) -> float:
    """Seconds before the next attempt after the given one has failed: 5 s, then four times as long each, at most 1 h.

    >>> [pause_s(attempt) for attempt in (1, 2, 3, 8)]
    [5.0, 20.0, 80.0, 3600.0]
    """
    return min(_FIRST_PAUSE_S * 4.0 ** (attempt - 1), _LONGEST_PAUSE_S)
