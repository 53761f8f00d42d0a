"""What `crampwatch webhooks calls` and `replay` do, in the database that the settings name."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.table import Table
from sqlalchemy import Engine

from service import replays, settings
from service.cli.database import opened
from service.cli.report import Look
from service.cli.terminal import complain, console, is_plain
from service.errors import BadCall
from service.jobs.queue import Queue
from service.store import calls
from service.store.calls import CallRow
from service.store.cursor import MAX_LIMIT
from service.store.engine import read, write


def show(*, provider: str | None, limit: int) -> None:
    """Print the newest kept calls."""
    with opened(settings.load()) as engine:
        rows = [row for row, _ in zip(_all(engine, provider), range(limit), strict=False)]
    paper = console(width=None if sys.stdout.isatty() else 200)
    look = Look(width=paper.width, plain=is_plain(paper.file))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("call", "service", "received", "bytes", "events"):
        table.add_column(title, justify="left" if title in ("service", "received") else "right")
    for row in rows:
        at = f"{row.received_at:%Y-%m-%d %H:%M:%S}Z"
        table.add_row(str(row.id), look.text(row.provider), at, f"{len(row.body):,}", str(row.events))
    paper.print(table)


def _all(engine: Engine, provider: str | None) -> Iterator[CallRow]:
    cursor: str | None = None
    while True:
        with read(engine) as db:
            found = calls.page(db, limit=MAX_LIMIT, cursor=cursor, provider=provider)
        yield from found.items
        if (cursor := found.next_cursor) is None:
            return


def replay(numbers: Sequence[int], *, provider: str | None) -> int:
    """Read the calls again, the oldest first; 1 where one could not be, else 0.

    Raises BadCall where neither calls nor a service are named, and NotFound for a call that is not kept.
    """
    if bool(numbers) == (provider is not None):
        raise BadCall("name the calls, or with --service the sync service whose calls are to be read again")
    refused = 0
    with opened(settings.load()) as engine:
        queue = Queue(engine)
        try:
            for row in _chosen(engine, numbers, provider):
                refused += _again(engine, queue, row)
        finally:
            queue.close()
    return 1 if refused else 0


def _chosen(engine: Engine, numbers: Sequence[int], provider: str | None) -> list[CallRow]:
    if provider is not None:
        return sorted(_all(engine, provider), key=lambda row: row.id)
    with read(engine) as db:
        return [calls.get(db, number) for number in sorted(set(numbers))]


def _again(engine: Engine, queue: Queue, row: CallRow) -> bool:
    """Whether the call was refused, which is told."""
    try:
        with write(engine) as db:
            events = replays.again(db, queue.enqueue, row, now=datetime.now(UTC))
    except BadCall as refused:
        complain(f"call {row.id}: {refused.message}")
        return True
    sys.stdout.write(f"call {row.id}: {events} events, {row.events} when it came\n")
    return False
