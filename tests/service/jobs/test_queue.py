"""A job is part of the transaction that causes it, and is run."""

from __future__ import annotations

from typing import Any

import pytest

from service.errands import Errand
from service.store.engine import write


def test_a_job_of_a_committed_transaction_is_run_and_one_of_a_failed_transaction_never_was(jobs: Any) -> None:
    seen: list[str] = []
    jobs.does("note", lambda _shop, what: seen.append(what))
    with pytest.raises(ZeroDivisionError):
        _queue_and_fail(jobs, Errand("note", ("never",)))
    jobs.send(Errand("note", ("loose",)), Errand("note", ("in a lane",), lane="ath_1"))
    with jobs.working():
        jobs.until(lambda: len(seen) == 2)
    assert sorted(seen) == ["in a lane", "loose"]


def _queue_and_fail(jobs: Any, errand: Errand) -> None:
    with write(jobs.engine) as db:
        jobs.queue.enqueue(db, errand)
        raise ZeroDivisionError
