"""The edge: the outermost layer of the application, through which every answer goes.

It gives each request an id, adds the security headers, logs one line, and is the total handler: whatever stray
exception comes up becomes a 500 problem with that id, and an error that a library answered in its own words becomes a
problem too. It counts what it sees.
"""

from __future__ import annotations

import time
import uuid

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.headers import complete
from service.api.problems import MEDIA_TYPE, code_of, problem
from service.metrics import Metrics

REQUEST_ID = "crampwatch.request_id"
PAGE = "crampwatch.page"
"""Set in the scope of a request by a route whose errors are pages for people; they are left as they are."""


class Edge:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, metrics: Metrics | None = None) -> None:
        self.app = app
        self.metrics = metrics
        self.log = structlog.get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; only what happens after the first byte of an answer may still be raised."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope[REQUEST_ID] = request_id = f"req_{uuid.uuid4().hex}"
        began_s = time.perf_counter()
        out = _Answer(send, scope, request_id=request_id)
        try:
            await self.app(scope, receive, out.send)
        except Exception:
            self.log.exception("stray exception", request_id=request_id, route=route_of(scope))
            if self.metrics is not None:
                self.metrics.bug()
            if out.status is not None:
                raise
            await out.replace(500)
        finally:
            seconds = time.perf_counter() - began_s
            self.log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                route=route_of(scope),
                status=out.status,
                duration_ms=round(seconds * 1000, 1),
            )
            if self.metrics is not None:
                self.metrics.request(
                    method=scope["method"], route=route_of(scope), status=out.status or 0, seconds=seconds
                )


def route_of(scope: Scope) -> str:
    """The template of the route, such as `/v1/activities/{activity}`; never the path, which holds ids and names."""
    return getattr(scope.get("route"), "path", None) or "none"


class _Answer:
    """The sending side of one request: completes the headers, and replaces errors that are no problem documents."""

    def __init__(self, send: Send, scope: Scope, *, request_id: str) -> None:
        self.status: int | None = None
        self._scope = scope
        self._send = send
        self._request_id = request_id
        self._replaced = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] >= 400 and not _is_problem(message) and PAGE not in self._scope:
                await self.replace(message["status"], message)
                return
            self.status = message["status"]
            message = complete(message, request_id=self._request_id)
        if not self._replaced:
            await self._send(message)

    async def replace(self, status: int, original: Message | None = None) -> None:
        """Answer with the problem that stands for `status`, keeping `Allow` and `Retry-After` of the original."""
        document = problem(code_of(status), request_id=self._request_id)
        body = orjson.dumps(document)
        kept = [(n, v) for n, v in (original or {}).get("headers", ()) if n.lower() in (b"allow", b"retry-after")]
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode()), *kept]
        await self.send({"type": "http.response.start", "status": document["status"], "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
        self._replaced = True


def _is_problem(message: Message) -> bool:
    return any(
        n.lower() == b"content-type" and v.startswith(MEDIA_TYPE.encode()) for n, v in message.get("headers", ())
    )
