"""An import from beginning to end: into the store or to a server, with a bar, a line or a document for each result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from service import settings
from service.cli.loads import show
from service.cli.loads.found import Found, digest_of, found_below, tables_in
from service.cli.loads.results import Result, Tally
from service.cli.loads.server import TIMEOUT_S, Server
from service.cli.loads.show import Bar
from service.cli.loads.store import Store
from service.cli.terminal import complain, remark
from service.errors import BadCall, ServiceError
from service.ingest import STRAVA_TABLE
from service.logs import configure


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say."""

    athlete: str
    server: str | None
    key: str | None
    each: bool
    as_json: bool


def run(paths: Sequence[Path], asked: Asked) -> int:
    """Import all that was named; 1 where a file was rejected or the import was cut short, else 0.

    Raises BadCall where there are no files.
    """
    files = found_below(paths)
    if not files:
        raise BadCall("there are no files in what was named")
    tally = Tally(each=[] if asked.as_json else None)
    whole = True
    with show.bar(files, hidden=asked.as_json) as bar:
        try:
            take = _to_server if asked.server else _into_store
            take(files, asked, bar, tally)
        except ServiceError as wrong:
            if not tally.counts:
                raise
            complain(f"crampwatch: {wrong.message}")
            whole = False
        except KeyboardInterrupt:
            whole = False
    if asked.as_json:
        show.as_json(tally)
    else:
        show.closing(tally)
    if not whole:
        remark("The import was cut short. Start it again to go on; what is stored is passed over.")
    return 1 if tally.rejected or not whole else 0


def _into_store(files: Sequence[Found], asked: Asked, bar: Bar, tally: Tally) -> None:
    chosen = settings.load()
    configure(level="error", style=chosen.log_format)
    store = Store(chosen, athlete=asked.athlete, via="import")
    try:
        store.heed(files)
        for found in files:
            for result in store.receive(found, tick=bar.at):
                _hear(result, bar, tally, asked)
            bar.past([found])
        bar.says("assessing runs again that came after others")
        store.catch_up(events=False)
        store.tell(tally.counters())
    finally:
        store.close()


def _hear(result: Result, bar: Bar, tally: Tally, asked: Asked) -> None:
    tally.add(result)
    bar.one_more(show.line(result) if asked.each else None)


def _to_server(files: Sequence[Found], asked: Asked, bar: Bar, tally: Tally) -> None:
    if tables_in(files, name=STRAVA_TABLE):
        remark("A running service is not told what activities.csv says: send it the export as the archive that it was.")
    name = f"command-{datetime.now(UTC):%Y%m%d}-{digest_of(files)[:16]}"
    headers = {} if asked.key is None else {"Authorization": f"Bearer {asked.key}"}
    try:
        client = httpx.Client(base_url=str(asked.server), timeout=TIMEOUT_S, headers=headers, trust_env=False)
    except httpx.InvalidURL as wrong:
        raise BadCall("--server takes the address of a service, such as http://127.0.0.1:8000") from wrong
    with client:
        for batch, results in Server(client, athlete=asked.athlete, name=name).receive(files, tick=bar.at):
            for result in results:
                _hear(result, bar, tally, asked)
            bar.past(batch.files)
