"""Records of runs: which parts of which files stand behind an activity, and what tells twins by.

A run may have come from a watch and from two services; each is a record (a row of `sources`), and all of them are one
activity. Which ones belong together is decided in the hall; here they are found, moved and forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import Conflict, NotFound
from service.store import removals, tables
from service.store.blobs import original_key
from service.store.scope import Scope

LONGEST: Final = timedelta(days=8)
"""No record is longer: files of up to a week are read."""

_table: Final = tables.sources
_files: Final = tables.files
_arrivals: Final = tables.arrivals


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record, and the activity that it is a part of at the moment.

    `rank`: the lowest of an activity is the one shown. `apart`: its owner took it out of a merged run, for good.
    """

    activity_id: str
    sha256: str
    part: int
    started_at: datetime
    ended_at: datetime
    distance_m: float | None
    family: str
    rank: int
    apart: bool
    origin: str | None
    external_id: str | None

    @property
    def key(self) -> tuple[str, int]:
        """What names a record among an athlete's: the file, and the part of it."""
        return self.sha256, self.part


_COLUMNS: Final = tuple(_table.c[spec.name] for spec in fields_of(RecordRow))


def of(db: Connection, activity_ids: Iterable[str], *, scope: Scope) -> list[RecordRow]:
    """The records of the activities that are in scope, in no order that means anything."""
    query = sa.select(*_COLUMNS).where(
        _table.c.activity_id.in_(sorted(set(activity_ids))), scope.allows(_table.c.athlete_id)
    )
    return _rows(db, query)


def overlapping(db: Connection, athlete_id: str, *, start: datetime, end: datetime) -> list[RecordRow]:
    """The athlete's records that share a moment with the span and have not been taken out of a run."""
    query = sa.select(*_COLUMNS).where(
        _table.c.athlete_id == athlete_id,
        _table.c.started_at > start - LONGEST,
        _table.c.started_at < end,
        _table.c.ended_at > start,
        _table.c.apart.is_(sa.false()),
    )
    return _rows(db, query)


def add(db: Connection, athlete_id: str, record: RecordRow) -> None:
    """Nothing; the record is there. Its file and its activity have to be.

    Raises Conflict where another record of the athlete came under the same id.
    """
    if record.origin is not None and record.external_id is not None:
        demand_free(db, athlete_id, origin=record.origin, external_id=record.external_id)
    values = {spec.name: getattr(record, spec.name) for spec in fields_of(RecordRow)}
    db.execute(sa.insert(_table).values({"athlete_id": athlete_id, **values}))


def demand_free(db: Connection, athlete_id: str, *, origin: str, external_id: str) -> None:
    """Nothing, where no record of the athlete has this id. Raises Conflict."""
    if find(db, athlete_id, origin=origin, external_id=external_id) is not None:
        raise Conflict("Another activity of this athlete has this external_id.")


def find(db: Connection, athlete_id: str, *, origin: str, external_id: str) -> RecordRow | None:
    """The athlete's record that came from `origin` under this id, at first or once more."""
    first, again = (
        sa.and_(one.c.athlete_id == athlete_id, one.c.origin == origin, one.c.external_id == external_id)
        for one in (_table, _arrivals)
    )
    same = sa.and_(*(_table.c[name] == _arrivals.c[name] for name in ("athlete_id", "sha256", "part")))
    queries = (sa.select(*_COLUMNS).where(first), sa.select(*_COLUMNS).join_from(_table, _arrivals, same).where(again))
    return next((row for query in queries for row in _rows(db, query)), None)


def of_file(db: Connection, athlete_id: str, *, sha256: str) -> list[RecordRow]:
    """The records that stand on these bytes, the earliest run first."""
    query = sa.select(*_COLUMNS).where(_table.c.athlete_id == athlete_id, _table.c.sha256 == sha256)
    return _rows(db, query.order_by(_table.c.started_at, _table.c.part))


def _rows(db: Connection, query: sa.Select[Any]) -> list[RecordRow]:
    return [RecordRow(**row) for row in db.execute(query).mappings()]


def from_origin(db: Connection, athlete_id: str, *, origin: str, limit: int) -> list[str]:
    """Some of the ids by which `origin` knows records of the athlete."""
    first, again = (
        sa.select(one.c.external_id).where(one.c.athlete_id == athlete_id, one.c.origin == origin)
        for one in (_table, _arrivals)
    )
    return [str(found) for found in db.execute(sa.union(first, again).order_by("external_id").limit(limit)).scalars()]


def move(db: Connection, athlete_id: str, *, keys: Collection[tuple[str, int]], activity_id: str) -> None:
    """Nothing; these records of the athlete are parts of that activity from now on."""
    for sha256, part in sorted(keys):
        db.execute(sa.update(_table).where(_is(athlete_id, sha256, part)).values(activity_id=activity_id))


def set_apart(db: Connection, athlete_id: str, *, sha256: str, part: int) -> None:
    """Nothing; the record never again goes together with another. Raises NotFound."""
    if db.execute(sa.update(_table).where(_is(athlete_id, sha256, part)).values(apart=True)).rowcount == 0:
        raise NotFound("This activity has no such source.")


def forget(db: Connection, athlete_id: str, *, sha256: str, part: int, now: datetime) -> None:
    """Nothing; the record is gone, and so is its file where no other record stands on it. No stone is left."""
    db.execute(sa.delete(_table).where(_is(athlete_id, sha256, part)))
    left = sa.select(_table.c.part).where(_table.c.athlete_id == athlete_id, _table.c.sha256 == sha256).limit(1)
    if db.execute(left).first() is None:
        db.execute(sa.delete(_files).where(_files.c.athlete_id == athlete_id, _files.c.sha256 == sha256))
        removals.ask(db, athlete_id, keys=[original_key(athlete_id, sha256)], now=now)


def _is(athlete_id: str, sha256: str, part: int) -> sa.ColumnElement[bool]:
    return sa.and_(_table.c.athlete_id == athlete_id, _table.c.sha256 == sha256, _table.c.part == part)
