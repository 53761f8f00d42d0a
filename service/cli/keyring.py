"""What the commands about keys do, in the database that the settings name."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.table import Table
from sqlalchemy import Engine

from service import settings
from service.cli.database import athlete_named, opened
from service.cli.report import Look
from service.cli.roster import checked
from service.cli.terminal import console, is_plain, remark
from service.errors import NotFound
from service.settings import Settings
from service.store import audit, keys
from service.store.cursor import MAX_LIMIT
from service.store.engine import read, write
from service.store.ids import is_id
from service.store.keys import KeyRow


def add(*, role: str, athletes: Sequence[str] | None, name: str | None) -> None:
    """Make a key and print it. Raises BadCall where the role does not go with the athletes, NotFound."""
    checked_name = checked(name, "--name")
    with opened(settings.load()) as engine:
        row, key = _made(engine, role=role, athletes=athletes, name=checked_name)
    remark(f"Key {row.id}, role {row.role}. It is shown this once:")
    sys.stdout.write(f"{key}\n")


def first_key(chosen: Settings) -> str | None:
    """The key of the first start with `auth=keys`, for an admin; None where a key was ever made."""
    with opened(chosen) as engine, write(engine) as db:
        if keys.any_made(db):
            return None
        now = datetime.now(UTC)
        row, key = keys.create(db, now=now, role=keys.ADMIN, athlete_ids=None, name="first start")
        audit.note(db, now=now, actor=audit.SYSTEM, action="key.created", athlete_id=None, subject=row.id)
        return key


def _made(engine: Engine, *, role: str, athletes: Sequence[str] | None, name: str | None) -> tuple[KeyRow, str]:
    now = datetime.now(UTC)
    with write(engine) as db:
        named = None if athletes is None else [athlete_named(db, one).id for one in athletes]
        row, key = keys.create(db, now=now, role=role, athlete_ids=named, name=name)
        audit.note(db, now=now, actor=audit.LOCAL, action="key.created", athlete_id=None, subject=row.id)
    return row, key


def revoke(key_id: str) -> None:
    """Revoke a key. Raises NotFound."""
    if not is_id(key_id, "key"):
        raise NotFound("this is no id of a key; `crampwatch key list` shows them")
    now = datetime.now(UTC)
    with opened(settings.load()) as engine, write(engine) as db:
        row = keys.revoke(db, key_id, now=now)
        audit.note(db, now=now, actor=audit.LOCAL, action="key.revoked", athlete_id=None, subject=row.id)
    remark(f"Key {row.id} opens nothing any more.")


def show() -> None:
    """Print a table of every key."""
    paper = console(width=None if sys.stdout.isatty() else 200)
    look = Look(width=paper.width, plain=is_plain(paper.file))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("id", "begins with", "role", "athletes", "name", "made", "last used", "revoked"):
        table.add_column(title, no_wrap=title != "athletes")
    with opened(settings.load()) as engine:
        for row in _all(engine):
            table.add_row(*(look.text(cell) for cell in _cells(row)))
    paper.print(table)


def _all(engine: Engine) -> list[KeyRow]:
    found: list[KeyRow] = []
    cursor: str | None = None
    while True:
        with read(engine) as db:
            page = keys.page(db, limit=MAX_LIMIT, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def _cells(row: KeyRow) -> tuple[str, ...]:
    times = (f"{at:%Y-%m-%d %H:%M}" if at else "" for at in (row.created_at, row.last_used_at, row.revoked_at))
    reach = "all" if row.all_athletes else ", ".join(row.athlete_ids) or "nobody any more"
    return (
        row.id,
        row.prefix,
        row.role,
        reach,
        row.name or "",
        *times,
    )
