"""Uploads: files come in, and what became of each goes out.

The bytes are received on the event loop, everything else is done on a thread, at most `upload_threads` at a time. One
file is stored with its upload in a single transaction; of several files each has its own, so that a bad one spoils
nothing and no lock is held for long, and the upload is noted at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy import Connection
from starlette.responses import Response
from structlog import get_logger

from parsers.errors import ParseError
from service import ingest
from service.api import answers, documents, intake, problems, shapes
from service.api.access import AthleteName, House, Visit, Visiting, checked
from service.api.documents import Voice
from service.api.intake import Intake
from service.api.openapi import UPLOAD_REQUEST, json_of, tagged
from service.api.paging import Cursor, Limit
from service.api.parameters import strict_router
from service.api.wire import UploadOptions, shown_name
from service.errors import BadCall, NoSpace, Unavailable
from service.ingest import Outcome, Prepared, Received, Told
from service.settings import Settings
from service.store import uploads
from service.store.athletes import AthleteRow
from service.store.cursor import MAX_LIMIT
from service.store.engine import write
from service.store.ids import new_id
from service.store.uploads import NewItem

if TYPE_CHECKING:
    from parsers import Activity, Member

_BATCH = 1000
"""Items that are made into rows at a time."""

_TAKE_BACK_WAIT_S = 0.5
"""How long a failed upload waits once more for other writers, to take its blobs back: its answer is due."""

_SLACK_BYTES = 1024 * 1024
"""What the frame of a multipart body may take beside its files."""


def router(settings: Settings) -> APIRouter:
    """The routes of uploads, with the body limit of the settings."""
    routes = strict_router("uploads")
    routes.add_api_route(
        "/v1/athletes/{athlete}/uploads",
        upload,
        methods=["POST"],
        operation_id="upload_files",
        status_code=201,
        responses={
            **json_of(201, shapes.Upload, "Something was created"),
            **json_of(200, shapes.Upload, "Nothing new"),
        },
        openapi_extra=UPLOAD_REQUEST,
        max_body_size=settings.max_archive_bytes + _SLACK_BYTES,
    )
    routes.add_api_route(
        "/v1/uploads/{upload}",
        get,
        methods=["GET"],
        operation_id="get_upload",
        responses=tagged(json_of(200, shapes.Upload)),
    )
    routes.add_api_route(
        "/v1/uploads/{upload}/items",
        items,
        methods=["GET"],
        operation_id="list_upload_items",
        responses=json_of(200, shapes.UploadItemPage),
    )
    return routes


@dataclass(frozen=True, slots=True)
class Delivery:
    """One upload on its way: for whom, what was told with it, and under which id it will be found."""

    visit: Visit
    athlete: AthleteRow
    told: Told
    upload_id: str

    @property
    def house(self) -> House:
        """The open house."""
        return self.visit.house


async def upload(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """Send one or more watch files: as `file` parts of a form, or the bytes of one file as the body.

    FIT, GPX or TCX, plain, gzipped or in a ZIP; the content decides, not the name. 201: something was created, 200:
    nothing new. A single file that is refused is its own 4xx problem.
    """
    row = await to_thread.run_sync(_find_athlete, visit, athlete)
    received = await intake.receive(request, visit.house.settings)
    try:
        delivery = Delivery(visit, row, _told(received), new_id("upl", visit.now))
        return await to_thread.run_sync(_work_off, delivery, received, limiter=visit.house.uploads)
    finally:
        received.close()


def _find_athlete(visit: Visit, name: str) -> AthleteRow:
    with visit.reading() as db:
        return visit.athlete(db, name)


def _told(received: Intake) -> Told:
    """The options of the form or the query. Raises RequestValidationError."""
    try:
        options = UploadOptions.model_validate(dict(received.fields))
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    if options.external_id is not None and (len(received.files) > 1 or received.files[0].is_archive()):
        raise problems.bad_field("external_id", "names one run; send that file alone")
    return Told(options.external_id, options.sport, options.conditions())


def _work_off(delivery: Delivery, received: Intake) -> Response:
    if len(received.files) == 1 and not received.files[0].is_archive():
        sent = received.files[0]
        return _answer(delivery, _store_alone(delivery, sent.file.read(), name=sent.name))
    outcomes = ingest.as_sent(tuple(_store_each(delivery, received)))
    if not outcomes:
        raise BadCall("There is no file in the archive.", code="no_file")
    if all(outcome.outcome == "rejected" for outcome in outcomes):
        return _refuse(delivery, outcomes)
    with delivery.visit.writing() as db:
        _note(db, delivery, outcomes)
    return _answer(delivery, outcomes)


def _store_alone(delivery: Delivery, data: bytes, *, name: str) -> tuple[Outcome, ...]:
    """The outcomes of one file, stored and noted in one transaction; a file that is refused leaves nothing behind."""
    try:
        return _store(delivery, data, name=name)
    except ParseError as error:
        return (Outcome(name, 0, "rejected", error=error),)


def _store_each(delivery: Delivery, received: Intake) -> Iterator[Outcome]:
    """The outcomes of several files, one after the other; each is stored before the next is read."""
    settings = delivery.house.settings
    limits = ingest.limits_of(settings)
    with delivery.visit.reading() as db:
        known = ingest.known_hashes(db, delivery.athlete.id)
    for sent in received.files:
        archived = sent.is_archive()
        try:
            inside = ingest.files_of(sent.file, name=sent.name, limits=limits, spool_dir=settings.temporary_dir)
            for member in inside:
                yield from _store_member(delivery, member, archived=archived, known=known)
        except ParseError as error:
            yield Outcome(sent.name, 0, "rejected", error=error)


def _store_member(delivery: Delivery, member: Member, *, archived: bool, known: set[str]) -> Iterable[Outcome]:
    name = shown_name(member.name)
    try:
        if isinstance(member.data, ParseError):
            raise member.data
        hinted = replace(delivery, told=replace(delivery.told, hint=member.hint))
        return _store(hinted, member.data, name=name, known=known)
    except ParseError as error:
        return (ingest.refusal(error, name=name, archived=archived),)


def _store(delivery: Delivery, data: bytes, *, name: str, known: set[str] | None = None) -> tuple[Outcome, ...]:
    """One file's way through the hall (`service.ingest`), noted as the whole upload. Raises ParseError.

    One of many is not noted; `known` are then the hashes of files that may be there already, and it is added to them.
    """
    visit, house, athlete_id = delivery.visit, delivery.house, delivery.athlete.id
    limits = ingest.limits_of(house.settings)
    received = ingest.unpack(data, name=name, limits=limits)
    outcomes: tuple[Outcome, ...] = ()
    if known is None or received.sha256 in known:
        with visit.reading() as db:
            outcomes = ingest.already(db, athlete_id, received)
    found = () if outcomes else ingest.parse(received, limits=limits)
    if found:
        outcomes = _store_found(delivery, received, found, noted=known is None)
    elif known is None:
        with visit.writing() as db:
            ingest.claim(db, athlete_id, received, duplicates=outcomes, told=delivery.told, now=visit.now)
            _note(db, delivery, outcomes)
    if known is not None:
        known.add(received.sha256)
    return outcomes


def _store_found(
    delivery: Delivery, received: Received, found: Sequence[Activity], *, noted: bool
) -> tuple[Outcome, ...]:
    """The outcomes of storing new activities; where that fails, the blobs that were put away for it go again."""
    visit, house, athlete_id = delivery.visit, delivery.house, delivery.athlete.id
    with visit.reading() as db:
        known = ingest.known_of(db, athlete_id, found)
    prepared = ingest.prepare(received, found, known=known, told=delivery.told, now=visit.now)
    try:
        ingest.keep(house.blobs, athlete_id, received, prepared)
        with visit.writing() as db:
            outcomes = ingest.store(
                db,
                house.blobs,
                athlete_id=athlete_id,
                received=received,
                prepared=prepared,
                told=delivery.told,
                via="upload",
                now=visit.now,
            )
            if noted:
                _note(db, delivery, outcomes)
    except Exception:
        _take_back(delivery, received, prepared)
        raise
    if any(outcome.outcome != "created" for outcome in outcomes):
        house.sweep()
    return outcomes


def _take_back(delivery: Delivery, received: Received, prepared: Sequence[Prepared]) -> None:
    """What was put away goes again; where not even that can be written now, a later start finds it."""
    visit = delivery.visit
    try:
        with write(delivery.house.engine, wait_s=_TAKE_BACK_WAIT_S) as db:
            ingest.take_back(db, delivery.athlete.id, received, prepared, now=visit.now)
    except (NoSpace, Unavailable):
        get_logger().warning("take_back_failed", request_id=visit.request_id, exc_info=True)
        return
    delivery.house.sweep()


def _note(db: Connection, delivery: Delivery, outcomes: Sequence[Outcome]) -> None:
    """The upload and its items, as rows, some at a time: an archive may have made fifty thousand."""
    athlete_id, upload_id, now = delivery.athlete.id, delivery.upload_id, delivery.visit.now
    uploads.start(db, athlete_id, upload_id=upload_id, now=now)
    for first in range(0, len(outcomes), _BATCH):
        new = [
            NewItem(outcome.name, outcome.outcome, outcome.part, outcome.activity_id, _problem_of(outcome))
            for outcome in outcomes[first : first + _BATCH]
        ]
        uploads.add_items(db, upload_id, athlete_id=athlete_id, items=new)
    uploads.finish(db, upload_id, athlete_id=athlete_id, now=now)


def _problem_of(outcome: Outcome) -> dict[str, Any] | None:
    return None if outcome.error is None else problems.of_file(outcome.error, filename=outcome.name)


def _answer(delivery: Delivery, outcomes: tuple[Outcome, ...]) -> Response:
    if all(outcome.outcome == "rejected" for outcome in outcomes):
        return _refuse(delivery, outcomes)
    status = 201 if any(outcome.outcome == "created" for outcome in outcomes) else 200
    with delivery.visit.reading() as db:
        content = _document(db, delivery.visit, delivery.upload_id)
    return answers.document(content, status=status, headers={"Location": f"/v1/uploads/{delivery.upload_id}"})


def _refuse(delivery: Delivery, outcomes: tuple[Outcome, ...]) -> Response:
    """A single refused file is its own problem; several are one problem with the items in it."""
    request_id = delivery.visit.request_id
    only = outcomes[0]
    if len(outcomes) == 1 and only.error is not None:
        return problems.answer(problems.of_file(only.error, filename=only.name, request_id=request_id))
    items = [
        {"name": o.name, "part": o.part, "outcome": o.outcome, "activity": None, "problem": _problem_of(o)}
        for o in outcomes[:MAX_LIMIT]
    ]
    detail = f"None of the {len(outcomes)} files could be read; `items` says why."
    return problems.answer(problems.problem("nothing_accepted", detail, request_id=request_id, items=items))


def get(upload: str, visit: Visiting, request: Request) -> Response:
    """An upload with its first 200 items; `next_cursor` leads on in `/items`."""
    with visit.reading() as db:
        content = _document(db, visit, checked(upload, "upl"))
    return answers.stored(request, content, revision=0)


def items(upload: str, visit: Visiting, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The items of an upload, in the order they were worked off."""
    with visit.reading() as db:
        row = uploads.get(db, checked(upload, "upl"), scope=visit.scope)
        voice = Voice.of(visit.athlete(db, row.athlete_id), visit)
        page = uploads.items(db, row.id, scope=visit.scope, limit=limit, cursor=cursor)
        return answers.listed(documents.upload_items(db, visit, page.items, voice=voice), page.next_cursor)


def _document(db: Connection, visit: Visit, upload_id: str) -> dict[str, Any]:
    row = uploads.get(db, upload_id, scope=visit.scope)
    voice = Voice.of(visit.athlete(db, row.athlete_id), visit)
    page = uploads.items(db, row.id, scope=visit.scope, limit=MAX_LIMIT)
    return documents.upload(row, documents.upload_items(db, visit, page.items, voice=voice), page.next_cursor)
