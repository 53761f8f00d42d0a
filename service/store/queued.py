"""How many jobs the job library keeps in its own table, which lies beside ours. Read only, for whoever watches."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from service.store.engine import translated

_SCHEMA = "dbos"
"""Where the library's tables lie on PostgreSQL; on SQLite they lie among ours."""


@dataclass(frozen=True, slots=True)
class Count:
    """The jobs of one status, in the library's words, and when the oldest was queued (milliseconds since 1970)."""

    status: str
    number: int
    oldest_ms: float


def counts(engine: Engine, *, name: str, statuses: Collection[str]) -> list[Count]:
    """The jobs of this name in the given statuses. Raises Unavailable where the database cannot be asked."""
    with translated(), engine.connect() as db:
        return [
            Count(status, number, oldest_ms) for status, number, oldest_ms in db.execute(_query(db, name, statuses))
        ]


def _query(db: Connection, name: str, statuses: Collection[str]) -> sa.Select[str, int, float]:
    columns = (sa.column("name", sa.String), sa.column("status", sa.String), sa.column("created_at", sa.BigInteger))
    rows = sa.table("workflow_status", *columns, schema=None if db.dialect.name == "sqlite" else _SCHEMA)
    query = sa.select(rows.c.status, sa.func.count(), sa.func.min(rows.c.created_at))
    return query.where(rows.c.name == name, rows.c.status.in_(statuses)).group_by(rows.c.status)
