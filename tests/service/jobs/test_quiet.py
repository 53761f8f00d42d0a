"""The job library speaks to nobody: no report to its makers, no lookup of a name, nothing but the database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("quiet.py")
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's list of sockets is Linux's")
def test_an_idle_worker_connects_to_nothing_but_its_database(jobs: Any, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, jobs.url, tmp_path, "5"],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    found = json.loads(done.stdout)
    assert found["looked"], "it was idle for a while"
    assert found["spoken_to"] == []
    assert found["remotes"] == [], "the database of the test has no network address"


def test_what_would_be_heard_is_heard(tmp_path: Path) -> None:
    """So that the test above can fail."""
    program = (
        "import runpy, socket, sys\n"
        f"quiet = runpy.run_path({str(SCRIPT)!r})\n"
        "listening = socket.create_server(('127.0.0.1', 0))\n"
        "client = socket.create_connection(listening.getsockname())\n"
        "print(len(quiet['spoken_to']), len(quiet['remotes']()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    spoken_to, remotes = map(int, done.stdout.split())
    assert spoken_to >= 1
    assert remotes >= 1
