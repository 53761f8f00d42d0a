"""Killed between any two steps from a webhook to its delivery: one run, once, and every subscriber hears of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from service import sync
from service.fakes import FAKES
from service.fakes.playing import EPOCH, FakeRun
from service.fakes.server import Answer, Request, Server
from tests.service.scene import ALL, watch_file
from tests.service.sync.stage import RUNS, USERS

ROOT = Path(__file__).parents[2]
ASKED = int(os.environ.get("CRAMPWATCH_TEST_CRASHES") or 0)
NAMES = ALL if ASKED else ["garmin", "strava"]
CHILDREN = max(1, ASKED // len(ALL)) if ASKED else 12
"""Points at which a child is killed, for each service; `make faults` asks for a thousand over all of them."""

MOST = 0.9
"""Of the last points a few may lie behind the end: two children do not make quite the same number of calls."""

PATIENCE_S = 120 + 6 * CHILDREN
HEARD = "webhook-id"


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as opened:
        yield opened


async def taken(request: Request) -> Answer:
    del request
    return Answer(204)


def what(fake: Any, name: str, subscriber: Server) -> dict[str, Any]:
    """The service and its athlete, as the killed processes are told of them."""
    user = USERS[name][0]
    access, renewal = fake.grant(user)
    fake.members.add(user)
    oauth = sync.providers()[name].oauth
    return {
        "environment": {
            **fake.variables(),
            "CRAMPWATCH_SYNC_WAIT_SCALE": "0.001",
            "CRAMPWATCH_DELIVERY_ORIGINS": subscriber.url,
            "PYTHONPATH": str(ROOT),
        },
        "name": name,
        "user": user,
        "tokens": (access, renewal if oauth is not None and oauth.refreshes else None),
        "path_secret": fake.path_secret,
        "subscriber": subscriber.url,
        "messages": {
            child: as_told(fake, name, number) for number, child in enumerate(("whole", *map(str, range(CHILDREN))))
        },
    }


def as_told(fake: Any, name: str, number: int) -> dict[str, Any]:
    """How the service tells of a run of its own for each child, as some give a file once."""
    first = RUNS[name][0]
    activity = str(int(first) + number) if first.isdecimal() else f"{first}{number}"
    message = fake.created(
        fake.add(FakeRun(USERS[name][0], activity, watch_file(name), started_at=EPOCH + timedelta(days=number)))
    )
    return {
        "method": message.method,
        "query": message.query,
        "headers": message.headers,
        "body": message.body.decode(),
    }


def crashed(folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    script = str(Path(__file__).with_name("sync_crash.py"))
    mine = {name: value for name, value in os.environ.items() if not name.startswith("CRAMPWATCH_")}
    made = subprocess.run(
        [sys.executable, script, str(folder), str(CHILDREN)],
        env={**mine, **told["environment"]},
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert made.returncode == 0, made.stderr[-3000:]
    return dict(json.loads(made.stdout))


@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize("name", NAMES)
def test_a_kill_at_any_moment_leaves_one_run_and_loses_no_delivery(
    name: str, tmp_path: Path, portal: BlockingPortal
) -> None:
    with (
        portal.wrap_async_context_manager(FAKES[name]()) as fake,
        portal.wrap_async_context_manager(Server(taken)) as subscriber,
    ):
        killed = crashed(tmp_path, what(fake, name, subscriber))
        assert killed["killed"] >= MOST * CHILDREN
        whole = after(tmp_path, "whole")
        assert Counter(whole["feed"].values())["activity.assessed"] == 1
        for number in range(CHILDREN):
            found = after(tmp_path, str(number))
            assert found["activities"] == found["assessments"] == 1, number
            assert found["sources"] == [name], number
            assert found["inbox"] == ["done"], number
            assert set(found["uploads"]) == {"done"}, number
            assert Counter(found["feed"].values()) == Counter(whole["feed"].values()), number
            heard = [one for one in subscriber.seen if one.path == f"/{number}"]
            assert {one.json["type"] for one in heard} == set(found["feed"].values()), number
            assert {str(one.json["sequence"]) for one in heard} == found["feed"].keys(), number
            assert len({one.headers[HEARD] for one in heard}) == len(found["feed"]), number
            assert len(heard) <= len(found["feed"]) + 1 + number % 2, (
                "only what was sent when a kill came is sent again"
            )
            left = [path for path in (tmp_path / str(number) / "blobs" / "incoming").rglob("*") if path.is_file()]
            assert left == [], number


def after(folder: Path, name: str) -> dict[str, Any]:
    """What there was after the next start had worked everything off."""
    return dict(json.loads((folder / name / "after.json").read_text()))
