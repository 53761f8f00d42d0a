"""What athletes say of their runs: whether there was a cramp, and what they drank, ate, weighed and slept."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Integer, Table

from service.store.tables.columns import DOCUMENT, ID, WORD, UtcTime, metadata, one_of

CRAMP_ANSWERS: Final = ("none", "near", "cramp_continued", "cramp_stopped")

cramp_reports = Table(
    "cramp_reports",
    metadata,
    Column("activity_id", ID, ForeignKey("activities.id", ondelete="CASCADE"), primary_key=True),
    Column("answer", WORD, nullable=False),
    Column("document", DOCUMENT, nullable=False),
    # None: nobody had asked
    Column("asked_at", UtcTime),
    Column("answered_at", UtcTime, nullable=False),
    Column("revision", Integer, nullable=False),
    one_of("answer", CRAMP_ANSWERS),
)

run_logs = Table(
    "run_logs",
    metadata,
    Column("activity_id", ID, ForeignKey("activities.id", ondelete="CASCADE"), primary_key=True),
    Column("document", DOCUMENT, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("revision", Integer, nullable=False),
)
