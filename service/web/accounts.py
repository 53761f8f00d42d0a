"""Accounts at sync services on the pages: what each is up to, how it is connected, and the way back from a service."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.api import connections as connection_api
from service.api import permissions
from service.api.access import AthleteName, Visit, Visiting
from service.api.connections import ServiceName
from service.api.documents import utc
from service.api.gate import GuardedRoute
from service.store import events
from service.store.athletes import AthleteRow
from service.store.scope import Scope
from service.web.pages import page
from service.web.routes import open_page, page_router, problem_of, see

router = page_router()
returns = APIRouter(tags=["sync services"], route_class=GuardedRoute)
"""Where browsers come back to: with whatever else the service adds, so it takes parameters that it does not know."""


def of(visit: Visit, athlete: AthleteRow) -> dict[str, Any]:
    """The athlete's accounts, with the moment that a broken one broke, as far as the feed remembers; and the rest."""
    linked = problem_of(connection_api.page(athlete.id, visit))
    joined = {one["provider"] for one in linked["items"]}
    broke = _broke(visit, athlete) if any(one["state"] != "active" for one in linked["items"]) else {}
    by_consent = {one["provider"] for one in linked["available"] if one["connects_by"] == "consent"}
    return {
        "connections": [
            {**one, "broke_at": broke.get(one["provider"]), "by_consent": one["provider"] in by_consent}
            for one in linked["items"]
        ],
        "available": [one for one in linked["available"] if one["provider"] not in joined],
        "may_connect": visit.caller.role in (permissions.roles_of("begin_connection") or ()),
    }


def _broke(visit: Visit, athlete: AthleteRow) -> dict[str, str]:
    """When each service's connection last broke."""
    with visit.reading() as db:
        told = events.latest(db, scope=Scope.of(athlete.id), type="connection.broken", limit=50)
    return {event.data["provider"]: utc(event.created_at) for event in reversed(told)}


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


@returns.get(
    "/v1/oauth/{provider}/callback",
    operation_id="finish_connection",
    response_class=Response,
    responses={200: {"description": "A small page for the athlete", "content": {"text/html": {}}}},
)
async def finish(provider: ServiceName, request: Request) -> Response:
    """Where the sync service sends the athlete's browser back to, with `state` and `code`, or with `error`."""
    joined = await connection_api.finished(provider, request)
    more = {"back": f"/athletes/{joined.athlete_id}", "title": joined.title}
    return await open_page(request, "connected.html", place="settings", **more)
