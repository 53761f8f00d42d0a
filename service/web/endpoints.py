"""Webhooks out, on a page: where events are sent, what became of each delivery, and a button that sends one to try."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from service.api import endpoints as endpoint_api
from service.api.access import Visit, Visiting
from service.api.wire import EndpointIn, EndpointPatch
from service.store.cursor import MAX_LIMIT
from service.store.events import TYPES
from service.web import sheets
from service.web.forms import Filled, Paper, body_of
from service.web.pages import page
from service.web.routes import page_router, problem_of, see

router = page_router()

EndpointName = Annotated[str, Path(max_length=64)]

_LOG = 100
_HOME = "/webhooks"


@router.get("/webhooks")
def subscribers(visit: Visiting, request: Request) -> Response:
    """The endpoints."""
    return _shown(visit, request)


def _shown(
    visit: Visit, request: Request, *, made: dict[str, Any] | None = None, paper: Paper | None = None
) -> Response:
    more = {
        "endpoints": problem_of(endpoint_api.page(visit, limit=MAX_LIMIT))["items"],
        "types": sorted(TYPES),
        "made": made,
        "paper": paper or sheets.ENDPOINT.empty("metric"),
        "status": 200 if paper is None else 422,
    }
    return page(request, visit, "webhooks.html", **more)


@router.post("/webhooks")
def subscribe(visit: Visiting, request: Request, form: Filled) -> Response:
    """Events go there from now on; the secret is shown on this page and never again."""
    told = {name: value for name, value in sheets.ENDPOINT.told(form, "metric").items() if value}
    try:
        made = endpoint_api.create(body_of(EndpointIn, told), visit)
    except RequestValidationError as error:
        return _shown(visit, request, paper=sheets.ENDPOINT.refused(form, error, "metric"))
    return _shown(visit, request, made=problem_of(made))


@router.get("/webhooks/{endpoint}")
def sent(endpoint: EndpointName, visit: Visiting, request: Request, cursor: str | None = None) -> Response:
    """What was sent to an endpoint, the newest first."""
    row = problem_of(endpoint_api.get(endpoint, visit, request))
    found = problem_of(endpoint_api.log(endpoint, visit, limit=_LOG, cursor=cursor))
    return page(request, visit, "deliveries.html", row=row, log=found["items"], next_cursor=found["next_cursor"])


@router.post("/webhooks/{endpoint}/test")
def try_out(endpoint: EndpointName, visit: Visiting) -> Response:
    """One event is sent to try."""
    endpoint_api.test(endpoint, visit)
    return see(f"{_HOME}/{endpoint}")


@router.post("/webhooks/{endpoint}/switch")
def switch(endpoint: EndpointName, visit: Visiting, request: Request, form: Filled) -> Response:
    """Paused, or sent to again from where it stopped."""
    endpoint_api.patch(endpoint, EndpointPatch(enabled=form.text("to") == "on"), visit, request)
    return see(_HOME)


@router.post("/webhooks/{endpoint}/rotate")
def renew_secret(endpoint: EndpointName, visit: Visiting, request: Request) -> Response:
    """A new secret; the one before it holds for a day more."""
    return _shown(visit, request, made=problem_of(endpoint_api.rotate(endpoint, visit, request)))


@router.post("/webhooks/{endpoint}/remove")
def unsubscribe(endpoint: EndpointName, visit: Visiting, request: Request) -> Response:
    """Nothing is sent there any more."""
    endpoint_api.delete(endpoint, visit, request)
    return see(_HOME)


@router.post("/webhooks/{endpoint}/deliveries/{delivery}/retry")
def send_again(endpoint: EndpointName, delivery: EndpointName, visit: Visiting) -> Response:
    """A delivery goes out once more."""
    endpoint_api.retry(delivery, visit)
    return see(f"{_HOME}/{endpoint}")
