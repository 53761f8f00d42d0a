"""How often the queues are looked at: every second while there is nothing to do, every tenth while work is queued."""

from __future__ import annotations

from typing import Final

from dbos import DBOS, DBOSClient

from service.jobs.queue import STATES
from service.jobs.terms import Line

IDLE_S: Final = 1.0
BUSY_S: Final = 0.1

_LOOKS_TO_CALM: Final = 3
"""Looks without queued work before the pace is slowed."""

_LOOKS_TO_REPEAT: Final = 30
"""Idle looks after which the slow pace is set again: a worker may have set the quick one and died."""


class Pace:
    """Sets the pace of some queues; it is kept in the database, where all workers read it at every look."""

    def __init__(self, client: DBOSClient, lines: tuple[Line, ...]) -> None:
        self._client = client
        self._names = [line.name for line in lines]
        self._idle_looks = 0

    def look(self) -> None:
        """Look once whether work is queued, and set the pace accordingly."""
        if self._is_work_queued():
            self._idle_looks = 0
            self._set(BUSY_S)
            return
        self._idle_looks += 1
        if self._idle_looks == _LOOKS_TO_CALM or self._idle_looks % _LOOKS_TO_REPEAT == 0:
            self._set(IDLE_S)

    def _is_work_queued(self) -> bool:
        found = self._client.list_workflows(
            status=STATES["queued"], queue_name=self._names, limit=1, load_input=False, load_output=False
        )
        return bool(found)

    def _set(self, seconds: float) -> None:
        for queue in DBOS.list_queues():
            if queue.name in self._names:
                queue.set_polling_interval_sec(seconds)
