"""A queued upload is worked off by a worker, on both databases, and once however often it is tried."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from fixtures.catalogue import on
from fixtures.fit_writer import fit
from fixtures.runs import minutes
from service import ingest
from service.errands import WORK_OFF, Errand
from service.errors import Unavailable
from service.jobs.errands import keeping
from service.jobs.errands.work_off import Work, work_off
from service.jobs.queue import Queue
from service.metrics import Metrics
from service.store import athletes, tables, uploads, waiting
from service.store.blobs import incoming_key
from service.store.engine import read, write
from service.store.ids import new_id
from service.store.scope import Scope
from service.store.waiting import WaitingFile

ALL = Scope.everyone()
RUNS = 12


def archive() -> bytes:
    """Runs of as many days, the last first, so that all but one come late."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for day in reversed(range(RUNS)):
            made.writestr(f"{day}.fit", fit(on(400 + day, minutes(6, 2.8), step_s=10.0)))
        made.writestr("notes.txt", b"no run")
    return out.getvalue()


def queued(jobs: Any) -> tuple[str, str]:
    """The athlete and the upload, put away and queued as the API does it."""
    now, shop, data = datetime.now(UTC), jobs.workshop, archive()
    with write(jobs.engine) as db:
        athlete_id = athletes.create(db, now=now, fields={}).id
    upload_id = new_id("upl", now)
    key = incoming_key(athlete_id, upload_id, 0)
    shop.blobs.put_file(key, io.BytesIO(data))
    with write(jobs.engine) as db:
        uploads.start(db, athlete_id, upload_id=upload_id, now=now, status="queued", told={"files": RUNS + 1})
        waiting.add(db, athlete_id, upload_id=upload_id, files=[WaitingFile(0, "all.zip", key, len(data))])
        jobs.queue.enqueue(db, Errand(WORK_OFF, (upload_id,), lane=athlete_id))
    return athlete_id, upload_id


def state(jobs: Any, athlete_id: str, upload_id: str) -> Any:
    with read(jobs.engine) as db:
        return uploads.get(db, upload_id, scope=ALL), athletes.stale(db, athlete_id)


def test_a_queued_upload_is_worked_off_and_its_history_caught_up_with(jobs: Any) -> None:
    athlete_id, upload_id = queued(jobs)
    with jobs.working():
        jobs.until(lambda: state(jobs, athlete_id, upload_id)[0].status == "done")
        jobs.until(lambda: state(jobs, athlete_id, upload_id)[1] is None)
        jobs.until(lambda: not jobs.list("running"))
    row, _ = state(jobs, athlete_id, upload_id)
    assert (row.total, row.created, row.skipped) == (RUNS + 1, RUNS, 1)
    with read(jobs.engine) as db:
        types = db.execute(sa.select(tables.events.c.type).order_by(tables.events.c.sequence)).scalars().all()
        assert waiting.files(db, upload_id, scope=ALL) == ()
    assert types == ["import.done"]
    assert [key for key in jobs.workshop.blobs.list() if key.startswith("incoming/")] == []


def test_a_file_that_ends_its_first_try_is_not_stored_twice(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first try fails behind the third file; the second begins with the fourth."""
    monkeypatch.setattr("service.jobs.terms._FIRST_PAUSE_S", 0.01)
    athlete_id, upload_id = queued(jobs)
    real, taken = Work._take, []

    def failing(self: Work, member: Any, **named: Any) -> None:
        taken.append(member.name)
        real(self, member, **named)
        if len(taken) == 3:
            raise OSError("the disk is gone for a moment")

    monkeypatch.setattr(Work, "_take", failing)
    with jobs.working():
        jobs.until(lambda: state(jobs, athlete_id, upload_id)[0].status == "done")
        jobs.until(lambda: state(jobs, athlete_id, upload_id)[1] is None)
        jobs.until(lambda: not jobs.list("running"))
    assert taken == [*(f"{day}.fit" for day in reversed(range(RUNS))), "notes.txt"]
    with read(jobs.engine) as db:
        page = uploads.items(db, upload_id, scope=ALL, limit=50)
        assert [item.name for item in page.items] == taken
        assert db.execute(sa.select(sa.func.count()).select_from(tables.activities)).scalar_one() == RUNS


def test_a_file_that_meets_a_mistake_of_ours_spoils_none_of_the_others(
    jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One cannot be examined; another fails behind all that is written of it, when its errand is handed over."""
    metrics = Metrics(version="1")
    athlete_id, upload_id = queued(jobs)
    prepare, store, enqueue = ingest.prepare, ingest.store, Queue.enqueue

    def preparing(received: Any, *args: Any, **named: Any) -> Any:
        if received.name == "7.fit":
            raise IndexError(received.name)
        return prepare(received, *args, **named)

    def storing(*args: Any, received: Any, **named: Any) -> Any:
        stored = store(*args, received=received, **named)
        return replace(stored, errands=(Errand("slips"),)) if received.name == "4.fit" else stored

    def enqueuing(self: Queue, db: Any, errand: Errand) -> None:
        if errand.name == "slips":
            raise KeyError(errand.name)
        enqueue(self, db, errand)

    monkeypatch.setattr(ingest, "prepare", preparing)
    monkeypatch.setattr(ingest, "store", storing)
    monkeypatch.setattr(Queue, "enqueue", enqueuing)
    with structlog.testing.capture_logs() as lines:
        assert work_off(replace(jobs.workshop, metrics=metrics), upload_id) is None
    row, _ = state(jobs, athlete_id, upload_id)
    assert (row.status, row.total, row.created, row.skipped, row.rejected) == ("done", RUNS + 1, RUNS - 2, 1, 2)
    with read(jobs.engine) as db:
        items = uploads.items(db, upload_id, scope=ALL, limit=50).items
        assert db.execute(sa.select(sa.func.count()).select_from(tables.activities)).scalar_one() == RUNS - 2
    refused = [(one.name, one.problem["code"]) for one in items if one.outcome == "rejected"]
    assert refused == [("7.fit", "internal"), ("4.fit", "internal")]
    assert [line["log_level"] for line in lines if line["event"] == "member_failed"] == ["error", "error"]
    assert "crampwatch_bugs_total 2.0" in metrics.exposed().decode()
    assert 'crampwatch_parse_errors_total{code="internal"} 2.0' in metrics.exposed().decode()


def test_an_upload_waits_for_a_database_that_does_not_answer(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, upload_id = queued(jobs)

    def unavailable(*_: Any, **__: Any) -> Any:
        raise Unavailable("not now")

    monkeypatch.setattr(ingest, "store", unavailable)
    with pytest.raises(Unavailable):
        work_off(jobs.workshop, upload_id)
    with read(jobs.engine) as db:
        assert uploads.items(db, upload_id, scope=ALL, limit=50).items == ()


def test_whoever_an_import_has_left_behind_is_caught_up_with(jobs: Any) -> None:
    """An import that is killed marks runs and sends nobody; the worker looks for such athletes by the clock."""
    now = datetime.now(UTC)
    with write(jobs.engine) as db:
        left = [athletes.create(db, now=now, fields={}).id for _ in range(3)]
        for athlete_id in left[:2]:
            athletes.mark_stale(db, athlete_id, since=now)
    keeping.send_out(jobs.workshop)
    assert sorted(job.args[0] for job in jobs.list("queued")) == sorted(left[:2])
    with jobs.working():
        for athlete_id in left:
            jobs.until(lambda athlete_id=athlete_id: _is_caught_up(jobs, athlete_id))
        jobs.until(lambda: not jobs.list("running"))


def _is_caught_up(jobs: Any, athlete_id: str) -> bool:
    with read(jobs.engine) as db:
        return athletes.stale(db, athlete_id) is None
