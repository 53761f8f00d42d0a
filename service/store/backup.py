"""A copy of the embedded store, made while the service goes on: the database at one moment, with every blob it names.

Blobs are written before the row that names them and go after it, so they are copied before the database and after it:
what was added meanwhile is in the second round. A run that was both added and deleted meanwhile is deleted in the copy,
too.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine

from service.errors import BadCall, Unavailable
from service.store import activities, files, migrate, wholeness
from service.store.blobs import Blobs
from service.store.damage import BlobMissing
from service.store.engine import make_engine, write
from service.store.wholeness import Blob

DATABASE = "crampwatch.db"
BLOBS = "blobs"
"""The names within a data folder, so that the copy is one."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What is in the copy: how many blobs were copied now, and how many runs went that had been deleted meanwhile."""

    blobs: int
    deleted: int


def copy(engine: Engine, blobs: Blobs, target: Path, *, now: datetime) -> Copied:
    """What was copied into the folder, which is a data folder afterwards.

    A copy that is there already is renewed: only new blobs are copied. Raises BadCall where the store is not an
    embedded one, NoSpace and Unavailable.
    """
    if engine.dialect.name != "sqlite":
        raise BadCall("Only an embedded store is copied so; PostgreSQL has pg_dump, and an object store its own tools.")
    if not migrate.is_current(engine):
        raise Unavailable("There is no store of this version to be copied.")
    target.mkdir(parents=True, exist_ok=True)
    kept = blobs_in(target)
    count = _copy_blobs(blobs, kept)
    _copy_database(Path(str(engine.url.database)), target / DATABASE)
    count += _copy_blobs(blobs, kept)
    there = engine_on(target)
    try:
        deleted = _delete_what_went(there, kept, blobs, now=now)
    finally:
        there.dispose()
    return Copied(count, deleted)


def engine_on(folder: Path) -> Engine:
    """An engine on the database of a data folder."""
    return make_engine(f"sqlite:///{(folder / DATABASE).absolute()}")


def blobs_in(folder: Path) -> Blobs:
    """The blobs of a data folder."""
    return Blobs(f"file://{quote(str((folder / BLOBS).absolute()))}")


def _copy_blobs(source: Blobs, target: Blobs) -> int:
    """How many blobs were new to the target."""
    return sum(target.put(key, data) for key, data in _new(source, target))


def _new(source: Blobs, target: Blobs) -> Iterator[tuple[str, bytes]]:
    for key in source.list():
        if not target.exists(key):
            with suppress(BlobMissing):  # it went since it was listed
                yield key, source.get(key)


def _copy_database(source: Path, target: Path) -> None:
    """The database as it is at one moment; a writer waits for nothing, as SQLite reads a snapshot of the log."""
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(fresh),))
    for leftover in ("-wal", "-shm"):
        target.with_name(target.name + leftover).unlink(missing_ok=True)
    shutil.move(fresh, target)


def _delete_what_went(there: Engine, kept: Blobs, source: Blobs, *, now: datetime) -> int:
    """How many runs of the copy lack a blob because it went at the source meanwhile, and are gone from the copy now."""
    went = [blob for blob in wholeness.missing(there, kept) if not source.exists(blob.key)]
    with write(there) as db:
        runs = {activity_id: blob.athlete_id for blob in went for activity_id in _runs_on(db, blob)}
        for activity_id, athlete_id in runs.items():
            activities.delete(db, activity_id, athlete_id=athlete_id, now=now)
    return len(runs)


def _runs_on(db: Connection, blob: Blob) -> set[str]:
    if blob.activity_id is not None:
        return {blob.activity_id}
    return set(files.activities_of(db, blob.athlete_id, sha256=blob.sha256).values())
