"""Further arrivals of records: the same bytes once more, through another door or under another id.

How a record came first stands in its own row and in its file's; each later way has a row here. So a door that takes its
word back takes only that away, and the last one the record. Which of it is news is decided in the hall.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store import tables
from service.store.records import RecordRow
from service.store.scope import Scope

_table: Final = tables.arrivals
_sources: Final = tables.sources
_files: Final = tables.files


@dataclass(frozen=True, slots=True)
class ArrivalRow:
    """How a record came once more. `origin` and `external_id`: who knows it by which id; None for an upload."""

    via: str
    origin: str | None
    external_id: str | None
    received_at: datetime


def of(
    db: Connection, activity_ids: Iterable[str], *, scope: Scope
) -> dict[tuple[str, str, int], tuple[ArrivalRow, ...]]:
    """The further arrivals of the records of each activity in scope, by (activity, sha256, part), the oldest first."""
    same = sa.and_(*(_sources.c[name] == _table.c[name] for name in ("athlete_id", "sha256", "part")))
    query = sa.select(_sources.c.activity_id, *_table.c).join_from(_sources, _table, same)
    mine = query.where(_sources.c.activity_id.in_(sorted(set(activity_ids))), scope.allows(_sources.c.athlete_id))
    found: dict[tuple[str, str, int], tuple[ArrivalRow, ...]] = {}
    for row in db.execute(mine.order_by(_table.c.received_at, _table.c.id)).mappings():
        key = (row["activity_id"], row["sha256"], row["part"])
        found[key] = (*found.get(key, ()), _row(row))
    return found


def doors(db: Connection, athlete_id: str, *, sha256: str, part: int) -> set[str]:
    """Every `via` by which the record came so far."""
    first = sa.select(_files.c.via).where(_files.c.athlete_id == athlete_id, _files.c.sha256 == sha256)
    again = sa.select(_table.c.via).where(_of(athlete_id, sha256, part))
    return set(db.execute(sa.union(first, again)).scalars())


def add(db: Connection, athlete_id: str, record: RecordRow, arrival: ArrivalRow) -> None:
    """Nothing; the record came this way, too. One that came through this door without an id bears the id from now on.

    Nobody else may have the id: ask `records.find`, under the athlete's lock.
    """
    here = _of(athlete_id, record.sha256, record.part)
    if arrival.origin is not None:
        nameless = sa.and_(here, _table.c.via == arrival.via, _table.c.origin.is_(None))
        named = {"origin": arrival.origin, "external_id": arrival.external_id}
        if db.execute(sa.update(_table).where(nameless).values(named)).rowcount:
            return
    key = {"athlete_id": athlete_id, "sha256": record.sha256, "part": record.part}
    db.execute(sa.insert(_table).values(key | asdict(arrival)))


def withdraw(db: Connection, athlete_id: str, record: RecordRow, *, origin: str, external_id: str) -> bool:
    """Whether the record goes on without this id, because it came another way, too.

    A further arrival is gone. Where the id is that of the first, the oldest of the further ones is the first from now
    on, and the file's door is that one's. False, and nothing done, where there is no other.
    """
    here = _of(athlete_id, record.sha256, record.part)
    its_own = sa.and_(here, _table.c.origin == origin, _table.c.external_id == external_id)
    if db.execute(sa.delete(_table).where(its_own)).rowcount:
        return True
    in_order = sa.select(_table).where(here).order_by(_table.c.received_at, _table.c.id).limit(1)
    heir = db.execute(in_order).mappings().one_or_none()
    if heir is None:
        return False
    next_one = _row(heir)
    source = (_sources.c.athlete_id == athlete_id, _sources.c.sha256 == record.sha256, _sources.c.part == record.part)
    first = (*source, _sources.c.origin == origin, _sources.c.external_id == external_id)
    named = {"origin": next_one.origin, "external_id": next_one.external_id}
    if db.execute(sa.update(_sources).where(*first).values(named)).rowcount == 0:
        return False
    db.execute(sa.delete(_table).where(_table.c.id == heir["id"]))
    file = (_files.c.athlete_id == athlete_id, _files.c.sha256 == record.sha256)
    came = {"via": next_one.via, "received_at": next_one.received_at}
    db.execute(sa.update(_files).where(*file).values(came))
    _forget_said_twice(db, athlete_id, record.sha256, via=next_one.via)
    return True


def _forget_said_twice(db: Connection, athlete_id: str, sha256: str, *, via: str) -> None:
    """Nothing; no other part of the file lists the door again which is the file's now."""
    same = (_table.c.athlete_id == athlete_id, _table.c.sha256 == sha256, _table.c.via == via)
    db.execute(sa.delete(_table).where(*same, _table.c.origin.is_(None)))


def _of(athlete_id: str, sha256: str, part: int) -> sa.ColumnElement[bool]:
    return sa.and_(_table.c.athlete_id == athlete_id, _table.c.sha256 == sha256, _table.c.part == part)


def _row(row: Any) -> ArrivalRow:
    return ArrivalRow(row["via"], row["origin"], row["external_id"], row["received_at"])
