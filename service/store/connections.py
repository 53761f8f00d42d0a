"""Connections: an athlete's account at a sync service, with tokens that only a key opens.

The store knows tokens as bytes: they are locked before they come here and opened by who may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import NotFound
from service.store import athletes
from service.store.cursor import Keyset, Page
from service.store.ids import new_id
from service.store.scope import Scope
from service.store.tables import connections as _table
from service.store.tables import oauth_states

REFRESH_HELD: Final = timedelta(seconds=30)
"""How long a refresh may take before somebody else may try."""

CONSENT_LASTS: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One account. `external_id` is the service's id of the person; `state` is `active` or `broken`."""

    id: str
    athlete_id: str
    provider: str
    external_id: str
    state: str
    access_token: bytes | None = field(repr=False)
    refresh_token: bytes | None = field(repr=False)
    expires_at: datetime | None
    scope: str | None
    connected_at: datetime
    refreshed_at: datetime | None
    last_event_at: datetime | None
    reconciled_at: datetime | None
    broken_because: str | None


@dataclass(frozen=True, slots=True)
class LockedTokens:
    """Tokens as they are stored: locked."""

    access: bytes | None = field(default=None, repr=False)
    refresh: bytes | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    scope: str | None = None


_OLDEST_FIRST: Final = Keyset("connections", (_table.c.id,))

_COLUMNS: Final = tuple(_table.c[spec.name] for spec in fields_of(ConnectionRow))


def put(
    db: Connection, athlete_id: str, *, provider: str, external_id: str, tokens: LockedTokens, now: datetime
) -> ConnectionRow:
    """The connection, in place of an earlier one of the athlete to that service. Raises NotFound."""
    athletes.lock(db, athlete_id)
    values: dict[str, Any] = {
        "external_id": external_id,
        "state": "active",
        "broken_because": None,
        "connected_at": now,
        "refreshed_at": None,
        "refresh_held_until": None,
        **_stored(tokens),
    }
    mine = sa.and_(_table.c.athlete_id == athlete_id, _table.c.provider == provider)
    if db.execute(sa.update(_table).where(mine).values(values)).rowcount == 0:
        named = {"id": new_id("con", now), "athlete_id": athlete_id, "provider": provider}
        db.execute(sa.insert(_table).values(named | values))
    return find(db, athlete_id, provider=provider)


def _stored(tokens: LockedTokens) -> dict[str, Any]:
    return {
        "access_token": tokens.access,
        "refresh_token": tokens.refresh,
        "expires_at": tokens.expires_at,
        "scope": tokens.scope,
    }


def find(db: Connection, athlete_id: str, *, provider: str) -> ConnectionRow:
    """The athlete's connection to the service. Raises NotFound."""
    query = sa.select(*_COLUMNS).where(_table.c.athlete_id == athlete_id, _table.c.provider == provider)
    found = db.execute(query).mappings().one_or_none()
    if found is None:
        raise NotFound("There is no connection to this service.")
    return ConnectionRow(**found)


def of(db: Connection, athlete_id: str) -> list[ConnectionRow]:
    """The athlete's connections, by the name of the service."""
    query = sa.select(*_COLUMNS).where(_table.c.athlete_id == athlete_id).order_by(_table.c.provider)
    return [ConnectionRow(**row) for row in db.execute(query).mappings()]


def page(db: Connection, *, scope: Scope, limit: int, cursor: str | None = None) -> Page[ConnectionRow]:
    """Connections of the athletes in scope, in the order they were first made."""
    query = sa.select(*_COLUMNS).where(scope.allows(_table.c.athlete_id))
    return _OLDEST_FIRST.page(db, query, limit=limit, cursor=cursor, make=lambda row: ConnectionRow(**row))


def relock(db: Connection, before: ConnectionRow, *, tokens: LockedTokens) -> bool:
    """Whether the same tokens are stored under another lock now; not where others have come meanwhile."""
    same = sa.and_(_table.c.id == before.id, _table.c.access_token == before.access_token)
    values = {"access_token": tokens.access, "refresh_token": tokens.refresh}
    return db.execute(sa.update(_table).where(same).values(values)).rowcount == 1


def of_user(db: Connection, provider: str, *, user: str, scope: Scope) -> list[ConnectionRow]:
    """Every athlete's connection to that account of the service: two may have the same watch account."""
    query = sa.select(*_COLUMNS).where(
        _table.c.provider == provider, _table.c.external_id == user, scope.allows(_table.c.athlete_id)
    )
    return [ConnectionRow(**row) for row in db.execute(query.order_by(_table.c.athlete_id)).mappings()]


def unreconciled(db: Connection, *, provider: str, before: datetime, limit: int, scope: Scope) -> list[ConnectionRow]:
    """Some active connections to the service that were not compared with it since the moment, the longest ago first."""
    last = sa.func.coalesce(_table.c.reconciled_at, _table.c.connected_at)
    query = (
        sa.select(*_COLUMNS)
        .where(_table.c.provider == provider, _table.c.state == "active", scope.allows(_table.c.athlete_id))
        .where(last < sa.literal(before, _table.c.connected_at.type))
        .order_by(last, _table.c.id)
        .limit(limit)
    )
    return [ConnectionRow(**row) for row in db.execute(query).mappings()]


def keep_tokens(db: Connection, athlete_id: str, *, provider: str, tokens: LockedTokens, now: datetime) -> None:
    """Nothing; these are the tokens from now on, and whoever refreshed lets go.

    Raises NotFound, also where nobody refreshes: the athlete has connected anew meanwhile, and those tokens stay.
    """
    values = {**_stored(tokens), "refreshed_at": now, "refresh_held_until": None}
    held = sa.and_(
        _table.c.athlete_id == athlete_id, _table.c.provider == provider, _table.c.refresh_held_until.is_not(None)
    )
    if db.execute(sa.update(_table).where(held).values(values)).rowcount == 0:
        raise NotFound("There is no such connection any more.")


def hold(db: Connection, athlete_id: str, *, provider: str, now: datetime) -> bool:
    """Whether the caller alone may refresh the tokens now, for a while. Raises NotFound."""
    free = sa.or_(_table.c.refresh_held_until.is_(None), _table.c.refresh_held_until <= now)
    mine = sa.and_(_table.c.athlete_id == athlete_id, _table.c.provider == provider)
    held = {"refresh_held_until": now + REFRESH_HELD}
    if db.execute(sa.update(_table).where(mine, free).values(held)).rowcount == 1:
        return True
    find(db, athlete_id, provider=provider)
    return False


def let_go(db: Connection, athlete_id: str, *, provider: str) -> None:
    """Nothing; somebody else may refresh. It does not matter whether the connection is still there."""
    mine = sa.and_(_table.c.athlete_id == athlete_id, _table.c.provider == provider)
    db.execute(sa.update(_table).where(mine).values(refresh_held_until=None))


def break_(db: Connection, athlete_id: str, *, provider: str, because: str) -> bool:
    """Whether the connection was whole until now; its tokens are of no use any more. Raises NotFound."""
    was_whole = find(db, athlete_id, provider=provider).state == "active"
    _change(db, athlete_id, provider, {"state": "broken", "broken_because": because})
    return was_whole


def mend(db: Connection, athlete_id: str, *, provider: str) -> None:
    """Nothing; what broke the connection is over. Raises NotFound."""
    _change(db, athlete_id, provider, {"state": "active", "broken_because": None})


def saw_event(db: Connection, athlete_id: str, *, provider: str, now: datetime) -> None:
    """Nothing; the service has sent something for the connection just now. Raises NotFound."""
    _change(db, athlete_id, provider, {"last_event_at": now})


def reconciled(db: Connection, athlete_id: str, *, provider: str, now: datetime) -> None:
    """Nothing; the connection has been compared with the service just now. Raises NotFound."""
    _change(db, athlete_id, provider, {"reconciled_at": now})


def _change(db: Connection, athlete_id: str, provider: str, values: Mapping[str, Any]) -> None:
    mine = sa.and_(_table.c.athlete_id == athlete_id, _table.c.provider == provider)
    if db.execute(sa.update(_table).where(mine).values(dict(values))).rowcount == 0:
        raise NotFound("There is no connection to this service.")


def remove(db: Connection, athlete_id: str, *, provider: str) -> ConnectionRow:
    """The connection as it was; it and its tokens are gone. Raises NotFound."""
    found = find(db, athlete_id, provider=provider)
    db.execute(sa.delete(_table).where(_table.c.id == found.id))
    return found


def begin_consent(
    db: Connection, athlete_id: str, *, provider: str, state_sha256: str, verifier: bytes | None, now: datetime
) -> None:
    """Nothing; a browser was sent off to the service and may come back with that state. Raises NotFound."""
    athletes.lock(db, athlete_id)
    db.execute(sa.delete(oauth_states).where(oauth_states.c.expires_at <= now))
    values = {"state_sha256": state_sha256, "athlete_id": athlete_id, "provider": provider, "verifier": verifier}
    db.execute(sa.insert(oauth_states).values({**values, "expires_at": now + CONSENT_LASTS}))


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent under way: of whom, and the locked half of PKCE."""

    athlete_id: str
    verifier: bytes | None = field(repr=False)


def end_consent(db: Connection, *, provider: str, state_sha256: str, now: datetime, scope: Scope) -> Consent:
    """The consent that the state belongs to, once. Raises NotFound where there is none, or its time is over."""
    mine = sa.and_(
        oauth_states.c.state_sha256 == state_sha256,
        oauth_states.c.provider == provider,
        scope.allows(oauth_states.c.athlete_id),
    )
    columns = (oauth_states.c.athlete_id, oauth_states.c.verifier, oauth_states.c.expires_at)
    found = db.execute(sa.select(*columns).where(mine)).one_or_none()
    was_there = db.execute(sa.delete(oauth_states).where(mine)).rowcount == 1  # of two at once, one
    if found is None or not was_there or found.expires_at <= now:
        raise NotFound("Nobody is waiting for this consent any more; begin again.")
    return Consent(found.athlete_id, found.verifier)
