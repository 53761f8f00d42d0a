"""Browsers: the cookie that stands for a key, and whether a page of this very origin made a request.

The cookie is sent along with whatever a browser asks of this service, also for another site's page. So a request that
may change something and bears one has to come from a page of ours.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from fastapi import Request
from starlette.responses import Response

from service.settings import Settings
from service.store import credentials

COOKIE: Final = "__Host-crampwatch"
"""The prefix binds the cookie to this very host, to TLS, and to all paths; browsers refuse it otherwise."""

_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE: Final = frozenset({"same-origin", "none"})
DAY_S: Final = 86_400


def fresh() -> str:
    """What a new session is called: 256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


def session_of(request: Request) -> str | None:
    """The hash of the session that the request bears, if it has the shape of one."""
    told = request.cookies.get(COOKIE, "")
    return credentials.digest(told) if _SHAPE.fullmatch(told) else None


def hand_out(response: Response, session: str, *, settings: Settings) -> None:
    """Nothing; the browser keeps the session, out of the reach of scripts and of other sites' forms."""
    _set(response, session, max_age_s=settings.session_days * DAY_S)


def take_back(response: Response) -> None:
    """Nothing; the browser forgets the session."""
    _set(response, "", max_age_s=0)


def _set(response: Response, value: str, *, max_age_s: int) -> None:
    response.set_cookie(COOKIE, value, max_age=max_age_s, path="/", secure=True, httponly=True, samesite="lax")


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
