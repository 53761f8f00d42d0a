"""Uploads: what came in one call, and what became of each thing in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import NotFound
from service.store import activities, athletes
from service.store.cursor import Keyset, Page
from service.store.files import FILENAME_LENGTH
from service.store.scope import Scope
from service.store.tables import upload_items
from service.store.tables import uploads as _table

COUNTS: Final[Mapping[str, str]] = {
    "created": "created",
    "duplicate": "duplicates",
    "merged": "merged",
    "skipped": "skipped",
    "rejected": "rejected",
}
"""The counter of an upload that each outcome of an item is counted by."""

_IN_ORDER: Final = Keyset("upload_items", (upload_items.c.position,))


@dataclass(frozen=True, slots=True)
class NewItem:
    """What became of one activity, or of one file without any; `problem` is in the contract's shape."""

    name: str
    outcome: str
    part: int = 0
    activity_id: str | None = None
    problem: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item of an upload; `activity_id` is None also where the activity was deleted since."""

    position: int
    name: str
    part: int
    outcome: str
    activity_id: str | None
    problem: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class UploadRow:
    """One upload; `total` counts items and is the sum of the five counters."""

    id: str
    athlete_id: str
    via: str
    status: str
    received_at: datetime
    finished_at: datetime | None
    total: int
    created: int
    duplicates: int
    merged: int
    skipped: int
    rejected: int
    told: dict[str, Any] | None
    import_name: str | None


def start(
    db: Connection,
    athlete_id: str,
    *,
    upload_id: str,
    now: datetime,
    via: str = "upload",
    status: str = "running",
    told: Mapping[str, Any] | None = None,
    import_name: str | None = None,
) -> None:
    """Nothing; the upload is there, without items.

    Raises NotFound where the athlete has been erased.
    """
    athletes.lock(db, athlete_id)
    zeros = dict.fromkeys(("total", *COUNTS.values()), 0)
    made = {"id": upload_id, "athlete_id": athlete_id, "via": via, "status": status, "received_at": now}
    named = {"told": None if told is None else dict(told), "import_name": import_name}
    db.execute(sa.insert(_table).values(made | named | zeros))


def go_on(db: Connection, upload_id: str, *, athlete_id: str, told: Mapping[str, Any]) -> None:
    """Nothing; the upload is being worked off, and `told` says how far it has come.

    Raises NotFound.
    """
    mine = sa.and_(_table.c.id == upload_id, _table.c.athlete_id == athlete_id)
    if db.execute(sa.update(_table).where(mine).values(status="running", told=dict(told))).rowcount == 0:
        raise NotFound("There is no such upload here.")


def of_import(db: Connection, athlete_id: str, *, name: str) -> list[UploadRow]:
    """The athlete's uploads that are parts of the import, in the order in which they came."""
    query = sa.select(*_table.c).where(_table.c.athlete_id == athlete_id, _table.c.import_name == name)
    return [UploadRow(**row) for row in db.execute(query.order_by(_table.c.id)).mappings()]


def add_items(db: Connection, upload_id: str, *, athlete_id: str, items: Sequence[NewItem]) -> None:
    """Nothing; the items stand behind those that were there, and are counted.

    What became of an item stays true where its activity has been deleted since; only the id goes. Raises NotFound.
    """
    first = get(db, upload_id, scope=Scope.of(athlete_id)).total
    counts = Counter(COUNTS[item.outcome] for item in items)
    grown = {name: _table.c[name] + number for name, number in counts.items()}
    mine = sa.and_(_table.c.id == upload_id, _table.c.athlete_id == athlete_id)
    db.execute(sa.update(_table).where(mine).values({**grown, "total": _table.c.total + len(items)}))
    there = activities.existing(db, athlete_id, ids={item.activity_id for item in items if item.activity_id})
    rows = [_values(upload_id, first + offset, item, there) for offset, item in enumerate(items)]
    if rows:
        db.execute(sa.insert(upload_items), rows)


def _values(upload_id: str, position: int, item: NewItem, there: Collection[str]) -> dict[str, Any]:
    return {
        "upload_id": upload_id,
        "position": position,
        "name": item.name[:FILENAME_LENGTH],
        "part": item.part,
        "outcome": item.outcome,
        "activity_id": item.activity_id if item.activity_id in there else None,
        "problem": item.problem,
    }


def finish(db: Connection, upload_id: str, *, athlete_id: str, now: datetime) -> UploadRow:
    """The upload, done.

    Raises NotFound.
    """
    mine = sa.and_(_table.c.id == upload_id, _table.c.athlete_id == athlete_id)
    db.execute(sa.update(_table).where(mine).values(status="done", finished_at=now))
    return get(db, upload_id, scope=Scope.of(athlete_id))


def get(db: Connection, upload_id: str, *, scope: Scope) -> UploadRow:
    """The upload.

    Raises NotFound where there is none, or none that the caller may see.
    """
    query = sa.select(*_table.c).where(_table.c.id == upload_id, scope.allows(_table.c.athlete_id))
    found = db.execute(query).mappings().one_or_none()
    if found is None:
        raise NotFound("There is no such upload here.")
    return UploadRow(**found)


def items(db: Connection, upload_id: str, *, scope: Scope, limit: int, cursor: str | None = None) -> Page[ItemRow]:
    """The items of the upload in the order they were worked off; empty where the upload is not in scope."""
    columns = (column for column in upload_items.c if column.name != "upload_id")
    query = (
        sa.select(*columns)
        .join_from(upload_items, _table, upload_items.c.upload_id == _table.c.id)
        .where(upload_items.c.upload_id == upload_id, scope.allows(_table.c.athlete_id))
    )
    return _IN_ORDER.page(db, query, limit=limit, cursor=cursor, make=_item)


def _item(row: sa.RowMapping) -> ItemRow:
    return ItemRow(**row)
