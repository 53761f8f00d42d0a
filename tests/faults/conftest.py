"""A real service as a process, to be tormented: on SQLite or PostgreSQL, in a folder that may be small."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.catalogue import on
from fixtures.fit_writer import fit
from fixtures.runs import minutes

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0

pytestmark = pytest.mark.faults


@dataclass
class Service:
    """A running service: its process, its address, and where it keeps its data."""

    process: subprocess.Popen[str]
    address: str
    data: Path

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.address}{path}", timeout=PATIENCE_S, trust_env=False).raise_for_status().json()

    def post(self, path: str, content: bytes = b"") -> httpx.Response:
        return httpx.post(f"{self.address}{path}", content=content, timeout=PATIENCE_S, trust_env=False)

    def activities(self) -> set[str]:
        """The ids of every run of `me`."""
        found: set[str] = set()
        cursor = ""
        while True:
            page = self.get(f"/v1/athletes/me/activities?limit=200&fields=id{cursor}")
            found |= {item["id"] for item in page["items"]}
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"


@contextmanager
def served(folder: Path, **more: str) -> Iterator[Service]:
    """A service on a free port, with its data below the folder."""
    data = folder / "data"
    environment = {
        "CRAMPWATCH_DATA_DIR": str(data),
        "CRAMPWATCH_LOG_FORMAT": "json",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        **more,
    }
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            env=environment,
        )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        found = re.search(r"listening on (http://\S+)", said)
        assert found, (said, (folder / "log").read_text()[-2000:])
        yield Service(process, found[1], data)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def short_run(day: int) -> bytes:
    """Six minutes at a point every two seconds, on that day: never a twin of another."""
    return fit(on(day, minutes(6, 3.0), step_s=2.0))
