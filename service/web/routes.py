"""The routes of pages: their errors are pages, and a page of another site cannot make them do anything."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse, Response

from parsers.errors import ParseError
from service.api import problems
from service.api.access import house_of, preferred_language
from service.api.edge import PAGE
from service.errors import ServiceError
from service.web import pages

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})


class PageRoute(APIRoute):
    """A route whose known failures are answered with a page that says what to do."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with the check of where a request comes from in front and the page of errors behind."""
        serve = super().get_route_handler()

        async def answer(request: Request) -> Response:
            request.scope[PAGE] = True
            if not is_own(request):
                return _page_of(request, problems.problem("cross_site", request_id=problems.request_id_of(request)))
            try:
                return await serve(request)
            except RequestValidationError as error:
                document = problems.invalid(error.errors(), request_id=problems.request_id_of(request))
            except ServiceError as error:
                document = problems.problem(error.what, error.message, request_id=problems.request_id_of(request))
            except ParseError as error:
                document = problems.of_file(error, filename=None, request_id=problems.request_id_of(request))
            return _page_of(request, document)

        return answer


def page_router() -> APIRouter:
    """A router of pages; they are no part of the contract's document."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def is_own(request: Request) -> bool:
    """Whether a request that may change something was made by a page of this very origin, or by no page at all.

    Browsers say so in `Sec-Fetch-Site`, which no page can forge; one too old to say is judged by `Origin`.
    """
    if request.method in _SAFE:
        return True
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in _OWN_SITE
    return origin is None or origin == f"{request.url.scheme}://{request.url.netloc}"


def is_small(request: Request) -> bool:
    """Whether htmx asks, which puts the answer into a page that is there, rather than a browser that shows it."""
    return request.headers.get("hx-request") == "true"


def see(address: str) -> Response:
    """After something was done: look there."""
    return RedirectResponse(address, 303)


def problem_of(response: Response) -> dict[str, Any]:
    """The problem that a handler of the API answered with."""
    document: dict[str, Any] = orjson.loads(response.body)
    return document


def _page_of(request: Request, document: dict[str, Any]) -> Response:
    """The problem as a page; for htmx the sentence alone."""
    language = preferred_language(request.headers.get("accept-language", ""))
    template = "problem_line.html" if is_small(request) else "problem.html"
    settings = house_of(request).settings
    return pages.fill(
        request, template, settings=settings, language=language, status=document["status"], problem=document
    )
