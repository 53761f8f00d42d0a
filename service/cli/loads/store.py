"""Files straight into the store that the settings name: no server, the same way through the hall as an upload.

A service may be running on the same store meanwhile: each file has its own short transaction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from service import ingest
from service.catchup import CatchUp
from service.cli.database import bring_up_to_date
from service.cli.loads.found import Found, tables_in
from service.cli.loads.results import Result, unreadable
from service.cli.terminal import harmless_name
from service.errors import Conflict, NotFound
from service.ingest import Outcome, Told
from service.jobs.queue import Queue
from service.reception import Reception
from service.settings import Settings
from service.store import athletes, events, removals
from service.store.athletes import ME
from service.store.blobs import Blobs
from service.store.engine import BUSY_TIMEOUT_S, make_engine, read, write
from service.store.scope import Scope

Tick = Callable[[int], None]
"""Called with how many bytes of the file are behind us."""

_NO_LIMIT_BYTES = 2**50
_TRIES = 3
_CHUNK_BYTES = 1 << 20


class Store:
    """The open store, and one athlete in it. Close it."""

    def __init__(self, chosen: Settings, *, athlete: str, via: str) -> None:
        """Open it. Raises Unavailable, and NotFound where there is no such athlete."""
        bring_up_to_date(chosen)
        self._handles = ExitStack()
        self._hints: dict[Path, ingest.Hint] = {}
        self._settings = chosen
        self._engine = make_engine(chosen.database_url, synchronous=chosen.sqlite_synchronous)
        self._handles.callback(self._engine.dispose)
        self._blobs = Blobs(chosen.blob_url)
        queue = Queue(self._engine)
        self._handles.callback(queue.close)
        try:
            self.athlete_id = self._athlete(athlete)
        except BaseException:
            self.close()
            raise
        chosen.temporary_dir.mkdir(parents=True, exist_ok=True)
        self._reception = Reception(
            self._engine,
            self._blobs,
            _limits(chosen),
            self.athlete_id,
            via,
            enqueue=queue.enqueue,
            sweep=lambda: None,
            wait_s=BUSY_TIMEOUT_S,
            bulk=True,
        )
        with read(self._engine) as db:
            self._known = ingest.known_hashes(db, self.athlete_id)

    def close(self) -> None:
        """Let go of all that is open."""
        self._handles.close()

    def _athlete(self, name: str) -> str:
        with write(self._engine, wait_s=BUSY_TIMEOUT_S) as db:
            if name == ME:
                return athletes.ensure_me(db, now=datetime.now(UTC)).id
            return athletes.get(db, name, scope=Scope.everyone()).id

    def heed(self, files: Sequence[Found]) -> None:
        """Nothing; what tables of Strava's among the files say of others is told with those. One that fails is none."""
        for table in tables_in(files, name=ingest.STRAVA_TABLE):
            with suppress(OSError), table.path.open("rb") as file:
                told = ingest.table_hints(iter(partial(file.read, _CHUNK_BYTES), b""), names=table.named)
                self._hints |= {table.named[name]: hint for name, hint in told.items()}

    def receive(self, found: Found, *, tick: Tick, events: bool = False) -> Iterator[Result]:
        """What became of each activity of the file, stored; a file that cannot be read is a result, too.

        `events`: whether the feed is to hear of each run. Raises NoSpace, Unavailable and, where the athlete has been
        erased meanwhile, NotFound.
        """
        told = Told(repeats=True, events=events)
        try:
            with found.path.open("rb") as file:
                if self._is_none_by_name(found):
                    yield Result(harmless_name(found.shown), "skipped", code="unknown_type")
                    return
                spool_dir = self._settings.temporary_dir
                for member in self._reception.members(file, name=found.path.name, spool_dir=spool_dir):
                    if member.hint is None:
                        member = replace(member, hint=self._hints.get(found.path))  # noqa: PLW2901 - the same file
                    for outcome in self._take(member, told=told):
                        yield _result(outcome, found)
                    tick(file.tell())
        except OSError as wrong:
            yield unreadable(harmless_name(found.shown), wrong)

    def _is_none_by_name(self, found: Found) -> bool:
        """Whether so large a file is not even read: neither its name nor its beginning promise anything."""
        too_large = found.bytes > self._settings.max_file_bytes
        return too_large and not found.is_named_like_a_run() and not found.is_archive()

    def _take(self, member: Any, *, told: Told) -> Sequence[Outcome]:
        for left in reversed(range(_TRIES)):
            try:
                return self._reception.take(
                    member, told=told, archived=True, now=datetime.now(UTC), note=_not_noted, known=self._known
                )
            except Conflict:  # somebody stored the same at the same moment
                if not left:
                    raise
        raise AssertionError

    def catch_up(self, *, events: bool) -> None:
        """Nothing; every run that has something new before it is assessed again, in the order of time."""
        CatchUp(self._engine, self._blobs, lambda: datetime.now(UTC), events=events).run(
            self.athlete_id, slice_s=math.inf
        )
        removals.sweep(self._engine, self._blobs)

    def tell(self, counters: Mapping[str, Any]) -> None:
        """Nothing; the feed has heard of the import, as one. An athlete who is gone has no feed."""
        try:
            with write(self._engine, wait_s=BUSY_TIMEOUT_S) as db:
                athletes.lock(db, self.athlete_id)
                events.append(db, self.athlete_id, type="import.done", now=datetime.now(UTC), data=counters)
        except NotFound:
            return


def _limits(chosen: Settings) -> Any:
    """Those of an upload, but an archive may be of any size: it is read from disk as it lies there."""
    return replace(ingest.limits_of(chosen), archive_bytes=_NO_LIMIT_BYTES)


def _not_noted(_db: Connection, _outcomes: Sequence[Outcome]) -> None:
    """Nothing: there is no upload."""


def _result(outcome: Outcome, found: Found) -> Result:
    fault = ingest.fault_of(outcome) or {}
    name = found.shown if outcome.name == ingest.shown_name(found.path.name) else f"{found.shown}: {outcome.name}"
    return Result(
        harmless_name(name), outcome.outcome, outcome.part, outcome.activity_id, fault.get("code"), fault.get("detail")
    )
