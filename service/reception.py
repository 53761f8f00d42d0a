"""A file's whole way into the store, with the transactions that it takes: what every door that brings files goes by.

The hall (`service.ingest`) says what is done; here it is done, in the order that loses nothing: what is known is asked,
the file is parsed and examined outside any transaction, blobs go before rows, and outcomes, rows and errands are
committed together. What fails leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from sqlalchemy import Connection, Engine
from structlog import get_logger

from parsers import Member, ParseError
from service import ingest
from service.errands import CATCH_UP, Enqueue
from service.errors import NoSpace, Unavailable
from service.ingest import Outcome, Prepared, Received, Stored, Told
from service.metrics import Metrics
from service.store.blobs import Blobs
from service.store.engine import DOOR_WAIT_S, read, write

if TYPE_CHECKING:
    from parsers import Activity, Limits

Note = Callable[[Connection, Sequence[Outcome]], None]
"""Written down with the outcomes, in their very transaction."""

_TAKE_BACK_WAIT_S: Final = 0.5
"""How long a failed file waits once more for other writers, to take its blobs back: an answer is due."""


@dataclass(frozen=True, slots=True)
class Reception:
    """Where files of one athlete go: the open stores, the limits, and what is done with errands and leftovers.

    `bulk`: many come, one after the other. What is known and came the same way before costs no transaction then (it is
    not noted, for the caller to do with what comes next), and nobody is sent to catch up: `ingest.late_catch_up` is for
    the end.
    """

    engine: Engine
    blobs: Blobs
    limits: Limits
    athlete_id: str
    via: str
    enqueue: Enqueue
    sweep: Callable[[], None]
    wait_s: float = DOOR_WAIT_S
    bulk: bool = False
    metrics: Metrics | None = None

    def members(self, file: BinaryIO, *, name: str, spool_dir: Path | None = None, skip: int = 0) -> Iterator[Member]:
        """The files in what was sent, without the first `skip`; where it is refused as a whole, one that says so."""
        try:
            yield from ingest.files_of(file, name=name, limits=self.limits, spool_dir=spool_dir, skip=skip)
        except ParseError as error:
            yield Member(name, error)

    def take(
        self, member: Member, *, told: Told, archived: bool, now: datetime, note: Note, known: set[str] | None = None
    ) -> tuple[Outcome, ...]:
        """Like `receive`, for one file of several: one that cannot be read is an outcome, which is not noted."""
        name = ingest.shown_name(member.name)
        try:
            if isinstance(member.data, ParseError):
                raise member.data
            told = replace(told, hint=member.hint)
            return self.receive(member.data, name=name, told=told, now=now, note=note, known=known)
        except ParseError as error:
            return (ingest.refusal(error, name=name, archived=archived),)

    def receive(
        self, data: bytes, *, name: str, told: Told, now: datetime, note: Note, known: set[str] | None = None
    ) -> tuple[Outcome, ...]:
        """What became of each activity of the file, committed and noted. Raises ParseError, and then nothing is noted.

        `known`, where given, holds the hashes of the athlete's files, so that a new one costs no question; it is added
        to. Raises Conflict, NotFound, NoSpace and Unavailable as `ingest.store` does.
        """
        with self._stage("unpack"):
            received = ingest.unpack(data, name=name, limits=self.limits)
        outcomes: tuple[Outcome, ...] = ()
        is_news = False
        if known is None or received.sha256 in known or told.repeats:
            with read(self.engine) as db:
                outcomes = ingest.already(db, self.athlete_id, received, told=told)
                is_news = bool(outcomes) and ingest.is_news(db, self.athlete_id, received, told=told, via=self.via)
        if outcomes:
            if is_news or not self.bulk or told.external_id is not None:
                outcomes = self._note_known(received, outcomes, told=told, now=now, note=note)
        else:
            with self._stage("parse"):
                found = ingest.parse(received, limits=self.limits)
            outcomes = self._store(received, found, told=told, now=now, note=note)
        if known is not None:
            known.add(received.sha256)
        return outcomes

    def _note_known(
        self, received: Received, outcomes: tuple[Outcome, ...], *, told: Told, now: datetime, note: Note
    ) -> tuple[Outcome, ...]:
        with write(self.engine, wait_s=self.wait_s) as db:
            stored = ingest.come_again(
                db,
                self.blobs,
                athlete_id=self.athlete_id,
                received=received,
                duplicates=outcomes,
                told=told,
                via=self.via,
                now=now,
            )
            self._finish(db, stored, note)
        return stored.outcomes

    def _finish(self, db: Connection, stored: Stored, note: Note) -> None:
        note(db, stored.outcomes)
        for errand in stored.errands:
            if not (self.bulk and errand.name == CATCH_UP):
                self.enqueue(db, errand)

    def _store(
        self, received: Received, found: Sequence[Activity], *, told: Told, now: datetime, note: Note
    ) -> tuple[Outcome, ...]:
        with read(self.engine) as db:
            known = ingest.known_of(db, self.athlete_id, found)
        with self._stage("examine"):
            prepared = ingest.prepare(received, found, known=known, told=told, now=now)
        try:
            with self._stage("put_away"):
                ingest.keep(self.blobs, self.athlete_id, received, prepared)
            with self._stage("store"), write(self.engine, wait_s=self.wait_s) as db:
                stored = ingest.store(
                    db,
                    self.blobs,
                    athlete_id=self.athlete_id,
                    received=received,
                    prepared=prepared,
                    told=told,
                    via=self.via,
                    now=now,
                )
                self._finish(db, stored, note)
        except Exception:
            self._take_back(received, prepared, now=now)
            raise
        if any(outcome.outcome != "created" for outcome in stored.outcomes):
            self.sweep()
        return stored.outcomes

    def _stage(self, name: str) -> AbstractContextManager[None]:
        return nullcontext() if self.metrics is None else self.metrics.stage(name)

    def _take_back(self, received: Received, prepared: Sequence[Prepared], *, now: datetime) -> None:
        """What was put away goes again; where not even that can be written now, a later start finds it."""
        try:
            with write(self.engine, wait_s=_TAKE_BACK_WAIT_S) as db:
                ingest.take_back(db, self.athlete_id, received, prepared, now=now)
        except (NoSpace, Unavailable):
            get_logger().warning("take_back_failed", exc_info=True)
            return
        self.sweep()
