"""Browsers that were signed in with a key: who they are, as long as key and session are good. Only hashes are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store import keys
from service.store.keys import KeyRow
from service.store.tables import api_keys as _keys
from service.store.tables import sessions as _table

_SWEPT: Final = 1000
"""Sessions past their end that go with a new one."""


def start(db: Connection, key_id: str, *, sha256: str, now: datetime, expires_at: datetime) -> None:
    """Nothing; the session is good until it expires, is ended, or its key is revoked. Old ones of anybody go."""
    old = sa.select(_table.c.sha256).where(_table.c.expires_at <= now).limit(_SWEPT)
    db.execute(sa.delete(_table).where(_table.c.sha256.in_(old)))
    db.execute(sa.insert(_table).values(sha256=sha256, key_id=key_id, created_at=now, expires_at=expires_at))


def find(db: Connection, sha256: str, *, now: datetime) -> KeyRow | None:
    """The key that the session stands for; None where there is no such session, or it or its key is over."""
    query = (
        sa.select(_table.c.key_id)
        .join_from(_table, _keys)
        .where(_table.c.sha256 == sha256, _table.c.expires_at > now, _keys.c.revoked_at.is_(None))
    )
    key_id = db.execute(query).scalar_one_or_none()
    return None if key_id is None else keys.get(db, key_id)


def end(db: Connection, sha256: str) -> None:
    """Nothing; the session opens nothing any more."""
    db.execute(sa.delete(_table).where(_table.c.sha256 == sha256))
