"""What a contract check stands on: a fake, our setup and line, an athlete, a run, what is special about a provider."""

from __future__ import annotations

import asyncio
import base64
import gzip
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from service import sync
from service.fakes import FAKES, Answer, Request, Server
from service.fakes.playing import Fake, FakeRun, Message
from service.fakes.suunto import NOT_YET
from service.settings import providers_in
from service.sync.outgoing import Wire
from service.sync.provider import Connection, Event, Fetched, Inbound, Provider, Setup, Tokens

ROOT = Path(__file__).parents[3]
FIT = (ROOT / "fixtures/fit/valid/easy_run.fit").read_bytes()
STREAMS = (ROOT / "fixtures/streams/valid/even_run.json").read_bytes()
NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
USERS = {
    "strava": ("134815", "134816"),
    "garmin": ("4aac-1", "4aac-2"),
    "polar": ("475", "476"),
    "suunto": ("jane", "otto"),
    "wahoo": ("60462", "60463"),
    "coros": ("open-1", "open-2"),
    "intervals": ("i2049151", "i2049152"),
    "standard": ("u-1", "u-2"),
}
RUNS = {
    "strava": ("16234567890", "16234567891"),
    "garmin": ("5001904988", "5001904989"),
    "polar": ("aQlC83", "aQlC84"),
    "suunto": ("67604889a", "67604889b"),
    "wahoo": ("56519", "56520"),
    "coros": ("418173315956375553", "418173315956375554"),
    "intervals": ("i55610271", "i55610272"),
    "standard": ("a-1", "a-2"),
}
IN_BODY = frozenset({"wahoo", "intervals"})
"""Providers whose proof stands in the body."""
URL_IN_EVENT = frozenset({"garmin", "wahoo", "coros", "standard"})
OPEN_FILES = frozenset({"wahoo", "coros", "standard"})
"""Providers whose files are asked for without a token."""


@dataclass
class Vault:
    """A keeper of tokens as the worker has one: a lock, and what is stored."""

    tokens: Tokens | None
    kept: list[Tokens] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Tokens | None]:
        async with self.lock:
            yield self.tokens

    async def keep(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.kept.append(tokens)


@dataclass
class Stage:
    """One provider against its fake."""

    fake: Any
    provider: Provider
    setup: Setup
    wire: Wire
    http: httpx.AsyncClient
    trap: Server
    connection: Connection
    run: FakeRun
    other: FakeRun

    @property
    def name(self) -> str:
        return self.provider.name

    def inbound(self, message: Message, **changes: Any) -> Inbound:
        """The message as it arrives at the right address."""
        query = tuple(
            (key, value) for key, _, value in (part.partition("=") for part in message.query.split("&")) if key
        )
        made = Inbound(message.method, self.fake.path_secret, NOW, message.body, query, message.headers)
        return replace(made, **changes)

    def receive(self, message: Message, **changes: Any) -> sync.Received:
        return sync.receive(self.provider, self.setup, self.inbound(message, **changes))

    def event(self, message: Message | None = None) -> Event:
        """The one event of a message, which is that of the run unless given."""
        found = self.receive(message or self.fake.created(self.run)).events
        assert len(found) == 1
        return found[0]

    async def fetch(self, event: Event | None = None, *, connection: Connection | None = None) -> Fetched:
        return await self.provider.fetch(event or self.event(), connection or self.connection, self.setup, self.wire)

    def expected(self) -> bytes | None:
        """The bytes that a fetch has to bring; None where it writes a document of its own."""
        return None if self.name == "strava" else FIT

    def not_there(self) -> Answer:
        """What this service says of a file that is not there yet."""
        return NOT_YET if self.name == "suunto" else Answer(404, b"{}")

    def file_answers(self, answer: Answer) -> None:
        """Answer the next call for a file so."""
        self.fake.troubles.append(answer)

    def vault(self) -> Vault:
        return Vault(self.connection.tokens)


def setup_of(fake: Fake, **changes: str) -> Setup:
    """Our side, set up by the variables of a fake."""
    variables = fake.variables() | {f"CRAMPWATCH_{fake.name.upper()}_{name}": value for name, value in changes.items()}
    setup = sync.settled(sync.providers()[fake.name], providers_in(variables)[fake.name])
    assert setup is not None
    return setup


@asynccontextmanager
async def staged(name: str) -> AsyncIterator[Stage]:
    """A provider, its fake, and a trap that must never be called."""
    provider = sync.providers()[name]
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(FAKES[name]())
        fake.now = lambda: NOW
        trap = await stack.enter_async_context(Server(_trapped))
        http = await stack.enter_async_context(sync.client())
        setup = setup_of(fake)
        user, another = USERS[name]
        access, renewal = fake.grant(user)
        fake.grant(another)
        fake.members |= {user, another}
        file = STREAMS if name == "strava" else FIT
        run, other = (
            fake.add(FakeRun(owner, number, file)) for owner, number in zip(USERS[name], RUNS[name], strict=True)
        )
        renews = provider.oauth is not None and provider.oauth.refreshes
        tokens = Tokens(access, renewal if renews else None) if provider.oauth else None
        connection = Connection("ath_1", name, user, tokens)
        wire = sync.wire(provider, setup, http, now=lambda: NOW)
        yield Stage(fake, provider, setup, wire, http, trap, connection, run, other)


async def _trapped(request: Request) -> Answer:
    del request
    return Answer(200, FIT)


def with_header(message: Message, name: str, value: str | None) -> Message:
    """The message with another value of a header, or without it."""
    rest = tuple((key, old) for key, old in message.headers if key != name)
    return replace(message, headers=rest if value is None else (*rest, (name, value)))


def proofs(stage: Stage) -> tuple[str, ...]:
    """The headers that prove who sent a message."""
    return {
        "strava": (),
        "garmin": ("garmin-client-id",),
        "polar": ("polar-webhook-signature",),
        "suunto": ("x-hmac-sha256-signature",),
        "coros": ("client", "secret"),
        "standard": ("webhook-id", "webhook-timestamp", "webhook-signature"),
    }.get(stage.name, ())


ODD_VALUES = (
    "",
    " ",
    "v1",
    "v1,",
    "v1,,",
    "v1,a,b",
    "v1,%%%%",
    "v1,é",
    "v1  v1,AAAA",
    "v2,AAAA",
    "é" * 40,
    "ÿ",
    "a" * 64,
    "A" * 100_000,
    "0",
    "-1",
    "1e99",
    "99999999999999999999",
    "½",
    "٣",
    "NaN",
    "\x00",
    "Basic é",
)


def forged(stage: Stage) -> Iterator[Message]:
    """Messages of somebody who knows the address and everything but the proof."""
    good = stage.fake.created(stage.run)
    for name in proofs(stage):
        yield with_header(good, name, None)
        for value in ODD_VALUES:
            yield with_header(good, name, value)
        yield replace(good, headers=(*good.headers, (name, "twice")))
    if stage.name in {"polar", "suunto", "standard"}:
        yield replace(good, body=good.body + b" ")
        yield replace(good, body=good.body.replace(stage.run.activity.encode(), stage.other.activity.encode()))
    if stage.name in IN_BODY:
        key = "webhook_token" if stage.name == "wahoo" else "secret"
        told = orjson.loads(good.body)
        for wrong in ("wrong", "é", "", None, 0, True, [], {}, [told[key]], {"a": told[key]}, f"{told[key]} "):
            yield replace(good, body=orjson.dumps(told | {key: wrong}))
        yield replace(good, body=orjson.dumps({name: value for name, value in told.items() if name != key}))
    if stage.name == "strava":
        told = orjson.loads(good.body)
        for wrong in (1, "120476", None, [120475], {}, True, "é"):
            yield replace(good, body=orjson.dumps(told | {"subscription_id": wrong}))


def sealed(stage: Stage, body: bytes) -> Message:
    """Any body, with the proof of its sender where that is not inside it."""
    if stage.name == "standard":
        return stage.fake.signed(body)
    good = stage.fake.created(stage.run)
    if stage.name in {"polar", "suunto"}:
        made = stage.fake.signed({})
        import hashlib
        import hmac

        mac = hmac.new(stage.fake.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        return replace(with_header(made, proofs(stage)[0], mac), body=body)
    return replace(good, body=body)


def inside(stage: Stage, document: dict[str, Any]) -> bytes:
    """A document with the proof inside, where this provider's stands there."""
    told = {
        "wahoo": {"webhook_token": stage.fake.webhook_secret},
        "intervals": {"secret": stage.fake.webhook_secret},
        "strava": {"subscription_id": 120475},
    }.get(stage.name, {})
    return orjson.dumps(told | document)


def bomb() -> bytes:
    """Two hundred megabytes of nothing, packed."""
    return gzip.compress(bytes(200 * 2**20), compresslevel=9, mtime=0)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def of_claims(user: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"user": user})).decode()
