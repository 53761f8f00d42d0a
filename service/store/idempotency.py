"""Answers kept for calls that their caller may repeat: who holds a key at the moment, and what it was answered with.

A key is held while its first call is under way, and only as long as that call says again and again that it lives. So
the key of a call whose process died is free soon, and its repetition is served anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store.tables import idempotency_keys as _table
from service.store.upsert import insert_new

KEPT: Final = timedelta(hours=24)
"""How long a call may be repeated."""

HELD: Final = timedelta(seconds=30)
"""After so long without a sign of life a call is taken for dead."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a call was answered with; `body_sha256` is of what it said, its address included."""

    target: str
    body_sha256: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Busy:
    """The first call with the key is under way."""

    until: datetime


def claim(db: Connection, caller: str, key: str, *, target: str, now: datetime) -> Kept | Busy | None:
    """None where the key is the call's own from now on; else what its first call was answered with, or is waiting for.

    What was answered a day ago, and what died on the way, is forgotten at that.
    """
    mine = _mine(caller, key)
    over = sa.or_(_table.c.created_at <= now - KEPT, sa.and_(_table.c.status.is_(None), _table.c.held_until <= now))
    db.execute(sa.delete(_table).where(mine, over))
    made = {"caller": caller, "key": key, "target": target, "created_at": now, "held_until": now + HELD}
    if insert_new(db, _table, made):
        return None
    found = db.execute(sa.select(*_table.c).where(mine)).mappings().one()
    if found["status"] is not None:
        return Kept(found["target"], found["body_sha256"], found["status"], found["headers"], found["body"])
    return Busy(found["held_until"])


def hold_on(db: Connection, caller: str, key: str, *, since: datetime, now: datetime) -> bool:
    """Whether the key is still held by the call that came at `since`; if so, it is for some time more."""
    query = sa.update(_table).where(_own(caller, key, since)).values(held_until=now + HELD)
    return db.execute(query).rowcount == 1


def keep(db: Connection, caller: str, key: str, *, since: datetime, answer: Kept) -> None:
    """Nothing; repetitions of the call that came at `since` get this, unless somebody else has the key by now."""
    values = {
        "body_sha256": answer.body_sha256,
        "status": answer.status,
        "headers": dict(answer.headers),
        "body": answer.body,
    }
    db.execute(sa.update(_table).where(_own(caller, key, since)).values(values))


def let_go(db: Connection, caller: str, key: str, *, since: datetime) -> None:
    """Nothing; the call that came at `since` has no answer to keep, and may be repeated at once."""
    db.execute(sa.delete(_table).where(_own(caller, key, since)))


def _mine(caller: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(_table.c.caller == caller, _table.c.key == key)


def _own(caller: str, key: str, since: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(_mine(caller, key), _table.c.created_at == since, _table.c.status.is_(None))
