"""The inbox: events of sync services, each once, until they are worked off.

Written in groups by whoever takes a webhook in, emptied by one drain a service. The key of an event makes every further
copy of it nothing. `athlete` rows do not exist for events: who they are about is decided when they are worked off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import Conflict, NotFound
from service.store.cursor import Keyset, Page
from service.store.tables import inbox as _table
from service.store.upsert import insert_missing

KEPT_DAYS: Final = 30
"""How long what is done can be looked at."""

OPEN: Final = ("new", "waiting")

ASKED_AGAIN: Final = "asked_again"
"""The problem of a waiting event whose file is gone, and of which the service was asked to tell once more."""

_NEWEST_FIRST: Final = Keyset("inbox", (_table.c.id,), descending=True)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event as it came. `user` and `activity` are the service's ids; `hint` may hold a one-time address."""

    provider: str
    dedupe: str
    kind: str
    user: str
    activity: str | None
    at: datetime | None
    hint: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One event in the inbox; `attempts` counts those that failed, `problem` is the code of the last."""

    id: int
    provider: str
    dedupe: str
    kind: str
    user: str
    activity: str | None
    at: datetime | None
    hint: dict[str, Any] | None = field(repr=False)
    received_at: datetime
    state: str
    attempts: int
    due_at: datetime
    problem: str | None
    done_at: datetime | None


_COLUMNS: Final = tuple(_table.c[spec.name] for spec in fields_of(InboxRow))


def add(db: Connection, events: Sequence[NewEvent], *, now: datetime) -> None:
    """Nothing; every event is there, those that came before as they were.

    One that the service was asked to tell once more is due at once, with the hint that it has now.
    """
    fresh = {"received_at": now, "state": "new", "attempts": 0, "due_at": now}
    rows = [
        {
            "provider": event.provider,
            "dedupe": without_nul(event.dedupe),
            "kind": event.kind,
            "user": without_nul(event.user),
            "activity": without_nul(event.activity),
            "at": event.at,
            "hint": without_nul(dict(event.hint)),
            **fresh,
        }
        for event in events
    ]
    insert_missing(db, _table, rows)
    _renew(db, events, now=now)


def without_nul(told: Any) -> Any:
    """What a stranger told, without the character 0, which PostgreSQL keeps in no text.

    >>> without_nul({"name": "a" + chr(0) + "b", "list": [chr(0), 1, None]})
    {'name': 'ab', 'list': ['', 1, None]}
    """
    if isinstance(told, str):
        return told.replace("\0", "")
    if isinstance(told, dict):
        return {name: without_nul(value) for name, value in told.items()}
    return [without_nul(value) for value in told] if isinstance(told, list) else told


def _renew(db: Connection, events: Sequence[NewEvent], *, now: datetime) -> None:
    which = _table.c.provider.in_({event.provider for event in events}), _table.c.state == "waiting"
    asked = sa.select(_table.c.provider, _table.c.dedupe, _table.c.id).where(*which, _table.c.problem == ASKED_AGAIN)
    waiting = {(row.provider, row.dedupe): row.id for row in db.execute(asked)}
    for event in events if waiting else ():
        if (event_id := waiting.get((event.provider, event.dedupe))) is not None:
            values = {"hint": without_nul(dict(event.hint)), "due_at": now}
            db.execute(sa.update(_table).where(_table.c.id == event_id).values(values))


def due(db: Connection, provider: str, *, now: datetime, limit: int) -> list[InboxRow]:
    """Events of the service whose time has come, in the order they came."""
    query = (
        sa.select(*_COLUMNS)
        .where(_table.c.provider == provider, _table.c.state.in_(OPEN), _table.c.due_at <= now)
        .order_by(_table.c.id)
        .limit(limit)
    )
    return [_row(found) for found in db.execute(query).mappings()]


def _row(row: sa.RowMapping) -> InboxRow:
    return InboxRow(**row)


def with_work(db: Connection, providers: Iterable[str], *, now: datetime) -> list[str]:
    """Those of the services of which an event is due: a look into the index for each, as it is asked every second."""

    def has_work(provider: str) -> bool:
        query = sa.select(sa.literal(1)).where(
            _table.c.provider == provider, _table.c.state.in_(OPEN), _table.c.due_at <= now
        )
        return db.execute(query.limit(1)).first() is not None

    return [provider for provider in providers if has_work(provider)]


def counts(db: Connection) -> dict[str, int]:
    """How many events are `open`, and how many were given up (`dead`)."""
    is_open = sa.func.count().filter(_table.c.state.in_(OPEN))
    given_up = sa.func.count().filter(_table.c.state == "dead")
    found = db.execute(sa.select(is_open, given_up).where(_table.c.state.in_((*OPEN, "dead")))).one()
    return {"open": found[0], "dead": found[1]}


def close(db: Connection, event_id: int, *, state: str, now: datetime, problem: str | None = None) -> None:
    """Nothing; the event is `done`, `ignored` or `dead`. What it needed to be fetched goes, unless it is dead."""
    values: dict[str, Any] = {"state": state, "done_at": now, "problem": problem}
    if state != "dead":
        values["hint"] = {}
    db.execute(sa.update(_table).where(_table.c.id == event_id).values(values))


def ignore(db: Connection, event_ids: Sequence[int], *, now: datetime, problem: str) -> None:
    """Nothing; all these events are `ignored`, and what they needed to be fetched goes."""
    values: dict[str, Any] = {"state": "ignored", "done_at": now, "problem": problem, "hint": {}}
    db.execute(sa.update(_table).where(_table.c.id.in_(event_ids)).values(values))


def postpone(db: Connection, event_id: int, *, due_at: datetime, problem: str | None, attempt: bool = True) -> None:
    """Nothing; the event waits until then. With `attempt`, one more try has failed."""
    grown = _table.c.attempts + int(attempt)
    values = {"state": "waiting", "due_at": due_at, "problem": problem, "attempts": grown}
    db.execute(sa.update(_table).where(_table.c.id == event_id).values(values))


def page(
    db: Connection, *, limit: int, cursor: str | None = None, state: str | None = None, provider: str | None = None
) -> Page[InboxRow]:
    """The events, the newest first: for the operator alone, as it is not known whose they are."""
    query = sa.select(*_COLUMNS)
    if state is not None:
        query = query.where(_table.c.state == state)
    if provider is not None:
        query = query.where(_table.c.provider == provider)
    return _NEWEST_FIRST.page(db, query, limit=limit, cursor=cursor, make=_row)


def retry(db: Connection, event_id: int, *, now: datetime) -> InboxRow:
    """The event, to be tried from the beginning. Raises NotFound, and Conflict where it is not dead."""
    found = db.execute(sa.select(*_COLUMNS).where(_table.c.id == event_id)).mappings().one_or_none()
    if found is None:
        raise NotFound("There is no such event here.")
    if found["state"] != "dead":
        raise Conflict("Only an event that was given up can be tried again.")
    values = {"state": "new", "attempts": 0, "due_at": now, "problem": None, "done_at": None}
    db.execute(sa.update(_table).where(_table.c.id == event_id).values(values))
    return _row(db.execute(sa.select(*_COLUMNS).where(_table.c.id == event_id)).mappings().one())


def forget_user(db: Connection, provider: str, *, user: str) -> None:
    """Nothing; no event of this person of the service is left."""
    db.execute(sa.delete(_table).where(_table.c.provider == provider, _table.c.user == user))


def renew(db: Connection, provider: str, *, user: str, given_up_because: Collection[str], now: datetime) -> None:
    """Nothing; what was closed of the person's runs counts as never told.

    What was given up for one of these reasons is tried from the beginning; what was given up for another stays, for
    the operator to look at.
    """
    runs = sa.and_(_table.c.provider == provider, _table.c.user == user, _table.c.kind.in_(("created", "updated")))
    db.execute(sa.delete(_table).where(runs, _table.c.state.in_(("done", "ignored"))))
    lost = sa.and_(runs, _table.c.state == "dead", _table.c.problem.in_(sorted(given_up_because)))
    values = {"state": "new", "attempts": 0, "due_at": now, "problem": None, "done_at": None}
    db.execute(sa.update(_table).where(lost).values(values))


def forget_old(db: Connection, *, now: datetime) -> int:
    """How many events went that were closed long ago."""
    over = sa.and_(_table.c.state.not_in(OPEN), _table.c.received_at < now - timedelta(days=KEPT_DAYS))
    return db.execute(sa.delete(_table).where(over)).rowcount
