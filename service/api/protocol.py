"""The connection guard: uvicorn's HTTP protocol with deadlines and sizes that plain uvicorn does not have.

Headers have to be complete within a deadline and below a size, a body has to keep a least speed, and a client that
goes on sending after its answer is cut off. What is refused here never reaches the application, so the answers are
made here, with the same problem documents and headers.
"""

from __future__ import annotations

import asyncio
import http
import uuid
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.api.headers import SECURITY
from service.api.problems import MEDIA_TYPE, problem
from service.settings import Settings


class GuardedProtocol(HttpToolsProtocol):
    """One connection; `guarded(settings)` makes the class to hand to uvicorn as `http=`."""

    max_header_bytes: int
    header_timeout_s: float
    min_body_bytes_per_s: int

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Start the clock of the first request's headers."""
        super().connection_made(transport)
        self._in_head = True
        self._head_bytes = 0
        self._body_bytes = 0
        self._refused: str | None = None
        self._timer: asyncio.TimerHandle | None = self.loop.call_later(self.header_timeout_s, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop every clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, counting what belongs to headers; a refused connection is deaf."""
        if self._refused is not None:
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._timer is None:
                self._timer = self.loop.call_later(self.header_timeout_s, self._head_is_late)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.max_header_bytes:
            self._refuse("headers_too_large")

    def on_message_begin(self) -> None:
        """A request begins: its head is counted anew where bytes of an earlier body were in the same packet."""
        super().on_message_begin()
        self._in_head = True
        self._fields_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Count the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count one header."""
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def _count(self, size: int) -> None:
        self._fields_bytes += size
        if self._fields_bytes > self.max_header_bytes:
            self._refused = "headers_too_large"
            raise ValueError(self._refused)  # httptools makes a parser error of it, uvicorn calls send_400_response

    def on_headers_complete(self) -> None:
        """The head is there: from now on the body is watched."""
        self._stop_clock()
        self._in_head = False
        self._head_bytes = self._body_bytes = 0
        self._timer = self.loop.call_later(self.header_timeout_s, self._check_body)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count what arrived of the body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole: nothing more to wait for until the next one."""
        self._stop_clock()
        self._in_head = True
        self._head_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not for callers
        """The problem of a request that the parser refused, instead of uvicorn's plain text."""
        self._refuse(self._refused or "bad_request")

    def _head_is_late(self) -> None:
        self._timer = None
        if self._answering():
            self._timer = self.loop.call_later(self.header_timeout_s, self._head_is_late)
        elif self._head_bytes:
            self._refuse("request_timeout")
        else:
            self.transport.close()

    def _check_body(self) -> None:
        """Every window brings at least its bytes, unless we ourselves have stopped reading."""
        arrived, self._body_bytes = self._body_bytes, 0
        if not self._answering():
            self.transport.close()  # the answer is out, and the client still sends after a whole window
        elif arrived < self.min_body_bytes_per_s * self.header_timeout_s and not self.flow.read_paused:
            self._refuse("request_timeout")
        else:
            self._timer = self.loop.call_later(self.header_timeout_s, self._check_body)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, code: str) -> None:
        """Answer with a problem unless an answer has begun, and close."""
        self._refused = code
        self._stop_clock()
        begun = self._answering() and self.cycle.response_started
        if self.cycle is not None:
            self.cycle.disconnected = True
        if not begun and not self.transport.is_closing():
            self.transport.write(_answer(code))
        self.transport.close()

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _answer(code: str) -> bytes:
    request_id = f"req_{uuid.uuid4().hex}"
    document = problem(code, request_id=request_id)
    body = orjson.dumps(document)
    status = http.HTTPStatus(document["status"])
    fields = {
        b"content-type": MEDIA_TYPE.encode(),
        b"content-length": str(len(body)).encode(),
        b"connection": b"close",
        b"x-request-id": request_id.encode(),
        **SECURITY,
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode(), *(name + b": " + fields[name] for name in fields)]
    return b"\r\n".join([*lines, b"", body])


def guarded(settings: Settings) -> type[GuardedProtocol]:
    """The protocol class with the limits of `settings`."""
    limits: dict[str, Any] = {
        "max_header_bytes": settings.max_header_bytes,
        "header_timeout_s": settings.header_timeout_s,
        "min_body_bytes_per_s": settings.min_body_bytes_per_s,
    }
    return type("SettledProtocol", (GuardedProtocol,), limits)
