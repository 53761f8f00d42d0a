"""Query parameters: a route takes those that it declares, and refuses any other by name.

FastAPI ignores what it does not know, and a misspelt filter would answer with everything. Every router of the contract
is made here; what may not live here: the parameters themselves.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query
from fastapi.routing import APIRoute

from service.api.idempotency import RepeatableRoute


def strict_router(tag: str) -> APIRouter:
    """A router whose routes refuse parameters that they do not declare, and whose POST may be repeated."""
    return APIRouter(tags=[tag], dependencies=[Depends(_demand_known)], route_class=RepeatableRoute)


async def _demand_known(request: Request) -> None:
    """Raises RequestValidationError where the query has a parameter that the route does not declare."""
    told = set(request.query_params)
    stray = sorted(told - _known(request.scope["route"])) if told else []
    if stray:
        raise RequestValidationError([{"type": "extra_forbidden", "loc": ("query", name), "msg": ""} for name in stray])


def _known(route: APIRoute) -> frozenset[str]:
    """The parameters of the query that a route declares to FastAPI, or in the document where it reads them itself."""
    written = {one["name"] for one in (route.openapi_extra or {}).get("parameters", ()) if one["in"] == "query"}
    declared = (field for field in get_flat_params(route.dependant) if isinstance(field.field_info, Query))
    return frozenset(written | {field.alias for field in declared})
