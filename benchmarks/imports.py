"""A ZIP of many runs sent to a running service, and a history brought in by the command line.

    python -m benchmarks --only imports

The service is a process of its own with its worker in it, on SQLite and a folder of blobs; what is measured is what its
caller sees: when the upload was accepted, when it was done, and how long other calls took meanwhile. Peak memory is the
kernel's word (VmHWM).
"""

from __future__ import annotations

import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import report
from benchmarks.peers import ROOT
from fixtures.catalogue import on
from fixtures.fit_writer import fit
from fixtures.runs import minutes

FILES = 20
HISTORY = 2000
MINUTES = 20
ROUNDS = 3
REST_S = 5.0
EVERY_S = 0.02
"""How often other calls come while the upload is worked off."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, what it may be at the most (or has to be at least), and the unit."""

    name: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None

    @property
    def missed(self) -> bool:
        """Whether the figure was not reached."""
        over = self.most is not None and self.value > self.most
        return over or (self.least is not None and self.value < self.least)

    def wanted(self) -> str:
        """What was to be reached, in words."""
        if self.most is not None:
            return f"at most {self.most:g}"
        return "" if self.least is None else f"at least {self.least:g}"


def a_run(day: int, *, seconds: int = 3600) -> bytes:
    """A run of an hour at 1 Hz, on a day of its own."""
    return fit(on(day, minutes(seconds // 60, 2.8 + day % 7 / 20), heart_rate=((0.0, 120.0), (seconds, 160.0))))


def archive(days: Sequence[int]) -> bytes:
    """A ZIP with a run of each day."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for day in days:
            made.writestr(f"{day}.fit", a_run(day))
    return out.getvalue()


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running service with its worker: its address, and the process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=_environment(folder),
    )
    try:
        assert process.stdout is not None
        found = re.search(r"listening on (http://\S+)", process.stdout.readline())
        assert found
        yield found[1], process
    finally:
        process.terminate()
        process.wait(timeout=60)


def _environment(folder: Path) -> dict[str, str]:
    return {"CRAMPWATCH_DATA_DIR": str(folder), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}


def _peak_mb(number: int) -> float:
    return _memory_mb(number, "VmHWM")


def _memory_mb(number: int, which: str) -> float:
    found = re.search(rf"{which}:\s+(\d+)", Path(f"/proc/{number}/status").read_text())
    assert found
    return int(found[1]) / 1024


def measure_rest() -> list[Figure]:
    """Memory of a service that has nothing to do, from its second start on: the first one makes the database."""
    with tempfile.TemporaryDirectory() as folder:
        with served(Path(folder)):
            pass
        with served(Path(folder)) as (_, process):
            time.sleep(REST_S)
            return [Figure("memory of the service at rest", _memory_mb(process.pid, "VmRSS"), "MiB", most=150)]


def measure_upload(rounds: int) -> list[Figure]:
    """Median times of the upload, and the quantiles of all other calls that were made while it was worked off."""
    accepted_s, done_s, others_s, calm_s = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (address, process):
        with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
            warm = client.post("/v1/athletes/me/uploads", content=a_run(0, seconds=600))
            path = f"/v1/activities/{warm.raise_for_status().json()['items'][0]['activity']['id']}"
            calm_s = [_get_s(client, path) for _ in range(300)]
            for turn in range(rounds):
                athlete = client.post("/v1/athletes", json={"mass_kg": 70}).json()["id"]
                data = archive(range(10, 10 + FILES))
                time.sleep(3.0)  # so that the worker is at its idle pace, as it will be
                with _meanwhile(address, path, others_s):
                    began_s = time.perf_counter()
                    answer = client.post(f"/v1/athletes/{athlete}/uploads", content=data)
                    accepted_s.append(time.perf_counter() - began_s)
                    assert answer.status_code == 202, (turn, answer.text)
                    _until_done(client, answer.headers["location"])
                    done_s.append(time.perf_counter() - began_s)
        peak_mb = _peak_mb(process.pid)
    others_s.sort()
    calm_s.sort()
    return [
        Figure(f"a ZIP of {FILES} runs is accepted", statistics.median(accepted_s), "s", most=0.2),
        Figure("and done", statistics.median(done_s), "s", most=3.0),
        Figure("other calls meanwhile, p50", others_s[len(others_s) // 2] * 1000, "ms"),
        Figure("other calls meanwhile, p99", others_s[len(others_s) * 99 // 100] * 1000, "ms", most=50),
        Figure("the same call in calm, p50", calm_s[len(calm_s) // 2] * 1000, "ms"),
        Figure("the same call in calm, p99", calm_s[len(calm_s) * 99 // 100] * 1000, "ms"),
        Figure("memory of the service at the most", peak_mb, "MiB"),
    ]


def _get_s(client: httpx.Client, path: str) -> float:
    began_s = time.perf_counter()
    client.get(path).raise_for_status()
    return time.perf_counter() - began_s


@contextmanager
def _meanwhile(address: str, path: str, seen_s: list[float]) -> Iterator[None]:
    """Reads an activity again and again while the block lasts."""
    over = threading.Event()

    def look() -> None:
        with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
            _get_s(client, path)
            while not over.wait(EVERY_S):
                seen_s.append(_get_s(client, path))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _until_done(client: httpx.Client, location: str) -> None:
    ends_s = time.monotonic() + 120
    while client.get(location, params={"brief": "true"}).json()["status"] != "done":
        assert time.monotonic() < ends_s
        time.sleep(0.02)


def measure_import(count: int) -> list[Figure]:
    """A history brought in by the command line, and once more, when all of it is known; CPU time of the command."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        runs.mkdir()
        for day in range(count):
            (runs / f"{day:05}.fit").write_bytes(a_run(day, seconds=MINUTES * 60))
        data = Path(folder) / "data"
        first = _import(data, runs)
        assert first.told["created"] == count, first.told
        calm = _import(data, runs / "00000.fit")
        again = _import(data, runs)
        assert again.told["duplicates"] == count, again.told
    return [
        Figure(f"{count:,} runs of {MINUTES} min come in", count / first.cpu_s, "files/s of CPU time"),
        Figure("memory of that at the most", first.peak_mb, "MiB", most=200),
        Figure("known files are passed over", count / (again.cpu_s - calm.cpu_s), "files/s of CPU time", least=1000),
    ]


@dataclass(frozen=True, slots=True)
class Imported:
    """What one import took, and what it said."""

    cpu_s: float
    peak_mb: float
    told: dict[str, int]


def _import(data: Path, what: Path) -> Imported:
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "import", "--json", str(what)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=_environment(data),
    )
    assert process.stdout is not None
    with process.stdout:
        said = json.load(process.stdout)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Imported(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said)


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| what | measured | wanted |", "|---|---:|---:|"]
    return "\n".join([*lines, *(f"| {one.name} | {one.value:,.3g} {one.unit} | {one.wanted()} |" for one in figures)])


def run(*, rounds: int, write: bool) -> report.Outcome:  # noqa: ARG001 - one way to call them all
    """A service at rest, the upload, then the import."""
    figures = [*measure_rest(), *measure_upload(max(rounds, ROUNDS)), *measure_import(HISTORY)]
    missed = (f"{one.name}: {one.value:,.3g} {one.unit}, {one.wanted()} wanted" for one in figures if one.missed)
    return report.Outcome(table(figures), tuple(missed))
