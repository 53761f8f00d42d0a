"""Athletes, their files, the runs in them, and what was found of each."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from service.store.tables.columns import (
    DOCUMENT,
    ID,
    NAME,
    SHA256,
    WORD,
    UtcTime,
    between,
    metadata,
    of_athlete,
    one_of,
)

LEVELS: Final = ("low", "moderate", "high", "very_high")
"""Levels in their order; a level is stored as its place in it, so that "at least" is a comparison."""

ASSESSMENT_STATES: Final = ("current", "superseded", "proposed")

athletes = Table(
    "athletes",
    metadata,
    Column("id", ID, primary_key=True),
    # `me` of a server without keys; at most one athlete bears it
    Column("alias", WORD),
    Column("external_id", NAME),
    Column("name", NAME),
    Column("birth_year", SmallInteger),
    Column("mass_kg", Float),
    Column("hr_rest_bpm", Float),
    Column("hr_max_bpm", Float),
    Column("sweat_rate_l_per_h", Float),
    Column("cramp_history", WORD, nullable=False),
    Column("strength_training", Boolean),
    Column("beginner", Boolean),
    Column("hide_amounts", Boolean, nullable=False),
    Column("units", WORD, nullable=False),
    Column("timezone", WORD),
    # runs begun from here on are to be assessed again, as an earlier one came, went or changed; None: all is well
    Column("assess_from", UtcTime),
    # how often that was asked for, so that whoever does it sees what came in between
    Column("assess_calls", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("alias"),
    UniqueConstraint("external_id"),
    one_of("units", ("metric", "imperial")),
)

files = Table(
    "files",
    metadata,
    of_athlete(primary_key=True),
    # of the bytes without gzip: what "the same file" means
    Column("sha256", SHA256, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("filename", NAME, nullable=False),
    Column("format", WORD, nullable=False),
    Column("via", WORD, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    CheckConstraint("length(sha256) = 64", name="sha256"),
    CheckConstraint("bytes > 0", name="bytes"),
)

activities = Table(
    "activities",
    metadata,
    Column("id", ID, primary_key=True),
    of_athlete(),
    Column("external_id", NAME),
    Column("started_at", UtcTime, nullable=False),
    Column("utc_offset_s", Integer),
    Column("sport", WORD),
    Column("sub_sport", WORD),
    Column("name", NAME),
    Column("distance_m", Float),
    Column("moving_s", Float),
    Column("elapsed_s", Float),
    # of the current assessment: what the history shows and filters by
    Column("status", WORD),
    Column("score", SmallInteger),
    Column("forecast_score", SmallInteger),
    Column("level", SmallInteger),
    Column("points_level", SmallInteger),
    Column("level_source", WORD),
    # codes between blanks, " fast_start hilly ": one LIKE on either database finds a whole code
    Column("warnings", Text, nullable=False),
    Column("headline", DOCUMENT),
    # what the assessments of later runs may read of this one
    Column("digest", DOCUMENT),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("revision", Integer, nullable=False),
    between("level", 0, len(LEVELS) - 1),
    between("points_level", 0, len(LEVELS) - 1),
    between("score", 0, 100),
    between("forecast_score", 0, 100),
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
    Column("activity_id", ID, ForeignKey("activities.id", ondelete="CASCADE"), primary_key=True),
    # the SHA-256 of the blob of stored streams, part of its key
    Column("streams_digest", SHA256, nullable=False),
    # what the person said; it outranks what files and providers say
    Column("edits", DOCUMENT, nullable=False),
    Column("note", Text),
    # what the file says, in the shape of the contract's Activity
    Column("document", DOCUMENT, nullable=False),
    # what else is needed to assess again without the file
    Column("state", DOCUMENT, nullable=False),
    # when and why the athlete was asked whether there was a cramp
    Column("cramp_prompt", DOCUMENT),
    CheckConstraint("length(streams_digest) = 64", name="streams_digest"),
)

sources = Table(
    "sources",
    metadata,
    of_athlete(primary_key=True),
    Column("sha256", SHA256, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("activity_id", ID, ForeignKey("activities.id", ondelete="CASCADE"), nullable=False, index=True),
    # who calls this record by which id: `caller`, or a provider
    Column("origin", WORD),
    Column("external_id", NAME),
    # what tells whether two records are of the same run: when, how far, and in what kind of sport
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("distance_m", Float),
    Column("family", WORD),
    # the lowest of an activity is the one to show
    Column("rank", Integer, nullable=False, server_default="0"),
    # taken out of a merged activity by its owner, for good
    Column("apart", Boolean, nullable=False, server_default=text("false")),
    ForeignKeyConstraint(["athlete_id", "sha256"], ["files.athlete_id", "files.sha256"], ondelete="CASCADE"),
    UniqueConstraint("athlete_id", "origin", "external_id"),
    CheckConstraint("part >= 0", name="part"),
    CheckConstraint("(origin IS NULL) = (external_id IS NULL)", name="origin"),
)

Index("ix_sources_time", sources.c.athlete_id, sources.c.started_at)

# A record once more, through another door or under another id. How it came first stands in `files` and `sources`.
arrivals = Table(
    "arrivals",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    of_athlete(),
    Column("sha256", SHA256, nullable=False),
    Column("part", Integer, nullable=False),
    Column("via", WORD, nullable=False),
    # no other record of the athlete has this id, neither here nor in `sources`
    Column("origin", WORD),
    Column("external_id", NAME),
    Column("received_at", UtcTime, nullable=False),
    ForeignKeyConstraint(
        ["athlete_id", "sha256", "part"],
        ["sources.athlete_id", "sources.sha256", "sources.part"],
        ondelete="CASCADE",
        name="fk_arrivals_source",
    ),
    UniqueConstraint("athlete_id", "origin", "external_id"),
    CheckConstraint("(origin IS NULL) = (external_id IS NULL)", name="origin"),
)

Index("ix_arrivals_source", arrivals.c.athlete_id, arrivals.c.sha256, arrivals.c.part)

assessments = Table(
    "assessments",
    metadata,
    Column("id", ID, primary_key=True),
    Column("activity_id", ID, ForeignKey("activities.id", ondelete="CASCADE"), nullable=False),
    Column("state", WORD, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("ruleset_version", WORD, nullable=False),
    Column("result_sha256", SHA256),
    Column("document", DOCUMENT, nullable=False),
    # the reassessment that proposes it
    Column("reassessment_id", ID, ForeignKey("reassessments.id", ondelete="SET NULL"), index=True),
    # what later runs would read of this run, once it is adopted
    Column("digest", DOCUMENT),
    one_of("state", ASSESSMENT_STATES),
)

Index("ix_assessments_activity", assessments.c.activity_id, assessments.c.created_at.desc(), assessments.c.id.desc())
Index(
    "uq_assessments_current",
    assessments.c.activity_id,
    unique=True,
    sqlite_where=text("state = 'current'"),
    postgresql_where=text("state = 'current'"),
)

# One row an athlete, changed with every run, so that totals cost no sum over the runs.
athlete_summaries = Table(
    "athlete_summaries",
    metadata,
    of_athlete(primary_key=True),
    Column("runs", Integer, nullable=False),
    Column("distance_m", Float, nullable=False),
    Column("moving_s", Float, nullable=False),
    Column("scored", Integer, nullable=False),
    Column("score_sum", Integer, nullable=False),
    Column("answers", Integer, nullable=False),
    Column("cramps", Integer, nullable=False),
)
