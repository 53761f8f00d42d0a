"""What end-to-end tests play in: a sync service on loopback, the real application with its worker, and an athlete."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.catalogue import STEADY_HEART, on
from fixtures.fit_writer import fit
from fixtures.runs import km
from fixtures.streams_writer import document
from service import settings, sync
from service.accounts import locked
from service.app import create_app
from service.fakes import FAKES
from service.fakes.playing import FakeRun, Message
from service.jobs.drain import LINES
from service.store import calls, connections, inbox
from service.store.calls import CallRow
from service.store.engine import read, write
from service.store.inbox import InboxRow
from service.sync import Tokens
from tests.service.sync.stage import RUNS, USERS

BASE = "http://localhost"
ALL = sorted(FAKES)


def watch_file(name: str, day: int = 60) -> bytes:
    run = on(day, km(5, 3.0), step_s=2.0, heart_rate=STEADY_HEART)
    return document(run) if name == "strava" else fit(run)


@dataclass
class Scene:
    """One service against its fake, and an athlete who is connected to it."""

    name: str
    fake: Any
    app: Any
    http: httpx.AsyncClient
    athlete_id: str
    others: tuple[Scene, ...] = ()

    @property
    def engine(self) -> Any:
        return self.app.state.house.engine

    async def send(self, message: Message) -> httpx.Response:
        path = f"{BASE}/v1/webhooks/{self.name}/{self.fake.path_secret}"
        url = f"{path}?{message.query}" if message.query else path
        return await self.http.request(message.method, url, content=message.body, headers=list(message.headers))

    def add(self, number: int = 0, *, day: int = 60, file: bytes | None = None, **more: Any) -> FakeRun:
        user = USERS[self.name][0]
        made = FakeRun(user, RUNS[self.name][number], file or watch_file(self.name, day), **more)
        return self.fake.add(made)

    async def told(self, message: Message) -> None:
        answer = await self.send(message)
        assert answer.status_code == 200, answer.text

    async def activities(self) -> list[dict[str, Any]]:
        answer = await self.http.get(f"{BASE}/v1/athletes/{self.athlete_id}/activities?include=assessment")
        return list(answer.json()["items"])

    def events(self) -> list[InboxRow]:
        with read(self.engine) as db:
            return list(inbox.page(db, limit=200).items)

    def kept_calls(self) -> list[CallRow]:
        with read(self.engine) as db:
            return list(calls.page(db, limit=200).items)

    async def feed(self) -> list[str]:
        """The types of what the feed tells."""
        return [event["type"] for event in (await self.http.get(f"{BASE}/v1/events")).json()["items"]]

    async def connections(self) -> dict[str, Any]:
        answer = await self.http.get(f"{BASE}/v1/athletes/{self.athlete_id}/connections")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def begun(self) -> str:
        """The page of consent that the athlete is sent to."""
        answer = await self.http.post(f"{BASE}/v1/athletes/{self.athlete_id}/connections/{self.name}")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["authorize_url"])

    async def agreed(self, url: str) -> str:
        """Where the service sends the browser of an athlete who agrees."""
        async with httpx.AsyncClient(trust_env=False) as browser:
            answer = await browser.get(url)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def back(self, url: str, **headers: str) -> httpx.Response:
        """The answer to the browser that comes back, as browsers ask."""
        asked = {"accept": "text/html,*/*", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
        return await self.http.get(url, headers={**asked, **headers})

    async def consented(self) -> None:
        """Through the whole of it."""
        answer = await self.back(await self.agreed(await self.begun()))
        assert answer.status_code == 200, answer.text

    async def until(self, true: Callable[[], Any], *, within: int = 300) -> Any:
        for _ in range(within):
            found = true()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"not within {within} looks: {[(e.state, e.problem) for e in self.events()]}")

    async def settled(self) -> list[InboxRow]:
        """The events, once every one of them is closed."""

        def closed() -> list[InboxRow] | None:
            found = self.events()
            return found if found and all(event.state not in inbox.OPEN for event in found) else None

        return list(await self.until(closed))


@asynccontextmanager
async def scene(
    name: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    connected: bool = True,
    others: tuple[str, ...] = (),
    **more: str,
) -> AsyncIterator[Scene]:
    """One service on stage, and `others` beside it: the athlete is connected to all of them, if to any."""
    LINES.clear()
    async with AsyncExitStack() as stack:
        fakes = {one: await stack.enter_async_context(FAKES[one]()) for one in (name, *others)}
        variables = {
            **{key: value for fake in fakes.values() for key, value in fake.variables().items()},
            "CRAMPWATCH_DATA_DIR": str(folder),
            "CRAMPWATCH_SYNC_WAIT_SCALE": "0.001",
            **more,
        }
        for variable, value in variables.items():
            monkeypatch.setenv(variable, value)
        app = create_app(settings.load())
        await stack.enter_async_context(app.router.lifespan_context(app))
        http = await stack.enter_async_context(httpx.AsyncClient(transport=httpx.ASGITransport(app)))
        made = await http.post(f"{BASE}/v1/athletes", json={"mass_kg": 70})
        athlete_id = made.json()["id"]
        for one, fake in fakes.items():
            if connected:
                connect(app, fake, one, athlete_id)
            fake.users[:1] = [USERS[one][0]]
        beside = tuple(Scene(one, fakes[one], app, http, athlete_id) for one in others)
        yield Scene(name, fakes[name], app, http, athlete_id, beside)


def connect(app: Any, fake: Any, name: str, athlete_id: str) -> None:
    user = USERS[name][0]
    access, renewal = fake.grant(user)
    fake.members.add(user)
    provider = sync.providers()[name]
    renews = provider.oauth is not None and provider.oauth.refreshes
    house = app.state.house
    tokens = Tokens(access, renewal if renews else None)
    with write(house.engine) as db:
        connections.put(
            db,
            athlete_id,
            provider=name,
            external_id=user,
            tokens=locked(house.vault, tokens, athlete_id=athlete_id, provider=name),
            now=datetime.now(UTC),
        )


def play(
    story: Callable[[Scene], Any],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    connected: bool = True,
    others: tuple[str, ...] = (),
    **more: str,
) -> None:
    async def played() -> None:
        async with scene(name, tmp_path, monkeypatch, connected=connected, others=others, **more) as on_stage:
            await story(on_stage)

    asyncio.run(played())
