"""Erasing an athlete for good: every row and blob, what others keep, and a stone against a backup that comes back.

The stone is a blob, `erasures/<hash of the id>`, that says nothing of anybody. A database restored from before the
erasure meets it at the next start, and the athlete goes again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from service.store import athletes, audit, tables
from service.store.blobs import ERASURES, Blobs, erasure_key
from service.store.engine import read, write

Forget = Callable[[Connection, str], None]
"""What somebody who keeps things of an athlete elsewhere in the database (jobs) does in the erasing transaction."""


def erase(
    db: Connection,
    athlete_id: str,
    *,
    now: datetime,
    actor: str,
    request_id: str | None = None,
    forget: Sequence[Forget] = (),
) -> None:
    """Nothing; no row of the athlete is left, here or with those who `forget`, and it is known who did it.

    The blobs go after the commit (`removals.sweep`), and the stone is set then. Raises NotFound.
    """
    athletes.erase(db, athlete_id, now=now)
    for one in forget:
        one(db, athlete_id)
    audit.note(db, now=now, actor=actor, action="athlete.erased", athlete_id=athlete_id, request_id=request_id)


def honour(engine: Engine, blobs: Blobs, *, now: datetime, forget: Sequence[Forget] = ()) -> int:
    """How many athletes were erased anew, because a backup had brought them back. Their blobs go with the next sweep.

    Raises Unavailable.
    """
    stones = set(blobs.list(ERASURES))
    if not stones:
        return 0
    with read(engine) as db:
        ids = db.execute(sa.select(tables.athletes.c.id)).scalars()
        back = [athlete_id for athlete_id in ids if erasure_key(athlete_id) in stones]
    for athlete_id in back:
        with write(engine) as db:
            erase(db, athlete_id, now=now, actor=audit.SYSTEM, forget=forget)
    return len(back)
