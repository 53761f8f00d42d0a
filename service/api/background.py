"""Uploads that are put away and worked off later: what goes there, and how it is put there.

The files go into blobs as they came, then upload, files and errand become rows in one transaction. So whoever was
answered with 202 need not ask whether the service lives: the work goes on wherever a worker runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from structlog import get_logger

from parsers.errors import ParseError
from service import ingest
from service.api.access import House, Visit
from service.api.intake import Intake
from service.api.wire import UploadOptions
from service.errands import WORK_OFF, Errand
from service.errors import NoSpace, Unavailable
from service.ingest import MANY_FILES, Order, Told
from service.reception import Reception
from service.store import removals, uploads, waiting
from service.store.athletes import AthleteRow
from service.store.blobs import incoming_key, incoming_prefix
from service.store.waiting import WaitingFile

MANY_BYTES: Final = 32 * 1024 * 1024
"""Past it, unpacked, nobody is made to wait for an answer."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One upload on its way: for whom, what was told with it, and under which id it will be found."""

    visit: Visit
    athlete: AthleteRow
    options: UploadOptions
    upload_id: str

    @property
    def house(self) -> House:
        """The open house."""
        return self.visit.house

    @property
    def address(self) -> str:
        """Where to look what became of it."""
        return f"/v1/uploads/{self.upload_id}"

    @property
    def via(self) -> str:
        """How the files came."""
        return self.options.via or ("upload" if self.options.import_name is None else "import")

    def told(self) -> Told:
        """What is told with each file."""
        return self.order().told(events=True)

    def order(self, *, files: int = 1) -> Order:
        """What is told with each file, as it is kept until they are worked off."""
        options = self.options
        return Order(
            files=files,
            more=options.more,
            external_id=options.external_id,
            sport=options.sport,
            conditions=options.conditions(),
            repeats=self.via != "upload",
        )

    def reception(self) -> Reception:
        """Where the files of this upload go."""
        house = self.house
        return Reception(
            house.engine,
            house.blobs,
            ingest.limits_of(house.settings),
            self.athlete.id,
            self.via,
            enqueue=house.enqueue,
            sweep=house.sweep,
            wait_s=house.settings.database_timeout_s,
            metrics=house.metrics,
        )


def is_asked_for(request: Request) -> bool:
    """Whether the caller would rather not wait: `Prefer: respond-async` (RFC 7240)."""
    told = ",".join(request.headers.getlist("prefer"))
    return "respond-async" in [one.partition(";")[0].strip().lower() for one in told.split(",")]


def files_of(delivery: Delivery, received: Intake, *, asked: bool) -> int | None:
    """How many files there are to be worked off later; None where that is done at once.

    So it is, whatever was asked for, where there is no file, or an archive is refused as a whole.
    """
    limits = ingest.limits_of(delivery.house.settings)
    try:
        outlines = [ingest.outline_of(sent.file, limits=limits) for sent in received.files]
    except ParseError:
        return None
    finally:
        for sent in received.files:
            sent.file.seek(0)
    files, size = sum(one.files for one in outlines), sum(one.bytes for one in outlines)
    later = asked or delivery.options.import_name is not None or files > MANY_FILES or size > MANY_BYTES
    return files if later and files else None


def accept(delivery: Delivery, received: Intake, *, files: int) -> None:
    """Nothing; the upload is queued. Raises NotFound, NoSpace and Unavailable, and then nothing of it is there."""
    house, athlete_id, upload_id = delivery.house, delivery.athlete.id, delivery.upload_id
    try:
        put = []
        for position, sent in enumerate(received.files):
            key = incoming_key(athlete_id, upload_id, position)
            house.blobs.put_file(key, sent.file)
            put.append(WaitingFile(position, sent.name, key, sent.file.tell()))
        with delivery.visit.writing() as db:
            uploads.start(
                db,
                athlete_id,
                upload_id=upload_id,
                now=delivery.visit.now,
                via=delivery.via,
                status="queued",
                told=delivery.order(files=files).document(),
                import_name=delivery.options.import_name,
            )
            waiting.add(db, athlete_id, upload_id=upload_id, files=put)
            house.enqueue(db, Errand(WORK_OFF, (upload_id,), lane=athlete_id))
    except Exception:
        _take_back(delivery)
        raise


def _take_back(delivery: Delivery) -> None:
    """What was put away goes again; where not even that can be written now, a later start finds it."""
    try:
        with delivery.visit.writing() as db:
            prefix = incoming_prefix(delivery.athlete.id, delivery.upload_id)
            removals.ask(db, delivery.athlete.id, keys=[prefix], now=delivery.visit.now)
    except (NoSpace, Unavailable):
        get_logger().warning("take_back_failed", exc_info=True)
        return
    delivery.house.sweep()
