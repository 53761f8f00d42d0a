"""API keys: who holds one, what it reaches, when it was last used. The key itself is nowhere but with its holder."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import BadCall, NotFound
from service.store import credentials
from service.store.cursor import Keyset, Page
from service.store.ids import new_id
from service.store.scope import Scope
from service.store.tables import ROLES
from service.store.tables import api_key_athletes as _reach
from service.store.tables import api_keys as _table

ADMIN: Final = "admin"
COACH: Final = "coach"
ATHLETE: Final = "athlete"
INGEST: Final = "ingest"

_OLDEST_FIRST: Final = Keyset("keys", (_table.c.created_at, _table.c.id))


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key, valid or revoked; `athlete_ids` are whom it reaches where it does not reach everybody."""

    id: str
    prefix: str
    role: str
    all_athletes: bool
    athlete_ids: tuple[str, ...]
    name: str | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def scope(self) -> Scope:
        """Whose data the holder may see; somebody erased is in it no longer."""
        return Scope.everyone() if self.all_athletes else Scope.of(*self.athlete_ids)


_COLUMNS: Final = tuple(column for column in _table.c if column.name != "sha256")


def create(
    db: Connection, *, now: datetime, role: str, athlete_ids: Collection[str] | None, name: str | None = None
) -> tuple[KeyRow, str]:
    """The new key's row, and the key, which is told here and never again; `athlete_ids` None: every athlete's.

    Raises BadCall where the role does not go with so many athletes; the athletes have to be there.
    """
    demand_fitting(role, None if athlete_ids is None else len(set(athlete_ids)))
    key, key_id = credentials.make(), new_id("key", now)
    made = {
        "id": key_id,
        "prefix": key[: credentials.SHOWN],
        "sha256": credentials.digest(key),
        "role": role,
        "all_athletes": athlete_ids is None,
        "name": name,
        "created_at": now,
    }
    db.execute(sa.insert(_table).values(made))
    rows = [{"key_id": key_id, "athlete_id": one} for one in sorted(set(athlete_ids or ()))]
    if rows:
        db.execute(sa.insert(_reach), rows)
    return get(db, key_id), key


def demand_fitting(role: str, athletes: int | None) -> None:
    """Nothing, where a key of the role may reach so many athletes (None: all). Raises BadCall."""
    if role not in ROLES:
        raise BadCall(f"A key has one of the roles {', '.join(ROLES)}.")
    if role == ADMIN and athletes is not None:
        raise BadCall("An admin key reaches every athlete; name none.")
    if role == COACH and not athletes:
        raise BadCall("A coach's key names the athletes that it reaches, one or more.")
    if role == ATHLETE and athletes != 1:
        raise BadCall("An athlete's key names exactly one athlete.")
    if role == INGEST and athletes == 0:
        raise BadCall("An ingest key names the athletes that it uploads for, or none at all for every one.")


def get(db: Connection, key_id: str) -> KeyRow:
    """The key, valid or revoked. Raises NotFound."""
    found = _rows(db, sa.select(*_COLUMNS).where(_table.c.id == key_id))
    if not found:
        raise NotFound("There is no such key here.")
    return found[0]


def find_by_digest(db: Connection, digest: str) -> KeyRow | None:
    """The key of which this is the hash, while it is valid; one look into an index, whether it is there or not."""
    found = _rows(db, sa.select(*_COLUMNS).where(_table.c.sha256 == digest, _table.c.revoked_at.is_(None)))
    return found[0] if found else None


def page(db: Connection, *, limit: int, cursor: str | None = None) -> Page[KeyRow]:
    """Every key in the order they were made, revoked ones too."""
    found = _OLDEST_FIRST.page(db, sa.select(*_COLUMNS), limit=limit, cursor=cursor, make=dict)
    return Page(tuple(_with_reach(db, found.items)), found.next_cursor)


def revoke(db: Connection, key_id: str, *, now: datetime) -> KeyRow:
    """The key, which opens nothing from the commit on; one that was revoked keeps its moment. Raises NotFound."""
    still = sa.and_(_table.c.id == key_id, _table.c.revoked_at.is_(None))
    db.execute(sa.update(_table).where(still).values(revoked_at=now))
    return get(db, key_id)


def any_made(db: Connection) -> bool:
    """True where a key was ever made here, even if it is revoked by now."""
    return db.execute(sa.select(_table.c.id).limit(1)).first() is not None


def note_uses(db: Connection, uses: Mapping[str, datetime]) -> None:
    """Nothing; each key was used at that moment, unless it is known to have been used later."""
    for key_id, at in uses.items():
        earlier = sa.or_(_table.c.last_used_at.is_(None), _table.c.last_used_at < at)
        db.execute(sa.update(_table).where(_table.c.id == key_id, earlier).values(last_used_at=at))


def forget_athlete(db: Connection, athlete_id: str) -> tuple[str, ...]:
    """The ids of the keys that reached this athlete and nobody else, now gone; a coach keeps a key for the others."""
    of_athlete = sa.select(_reach.c.key_id).where(_reach.c.athlete_id == athlete_id)
    elsewhere = sa.select(_reach.c.key_id).where(_reach.c.athlete_id != athlete_id)
    own = sa.select(_table.c.id).where(
        _table.c.id.in_(of_athlete), _table.c.id.not_in(elsewhere), _table.c.role != COACH
    )
    gone = tuple(db.execute(own).scalars())
    db.execute(sa.delete(_table).where(_table.c.id.in_(gone)))
    db.execute(sa.delete(_reach).where(_reach.c.athlete_id == athlete_id))
    return gone


def _rows(db: Connection, query: sa.Select[Any]) -> list[KeyRow]:
    return _with_reach(db, [dict(row) for row in db.execute(query).mappings()])


def _with_reach(db: Connection, rows: Iterable[dict[str, Any]]) -> list[KeyRow]:
    listed = list(rows)
    reach: dict[str, list[str]] = {row["id"]: [] for row in listed if not row["all_athletes"]}
    if reach:
        query = sa.select(_reach.c.key_id, _reach.c.athlete_id).where(_reach.c.key_id.in_(reach))
        for key_id, athlete_id in db.execute(query.order_by(_reach.c.athlete_id)):
            reach[key_id].append(athlete_id)
    return [KeyRow(**row, athlete_ids=tuple(reach.get(row["id"], ()))) for row in listed]
