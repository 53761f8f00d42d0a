"""Runs that their owner deleted, so that nothing which merely repeats itself brings them back.

What an explicit upload does: it lifts the stone and stores the run anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store.tables import tombstones as _table
from service.store.upsert import insert_missing

FILE: Final = "file"
"""The origin of a stone that stands for bytes; any other origin is a provider, and its key that provider's id."""


def bury(
    db: Connection, athlete_id: str, *, sources: Iterable[tuple[str, int, str | None, str | None]], now: datetime
) -> None:
    """Nothing; each source (sha256, part, origin, external id) is buried, by its bytes and by the id it came under."""
    rows: list[dict[str, Any]] = []
    for sha256, part, origin, external_id in sources:
        rows.append({"origin": FILE, "key": sha256, "part": part})
        if origin is not None and external_id is not None:
            rows.append({"origin": origin, "key": external_id, "part": 0})
    insert_missing(db, _table, [{"athlete_id": athlete_id, "buried_at": now, **row} for row in rows])


def bury_id(db: Connection, athlete_id: str, *, origin: str, external_id: str, now: datetime) -> None:
    """Nothing; the run that this provider knows by this id is buried, though it was never here."""
    stone = {"athlete_id": athlete_id, "origin": origin, "key": external_id, "part": 0, "buried_at": now}
    insert_missing(db, _table, [stone])


def is_buried(db: Connection, athlete_id: str, *, sha256: str, part: int) -> bool:
    """True where the athlete deleted the run of this part of these bytes."""
    return _is_there(db, athlete_id, origin=FILE, key=sha256, part=part)


def parts_of(db: Connection, athlete_id: str, *, sha256: str) -> set[int]:
    """The parts of these bytes whose runs the athlete deleted."""
    stone = (_table.c.athlete_id == athlete_id, _table.c.origin == FILE, _table.c.key == sha256)
    return set(db.execute(sa.select(_table.c.part).where(*stone)).scalars())


def is_buried_id(db: Connection, athlete_id: str, *, origin: str, external_id: str) -> bool:
    """True where the athlete deleted the run that this provider knows by this id."""
    return _is_there(db, athlete_id, origin=origin, key=external_id, part=0)


def lift(db: Connection, athlete_id: str, *, sha256: str) -> None:
    """Nothing; these bytes are welcome again."""
    _lift(db, athlete_id, origin=FILE, key=sha256)


def lift_id(db: Connection, athlete_id: str, *, origin: str, external_id: str) -> None:
    """Nothing; the run of this provider's id is welcome again."""
    _lift(db, athlete_id, origin=origin, key=external_id)


def _is_there(db: Connection, athlete_id: str, *, origin: str, key: str, part: int) -> bool:
    stone = (_table.c.athlete_id == athlete_id, _table.c.origin == origin, _table.c.key == key, _table.c.part == part)
    return db.execute(sa.select(_table.c.part).where(*stone)).first() is not None


def _lift(db: Connection, athlete_id: str, *, origin: str, key: str) -> None:
    stone = (_table.c.athlete_id == athlete_id, _table.c.origin == origin, _table.c.key == key)
    db.execute(sa.delete(_table).where(*stone))
