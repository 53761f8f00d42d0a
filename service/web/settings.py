"""Settings: who runs and in which units, and for the operator the keys that open the service."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from service.api import athletes as athlete_api
from service.api import keys as key_api
from service.api import permissions
from service.api.access import AthleteName, Visit, Visiting
from service.api.wire import AthleteIn, KeyIn
from service.store import athletes, keys
from service.store.athletes import AthleteRow
from service.store.cursor import MAX_LIMIT
from service.web import accounts, sheets
from service.web.forms import Filled, Paper, body_of
from service.web.pages import just_done, page, path_of
from service.web.routes import is_small, page_router, see

router = page_router()

CRAMPED = ("unknown", "never", "ever", "recent")
ROLES = ("athlete", "coach", "ingest", "admin")


@router.get("/athletes/{athlete}/settings")
def profile(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """What is known of the athlete."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
    return _profile(visit, request, row, paper=_held(row), saved=just_done(request) == "kept")


def _profile(visit: Visit, request: Request, row: AthleteRow, *, paper: Paper, saved: bool = False) -> Response:
    with visit.reading() as db:
        me = visit.my_id(db)
    more = {**_choices(visit, paper), **accounts.of(visit, row)}
    return page(request, visit, "profile.html", athlete=row, me=me, saved=saved, **more)


def _held(row: AthleteRow) -> Paper:
    return sheets.PROFILE.holding(asdict(row), row.units)


@router.post("/athletes/{athlete}/settings")
def change_profile(athlete: AthleteName, visit: Visiting, request: Request, form: Filled) -> Response:
    """What was changed of the profile; an emptied field is taken back. It is written in the units it was shown in."""
    with visit.reading() as db:
        before = visit.athlete(db, athlete)
    held = asdict(before)
    try:
        told = sheets.PROFILE.changed(form, before.units, held=held)
        athlete_api.patch(before.id, body_of(AthleteIn, told), visit, request)
    except RequestValidationError as error:
        paper = sheets.PROFILE.refused(form, error, before.units, held=held)
        if not is_small(request):
            return _profile(visit, request, before, paper=paper)
        choices = _choices(visit, paper)
        return page(request, visit, "profile_form.html", athlete=before, saved=False, **choices)
    if not is_small(request):
        return see(f"{path_of(before)}/settings", done="kept")
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
    return page(request, visit, "profile_form.html", athlete=row, saved=True, **_choices(visit, _held(row)))


def _choices(visit: Visit, paper: Paper) -> dict[str, Any]:
    """The form, its status, and what may be done beside it."""
    may_reassess = visit.caller.role in (permissions.roles_of("request_reassessment") or ())
    return {"paper": paper, "cramped": CRAMPED, "may_reassess": may_reassess, "status": paper.status}


@router.get("/settings")
def operator(visit: Visiting, request: Request) -> Response:
    """The keys, for whoever runs the service."""
    return _operator(visit, request)


def _operator(
    visit: Visit, request: Request, *, made: dict[str, Any] | None = None, paper: Paper | None = None
) -> Response:
    with visit.reading() as db:
        listed = keys.page(db, limit=MAX_LIMIT)
        roster = athletes.page(db, scope=visit.scope, limit=MAX_LIMIT)
        me = visit.my_id(db)
    more: dict[str, Any] = {
        "keys": [key_api.document(row) for row in listed.items],
        "roster": roster.items,
        "me": me,
        "made": made,
        "roles": ROLES,
        "paper": paper or sheets.KEY.empty("metric"),
        "status": 200 if paper is None else 422,
    }
    return page(request, visit, "operator.html", **more)


@router.post("/settings/keys")
def make_key(visit: Visiting, request: Request, form: Filled) -> Response:
    """A key, shown on this page and never again."""
    told = sheets.KEY.told(form, "metric")
    try:
        made = key_api.create(body_of(KeyIn, {**told, "athletes": told["athletes"] or None}), visit)
    except RequestValidationError as error:
        return _operator(visit, request, paper=sheets.KEY.refused(form, error, "metric"))
    return _operator(visit, request, made=orjson.loads(made.body))


@router.post("/settings/keys/{key}/revoke")
def revoke_key(key: str, visit: Visiting) -> Response:
    """The key opens nothing any more."""
    key_api.revoke(key, visit)
    return see("/settings")
