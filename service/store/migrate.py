"""Bringing a database to the schema of this program, safely from any number of processes that start at once."""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from service.store.engine import exclusive, read

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS: Final = Path(__file__).resolve().parents[2] / "migrations"
"""Beside `service`, in a checkout as in site-packages; found from this file, not from the working directory."""

_SCRIPT: Final = re.compile(r"r(\d{4})_")
_VERSIONS: Final = sa.table("alembic_version", sa.column("version_num", sa.String))


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Nothing; the database is at `revision` (the newest) afterwards, whichever of several starters got there first.

    A database that a newer program has already brought further is left as it is: revisions are made so that the program
    before them can live with them. Raises Unavailable where the lock is not to be had in time, or the database is down.
    """
    with exclusive(engine) as db:
        at = _revision(db)
        is_there = revision == "head" and at == known()[-1]
        if not (is_there or _is_ahead(at)):
            from alembic import command  # noqa: PLC0415 - twelve MiB that a service whose database is current never needs

            command.upgrade(config_for(db), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Nothing; the database is back at `revision` (`base`: empty) afterwards."""
    from alembic import command  # noqa: PLC0415 - as above

    with exclusive(engine) as db:
        command.downgrade(config_for(db), revision)


def is_current(engine: Engine) -> bool:
    """True where this program can work with the schema: it is at the newest revision known here, or further.

    Raises Unavailable where the database cannot be asked.
    """
    with read(engine) as db:
        at = _revision(db)
    return at == known()[-1] or _is_ahead(at)


def config_for(db: Connection) -> Config:
    """Alembic's configuration for this connection; it needs no file, as `pyproject.toml` is not installed with us."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config(
        attributes={"connection": db}, stdout=sys.stdout
    )  # its own default is what stdout was at its import
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


@functools.cache
def known() -> tuple[str, ...]:
    """The revisions of this program, the oldest first, by the names of their scripts."""
    names = sorted(path.name for path in (SCRIPTS / "versions").glob("r*.py"))
    return tuple(found[1] for name in names if (found := _SCRIPT.match(name)))


def _revision(db: Connection) -> str | None:
    if not sa.inspect(db).has_table(_VERSIONS.name):
        return None
    return db.execute(sa.select(_VERSIONS.c.version_num)).scalar_one_or_none()


def _is_ahead(revision: str | None) -> bool:
    return revision is not None and revision not in known()
