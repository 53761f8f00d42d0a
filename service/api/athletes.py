"""Athletes: profiles, found by our id, by the caller's, or as `me`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Path, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from service import accounts, consents
from service.api import answers, documents, problems, shapes
from service.api.access import AthleteName, Visiting
from service.api.openapi import IF_MATCH, NO_CONTENT, json_of, tagged
from service.api.paging import Cursor, Limit
from service.api.parameters import strict_router
from service.api.wire import AthleteIn, Line
from service.errors import Conflict, Forbidden
from service.ingest import NAME_LENGTH
from service.store import athletes, connections, erasures, keys
from service.store.athletes import DEFAULTS, AthleteRow

router = strict_router("athletes")

_LINE: TypeAdapter[str] = TypeAdapter(Line)
ExternalId = Annotated[str, Path(max_length=NAME_LENGTH, description="The caller's own id of the athlete.")]


@router.post(
    "/v1/athletes", operation_id="create_athlete", status_code=201, responses=tagged(json_of(201, shapes.Athlete))
)
def create(body: AthleteIn, visit: Visiting, request: Request) -> Response:
    """Make an athlete."""
    fields = _settable(body)
    external_id = fields.pop("external_id", None)
    with visit.writing() as db:
        row = athletes.create(db, now=visit.now, fields=fields, external_id=external_id)
        visit.note(db, "athlete.created", athlete_id=row.id)
    return _answer(request, row, status=201, location=f"/v1/athletes/{row.id}")


@router.get("/v1/athletes", operation_id="list_athletes", responses=json_of(200, shapes.AthletePage))
def page(
    visit: Visiting,
    external_id: Annotated[str | None, Query(max_length=NAME_LENGTH)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The athletes you may see, the oldest first."""
    wanted = None if external_id is None else _checked(external_id)
    with visit.reading() as db:
        found = athletes.page(db, scope=visit.scope, limit=limit, cursor=cursor, external_id=wanted)
    return answers.listed(map(documents.athlete, found.items), found.next_cursor)


@router.put(
    "/v1/athletes/by-external-id/{external_id}",
    operation_id="put_athlete_by_external_id",
    responses=tagged({**json_of(200, shapes.Athlete, "Updated"), **json_of(201, shapes.Athlete, "Created")}),
    openapi_extra=IF_MATCH,
)
def put(external_id: ExternalId, body: AthleteIn, visit: Visiting, request: Request) -> Response:
    """Make the athlete with this id of yours, or change the named fields of the one there is."""
    wanted = _checked(external_id)
    if body.external_id not in (None, wanted):
        raise problems.bad_field("external_id", "has to be the one in the address; PATCH the athlete to change it")
    fields = _settable(body)
    fields.pop("external_id", None)
    with visit.writing() as db:
        before = athletes.find_by_external_id(db, wanted, scope=visit.scope)
        if before is None:
            row = athletes.create(db, now=visit.now, fields=fields, external_id=wanted)
            visit.note(db, "athlete.created", athlete_id=row.id)
        else:
            row = athletes.update(
                db, before.id, now=visit.now, fields=fields, revision=answers.expected_revision(request)
            )
    if before is None:
        return _answer(request, row, status=201, location=f"/v1/athletes/{row.id}")
    return _answer(request, row)


@router.get("/v1/athletes/{athlete}", operation_id="get_athlete", responses=tagged(json_of(200, shapes.Athlete)))
def get(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """One athlete; `me` is the one of this computer, or of the athlete's key."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
    return _answer(request, row)


@router.patch(
    "/v1/athletes/{athlete}",
    operation_id="patch_athlete",
    responses=tagged(json_of(200, shapes.Athlete)),
    openapi_extra=IF_MATCH,
)
def patch(athlete: AthleteName, body: AthleteIn, visit: Visiting, request: Request) -> Response:
    """Change the named fields; null clears one."""
    revision = answers.expected_revision(request)
    with visit.writing() as db:
        before = visit.athlete(db, athlete)
        fields = _settable(body)
        if "external_id" in fields and visit.caller.role != keys.ADMIN:
            raise Forbidden("Who an athlete is to another system is for an admin to say: leave external_id out.")
        _demand_rest_below_max(before, fields)
        row = athletes.update(db, before.id, now=visit.now, fields=fields, revision=revision)
    return _answer(request, row)


@router.delete(
    "/v1/athletes/{athlete}",
    operation_id="erase_athlete",
    status_code=204,
    responses=NO_CONTENT,
    openapi_extra=IF_MATCH,
)
def erase(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """Erase an athlete with every activity, file, stream, assessment, report, pending job, and key of their own.

    Nothing is left, and a backup that is restored later does not bring it back. Sync services are told, as far as they
    can be reached.
    """
    revision = answers.expected_revision(request)
    with visit.writing() as db:
        before = visit.athlete(db, athlete)
        if revision not in (None, before.revision):
            raise Conflict("The athlete was changed meanwhile; read again and repeat.", code="precondition_failed")
        left = connections.of(db, before.id)
        erasures.erase(
            db,
            before.id,
            now=visit.now,
            actor=visit.caller.id,
            request_id=visit.request_id,
        )
        if visit.house.settings.auth == "local":
            athletes.ensure_me(db, now=visit.now)
        left = [row for row in left if accounts.is_nobodys(db, row)]
    visit.house.let_go_of(before.id)
    asyncio.run(consents.give_all_back(visit.house.vault, left))
    return Response(status_code=204)


def _settable(body: AthleteIn) -> dict[str, Any]:
    """The named fields, with a cleared one back at its default."""
    return {name: DEFAULTS.get(name) if value is None else value for name, value in body.given().items()}


def _demand_rest_below_max(before: AthleteRow, fields: Mapping[str, Any]) -> None:
    rest = fields.get("hr_rest_bpm", before.hr_rest_bpm)
    high = fields.get("hr_max_bpm", before.hr_max_bpm)
    if rest is not None and high is not None and rest >= high:
        raise problems.bad_field("hr_rest_bpm", "has to be below hr_max_bpm")


def _checked(external_id: str) -> str:
    try:
        return _LINE.validate_python(external_id)
    except ValidationError as error:
        raise problems.bad_field("external_id", error.errors()[0]["msg"]) from None


def _answer(request: Request, row: AthleteRow, *, status: int = 200, **headers: str) -> Response:
    return answers.stored(request, documents.athlete(row), revision=row.revision, status=status, **headers)
