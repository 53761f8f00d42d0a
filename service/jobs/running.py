"""One job: an errand called with its ids, and what becomes of it where that fails.

What may not live here: queues, processes, schedules. The library is told of a failure only when the job is dead; until
then a failed job has a successor, which waits its turn without holding a thread.
"""

from __future__ import annotations

import random
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from dbos import DBOS
from structlog import get_logger

from service.errors import ServiceError
from service.jobs.queue import options
from service.jobs.terms import ATTEMPTS, WORKFLOW, pause_s
from service.jobs.workshop import BOOK, CONTINUE, Outcome, Workshop
from service.store.ids import new_id
from service.store.locks import try_hold

_LANE_BUSY_S: Final = 1.0


class Dead(Exception):
    """A job that will not be tried again by itself. It says what failed and where, never what the failure said."""


class _Process:
    """What jobs of this process share; the library calls plain functions, which have no other way to it."""

    def __init__(self) -> None:
        self.workshop: Workshop | None = None
        self.running = 0
        self.begun = 0
        self._counting = threading.Lock()

    @contextmanager
    def counted(self) -> Iterator[Workshop]:
        """The workshop, while one more job runs in it."""
        if self.workshop is None:
            raise RuntimeError("no workshop is open in this process")
        with self._counting:
            self.running += 1
            self.begun += 1
        try:
            yield self.workshop
        finally:
            with self._counting:
                self.running -= 1


process: Final = _Process()


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
def run(name: str, args: list[str], lane: str | None, attempt: int) -> str:
    """Run the errand; answers what became of the job: `done`, or `continued`, `postponed` in another. Raises Dead.

    The whole errand is one piece: begun anew after a crash, it finds what it had stored and goes on from there.
    """
    with process.counted() as workshop:
        try:
            held = None if lane is None else try_hold(workshop.engine, f"lane {lane}")
        except Exception as failure:  # noqa: BLE001 - a database that is away now, say: nothing of the errand was tried
            get_logger().warning("lane_not_asked", errand=name, exc_info=failure)
            _queue(name, args, lane, attempt=attempt, delay_s=pause_s(1))
            return "postponed"
        if lane is not None and held is None:
            _queue(name, args, lane, attempt=attempt, delay_s=_LANE_BUSY_S)
            return "postponed"
        try:
            return _do(workshop, name, args, lane=lane, attempt=attempt)
        finally:
            if held is not None:
                held.release()


def _do(workshop: Workshop, name: str, args: list[str], *, lane: str | None, attempt: int) -> str:
    try:
        outcome = _call(workshop, name, args)
    except Exception as failure:  # noqa: BLE001 - whatever an errand does wrong, the job has to be kept and counted
        if not _may_retry(failure) or attempt >= ATTEMPTS:
            get_logger().error("job_dead", errand=name, count=attempt, exc_info=failure)
            raise Dead(describe(failure)) from None
        get_logger().warning("job_failed", errand=name, count=attempt, exc_info=failure)
        _queue(name, args, lane, attempt=attempt + 1, delay_s=_delay_s(failure, attempt))
        return "postponed"
    if outcome is CONTINUE:
        _queue(name, args, lane, attempt=1)
        return "continued"
    return "done"


def _call(workshop: Workshop, name: str, args: list[str]) -> Outcome | None:
    function = BOOK.get(name)
    if function is None:
        raise LookupError(f"nobody does the errand {name}")
    return function(workshop, *args)


@DBOS.workflow(name="schedule", max_recovery_attempts=None)
def send(at: datetime, name: str) -> None:  # noqa: ARG001 - the library tells every scheduled workflow its time
    """Queue an errand that is due by the clock; as a job like any other it is tried again where it fails."""
    _queue(name, [], None, attempt=1)


def _queue(name: str, args: list[str], lane: str | None, *, attempt: int, delay_s: float | None = None) -> None:
    """Queue the job that follows from this one. It is a step of this one: done again after a crash it is there once."""
    chosen = options(name, lane, job_id=new_id("job", datetime.now(UTC)), delay_s=delay_s)
    DBOS.enqueue_workflow_with_options(chosen, name, args, lane, attempt)


def _may_retry(failure: Exception) -> bool:
    return not isinstance(failure, ServiceError) or failure.may_retry


def _delay_s(failure: Exception, attempt: int) -> float:
    """The pause, spread over half its length so that what failed together does not come back together."""
    asked_s = float(getattr(failure, "retry_after_s", None) or 0)
    return max(asked_s, pause_s(attempt) * random.uniform(0.5, 1.0))  # noqa: S311 - chance, not a secret


def describe(failure: BaseException) -> str:
    """Class (or code) and innermost places of a failure; its message may quote a file and stays out."""
    what = failure.what if isinstance(failure, ServiceError) else type(failure).__name__
    frames = traceback.extract_tb(failure.__traceback__)[-3:]
    return " ".join([what, *(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)])
