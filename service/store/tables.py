"""The schema as SQLAlchemy tables; `migrations/` brings a database to it, and `alembic check` holds the two together.

Habits of every table: ids are the opaque texts of `service.store.ids`; what belongs to an athlete bears `athlete_id`,
or hangs on a row that does, and goes with the athlete (ON DELETE CASCADE); documents are JSON in the shape of the HTTP
contract, and the few of their values that lists filter, sort or show stand beside them in columns. Words that the
contract keeps open (sports, formats, providers) are not checked here; closed sets and ranges are.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

LEVELS: Final = ("low", "moderate", "high", "very_high")
"""Levels in their order; a level is stored as its place in it, so that "at least" is a comparison."""

UPLOAD_STATUSES: Final = ("queued", "running", "done")
OUTCOMES: Final = ("created", "duplicate", "merged", "skipped", "rejected")
ASSESSMENT_STATES: Final = ("current", "superseded", "proposed")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def as_micros(at: datetime) -> int:
    """Whole microseconds since 1970 of an aware time; exact, also before 1970.

    >>> as_micros(datetime(2026, 10, 4, 7, 0, 12, 250_000, tzinfo=UTC))
    1791097212250000
    """
    return (at - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC time that `as_micros` came from."""
    return _EPOCH + micros * _MICROSECOND


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, kept as whole microseconds since 1970.

    SQLite has no time type (SQLAlchemy writes text without a zone there), PostgreSQL has one that is shown in the
    session's zone. One integer sorts, compares and pages alike on both, and loses nothing.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Microseconds for the database; a naive time raises TypeError."""
        return None if value is None else as_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # likewise
        """The aware time for the program."""
        return None if value is None else from_micros(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID: Final = String(30)
_SHA256: Final = String(64)
_WORD: Final = String(64)
_NAME: Final = String(200)
_JSON: Final = JSON(none_as_null=True)


def _one_of(column: str, words: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _between(column: str, low: float, high: float) -> CheckConstraint:
    return CheckConstraint(f"{column} BETWEEN {low} AND {high}", name=column)


def _athlete_id(**options: Any) -> Column[str]:
    return Column("athlete_id", _ID, ForeignKey("athletes.id", ondelete="CASCADE"), nullable=False, **options)


athletes = Table(
    "athletes",
    metadata,
    Column("id", _ID, primary_key=True),
    # `me` of a server without keys; at most one athlete bears it
    Column("alias", _WORD),
    Column("external_id", _NAME),
    Column("name", _NAME),
    Column("birth_year", SmallInteger),
    Column("mass_kg", Float),
    Column("hr_rest_bpm", Float),
    Column("hr_max_bpm", Float),
    Column("sweat_rate_l_per_h", Float),
    Column("cramp_history", _WORD, nullable=False),
    Column("strength_training", Boolean),
    Column("beginner", Boolean),
    Column("hide_amounts", Boolean, nullable=False),
    Column("units", _WORD, nullable=False),
    Column("timezone", _WORD),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("alias"),
    UniqueConstraint("external_id"),
    _one_of("units", ("metric", "imperial")),
)

files = Table(
    "files",
    metadata,
    _athlete_id(primary_key=True),
    # of the bytes without gzip: what "the same file" means
    Column("sha256", _SHA256, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("filename", _NAME, nullable=False),
    Column("format", _WORD, nullable=False),
    Column("via", _WORD, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    CheckConstraint("length(sha256) = 64", name="sha256"),
    CheckConstraint("bytes > 0", name="bytes"),
)

activities = Table(
    "activities",
    metadata,
    Column("id", _ID, primary_key=True),
    _athlete_id(),
    Column("external_id", _NAME),
    Column("started_at", UtcTime, nullable=False),
    Column("utc_offset_s", Integer),
    Column("sport", _WORD),
    Column("sub_sport", _WORD),
    Column("name", _NAME),
    Column("distance_m", Float),
    Column("moving_s", Float),
    Column("elapsed_s", Float),
    # of the current assessment: what the history shows and filters by
    Column("status", _WORD),
    Column("score", SmallInteger),
    Column("forecast_score", SmallInteger),
    Column("level", SmallInteger),
    Column("points_level", SmallInteger),
    Column("level_source", _WORD),
    # codes between blanks, " fast_start hilly ": one LIKE on either database finds a whole code
    Column("warnings", Text, nullable=False),
    Column("headline", _JSON),
    # what the assessments of later runs may read of this one
    Column("digest", _JSON),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("revision", Integer, nullable=False),
    _between("level", 0, len(LEVELS) - 1),
    _between("points_level", 0, len(LEVELS) - 1),
    _between("score", 0, 100),
    _between("forecast_score", 0, 100),
)

Index("ix_activities_history", activities.c.athlete_id, activities.c.started_at.desc(), activities.c.id.desc())
Index(
    "ix_activities_history_moderate",
    activities.c.athlete_id,
    activities.c.started_at.desc(),
    activities.c.id.desc(),
    sqlite_where=activities.c.level >= text("1"),
    postgresql_where=activities.c.level >= text("1"),
)

# Kept apart from `activities` so that a page of history reads narrow rows: a document and a state are a few kilobytes.
activity_details = Table(
    "activity_details",
    metadata,
    Column("activity_id", _ID, ForeignKey("activities.id", ondelete="CASCADE"), primary_key=True),
    # the SHA-256 of the blob of stored streams, part of its key
    Column("streams_digest", _SHA256, nullable=False),
    # what the person said; it outranks what files and providers say
    Column("edits", _JSON, nullable=False),
    Column("note", Text),
    # what the file says, in the shape of the contract's Activity
    Column("document", _JSON, nullable=False),
    # what else is needed to assess again without the file
    Column("state", _JSON, nullable=False),
    CheckConstraint("length(streams_digest) = 64", name="streams_digest"),
)

sources = Table(
    "sources",
    metadata,
    _athlete_id(primary_key=True),
    Column("sha256", _SHA256, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("activity_id", _ID, ForeignKey("activities.id", ondelete="CASCADE"), nullable=False, index=True),
    # who calls this record by which id: `caller`, or a provider
    Column("origin", _WORD),
    Column("external_id", _NAME),
    ForeignKeyConstraint(["athlete_id", "sha256"], ["files.athlete_id", "files.sha256"], ondelete="CASCADE"),
    UniqueConstraint("athlete_id", "origin", "external_id"),
    CheckConstraint("part >= 0", name="part"),
    CheckConstraint("(origin IS NULL) = (external_id IS NULL)", name="origin"),
)

assessments = Table(
    "assessments",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("activity_id", _ID, ForeignKey("activities.id", ondelete="CASCADE"), nullable=False),
    Column("state", _WORD, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("ruleset_version", _WORD, nullable=False),
    Column("result_sha256", _SHA256),
    Column("document", _JSON, nullable=False),
    _one_of("state", ASSESSMENT_STATES),
)

Index("ix_assessments_activity", assessments.c.activity_id, assessments.c.created_at.desc(), assessments.c.id.desc())
Index(
    "uq_assessments_current",
    assessments.c.activity_id,
    unique=True,
    sqlite_where=text("state = 'current'"),
    postgresql_where=text("state = 'current'"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", _ID, primary_key=True),
    _athlete_id(index=True),
    Column("via", _WORD, nullable=False),
    Column("status", _WORD, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("total", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("merged", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    _one_of("status", UPLOAD_STATUSES),
    CheckConstraint("total = created + duplicates + merged + skipped + rejected", name="total"),
)

upload_items = Table(
    "upload_items",
    metadata,
    Column("upload_id", _ID, ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", _NAME, nullable=False),
    Column("part", Integer, nullable=False),
    Column("outcome", _WORD, nullable=False),
    Column("activity_id", _ID, ForeignKey("activities.id", ondelete="SET NULL"), index=True),
    Column("problem", _JSON),
    _one_of("outcome", OUTCOMES),
)

# A run that its owner deleted: nothing that merely repeats itself (sync, watch, import) may bring it back.
tombstones = Table(
    "tombstones",
    metadata,
    _athlete_id(primary_key=True),
    # `file` with the bytes' SHA-256, or a provider with its id of the run
    Column("origin", _WORD, primary_key=True),
    Column("key", _NAME, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("buried_at", UtcTime, nullable=False),
)

# Blobs that must go, written in the transaction that took their rows away. It outlives the athlete, so no foreign key.
blob_removals = Table(
    "blob_removals",
    metadata,
    # a key, or a prefix where it ends in "/"
    Column("key", String(300), primary_key=True),
    Column("athlete_id", _ID, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
)
