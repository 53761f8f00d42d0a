"""Calls of sync services as they came, without their secrets: kept a while, so that they can be played again.

What a service sends changes without notice. A program that reads more of it can so be shown what came before it. A body
may tell of several people, and goes as a whole with any of them; one that nothing was read out of may be anybody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import NotFound
from service.store.cursor import Keyset, Page
from service.store.tables import webhook_calls as _table
from service.store.within import holds

KEPT_DAYS: Final = 14
"""How long a call can be played again."""

_NEWEST_FIRST: Final = Keyset("webhook_calls", (_table.c.id,), descending=True)


@dataclass(frozen=True, slots=True)
class NewCall:
    """One call as it may be kept; `events` counts what was read out of it, `users` are the people that those name."""

    provider: str
    received_at: datetime
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    events: int
    users: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallRow:
    """One kept call."""

    id: int
    provider: str
    received_at: datetime
    headers: list[list[str]] = field(repr=False)
    body: bytes = field(repr=False)
    events: int


_COLUMNS: Final = tuple(_table.c[spec.name] for spec in fields_of(CallRow))


def add(db: Connection, calls: Sequence[NewCall]) -> None:
    """Nothing; the calls are kept."""
    if calls:
        db.execute(sa.insert(_table), [_values(call) for call in calls])


def _values(call: NewCall) -> dict[str, Any]:
    values = {spec.name: getattr(call, spec.name) for spec in fields_of(NewCall)}
    lines = "".join(f"{_line(user)}\n" for user in sorted(call.users))
    return values | {"headers": [list(pair) for pair in call.headers], "users": f"\n{lines}"}


def _line(user: str) -> str:
    """The id on one line, without the character that PostgreSQL keeps in no text."""
    return user.replace("\0", "").replace("\n", " ")


def page(db: Connection, *, limit: int, cursor: str | None = None, provider: str | None = None) -> Page[CallRow]:
    """The calls, the newest first: for the operator alone, as it is not known whose they are."""
    query = sa.select(*_COLUMNS)
    if provider is not None:
        query = query.where(_table.c.provider == provider)
    return _NEWEST_FIRST.page(db, query, limit=limit, cursor=cursor, make=lambda row: CallRow(**row))


def get(db: Connection, call_id: int) -> CallRow:
    """The call. Raises NotFound."""
    found = db.execute(sa.select(*_COLUMNS).where(_table.c.id == call_id)).mappings().one_or_none()
    if found is None:
        raise NotFound("There is no such call here, or none any more.")
    return CallRow(**found)


def forget_user(db: Connection, provider: str, *, user: str) -> None:
    """Nothing; no call of the service is left that names the person, or could: rather one too many goes."""
    named = _table.c.users.contains(f"\n{_line(user)}\n", autoescape=True)
    written = holds(db, _table.c.body, orjson.dumps(user)[1:-1])
    unread = _table.c.events == 0
    db.execute(sa.delete(_table).where(_table.c.provider == provider, sa.or_(named, written, unread)))


def forget_old(db: Connection, *, now: datetime) -> int:
    """How many calls went that came long ago."""
    old = _table.c.received_at < now - timedelta(days=KEPT_DAYS)
    return db.execute(sa.delete(_table).where(old)).rowcount
