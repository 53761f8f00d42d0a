"""A job is part of the transaction that causes it, is run once, can be listed, and is forgotten in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.errands import Errand
from service.errors import BadCall
from service.jobs import queue as face
from service.jobs.queue import options
from service.store.engine import write

NOW = datetime.now(UTC)


def test_a_job_of_a_committed_transaction_is_run_and_one_of_a_failed_transaction_never_was(jobs: Any) -> None:
    seen: list[str] = []
    jobs.does("note", lambda _shop, what: seen.append(what))
    with pytest.raises(ZeroDivisionError):
        _queue_and_fail(jobs, Errand("note", ("never",)))
    jobs.send(Errand("note", ("loose",)), Errand("note", ("in a lane",), lane="ath_1"))
    with jobs.working():
        jobs.until(lambda: len(jobs.list("done")) == 2)
    assert sorted(seen) == ["in a lane", "loose"]


def _queue_and_fail(jobs: Any, errand: Errand) -> None:
    with write(jobs.engine) as db:
        jobs.queue.enqueue(db, errand)
        raise ZeroDivisionError


def test_the_same_job_queued_twice_is_one_job(jobs: Any) -> None:
    seen: list[str] = []
    jobs.does("note", lambda _shop, what: seen.append(what))
    for lane in (None, "ath_1"):
        chosen = options("note", lane, job_id=f"job_{lane}")
        for _ in range(3):
            with write(jobs.engine) as db:
                jobs.queue.client.enqueue_in_transaction(db, chosen, "note", [str(lane)], lane, 2)
    with jobs.working():
        jobs.until(lambda: len(jobs.list("done")) == 2)
    assert sorted(seen) == ["None", "ath_1"]


def test_an_errand_may_cause_others_in_its_own_transaction(jobs: Any) -> None:
    seen: list[str] = []

    def cause(shop: Any) -> None:
        with write(shop.engine) as db:
            shop.enqueue(db, Errand("effect", ("x",), lane="ath_1"))

    jobs.does("cause", cause)
    jobs.does("effect", lambda _shop, what: seen.append(what))
    jobs.send(Errand("cause", (), lane="ath_1"))
    with jobs.working():
        jobs.until(lambda: seen)
    assert seen == ["x"]


def test_pages_show_every_job_once_the_earliest_first(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face, "_SPARE", 1)  # many of one moment, more than are fetched at once
    jobs.send(*(Errand("note", (str(number),)) for number in range(20)))
    for number in range(20, 23):
        jobs.send(Errand("note", (str(number),)))
    found, cursor = [], None
    for _ in range(10):
        page = jobs.queue.page(state="queued", limit=5, cursor=cursor)
        assert len(page.items) <= 5
        found += [job.args[0] for job in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        with pytest.raises(BadCall):
            jobs.queue.page(state="dead", limit=5, cursor=cursor)
    assert sorted(found, key=int) == [str(number) for number in range(23)]
    assert found[20:] == ["20", "21", "22"]
    assert jobs.queue.page(state="dead", limit=5, cursor=None).items == ()


def test_ended_jobs_are_forgotten_the_dead_later_than_the_done_and_those_that_wait_never(
    jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.jobs import running

    monkeypatch.setattr(running, "ATTEMPTS", 1)
    jobs.does("note", lambda _shop: None)
    jobs.send(Errand("note", ()), Errand("nobody_does_this", ()))
    with jobs.working():
        jobs.until(lambda: jobs.list("done") and jobs.list("dead"))
    jobs.send(Errand("note", ()))
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert jobs.queue.forget_ended(done_before=NOW - timedelta(days=1), dead_before=NOW - timedelta(days=1)) == 0
    assert jobs.queue.forget_ended(done_before=later, dead_before=NOW - timedelta(days=1)) == 1
    assert (len(jobs.list("done")), len(jobs.list("dead")), len(jobs.list("queued"))) == (0, 1, 1)
    assert jobs.queue.forget_ended(done_before=later, dead_before=later) == 1
    assert len(jobs.list("queued")) == 1


def test_an_erased_athlete_leaves_no_job(jobs: Any) -> None:
    jobs.does("note", lambda _shop, _what: None)
    jobs.send(Errand("note", ("a",), lane="ath_1"), Errand("work_off_upload", ("b",), lane="ath_1"))
    jobs.send(Errand("note", ("c",), lane="ath_2"))
    assert jobs.queue.forget_lane("ath_1") == 2
    assert [job.lane for job in jobs.list("queued")] == ["ath_2"]
    assert jobs.queue.forget_lane("ath_1") == 0
