"""A worker that is killed loses nothing and doubles nothing, and no other worker may bear its name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.errands import Errand
from service.errors import Unavailable
from service.jobs import reaper
from service.jobs.terms import CRASHES
from service.store.engine import read, write

SCRIPT = Path(__file__).with_name("victim.py")
ROOT = Path(__file__).resolve().parents[3]
IN_FLIGHT = 16


@contextmanager
def victim(jobs: Any, folder: Path, *, threads: int = IN_FLIGHT) -> Iterator[subprocess.Popen[bytes]]:
    folder.mkdir()
    command = [sys.executable, SCRIPT, jobs.url, folder, folder.name, str(threads)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        jobs.until(lambda: (folder / "ready").exists() or process.poll() is not None)
        assert process.poll() is None
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture
def kept(jobs: Any) -> Any:
    """Who stored each name, by an upsert: as good done twice as done once."""
    with write(jobs.engine) as db:
        db.execute(text("CREATE TABLE kept (name VARCHAR(10) PRIMARY KEY, who VARCHAR(10))"))

    def look() -> dict[str, str]:
        with read(jobs.engine) as db:
            return {row.name: row.who for row in db.execute(text("SELECT name, who FROM kept"))}

    def keep(shop: Any, name: str) -> None:
        with write(shop.engine) as db:
            db.execute(
                text("INSERT INTO kept (name, who) VALUES (:name, 'heir') ON CONFLICT (name) DO NOTHING"),
                {"name": name},
            )

    jobs.does("keep", keep)
    return look


def test_what_a_killed_worker_had_begun_another_one_finishes_once(jobs: Any, kept: Any, tmp_path: Path) -> None:
    folder = tmp_path / "victim"
    names = [str(number) for number in range(40)]
    jobs.send(*(Errand("keep", (name,), lane=f"ath_{name}" if int(name) < 20 else None) for name in names))
    with victim(jobs, folder) as process:
        jobs.until(lambda: len([path for path in folder.iterdir() if path.name.isdigit()]) == IN_FLIGHT)
        with jobs.working():
            reaper.reap(jobs.queue.client, jobs.engine, own="me")
            assert set(kept().values()) == {"victim"}, "whoever lives keeps what is his"
            process.send_signal(signal.SIGKILL)
            process.wait()
            jobs.until(lambda: len(jobs.list("done")) == len(names))
    assert sorted(kept()) == sorted(names)
    assert set(kept().values()) == {"victim", "heir"}
    assert jobs.list("dead") == []


def test_a_second_worker_of_the_same_name_is_refused_until_the_first_is_dead(jobs: Any, tmp_path: Path) -> None:
    with victim(jobs, tmp_path / "victim") as process:
        with pytest.raises(Unavailable, match="victim"), jobs.working(executor_id="victim"):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        jobs.until(lambda: _starts(jobs, "victim"))  # the server needs a moment to see that its client is gone


def _starts(jobs: Any, executor_id: str) -> bool:
    try:
        with jobs.working(executor_id=executor_id):
            return True
    except Unavailable:
        return False


def test_a_process_has_one_worker(jobs: Any) -> None:
    with jobs.working(), pytest.raises(Unavailable, match="already"), jobs.working():
        pass


def test_a_job_that_kills_its_process_again_and_again_is_put_aside_and_harms_no_other(
    jobs: Any, kept: Any, tmp_path: Path
) -> None:
    jobs.send(Errand("crash", ()))
    for number in range(CRASHES + 1):
        folder = tmp_path / f"victim{number}"
        with victim(jobs, folder, threads=1):
            jobs.until(lambda folder=folder: (folder / "crashed").exists())
            if number == 0:
                jobs.send(Errand("keep", ("quick",)))  # begun by the same process, and next in its only thread
                jobs.until(lambda: len(jobs.list("running")) == 2)
    with jobs.working():
        jobs.until(lambda: jobs.list("dead") and jobs.list("done"))
    (dead,) = jobs.list("dead")
    assert (dead.errand, dead.error) == ("crash", f"the process died {CRASHES + 1} times while this ran")
    assert list(kept()) == ["quick"]
