"""Run logs: what athletes write down of a run; drink, food, mass, sleep, effort. `document` is in the contract's shape.

A run without a log has no row; a field that was not told is None in the document, and 0 is none of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import Conflict, NotFound
from service.store import activities, tables
from service.store.scope import Scope
from service.store.tables import run_logs as _table


@dataclass(frozen=True, slots=True)
class LogRow:
    """One log."""

    activity_id: str
    document: dict[str, Any]
    updated_at: datetime
    revision: int


_COLUMNS: Final = tuple(_table.c[spec.name] for spec in fields_of(LogRow))


def some(db: Connection, activity_ids: Collection[str], *, scope: Scope) -> dict[str, LogRow]:
    """The logs of those of the activities (a page of them) that have one and are in scope, by activity."""
    query = sa.select(*_COLUMNS).join_from(_table, tables.activities).where(_table.c.activity_id.in_(activity_ids))
    found = db.execute(query.where(scope.allows(tables.activities.c.athlete_id))).mappings()
    return {row["activity_id"]: LogRow(**row) for row in found}


def get(db: Connection, activity_id: str, *, scope: Scope) -> LogRow:
    """The log. Raises NotFound where there is none, or none that the caller may see."""
    found = some(db, [activity_id], scope=scope).get(activity_id)
    if found is None:
        raise NotFound("There is no log of this activity.")
    return found


def put(
    db: Connection,
    activity_id: str,
    *,
    athlete_id: str,
    document: Mapping[str, Any],
    now: datetime,
    revision: int | None = None,
) -> LogRow:
    """The log that counts now; the very same again changes nothing.

    Raises NotFound where the activity is not the athlete's, and Conflict (`precondition_failed`) where `revision` is
    given and the log is another by now, or none.
    """
    activities.lock(db, activity_id, athlete_id=athlete_id)
    before = _present(db, activity_id, athlete_id, revision)
    if before is not None and before.document == document:
        return before
    told = {"document": dict(document), "updated_at": now, "revision": 1 if before is None else before.revision + 1}
    if before is None:
        db.execute(sa.insert(_table).values(told | {"activity_id": activity_id}))
    else:
        db.execute(sa.update(_table).where(_table.c.activity_id == activity_id).values(told))
    activities.touch(db, activity_id, athlete_id=athlete_id, now=now)
    return get(db, activity_id, scope=Scope.of(athlete_id))


def delete(db: Connection, activity_id: str, *, athlete_id: str, now: datetime, revision: int | None = None) -> None:
    """Nothing; the log is gone. Raises what `put` raises."""
    activities.lock(db, activity_id, athlete_id=athlete_id)
    if _present(db, activity_id, athlete_id, revision) is None:
        raise NotFound("There is no log of this activity.")
    db.execute(sa.delete(_table).where(_table.c.activity_id == activity_id))
    activities.touch(db, activity_id, athlete_id=athlete_id, now=now)


def _present(db: Connection, activity_id: str, athlete_id: str, revision: int | None) -> LogRow | None:
    found = some(db, [activity_id], scope=Scope.of(athlete_id)).get(activity_id)
    if revision is not None and (found is None or found.revision != revision):
        raise Conflict("The log was changed meanwhile; read again and repeat.", code="precondition_failed")
    return found
