"""What `crampwatch webhooks calls` and `replay` do, in the database that the settings name."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime

from rich.table import Table
from sqlalchemy import Engine

from service import settings, sync
from service.cli.database import opened
from service.cli.report import Look
from service.cli.terminal import complain, console, is_plain
from service.errands import drain_of
from service.errors import BadCall
from service.jobs.queue import Queue
from service.store import calls, inbox
from service.store.calls import CallRow
from service.store.cursor import MAX_LIMIT
from service.store.engine import read, write
from service.store.inbox import NewEvent
from service.sync.failures import Rejected


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
    """Whether the call was refused; its events are in the inbox otherwise, and somebody is sent to work them off."""
    inbound = sync.Inbound(
        method="POST",
        path_secret="",
        received_at=row.received_at,
        body=row.body,
        headers=tuple((name, value) for name, value in row.headers),
    )
    record = sync.providers().get(row.provider)
    if record is None:
        complain(f"call {row.id}: no sync service is called {row.provider} any more")
        return True
    try:
        events = sync.told_again(record, inbound)
    except Rejected as refused:
        complain(f"call {row.id}: {refused.message}")
        return True
    named = [spec.name for spec in fields(NewEvent)]
    with write(engine) as db:
        inbox.add(db, [NewEvent(**{name: getattr(event, name) for name in named}) for event in events], now=_now())
        if events:
            queue.enqueue(db, drain_of(row.provider))
    sys.stdout.write(f"call {row.id}: {len(events)} events, {row.events} when it came\n")
    return False


def _now() -> datetime:
    return datetime.now(UTC)
