"""CPU time of one upload, everything included: request, hash, parse, analysis, rows, blobs, answer.

    python -m benchmarks --only upload

A made run of an hour and one of 24,000 records, at 1 Hz with position, altitude and heart rate. The
application runs in this process on SQLite and a blob folder, and so does the client: measured is the CPU time of all
threads, the client's own share with it. Each upload is for an athlete of its own, so that none is a duplicate.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

import parsers
from benchmarks import report
from fixtures.corpus import CORPUS
from fixtures.fit_writer import fit
from fixtures.generator import Run, Stretch
from service import logs
from service.app import create_app
from service.settings import Settings

UPLOADS = 25
WARM_UP = 3
HOUR_S = 3600
REAL = "fit_garmin_fr965_stamina.fit"


@dataclass(frozen=True, slots=True)
class Figure:
    """One file: CPU milliseconds of an upload (median and best of UPLOADS), and the most that it may take."""

    name: str
    records: int
    median_ms: float
    best_ms: float
    limit_ms: float | None

    @property
    def missed(self) -> bool:
        """Whether the median took longer than it may."""
        return self.limit_ms is not None and self.median_ms > self.limit_ms


def measure(files: dict[str, bytes]) -> list[Figure]:
    """The figure of each file."""
    return asyncio.run(_measure(files))


async def _measure(files: dict[str, bytes]) -> list[Figure]:
    logs.configure(level="error", style="json")
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder), role="api"))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
        async with app.router.lifespan_context(app), client:
            return [await _figure(client, name, data) for name, data in files.items()]


async def _figure(client: httpx.AsyncClient, name: str, data: bytes) -> Figure:
    spent_ms = [await _upload(client, name, data) for _ in range(WARM_UP + UPLOADS)][WARM_UP:]
    records = sum(run.record_count for run in parsers.parse(data))
    return Figure(name, records, statistics.median(spent_ms), min(spent_ms), _limit_ms(records))


async def _upload(client: httpx.AsyncClient, name: str, data: bytes) -> float:
    athlete = (await client.post("/v1/athletes", json={"mass_kg": 70})).json()["id"]
    began_s = time.process_time()
    answer = await client.post(f"/v1/athletes/{athlete}/uploads", content=data, params={"filename": name})
    spent_s = time.process_time() - began_s
    answer.raise_for_status()
    return spent_s * 1000


def _limit_ms(records: int) -> float | None:
    """25 ms for an hour at 1 Hz, 100 ms for 24,000 records; a few records more are still that run."""
    return next((limit_ms for most, limit_ms in ((3_700, 25.0), (24_200, 100.0)) if records <= most), None)


def _made() -> Iterator[tuple[str, bytes]]:
    for name, seconds in (("one hour", HOUR_S), ("24,000 records", 24_000)):
        hills = tuple(Stretch(3.0, seconds=seconds / 8, grade=grade) for grade in (0.0, 0.04, -0.04, 0.01) * 2)
        heart_rate = ((0.0, 120.0), (float(seconds), 160.0))
        yield name, fit(Run(hills, heart_rate=heart_rate, speed_noise=0.05, pace_wander=0.05, altitude_noise_m=0.3))


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| upload | records | CPU ms | best | at most |", "|---|---:|---:|---:|---:|"]
    for one in figures:
        most = "" if one.limit_ms is None else f"{one.limit_ms:.0f}"
        lines.append(f"| {one.name} | {one.records:,} | {one.median_ms:.1f} | {one.best_ms:.1f} | {most} |")
    return "\n".join(lines)


def run(*, rounds: int, write: bool) -> report.Outcome:  # noqa: ARG001 - one way to call them all
    """The made runs, and a real one where it is to be had."""
    files = dict(_made())
    real = CORPUS / REAL
    if real.exists():
        files["a real run of 75 min, Forerunner 965"] = real.read_bytes()
    figures = measure(files)
    return report.Outcome(
        table(figures),
        tuple(
            f"{one.name}: {one.median_ms:.1f} ms CPU, at most {one.limit_ms:.0f} wanted"
            for one in figures
            if one.missed
        ),
    )
