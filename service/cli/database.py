"""The database that the settings name, brought to this program's schema; for every command that needs one."""

from __future__ import annotations

from service.errors import Unavailable
from service.jobs import queue as jobs
from service.settings import Settings
from service.store.engine import make_engine
from service.store.migrate import upgrade


def bring_up_to_date(chosen: Settings) -> None:
    """Nothing; the database is there and current. Raises Unavailable where it cannot be made or reached."""
    try:
        engine = make_engine(chosen.database_url)
    except OSError as wrong:
        why = wrong.strerror or "the folder cannot be made"
        raise Unavailable(f"the database cannot be made where CRAMPWATCH_DATA_DIR says: {why}") from wrong
    try:
        upgrade(engine)
        jobs.migrate(engine)
    finally:
        engine.dispose()
