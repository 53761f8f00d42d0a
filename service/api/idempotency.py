"""`Idempotency-Key`: a POST that its caller repeats under the same key is done once, and answered alike for a day.

The body is hashed as the handler reads it and never held; two forms that differ in nothing but the boundary between
their parts are the same body. Answers of 5xx, and those that ask to come back, are not kept. What may not live here:
anything of what a call does.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from anyio import CancelScope, to_thread
from fastapi import Request
from fastapi.routing import APIRoute
from python_multipart.multipart import parse_options_header
from starlette.responses import Response
from starlette.types import Message
from structlog import get_logger

from service.api import problems
from service.errors import BadCall, Conflict, NoSpace, ServiceError, Unavailable
from service.store import engine, idempotency
from service.store.idempotency import Busy, Kept

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.api.access import House

HEADER: Final = "idempotency-key"
REPLAYED: Final = "Idempotent-Replayed"

_KEY: Final = re.compile(r"[!-~]{1,255}")
_SIGN_OF_LIFE_S: Final = idempotency.HELD.total_seconds() / 3
_NOT_KEPT: Final = frozenset({401, 403, 408, 413, 425, 429})
_OWN_HEADERS: Final = frozenset({"content-length", "x-request-id", "date", "retry-after"})
_LONGEST_TARGET: Final = 300

Serve = Callable[[Request], Coroutine[Any, Any, Response]]


class RepeatableRoute(APIRoute):
    """A route whose POST may be repeated under an `Idempotency-Key`, unless whoever calls is nobody known."""

    @property
    def is_repeatable(self) -> bool:
        """Whether keys are heeded: there is a row for each, and somebody to whom it belongs."""
        return "POST" in (self.methods or ())

    def get_route_handler(self) -> Serve:
        """The handler, which does the work of a key once."""
        serve = super().get_route_handler()
        if not self.is_repeatable:
            return serve

        async def once(request: Request) -> Response:
            told = request.headers.getlist(HEADER)
            if not told:
                return await serve(request)
            if len(told) > 1 or not _KEY.fullmatch(told[0]):
                raise BadCall("`Idempotency-Key` takes 1 to 255 visible ASCII characters, once.")
            return await _once(request, serve, told[0])

        return once


async def _once(request: Request, serve: Serve, key: str) -> Response:
    call = _Call(request.app.state.house, _caller(request), key, request.url.path[:_LONGEST_TARGET], datetime.now(UTC))
    found = await call.claim()
    if isinstance(found, Busy):
        document = problems.problem("idempotency_running", request_id=problems.request_id_of(request))
        left_s = max(1, round((found.until - call.came_at).total_seconds()))
        return problems.answer(document, {"Retry-After": str(min(left_s, 2))})
    heard = Fingerprint.of(request)
    listening = _listening(request, heard)
    if found is not None:
        return await _again(listening, heard, call, found)
    return await _for_the_first_time(listening, heard, call, serve)


async def _again(request: Request, heard: Fingerprint, call: _Call, kept: Kept) -> Response:
    """The answer of the first call, where this one says the same."""
    await _read_rest(request, heard)
    if (kept.target, kept.body_sha256) != (call.target, heard.digest()):
        return problems.answer(problems.problem("idempotency_mismatch", request_id=problems.request_id_of(request)))
    return Response(kept.body, kept.status, {**kept.headers, REPLAYED: "true"})


async def _for_the_first_time(request: Request, heard: Fingerprint, call: _Call, serve: Serve) -> Response:
    """The answer of the handler, kept if it is one that a repetition should get, too."""
    kept = False
    try:
        async with call.alive():
            response = await _answered(request, serve)
        if _is_kept(response) and (heard.is_whole or response.status_code < 400):
            await _read_rest(request, heard)
            await call.keep(response, heard.digest())
            kept = True
        return response
    finally:
        if not kept:
            with CancelScope(shield=True):
                await call.let_go()


async def _answered(request: Request, serve: Serve) -> Response:
    """The handler's answer; what it raised that is the caller's fault is one as well."""
    try:
        return await serve(request)
    except Exception as error:
        handler = problems.handler_of(error)
        if handler is None or (isinstance(error, ServiceError) and error.may_retry):
            raise
        return await handler(request, error)


def _is_kept(response: Response) -> bool:
    return response.status_code < 500 and response.status_code not in _NOT_KEPT and hasattr(response, "body")


async def _read_rest(request: Request, heard: Fingerprint) -> None:
    """Nothing; the whole body has been heard."""
    while not heard.is_whole:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            return


def _listening(request: Request, heard: Fingerprint) -> Request:
    """The same request, whose body goes by the fingerprint on its way."""
    receive = request.receive

    async def listen() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            heard.hear(message.get("body", b""), more=message.get("more_body", False))
        return message

    return Request(request.scope, listen, request._send)  # noqa: SLF001 - as FastAPI makes one


def _caller(request: Request) -> str:
    """Whose key it is: of the holder of an API key, or of whoever is at this computer."""
    return str(getattr(request.scope.get("crampwatch.caller"), "id", "local"))


class Fingerprint:
    """A hash of what a call says: its query and its body, in which the boundary of a form counts for nothing."""

    def __init__(self, *, said: bytes = b"", boundary: bytes = b"") -> None:
        self.is_whole = False
        self._hash = hashlib.sha256(said)
        self._boundary = boundary
        self._rest = b""

    @classmethod
    def of(cls, request: Request) -> Fingerprint:
        """That of a request of which nothing has been read yet."""
        kind, options = parse_options_header(request.headers.get("content-type"))
        boundary = options.get(b"boundary", b"") if kind == b"multipart/form-data" else b""
        return cls(said=str(request.url.query).encode() + b"\n", boundary=boundary)

    def hear(self, piece: bytes, *, more: bool) -> None:
        """Take in the next piece, however the body was cut into pieces."""
        if self._boundary:
            piece = self._without_boundary(piece, more=more)
        self._hash.update(piece)
        self.is_whole = not more

    def _without_boundary(self, piece: bytes, *, more: bool) -> bytes:
        *whole, last = (self._rest + piece).split(self._boundary)
        held = min(len(self._boundary) - 1, len(last)) if more else 0
        self._rest = last[len(last) - held :]
        return b"\0".join([*whole, last[: len(last) - held]])

    def digest(self) -> str:
        """The hash, once the body has been heard whole."""
        return self._hash.hexdigest()


@dataclass(frozen=True, slots=True)
class _Call:
    """One call with a key, and what it writes down about it."""

    house: House
    caller: str
    key: str
    target: str
    came_at: datetime

    async def claim(self) -> Kept | Busy | None:
        return await to_thread.run_sync(self._write, partial(idempotency.claim, target=self.target, now=self.came_at))

    async def keep(self, response: Response, digest: str) -> None:
        """Best effort: where it cannot be written, the repetition is served anew, as after a crash."""
        headers = {name: value for name, value in response.headers.items() if name not in _OWN_HEADERS}
        body = bytes(getattr(response, "kept_body", response.body))  # without a secret that is shown once
        answer = Kept(self.target, digest, response.status_code, headers, body)
        await self._try(partial(idempotency.keep, since=self.came_at, answer=answer))

    async def let_go(self) -> None:
        await self._try(partial(idempotency.let_go, since=self.came_at))

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """A block during which the key stays held, however long it takes."""
        signs = asyncio.create_task(self._give_signs())
        try:
            yield
        finally:
            signs.cancel()
            with suppress(asyncio.CancelledError):
                await signs

    async def _give_signs(self) -> None:
        while True:
            await asyncio.sleep(_SIGN_OF_LIFE_S)
            await self._try(partial(idempotency.hold_on, since=self.came_at, now=datetime.now(UTC)))

    async def _try(self, what: Callable[..., Any]) -> None:
        try:
            await to_thread.run_sync(self._write, what)
        except (Conflict, NoSpace, Unavailable):
            get_logger().warning("idempotency_key_not_written", exc_info=True)

    def _write(self, what: Callable[..., Any]) -> Any:
        with engine.write(self.house.engine, wait_s=self.house.settings.database_timeout_s) as db:
            return what(db, self.caller, self.key)
