"""How often the queues are looked at: every second or two while nothing is to be done, every tenth while jobs begin.

A worker that begins a job supposes that there are more. One that begins none (there are none, its threads are full, a
rate forbids it) has no reason to look often, whatever is queued.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dbos import DBOS

from service.jobs.running import process
from service.jobs.terms import Line

LOOK_EVERY_S: Final = 1.0
BUSY_S: Final = 0.1

_LOOKS_TO_CALM: Final = 3
"""Looks without a job begun before the pace is slowed."""

_LOOKS_TO_REPEAT: Final = 30
"""Idle looks after which the slow pace is set again: another worker may have set the quick one and died."""


class Pace:
    """Sets the pace of some queues; it is kept in the database, where all workers read it at every look."""

    def __init__(self, lines: tuple[Line, ...]) -> None:
        self._idle_s = {line.name: line.idle_s for line in lines}
        self._begun = process.begun
        self._idle_looks = 0

    def look(self) -> None:
        """See whether jobs were begun since the last look, and set the pace accordingly. Idle, it asks nothing."""
        begun, before = process.begun, self._begun
        self._begun = begun
        if begun != before:
            self._idle_looks = 0
            self._set(dict.fromkeys(self._idle_s, BUSY_S))
            return
        self._idle_looks += 1
        if self._idle_looks == _LOOKS_TO_CALM or self._idle_looks % _LOOKS_TO_REPEAT == 0:
            self._set(self._idle_s)

    def _set(self, paces_s: Mapping[str, float]) -> None:
        for queue in DBOS.list_queues():
            if queue.name in paces_s:
                queue.set_polling_interval_sec(paces_s[queue.name])
