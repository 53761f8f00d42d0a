"""Inserts that may meet a row which is already there, in the dialect of either database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_missing(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Nothing; the rows whose key is not there yet are there afterwards, the others stay as they were.

    Unlike SQLite's `OR IGNORE` it still refuses a row that breaks a check.
    """
    if rows:
        db.execute(_insert(db, table), [dict(row) for row in rows])


def insert_new(db: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Whether the row is there by this very call: False where its key was there before, and nothing changed."""
    return db.execute(_insert(db, table), dict(row)).rowcount == 1


def _insert(db: Connection, table: Table) -> Insert:
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()
