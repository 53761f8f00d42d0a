"""Settings: who runs and in which units, and for the operator the keys that open the service."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import Response

from service.api import athletes as athlete_api
from service.api import connections as connection_api
from service.api import keys as key_api
from service.api.access import AthleteName, Visiting
from service.api.wire import AthleteIn, KeyIn
from service.store import athletes, keys
from service.store.athletes import AthleteRow
from service.store.cursor import MAX_LIMIT
from service.web.forms import POUND_KG, Filled, Form
from service.web.pages import page, path_of
from service.web.routes import is_small, page_router, problem_of, see

router = page_router()

CRAMPED = ("unknown", "never", "ever", "recent")
ROLES = ("athlete", "coach", "ingest", "admin")


@router.get("/athletes/{athlete}/settings")
def profile(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """What is known of the athlete."""
    with visit.reading() as db:
        row, me = visit.athlete(db, athlete), visit.my_id(db)
    linked = problem_of(connection_api.page(row.id, visit))
    joined = {one["provider"] for one in linked["items"]}
    open_ones = [one for one in linked["available"] if one["provider"] not in joined]
    choices = _choices(row) | {"connections": linked["items"], "available": open_ones}
    return page(request, visit, "profile.html", athlete=row, me=me, saved=False, **choices)


@router.post("/athletes/{athlete}/connections/{provider}")
def connect(athlete: AthleteName, provider: str, visit: Visiting, request: Request) -> Response:
    """The way to the sync service: a link, as a form of this page may lead nowhere else."""
    told = problem_of(connection_api.begin(athlete, provider, visit, request))
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
    known = {one["provider"]: one["title"] for one in connection_api.available(visit.house.vault)}
    return page(request, visit, "connect.html", athlete=row, title=known[provider], url=told["authorize_url"])


@router.post("/athletes/{athlete}/connections/{provider}/remove")
def disconnect(athlete: AthleteName, provider: str, visit: Visiting) -> Response:
    """The account is connected no more."""
    connection_api.remove(athlete, provider, visit)
    return see(f"/athletes/{athlete}/settings")


@router.post("/athletes/{athlete}/settings")
def change_profile(athlete: AthleteName, visit: Visiting, request: Request, form: Filled) -> Response:
    """The profile as the form has it; an empty field is taken back."""
    with visit.reading() as db:
        before = visit.athlete(db, athlete)
    try:
        body = AthleteIn.model_validate(_profile(form, before))
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    athlete_api.patch(before.id, body, visit, request)
    if not is_small(request):
        return see(f"{path_of(before)}/settings")
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
    return page(request, visit, "profile_form.html", athlete=row, saved=True, **_choices(row))


def _choices(row: AthleteRow) -> dict[str, Any]:
    imperial = row.units == "imperial"
    mass = None if row.mass_kg is None else row.mass_kg / (POUND_KG if imperial else 1)
    return {"mass": mass, "cramped": CRAMPED, "imperial": imperial}


def _profile(form: Form, before: AthleteRow) -> dict[str, Any]:
    """The body of a PATCH. The mass is in the units that the form was shown in."""
    return {
        "name": form.text("name"),
        "birth_year": form.whole("birth_year"),
        "mass_kg": form.number("mass", times=POUND_KG if before.units == "imperial" else 1.0),
        "hr_rest_bpm": form.number("hr_rest_bpm"),
        "hr_max_bpm": form.number("hr_max_bpm"),
        "sweat_rate_l_per_h": form.number("sweat_rate_l_per_h"),
        "cramp_history": form.text("cramp_history"),
        "strength_training": form.yes_no("strength_training"),
        "beginner": form.yes_no("beginner"),
        "hide_amounts": form.text("hide_amounts") == "yes",
        "units": form.text("units"),
        "timezone": form.text("timezone"),
    }


@router.get("/settings")
def operator(visit: Visiting, request: Request) -> Response:
    """The keys, for whoever runs the service."""
    return _operator(visit, request)


def _operator(visit: Visiting, request: Request, *, made: dict[str, Any] | None = None) -> Response:
    with visit.reading() as db:
        listed = keys.page(db, limit=MAX_LIMIT)
        roster = athletes.page(db, scope=visit.scope, limit=MAX_LIMIT)
        me = visit.my_id(db)
    rows = [key_api.document(row) for row in listed.items]
    return page(request, visit, "operator.html", keys=rows, roster=roster.items, me=me, made=made, roles=ROLES)


@router.post("/settings/keys")
def make_key(visit: Visiting, request: Request, form: Filled) -> Response:
    """A key, shown on this page and never again."""
    role, chosen = form.text("role"), form.texts("athletes")
    told = {"role": role, "name": form.text("name"), "athletes": chosen or None}
    try:
        body = KeyIn.model_validate(told)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    return _operator(visit, request, made=orjson.loads(key_api.create(body, visit).body))


@router.post("/settings/keys/{key}/revoke")
def revoke_key(key: str, visit: Visiting) -> Response:
    """The key opens nothing any more."""
    key_api.revoke(key, visit)
    return see("/settings")
