"""The routes of pages: behind the gate like the API's, but their errors are pages, and nobody's way is to sign in.

A page of another site cannot make them do anything, with keys or without.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import RedirectResponse, Response

from parsers.errors import ParseError
from service.api import problems
from service.api.access import CALLER, Caller, house_of, preferred_language
from service.api.browsers import is_own
from service.api.edge import PAGE
from service.api.gate import GuardedRoute, signed_in
from service.api.permissions import ANYONE, OPERATOR, OWNER, READERS, Roles
from service.errors import ServiceError, Unauthorized
from service.web import pages

MAY: Final[Mapping[str, Roles]] = MappingProxyType(
    {
        "start": ANYONE,
        "rule_list": ANYONE,
        "rule": ANYONE,
        "sign_in": ANYONE,
        "signed_in": ANYONE,
        "sign_out": ANYONE,
        "home": READERS,
        "runs": READERS,
        "fill": READERS,
        "unfill": READERS,
        "upload": READERS,
        "outcome": READERS,
        "activity": READERS,
        "report": READERS,
        "log": READERS,
        "change": READERS,
        "delete": READERS,
        "unmerge": READERS,
        "shown": READERS,
        "table": READERS,
        "coach": READERS,
        "seen": READERS,
        "profile": READERS,
        "change_profile": READERS,
        "weather": READERS,
        "connect": OWNER,
        "disconnect": OWNER,
        "reassess": READERS,
        "proposed": READERS,
        "adopt": READERS,
        "subscribers": READERS,
        "subscribe": READERS,
        "sent": READERS,
        "try_out": READERS,
        "switch": READERS,
        "renew_secret": READERS,
        "unsubscribe": READERS,
        "send_again": READERS,
        "operator": OPERATOR,
        "make_key": OPERATOR,
        "revoke_key": OPERATOR,
    }
)
"""Which role may open which page, by the name of its handler; what has no row nobody may."""

_METERED: Final = frozenset({"upload"})

_AT_AN_END: Final = frozenset({401, 403, 404})
"""Answers that the same question will have again."""


class PageRoute(GuardedRoute):
    """A route whose known failures are answered with a page that says what to do."""

    @property
    def is_repeatable(self) -> bool:
        """Never: no browser sends a key for it, and an answer may show a secret once."""
        return False

    def roles(self) -> Roles | None:
        """Who may open the page."""
        return MAY.get(self.name)

    def is_metered(self) -> bool:
        """Whether it counts as an upload."""
        return self.name in _METERED

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the gate, with the check of where a request comes from in front and the errors behind."""
        admit = super().get_route_handler()

        async def answer(request: Request) -> Response:
            request.scope[PAGE] = True
            request_id = problems.request_id_of(request)
            if not is_own(request):
                return page_of(request, problems.problem("cross_site", request_id=request_id))
            try:
                answered = await admit(request)
            except Unauthorized as error:
                if request.method == "GET" and not is_small(request):
                    return see(f"/sign-in?to={quote(_asked(request), safe='')}")
                document = problems.problem(error.what, error.message, request_id=request_id)
            except RequestValidationError as error:
                document = problems.invalid(error.errors(), request_id=request_id)
            except ServiceError as error:
                document = problems.problem(error.what, error.message, request_id=request_id)
            except ParseError as error:
                document = problems.of_file(error, filename=None, request_id=request_id)
            else:
                is_problem = answered.headers.get("content-type", "").startswith(problems.MEDIA_TYPE)
                return page_of(request, problem_of(answered), of=answered) if is_problem else answered
            return page_of(request, document)

        return answer


def _asked(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def page_router() -> APIRouter:
    """A router of pages; they are no part of the contract's document."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def is_small(request: Request) -> bool:
    """Whether htmx asks, which puts the answer into a page that is there, rather than a browser that shows it."""
    return request.headers.get("hx-request") == "true"


def see(address: str, *, done: str = "") -> Response:
    """After something was done: look there. The page there hears what was `done`, once (`pages.just_done`)."""
    answered = RedirectResponse(address, 303)
    if done:
        answered.set_cookie(pages.DONE, done, max_age=pages.DONE_S, path="/", httponly=True, samesite="strict")
    return answered


def problem_of(response: Response) -> dict[str, Any]:
    """The document that a handler of the API answered with."""
    document: dict[str, Any] = orjson.loads(response.body)
    return document


def known_caller(request: Request) -> Caller | None:
    """Who calls, where the gate has let them in or nobody is asked for a key; None where that is not known."""
    if house_of(request).settings.auth == "local":
        return Caller.local()
    found = request.scope.get(CALLER)
    return found if isinstance(found, Caller) else None


async def open_page(request: Request, template: str, *, place: str, **more: Any) -> Response:
    """A page that no gate stands before, with the menu of whoever is signed in."""
    who = await signed_in(request) or known_caller(request)
    return pages.fill(
        request,
        template,
        settings=house_of(request).settings,
        language=preferred_language(request.headers.get("accept-language", "")),
        own=None if who is None else who.athlete_id,
        role=None if who is None else who.role,
        place=place,
        **more,
    )


def page_of(
    request: Request, document: dict[str, Any], *, of: Response | None = None, caller: Caller | None = None
) -> Response:
    """The problem as a page; for htmx the sentence alone, to be put in front of what was there.

    A page that looks again by itself, and may not or finds nothing any more, is told to open anew, which ends that.

    Its menu is that of the other pages: for the `caller`, or whoever is known to call.
    """
    if is_small(request) and request.method == "GET" and document["status"] in _AT_AN_END:
        return Response(status_code=document["status"], headers={"HX-Refresh": "true"})
    language = preferred_language(request.headers.get("accept-language", ""))
    template = "problem_line.html" if is_small(request) else "problem.html"
    headers = {"HX-Reswap": "afterbegin"} if is_small(request) else {}
    if of is not None:
        kept = ("retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "www-authenticate")
        headers |= {name: of.headers[name] for name in kept if name in of.headers}
    who = caller or known_caller(request)
    return pages.fill(
        request,
        template,
        settings=house_of(request).settings,
        language=language,
        own=None if who is None else who.athlete_id,
        role=None if who is None else who.role,
        place="",
        status=document["status"],
        headers=headers,
        problem=document,
    )
