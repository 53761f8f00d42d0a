"""Deliveries: ten thousand events to one subscriber in their order, and what looking for work costs an idle worker.

    python -m benchmarks --only deliveries

The subscriber is a process of its own that takes everything; both share the machine. Processor time tells what a busier
one had to do with it. Every sequence is looked at: in order, and each once.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import report
from benchmarks.peers import ROOT
from service import subscribers
from service.fakes.server import Answer, Request, Server
from service.jobs.errands.delivering import deliver
from service.jobs.queue import Queue, migrate
from service.jobs.waking import LOOK_EVERY_S, Waking
from service.jobs.workshop import Workshop
from service.settings import Settings
from service.store import athletes, events
from service.store.blobs import Blobs
from service.store.engine import make_engine, write
from service.store.migrate import upgrade
from service.vault import Vault

EVENTS = 10_000
ENDPOINTS = 100
LOOKS = 500
MOST_IDLE_PCT = 1.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; `heard` are the sequences in the order in which they came."""

    seconds: float
    cpu_s: float
    heard: list[int]
    look_ms: float

    @property
    def idle_pct(self) -> float:
        """Share of a processor that looking takes."""
        return self.look_ms / 1000 / LOOK_EVERY_S * 100


@contextmanager
def subscriber() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a process that takes everything, and says what it heard once its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.deliveries"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait()


def measure() -> Figures:
    """All of it, on SQLite."""
    with tempfile.TemporaryDirectory() as name, subscriber() as (url, process):
        settings = Settings(data_dir=Path(name), delivery_origins=url)
        engine = make_engine(settings.database_url)
        upgrade(engine)
        migrate(engine)
        queue = Queue(engine)
        shop = Workshop(settings, engine, Blobs(settings.blob_url), queue, lambda: datetime.now(UTC))
        _subscribe(shop, url)
        with write(engine) as db:
            athlete_id = athletes.create(db, now=shop.now(), fields={}).id
            for _ in range(EVENTS):
                events.append(db, athlete_id, type="upload.done", now=shop.now())
        began_s, spent_s = time.perf_counter(), time.process_time()
        while deliver(shop) is not None:
            pass
        seconds, cpu_s = time.perf_counter() - began_s, time.process_time() - spent_s
        heard, _ = process.communicate("")
        for _ in range(ENDPOINTS - 1):
            _subscribe(shop, url)
        look_ms = _look_ms(Waking(shop))
        queue.close()
        engine.dispose()
    return Figures(seconds, cpu_s, [int(word) for word in heard.split()], look_ms)


def _subscribe(shop: Workshop, url: str) -> None:
    vault = Vault.of(shop.settings)
    with write(shop.engine) as db:
        subscribers.add(db, vault, owner="local", url=url, types=["*"], athlete_ids=None, now=shop.now())


def _look_ms(waking: Waking) -> float:
    waking.look()
    spent_s = time.process_time()
    for _ in range(LOOKS):
        waking.look()
    return (time.process_time() - spent_s) / LOOKS * 1000


def table(found: Figures) -> str:
    """The figures as a Markdown table."""
    each_ms = found.cpu_s / EVENTS * 1000
    return "\n".join(
        [
            "| | |",
            "|---|---:|",
            f"| events to one subscriber, in order and each once | {len(found.heard):,} |",
            f"| a second | {EVENTS / found.seconds:,.0f} |",
            f"| processor time of each | {each_ms:.2f} ms |",
            f"| a look for work, among {ENDPOINTS} endpoints and a log of {EVENTS:,} | {found.look_ms:.2f} ms |",
            f"| share of a processor that looking takes | {found.idle_pct:.3f} % |",
        ]
    )


def missed(found: Figures) -> tuple[str, ...]:
    """Every figure that was to be reached and was not, as a sentence."""
    told = [
        (found.heard != list(range(1, EVENTS + 1)), "events were lost, repeated or out of order"),
        (found.idle_pct > MOST_IDLE_PCT, f"looking takes {found.idle_pct:.2f} %, at most {MOST_IDLE_PCT:g} wanted"),
    ]
    return tuple(sentence for wrong, sentence in told if wrong)


def run(*, rounds: int, write: bool) -> report.Outcome:  # noqa: ARG001 - one way to call them all
    """Send and look."""
    found = measure()
    return report.Outcome(table(found), missed(found))


async def take_everything() -> None:
    """The subscriber: takes what comes until its input ends, then says the sequences."""
    heard: list[int] = []

    async def answer(request: Request) -> Answer:
        heard.append(request.json["sequence"])
        return Answer(204)

    async with Server(answer) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    sys.stdout.write(" ".join(map(str, heard)))


if __name__ == "__main__":
    asyncio.run(take_everything())
