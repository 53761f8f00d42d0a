"""A burst of signed webhooks, and one now and then: how long until each is on the disk and acknowledged.

    python -m benchmarks --only webhooks

The service runs in a process of its own, with its worker, on SQLite; the caller holds 64 connections, as a
sync service does after an outage, and does as little as it can, for both share the machine. Two services, one after the
other: as it is, with events committed in groups, and with one transaction each. Wall-clock time: waiting is what a
sender sees; the service's own CPU time tells what a busy machine had to do with it. Afterwards the rows are counted.
Then one body with ten thousand pings, and 16 connections to a service on PostgreSQL whose worker is another process.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from benchmarks import report
from benchmarks.peers import ROOT
from fixtures.postgres import NoPostgres
from fixtures.postgres import server as postgres_server
from service.store import tables
from service.store.engine import make_engine, read

BURST = 10_000
ONE_BY_ONE = 2_000
"""Events for the other side, which is too slow to wait for ten thousand."""
CONNECTIONS = 64
IDLE = 200
SECRET = "a secret of the benchmark"  # noqa: S105 - nobody else's
PATH_SECRET = "path-secret-of-the-benchmark"  # noqa: S105 - likewise

PINGS = 10_000
"""Entries of one body, as Garmin sends them once it is called again after a while."""

BURST_WITHIN_S = 10.0
PINGS_WITHIN_S = 1.0
APART = 5_000
APART_CONNECTIONS = 16
APART_P99_MS = 50.0
WORKER_STARTS_S = 5.0
BURST_P99_MS = 250.0
IDLE_P99_MS = 50.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One side: events, how long all of them took, how long each waited for its answer, rows, CPU of the service."""

    name: str
    events: int
    seconds: float
    waits_ms: tuple[float, ...]
    rows: int
    cpu_s: float

    def percentile_ms(self, share: float) -> float:
        """The wait that this share of the events did not exceed."""
        return sorted(self.waits_ms)[min(len(self.waits_ms) - 1, int(share * len(self.waits_ms)))]


def call(host: str, number: int) -> bytes:
    """A whole request: a signed event of Polar's, each of another exercise, of somebody who is nobody here."""
    body = (
        f'{{"event":"EXERCISE","user_id":475,"entity_id":"run{number}","timestamp":"2026-11-01T08:00:00Z",'
        f'"url":"https://www.polaraccesslink.com/v3/exercises/run{number}"}}'
    ).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST /v1/webhooks/polar/{PATH_SECRET} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Polar-Webhook-Event: EXERCISE\r\nPolar-Webhook-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def pings(host: str, number: int) -> bytes:
    """A whole request: one body of Garmin's with so many files of as many users, all nobody here."""
    entries = [
        {
            "userId": f"4aac{one:028x}",
            "summaryId": f"{10_010_727_180 + one}-file",
            "fileType": "FIT",
            "callbackURL": f"https://apis.garmin.com/wellness-api/rest/activityFile?id={one}&token=benchmark{one}",
            "startTimeInSeconds": 1_795_440_000 + one,
            "activityId": 5_001_904_988 + one,
            "activityName": "Evening run",
            "activityType": "RUNNING",
            "deviceName": "Forerunner 965",
            "manual": False,
            "isWebUpload": False,
        }
        for one in range(number)
    ]
    body = json.dumps({"activityFiles": entries}).encode()
    head = (
        f"POST /v1/webhooks/garmin/{PATH_SECRET} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Garmin-Client-Id: benchmark\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def send(host: str, calls: Sequence[bytes], *, connections: int) -> list[float]:
    """How many milliseconds each call waited for its 200. Raises RuntimeError for any other answer."""
    waits_ms: list[float] = []
    left = iter(calls)

    async def caller() -> None:
        name, _, port = host.partition(":")
        reader, writer = await asyncio.open_connection(name, int(port))
        for one in left:
            began_s = time.perf_counter()
            writer.write(one)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"answered with {head[:12]!r}")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
            waits_ms.append((time.perf_counter() - began_s) * 1000)
        writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(caller())
    return waits_ms


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: where it listens, the process that answers, and its database."""

    host: str
    pid: int
    url: str

    def rows(self) -> int:
        """How many events are in the inbox."""
        engine = make_engine(self.url)
        with read(engine) as db:
            found = db.execute(sa.select(sa.func.count()).select_from(tables.inbox)).scalar_one()
        engine.dispose()
        return found


@contextmanager
def served(*, side: str, url: str | None = None) -> Iterator[Service]:
    """A running service: `grouped`, `one_by_one`, or `apart` (it only answers, with a worker beside it)."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        database = url or f"sqlite:///{name}/crampwatch.db"
        mine = {
            "CRAMPWATCH_DATA_DIR": name,
            "CRAMPWATCH_DATABASE_URL": database,
            "CRAMPWATCH_LOG_LEVEL": "error",
            "CRAMPWATCH_PORT": "0",
            "CRAMPWATCH_ROLE": "api" if side == "apart" else "all",
            "CRAMPWATCH_GARMIN_CLIENT_ID": "benchmark",
            "CRAMPWATCH_GARMIN_CLIENT_SECRET": "benchmark",
            "CRAMPWATCH_GARMIN_PATH_SECRET": PATH_SECRET,
            "CRAMPWATCH_POLAR_CLIENT_ID": "benchmark",
            "CRAMPWATCH_POLAR_CLIENT_SECRET": "benchmark",
            "CRAMPWATCH_POLAR_WEBHOOK_SECRET": SECRET,
            "CRAMPWATCH_POLAR_PATH_SECRET": PATH_SECRET,
        }
        process = stack.enter_context(_process("benchmarks.webhooks", side, mine=mine))
        assert process.stdout is not None
        said = re.search(r"http://(\S+)", process.stdout.readline())
        if said is None:
            raise RuntimeError("the service did not start")
        if side == "apart":
            stack.enter_context(_process("service.cli", "worker", mine=mine))
            time.sleep(WORKER_STARTS_S)
        yield Service(said[1], process.pid, database)


@contextmanager
def _process(module: str, word: str, *, mine: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRAMPWATCH_")}
    command = [sys.executable, "-m", module, word]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT, env=kept | mine
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def measure() -> list[Figure]:
    """The burst as it is, calls at rest, the burst with one transaction each, one body of many, and a worker apart."""
    with served(side="grouped") as service:
        calls = [call(service.host, number) for number in range(IDLE + BURST)]
        idle = _sent(service, "at rest, one after the other", calls[:IDLE], connections=1)
        burst = _sent(service, "burst, in groups", calls[IDLE:], connections=CONNECTIONS)
    with served(side="one_by_one") as service:
        calls = [call(service.host, number) for number in range(IDLE + ONE_BY_ONE)]
        _sent(service, "warm-up", calls[:IDLE], connections=1)
        slow = _sent(service, "burst, a transaction each", calls[IDLE:], connections=CONNECTIONS)
    with served(side="grouped") as service:
        _sent(service, "warm-up", [call(service.host, number) for number in range(IDLE)], connections=1)
        one = _sent(service, "one body of many", [pings(service.host, PINGS)], connections=1)
    found = [burst, idle, slow, replace(one, events=PINGS)]
    with (
        suppress(NoPostgres),
        postgres_server() as postgres,
        postgres.database() as url,
        served(side="apart", url=url) as service,
    ):
        calls = [call(service.host, number) for number in range(IDLE + APART)]
        _sent(service, "warm-up", calls[:IDLE], connections=1)
        found.append(_sent(service, "PostgreSQL, a worker apart", calls[IDLE:], connections=APART_CONNECTIONS))
    return found


def cpu_s(pid: int) -> float:
    """CPU seconds that the process has spent in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _sent(service: Service, name: str, calls: Sequence[bytes], *, connections: int) -> Figure:
    before, spent_s = service.rows(), cpu_s(service.pid)
    began_s = time.perf_counter()
    waits_ms = asyncio.run(send(service.host, calls, connections=connections))
    seconds = time.perf_counter() - began_s
    fresh, spent_s = service.rows() - before, cpu_s(service.pid) - spent_s
    return Figure(name, len(calls), seconds, tuple(waits_ms), fresh, spent_s)


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table, and how many times faster groups are."""
    lines = [
        "| | events | in the inbox | seconds | of them CPU | events/s | median ms | p99 ms |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in figures:
        median_ms = statistics.median(one.waits_ms)
        lines.append(
            f"| {one.name} | {one.events:,} | {one.rows:,} | {one.seconds:.2f} | {one.cpu_s:.1f} "
            f"| {one.events / one.seconds:,.0f} | {median_ms:.1f} | {one.percentile_ms(0.99):.1f} |"
        )
    burst, _, slow = figures[:3]
    ratio = (burst.events / burst.seconds) / (slow.events / slow.seconds)
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    told = (
        f"Measured with {busy:.1f} programs waiting for each core, these two among them: what was wanted is of a "
        f"machine that has time. In groups, {ratio:.1f} times as many events a second are taken as with a transaction "
        "each."
    )
    lines += ["", told]
    return "\n".join(lines)


def missed(figures: Sequence[Figure]) -> tuple[str, ...]:
    """Every figure that was to be reached and was not, as a sentence."""
    burst, idle, _, many, *apart = figures
    told = [
        (burst.seconds > BURST_WITHIN_S, f"the burst took {burst.seconds:.1f} s, at most {BURST_WITHIN_S:g} wanted"),
        (
            burst.percentile_ms(0.99) > BURST_P99_MS,
            f"p99 in the burst {burst.percentile_ms(0.99):.0f} ms, at most {BURST_P99_MS:g} wanted",
        ),
        (
            idle.percentile_ms(0.99) > IDLE_P99_MS,
            f"p99 at rest {idle.percentile_ms(0.99):.0f} ms, at most {IDLE_P99_MS:g} wanted",
        ),
        (many.seconds > PINGS_WITHIN_S, f"one body took {many.seconds:.1f} s, at most {PINGS_WITHIN_S:g} wanted"),
        *(
            (
                one.percentile_ms(0.99) > APART_P99_MS,
                f"p99 with a worker apart {one.percentile_ms(0.99):.0f} ms, at most {APART_P99_MS:g} wanted",
            )
            for one in apart
        ),
        *((one.rows != one.events, f"{one.name}: {one.events - one.rows} events were lost") for one in figures),
    ]
    return tuple(sentence for wrong, sentence in told if wrong)


def run(*, rounds: int, write: bool) -> report.Outcome:  # noqa: ARG001 - one way to call them all
    """Both sides."""
    figures = measure()
    return report.Outcome(table(figures), missed(figures))


def serve(side: str) -> None:
    """The service itself; with `one_by_one` its postbox takes one letter at a time."""
    from service import postbox, settings  # noqa: PLC0415 - for the process of the service alone
    from service.cli import server  # noqa: PLC0415 - likewise

    if side == "one_by_one":
        postbox.MOST_AT_ONCE = 0  # type: ignore[misc]  # the one difference between the sides
    server.run(settings.load())


if __name__ == "__main__":
    serve(sys.argv[1])
