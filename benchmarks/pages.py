"""What the page of a run costs: CPU time of the server, and bytes over the wire until charts and map can be drawn.

    python -m benchmarks --only pages

A made run of four hours at one record a second (14,400), with position, altitude, heart rate and cadence. The
application runs in this process; measured is the CPU time of all threads for the page and for the samples that its
charts ask for, the client's own share with it, and every byte of the first view as a browser without anything kept
receives it. Where there is a browser, how long it takes until that view answers: `benchmarks.first_view`.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import first_view, report
from fixtures.fit_writer import fit
from fixtures.generator import Run, Stretch
from service import logs
from service.app import create_app
from service.settings import Settings

ROUNDS = 25
WARM_UP = 3
VIEWS = 15
RECORDS = 14_400
MOST_BYTES = 350_000
MOST_MS = 250.0
"""Chosen by us, because of the second until a run is interactive a quarter may be the server's."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One answer: CPU milliseconds (median and best of the rounds) and bytes as they travel."""

    name: str
    median_ms: float
    best_ms: float
    travels_bytes: int


@dataclass(frozen=True, slots=True)
class First:
    """The first view: its answers, and the bytes of everything that it loads beside them."""

    answers: tuple[Figure, ...]
    files: int
    files_bytes: int

    @property
    def travels_bytes(self) -> int:
        """Every byte of it."""
        return self.files_bytes + sum(one.travels_bytes for one in self.answers)

    @property
    def median_ms(self) -> float:
        """What the server computes for it."""
        return sum(one.median_ms for one in self.answers)


def measure(rounds: int) -> First:
    """The figures of the first view."""
    return asyncio.run(_measure(rounds))


async def _measure(rounds: int) -> First:
    logs.configure(level="error", style="json")
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder)))
        headers = {"Accept-Encoding": "gzip"}
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", headers=headers)
        async with app.router.lifespan_context(app), client:
            made = await client.post("/v1/athletes/me/uploads", content=_run(), params={"filename": "run.fit"})
            address = f"/activities/{made.raise_for_status().json()['items'][0]['activity']['id']}"
            page = (await client.get(address)).raise_for_status().text
            streams = re.search(r'data-streams="([^"]+)"', page)
            assert streams is not None
            answers = (
                await _figure(client, "the page", address, rounds=rounds),
                await _figure(client, "the samples", streams[1].replace("&amp;", "&"), rounds=rounds),
            )
            files = sorted(set(re.findall(r'"(/static/[^"]+)"', page)))  # modules are named by the head as well
            sizes = [await _travels(client, one) for one in files]
    return First(answers, len(files), sum(sizes))


def _run() -> bytes:
    hours = tuple(Stretch(2.8, seconds=RECORDS / 8, grade=grade) for _ in range(4) for grade in (0.03, -0.03))
    return fit(
        Run(
            hours,
            heart_rate=((0, 120), (600, 150), (RECORDS, 172)),
            altitude_noise_m=0.3,
            speed_noise=0.05,
            pace_wander=0.02,
            seed=7,
        )
    )


async def _figure(client: httpx.AsyncClient, name: str, address: str, *, rounds: int) -> Figure:
    spent_ms = [await _spent_ms(client, address) for _ in range(WARM_UP + rounds)][WARM_UP:]
    return Figure(name, statistics.median(spent_ms), min(spent_ms), await _travels(client, address))


async def _spent_ms(client: httpx.AsyncClient, address: str) -> float:
    began_s = time.process_time()
    answer = await client.get(address)
    spent_s = time.process_time() - began_s
    answer.raise_for_status()
    return spent_s * 1000


async def _travels(client: httpx.AsyncClient, address: str) -> int:
    """The bytes of the answer as they are sent: packed, where they are, with its headers."""
    async with client.stream("GET", address) as answer:
        body = sum([len(chunk) async for chunk in answer.aiter_raw()])
        return body + sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)


def table(first: First) -> str:
    """The figures as Markdown."""
    rows: Sequence[Sequence[str]] = [
        *(
            (one.name, f"{one.median_ms:.1f}", f"{one.best_ms:.1f}", f"{one.travels_bytes / 1000:.1f}")
            for one in first.answers
        ),
        (f"{first.files} files, kept for good", "", "", f"{first.files_bytes / 1000:.1f}"),
        ("the first view", f"{first.median_ms:.1f}", "", f"{first.travels_bytes / 1000:.1f}"),
    ]
    head = ("a run of 14,400 records", "CPU ms, median", "best", "kB over the wire")
    lines = [head, ("---", "--:", "--:", "--:"), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def run(*, rounds: int, write: bool) -> report.Outcome:  # noqa: ARG001 - a benchmark takes both
    """Measure; missed where the first view weighs or costs more than it may."""
    first = measure(max(rounds, ROUNDS))
    missed = []
    if first.travels_bytes > MOST_BYTES:
        missed.append(f"the first view takes {first.travels_bytes:,} bytes, {MOST_BYTES:,} at most")
    if first.median_ms > MOST_MS:
        missed.append(f"the first view takes {first.median_ms:.0f} ms of CPU, {MOST_MS:.0f} at most")
    seen, late = _seen(rounds)
    return report.Outcome(f"{table(first)}\n\n{seen}", (*missed, *late))


def _seen(rounds: int) -> tuple[str, list[str]]:
    """The table of the browser and what it missed; without a browser the figure is not reached either."""
    why = first_view.absent()
    if why is not None:
        return f"(Not measured in a browser: {why}.)", [f"the first view was not seen in a browser: {why}"]
    view = first_view.measure(_run(), rounds=max(rounds, VIEWS))
    late = [f"interactive after {view.median_ms:.0f} ms, {first_view.MOST_MS:.0f} at most"]
    return first_view.table(view), late if view.median_ms > first_view.MOST_MS else []
