"""Whether bytes hold other bytes, which the two databases spell each in its own way."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection


def holds(db: Connection, column: sa.ColumnElement[bytes], part: bytes) -> sa.ColumnElement[bool]:
    """The condition that the bytes of the column hold these."""
    if db.dialect.name == "sqlite":
        return sa.func.instr(column, part) > 0
    return sa.func.position(sa.literal(part, sa.LargeBinary).op("IN")(column)) > 0
