"""House-keeping by the clock: what was left lying goes, and what somebody needs or may be at work on stays."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from service.errands import Errand
from service.jobs import worker
from service.jobs.errands import keeping
from service.store import athletes, erasures, removals, uploads, waiting
from service.store.blobs import incoming_key
from service.store.engine import write
from service.store.ids import new_id
from service.store.waiting import WaitingFile


def test_a_file_that_was_put_away_and_never_queued_goes_within_the_hours(jobs: Any, tmp_path: Path) -> None:
    """A drain puts a file away before its transaction: that may fail, or the athlete be erased meanwhile."""
    now, blobs = datetime.now(UTC), jobs.workshop.blobs
    with write(jobs.engine) as db:
        here, erased = (athletes.create(db, now=now, fields={}).id for _ in range(2))
    waits, failed, late, young = (
        incoming_key(athlete_id, new_id("upl", now), 0) for athlete_id in (here, here, erased, here)
    )
    with write(jobs.engine) as db:
        erasures.erase(db, erased, now=now, actor="local")
        upload_id = waits.split("/")[2]
        uploads.start(db, here, upload_id=upload_id, now=now, status="queued")
        waiting.add(db, here, upload_id=upload_id, files=[WaitingFile(0, "a.fit", waits, 4)])
    removals.sweep(jobs.engine, blobs)
    for key in (waits, failed, late):
        blobs.put(key, b"sent")
    long_ago = (now - timedelta(seconds=removals.ABANDONED_S + 60)).timestamp()
    for path in tmp_path.rglob("0"):
        os.utime(path, (long_ago, long_ago))
    blobs.put(young, b"sent")
    jobs.send(Errand(keeping.SWEEP))
    with jobs.working():
        jobs.until(lambda: jobs.list("done"))
    assert {key for key in blobs.list() if key.startswith("incoming/")} == {waits, young}


def test_it_is_done_each_hour() -> None:
    assert worker.SCHEDULES[keeping.SWEEP].endswith(" * * * *")
