"""Files that were sent and wait to be worked off: rows that name blobs, there until their upload is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store import removals, uploads
from service.store.blobs import incoming_prefix
from service.store.files import FILENAME_LENGTH
from service.store.scope import Scope
from service.store.tables import upload_files as _table
from service.store.tables import uploads as _uploads


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """One file as it was sent; `position` is its place in the upload, `key` that of its blob."""

    position: int
    name: str
    key: str
    bytes: int


def add(db: Connection, athlete_id: str, *, upload_id: str, files: Sequence[WaitingFile]) -> None:
    """Nothing; the files of the athlete's upload, which was just made, wait."""
    uploads.get(db, upload_id, scope=Scope.of(athlete_id))
    rows = [
        {
            "upload_id": upload_id,
            "position": one.position,
            "name": one.name[:FILENAME_LENGTH],
            "key": one.key,
            "bytes": one.bytes,
        }
        for one in files
    ]
    db.execute(sa.insert(_table), rows)


def files(db: Connection, upload_id: str, *, scope: Scope, first: int = 0) -> tuple[WaitingFile, ...]:
    """The files of the upload that still wait, from the place `first` on, in the order in which they were sent."""
    query = (
        sa.select(_table.c.position, _table.c.name, _table.c.key, _table.c.bytes)
        .join_from(_table, _uploads, _table.c.upload_id == _uploads.c.id)
        .where(_table.c.upload_id == upload_id, _table.c.position >= first, scope.allows(_uploads.c.athlete_id))
        .order_by(_table.c.position)
    )
    return tuple(WaitingFile(**row) for row in db.execute(query).mappings())


def forget(db: Connection, athlete_id: str, *, upload_id: str, now: datetime) -> None:
    """Nothing; no file of the upload waits any more, and their blobs are asked to go. Raises NotFound."""
    uploads.get(db, upload_id, scope=Scope.of(athlete_id))
    if db.execute(sa.delete(_table).where(_table.c.upload_id == upload_id)).rowcount:
        removals.ask(db, athlete_id, keys=[incoming_prefix(athlete_id, upload_id)], now=now)
