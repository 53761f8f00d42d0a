"""Reassessing on a terminal: in this process, on the store of the settings, with or without a service beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import Connection

from service import examine
from service.catchup import CatchUp
from service.cli.database import athlete_named, opened
from service.cli.terminal import console, harmless, remark
from service.errands import Errand
from service.reassessing import Reassessing
from service.settings import Settings
from service.store import reassessments
from service.store.blobs import Blobs
from service.store.engine import read, write
from service.store.reassessments import ItemRow, ReassessmentRow
from service.store.scope import Scope

_SHOWN = 20
_PAGE = 200
_EVERYONE = Scope.everyone()


def run(chosen: Settings, *, athlete: str | None, adopt: bool, as_json: bool) -> None:
    """Propose, tell, and with `adopt` let it count. Raises NotFound and Unavailable."""
    later: list[Errand] = []
    with opened(chosen) as engine:
        blobs = Blobs(chosen.blob_url)
        work = Reassessing(engine, blobs, _now, lambda _, errand: later.append(errand))
        with write(engine) as db:
            athlete_id = None if athlete is None else athlete_named(db, athlete).id
            row = reassessments.request(
                db, athlete_id=athlete_id, ruleset_version=examine.ruleset_version(), now=_now()
            )
        with Progress(console=console(), transient=True, disable=as_json) as progress:
            task = progress.add_task("assessing", total=row.total)
            while not work.propose(row.id, slice_s=0.5):
                with read(engine) as db:
                    progress.update(task, completed=reassessments.get(db, row.id, scope=_EVERYONE).done)
        with read(engine) as db:
            row = reassessments.get(db, row.id, scope=_EVERYONE)
            items = list(_items(db, row.id))
        _tell(row, items, as_json=as_json)
        if not adopt:
            if row.changed and not as_json:
                remark("Nothing has changed yet; `--adopt` lets it count.")
            return
        with write(engine) as db:
            reassessments.mark(db, row.id, status="adopting")
        while not work.adopt(row.id):
            pass
        for errand in later:
            while not CatchUp(engine, blobs, _now, events=False).run(errand.args[0]):
                pass
    remark(f"It counts now, as {row.id}; earlier assessments are kept.")


def _items(db: Connection, reassessment_id: str) -> Iterator[ItemRow]:
    cursor: str | None = None
    while True:
        page = reassessments.items(db, reassessment_id, scope=_EVERYONE, limit=_PAGE, cursor=cursor)
        yield from page.items
        if (cursor := page.next_cursor) is None:
            return


def _now() -> datetime:
    return datetime.now(UTC)


def _tell(row: ReassessmentRow, items: list[ItemRow], *, as_json: bool) -> None:
    if as_json:
        documents = [{"activity_id": item.activity_id, **item.difference} for item in items]
        sys.stdout.write(orjson.dumps(documents, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    remark(f"{row.done} runs assessed by rules {row.ruleset_version}; {row.changed} would be seen to change.")
    if not items:
        return
    table = Table("run", "begun", "score", "level", "comes", "goes", "changes", box=None, pad_edge=False)
    for item in items[:_SHOWN]:
        table.add_row(*(harmless(word) for word in _words(item)))
    console(width=140).print(table)
    if row.changed > _SHOWN:
        remark(f"… and {row.changed - _SHOWN} more; --json lists them.")


def _words(item: ItemRow) -> list[str]:
    before, after, codes = (item.difference[name] for name in ("before", "after", "warnings"))
    return [
        item.activity_id,
        f"{item.started_at:%Y-%m-%d %H:%M}",
        _change(before["score"], after["score"]),
        _change(before["level"], after["level"]),
        *(" ".join(codes[name]) or "-" for name in ("added", "removed", "changed")),
    ]


def _change(before: Any, after: Any) -> str:
    return str(after) if before == after else f"{before} → {after}"
