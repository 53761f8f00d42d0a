"""What happened, in the order in which it became true: the one feed that readers follow and webhooks are sent from."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from service.store.tables.columns import DOCUMENT, ID, NAME, WORD, UtcTime, metadata

# No foreign keys: that an athlete was erased, or a run deleted, is an event as well.
events = Table(
    "events",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", ID, nullable=False, unique=True),
    Column("type", WORD, nullable=False),
    Column("athlete_id", ID, nullable=False),
    Column("activity_id", ID),
    Column("external_id", NAME),
    Column("created_at", UtcTime, nullable=False, index=True),
    # what is told beside: headline, levels, counts; in the contract's shape
    Column("data", DOCUMENT, nullable=False),
    sqlite_autoincrement=True,
)

Index("ix_events_athlete", events.c.athlete_id, events.c.sequence)
