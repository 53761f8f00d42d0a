"""The jobs of a store on a terminal: as a table, or as JSON in the shape of the API."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import orjson
from rich.table import Table

from service.api.documents import job
from service.cli.database import bring_up_to_date
from service.cli.terminal import console, harmless, remark
from service.jobs.queue import Queue
from service.settings import Settings
from service.store.engine import make_engine

_COLUMNS = ("id", "errand", "args", "attempt", "queued", "ended", "error")


def show(chosen: Settings, *, state: str, limit: int, as_json: bool) -> None:
    """Print the first jobs of a state, and say where there are more."""
    with _queue(chosen) as queue:
        page = queue.page(state=state, limit=limit, cursor=None)
    documents = [job(one) for one in page.items]
    if as_json:
        sys.stdout.write(orjson.dumps(documents, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    if not documents:
        remark(f"No job is {state}.")
        return
    table = Table(*_COLUMNS, box=None, pad_edge=False)
    for one in documents:
        words = (one["id"], one["errand"], " ".join(one["args"]), one["attempt"], one["queued_at"], one["ended_at"])
        table.add_row(*(harmless(str(word or "")) for word in (*words, one["error"])))
    console(width=200).print(table)
    if page.next_cursor is not None:
        remark(f"There are more than these {limit}.")


def retry(chosen: Settings, ids: Sequence[str]) -> None:
    """Have each of the jobs tried again. Raises NotFound, and Conflict for one that is not dead."""
    with _queue(chosen) as queue:
        for job_id in ids:
            again = queue.retry(job_id)
            remark(f"{again.id} ({again.errand}) is queued again.")


@contextmanager
def _queue(chosen: Settings) -> Iterator[Queue]:
    bring_up_to_date(chosen)
    engine = make_engine(chosen.database_url)
    queue = Queue(engine)
    try:
        yield queue
    finally:
        queue.close()
        engine.dispose()
