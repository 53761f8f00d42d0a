"""Where everything begins: files are dropped, what became of each is told, and the latest runs are a click away."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from service import samples
from service.api import documents, uploads, welcome
from service.api.access import AthleteName, Visiting, checked
from service.api.documents import Voice
from service.settings import Settings
from service.store import history
from service.store import uploads as upload_rows
from service.store.athletes import ME
from service.store.cursor import MAX_LIMIT
from service.store.history import Filters
from service.web import demo, pages
from service.web.pages import page
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
def start(visit: Visiting, request: Request) -> Response:
    """The pages for a browser, and for everything else what is listening here."""
    if "text/html" not in request.headers.get("accept", ""):
        return welcome.answer(request)
    return runs(ME, visit, request)


@router.get("/athletes/{athlete}")
def runs(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """An athlete's latest runs, under the place to drop new ones."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
        found = history.page(db, row.id, filters=Filters(), limit=LATEST)
    voice = Voice.of(row, visit)
    latest = [documents.history_row(line, voice=voice) for line in found.items]
    return page(request, visit, "runs.html", athlete=row, latest=latest, has_demo=samples.are_there())


@router.post("/athletes/{athlete}/demo")
def fill(athlete: AthleteName, visit: Visiting) -> Response:
    """The made-up runs become the athlete's."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
    demo.fill(visit, row)
    return see(f"{pages.path_of(row)}/history")


async def upload(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """Files out of a plain form: straight on to the run where there is one alone, else to what became of each."""
    answered = await uploads.upload(athlete, visit, request)
    document = problem_of(answered)
    if answered.status_code >= 400:
        return pages.fill(
            request,
            "problem.html",
            settings=visit.house.settings,
            language=visit.language,
            status=answered.status_code,
            problem=document,
        )
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
