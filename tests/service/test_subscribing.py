"""From a run to a signed delivery: the real application with its worker, and subscribers on loopback."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import standardwebhooks

from fixtures.catalogue import STEADY_HEART, on
from fixtures.fit_writer import fit
from fixtures.runs import km
from service import settings
from service.api.announcements import BODIES
from service.app import create_app
from service.fakes.server import Answer, Request, Server

BASE = "http://localhost"


def watch_file(day: int) -> bytes:
    return fit(on(day, km(5, 3.0), step_s=2.0, heart_rate=STEADY_HEART))


@dataclass
class House:
    """The application, and two subscribers: one takes everything, the other does as the test says."""

    http: httpx.AsyncClient
    good: Server
    other: Server

    async def post(self, path: str, **more: Any) -> dict[str, Any]:
        answer = await self.http.post(f"{BASE}{path}", **more)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    async def subscribe(self, server: Server, **more: Any) -> dict[str, Any]:
        wanted = {"url": f"{server.url}/hook", "events": ["*"], "athletes": None} | more
        return await self.post("/v1/webhook-endpoints", json=wanted)

    async def feed(self) -> list[dict[str, Any]]:
        return list((await self.http.get(f"{BASE}/v1/events")).json()["items"])

    async def until(self, true: Callable[[], Any]) -> Any:
        for _ in range(1200):
            found = true()
            if found:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError("it did not happen")


@asynccontextmanager
async def house(folder: Path, other: Callable[[Request], Awaitable[Answer]], **more: Any) -> AsyncIterator[House]:
    async def take(_: Request) -> Answer:
        return Answer(204)

    async with AsyncExitStack() as stack:
        good, second = [await stack.enter_async_context(Server(answer)) for answer in (take, other)]
        origins = f"{good.url},{second.url}"
        app = create_app(settings.Settings(data_dir=folder, delivery_origins=origins, sync_wait_scale=0.001, **more))
        await stack.enter_async_context(app.router.lifespan_context(app))
        http = await stack.enter_async_context(httpx.AsyncClient(transport=httpx.ASGITransport(app)))
        yield House(http, good, second)


async def never(request: Request) -> Answer:
    return Answer(204, wait_s=3600.0)


def test_an_import_is_one_delivery_and_deliveries_are_what_the_feed_shows(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with house(tmp_path, never) as opened:
            made = await opened.subscribe(opened.good)
            for _ in range(3):
                await opened.subscribe(opened.other)
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as packed:
                for day in range(60, 72):
                    packed.writestr(f"{day}.fit", watch_file(day))
            path = "/v1/athletes/me/uploads?filename=runs.zip"
            await opened.post(path, content=archive.getvalue())
            await opened.until(lambda: [one for one in opened.good.seen if one.json["type"] == "import.done"])
            await opened.post("/v1/athletes/me/uploads", content=watch_file(80))
            await opened.until(lambda: [one for one in opened.good.seen if one.json["type"] == "activity.assessed"])
            feed = await opened.feed()
            await opened.until(lambda: len(opened.good.seen) >= len(feed))
            assert [one.json for one in opened.good.seen] == feed
            assert [event["type"] for event in feed].count("import.done") == 1
            assert [event["type"] for event in feed].count("activity.assessed") == 1
            for one in opened.good.seen:
                told = standardwebhooks.Webhook(made["secret"]).verify(one.body, dict(one.headers))
                BODIES[told["type"]].model_validate(told)
            assert next(one for one in feed if one["type"] == "import.done")["data"]["created"] == 12

    asyncio.run(story())


def test_what_fails_is_tried_again_until_it_is_taken(tmp_path: Path) -> None:
    answers = [Answer(500), Answer(503, b"", {"retry-after": "120"}), Answer(302, b"", {"location": "/x"})]

    async def fail_first(_: Request) -> Answer:
        return answers.pop(0) if answers else Answer(200)

    async def story() -> None:
        async with house(tmp_path, fail_first) as opened:
            made = await opened.subscribe(opened.other, events=["activity.assessed"])
            await opened.post("/v1/athletes/me/uploads", content=watch_file(60))
            await opened.until(lambda: len(opened.other.seen) == 4)
            path = f"{BASE}/v1/webhook-endpoints/{made['id']}/deliveries"

            async def delivered() -> bool:
                (row,) = (await opened.http.get(path)).json()["items"]
                return (row["status"], row["attempts"], row["response_status"]) == ("delivered", 4, 200)

            for _ in range(200):
                if await delivered():
                    break
                await asyncio.sleep(0.05)
            assert await delivered()
            assert len({one.headers["webhook-id"] for one in opened.other.seen}) == 1
            assert {one.path for one in opened.other.seen} == {"/hook"}

    asyncio.run(story())


def test_a_test_event_arrives(tmp_path: Path) -> None:
    async def story() -> None:
        async with house(tmp_path, never) as opened:
            made = await opened.subscribe(opened.good, events=["import.done"])
            await opened.post(f"/v1/webhook-endpoints/{made['id']}/test")
            (came,) = await opened.until(lambda: opened.good.seen)
            told = standardwebhooks.Webhook(made["secret"]).verify(came.body, dict(came.headers))
            BODIES["endpoint.test"].model_validate(told)
            assert told["data"] == {"endpoint_id": made["id"]}

    asyncio.run(story())
