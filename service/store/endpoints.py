"""Endpoints: addresses of subscribers to whom the feed is sent, each with its owner, and how far each has come.

An owner is an API key or `local`; a question names the owner who asks, or None, said out loud, for whoever may see all.
The store knows secrets as bytes: they are locked before they come here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import Conflict, NotFound
from service.store import audit, keys
from service.store.cursor import Keyset, Page
from service.store.ids import new_id
from service.store.scope import Scope
from service.store.tables import deliveries, events
from service.store.tables import webhook_endpoints as _table

LOCAL: Final = audit.LOCAL
"""The owner at this very computer, where no keys are asked for."""

EVERY_TYPE: Final = "*"

PAUSED: Final = "paused"
FAILING: Final = "failing"
GONE: Final = "gone"
"""Why an endpoint is disabled: its owner wants it, nothing was taken for days, or it answered 410."""

_OLDEST_FIRST: Final = Keyset("endpoints", (_table.c.created_at, _table.c.id))


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One address. `athletes` None: all that the owner may see; `sequence`: the last event that was looked at for it.

    `secret` and `previous_secret`, which holds until `previous_until`, are locked. Nothing is sent before `not_before`.
    """

    id: str
    owner: str
    url: str
    events: list[str]
    athletes: list[str] | None
    secret: bytes = field(repr=False)
    previous_secret: bytes | None = field(repr=False)
    previous_until: datetime | None
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_because: str | None
    sequence: int
    revision: int
    not_before: datetime | None

    @property
    def types(self) -> list[str] | None:
        """The types of events that are sent; None: all, those that are still to be invented as well."""
        return None if EVERY_TYPE in self.events else self.events


_COLUMNS: Final = tuple(_table.c[spec.name] for spec in fields_of(EndpointRow))
_HEAD: Final = sa.select(sa.func.coalesce(sa.func.max(events.c.sequence), 0))


def _row(row: sa.RowMapping) -> EndpointRow:
    return EndpointRow(**row)


def new_endpoint_id(now: datetime) -> str:
    """An id for `add`, as the secret is bound to it before it comes here."""
    return new_id("whe", now)


def add(
    db: Connection,
    endpoint_id: str,
    *,
    owner: str,
    url: str,
    types: list[str],
    athletes: list[str] | None,
    secret: bytes,
    now: datetime,
) -> EndpointRow:
    """The new endpoint; it hears of what happens from now on."""
    made = {
        "id": endpoint_id,
        "owner": owner,
        "url": url,
        "events": types,
        "athletes": athletes,
        "secret": secret,
        "created_at": now,
        "sequence": head(db),
        "revision": 1,
    }
    db.execute(sa.insert(_table).values(made))
    return get(db, endpoint_id, owner=owner)


def head(db: Connection) -> int:
    """The sequence of the last event there is; 0 where there is none."""
    return int(db.execute(_HEAD).scalar_one())


def get(db: Connection, endpoint_id: str, *, owner: str | None) -> EndpointRow:
    """The endpoint. Raises NotFound, also for somebody else's."""
    found = _found(db, endpoint_id, owner=owner)
    if found is None:
        raise NotFound("There is no such endpoint here.")
    return found


def _found(db: Connection, endpoint_id: str, *, owner: str | None, lock: bool = False) -> EndpointRow | None:
    query = sa.select(*_COLUMNS).where(_table.c.id == endpoint_id, _owned(owner))
    row = db.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return None if row is None else _row(row)


def _owned(owner: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if owner is None else _table.c.owner == owner


def find(db: Connection, endpoint_id: str) -> EndpointRow | None:
    """The endpoint, where it is still there: for whoever sends."""
    return _found(db, endpoint_id, owner=None)


def hold(db: Connection, endpoint_id: str) -> EndpointRow | None:
    """The endpoint, where it is still there, and nobody else changes it until the transaction ends."""
    return _found(db, endpoint_id, owner=None, lock=True)


def page(db: Connection, *, owner: str | None, limit: int, cursor: str | None = None) -> Page[EndpointRow]:
    """The owner's endpoints, the oldest first."""
    query = sa.select(*_COLUMNS).where(_owned(owner))
    return _OLDEST_FIRST.page(db, query, limit=limit, cursor=cursor, make=_row)


def change(
    db: Connection, endpoint_id: str, *, owner: str | None, fields: Mapping[str, Any], revision: int | None = None
) -> EndpointRow:
    """The endpoint after a change by its owner; one that changes nothing leaves the revision as it was.

    Raises NotFound, and Conflict (`precondition_failed`) where it is not at `revision` any more.
    """
    before = _demanded(db, endpoint_id, owner=owner, revision=revision)
    changed = {name: value for name, value in fields.items() if getattr(before, name) != value}
    if not changed:
        return before
    mine = _table.c.id == endpoint_id
    db.execute(sa.update(_table).where(mine).values({**changed, "revision": before.revision + 1}))
    return get(db, endpoint_id, owner=owner)


def _demanded(db: Connection, endpoint_id: str, *, owner: str | None, revision: int | None) -> EndpointRow:
    found = _found(db, endpoint_id, owner=owner, lock=True)
    if found is None:
        raise NotFound("There is no such endpoint here.")
    if revision not in (None, found.revision):
        raise Conflict("The endpoint was changed meanwhile; read again and repeat.", code="precondition_failed")
    return found


def remove(db: Connection, endpoint_id: str, *, owner: str | None, revision: int | None = None) -> None:
    """Nothing; the endpoint and its deliveries are gone. Raises what `change` raises."""
    _demanded(db, endpoint_id, owner=owner, revision=revision)
    db.execute(sa.delete(_table).where(_table.c.id == endpoint_id))


def looked_at(db: Connection, endpoint_id: str, *, sequence: int) -> None:
    """Nothing; what is to be sent of the feed up to this event stands among the deliveries."""
    _set(db, endpoint_id, sequence=sequence)


def took_one(db: Connection, endpoint_id: str) -> None:
    """Nothing; the subscriber has taken something, so nothing stands in the way."""
    _set(db, endpoint_id, failing_since=None, not_before=None)


def failed_one(db: Connection, endpoint_id: str, *, now: datetime, not_before: datetime | None) -> datetime:
    """Since when the subscriber has taken nothing. Nothing is sent to it before that moment."""
    since = sa.func.coalesce(_table.c.failing_since, sa.literal(now, _table.c.failing_since.type))
    _set(db, endpoint_id, failing_since=since, not_before=not_before)
    found: datetime = db.execute(sa.select(_table.c.failing_since).where(_table.c.id == endpoint_id)).scalar_one()
    return found


def free(db: Connection, endpoint_id: str) -> None:
    """Nothing; what is due may be sent at once."""
    _set(db, endpoint_id, not_before=None)


def disable(db: Connection, endpoint_id: str, *, because: str, now: datetime) -> None:
    """Nothing; nothing is sent there until its owner says so. An endpoint that was disabled before stays as it was."""
    values = {"disabled_at": now, "disabled_because": because, "not_before": None, "revision": _table.c.revision + 1}
    still = sa.and_(_table.c.id == endpoint_id, _table.c.disabled_at.is_(None))
    db.execute(sa.update(_table).where(still).values(values))


def _set(db: Connection, endpoint_id: str, **values: Any) -> None:
    db.execute(sa.update(_table).where(_table.c.id == endpoint_id).values(values))


def _with_work() -> sa.Select[str]:
    now = sa.bindparam("now", type_=_table.c.not_before.type)
    due = sa.exists().where(
        deliveries.c.endpoint_id == _table.c.id, deliveries.c.state == "pending", deliveries.c.due_at <= now
    )
    free_now = sa.or_(_table.c.not_before.is_(None), _table.c.not_before <= now)
    behind = _table.c.sequence < _HEAD.scalar_subquery()
    query = sa.select(_table.c.id).where(_table.c.disabled_at.is_(None), free_now, sa.or_(behind, due))
    return query.order_by(_table.c.id)


_WITH_WORK: Final = _with_work()
"""Made once: it is asked every second, also while nothing is to be done."""


def with_work(db: Connection, *, now: datetime) -> list[str]:
    """The ids of endpoints to which something could be sent now: the feed has gone on, or a delivery is due.

    Two looks into indices for each endpoint.
    """
    return [found.id for found in db.execute(_WITH_WORK, {"now": now})]


def reach(db: Connection, owner: str) -> Scope:
    """Whose data the owner may see at this moment; a key that was revoked, or is gone, sees nobody."""
    if owner == LOCAL:
        return Scope.everyone()
    try:
        key = keys.get(db, owner)
    except NotFound:
        return Scope.of()
    return key.scope() if key.revoked_at is None else Scope.of()


def audience(db: Connection, endpoint: EndpointRow) -> Scope:
    """Whose events are sent there: of the athletes that it names those whom its owner may see now."""
    allowed = reach(db, endpoint.owner)
    if endpoint.athletes is None:
        return allowed
    return Scope.of(*filter(allowed.covers, endpoint.athletes))
