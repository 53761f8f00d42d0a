"""Where everything begins: files are dropped, what became of each is told, and the latest runs are a click away."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from service import samples
from service.api import documents, uploads, welcome
from service.api.access import AthleteName, Visit, Visiting, checked, house_of, visit_of
from service.api.documents import Voice
from service.api.wire import ConditionsIn
from service.settings import Settings
from service.store import history
from service.store import uploads as upload_rows
from service.store.athletes import ME
from service.store.cursor import MAX_LIMIT
from service.store.history import Filters
from service.web import demo, lifting, pages, sheets
from service.web.forms import Filled, body_of
from service.web.pages import just_done, page
from service.web.routes import page_router, problem_of, see

LATEST = 20

router = page_router()


def sending(settings: Settings) -> APIRouter:
    """The routes that take files, with the body limit of the settings."""
    routes = page_router()
    path = "/athletes/{athlete}/uploads"
    routes.add_api_route(path, upload, methods=["POST"], max_body_size=uploads.largest_body(settings))
    return routes


@router.get("/")
async def start(request: Request) -> Response:
    """The pages for a browser, and for everything else what is listening here."""
    if "text/html" not in request.headers.get("accept", ""):
        return welcome.answer(request)
    if house_of(request).settings.auth == "keys":
        return see("/home")
    return await to_thread.run_sync(runs, ME, await visit_of(request), request)


@router.get("/home")
def home(visit: Visiting) -> Response:
    """Where somebody begins: an athlete with the runs, whoever sees several with who changed."""
    return see(f"/athletes/{ME}" if visit.caller.athlete_id is not None or is_local(visit) else "/coach")


def is_local(visit: Visit) -> bool:
    """Whether nobody needs a key, so that the athlete `me` is there."""
    return visit.house.settings.auth == "local"


@router.get("/athletes/{athlete}")
def runs(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """An athlete's latest runs, under the place to drop new ones."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
        found = history.page(db, row.id, filters=Filters(), limit=LATEST)
        voice = Voice.of(row, visit)
        latest = [documents.history_row(line, voice=voice) for line in found.items]
        lifted = lifting.causes(db, latest, scope=visit.scope)
        made_up = demo.here(db, row)
    more = {
        "lifted": lifted,
        "made_up": made_up,
        "has_demo": samples.are_there(),
        "weather": sheets.WEATHER.empty(row.units),
        "is_asked": False,
        "done": just_done(request),
    }
    return page(request, visit, "runs.html", athlete=row, latest=latest, **more)


@router.post("/athletes/{athlete}/weather")
def weather(athlete: AthleteName, visit: Visiting, request: Request, form: Filled) -> Response:
    """The weather as the script of the start page sends it with files (`data-query`), or what is wrong with it."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
    told = sheets.WEATHER.told(form, row.units)
    try:
        body_of(ConditionsIn, told)
    except RequestValidationError as error:
        refused = {"weather": sheets.WEATHER.refused(form, error, row.units), "query": "", "status": 422}
        return page(request, visit, "weather.html", athlete=row, is_asked=True, **refused)
    query = urlencode({name: round(value, 2) for name, value in told.items() if value is not None})
    held = {"weather": sheets.WEATHER.holding(told, row.units), "query": query}
    return page(request, visit, "weather.html", athlete=row, is_asked=True, **held)


@router.post("/athletes/{athlete}/demo")
def fill(athlete: AthleteName, visit: Visiting) -> Response:
    """The made-up runs become the athlete's."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
    demo.fill(visit, row)
    return see(f"{pages.path_of(row)}/history")


@router.post("/athletes/{athlete}/demo/remove")
def unfill(athlete: AthleteName, visit: Visiting) -> Response:
    """The made-up runs are gone again."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
    demo.take_away(visit, row)
    return see(pages.path_of(row), done="unfilled")


async def upload(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """Files out of a plain form: straight on to the run where there is one alone, else to what became of each."""
    answered = await uploads.upload(athlete, visit, request)
    if answered.status_code >= 400:
        return answered
    document = problem_of(answered)
    only = document["items"][0]["activity"] if document["total"] == 1 else None
    return see(f"/uploads/{document['id']}" if only is None else f"/activities/{only['id']}")


@router.get("/uploads/{upload}")
def outcome(upload: str, visit: Visiting, request: Request, cursor: str | None = None) -> Response:
    """What became of each file of an upload."""
    with visit.reading() as db:
        row = upload_rows.get(db, checked(upload, "upl"), scope=visit.scope)
        athlete = visit.athlete(db, row.athlete_id)
        listed = upload_rows.items(db, row.id, scope=visit.scope, limit=MAX_LIMIT, cursor=cursor)
        items = documents.upload_items(db, visit, listed.items, voice=Voice.of(athlete, visit))
        whole: dict[str, Any] = documents.upload(row, items, listed.next_cursor)
    return page(request, visit, "upload.html", athlete=athlete, upload=whole)
