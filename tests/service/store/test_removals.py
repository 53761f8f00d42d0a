"""What was asked to go goes, after a crash too, and nothing that is needed goes with it."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from service.errors import Unavailable
from service.store import activities, athletes, files, removals, tables, tombstones, uploads, waiting
from service.store.blobs import (
    Blobs,
    digest_of,
    erasure_key,
    incoming_key,
    incoming_prefix,
    original_key,
    streams_key,
)
from service.store.engine import read, write
from service.store.ids import new_id
from service.store.waiting import WaitingFile

from .conftest import NOW, Seed, Source, insert


def keep(
    engine: Engine, blobs: Blobs, seed: Seed, athlete_id: str, *, data: bytes = b"run", parts: int = 1
) -> list[str]:
    """Store a file of `parts` activities as an upload does: blobs first, rows after."""
    sha256 = digest_of(data)
    made = []
    for part in range(parts):
        activity_id, stream = new_id("act", seed.tick()), data + bytes([part])
        blobs.put(original_key(athlete_id, sha256), data)
        blobs.put(streams_key(athlete_id, activity_id, digest_of(stream)), stream)
        with write(engine) as db:
            seed.file(db, athlete_id, sha256)
            content = seed.content(digest=digest_of(stream))
            insert(db, athlete_id, activity_id=activity_id, now=seed.now, content=content, source=Source(sha256, part))
        made.append(activity_id)
    return made


@pytest.fixture
def athlete_id(engine: Engine, seed: Seed) -> str:
    with write(engine) as db:
        return seed.athlete(db)


def left(engine: Engine) -> int:
    with read(engine) as db:
        return db.execute(sa.select(sa.func.count()).select_from(tables.blob_removals)).scalar_one()


def test_a_deleted_activity_takes_its_blobs_with_it(engine: Engine, blobs: Blobs, seed: Seed, athlete_id: str) -> None:
    [kept] = keep(engine, blobs, seed, athlete_id, data=b"kept")
    [gone] = keep(engine, blobs, seed, athlete_id, data=b"gone")
    with write(engine) as db:
        activities.delete(db, gone, athlete_id=athlete_id, now=seed.now)
    assert len(list(blobs.list())) == 4
    assert removals.sweep(engine, blobs) == 2
    assert removals.sweep(engine, blobs) == 0
    assert set(blobs.list()) == {
        original_key(athlete_id, digest_of(b"kept")),
        streams_key(athlete_id, kept, digest_of(b"kept\0")),
    }


def test_an_erased_athlete_leaves_no_blob(engine: Engine, blobs: Blobs, seed: Seed, athlete_id: str) -> None:
    with write(engine) as db:
        other = seed.athlete(db)
    for one, parts in ((athlete_id, 3), (other, 1)):
        keep(engine, blobs, seed, one, parts=parts)
    with write(engine) as db:
        athletes.erase(db, athlete_id, now=seed.now)
    removals.sweep(engine, blobs)
    left = set(blobs.list()) - {erasure_key(athlete_id)}
    assert len(left) == 2
    assert all(other in key for key in left)


def test_an_original_stays_while_another_part_of_it_does(
    engine: Engine, blobs: Blobs, seed: Seed, athlete_id: str
) -> None:
    first, second = keep(engine, blobs, seed, athlete_id, parts=2)
    with write(engine) as db:
        activities.delete(db, first, athlete_id=athlete_id, now=seed.now)
    removals.sweep(engine, blobs)
    assert set(blobs.list()) == {
        original_key(athlete_id, digest_of(b"run")),
        streams_key(athlete_id, second, digest_of(b"run\1")),
    }


def test_replaced_streams_go_and_the_present_ones_stay(
    engine: Engine, blobs: Blobs, seed: Seed, athlete_id: str
) -> None:
    [activity_id] = keep(engine, blobs, seed, athlete_id)
    blobs.put(streams_key(athlete_id, activity_id, digest_of(b"new")), b"new")
    with write(engine) as db:
        content = seed.content(digest=digest_of(b"new"))
        activities.replace(db, activity_id, athlete_id=athlete_id, now=seed.now, content=content)
    removals.sweep(engine, blobs)
    assert list(blobs.list(f"streams/{athlete_id}/")) == [streams_key(athlete_id, activity_id, digest_of(b"new"))]


def test_an_original_that_came_back_before_the_sweep_stays(
    engine: Engine, blobs: Blobs, seed: Seed, athlete_id: str
) -> None:
    """Deleted, uploaded again, and only then swept: the request is done with, the blob is needed."""
    [activity_id] = keep(engine, blobs, seed, athlete_id)
    with write(engine) as db:
        activities.delete(db, activity_id, athlete_id=athlete_id, now=seed.now)
    [again] = keep(engine, blobs, seed, athlete_id)
    assert removals.sweep(engine, blobs) == 2
    assert blobs.get(original_key(athlete_id, digest_of(b"run"))) == b"run"
    assert blobs.exists(streams_key(athlete_id, again, digest_of(b"run\0")))


def test_a_sweep_that_fails_forgets_nothing(
    engine: Engine, blobs: Blobs, seed: Seed, athlete_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [activity_id] = keep(engine, blobs, seed, athlete_id)
    with write(engine) as db:
        activities.delete(db, activity_id, athlete_id=athlete_id, now=seed.now)

    def fail(*_: object) -> None:
        raise Unavailable("down")

    monkeypatch.setattr(Blobs, "delete_prefix", fail)
    with pytest.raises(Unavailable):
        removals.sweep(engine, blobs)
    assert left(engine) > 0
    monkeypatch.undo()
    removals.sweep(engine, blobs)
    assert (left(engine), list(blobs.list())) == (0, [])


def test_no_writer_waits_while_an_athletes_blobs_go(
    engine: Engine, blobs: Blobs, seed: Seed, athlete_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(engine, blobs, seed, athlete_id, parts=3)
    with write(engine) as db:
        athletes.erase(db, athlete_id, now=seed.now)
    wrote: list[str] = []
    delete_prefix = Blobs.delete_prefix

    def write_meanwhile(self: Blobs, prefix: str) -> int:
        with write(engine, wait_s=0.1) as db:
            wrote.append(seed.athlete(db))
        return delete_prefix(self, prefix)

    monkeypatch.setattr(Blobs, "delete_prefix", write_meanwhile)
    removals.sweep(engine, blobs)
    assert len(wrote) == 3
    assert list(blobs.list()) == [erasure_key(athlete_id)]


def test_what_a_cut_off_upload_left_goes_once_it_is_old(
    engine: Engine, blobs: Blobs, seed: Seed, athlete_id: str, tmp_path: Path
) -> None:
    """A blob without a row may be an upload on its way; after an hour it is nobody's."""
    keep(engine, blobs, seed, athlete_id, data=b"kept")
    kept = set(blobs.list())
    activity_id, erased = new_id("act", NOW), new_id("ath", NOW)
    left = [
        original_key(athlete_id, digest_of(b"cut")),
        streams_key(athlete_id, activity_id, digest_of(b"cut")),
        original_key(erased, digest_of(b"kept")),
    ]
    for key in left:
        blobs.put(key, b"cut")
    (tmp_path / "blobs" / "lost+found").write_bytes(b"not ours")
    long_ago, now = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC)
    assert removals.ask_for_forgotten(engine, blobs, before=long_ago, now=now) == 0
    for path in (tmp_path / "blobs").rglob("*"):
        os.utime(path, times=(0, 0))
    assert removals.ask_for_forgotten(engine, blobs, before=long_ago, now=now) == len(left)
    removals.sweep(engine, blobs)
    assert set(blobs.list()) == kept | {"lost+found"}


def test_what_waits_to_be_worked_off_stays_and_what_no_row_names_goes(
    engine: Engine, blobs: Blobs, seed: Seed, athlete_id: str
) -> None:
    waits, left = new_id("upl", seed.tick()), new_id("upl", seed.tick())
    keys = [incoming_key(athlete_id, upload_id, 0) for upload_id in (waits, left)]
    for key in keys:
        blobs.put_file(key, io.BytesIO(b"sent"))
    with write(engine) as db:
        uploads.start(db, athlete_id, upload_id=waits, now=seed.now, status="queued")
        waiting.add(db, athlete_id, upload_id=waits, files=[WaitingFile(0, "a.zip", keys[0], 4)])
    later = datetime.now(UTC) + timedelta(hours=1)
    assert removals.ask_for_forgotten(engine, blobs, before=later, now=later) == 1
    with write(engine) as db:
        removals.ask(db, athlete_id, keys=[incoming_prefix(athlete_id, waits), keys[0]], now=later)
    removals.sweep(engine, blobs)
    assert list(blobs.list()) == [keys[0]]
    with write(engine) as db:
        waiting.forget(db, athlete_id, upload_id=waits, now=later)
    removals.sweep(engine, blobs)
    assert list(blobs.list()) == []


def test_uploading_deleting_and_sweeping_at_once_never_leaves_a_row_without_its_blob(
    engine: Engine, blobs: Blobs, seed: Seed, athlete_id: str
) -> None:
    """The protocol of an upload: put before the transaction, look once more inside it, under the athlete's lock."""
    data, sha256 = b"contended", digest_of(b"contended")
    key = original_key(athlete_id, sha256)
    wrong: list[str] = []

    def upload_and_delete(worker: int) -> None:
        for turn in range(12):
            now = NOW + timedelta(seconds=100 * worker + turn)
            activity_id = new_id("act", now)
            blobs.put(key, data)
            with write(engine, wait_s=30) as db:
                athletes.lock(db, athlete_id)
                if files.activities_of(db, athlete_id, sha256=sha256):
                    continue
                files.add(db, athlete_id, sha256=sha256, size=9, filename="x", format_id="fit", via="upload", now=now)
                source, content = Source(sha256), seed.content()
                insert(db, athlete_id, activity_id=activity_id, now=now, content=content, source=source)
                tombstones.lift(db, athlete_id, sha256=sha256)
                if not blobs.exists(key):
                    blobs.put(key, data)
            with write(engine, wait_s=30) as db:
                athletes.lock(db, athlete_id)
                if not blobs.exists(key):
                    wrong.append(activity_id)
                activities.delete(db, activity_id, athlete_id=athlete_id, now=now)

    def sweep() -> None:
        while not stop.is_set():
            removals.sweep(engine, blobs)

    stop = threading.Event()
    sweeper = threading.Thread(target=sweep)
    workers = [threading.Thread(target=upload_and_delete, args=(number,)) for number in range(3)]
    calls: list[Callable[[], None]] = [sweeper.start, *(worker.start for worker in workers)]
    for call in [*calls, *(worker.join for worker in workers)]:
        call()
    stop.set()
    sweeper.join()
    assert wrong == []
    removals.sweep(engine, blobs)
    assert list(blobs.list(f"streams/{athlete_id}/")) == []
