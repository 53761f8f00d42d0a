"""Rows that have had their time: answers kept for repeated calls, and events that every reader has had long to read."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store.tables import events, idempotency_keys


def forget_answers(db: Connection, *, before: datetime, limit: int) -> int:
    """How many of the oldest answers under an idempotency key, at most `limit`, were from before and are gone."""
    old = (
        sa.select(idempotency_keys.c.caller, idempotency_keys.c.key)
        .where(idempotency_keys.c.created_at < before)
        .order_by(idempotency_keys.c.created_at)
        .limit(limit)
    )
    named = sa.tuple_(idempotency_keys.c.caller, idempotency_keys.c.key)
    return db.execute(sa.delete(idempotency_keys).where(named.in_(old))).rowcount


def forget_events(db: Connection, *, before: datetime, limit: int) -> int:
    """How many of the oldest events, at most `limit`, were from before and are gone from the feed."""
    old = sa.select(events.c.sequence).where(events.c.created_at < before).order_by(events.c.created_at).limit(limit)
    return db.execute(sa.delete(events).where(events.c.sequence.in_(old))).rowcount
