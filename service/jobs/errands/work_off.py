"""Store the files of a queued upload, one member after the other, until all are done or somebody else's turn has come.

What became of a member is noted in the very transaction that stores it, and with it how far the upload has come. So a
crash costs the member under way and nothing else: the next try passes over what is noted, and doubles nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, Final

from sqlalchemy import Connection
from structlog import get_logger

from service import ingest
from service.errands import TAKE_IN, WORK_OFF
from service.errors import Conflict, NotFound, ServiceError
from service.ingest import Order
from service.jobs.workshop import CONTINUE, Outcome, Workshop, runs
from service.reception import Reception
from service.store import athletes, removals, uploads, waiting
from service.store.engine import BUSY_TIMEOUT_S, read, write
from service.store.scope import Scope
from service.store.uploads import UploadRow

if TYPE_CHECKING:
    from parsers import Member

SLICE_S: Final = 8.0
"""After so long another upload in the queue may have a turn."""

_NOTE_S: Final = 1.0
_MOST_UNNOTED: Final = 500
"""What was refused or known already is noted with the next file that is stored, or after so long, or so many."""

_TRIES: Final = 3


class Overtaken(Exception):
    """Somebody else works this upload off, too, and is further."""


@runs(TAKE_IN)
@runs(WORK_OFF)
def work_off(shop: Workshop, upload_id: str) -> Outcome | None:
    """None where the upload is done, or gone with its athlete; CONTINUE after some seconds."""
    everyone = Scope.everyone()
    try:
        with read(shop.engine) as db:
            row = uploads.get(db, upload_id, scope=everyone)
            known = ingest.known_hashes(db, row.athlete_id)
        if row.status == "done":
            return None
        return Work.on(shop, row, known).run()
    except (NotFound, Overtaken):
        return None


@dataclass(slots=True)
class Work:
    """One turn of working an upload off. `order` says how far it has come, `noted` how far it stands in the row."""

    shop: Workshop
    row: UploadRow
    reception: Reception
    known: set[str]
    order: Order
    noted: Order
    ends_s: float
    unnoted: list[ingest.Outcome] = field(default_factory=list)
    noted_s: float = field(default_factory=time.monotonic)

    @classmethod
    def on(cls, shop: Workshop, row: UploadRow, known: set[str]) -> Work:
        """A turn that begins now."""
        reception = Reception(
            shop.engine,
            shop.blobs,
            ingest.limits_of(shop.settings),
            row.athlete_id,
            row.via,
            enqueue=shop.enqueue,
            sweep=lambda: None,
            wait_s=BUSY_TIMEOUT_S,
            bulk=True,
            metrics=shop.metrics,
        )
        shop.settings.temporary_dir.mkdir(parents=True, exist_ok=True)
        order = Order.of(row)
        return cls(shop, row, reception, known, order, order, time.monotonic() + SLICE_S)

    def run(self) -> Outcome | None:
        """Go on where the last turn ended. Raises Overtaken, and NotFound where the athlete has been erased."""
        with read(self.shop.engine) as db:
            files = waiting.files(db, self.row.id, scope=Scope.of(self.row.athlete_id), first=self.order.file)
        for file in files:
            with self.shop.blobs.opened(file.key, spool_dir=self.shop.settings.temporary_dir) as source:
                if not self._unload(source, name=file.name):
                    self._note_now()
                    return CONTINUE
            self.order = replace(self.order, file=file.position + 1, member=0)
        self._finish()
        return None

    def _unload(self, source: BinaryIO, *, name: str) -> bool:
        """Whether all members of the file are done; False where this turn is over."""
        archived = self.row.import_name is not None or source.read(2) == b"PK"
        spool_dir = self.shop.settings.temporary_dir
        for member in self.reception.members(source, name=name, spool_dir=spool_dir, skip=self.order.member):
            self._take(member, archived=archived)
            if time.monotonic() > self.ends_s or self.shop.stopping.is_set():
                return False
        return True

    def _take(self, member: Member, *, archived: bool) -> None:
        """Store and note one member; what came to nothing is noted a little later."""
        after = replace(self.order, member=self.order.member + 1)
        outcomes, stored = self._received(member, archived=archived, after=after)
        self.order = after
        if self.shop.metrics is not None:
            for one in outcomes:
                fault = ingest.fault_of(one)
                self.shop.metrics.outcome(one.outcome, code=None if fault is None else fault["code"])
        if stored:
            self._is_noted()
            return
        self.unnoted += outcomes
        if len(self.unnoted) >= _MOST_UNNOTED or time.monotonic() > self.noted_s + _NOTE_S:
            self._note_now()

    def _received(self, member: Member, *, archived: bool, after: Order) -> tuple[tuple[ingest.Outcome, ...], bool]:
        """The outcomes of a member, and whether they are noted.

        One that comes with another run's id is refused, as a file that is broken is; so is one at which we fail by a
        mistake of our own, for the others are none the worse for it.
        """
        for _ in range(_TRIES):
            try:
                return self._received_once(member, archived=archived, after=after)
            except Conflict as error:  # the other one may have been a racing upload of the same run
                refused: ServiceError = copy(error)
            except (ServiceError, Overtaken):
                raise
            except Exception as error:
                if self.shop.stopping.is_set():  # what fails while everything is closed says nothing of the file
                    raise
                get_logger().error("member_failed", exc_info=error)
                if self.shop.metrics is not None:
                    self.shop.metrics.bug()
                return (ingest.mistake_at(ingest.shown_name(member.name)),), False
        return (ingest.Outcome(ingest.shown_name(member.name), 0, "rejected", error=refused),), False

    def _received_once(
        self, member: Member, *, archived: bool, after: Order
    ) -> tuple[tuple[ingest.Outcome, ...], bool]:
        told = self.order.told(events=not ingest.is_import(self.row, self.order))
        stored = False

        def note(db: Connection, outcomes: Sequence[ingest.Outcome]) -> None:
            nonlocal stored
            self._note(db, outcomes, after)
            stored = True

        outcomes = self.reception.take(
            member, told=told, archived=archived, now=self.shop.now(), note=note, known=self.known
        )
        return outcomes, stored

    def _note(self, db: Connection, outcomes: Sequence[ingest.Outcome], after: Order) -> None:
        """Write down what became of members, and how far that is. Raises Overtaken, before anything is written."""
        athlete_id, upload_id = self.row.athlete_id, self.row.id
        athletes.lock(db, athlete_id)
        if Order.of(uploads.get(db, upload_id, scope=Scope.of(athlete_id))) != self.noted:
            raise Overtaken
        ingest.note(db, athlete_id, upload_id, [*self.unnoted, *outcomes])
        uploads.go_on(db, upload_id, athlete_id=athlete_id, told=after.document())

    def _note_now(self) -> None:
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            self._note(db, (), self.order)
        self._is_noted()

    def _is_noted(self) -> None:
        self.noted, self.unnoted, self.noted_s = self.order, [], time.monotonic()

    def _finish(self) -> None:
        """The upload is done: with the last notes it is told, and somebody is sent to catch up, once for all runs."""
        athlete_id = self.row.athlete_id
        quiet = ingest.is_import(self.row, self.order)
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            self._note(db, (), self.order)
            for errand in ingest.late_catch_up(db, athlete_id, events=not quiet):
                self.shop.enqueue(db, errand)
            ingest.finish(db, athlete_id, self.row.id, now=self.shop.now())
        removals.sweep(self.shop.engine, self.shop.blobs)
