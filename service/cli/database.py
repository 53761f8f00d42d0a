"""The database that the settings name, brought to this program's schema; for every command that needs one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from service.errors import NotFound, Unavailable
from service.jobs import queue as jobs
from service.settings import Settings
from service.store import athletes
from service.store.athletes import ME, AthleteRow
from service.store.engine import make_engine
from service.store.ids import is_id
from service.store.migrate import upgrade
from service.store.scope import Scope


def bring_up_to_date(chosen: Settings) -> None:
    """Nothing; the database is there and current. Raises Unavailable where it cannot be made or reached."""
    with opened(chosen):
        pass


@contextmanager
def opened(chosen: Settings) -> Iterator[Engine]:
    """The database, there and current, for the length of a block. Raises what `bring_up_to_date` raises."""
    try:
        engine = make_engine(chosen.database_url)
    except OSError as wrong:
        why = wrong.strerror or "the folder cannot be made"
        raise Unavailable(f"the database cannot be made where CRAMPWATCH_DATA_DIR says: {why}") from wrong
    try:
        upgrade(engine)
        jobs.migrate(engine)
        yield engine
    finally:
        engine.dispose()


def athlete_named(db: Connection, name: str) -> AthleteRow:
    """The athlete of this id, or with this external id, or `me`. Raises NotFound."""
    if name == ME:
        found = athletes.find_me(db)
    elif is_id(name, "ath"):
        found = athletes.get(db, name, scope=Scope.everyone())
    else:
        found = athletes.find_by_external_id(db, name, scope=Scope.everyone())
    if found is None:
        raise NotFound("there is no athlete of this id or external id; `crampwatch athlete list` shows who is there")
    return found
