"""What each rule is: its reasoning, thresholds with their sources, points, and the statements it carries out."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from service import examine
from service.errors import NotFound
from service.web.routes import open_page, page_router

router = page_router()


@router.get("/rules")
async def rule_list(request: Request) -> Response:
    """All rules."""
    return await open_page(request, "rules.html", place="", rules=examine.rules())


@router.get("/rules/{code}")
async def rule(code: str, request: Request, units: str = "metric") -> Response:
    """One rule, its thresholds in `units`: `imperial`, or metric for anything else."""
    found = examine.rule(code)
    if found is None:
        raise NotFound("There is no rule of this name.")
    told = "imperial" if units == "imperial" else "metric"
    return await open_page(request, "rule.html", place="", units=told, rule=found)
