"""Jobs: how many a second, how soon those of a killed worker go on, and what an idle worker costs.

    python -m benchmarks --only jobs

The errands do nothing, so what is measured is the machinery: claiming, running, recording. Workers are processes of
their own; PostgreSQL is started for the occasion, on this machine, so its own share is in the figures.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from benchmarks.job_worker import FOREVER, NOTHING
from benchmarks.peers import ROOT
from fixtures.postgres import Postgres, server
from service.errands import Errand
from service.jobs.queue import Queue, migrate
from service.store.engine import make_engine, write
from service.store.migrate import upgrade

JOBS = 4000
LANES = 400
IN_FLIGHT = 16
IDLE_S = 60.0
CALM_S = 65.0
"""For its first minute the library looks for new schedules every second, later twice a minute."""
PATIENCE_S = 120.0
_WORKER = "benchmarks.job_worker"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement, the bound that it is held to, and whether that is a least or a most."""

    name: str
    value: float
    unit: str
    bound: float | None = None
    is_least: bool = True

    @property
    def missed(self) -> bool:
        """Whether the bound was not kept."""
        if self.bound is None:
            return False
        return self.value < self.bound if self.is_least else self.value > self.bound

    @property
    def wanted(self) -> str:
        """The bound in words."""
        if self.bound is None:
            return ""
        return f"at {'least' if self.is_least else 'most'} {self.bound:g}"


class Place:
    """A migrated database with a queue on it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        upgrade(self.engine)
        migrate(self.engine)
        self.queue = Queue(self.engine)

    def close(self) -> None:
        """Let go of it."""
        self.queue.close()
        self.engine.dispose()

    def send(self, name: str, count: int, *, lanes: int = 0) -> None:
        """Queue as many errands, a hundred in a transaction."""
        for first in range(0, count, 100):
            with write(self.engine) as db:
                for number in range(first, min(first + 100, count)):
                    self.queue.enqueue(db, Errand(name, (), lane=f"lane_{number % lanes}" if lanes else None))

    def count(self, state: str, at_most: int) -> int:
        """How many jobs are in a state, counted up to a number."""
        return len(self.queue.page(state=state, limit=at_most, cursor=None).items)


def until(true: Callable[[], bool]) -> None:
    """Come back as soon as the condition holds."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > deadline_s:
            raise TimeoutError("a benchmark of jobs did not come to its end")
        time.sleep(0.02)


@contextmanager
def working(url: str, *words: str, workers: int = 1) -> Iterator[list[subprocess.Popen[str]]]:
    """Worker processes that work already."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", _WORKER, url, *words],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=ROOT,
                )
            )
            for _ in range(workers)
        ]
        try:
            for process in processes:
                assert process.stdout is not None
                process.stdout.readline()
            yield processes
        finally:
            for process in processes:
                process.kill()


def rates(
    place: Place, name: str, *words: str, workers: int = 1, lanes: int = 0, least: float | None = None
) -> Iterator[Figure]:
    """Jobs a second, from when the first worker could begin until all are done, and CPU time of all workers a job."""
    place.send(NOTHING, JOBS, lanes=lanes)
    with ExitStack() as stack:
        # what the first worker does before the last is there counts, and so does its time
        processes = list(stack.enter_context(working(place.url, *words)))
        began_s, before_s = time.monotonic(), _cpu_s(processes[0].pid)
        if workers > 1:
            processes += stack.enter_context(working(place.url, *words, workers=workers - 1))
        until(lambda: place.count("queued", 1) + place.count("running", 1) == 0)
        wall_s = time.monotonic() - began_s
        spent_s = sum(_cpu_s(process.pid) for process in processes) - before_s
    yield Figure(name, JOBS / wall_s, "jobs/s", least)
    yield Figure(f"{name}: CPU of the workers", 1000 * spent_s / JOBS, "ms a job")


def pick_up_s(place: Place, *, after_restart: bool) -> float:
    """Seconds from kill -9 of a worker with jobs in flight until all of them are begun by another."""
    place.send(FOREVER, IN_FLIGHT)
    with working(place.url) as (victim,):
        until(lambda: place.count("running", IN_FLIGHT) == IN_FLIGHT)
        before = _owners(place)
        with ExitStack() as stack:
            if not after_restart:
                stack.enter_context(working(place.url))
            victim.kill()
            victim.wait()
            if after_restart:
                stack.enter_context(working(place.url))
            began_s = time.monotonic()
            until(lambda: not before & _owners(place) and place.count("running", IN_FLIGHT) == IN_FLIGHT)
            return time.monotonic() - began_s


def _owners(place: Place) -> set[str | None]:
    return {row.executor_id for row in place.queue.client.list_workflows(status="PENDING", load_input=False)}


def idle_pct(place: Place) -> float:
    """CPU of a worker without work, in per cent of a core."""
    with working(place.url) as (process,):
        time.sleep(CALM_S)
        began = _cpu_s(process.pid)
        time.sleep(IDLE_S)
        return 100 * (_cpu_s(process.pid) - began) / IDLE_S


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure() -> Iterator[Figure]:
    """Every figure, each on a fresh database."""
    with sqlite() as place:
        yield from rates(place, "SQLite, one process", least=300)
    with sqlite() as place:
        yield from rates(place, f"SQLite, one process, {LANES} lanes", lanes=LANES)
    with sqlite() as place:
        yield from rates(place, "SQLite, one process, the library's own engine", "as-it-comes")
    with sqlite() as place:
        yield Figure(
            "SQLite, begun again after kill -9, by a restarted worker",
            pick_up_s(place, after_restart=True),
            "s",
            5,
            is_least=False,
        )
    with sqlite() as place:
        yield Figure("SQLite, idle", idle_pct(place), "% of a core", 1, is_least=False)
    with server() as postgres:
        with postgresql(postgres) as place:
            yield from rates(place, "PostgreSQL, four workers", workers=4, least=800)
        with postgresql(postgres) as place:
            yield from rates(place, f"PostgreSQL, four workers, {LANES} lanes", workers=4, lanes=LANES)
        with postgresql(postgres) as place:
            yield Figure(
                "PostgreSQL, begun again after kill -9, by another worker",
                pick_up_s(place, after_restart=False),
                "s",
                15,
                is_least=False,
            )
        with postgresql(postgres) as place:
            yield Figure("PostgreSQL, idle", idle_pct(place), "% of a core", 1, is_least=False)


@contextmanager
def sqlite() -> Iterator[Place]:
    """A fresh SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(f"sqlite:///{folder}/crampwatch.db")
        yield place
        place.close()


@contextmanager
def postgresql(postgres: Postgres) -> Iterator[Place]:
    """A fresh PostgreSQL database."""
    with postgres.database() as url:
        place = Place(url)
        yield place
        place.close()


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| jobs | measured | wanted |", "|---|---:|---:|"]
    return "\n".join(
        [*lines, *(f"| {one.name} | {one.value:,.{_digits(one)}f} {one.unit} | {one.wanted} |" for one in figures)]
    )


def _digits(one: Figure) -> int:
    return 0 if one.value >= 100 else 1


def run(*, rounds: int, write: bool) -> report.Outcome:  # noqa: ARG001 - one way to call them all
    """Every figure, held to its bound."""
    figures = list(measure())
    missed = tuple(f"{one.name}: {one.value:.1f} {one.unit}, {one.wanted} wanted" for one in figures if one.missed)
    return report.Outcome(table(figures), missed)
