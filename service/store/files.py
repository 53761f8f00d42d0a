"""The files that an athlete gave, and which activity each part of them became."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store import arrivals, tables
from service.store.scope import Scope
from service.store.upsert import insert_missing

FILENAME_LENGTH: Final = 200

_BATCH: Final = 500
"""Values in one IN list: well below what either database takes."""

_files: Final = tables.files
_sources: Final = tables.sources

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of one athlete. `sha256` and `bytes` are of the content without gzip, `filename` is only a text."""

    athlete_id: str
    sha256: str
    bytes: int
    filename: str
    format: str
    via: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One way by which a record of a run, a part of a file, came; `origin` and `external_id` say who knows it so."""

    activity_id: str
    format: str
    filename: str
    part: int
    sha256: str
    bytes: int
    via: str
    received_at: datetime
    origin: str | None
    external_id: str | None


def add(
    db: Connection, athlete_id: str, *, sha256: str, size: int, filename: str, format_id: str, via: str, now: datetime
) -> None:
    """Nothing; the file is known afterwards. One that was known keeps its first name and time."""
    row = {
        "athlete_id": athlete_id,
        "sha256": sha256,
        "bytes": size,
        "filename": filename[:FILENAME_LENGTH],
        "format": format_id,
        "via": via,
        "received_at": now,
    }
    insert_missing(db, _files, [row])


def find(db: Connection, athlete_id: str, *, sha256: str) -> FileRow | None:
    """The athlete's file with this hash."""
    query = sa.select(*_files.c).where(_files.c.athlete_id == athlete_id, _files.c.sha256 == sha256)
    found = db.execute(query).mappings().one_or_none()
    return None if found is None else FileRow(**found)


def known(db: Connection, athlete_id: str, *, hashes: Iterable[str]) -> set[str]:
    """Those of the hashes that are of files the athlete has given: what an import may skip without reading it."""
    found: set[str] = set()
    for some in _batches(sorted(set(hashes))):
        query = sa.select(_files.c.sha256).where(_files.c.athlete_id == athlete_id, _files.c.sha256.in_(some))
        found.update(db.execute(query).scalars())
    return found


def hashes(db: Connection, athlete_id: str) -> set[str]:
    """The hashes of every file that the athlete has given."""
    return set(db.execute(sa.select(_files.c.sha256).where(_files.c.athlete_id == athlete_id)).scalars())


def activities_of(db: Connection, athlete_id: str, *, sha256: str) -> dict[int, str]:
    """The activity that each part of the file became; a part that was deleted or never used is absent."""
    query = sa.select(_sources.c.part, _sources.c.activity_id).where(
        _sources.c.athlete_id == athlete_id, _sources.c.sha256 == sha256
    )
    return dict(db.execute(query).all())


def sources_of(db: Connection, activity_ids: Iterable[str], *, scope: Scope) -> dict[str, tuple[SourceRow, ...]]:
    """The records behind each of the activities, the first received first; an activity out of scope has no entry.

    A record that came more than once is followed by its further arrivals, in their order.
    """
    found: dict[str, tuple[SourceRow, ...]] = {}
    for some in _batches(sorted(set(activity_ids))):
        query = _with_files().where(_sources.c.activity_id.in_(some), scope.allows(_sources.c.athlete_id))
        in_order = query.order_by(_files.c.received_at, _files.c.sha256, _sources.c.part)
        further = arrivals.of(db, some, scope=scope)
        for row in db.execute(in_order).mappings():
            source = SourceRow(**row)
            again = further.get((source.activity_id, source.sha256, source.part), ())
            entries = (source, *(replace(source, **asdict(arrival)) for arrival in again))
            found[source.activity_id] = (*found.get(source.activity_id, ()), *entries)
    return found


def _with_files() -> sa.Select[tuple[object, ...]]:
    same_file = sa.and_(_sources.c.athlete_id == _files.c.athlete_id, _sources.c.sha256 == _files.c.sha256)
    return sa.select(
        _sources.c.activity_id,
        _files.c.format,
        _files.c.filename,
        _sources.c.part,
        _sources.c.sha256,
        _files.c.bytes,
        _files.c.via,
        _files.c.received_at,
        _sources.c.origin,
        _sources.c.external_id,
    ).join_from(_sources, _files, same_file)


def _batches(things: Sequence[Thing]) -> Iterator[Sequence[Thing]]:
    for start in range(0, len(things), _BATCH):
        yield things[start : start + _BATCH]
