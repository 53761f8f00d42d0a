"""Erasing an athlete for good: every row and blob, what others keep, and a stone against a backup that comes back.

The stone is a blob, `erasures/<athlete>`: an id, nothing else. A database restored from before the erasure meets it at
the next start, and the athlete goes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from service.store import athletes, audit, tables
from service.store.blobs import ERASURES, Blobs
from service.store.engine import read, write

Forget = Callable[[Connection, str], None]
"""What somebody who keeps things of an athlete elsewhere in the database (jobs) does in the erasing transaction."""

_BATCH: Final = 500


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
    ids = (key.removeprefix(ERASURES) for key in blobs.list(ERASURES))
    erased = 0
    for some in _batches(ids):
        with read(engine) as db:
            there = sa.select(tables.athletes.c.id).where(tables.athletes.c.id.in_(some))
            back = db.execute(there).scalars().all()
        for athlete_id in back:
            with write(engine) as db:
                erase(db, athlete_id, now=now, actor=audit.SYSTEM, forget=forget)
        erased += len(back)
    return erased


def _batches(ids: Iterator[str]) -> Iterator[list[str]]:
    while some := list(islice(ids, _BATCH)):
        yield some
