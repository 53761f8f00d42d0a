"""Problems for people: where a browser asks for a page and gets a problem document, it is shown the problem as a page.

It lies around everything else, so that a failure that nobody expected is a page as well. The API's answers stay
documents, whoever asks; but where a sync service sends a browser back to, a person is reading.
"""

from __future__ import annotations

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api import gate, problems
from service.web import routes

_API = "/v1/"
_RETURNS = "/v1/oauth/"
_MOST_BYTES = 64 * 1024


class ProblemPages:
    """ASGI middleware that turns problem documents into pages, for whoever reads pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        reads_pages = scope["type"] == "http" and scope["method"] != "HEAD" and _reads_pages(Request(scope))
        await self.app(scope, receive, _Turned(send, Request(scope)).send if reads_pages else send)


def _reads_pages(request: Request) -> bool:
    path = request.url.path
    if path.startswith(_API) and not path.startswith(_RETURNS):
        return False
    return "text/html" in request.headers.get("accept", "") or routes.is_small(request)


class _Turned:
    """The sending side of one request: a problem document is held until it is whole, everything else goes on."""

    def __init__(self, send: Send, request: Request) -> None:
        self._send = send
        self._request = request
        self._held: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_problem(message):
            self._held = message
            return
        if self._held is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False) or len(self._body) > _MOST_BYTES:
            start, self._held = self._held, None
            headers, body = await self._page(start)
            await self._send({**start, "headers": headers})
            await self._send({**message, "body": body})

    async def _page(self, start: Message) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Headers and body of the page; those of the document where even the page fails, which is a bug of ours."""
        given = list(start["headers"])
        try:
            caller = await gate.signed_in(self._request)
            page = routes.page_of(self._request, orjson.loads(self._body), caller=caller)
        except Exception:  # noqa: BLE001 - as at the edge: what shows failures may not fail itself
            structlog.get_logger().exception("no page of a problem")
            return given, self._body
        own = {name for name, _ in page.raw_headers}
        return [*((name, value) for name, value in given if name.lower() not in own), *page.raw_headers], _bytes(page)


def _bytes(page: Response) -> bytes:
    return bytes(page.body)


def _is_problem(message: Message) -> bool:
    kind = problems.MEDIA_TYPE.encode()
    return any(name.lower() == b"content-type" and value.startswith(kind) for name, value in message["headers"])
