"""Cramp reports: what athletes answer when they are asked whether there was a cramp, or say unasked.

No answer is not "no cramp": a run without a report has no row. `document` is in the contract's shape.
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
from service.store import activities, summaries, tables
from service.store.scope import Scope
from service.store.tables import cramp_reports as _table


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report. `asked_at` is None where nobody had asked; `answered_at` is of the present answer."""

    activity_id: str
    answer: str
    document: dict[str, Any]
    asked_at: datetime | None
    answered_at: datetime
    revision: int


_COLUMNS: Final = tuple(_table.c[spec.name] for spec in fields_of(ReportRow))


def some(db: Connection, activity_ids: Collection[str], *, scope: Scope) -> dict[str, ReportRow]:
    """The reports of those of the activities (a page of them) that have one and are in scope, by activity."""
    query = sa.select(*_COLUMNS).join_from(_table, tables.activities).where(_table.c.activity_id.in_(activity_ids))
    found = db.execute(query.where(scope.allows(tables.activities.c.athlete_id))).mappings()
    return {row["activity_id"]: ReportRow(**row) for row in found}


def get(db: Connection, activity_id: str, *, scope: Scope) -> ReportRow:
    """The report. Raises NotFound where there is none, or none that the caller may see."""
    found = some(db, [activity_id], scope=scope).get(activity_id)
    if found is None:
        raise NotFound("There is no cramp report of this activity.")
    return found


def put(
    db: Connection,
    activity_id: str,
    *,
    athlete_id: str,
    document: Mapping[str, Any],
    now: datetime,
    revision: int | None = None,
) -> ReportRow:
    """The report that counts now; the very same again changes nothing.

    Raises NotFound where the activity is not the athlete's, and Conflict (`precondition_failed`) where `revision` is
    given and the report is another by now, or none.
    """
    activities.lock(db, activity_id, athlete_id=athlete_id)
    before = _present(db, activity_id, athlete_id, revision)
    if before is not None and before.document == document:
        return before
    told = {"answer": document["answer"], "document": dict(document), "answered_at": now}
    with summaries.taken_out(db, athlete_id, activity_id=activity_id):
        if before is None:
            asked_at = _asked_at(db, activity_id)
            db.execute(
                sa.insert(_table).values(told | {"activity_id": activity_id, "asked_at": asked_at, "revision": 1})
            )
        else:
            told["revision"] = before.revision + 1
            db.execute(sa.update(_table).where(_table.c.activity_id == activity_id).values(told))
    activities.touch(db, activity_id, athlete_id=athlete_id, now=now)
    return get(db, activity_id, scope=Scope.of(athlete_id))


def delete(db: Connection, activity_id: str, *, athlete_id: str, now: datetime, revision: int | None = None) -> None:
    """Nothing; the report is gone, and what was asked stands unanswered. Raises what `put` raises."""
    activities.lock(db, activity_id, athlete_id=athlete_id)
    if _present(db, activity_id, athlete_id, revision) is None:
        raise NotFound("There is no cramp report of this activity.")
    with summaries.taken_out(db, athlete_id, activity_id=activity_id):
        db.execute(sa.delete(_table).where(_table.c.activity_id == activity_id))
    activities.touch(db, activity_id, athlete_id=athlete_id, now=now)


def ask(db: Connection, activity_id: str, *, athlete_id: str, reason: str, now: datetime) -> None:
    """Nothing; the athlete is asked, and why. One who was asked before is not asked again. Raises NotFound."""
    activities.lock(db, activity_id, athlete_id=athlete_id)
    details = tables.activity_details
    asked = {"asked_at": now.isoformat(), "reason": reason}
    unasked = sa.and_(details.c.activity_id == activity_id, details.c.cramp_prompt.is_(None))
    db.execute(sa.update(details).where(unasked).values(cramp_prompt=asked))


def red_flags(document: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The danger signs that a report tells of; none where there is no report."""
    return tuple((document or {}).get("red_flags") or ())


def _asked_at(db: Connection, activity_id: str) -> datetime | None:
    details = tables.activity_details.c
    asked = db.execute(sa.select(details.cramp_prompt).where(details.activity_id == activity_id)).scalar_one()
    return None if asked is None else datetime.fromisoformat(asked["asked_at"])


def _present(db: Connection, activity_id: str, athlete_id: str, revision: int | None) -> ReportRow | None:
    found = some(db, [activity_id], scope=Scope.of(athlete_id)).get(activity_id)
    if revision is not None and (found is None or found.revision != revision):
        raise Conflict("The cramp report was changed meanwhile; read again and repeat.", code="precondition_failed")
    return found
