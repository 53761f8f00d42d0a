"""Who may call, and who did what."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, UniqueConstraint

from service.store.tables.columns import DOCUMENT, ID, NAME, SHA256, WORD, UtcTime, metadata, of_athlete, one_of

ROLES: Final = ("admin", "coach", "athlete", "ingest")

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", ID, primary_key=True),
    # the first letters, to tell keys apart by; the key itself is shown once and never stored
    Column("prefix", WORD, nullable=False),
    Column("sha256", SHA256, nullable=False),
    Column("role", WORD, nullable=False),
    # whether it reaches every athlete, or only those of `api_key_athletes`
    Column("all_athletes", Boolean, nullable=False),
    Column("name", NAME),
    Column("created_at", UtcTime, nullable=False),
    Column("last_used_at", UtcTime),
    Column("revoked_at", UtcTime),
    UniqueConstraint("sha256"),
    one_of("role", ROLES),
)

api_key_athletes = Table(
    "api_key_athletes",
    metadata,
    Column("key_id", ID, ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True),
    of_athlete(primary_key=True, index=True),
)

# Outlives whom it names: ids alone, no names and no values.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", ID, primary_key=True),
    Column("at", UtcTime, nullable=False),
    # the key's id, or `local`, or `system`
    Column("actor", ID, nullable=False),
    Column("action", WORD, nullable=False),
    Column("athlete_id", ID),
    Column("subject", WORD),
    Column("request_id", String(100)),
    Column("details", DOCUMENT),
)

Index("ix_audit_log_athlete", audit_log.c.athlete_id, audit_log.c.at)

# A browser that was signed in with a key.
sessions = Table(
    "sessions",
    metadata,
    Column("sha256", SHA256, primary_key=True),
    Column("key_id", ID, ForeignKey("api_keys.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
)

# When somebody last looked at an athlete in the triage.
triage_seen = Table(
    "triage_seen",
    metadata,
    # a key's id, or `local`
    Column("actor", ID, primary_key=True),
    of_athlete(primary_key=True, index=True),
    Column("seen_at", UtcTime, nullable=False),
)
