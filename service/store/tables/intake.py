"""What came in, what became of it, and what has gone for good."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
)

from service.store.tables.columns import (
    DOCUMENT,
    ID,
    NAME,
    SHA256,
    WORD,
    UtcTime,
    metadata,
    of_athlete,
    one_of,
)

UPLOAD_STATUSES: Final = ("queued", "running", "done")
OUTCOMES: Final = ("created", "duplicate", "merged", "skipped", "rejected")

uploads = Table(
    "uploads",
    metadata,
    Column("id", ID, primary_key=True),
    of_athlete(index=True),
    Column("via", WORD, nullable=False),
    Column("status", WORD, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("total", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("merged", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    # what was told with the files, where they are worked off later
    Column("told", DOCUMENT),
    # the caller's name of the import that it is a part of
    Column("import_name", WORD),
    one_of("status", UPLOAD_STATUSES),
    CheckConstraint("total = created + duplicates + merged + skipped + rejected", name="total"),
)

upload_items = Table(
    "upload_items",
    metadata,
    Column("upload_id", ID, ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("part", Integer, nullable=False),
    Column("outcome", WORD, nullable=False),
    Column("activity_id", ID, ForeignKey("activities.id", ondelete="SET NULL"), index=True),
    Column("problem", DOCUMENT),
    one_of("outcome", OUTCOMES),
)

# What was sent and waits to be worked off: as it came, in a blob, until it is done.
upload_files = Table(
    "upload_files",
    metadata,
    Column("upload_id", ID, ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("key", String(300), nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

# The answer to a call that its caller may repeat under the same key, for a day.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    # whose key it is: an API key's id, or `local`
    Column("caller", ID, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("target", String(300), nullable=False),
    # of the body; None while the first call is under way
    Column("body_sha256", SHA256),
    Column("status", SmallInteger),
    Column("headers", DOCUMENT),
    Column("body", LargeBinary),
    Column("created_at", UtcTime, nullable=False, index=True),
    # a call that has not ended by then is taken for dead
    Column("held_until", UtcTime, nullable=False),
)

# A run that its owner deleted: nothing that merely repeats itself (sync, watch, import) may bring it back.
tombstones = Table(
    "tombstones",
    metadata,
    of_athlete(primary_key=True),
    # `file` with the bytes' SHA-256, or a provider with its id of the run
    Column("origin", WORD, primary_key=True),
    Column("key", NAME, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("buried_at", UtcTime, nullable=False),
)

# Blobs that must go, written in the transaction that took their rows away. It outlives the athlete, so no foreign key.
blob_removals = Table(
    "blob_removals",
    metadata,
    # a key, or a prefix where it ends in "/"
    Column("key", String(300), primary_key=True),
    Column("athlete_id", ID, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
)
