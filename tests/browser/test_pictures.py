"""Every page as a picture of made-up runs: into docs/pages where `CRAMPWATCH_TEST_PICTURES` says so (`make pictures`).

Without it they are made all the same, somewhere else, so that a page that cannot be drawn is noticed, and
axe-core looks at each.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fixtures.runs import Run, km
from fixtures.streams_writer import Dialect, as_text, document
from service.fakes import FAKES
from service.fakes.server import Answer, Request, Server
from tests.browser.conftest import FIXTURES, Service, serving

pytestmark = pytest.mark.browser

MOST_BYTES = 130_000
COLOURS = 128
SINCE = "2026-10-20"
HALF = Run(
    (
        *(km(1.5, 3.35), km(2.5, 2.85), km(2, 2.6, grade=0.05), km(2, 3.2, grade=-0.05), km(2, 2.85)),
        *(km(1.5, 2.4, grade=0.07), km(1.5, 3.2, grade=-0.07), km(2, 2.75)),
        *(km(1, 2.3, grade=0.06), km(1, 2.95, grade=-0.06), km(4.1, 2.45)),
    ),
    started_at=datetime(2026, 11, 8, 8, 0, tzinfo=UTC),
    heart_rate=(
        (0, 92),
        (300, 141),
        (1900, 143),
        (2700, 139),
        (4200, 144),
        (5200, 139),
        (6600, 141),
        (7000, 132),
        (8200, 127),
    ),
    altitude_noise_m=0.4,
    altitude_tau_s=20.0,
    speed_noise=0.03,
    pace_wander=0.02,
    seed=11,
    step_s=2.0,
)
"""A half marathon over three hills, begun too fast in a warm autumn."""
RUNNERS = {
    "Runner A": ("hills", "marathon_fade"),
    "Runner B": ("fast_start",),
    "Runner C": ("long_run", "long_run_heat"),
    "Runner D": ("jog",),
}
"""Runners of a coach, and what each ran last."""


@dataclass(frozen=True)
class Picture:
    """A page, in a window `width` wide, its first `height` pixels."""

    name: str
    page: str
    width: int = 1280
    height: int = 900
    scheme: str = "light"


PICTURES = (
    Picture("activity", "activity", height=1310),
    Picture("activity-dark", "activity", height=1310, scheme="dark"),
    Picture("activity-wide", "activity", 1600, 1250),
    Picture("activity-phone", "activity", 360, 1500),
    Picture("activity-next", "next", height=900),
    Picture("history", "history", height=1150),
    Picture("history-phone", "history", 360, 1500, "dark"),
    Picture("uploads", "uploads", height=640),
    Picture("coach", "coach", height=960),
    Picture("settings", "settings", height=980),
    Picture("connect", "connect", height=420),
    Picture("webhooks", "webhooks", height=880),
    Picture("deliveries", "deliveries", height=560),
    Picture("sign-in", "sign-in", height=520),
    Picture("empty", "empty", height=660),
    Picture("empty-phone", "empty", 360, 1000),
    Picture("keys", "keys", height=700),
    Picture("problem", "problem", height=420),
)


@contextmanager
def aside(opened: AbstractAsyncContextManager[Any]) -> Iterator[Any]:
    """What lives in an event loop, in one of its own: Playwright's is busy."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(10)
        asyncio.run_coroutine_threadsafe(opened.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _heard(_request: Request) -> Answer:
    return Answer(204)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Any, str]]:
    """A service beside Strava, played, and a subscriber on loopback."""
    with (
        aside(FAKES["strava"]()) as strava,
        aside(Server(_heard)) as subscriber,
        serving(
            tmp_path_factory.mktemp("pictures"),
            **strava.variables(),
            CRAMPWATCH_DELIVERY_ORIGINS=subscriber.url,
            CRAMPWATCH_SYNC_WAIT_SCALE="0.001",
        ) as running,
    ):
        strava.users[:1] = ["134815"]
        yield running, strava, subscriber.url


@pytest.fixture(scope="module")
def addresses(scene: tuple[Service, Any, str], keyed: Service, chromium: Any) -> dict[str, str]:
    service, _, subscriber = scene
    service.call("POST", "/v1/webhook-endpoints", json={"url": "https://club.example/hooks/crampwatch"})
    page = chromium.new_context().new_page()
    page.goto(service.base + "/")
    page.click("main form[action$='/demo'] button")
    page.wait_for_url("**/history")
    page.goto(service.base + "/athletes/me/settings")
    page.click("main form[action$='/strava'] button")
    page.wait_for_selector("main a.button")
    page.click("main a.button")
    page.wait_for_url("**/callback*")
    page.context.close()
    run = service.run_of("me", "half.json", document_of(HALF), temperature_c="22", humidity_pct="65")
    _answered(service)
    _roster(service)
    several = _several(service, service.athlete(name="Runner E"))
    endpoint = _subscribed(service, subscriber, run)
    return {
        "activity": f"/activities/{run}",
        "next": f"/activities/{run}#next-title",
        "history": "/athletes/me/history",
        "uploads": f"/uploads/{several}",
        "coach": f"/coach?since={SINCE}",
        "settings": "/athletes/me/settings",
        "connect": f"/athletes/{service.athlete(name='Runner F')}/settings",
        "webhooks": "/webhooks",
        "deliveries": f"/webhooks/{endpoint}",
        "sign-in": f"{keyed.base}/sign-in",
        "empty": f"/athletes/{service.athlete(name='Runner G')}",
        "keys": "/settings",
        "problem": "/activities/act_none",
    }


def _subscribed(service: Service, subscriber: str, run: str) -> str:
    """A subscriber that has heard of a few things."""
    told = {"url": f"{subscriber}/hooks/crampwatch", "events": ["activity.updated", "cramp_report.created"]}
    endpoint = str(service.call("POST", "/v1/webhook-endpoints", json=told)["id"])
    service.call("PATCH", f"/v1/activities/{run}", json={"name": "Round the three hills"})
    service.call("PUT", f"/v1/activities/{run}/cramp-report", json={"answer": "near"})
    service.call("DELETE", f"/v1/activities/{run}/cramp-report")
    service.call("POST", f"/v1/webhook-endpoints/{endpoint}/test")
    for _ in range(200):
        log = service.call("GET", f"/v1/webhook-endpoints/{endpoint}/deliveries")["items"]
        if len(log) >= 3 and all(one["status"] == "delivered" for one in log):
            break
        time.sleep(0.05)
    return endpoint


def _answered(service: Service) -> None:
    listed = service.call("GET", "/v1/athletes/me/risk-history?limit=200")["items"][2:]
    for row, answer in zip(listed[::4], ("near", "none", "none", "cramp_continued", "none"), strict=False):
        service.call("PUT", f"/v1/activities/{row['activity_id']}/cramp-report", json={"answer": answer})


def document_of(run: Run) -> bytes:
    """The run as Strava gives it, but round a loop: a made run goes straight on."""
    made = json.loads(document(run, Dialect(name="Round the three hills")))
    metres = np.array(made["streams"]["distance"]["data"], dtype=float)
    turn = 2 * np.pi * metres / metres[-1]
    heading = turn + 1.1 * np.sin(3 * turn) + 0.5 * np.sin(6 * turn + 1)
    step = np.diff(metres, prepend=0.0)
    lat = 10.0 + np.cumsum(step * np.cos(heading)) / 111_195
    lon = -30.0 + np.cumsum(step * np.sin(heading)) / (111_195 * np.cos(np.radians(10.0)))
    rough = np.random.default_rng(3).normal(0.0, 1.2, len(metres))
    for name, least in (("heartrate", 60), ("cadence", 60)):
        made["streams"][name]["data"] = [
            max(least, round(v + r)) for v, r in zip(made["streams"][name]["data"], rough, strict=True)
        ]
    made["streams"]["latlng"]["data"] = [[round(a, 6), round(b, 6)] for a, b in zip(lat, lon, strict=True)]
    return as_text(made)


def _roster(service: Service) -> None:
    for name, files in RUNNERS.items():
        athlete = service.athlete(name=name, mass_kg=66, birth_year=1990)
        for file in ("even_run", "easy_run", "jog", "tempo", *files):
            service.run(athlete, f"fit/valid/{file}.fit", temperature_c="18", humidity_pct="50")


def _several(service: Service, athlete: str) -> str:
    names = (
        "fit/valid/fast_start.fit",
        "fit/valid/long_run_heat.fit",
        "gpx/valid/fast_start.gpx",
        "fit/valid/ride.fit",
    )
    files = [("file", (Path(name).name, (FIXTURES / name).read_bytes())) for name in names]
    files += [
        files[0],
        ("file", ("holiday.jpg", b"\xff\xd8\xff\xe0 a picture, not a run")),
        ("file", ("empty.fit", b"")),
    ]
    return str(service.call("POST", f"/v1/athletes/{athlete}/uploads", files=files)["id"])


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_page_makes_a_picture(
    tab: Callable[..., Any],
    scene: tuple[Service, Any, str],
    addresses: dict[str, str],
    picture: Picture,
    tmp_path: Path,
) -> None:
    made = tab(width=picture.width, at=scene[0], color_scheme=picture.scheme, reduced_motion="reduce")
    address = addresses[picture.page]
    elsewhere = address.startswith("http")
    if elsewhere:
        made.base = address.rpartition("/")[0]
    made.page.set_viewport_size({"width": picture.width, "height": picture.height})
    made.page.goto(address if elsewhere else made.base + address)
    if picture.page in ("activity", "next", "history"):
        made.page.wait_for_selector("html[data-drawn]", state="attached")
    if picture.page == "next":
        made.page.locator("#next-title").evaluate("one => one.scrollIntoView()")
    if picture.page == "connect":
        made.page.click("main form[action$='/strava'] button")
        made.page.wait_for_selector("main a.button[rel]")
    assert made.violations() == []
    assert made.overflow_px() <= 0
    folder = os.environ.get("CRAMPWATCH_TEST_PICTURES")
    whole = os.environ.get("CRAMPWATCH_TEST_PICTURES_WHOLE") is not None
    body = packed(made.page.screenshot(full_page=whole))
    (Path(folder) if folder else tmp_path).joinpath(f"{picture.name}.png").write_bytes(body)
    assert 2_000 < len(body) < MOST_BYTES * (10 if whole else 1)
    made.wrong = [told for told in made.wrong if picture.page != "problem" or "404" not in told]


def packed(body: bytes) -> bytes:
    """The same picture in few colours, which is a third of the bytes and looks alike."""
    image = pytest.importorskip("PIL.Image")
    out = io.BytesIO()
    few = (
        image.open(io.BytesIO(body))
        .convert("RGB")
        .quantize(COLOURS, image.Quantize.MAXCOVERAGE, kmeans=4, dither=image.Dither.NONE)
    )
    few.save(out, "PNG", optimize=True)
    return out.getvalue()
