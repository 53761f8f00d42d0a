"""Blobs that must go: asked for in the transaction that takes their rows away, carried out after it.

So a crash between the two leaves a request, never a forgotten file: `sweep` runs after each deletion and at every
start. An upload puts its blobs away before it has rows, so one that is cut off leaves blobs without any: those
`ask_for_forgotten` finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from service.store import tables
from service.store.blobs import Blobs, erasure_key, original_key, streams_key
from service.store.engine import read, write
from service.store.upsert import insert_missing

_table: Final = tables.blob_removals

SCRUB: Final = "database/"
"""What requests begin with that are no blob's: the database file is to be written anew for an athlete (`scrub`)."""

ABANDONED_S: Final = 3600.0
"""After so long no upload is still on its way."""

_BATCH: Final = 500


def ask(db: Connection, athlete_id: str, *, keys: Iterable[str], now: datetime) -> None:
    """Nothing; these blobs of the athlete are to go. A key that ends in `/` means all that begins with it."""
    insert_missing(db, _table, [{"key": key, "athlete_id": athlete_id, "asked_at": now} for key in keys])


def ask_for_forgotten(engine: Engine, blobs: Blobs, *, before: datetime, now: datetime) -> int:
    """How many blobs, written before the moment, are asked to go because no row names them.

    `before` has to be so long ago that no upload which put one is still on its way. Raises what `sweep` raises.
    """
    asked = 0
    for keys in _batches(blobs.older_than(before)):
        with read(engine) as db:
            named = _named(db, keys)
        forgotten = [key for key in keys if key not in named]
        if forgotten:
            with write(engine) as db:
                for key in forgotten:
                    ask(db, key.split("/")[1], keys=[key], now=now)
        asked += len(forgotten)
    return asked


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    while some := list(islice(keys, _BATCH)):
        yield some


def _named(db: Connection, keys: Sequence[str]) -> set[str]:
    """The keys of every blob that a row stands on, among them those of `keys`."""
    files, activities, details = tables.files.c, tables.activities.c, tables.activity_details.c
    parts = [key.split("/") for key in keys]
    hashes = [name[2] for name in parts if name[0] == "originals"]
    ids = [name[2] for name in parts if name[0] == "streams"]
    originals = sa.select(files.athlete_id, files.sha256).where(files.sha256.in_(hashes))
    streams = (
        sa.select(activities.athlete_id, activities.id, details.streams_digest)
        .join_from(tables.activities, tables.activity_details, activities.id == details.activity_id)
        .where(activities.id.in_(ids))
    )
    waiting = sa.select(tables.upload_files.c.key).where(tables.upload_files.c.key.in_(keys))
    named = {original_key(*row) for row in db.execute(originals)} | {streams_key(*row) for row in db.execute(streams)}
    return named | set(db.execute(waiting).scalars())


def sweep(engine: Engine, blobs: Blobs) -> int:
    """How many requests were carried out; a blob that some row has come to need again since is left there.

    Raises Unavailable where database or blob store cannot be reached; what is left is done by the next sweep.
    """
    done = 0
    while True:
        with read(engine) as db:
            query = sa.select(_table.c.key, _table.c.athlete_id).where(_table.c.key.not_like(f"{SCRUB}%"))
            requests = db.execute(query.limit(_BATCH)).all()
        if not requests:
            return done
        for key, athlete_id in requests:
            _carry_out(engine, blobs, key=key, athlete_id=athlete_id)
        done += len(requests)


def _carry_out(engine: Engine, blobs: Blobs, *, key: str, athlete_id: str) -> None:
    """The look, and the removal of a single blob, under the athlete's lock: no upload can come to need it between.

    What nothing below a prefix needs is never needed again (ids do not come back), so all of it, which may be an
    athlete's fifty thousand blobs, goes without holding up a writer.
    """
    with write(engine) as db:
        athletes = tables.athletes.c
        db.execute(sa.select(athletes.id).where(athletes.id == athlete_id).with_for_update())
        goes = not _is_needed(db, key)
        if goes and not key.endswith("/"):
            blobs.delete(key)
        if not (goes and key.endswith("/")):
            _done(db, key)
            return
    if key == f"originals/{athlete_id}/":  # asked for by an erasure alone
        blobs.put(erasure_key(athlete_id), b"erased")
    blobs.delete_prefix(key)
    with write(engine) as db:
        _done(db, key)


def _done(db: Connection, key: str) -> None:
    db.execute(sa.delete(_table).where(_table.c.key == key))


def _is_needed(db: Connection, key: str) -> bool:
    """True where a row still stands on the blob, or on one below the prefix (shapes: `service.store.blobs`)."""
    match key.rstrip("/").split("/"):
        case ["originals" | "streams" | "incoming", athlete_id]:
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
        case ["incoming", _, upload_id, *rest]:
            waiting = tables.upload_files.c
            row = sa.select(waiting.position).where(waiting.upload_id == upload_id)
            if rest:
                row = row.where(waiting.key == key)
        case _:
            raise ValueError("a removal that is no key of a blob")
    return db.execute(row).first() is not None
