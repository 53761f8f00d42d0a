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
from service.errors import BadCall
from service.ingest import Outcome, Told
from service.reception import Reception
from service.settings import Settings
from service.store import uploads
from service.store.athletes import AthleteRow
from service.store.cursor import MAX_LIMIT
from service.store.ids import new_id
from service.store.uploads import NewItem

if TYPE_CHECKING:
    from parsers import Member

_BATCH = 1000
"""Items that are made into rows at a time."""

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

    def reception(self) -> Reception:
        """Where the files of this upload go."""
        house = self.house
        return Reception(
            house.engine,
            house.blobs,
            ingest.limits_of(house.settings),
            self.athlete.id,
            "upload",
            enqueue=house.enqueue,
            sweep=house.sweep,
            wait_s=house.settings.database_timeout_s,
        )


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

    def note(db: Connection, outcomes: Sequence[Outcome]) -> None:
        _note(db, delivery, outcomes)

    try:
        return delivery.reception().receive(data, name=name, told=delivery.told, now=delivery.visit.now, note=note)
    except ParseError as error:
        return (Outcome(name, 0, "rejected", error=error),)


def _store_each(delivery: Delivery, received: Intake) -> Iterator[Outcome]:
    """The outcomes of several files, one after the other; each is stored before the next is read."""
    settings, reception = delivery.house.settings, delivery.reception()
    with delivery.visit.reading() as db:
        known = ingest.known_hashes(db, delivery.athlete.id)
    for sent in received.files:
        archived = sent.is_archive()
        try:
            inside = ingest.files_of(
                sent.file, name=sent.name, limits=reception.limits, spool_dir=settings.temporary_dir
            )
            for member in inside:
                yield from _store_member(delivery, member, reception=reception, archived=archived, known=known)
        except ParseError as error:
            yield Outcome(sent.name, 0, "rejected", error=error)


def _store_member(
    delivery: Delivery, member: Member, *, reception: Reception, archived: bool, known: set[str]
) -> Iterable[Outcome]:
    name, told = shown_name(member.name), replace(delivery.told, hint=member.hint)
    try:
        if isinstance(member.data, ParseError):
            raise member.data
        return reception.receive(
            member.data, name=name, told=told, now=delivery.visit.now, note=_noted_later, known=known
        )
    except ParseError as error:
        return (ingest.refusal(error, name=name, archived=archived),)


def _noted_later(_db: Connection, _outcomes: Sequence[Outcome]) -> None:
    """Nothing: of several files, all are noted at the end."""


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
