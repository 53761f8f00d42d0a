"""Answers that are kept for calls which may be repeated, until they may no longer be."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store.tables import idempotency_keys


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
