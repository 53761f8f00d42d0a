"""Operation: is the process there, can it serve, what does a problem mean, and how is the API called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.responses import Response

from service import metrics
from service.api import answers, explanations, problems, reference
from service.api.access import House, house_of
from service.api.codes import KINDS
from service.api.gate import GuardedRoute
from service.api.openapi import json_of
from service.api.shapes import Shape
from service.errors import NotFound, ServiceError, Unavailable
from service.store import engine, migrate

router = APIRouter(tags=["operation"], route_class=GuardedRoute)

_HTML = "text/html; charset=utf-8"


class Health(Shape):
    """How the service is."""

    status: str
    checks: dict[str, str] = Field(default_factory=dict)


@router.get("/healthz", operation_id="healthz", responses=json_of(200, Health, "The process is there"))
async def healthz() -> Response:
    """Whether the process answers; asks neither database nor disk."""
    return answers.document({"status": "ok", "checks": {}})


@router.get("/readyz", operation_id="readyz", responses=json_of(200, Health, "Ready to serve"))
def readyz(request: Request) -> Response:
    """Whether requests can be served: database, schema, file store, and not told to stop. Not so: a 503 problem."""
    checks = check(house_of(request))
    if all(found == "ok" for found in checks.values()):
        return answers.document({"status": "ready", "checks": checks})
    document = problems.problem("unavailable", request_id=problems.request_id_of(request), checks=checks)
    return problems.answer(document, {"Retry-After": "2"})


def check(house: House) -> dict[str, str]:
    """Each thing that has to work, with `ok` or the code of what is wrong."""
    return {
        "database": _outcome(lambda: engine.ping(house.engine)),
        "migrations": _outcome(lambda: _demand_current(house)),
        "blobs": _outcome(house.blobs.check),
        "intake": "draining" if house.draining else "ok",
    }


def _outcome(look: Callable[[], None]) -> str:
    try:
        look()
    except ServiceError as error:
        return error.what
    return "ok"


def _demand_current(house: House) -> None:
    if not migrate.is_current(house.engine):
        raise Unavailable("The database has not been migrated.")


@router.get(
    "/metrics",
    operation_id="metrics",
    responses={200: {"description": "Prometheus' text format", "content": {"text/plain": {}}}},
)
def read_metrics(request: Request) -> Response:
    """Counts of requests, uploads, errors and jobs for Prometheus; nothing of anybody."""
    return Response(house_of(request).metrics.exposed(), 200, None, metrics.MEDIA_TYPE)


@router.get(
    "/problems/{code}",
    operation_id="explain_problem",
    responses={200: {"description": "What the code means and what to do", "content": {"text/html": {}}}},
)
async def explain(code: Annotated[str, Path(max_length=64)], request: Request) -> Response:
    """What an error code means and what to do about it; the `type` of every problem leads here."""
    if code not in KINDS:
        raise NotFound("There is no error code of this name.")
    if answers.JSON in request.headers.get("accept", ""):
        return answers.document(explanations.document(code))
    return Response(explanations.html_page(code), 200, {"Content-Security-Policy": reference.POLICY}, _HTML)


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """The API reference, made from the OpenAPI document; no script, nothing from elsewhere."""
    page = reference.html_page(request.app.openapi())
    return Response(page, 200, {"Content-Security-Policy": reference.POLICY}, _HTML)
