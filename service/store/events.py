"""The feed of what happened: appended in the transaction of its cause, read in the order in which it became true.

`GET /v1/events` shows it, and webhooks are sent from it. A reader keeps the sequence of the last event it has seen and
asks for what came after; for that to miss nothing, an event must never become visible below one that was already seen.
SQLite has one writer at a time. On PostgreSQL a sequence is drawn before the commit, and a slower transaction would
appear late with an early number: so whoever appends holds a lock from then to its commit. Append last, therefore: what
a transaction does after it, nobody else can do meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store.cursor import Keyset, Page
from service.store.ids import new_id
from service.store.scope import Scope
from service.store.tables import events as _table

TYPES: Final = frozenset(
    {
        "activity.assessed",
        "activity.updated",
        "activity.deleted",
        "activity.merged",
        "activity.reassessed",
        "cramp_report.created",
        "upload.done",
        "upload.rejected",
        "import.done",
        "connection.broken",
        "athlete.erased",
    }
)

KEPT_DAYS: Final = 30
"""How long an event can be read."""

_LOCK: Final = 0x6576656E7473
"""PostgreSQL's advisory lock of whoever appends; every process must name the same number, which one does not matter."""

_IN_ORDER: Final = Keyset("events", (_table.c.sequence,))


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event. `data` is what is told beside, in the contract's shape; a headline in it has no text yet."""

    sequence: int
    id: str
    type: str
    athlete_id: str
    activity_id: str | None
    external_id: str | None
    created_at: datetime
    data: dict[str, Any]


_COLUMNS: Final = tuple(_table.c[spec.name] for spec in fields_of(EventRow))


def append(
    db: Connection,
    athlete_id: str,
    *,
    type: str,  # noqa: A002  # the contract's word
    now: datetime,
    activity_id: str | None = None,
    external_id: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> int:
    """The sequence of the new event, there if and only if the transaction is committed; best the last thing in it.

    `external_id` is the caller's id of the run. Of `data`, `headline` (text key and parameters), `previous_level` and
    `level` are shown beside the ids, the rest under `data`.
    """
    if type not in TYPES:
        raise ValueError(f"there is no event {type!r}")
    if db.dialect.name == "postgresql":
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    made = {
        "id": new_id("evt", now),
        "type": type,
        "athlete_id": athlete_id,
        "activity_id": activity_id,
        "external_id": external_id,
        "created_at": now,
        "data": dict(data or {}),
    }
    return int(db.execute(sa.insert(_table).values(made).returning(_table.c.sequence)).scalar_one())


def page(
    db: Connection,
    *,
    scope: Scope,
    limit: int,
    after: int | None = None,
    types: Collection[str] | None = None,
    cursor: str | None = None,
) -> Page[EventRow]:
    """The events after that sequence which the caller may see, the oldest first."""
    query = sa.select(*_COLUMNS).where(scope.allows(_table.c.athlete_id))
    if after is not None:
        query = query.where(_table.c.sequence > after)
    if types is not None:
        query = query.where(_table.c.type.in_(sorted(types)))
    return _IN_ORDER.page(db, query, limit=limit, cursor=cursor, make=_row)


def latest(db: Connection, *, scope: Scope, type: str, limit: int) -> list[EventRow]:  # noqa: A002  # the contract's word
    """The last events of a type that the caller may see, the newest first."""
    mine = sa.and_(scope.allows(_table.c.athlete_id), _table.c.type == type)
    query = sa.select(*_COLUMNS).where(mine).order_by(_table.c.sequence.desc()).limit(limit)
    return [_row(row) for row in db.execute(query).mappings()]


def _row(row: sa.RowMapping) -> EventRow:
    return EventRow(**row)


def forget_old(db: Connection, *, now: datetime) -> int:
    """How many events went, as their days were over; a sequence is never given again."""
    over = _table.c.created_at < now - timedelta(days=KEPT_DAYS)
    return db.execute(sa.delete(_table).where(over)).rowcount


def forget(db: Connection, athlete_id: str) -> None:
    """Nothing; the feed tells nothing of the athlete any more."""
    db.execute(sa.delete(_table).where(_table.c.athlete_id == athlete_id))
