"""Athletes and their profiles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import Conflict, NotFound
from service.store import deliveries, events, removals
from service.store.cursor import Keyset, Page
from service.store.ids import new_id
from service.store.scope import Scope
from service.store.tables import athlete_summaries
from service.store.tables import athletes as table

ME: Final = "me"

DEFAULTS: Final[Mapping[str, Any]] = {"cramp_history": "unknown", "hide_amounts": False, "units": "metric"}

PROFILE_FIELDS: Final = frozenset(
    {
        "name",
        "birth_year",
        "mass_kg",
        "hr_rest_bpm",
        "hr_max_bpm",
        "sweat_rate_l_per_h",
        "cramp_history",
        "strength_training",
        "beginner",
        "hide_amounts",
        "units",
        "timezone",
    }
)
"""What a caller may set beside `external_id`."""


@dataclass(frozen=True, slots=True)
class AthleteRow:
    """One athlete; None is "not told". `revision` counts changes, from 1."""

    id: str
    external_id: str | None
    name: str | None
    birth_year: int | None
    mass_kg: float | None
    hr_rest_bpm: float | None
    hr_max_bpm: float | None
    sweat_rate_l_per_h: float | None
    cramp_history: str
    strength_training: bool | None
    beginner: bool | None
    hide_amounts: bool
    units: str
    timezone: str | None
    created_at: datetime
    updated_at: datetime
    revision: int


_COLUMNS: Final = tuple(table.c[spec.name] for spec in fields_of(AthleteRow))
_OLDEST_FIRST: Final = Keyset("athletes", (table.c.created_at, table.c.id))


def _row(row: sa.RowMapping) -> AthleteRow:
    return AthleteRow(**row)


def create(db: Connection, *, now: datetime, fields: Mapping[str, Any], external_id: str | None = None) -> AthleteRow:
    """The new athlete.

    Raises Conflict where `external_id` is taken.
    """
    return _insert(db, now, {**_checked(fields), "external_id": external_id})


def ensure_me(db: Connection, *, now: datetime) -> AthleteRow:
    """The athlete of a server without keys; made the first time it is asked for."""
    return find_me(db) or _insert(db, now, {"alias": ME})


def find_me(db: Connection) -> AthleteRow | None:
    """The athlete of a server without keys, once there is one."""
    found = db.execute(sa.select(*_COLUMNS).where(table.c.alias == ME)).mappings().one_or_none()
    return None if found is None else _row(found)


def _insert(db: Connection, now: datetime, values: Mapping[str, Any]) -> AthleteRow:
    _demand_free(db, values.get("external_id"))
    made = {**DEFAULTS, **values, "id": new_id("ath", now), "created_at": now, "updated_at": now, "revision": 1}
    db.execute(sa.insert(table).values(made))
    zeros = dict.fromkeys((column.name for column in athlete_summaries.c), 0)
    db.execute(sa.insert(athlete_summaries).values(zeros | {"athlete_id": made["id"]}))
    return get(db, made["id"], scope=Scope.of(made["id"]))


def get(db: Connection, athlete_id: str, *, scope: Scope) -> AthleteRow:
    """The athlete.

    Raises NotFound where there is none, or none that the caller may see.
    """
    query = sa.select(*_COLUMNS).where(table.c.id == athlete_id, scope.allows(table.c.id))
    found = db.execute(query).mappings().one_or_none()
    if found is None:
        raise NotFound("There is no such athlete here.")
    return _row(found)


def some(db: Connection, athlete_ids: Collection[str], *, scope: Scope) -> dict[str, AthleteRow]:
    """Those of the athletes (a page of them, in one query) that are there and in scope, by id."""
    query = sa.select(*_COLUMNS).where(table.c.id.in_(sorted(athlete_ids)), scope.allows(table.c.id))
    return {row["id"]: _row(row) for row in db.execute(query).mappings()}


def find_by_external_id(db: Connection, external_id: str, *, scope: Scope) -> AthleteRow | None:
    """The athlete whom the caller's own system knows by this id."""
    query = sa.select(*_COLUMNS).where(table.c.external_id == external_id, scope.allows(table.c.id))
    found = db.execute(query).mappings().one_or_none()
    return None if found is None else _row(found)


def page(
    db: Connection, *, scope: Scope, limit: int, cursor: str | None = None, external_id: str | None = None
) -> Page[AthleteRow]:
    """The athletes that the caller may see, in the order they were made."""
    query = sa.select(*_COLUMNS).where(scope.allows(table.c.id))
    if external_id is not None:
        query = query.where(table.c.external_id == external_id)
    return _OLDEST_FIRST.page(db, query, limit=limit, cursor=cursor, make=_row)


def update(
    db: Connection, athlete_id: str, *, now: datetime, fields: Mapping[str, Any], revision: int | None = None
) -> AthleteRow:
    """The athlete after the change; one that changes nothing leaves the revision as it was.

    Raises NotFound, Conflict where `external_id` is taken, and Conflict (`precondition_failed`) where `revision` is
    given and the athlete has moved on since.
    """
    lock(db, athlete_id)
    before = get(db, athlete_id, scope=Scope.of(athlete_id))
    if revision is not None and revision != before.revision:
        raise Conflict("The athlete was changed meanwhile; read again and repeat.", code="precondition_failed")
    changed = {name: value for name, value in _checked(fields, "external_id").items() if getattr(before, name) != value}
    if not changed:
        return before
    _demand_free(db, changed.get("external_id"))
    db.execute(
        sa.update(table)
        .where(table.c.id == athlete_id)
        .values({**changed, "updated_at": now, "revision": before.revision + 1})
    )
    return get(db, athlete_id, scope=Scope.of(athlete_id))


def lock(db: Connection, athlete_id: str) -> None:
    """Nothing; no other writer touches this athlete's data until the transaction ends.

    SQLite has one writer at a time anyway. Raises NotFound where the athlete is gone.
    """
    if db.execute(sa.select(table.c.id).where(table.c.id == athlete_id).with_for_update()).first() is None:
        raise NotFound("There is no such athlete here.")


def mark_stale(db: Connection, athlete_id: str, *, since: datetime) -> bool:
    """Whether somebody has to be sent to catch up: the runs from `since` on are to be assessed again.

    False where that was asked for before and has not been done yet: whoever does it looks again at the end. Raises
    NotFound.
    """
    lock(db, athlete_id)
    mine = table.c.id == athlete_id
    before = db.execute(sa.select(table.c.assess_from).where(mine)).scalar_one()
    earliest = since if before is None else min(before, since)
    db.execute(sa.update(table).where(mine).values(assess_from=earliest, assess_calls=table.c.assess_calls + 1))
    return before is None


@dataclass(frozen=True, slots=True)
class Stale:
    """From when on an athlete's runs are to be assessed again, and how often that was asked for up to now."""

    since: datetime
    calls: int


def stale(db: Connection, athlete_id: str) -> Stale | None:
    """What is to be caught up with; None where nothing is, or the athlete is gone."""
    query = sa.select(table.c.assess_from, table.c.assess_calls).where(table.c.id == athlete_id)
    found = db.execute(query).one_or_none()
    return None if found is None or found.assess_from is None else Stale(found.assess_from, found.assess_calls)


def caught_up(db: Connection, athlete_id: str, *, done: Stale, next_at: datetime | None = None) -> bool:
    """Whether what was to be done is done: all of it, or all before `next_at`, where it is to go on.

    False where more was asked for since `done` was read; that stands as it was then. Raises NotFound.
    """
    lock(db, athlete_id)
    same = sa.and_(table.c.id == athlete_id, table.c.assess_calls == done.calls)
    return db.execute(sa.update(table).where(same).values(assess_from=next_at)).rowcount == 1


def erase(db: Connection, athlete_id: str, *, now: datetime) -> None:
    """Nothing; no row of the athlete is left, and the blobs are asked to go (`removals.sweep`, after the commit).

    Raises NotFound.
    """
    lock(db, athlete_id)
    db.execute(sa.delete(table).where(table.c.id == athlete_id))
    events.forget(db, athlete_id)
    deliveries.forget(db, athlete_id)
    gone = (f"originals/{athlete_id}/", f"streams/{athlete_id}/", f"incoming/{athlete_id}/")
    removals.ask(db, athlete_id, keys=gone, now=now)


def _checked(fields: Mapping[str, Any], *also: str) -> dict[str, Any]:
    unknown = fields.keys() - PROFILE_FIELDS - set(also)
    if unknown:
        raise ValueError(f"an athlete has no {sorted(unknown)}")
    return dict(fields)


def _demand_free(db: Connection, external_id: str | None) -> None:
    taken = (
        external_id is not None and db.execute(sa.select(table.c.id).where(table.c.external_id == external_id)).first()
    )
    if taken:
        raise Conflict("Another athlete has this external_id.")
