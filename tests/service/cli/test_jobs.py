"""`worker` and `jobs` as processes, on one store with a service that only answers."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.errands import Errand
from service.jobs.queue import Queue, migrate
from service.store.engine import make_engine, write
from service.store.migrate import upgrade

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 60.0


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"CRAMPWATCH_DATA_DIR": str(folder / "data"), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **more}


@contextmanager
def started(folder: Path, *words: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of the command line, and the sentence that tells it is there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=environment(folder, **more),
    )
    assert process.stdout is not None
    try:
        yield process, next(line for line in process.stdout if "(Ctrl-C stops it)" in line or "cannot" in line)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
        cwd=ROOT,
        env=environment(folder),
    )


def test_a_worker_apart_does_what_the_service_leaves_to_it_and_ends_on_a_signal(tmp_path: Path) -> None:
    with started(tmp_path, "serve", "--port", "0", "--role", "api") as (_, said):
        found = re.search(r"listening on (http://\S+)", said)
        assert found, said
        client = httpx.Client(base_url=found[1], timeout=30, trust_env=False)
        # backwards, so that the later runs have to be assessed again
        for name in ("fast_start.fit", "easy_run.fit", "even_run.fit"):
            path = ROOT / "fixtures" / "fit" / "valid" / name
            assert client.post("/v1/athletes/me/uploads", content=path.read_bytes()).status_code == 201
        queued = client.get("/v1/jobs", params={"state": "queued"}).json()["items"]
        assert {one["errand"] for one in queued} == {"catch_up"}
        with started(tmp_path, "worker") as (process, _):
            wait_for(client, len(queued))
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
        client.close()


def test_a_worker_apart_tells_what_it_counts_where_it_is_asked_to(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with started(tmp_path, "worker", CRAMPWATCH_WORKER_METRICS_PORT=str(port)) as (process, said):
            assert process.wait(PATIENCE_S) == 1, "it says so and ends where the port is taken"
            assert f"port {port}" in said
    with started(tmp_path, "worker", CRAMPWATCH_WORKER_METRICS_PORT=str(port)) as (process, _):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        assert 'crampwatch_jobs{state="queued"} 0.0' in text
        assert "crampwatch_build_info" in text
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def wait_for(client: httpx.Client, count: int) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while len(client.get("/v1/jobs", params={"state": "done"}).json()["items"]) < count:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Queue]:
    engine = make_engine(f"sqlite:///{tmp_path}/data/crampwatch.db")
    upgrade(engine)
    migrate(engine)
    queue = Queue(engine)
    with write(engine) as db:
        queue.enqueue(db, Errand("work_off_upload", ("upl_1",), lane="ath_1"))
    yield queue
    queue.close()
    engine.dispose()


def test_jobs_are_listed_as_a_table_and_as_json(tmp_path: Path, store: Queue) -> None:
    assert run(tmp_path, "jobs").stderr.strip() == "No job is dead."
    table = run(tmp_path, "jobs", "--state", "queued")
    assert (table.returncode, table.stderr) == (0, "")
    (job,) = store.page(state="queued", limit=2, cursor=None).items
    assert re.search(rf"{job.id} +work_off_upload +upl_1 +1 ", table.stdout)
    (document,) = json.loads(run(tmp_path, "jobs", "--state", "queued", "--json").stdout)
    assert (document["id"], document["athlete_id"], document["state"]) == (job.id, "ath_1", "queued")


def test_a_dead_job_is_tried_again_and_another_is_not(tmp_path: Path, store: Queue) -> None:
    (job,) = store.page(state="queued", limit=2, cursor=None).items
    refused = run(tmp_path, "jobs", "retry", job.id)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Only a dead job can be tried again" in refused.stderr
    store.client.cancel_workflows([job.id])
    done = run(tmp_path, "jobs", "retry", job.id)
    assert (done.returncode, done.stderr.strip()) == (0, f"{job.id} (work_off_upload) is queued again.")
    assert [one.id for one in store.page(state="queued", limit=2, cursor=None).items] == [job.id]
