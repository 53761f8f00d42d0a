"""Assessments: one current for each activity, the earlier ones kept as they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import NotFound
from service.store import summaries
from service.store.cursor import Keyset, Page
from service.store.ids import new_id
from service.store.scope import Scope
from service.store.tables import LEVELS, activities
from service.store.tables import assessments as _table

_NEWEST_FIRST: Final = Keyset("assessments", (_table.c.created_at, _table.c.id), descending=True)


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """One assessment; `document` is in the contract's shape, without texts. `state`: `tables.ASSESSMENT_STATES`."""

    id: str
    activity_id: str
    state: str
    created_at: datetime
    ruleset_version: str
    result_sha256: str | None
    document: dict[str, Any]


def _select() -> sa.Select[Any]:
    return sa.select(*(_table.c[spec.name] for spec in fields_of(AssessmentRow))).join_from(
        _table, activities, _table.c.activity_id == activities.c.id
    )


def _row(row: sa.RowMapping) -> AssessmentRow:
    return AssessmentRow(**row)


def adopt(
    db: Connection,
    activity_id: str,
    *,
    athlete_id: str,
    now: datetime,
    document: Mapping[str, Any],
    digest: Mapping[str, Any] | None,
    reassessment_id: str | None = None,
) -> str:
    """The id of the assessment that is current now; the one before stays, as superseded.

    A document with the same rules and the same result as the current one is that one, with the receipt renewed: what
    was known may be more by now. `digest` is
    what the assessments of later runs may read of this run (`history.digests`). Raises NotFound.
    """
    mine = sa.and_(activities.c.id == activity_id, activities.c.athlete_id == athlete_id)
    listed = {**_listed(document), "digest": digest, "updated_at": now, "revision": activities.c.revision + 1}
    with summaries.taken_out(db, athlete_id, activity_id=activity_id):
        found = db.execute(sa.update(activities).where(mine).values(listed)).rowcount
    if found == 0:
        raise NotFound("There is no such activity here.")
    before = current(db, [activity_id], scope=Scope.of(athlete_id)).get(activity_id)
    receipt = document.get("receipt") or {}
    same = (document["ruleset_version"], receipt.get("result_sha256"))
    if before is not None and same[1] is not None and same == (before.ruleset_version, before.result_sha256):
        if dict(document) != before.document:  # found the same by other means: its receipt says by which
            db.execute(sa.update(_table).where(_table.c.id == before.id).values(document=dict(document)))
        return before.id
    if before is not None:
        db.execute(sa.update(_table).where(_table.c.id == before.id).values(state="superseded"))
    made = {
        "id": new_id("asm", now),
        "activity_id": activity_id,
        "state": "current",
        "created_at": now,
        "ruleset_version": document["ruleset_version"],
        "result_sha256": receipt.get("result_sha256"),
        "document": dict(document),
        "reassessment_id": reassessment_id,
    }
    db.execute(sa.insert(_table).values(made))
    return str(made["id"])


def _listed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that lists read, picked out of the document."""
    codes = dict.fromkeys(str(warning["code"]) for warning in document.get("warnings") or ())
    return {
        **{name: document.get(name) for name in ("status", "score", "forecast_score", "level_source")},
        "level": _rank(document.get("level")),
        "points_level": _rank(document.get("points_level")),
        "warnings": f" {' '.join(codes)} " if codes else "",
        "headline": document.get("headline"),
    }


def _rank(level: str | None) -> int | None:
    return None if level is None else LEVELS.index(level)


def current(db: Connection, activity_ids: Iterable[str], *, scope: Scope) -> dict[str, AssessmentRow]:
    """The current assessment of each of the activities (a page of them) that has one and is in scope."""
    query = _select().where(
        _table.c.activity_id.in_(sorted(set(activity_ids))),
        _table.c.state == "current",
        scope.allows(activities.c.athlete_id),
    )
    return {row.activity_id: row for row in map(_row, db.execute(query).mappings())}


def page(
    db: Connection, activity_id: str, *, scope: Scope, limit: int, cursor: str | None = None
) -> Page[AssessmentRow]:
    """Every assessment of the activity, the newest first; empty where the activity is not in scope."""
    query = _select().where(_table.c.activity_id == activity_id, scope.allows(activities.c.athlete_id))
    return _NEWEST_FIRST.page(db, query, limit=limit, cursor=cursor, make=_row)
