"""One job: an errand called with its ids, and what becomes of it where that fails.

What may not live here: queues, processes, schedules. The library is told of a failure only when the job is dead; until
then a failed job has a successor, which waits its turn without holding a thread.
"""

from __future__ import annotations

import random
import traceback
from typing import Final

from dbos import DBOS
from structlog import get_logger

from service.errors import ServiceError
from service.jobs.queue import options
from service.jobs.terms import ATTEMPTS, WORKFLOW, pause_s
from service.jobs.workshop import BOOK, CONTINUE, Outcome, Workshop

_open: dict[str, Workshop] = {}
"""The workshop of this process, under one key; the library calls plain functions, which have no other way to it."""

_KEY: Final = "open"


class Dead(Exception):
    """A job that will not be tried again by itself. It says what failed and where, never what the failure said."""


def open_workshop(workshop: Workshop) -> None:
    """From now on jobs of this process work in it."""
    _open[_KEY] = workshop


def close_workshop() -> None:
    """No job of this process can begin any more."""
    _open.clear()


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
def run(name: str, args: list[str], lane: str | None, attempt: int) -> str:
    """Run the errand; answers what became of it: `done`, `continued` or `postponed`. Raises Dead.

    The whole errand is one piece: begun anew after a crash, it finds what it had stored and goes on from there.
    """
    try:
        outcome = _call(name, args)
    except Exception as failure:  # noqa: BLE001 - whatever an errand does wrong, the job has to be kept and counted
        if not _may_retry(failure) or attempt >= ATTEMPTS:
            get_logger().error("job_dead", errand=name, count=attempt, exc_info=failure)
            raise Dead(describe(failure)) from None
        get_logger().warning("job_failed", errand=name, count=attempt, exc_info=failure)
        _succeed(name, args, lane, attempt=attempt + 1, delay_s=_delay_s(failure, attempt))
        return "postponed"
    if outcome is CONTINUE:
        _succeed(name, args, lane, attempt=1, delay_s=None)
        return "continued"
    return "done"


def _call(name: str, args: list[str]) -> Outcome | None:
    function = BOOK.get(name)
    if function is None:
        raise LookupError(f"nobody does the errand {name}")
    return function(_open[_KEY], *args)


def _succeed(name: str, args: list[str], lane: str | None, *, attempt: int, delay_s: float | None) -> None:
    """Queue the job that follows this one; its id follows from ours, so that it is queued once, however often."""
    DBOS.enqueue_workflow_with_options(
        options(_next_id(str(DBOS.workflow_id)), name, lane, delay_s=delay_s), name, args, lane, attempt
    )


def _next_id(job_id: str) -> str:
    """The id of the job after this one.

    >>> _next_id("job_1"), _next_id("job_1.9")
    ('job_1.2', 'job_1.10')
    """
    first, _, number = job_id.partition(".")
    return f"{first}.{int(number or 1) + 1}"


def _may_retry(failure: Exception) -> bool:
    return not isinstance(failure, ServiceError) or failure.may_retry


def _delay_s(failure: Exception, attempt: int) -> float:
    """The pause, spread over half its length so that what failed together does not come back together."""
    asked_s = getattr(failure, "retry_after_s", None) or 0.0
    return max(float(asked_s), pause_s(attempt) * random.uniform(0.5, 1.0))  # noqa: S311 - chance, not a secret


def describe(failure: BaseException) -> str:
    """Class (or code) and innermost places of a failure; its message may quote a file and stays out."""
    what = failure.what if isinstance(failure, ServiceError) else type(failure).__name__
    places = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(failure.__traceback__)
    ]
    return " ".join([what, *places[-3:]])
