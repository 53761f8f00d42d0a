"""Blobs that must go: asked for in the transaction that takes their rows away, carried out after it.

So a crash between the two leaves a request, never a forgotten file: `sweep` runs after each deletion and at every
start.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from service.store import tables
from service.store.blobs import Blobs
from service.store.engine import read, write
from service.store.upsert import insert_missing

_table: Final = tables.blob_removals

_BATCH: Final = 500


def ask(db: Connection, athlete_id: str, *, keys: Iterable[str], now: datetime) -> None:
    """Nothing; these blobs of the athlete are to go. A key that ends in `/` means all that begins with it."""
    insert_missing(db, _table, [{"key": key, "athlete_id": athlete_id, "asked_at": now} for key in keys])


def sweep(engine: Engine, blobs: Blobs) -> int:
    """How many requests were carried out; a blob that some row has come to need again since is left there.

    Raises Unavailable where database or blob store cannot be reached; what is left is done by the next sweep.
    """
    done = 0
    while True:
        with read(engine) as db:
            requests = db.execute(sa.select(_table.c.key, _table.c.athlete_id).limit(_BATCH)).all()
        if not requests:
            return done
        for key, athlete_id in requests:
            _carry_out(engine, blobs, key=key, athlete_id=athlete_id)
        done += len(requests)


def _carry_out(engine: Engine, blobs: Blobs, *, key: str, athlete_id: str) -> None:
    """Under the athlete's lock, so that no upload can come to need the blob between the look and the removal."""
    with write(engine) as db:
        athletes = tables.athletes.c
        db.execute(sa.select(athletes.id).where(athletes.id == athlete_id).with_for_update())
        if not _is_needed(db, key):
            if key.endswith("/"):
                blobs.delete_prefix(key)
            else:
                blobs.delete(key)
        db.execute(sa.delete(_table).where(_table.c.key == key))


def _is_needed(db: Connection, key: str) -> bool:
    """True where a row still stands on the blob, or on one below the prefix (shapes: `service.store.blobs`)."""
    match key.rstrip("/").split("/"):
        case ["originals" | "streams", athlete_id]:
            row = sa.select(tables.athletes.c.id).where(tables.athletes.c.id == athlete_id)
        case ["originals", athlete_id, sha256]:
            files = tables.files.c
            row = sa.select(files.sha256).where(files.athlete_id == athlete_id, files.sha256 == sha256)
        case ["streams", athlete_id, activity_id]:
            activities = tables.activities.c
            row = sa.select(activities.id).where(activities.athlete_id == athlete_id, activities.id == activity_id)
        case ["streams", _, activity_id, digest]:
            details = tables.activity_details.c
            row = sa.select(details.activity_id).where(
                details.activity_id == activity_id, details.streams_digest == digest
            )
        case _:
            raise ValueError("a removal that is no key of a blob")
    return db.execute(row).first() is not None
