"""A server small enough to misbehave in every way: HTTP/1.1 by h11 on a loopback socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import h11
import orjson

CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What came: names of headers in lower case; `form` is the body where it is one."""

    method: str
    path: str
    target: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def json(self) -> Any:
        """The document of the body."""
        return orjson.loads(self.body)

    @property
    def bearer(self) -> str | None:
        """The token of the Authorization header."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `cut`: the connection breaks after so many bytes of the body; `wait_s`: before it begins."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    wait_s: float = 0.0

    @classmethod
    def of(cls, document: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """A document as JSON."""
        return cls(status, orjson.dumps(document), {"content-type": "application/json", **(headers or {})})


Handler = Callable[[Request], Awaitable[Answer]]


class Server:
    """A handler behind a port of loopback. `seen` is every request, in order."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self.seen: list[Request] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.bind(("127.0.0.1", 0))
        self._server = await asyncio.start_server(self._accepted, sock=listening)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            for talk in self._talks:
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)
            await self._server.wait_closed()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A task of our own for each connection, which ends with the server."""
        talk = asyncio.create_task(self._served(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, h11.RemoteProtocolError, h11.LocalProtocolError):
                await self._conversation(reader, writer)
        finally:
            writer.close()

    async def _conversation(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        while (request := await _received(connection, reader)) is not None:
            self.seen.append(request)
            answer = await self._handler(request)
            await asyncio.sleep(answer.wait_s)
            if not await _sent(connection, writer, answer):
                return
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                return
            connection.start_next_cycle()


async def _received(connection: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    """The next request, or None once the other side is done."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(CHUNK))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return _request(head, bytes(body))
        else:
            return None


def _request(head: h11.Request, body: bytes) -> Request:
    target = head.target.decode("ascii")
    parts = urlsplit(target)
    headers = {name.decode("ascii").lower(): value.decode("latin-1") for name, value in head.headers}
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(head.method.decode("ascii"), unquote(parts.path), target, query, headers, body)


async def _sent(connection: h11.Connection, writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Whether the answer went out whole."""
    headers = [*answer.headers.items(), ("content-length", str(len(answer.body)))]
    if answer.status == 204:
        headers = list(answer.headers.items())
    writer.write(connection.send(h11.Response(status_code=answer.status, headers=headers)) or b"")
    body = answer.body if answer.cut is None else answer.body[: answer.cut]
    for at in range(0, len(body), CHUNK):
        writer.write(connection.send(h11.Data(data=body[at : at + CHUNK])) or b"")
        await writer.drain()
    if answer.cut is not None:
        await writer.drain()
        return False
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    await writer.drain()
    return True
