"""What each rule is: its reasoning, thresholds with their sources, points, and the statements it carries out."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import Response

from service import examine
from service.api.access import house_of, preferred_language
from service.errors import NotFound
from service.web.pages import fill
from service.web.routes import page_router

router = page_router()


@router.get("/rules")
def rule_list(request: Request) -> Response:
    """All rules."""
    return _page(request, "rules.html", rules=examine.rules())


@router.get("/rules/{code}")
def rule(code: str, request: Request) -> Response:
    """One rule."""
    found = examine.rule(code)
    if found is None:
        raise NotFound("There is no rule of this name.")
    return _page(request, "rule.html", rule=found)


def _page(request: Request, template: str, **more: Any) -> Response:
    language = preferred_language(request.headers.get("accept-language", ""))
    return fill(request, template, settings=house_of(request).settings, language=language, **more)
