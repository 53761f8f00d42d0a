"""Bringing a database to the schema of this program, safely from any number of processes that start at once."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from service.store.engine import exclusive, read

SCRIPTS: Final = Path(__file__).resolve().parents[2] / "migrations"
"""Beside `service`, in a checkout as in site-packages; found from this file, not from the working directory."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Nothing; the database is at `revision` (the newest) afterwards, whichever of several starters got there first.

    A database that a newer program has already brought further is left as it is: revisions are made so that the program
    before them can live with them. Raises Unavailable where the lock is not to be had in time, or the database is down.
    """
    with exclusive(engine) as db:
        if not _is_ahead(db):
            command.upgrade(config_for(db), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Nothing; the database is back at `revision` (`base`: empty) afterwards."""
    with exclusive(engine) as db:
        command.downgrade(config_for(db), revision)


def is_current(engine: Engine) -> bool:
    """True where this program can work with the schema: it is at the newest revision known here, or further.

    Raises Unavailable where the database cannot be asked.
    """
    with read(engine) as db:
        return _revision(db) == _scripts().get_current_head() or _is_ahead(db)


def config_for(db: Connection) -> Config:
    """Alembic's configuration for this connection; it needs no file, as `pyproject.toml` is not installed with us."""
    config = Config(attributes={"connection": db})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


def _revision(db: Connection) -> str | None:
    return MigrationContext.configure(db).get_current_revision()


def _is_ahead(db: Connection) -> bool:
    revision = _revision(db)
    return revision is not None and revision not in {script.revision for script in _scripts().walk_revisions()}


@functools.cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(SCRIPTS)
