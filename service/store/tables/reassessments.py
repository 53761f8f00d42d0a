"""Assessing what is stored again, by other rules, and seeing what that would change before it holds."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from service.store.tables.columns import DOCUMENT, ID, WORD, UtcTime, metadata, one_of

REASSESSMENT_STATUSES: Final = ("queued", "running", "done", "adopting", "adopted")

reassessments = Table(
    "reassessments",
    metadata,
    Column("id", ID, primary_key=True),
    # None: every athlete's runs
    Column("athlete_id", ID, ForeignKey("athletes.id", ondelete="CASCADE"), index=True),
    Column("status", WORD, nullable=False),
    Column("ruleset_version", WORD, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    # how far it has come: the last activity worked off
    Column("reached", DOCUMENT),
    Column("requested_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("adopted_at", UtcTime),
    one_of("status", REASSESSMENT_STATUSES),
)

# One row an activity whose assessment would change.
reassessment_items = Table(
    "reassessment_items",
    metadata,
    Column("reassessment_id", ID, ForeignKey("reassessments.id", ondelete="CASCADE"), primary_key=True),
    Column("activity_id", ID, ForeignKey("activities.id", ondelete="CASCADE"), primary_key=True),
    Column("started_at", UtcTime, nullable=False),
    # warnings added, removed and changed; score and level before and after
    Column("difference", DOCUMENT, nullable=False),
)

Index(
    "ix_reassessment_items_time",
    reassessment_items.c.reassessment_id,
    reassessment_items.c.started_at,
    reassessment_items.c.activity_id,
)
