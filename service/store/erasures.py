"""Erasing an athlete for good: every row and blob, what others keep, and a stone against a backup that comes back.

The stone is a blob, `erasures/<hash of the id>`, that says nothing of anybody. A database restored from before the
erasure meets it at the next start, and the athlete goes again.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from service.store import athletes, audit, events, tables
from service.store.blobs import ERASURES, Blobs, erasure_key
from service.store.engine import read, write


def erase(
    db: Connection,
    athlete_id: str,
    *,
    now: datetime,
    actor: str,
    request_id: str | None = None,
) -> None:
    """Nothing; no row of the athlete is left, and it is known who did it.

    After the commit go the blobs (`removals.sweep`, which sets the stone) and the jobs of the athlete's lane. Raises
    NotFound.
    """
    athletes.erase(db, athlete_id, now=now)
    audit.note(db, now=now, actor=actor, action="athlete.erased", athlete_id=athlete_id, request_id=request_id)
    events.append(db, athlete_id, type="athlete.erased", now=now)


def honour(engine: Engine, blobs: Blobs, *, now: datetime) -> list[str]:
    """Who was erased anew, because a backup had brought them back. What goes after the commit of `erase` goes here too.

    Raises Unavailable.
    """
    stones = set(blobs.list(ERASURES))
    if not stones:
        return []
    with read(engine) as db:
        ids = db.execute(sa.select(tables.athletes.c.id)).scalars()
        back = [athlete_id for athlete_id in ids if erasure_key(athlete_id) in stones]
    for athlete_id in back:
        with write(engine) as db:
            erase(db, athlete_id, now=now, actor=audit.SYSTEM)
    return back
