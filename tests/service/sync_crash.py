"""A webhook, the fetched file, its assessment and its delivery, killed at any moment: for test_sync_crash.py.

    python sync_crash.py FOLDER CHILDREN < what.json

On standard input: the settings as environment, the service's name, the athlete's account there with its tokens, the
webhook as the service sends it, and the address of a subscriber. The service itself and the subscriber listen in
another process. Each child has a copy of one data folder; it is killed, and then another goes on with the same folder
as the next start of the service does, where the service sends its webhook once more.

No worker runs: the child does the queued errands itself, one after the other, so that each moment has a number. An
errand that was under way stays queued, as it does for a worker that takes over from a dead one.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from anyio import to_thread
from fastapi import FastAPI

from fixtures.killing import CALLS, child, kill_at
from service import settings, subscribers
from service.accounts import locked
from service.app import create_app
from service.errands import Errand
from service.jobs.waking import Waking
from service.jobs.workshop import BOOK, CONTINUE, Workshop, read_book
from service.store import connections
from service.store.engine import make_engine, read, write
from service.store.inbox import ASKED_AGAIN
from service.store.tables import (
    activities,
    assessments,
    deliveries,
    events,
    inbox,
    sources,
    uploads,
    webhook_endpoints,
)
from service.sync import Tokens

BASE = "http://localhost"
ROUNDS = 50


def opened(data: Path) -> FastAPI:
    """The application over the folder; nothing of it is open yet."""
    os.environ["CRAMPWATCH_DATA_DIR"] = str(data)
    return create_app(settings.load(role="api"))


async def prepare(data: Path, what: dict[str, Any]) -> None:
    """An athlete who is connected."""
    app = opened(data)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        athlete_id = (await http.post(f"{BASE}/v1/athletes", json={"mass_kg": 70})).json()["id"]
        house = app.state.house
        tokens = locked(house.vault, Tokens(*what["tokens"]), athlete_id=athlete_id, provider=what["name"])
        named = {"provider": what["name"], "external_id": what["user"]}
        with write(house.engine) as db:
            connections.put(db, athlete_id, **named, tokens=tokens, now=datetime.now(UTC))


async def subscribe(data: Path, what: dict[str, Any]) -> None:
    """Somebody hears of whatever happens in this folder."""
    app = opened(data)
    named = {"owner": "local", "types": ["*"], "athlete_ids": None, "now": datetime.now(UTC)}
    async with app.router.lifespan_context(app):
        house = app.state.house
        with write(house.engine) as db:
            subscribers.add(db, house.vault, url=f"{what['subscriber']}/{data.name}", **named)


async def live(data: Path, what: dict[str, Any], point: int | None, *, tells: bool = True) -> None:
    """The webhook comes, and all that follows from it is done; killed at the point, if there is one."""
    app = opened(data)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        if point is not None:
            kill_at(point)
        if tells:
            message = what["messages"][data.name]
            answer = await http.request(
                message["method"],
                f"{BASE}/v1/webhooks/{what['name']}/{what['path_secret']}?{message['query']}",
                content=message["body"].encode(),
                headers=[(name, value) for name, value in message["headers"]],
            )
            assert answer.status_code == 200, answer.text
            (data / "acknowledged").touch()
        await to_thread.run_sync(work_off, app)


def work_off(app: FastAPI) -> None:
    """Do what is queued, and what follows from it, until nothing is."""
    house = app.state.house
    shop = Workshop(house.settings, house.engine, house.blobs, house.queue, lambda: datetime.now(UTC))
    waking = Waking(shop)
    for _ in range(ROUNDS):
        waking.look()
        queued = house.queue.page(state="queued", limit=50, cursor=None).items
        if not queued:
            return
        for job in queued:
            if BOOK[job.errand](shop, *job.args) is CONTINUE:
                with write(house.engine) as db:
                    house.queue.enqueue(db, Errand(job.errand, job.args, lane=job.lane))
            house.queue.client.delete_workflows([job.id])
    raise AssertionError(f"still something to do: {queued}")


def first(data: Path, what: dict[str, Any], point: int) -> None:
    asyncio.run(subscribe(data, what))
    asyncio.run(live(data, what, point))
    (data / "calls").write_text(str(len(CALLS)))


def again(data: Path, what: dict[str, Any], *, tells: bool) -> None:
    """The next start, long after; what is found afterwards is written to `after.json`."""
    for path in (path for path in (data / "blobs").rglob("*") if path.is_file()):
        os.utime(path, times=(0, 0))
    asyncio.run(live(data, what, None, tells=tells))
    engine = make_engine(settings.load().database_url)
    with read(engine) as db:
        asked = db.execute(inbox.select().where(inbox.c.problem == ASKED_AGAIN, inbox.c.state == "waiting")).all()
    if asked:  # the file is given once, and was lost: the service was asked for another address, and tells it
        asyncio.run(live(data, what, None))
        (data / "asked").touch()
    with read(engine) as db:
        found = {
            "activities": len(db.execute(activities.select()).all()),
            "sources": [row.origin for row in db.execute(sources.select())],
            "assessments": len(db.execute(assessments.select()).all()),
            "inbox": [row.state for row in db.execute(inbox.select())],
            "uploads": [row.status for row in db.execute(uploads.select())],
            "feed": {str(row.sequence): row.type for row in db.execute(events.select())},
            "deliveries": [row.state for row in db.execute(deliveries.select())],
            "behind": [row.sequence for row in db.execute(webhook_endpoints.select())],
        }
    engine.dispose()
    (data / "after.json").write_text(json.dumps(found))


def main(folder: Path, children: int, what: dict[str, Any]) -> None:
    """One child that lives, then as many that are killed at points spread over all its calls; and what came of each.

    Of every second one the recovery is killed as well.
    """
    os.environ.update(what["environment"])
    read_book()
    template = folder / "template"
    child(lambda: asyncio.run(prepare(template, what)))

    def fresh(name: str) -> Path:
        return Path(shutil.copytree(template, folder / name))

    whole = fresh("whole")
    child(partial(first, whole, what, sys.maxsize))
    child(partial(again, whole, what, tells=True))
    calls = int((whole / "calls").read_text())
    killed = 0
    for number in range(children):
        data = fresh(str(number))
        killed += child(partial(first, data, what, number * calls // children))
        if number % 2:  # the recovery dies, too, elsewhere
            child(lambda data=data, point=number * 7919 % calls: asyncio.run(live(data, what, point)))
        child(partial(again, data, what, tells=not (data / "acknowledged").exists() or number % 2 == 0))
    sys.stdout.write(json.dumps({"killed": killed, "calls": calls}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), json.load(sys.stdin))
