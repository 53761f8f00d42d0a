"""Uploads: files come in, and what became of each goes out.

The bytes are received on the event loop, everything else is done on a thread, at most `upload_threads` at a time. One
file is stored with its upload in a single transaction; of several files each has its own, so that a bad one spoils
nothing and no lock is held for long, and the upload is noted at the end. Many files, or whoever asks for it, go to the
background (`service.api.background`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy import Connection
from starlette.responses import Response
from structlog import get_logger

from parsers.errors import ParseError
from service import ingest
from service.api import answers, background, documents, intake, problems, shapes
from service.api.access import AthleteName, Visit, Visiting, checked
from service.api.background import Delivery
from service.api.documents import Voice
from service.api.intake import Intake
from service.api.openapi import UPLOAD_REQUEST, json_of, tagged
from service.api.paging import Cursor, Limit
from service.api.parameters import strict_router
from service.api.wire import UploadOptions
from service.errors import BadCall, Conflict, NoSpace, NotFound, ServiceError, Unavailable
from service.ingest import Outcome
from service.settings import Settings
from service.store import uploads
from service.store.athletes import AthleteRow
from service.store.cursor import MAX_LIMIT
from service.store.ids import new_id

Brief = Annotated[bool, Query(description="Leave the activities out of the items.")]

_SLACK_BYTES = 1024 * 1024
"""What the frame of a multipart body may take beside its files."""


def largest_body(settings: Settings) -> int:
    """The bytes that one request with files may have."""
    return settings.max_archive_bytes + _SLACK_BYTES


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
            **json_of(202, shapes.Upload, "Put away, and worked off in the background; see `Location`"),
        },
        openapi_extra=UPLOAD_REQUEST,
        max_body_size=largest_body(settings),
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


async def upload(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """Send one or more watch files: as `file` parts of a form, or the bytes of one file as the body.

    FIT, GPX or TCX, plain, gzipped or in a ZIP; the content decides, not the name. 201: something was created, 200:
    nothing new. A single file that is refused is its own 4xx problem. More than 10 files or 32 MiB, the parts of an
    import, and whatever is sent with `Prefer: respond-async` are worked off in the background: 202.
    """
    row = await to_thread.run_sync(_find_athlete, visit, athlete)
    received = await intake.receive(request, visit.house.settings)
    try:
        delivery = Delivery(visit, row, _options(received), new_id("upl", visit.now))
        asked = background.is_asked_for(request)
        files = await to_thread.run_sync(partial(background.files_of, delivery, received, asked=asked))
        if files is not None:
            await to_thread.run_sync(partial(background.accept, delivery, received, files=files))
            return await to_thread.run_sync(partial(_accepted, delivery, asked=asked))
        return await to_thread.run_sync(_work_off, delivery, received, limiter=visit.house.uploads)
    finally:
        received.close()


def _find_athlete(visit: Visit, name: str) -> AthleteRow:
    with visit.reading() as db:
        return visit.athlete(db, name)


def _options(received: Intake) -> UploadOptions:
    """The options of the form or the query. Raises RequestValidationError."""
    try:
        options = UploadOptions.model_validate(dict(received.fields))
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    if options.external_id is not None and (len(received.files) > 1 or received.files[0].is_archive()):
        raise problems.bad_field("external_id", "names one run; send that file alone")
    return options


def _accepted(delivery: Delivery, *, asked: bool) -> Response:
    with delivery.visit.reading() as db:
        content = _document(db, delivery.visit, delivery.upload_id)
    applied = {"Preference-Applied": "respond-async"} if asked else {}
    return answers.document(content, status=202, headers={"Location": delivery.address} | applied)


def _work_off(delivery: Delivery, received: Intake) -> Response:
    answer, outcomes = _worked_off(delivery, received)
    for one in outcomes:
        delivery.house.metrics.outcome(one.outcome, code=None if one.error is None else one.error.code)
    return answer


def _worked_off(delivery: Delivery, received: Intake) -> tuple[Response, tuple[Outcome, ...]]:
    if len(received.files) == 1 and not received.files[0].is_archive():
        sent = received.files[0]
        outcomes = _store_alone(delivery, sent.file.read(), name=sent.name)
        return _answer(delivery, outcomes), outcomes
    outcomes = ingest.as_sent(tuple(_store_each(delivery, received)))
    if not outcomes:
        raise BadCall("There is no file in the archive.", code="no_file")
    if all(outcome.outcome == "rejected" for outcome in outcomes):
        return _refuse(delivery, outcomes), outcomes
    with delivery.visit.writing() as db:
        _note(db, delivery, outcomes)
    return _answer(delivery, outcomes), outcomes


def _store_alone(delivery: Delivery, data: bytes, *, name: str) -> tuple[Outcome, ...]:
    """The outcomes of one file, stored and noted in one transaction; a file that is refused leaves nothing behind."""

    def note(db: Connection, outcomes: Sequence[Outcome]) -> None:
        _note(db, delivery, outcomes)

    try:
        return delivery.reception().receive(data, name=name, told=delivery.told(), now=delivery.visit.now, note=note)
    except ParseError as error:
        return (Outcome(name, 0, "rejected", error=error),)


def _store_each(delivery: Delivery, received: Intake) -> Iterator[Outcome]:
    """The outcomes of several files, one after the other; each is stored before the next is read."""
    settings, reception = delivery.house.settings, delivery.reception()
    with delivery.visit.reading() as db:
        known = ingest.known_hashes(db, delivery.athlete.id)
    for sent in received.files:
        archived = sent.is_archive()
        for member in reception.members(sent.file, name=sent.name, spool_dir=settings.temporary_dir):
            try:
                yield from reception.take(
                    member,
                    told=delivery.told(),
                    archived=archived,
                    now=delivery.visit.now,
                    note=_noted_later,
                    known=known,
                )
            except ServiceError:
                raise
            except Exception as mistake:  # noqa: BLE001 - it is ours, and costs this file alone
                get_logger().error("member_failed", exc_info=mistake)
                delivery.house.metrics.bug()
                yield ingest.mistake_at(ingest.shown_name(member.name))


def _noted_later(_db: Connection, _outcomes: Sequence[Outcome]) -> None:
    """Nothing: of several files, all are noted at the end."""


def _note(db: Connection, delivery: Delivery, outcomes: Sequence[Outcome]) -> None:
    """The upload and its items, as rows, and the event of it."""
    athlete_id, upload_id, now = delivery.athlete.id, delivery.upload_id, delivery.visit.now
    uploads.start(db, athlete_id, upload_id=upload_id, now=now, via=delivery.via)
    ingest.note(db, athlete_id, upload_id, outcomes)
    ingest.finish(db, athlete_id, upload_id, now=now)


def _answer(delivery: Delivery, outcomes: tuple[Outcome, ...]) -> Response:
    if all(outcome.outcome == "rejected" for outcome in outcomes):
        return _refuse(delivery, outcomes)
    status = 201 if any(outcome.outcome == "created" for outcome in outcomes) else 200
    with delivery.visit.reading() as db:
        content = _document(db, delivery.visit, delivery.upload_id)
    return answers.document(content, status=status, headers={"Location": delivery.address})


def _refuse(delivery: Delivery, outcomes: tuple[Outcome, ...]) -> Response:
    """A single refused file is its own problem; several are one problem with the items in it."""
    _tell_rejected(delivery, outcomes)
    request_id = delivery.visit.request_id
    only = problems.of_outcome(ingest.fault_of(outcomes[0]), request_id=request_id)
    if len(outcomes) == 1 and only is not None:
        return problems.answer(only)
    items = [
        {
            "name": one.name,
            "part": one.part,
            "outcome": one.outcome,
            "activity_id": None,
            "activity": None,
            "problem": problems.of_outcome(ingest.fault_of(one)),
        }
        for one in outcomes[:MAX_LIMIT]
    ]
    detail = f"None of the {len(outcomes)} files could be read; `items` says why."
    return problems.answer(problems.problem("nothing_accepted", detail, request_id=request_id, items=items))


def _tell_rejected(delivery: Delivery, outcomes: tuple[Outcome, ...]) -> None:
    """Nothing; the feed has heard of it, where it can be written to: the answer is about the files."""
    try:
        with delivery.visit.writing() as db:
            ingest.tell_rejected(db, delivery.athlete.id, outcomes, now=delivery.visit.now)
    except (Conflict, NoSpace, NotFound, Unavailable):
        get_logger().warning("event_lost", exc_info=True)


def get(upload: str, visit: Visiting, request: Request, brief: Brief = False) -> Response:  # noqa: FBT002 - a query
    """An upload with its first 200 items; `next_cursor` leads on in `/items`."""
    with visit.reading() as db:
        content = _document(db, visit, checked(upload, "upl"), brief=brief)
    return answers.stored(request, content, revision=0)


def items(upload: str, visit: Visiting, limit: Limit = 50, cursor: Cursor = None, brief: Brief = False) -> Response:  # noqa: FBT002 - a query
    """The items of an upload, in the order they were worked off."""
    with visit.reading() as db:
        row = uploads.get(db, checked(upload, "upl"), scope=visit.scope)
        voice = Voice.of(visit.athlete(db, row.athlete_id), visit)
        page = uploads.items(db, row.id, scope=visit.scope, limit=limit, cursor=cursor)
        return answers.listed(documents.upload_items(db, visit, page.items, voice=voice, brief=brief), page.next_cursor)


def _document(db: Connection, visit: Visit, upload_id: str, *, brief: bool = False) -> dict[str, Any]:
    row = uploads.get(db, upload_id, scope=visit.scope)
    voice = Voice.of(visit.athlete(db, row.athlete_id), visit)
    page = uploads.items(db, row.id, scope=visit.scope, limit=MAX_LIMIT)
    return documents.upload(
        row, documents.upload_items(db, visit, page.items, voice=voice, brief=brief), page.next_cursor
    )
