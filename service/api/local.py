"""auth=local: answers programs on this computer only.

Without a key, the only thing that tells a caller apart is where the call comes from. A page in a browser on the same
computer can reach loopback too, by another origin or by a name that was rebound to 127.0.0.1; a proxy would make the
whole network look local. Each of these leaves a mark in the headers, and each mark is refused.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.edge import REQUEST_ID
from service.api.problems import answer, problem
from service.settings import is_loopback

_PROXY_HEADERS = frozenset(
    {"forwarded", "via", "x-real-ip", "x-client-ip", "client-ip", "true-client-ip", "cf-connecting-ip"}
)
"""What proxies and content networks add, beside everything that begins with `X-Forwarded-`."""

_RETURN = re.compile(r"/v1/oauth/[a-z]{1,32}/callback")
"""Where a sync service sends the athlete's browser back to: from another site by its nature, and proven by a state."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class LocalOnly:
    """ASGI middleware that refuses, with 403 `not_local`, what may not have been meant by somebody at this computer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with the reason why not."""
        why = refusal(scope) if scope["type"] == "http" else None
        if why is None:
            await self.app(scope, receive, send)
            return
        response = answer(problem("not_local", why, request_id=scope.get(REQUEST_ID)))
        await response(scope, receive, send)


def refusal(scope: Scope) -> str | None:
    """Why the request is refused, in a sentence; None where it may pass."""
    headers = Headers(scope=scope)
    client = scope.get("client")
    if client is not None and not is_loopback(client[0]):
        return "Without keys, only programs on the service's own computer are answered."
    if any(name in _PROXY_HEADERS or name.startswith("x-forwarded-") for name in headers):
        return "Without keys, nothing that came through a proxy is answered; call the service directly."
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_loopback_authority(hosts[0]):
        return "Without keys, the Host must be localhost, 127.0.0.1 or [::1]."
    if (
        scope["method"] == "GET"
        and _RETURN.fullmatch(scope.get("path", ""))
        and headers.get("sec-fetch-mode") == "navigate"
    ):
        return None
    return _refused_page(headers, host=hosts[0], unsafe=scope["method"] not in _SAFE_METHODS)


def _refused_page(headers: Headers, *, host: str, unsafe: bool) -> str | None:
    """Why a page in a browser may not call: another site never, another port of this site not to change anything."""
    why = "Without keys, pages of another origin are not answered."
    site = headers.get("sec-fetch-site")
    if site is not None and site not in (("same-origin", "none") if unsafe else ("same-origin", "same-site", "none")):
        return why
    for origin in headers.getlist("origin"):
        if not _same_site(origin, host) or (unsafe and urlsplit(origin).netloc.lower() != host.lower()):
            return why
    return None


def _same_site(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
        name = parts.hostname
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and name is not None and name == urlsplit(f"//{host}").hostname


def is_loopback_authority(value: str) -> bool:
    """Whether a Host header names this computer, with any port or none.

    >>> [is_loopback_authority(h) for h in ("localhost:8000", "[::1]", "127.0.0.1:1", "::1", "a.example", "127.1")]
    [True, True, True, False, False, False]
    """
    name, colon, port = value.rpartition(":")
    if not colon or value.endswith("]"):
        name, port = value, "0"
    if ":" in name and not name.startswith("["):
        return False
    return port.isascii() and port.isdigit() and int(port) <= 65535 and is_loopback(name)
