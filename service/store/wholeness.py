"""Whether what is stored is whole: every row with its blob, every blob with the bytes that its key names.

What a restored backup, a moved folder or a doubtful disk is looked at with. Only reads, and may run beside a service at
work: what is deleted between the look at a row and the look at its blob is no fault, so a fault is looked at twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from service.store import tables
from service.store.blobs import Blobs, digest_of, original_key, streams_key
from service.store.damage import BlobMissing
from service.store.engine import read

Why = Literal["missing", "differs", "no_assessment", "totals", "database"]

_BATCH: Final = 200
_files: Final = tables.files.c
_activities: Final = tables.activities.c
_details: Final = tables.activity_details.c


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob that a row stands on, and the row."""

    key: str
    sha256: str
    athlete_id: str
    activity_id: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: a blob that is `missing` or `differs`, or rows that contradict each other.

    `key` is the blob's, else the id of what it is about.
    """

    why: Why
    key: str
    blob: Blob | None = None


@dataclass(slots=True)
class Tally:
    """How much has been looked at."""

    athletes: int = 0
    files: int = 0
    streams: int = 0


def faults(engine: Engine, blobs: Blobs, *, tally: Tally) -> Iterator[Fault]:
    """Everything that is wrong, in no order that means anything; `tally` grows meanwhile. Raises Unavailable."""
    yield from _rows(engine, tally)
    for blob in _blobs(engine):
        tally.streams += blob.activity_id is not None
        tally.files += blob.activity_id is None
        why = _fault(blobs, blob)
        if why is not None and _is_named(engine, blob) and (why := _fault(blobs, blob)) is not None:
            yield Fault(why, blob.key, blob)


def missing(engine: Engine, blobs: Blobs) -> Iterator[Blob]:
    """Every blob that a row stands on and that is not there."""
    return (blob for blob in _blobs(engine) if not blobs.exists(blob.key))


def _fault(blobs: Blobs, blob: Blob) -> Literal["missing", "differs"] | None:
    try:
        return None if digest_of(blobs.get(blob.key)) == blob.sha256 else "differs"
    except BlobMissing:
        return "missing"


def _blobs(engine: Engine) -> Iterator[Blob]:
    """Every blob that a row stands on: originals, then streams."""
    originals = sa.select(_files.athlete_id, _files.sha256)
    for row in _each(engine, originals, (_files.athlete_id, _files.sha256)):
        yield Blob(original_key(row.athlete_id, row.sha256), row.sha256, row.athlete_id, None)
    streams = sa.select(_activities.athlete_id, _activities.id, _details.streams_digest)
    joined = streams.join_from(tables.activities, tables.activity_details, _activities.id == _details.activity_id)
    for row in _each(engine, joined, (_activities.id,)):
        key = streams_key(row.athlete_id, row.id, row.streams_digest)
        yield Blob(key, row.streams_digest, row.athlete_id, row.id)


def _each(engine: Engine, query: sa.Select[Any], key: tuple[sa.ColumnElement[Any], ...]) -> Iterator[Any]:
    """The rows in the order of the key, a batch a transaction, so that no long one is held open."""
    last: tuple[Any, ...] | None = None
    while True:
        beyond = query if last is None else query.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, last)))
        with read(engine) as db:
            found = db.execute(beyond.order_by(*key).limit(_BATCH)).all()
        yield from found
        if len(found) < _BATCH:
            return
        last = tuple(found[-1]._mapping[column] for column in key)  # noqa: SLF001 - SQLAlchemy's documented name


def _is_named(engine: Engine, blob: Blob) -> bool:
    """Whether a row still stands on the blob."""
    if blob.activity_id is None:
        row = sa.select(_files.sha256).where(_files.athlete_id == blob.athlete_id, _files.sha256 == blob.sha256)
    else:
        row = sa.select(_details.activity_id).where(
            _details.activity_id == blob.activity_id, _details.streams_digest == blob.sha256
        )
    with read(engine) as db:
        return db.execute(row).first() is not None


def _rows(engine: Engine, tally: Tally) -> Iterator[Fault]:
    """What the database itself finds wrong, activities without an assessment, and totals that do not add up."""
    with read(engine) as db:
        yield from (Fault("database", line) for line in _own_check(db))
        bare = sa.select(_activities.id).where(_activities.status.is_not(None), ~_has_current())
        yield from (Fault("no_assessment", one) for one in db.execute(bare).scalars())
        for athlete_id, right in db.execute(_totals()):
            tally.athletes += 1
            if not right:
                yield Fault("totals", athlete_id)


def _own_check(db: Connection) -> list[str]:
    """The sentences of SQLite's own examination; PostgreSQL has none that one could ask for so."""
    if db.dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in db.exec_driver_sql("PRAGMA integrity_check")]
    broken = db.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    return [line for line in found if line != "ok"] + [f"a row of {row[0]} refers to nothing" for row in broken]


def _has_current() -> sa.Exists:
    assessments = tables.assessments.c
    current = sa.and_(assessments.activity_id == _activities.id, assessments.state == "current")
    return sa.exists().where(current)


def _totals() -> sa.Select[Any]:
    """Each athlete, and whether the runs that are counted in the totals are those that are there."""
    totals = tables.athlete_summaries.c
    runs = sa.select(sa.func.count()).where(_activities.athlete_id == totals.athlete_id).scalar_subquery()
    scored = (
        sa.select(sa.func.count(_activities.score)).where(_activities.athlete_id == totals.athlete_id).scalar_subquery()
    )
    return sa.select(totals.athlete_id, sa.and_(totals.runs == runs, totals.scored == scored))
