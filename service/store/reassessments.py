"""Reassessments: what other rules would find in the stored runs, kept beside what counts until somebody adopts it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import NotFound
from service.store.cursor import Keyset, Page
from service.store.ids import new_id
from service.store.scope import Scope
from service.store.tables import activities, assessments, reassessment_items
from service.store.tables import reassessments as _table

_items: Final = reassessment_items
_IN_TIME: Final = Keyset("reassessment_items", (_items.c.started_at, _items.c.activity_id))


@dataclass(frozen=True, slots=True)
class ReassessmentRow:
    """One reassessment, of one athlete's runs or (None) everybody's. `done` of `total` runs are worked off.

    `reached` is [athlete, start in microseconds, activity] of the last one; once all is adopted, [athlete] of the last
    one whose later runs are on their way to be caught up with.
    """

    id: str
    athlete_id: str | None
    status: str
    ruleset_version: str
    total: int
    done: int
    changed: int
    reached: list[Any] | None
    requested_at: datetime
    finished_at: datetime | None
    adopted_at: datetime | None

    @property
    def settled_to(self) -> str:
        """The athlete up to whom all is `settled`; empty where nobody is."""
        return self.reached[0] if self.reached is not None and len(self.reached) == 1 else ""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A run whose assessment would change, and how."""

    activity_id: str
    started_at: datetime
    utc_offset_s: int | None
    difference: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Runner:
    """One run on the way of a reassessment."""

    athlete_id: str
    activity_id: str
    started_at: datetime


_COLUMNS: Final = tuple(_table.c[spec.name] for spec in fields_of(ReassessmentRow))


def _covered(scope: Scope) -> sa.ColumnElement[bool]:
    """Everybody's reassessment is seen by whoever sees everybody."""
    return sa.true() if scope.athlete_ids is None else scope.allows(_table.c.athlete_id)


def request(db: Connection, *, athlete_id: str | None, ruleset_version: str, now: datetime) -> ReassessmentRow:
    """The new reassessment, queued, with the number of runs that it is about."""
    count = sa.select(sa.func.count()).select_from(activities).where(_of(athlete_id))
    made = {
        "id": new_id("rea", now),
        "athlete_id": athlete_id,
        "status": "queued",
        "ruleset_version": ruleset_version,
        "total": db.execute(count).scalar_one(),
        "done": 0,
        "changed": 0,
        "requested_at": now,
    }
    db.execute(sa.insert(_table).values(made))
    return get(db, str(made["id"]), scope=Scope.everyone())


def _of(athlete_id: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if athlete_id is None else activities.c.athlete_id == athlete_id


def get(db: Connection, reassessment_id: str, *, scope: Scope) -> ReassessmentRow:
    """The reassessment. Raises NotFound where there is none, or none that the caller may see."""
    query = sa.select(*_COLUMNS).where(_table.c.id == reassessment_id, _covered(scope))
    found = db.execute(query).mappings().one_or_none()
    if found is None:
        raise NotFound("There is no such reassessment here.")
    return ReassessmentRow(**found)


def items(
    db: Connection, reassessment_id: str, *, scope: Scope, limit: int, cursor: str | None = None
) -> Page[ItemRow]:
    """The runs that would change, the oldest first."""
    query = (
        sa.select(_items.c.activity_id, _items.c.started_at, activities.c.utc_offset_s, _items.c.difference)
        .join_from(_items, activities, _items.c.activity_id == activities.c.id)
        .where(_items.c.reassessment_id == reassessment_id, scope.allows(activities.c.athlete_id))
    )
    return _IN_TIME.page(db, query, limit=limit, cursor=cursor, make=lambda row: ItemRow(**row))


@dataclass(frozen=True, slots=True)
class Alike:
    """How many of the runs that would change do so alike: the level before and after, and the codes of warnings."""

    before: str | None
    after: str | None
    warnings: dict[str, list[str]]
    runs: int


def alike(db: Connection, reassessment_id: str, *, scope: Scope) -> list[Alike]:
    """All the runs that would change, counted by how; one query, however many there are."""
    told = {
        "before": _items.c.difference["before"]["level"].as_string(),
        "after": _items.c.difference["after"]["level"].as_string(),
        # as text, for PostgreSQL compares no JSON
        "warnings": _items.c.difference["warnings"].as_string(),
    }
    each = (
        sa.select(*(value.label(name) for name, value in told.items()))
        .join_from(_items, activities, _items.c.activity_id == activities.c.id)
        .where(_items.c.reassessment_id == reassessment_id, scope.allows(activities.c.athlete_id))
        .subquery()
    )
    query = sa.select(*each.c, sa.func.count().label("runs")).group_by(*each.c)
    return [Alike(row.before, row.after, json.loads(row.warnings), row.runs) for row in db.execute(query)]


def under_way(db: Connection, athlete_id: str, *, ruleset_version: str, since: datetime) -> ReassessmentRow | None:
    """The latest of the athlete's own, by those rules and asked for from then on, that is not at its end yet."""
    query = (
        sa.select(*_COLUMNS)
        .where(
            _table.c.athlete_id == athlete_id,
            _table.c.status.in_(("queued", "running", "adopting")),
            _table.c.ruleset_version == ruleset_version,
            _table.c.requested_at >= since,
        )
        .order_by(_table.c.requested_at.desc(), _table.c.id.desc())
        .limit(1)
    )
    found = db.execute(query).mappings().one_or_none()
    return None if found is None else ReassessmentRow(**found)


def ahead(db: Connection, row: ReassessmentRow, *, limit: int) -> list[Runner]:
    """The runs that come next, athlete by athlete, each one's in the order of time."""
    key = (activities.c.athlete_id, activities.c.started_at, activities.c.id)
    query = sa.select(activities.c.athlete_id, activities.c.id, activities.c.started_at).where(_of(row.athlete_id))
    if row.reached is not None:
        athlete_id, started_at, activity_id = row.reached
        query = query.where(sa.tuple_(*key) > sa.tuple_(athlete_id, sa.literal(started_at, sa.BigInteger), activity_id))
    return [Runner(*found) for found in db.execute(query.order_by(*key).limit(limit))]


def advance(
    db: Connection, reassessment_id: str, *, reached: list[Any] | None, done: int, changed: int, status: str
) -> None:
    """Nothing; so many more runs are worked off, and so many of them would change."""
    grown = {"done": _table.c.done + done, "changed": _table.c.changed + changed, "status": status}
    moved = {} if reached is None else {"reached": reached}
    db.execute(sa.update(_table).where(_table.c.id == reassessment_id).values(grown | moved))


def mark(db: Connection, reassessment_id: str, *, status: str, now: datetime | None = None) -> None:
    """Nothing; the reassessment is `done`, `adopting` or `adopted` now, at the moment `now` where that is the end."""
    ended = {} if now is None else {"finished_at" if status == "done" else "adopted_at": now}
    db.execute(sa.update(_table).where(_table.c.id == reassessment_id).values({"status": status, **ended}))


def propose(
    db: Connection,
    reassessment_id: str,
    *,
    activity_id: str,
    athlete_id: str,
    document: Mapping[str, Any],
    digest: Mapping[str, Any],
    difference: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Nothing; the assessment is proposed for the run, in place of an earlier proposal of the same reassessment.

    `difference` is what people would see of it; None where only the receipt or what later runs read is another. Raises
    NotFound.
    """
    mine = sa.and_(activities.c.id == activity_id, activities.c.athlete_id == athlete_id)
    started_at = db.execute(sa.select(activities.c.started_at).where(mine)).scalar_one_or_none()
    if started_at is None:
        raise NotFound("There is no such activity here.")
    withdraw(db, reassessment_id, activity_id=activity_id, athlete_id=athlete_id)
    proposed = {
        "id": new_id("asm", now),
        "activity_id": activity_id,
        "state": "proposed",
        "created_at": now,
        "ruleset_version": document["ruleset_version"],
        "result_sha256": document["receipt"]["result_sha256"],
        "document": dict(document),
        "digest": dict(digest),
        "reassessment_id": reassessment_id,
    }
    db.execute(sa.insert(assessments).values(proposed))
    if difference is not None:
        item = {"reassessment_id": reassessment_id, "activity_id": activity_id, "started_at": started_at}
        db.execute(sa.insert(_items).values({**item, "difference": dict(difference)}))


def withdraw(db: Connection, reassessment_id: str, *, activity_id: str, athlete_id: str) -> None:
    """Nothing; the reassessment proposes nothing for the run of that athlete any more."""
    own = sa.select(activities.c.id).where(activities.c.id == activity_id, activities.c.athlete_id == athlete_id)
    for table in (assessments, _items):
        chosen = (table.c.reassessment_id == reassessment_id, table.c.activity_id.in_(own))
        state = (assessments.c.state == "proposed",) if table is assessments else ()
        db.execute(sa.delete(table).where(*chosen, *state))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed assessment, and what later runs would read of its run."""

    athlete_id: str
    activity_id: str
    started_at: datetime
    created_at: datetime
    document: dict[str, Any]
    digest: dict[str, Any]


def proposals(db: Connection, reassessment_id: str, *, scope: Scope, limit: int) -> list[Proposal]:
    """Some of what is proposed and not adopted yet, athlete by athlete, each one's in the order of time."""
    query = (
        sa.select(
            activities.c.athlete_id,
            activities.c.id.label("activity_id"),
            activities.c.started_at,
            assessments.c.created_at,
            assessments.c.document,
            assessments.c.digest,
        )
        .join_from(assessments, activities, assessments.c.activity_id == activities.c.id)
        .where(
            assessments.c.reassessment_id == reassessment_id,
            assessments.c.state == "proposed",
            scope.allows(activities.c.athlete_id),
        )
        .order_by(activities.c.athlete_id, activities.c.started_at, activities.c.id)
        .limit(limit)
    )
    return [Proposal(**row) for row in db.execute(query).mappings()]


def adopted_from(db: Connection, reassessment_id: str, *, scope: Scope, after: str = "") -> dict[str, datetime]:
    """The start of the first run that counts as was proposed, of each athlete in scope from behind `after` on."""
    query = (
        sa.select(activities.c.athlete_id, sa.func.min(activities.c.started_at).label("since"))
        .join_from(assessments, activities, assessments.c.activity_id == activities.c.id)
        .where(
            assessments.c.reassessment_id == reassessment_id,
            assessments.c.state != "proposed",
            activities.c.athlete_id > after,
            scope.allows(activities.c.athlete_id),
        )
        .group_by(activities.c.athlete_id)
    )
    return {row.athlete_id: row.since for row in db.execute(query)}


def settled(db: Connection, reassessment_id: str, *, to: str) -> None:
    """Nothing; up to that athlete, somebody is sent to catch up with the runs after those that were adopted."""
    db.execute(sa.update(_table).where(_table.c.id == reassessment_id).values(reached=[to]))
