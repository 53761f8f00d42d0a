"""Deliveries: what is sent to each endpoint, once for each event, and what became of it.

A row is made in the transaction that moves its endpoint along the feed: a crash leaves both or neither, and the key of
endpoint and sequence makes a second row of an event nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import NotFound
from service.store.cursor import Keyset, Page
from service.store.events import KEPT_DAYS
from service.store.ids import new_id
from service.store.scope import Scope
from service.store.tables import athletes
from service.store.tables import deliveries as _table
from service.store.upsert import insert_missing

PENDING: Final = "pending"
DELIVERED: Final = "delivered"
DEAD: Final = "dead"

_NEWEST_FIRST: Final = Keyset("deliveries", (_table.c.created_at, _table.c.id), descending=True)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """What is to be sent: an event of the feed by its sequence, or (None) a test; `body` is what is signed."""

    sequence: int | None
    athlete_id: str | None
    type: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery; `attempts` counts those that were made, `last_…`, `problem` and `took_ms` are of the last."""

    id: str
    endpoint_id: str
    sequence: int | None
    athlete_id: str | None
    type: str
    body: str = field(repr=False)
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    last_at: datetime | None
    last_status: int | None
    problem: str | None
    took_ms: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one attempt: `state` from now on, `due_at` the next where that is `pending`."""

    state: str
    at: datetime
    due_at: datetime
    status: int | None
    problem: str | None
    took_ms: int


_COLUMNS: Final = tuple(_table.c[spec.name] for spec in fields_of(DeliveryRow))


def _row(row: sa.RowMapping) -> DeliveryRow:
    return DeliveryRow(**row)


def add(db: Connection, endpoint_id: str, *, news: Sequence[NewDelivery], now: datetime) -> list[str]:
    """The ids of the new deliveries, due now; one of an event that the endpoint has already is left as it was."""
    rows: list[dict[str, Any]] = [
        {
            "id": new_id("dlv", now),
            "endpoint_id": endpoint_id,
            "sequence": one.sequence,
            "athlete_id": one.athlete_id,
            "type": one.type,
            "body": one.body,
            "state": PENDING,
            "attempts": 0,
            "created_at": now,
            "due_at": now,
        }
        for one in news
    ]
    insert_missing(db, _table, rows)
    return [row["id"] for row in rows]


def still_there(db: Connection, athlete_ids: Collection[str], *, scope: Scope) -> set[str]:
    """Those of the athletes who are there, and whom nobody erases before the transaction ends."""
    named = sa.select(athletes.c.id).where(athletes.c.id.in_(sorted(athlete_ids)), scope.allows(athletes.c.id))
    return set(db.execute(named.order_by(athletes.c.id).with_for_update(read=True, key_share=True)).scalars())


def due(db: Connection, endpoint_id: str, *, now: datetime, limit: int) -> list[DeliveryRow]:
    """Deliveries whose time has come: tests first, then in the order of the feed."""
    query = (
        sa.select(*_COLUMNS)
        .where(_pending(endpoint_id), _table.c.due_at <= sa.literal(now, _table.c.due_at.type))
        .order_by(_table.c.sequence.asc().nulls_first(), _table.c.id)
        .limit(limit)
    )
    return [_row(found) for found in db.execute(query).mappings()]


def next_due_at(db: Connection, endpoint_id: str) -> datetime | None:
    """When the next delivery is due; None where none waits."""
    found: datetime | None = db.execute(sa.select(sa.func.min(_table.c.due_at)).where(_pending(endpoint_id))).scalar()
    return found


def counts(db: Connection) -> dict[str, int]:
    """How many deliveries are `pending`, and how many were given up (`dead`)."""
    numbers = (sa.func.count().filter(_table.c.state == state) for state in (PENDING, DEAD))
    found = db.execute(sa.select(*numbers).where(_table.c.state.in_((PENDING, DEAD)))).one()
    return {PENDING: found[0], DEAD: found[1]}


def _pending(endpoint_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(_table.c.endpoint_id == endpoint_id, _table.c.state == PENDING)


def note(db: Connection, delivery_id: str, *, attempt: Attempt) -> bool:
    """Whether the delivery is still there; it is known what came of one more attempt."""
    values = {
        "state": attempt.state,
        "attempts": _table.c.attempts + 1,
        "due_at": attempt.due_at,
        "last_at": attempt.at,
        "last_status": attempt.status,
        "problem": attempt.problem,
        "took_ms": attempt.took_ms,
    }
    return db.execute(sa.update(_table).where(_table.c.id == delivery_id).values(values)).rowcount == 1


def get(db: Connection, delivery_id: str, *, scope: Scope) -> DeliveryRow:
    """The delivery. Raises NotFound, also where it is about somebody whom the caller may not see."""
    query = sa.select(*_COLUMNS).where(_table.c.id == delivery_id, _visible(scope))
    found = db.execute(query).mappings().one_or_none()
    if found is None:
        raise absent()
    return _row(found)


def absent() -> NotFound:
    """The refusal of a delivery that is not there, or not the caller's; the two look the same."""
    return NotFound("There is no such delivery here.")


def _visible(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.or_(_table.c.athlete_id.is_(None), scope.allows(_table.c.athlete_id))


def page(
    db: Connection, endpoint_id: str, *, scope: Scope, limit: int, cursor: str | None = None, state: str | None = None
) -> Page[DeliveryRow]:
    """The deliveries of an endpoint that the caller may see, the newest first."""
    query = sa.select(*_COLUMNS).where(_table.c.endpoint_id == endpoint_id, _visible(scope))
    if state is not None:
        query = query.where(_table.c.state == state)
    return _NEWEST_FIRST.page(db, query, limit=limit, cursor=cursor, make=_row)


def again(db: Connection, delivery_id: str, *, scope: Scope, now: datetime) -> DeliveryRow:
    """The delivery, due now and with all its attempts before it, whatever became of it. Raises NotFound."""
    before = get(db, delivery_id, scope=scope)
    values = {"state": PENDING, "attempts": 0, "due_at": now}
    db.execute(sa.update(_table).where(_table.c.id == before.id).values(values))
    return get(db, delivery_id, scope=scope)


def withdraw(db: Connection, delivery_ids: Collection[str]) -> None:
    """Nothing; what was to be sent is not, and leaves no line in the log."""
    db.execute(sa.delete(_table).where(_table.c.id.in_(delivery_ids), _table.c.state == PENDING))


def forget(db: Connection, athlete_id: str) -> None:
    """Nothing; nothing that was sent, or is about to be, is about the athlete."""
    db.execute(sa.delete(_table).where(_table.c.athlete_id == athlete_id))


def forget_old(db: Connection, *, now: datetime) -> int:
    """How many deliveries went that are older than the events of the feed."""
    over = _table.c.created_at < sa.literal(now - timedelta(days=KEPT_DAYS), _table.c.created_at.type)
    return db.execute(sa.delete(_table).where(over)).rowcount
