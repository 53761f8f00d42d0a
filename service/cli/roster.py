"""What the commands about athletes do, in the database that the settings name."""

from __future__ import annotations

import sys
import unicodedata
from datetime import UTC, datetime

import typer
from rich.table import Table

from service import settings
from service.cli.database import opened
from service.cli.report import Look
from service.cli.terminal import NAME_LENGTH, console, harmless, is_plain
from service.store import athletes, audit, summaries
from service.store.cursor import MAX_LIMIT
from service.store.engine import read, write
from service.store.scope import Scope


def add(*, name: str | None, external_id: str | None) -> None:
    """Make an athlete and print the id, by the rules of the API. Raises Conflict where the external id is taken."""
    told_name, told_id = checked(name, "--name"), checked(external_id, "--external-id")
    now = datetime.now(UTC)
    with opened(settings.load()) as engine, write(engine) as db:
        row = athletes.create(db, now=now, fields={"name": told_name}, external_id=told_id)
        audit.note(db, now=now, actor=audit.LOCAL, action="athlete.created", athlete_id=row.id)
    sys.stdout.write(f"{row.id}\n")


def checked(text: str | None, option: str) -> str | None:
    """The name, once it is one that the API would take. Raises typer's usage error."""
    if text is None:
        return None
    if not 1 <= len(text) <= NAME_LENGTH or harmless(text) != text:
        raise typer.BadParameter(f"has to be 1 to {NAME_LENGTH} plain characters on one line", param_hint=option)
    return unicodedata.normalize("NFC", text)


def show() -> None:
    """Print a table of every athlete."""
    paper = console(width=None if sys.stdout.isatty() else 200)
    look = Look(width=paper.width, plain=is_plain(paper.file))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("id", "external id", "name"):
        table.add_column(title, no_wrap=title == "id")
    table.add_column("runs", justify="right")
    cursor: str | None = None
    with opened(settings.load()) as engine:
        while True:
            with read(engine) as db:
                page = athletes.page(db, scope=Scope.everyone(), limit=MAX_LIMIT, cursor=cursor)
                totals = summaries.some(db, [row.id for row in page.items], scope=Scope.everyone())
            for row in page.items:
                runs = str(totals[row.id].runs) if row.id in totals else "0"
                table.add_row(*(look.text(cell) for cell in (row.id, row.external_id or "", row.name or "", runs)))
            cursor = page.next_cursor
            if cursor is None:
                break
    paper.print(table)
