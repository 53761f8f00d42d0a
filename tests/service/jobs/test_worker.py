"""The worker: its schedules, its pace, how it stops, and what it never does."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from service.errands import Errand
from service.jobs import pace, reaper, worker
from service.jobs.errands import keeping
from service.jobs.terms import lines
from service.jobs.worker import Worker
from service.jobs.workshop import BOOK, read_book, runs
from service.store import tables
from service.store.engine import read, write
from service.store.ids import new_id
from service.store.locks import try_hold

NOW = datetime(2026, 10, 4, 7, 0, tzinfo=UTC)


def test_an_errand_that_is_due_by_the_clock_is_run_as_a_job(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SCHEDULES", {"tick": "* * * * * *"})
    ticks: list[int] = []
    jobs.does("tick", lambda _shop: ticks.append(1))
    with jobs.working():
        jobs.until(lambda: len(ticks) >= 2)
    done = jobs.list("done")
    assert {job.errand for job in done} == {"tick"}
    assert len({job.id for job in done}) == len(done) >= 2


def test_what_is_scheduled_is_in_the_book() -> None:
    read_book()
    assert set(worker.SCHEDULES) <= set(BOOK)
    assert len(worker.SCHEDULES) >= 3


def test_an_errand_has_one_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BOOK, "once", lambda _shop: None)
    with pytest.raises(ValueError, match="once"):
        runs("once")(lambda _shop: None)


def test_old_answers_and_events_are_forgotten_and_young_ones_kept(jobs: Any) -> None:
    ages = {"old": timedelta(days=31), "young": timedelta(hours=1)}
    with write(jobs.engine) as db:
        for name, age in ages.items():
            at = jobs.workshop.now() - age
            held = {"created_at": at, "held_until": at}
            db.execute(sa.insert(tables.idempotency_keys).values(caller="local", key=name, target="x", **held))
            event = {"id": new_id("evt", at), "type": name, "athlete_id": "ath_1", "created_at": at, "data": {}}
            db.execute(sa.insert(tables.events).values(event))
    jobs.send(*(Errand(name, ()) for name in worker.SCHEDULES))
    with jobs.working():
        jobs.until(lambda: len(jobs.list("done")) == len(worker.SCHEDULES))
    with read(jobs.engine) as db:
        assert db.execute(sa.select(tables.idempotency_keys.c.key)).scalars().all() == ["young"]
        assert db.execute(sa.select(tables.events.c.type)).scalars().all() == ["young"]


def test_more_than_one_batch_is_forgotten(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_BATCH", 2)
    with write(jobs.engine) as db:
        for number in range(5):
            held = {"created_at": NOW - timedelta(days=400), "held_until": NOW}
            db.execute(sa.insert(tables.idempotency_keys).values(caller="local", key=str(number), target="x", **held))
    keeping.forget_answers(jobs.workshop)
    with read(jobs.engine) as db:
        assert db.execute(sa.select(sa.func.count()).select_from(tables.idempotency_keys)).scalar_one() == 0


def test_the_queues_are_looked_at_more_often_while_jobs_begin(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_LOOKS_TO_CALM", 1)
    held = threading.Event()
    idle = {line.name: line.idle_s for line in lines()}
    busy = dict.fromkeys(idle, pace.BUSY_S)
    jobs.does("hang", lambda _shop: held.wait(60))
    with jobs.working(threads=1):
        jobs.until(lambda: _paces(jobs) == idle)
        jobs.send(*(Errand("hang", (), lane="ath_1") for _ in range(3)))
        jobs.until(lambda: _paces(jobs) == busy)
        jobs.until(lambda: _paces(jobs) == idle)
        held.set()
        jobs.until(lambda: _paces(jobs) == busy)


def _paces(jobs: Any) -> dict[str, float]:
    return {queue.name: queue.polling_interval_sec for queue in jobs.queue.client.list_queues()}


def test_a_stopping_worker_finishes_what_runs_and_leaves_the_rest(jobs: Any) -> None:
    begun, held = threading.Event(), threading.Event()
    done: list[str] = []

    def work(shop: Any, name: str) -> None:
        begun.set()
        held.wait(60)
        assert shop.stopping.is_set()
        done.append(name)

    jobs.does("work", work)
    jobs.send(*(Errand("work", (name,), lane="ath_1") for name in ("a", "b")))
    made = Worker(jobs.workshop, threads=1)
    made.start()
    assert begun.wait(60)
    stopper = threading.Thread(target=lambda: ended.append(made.stop(wait_s=60)))
    ended: list[bool] = []
    stopper.start()
    assert jobs.workshop.stopping.wait(60)
    held.set()
    stopper.join(60)
    assert ended == [True]
    assert done == ["a"]
    assert [job.args for job in jobs.list("queued")] == [("b",)]
    assert [job.args for job in jobs.list("done")] == [("a",)]


def test_what_does_not_end_in_time_is_left_to_the_next_worker(jobs: Any) -> None:
    begun, held = threading.Event(), threading.Event()
    done: list[int] = []

    def work(_shop: Any) -> None:
        begun.set()
        if len(done) == 0:
            done.append(0)
            held.wait(60)
        done.append(1)

    jobs.does("work", work)
    jobs.send(Errand("work", ()))
    made = Worker(jobs.workshop, threads=1)
    made.start()
    assert begun.wait(60)
    assert made.stop() is False
    with jobs.working():
        jobs.until(lambda: len(jobs.list("done")) == 1)
    held.set()
    assert done == [0, 1]


def test_a_worker_that_lost_its_lock_takes_it_again(jobs: Any) -> None:
    """A restart of the database server ends the session that held it; somebody tidies away the files of locks."""
    with jobs.working(executor_id="one"):
        assert not _is_free(jobs, "one")
        if jobs.engine.dialect.name == "sqlite":
            for path in Path(f"{jobs.engine.url.database}-locks").iterdir():
                path.unlink()
        else:
            with write(jobs.engine) as db:
                db.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
        jobs.until(lambda: not _is_free(jobs, "one"))


def _is_free(jobs: Any, executor_id: str) -> bool:
    held = try_hold(jobs.engine, reaper.lock_name(executor_id))
    if held is not None:
        held.release()
    return held is not None
