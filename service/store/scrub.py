"""After an erasure: a SQLite file without remains.

SQLite overwrites what it deletes (`secure_delete`), but cells that moved between pages before leave copies, and the
write-ahead log keeps older images of pages: of 67 erased test athletes 43 could still be read. So the file is written
anew (VACUUM), and the log cut to nothing. Writers wait meanwhile, 15 ms for each megabyte.

PostgreSQL reuses the place of dead rows by itself (autovacuum); its own logs and backups are the operator's.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Engine

from service.errors import Unavailable
from service.store.engine import DOOR_WAIT_S, alone, read, write
from service.store.removals import SCRUB
from service.store.tables import blob_removals as _table

AT_ONCE_BYTES: Final = 64 * 1024 * 1024
"""Size of a file up to which an erasure itself waits for it: within a second."""

AT_START_BYTES: Final = 1024 * 1024 * 1024
"""Size up to which a start does what is due: within some 15 seconds."""


def is_due(engine: Engine) -> bool:
    """True where somebody was erased since the file was last written anew."""
    return bool(_asked(engine))


def _asked(engine: Engine) -> list[str]:
    with read(engine) as db:
        return list(db.execute(sa.select(_table.c.key).where(_table.c.key.like(f"{SCRUB}%"))).scalars())


def scrub(engine: Engine, *, at_most_bytes: int | None = None, wait_s: float = DOOR_WAIT_S) -> bool:
    """True where what was due is done; a file larger than that is left for later (None: any size).

    So it is where a reader in another process holds on to the old state. Raises NoSpace (while it lasts the file takes
    twice its space), and Unavailable.
    """
    asked = _asked(engine)
    if not asked:
        return True
    if engine.dialect.name == "sqlite" and not _written_anew(engine, at_most_bytes, wait_s=wait_s):
        return False
    with write(engine) as db:
        db.execute(sa.delete(_table).where(_table.c.key.in_(asked)))
    return True


def _written_anew(engine: Engine, at_most_bytes: int | None, *, wait_s: float) -> bool:
    try:
        with alone(engine, wait_s=wait_s) as file:
            [[pages]], [[page_bytes]] = (
                file.execute(f"PRAGMA {name}").fetchall() for name in ("page_count", "page_size")
            )
            if at_most_bytes is not None and pages * page_bytes > at_most_bytes:
                return False
            file.execute("VACUUM")
            [[busy, *_]] = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return not busy
    except Unavailable:  # others are at work in the file
        return False
