"""A full disk, a locked database, one that is gone: a clear answer, no acknowledgement, and on it goes afterwards."""

from __future__ import annotations

import select
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from tests.faults.conftest import Service, served, short_run

pytestmark = pytest.mark.faults

UPLOADS = "/v1/athletes/me/uploads"


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of that size. Needs the right to mount one."""
    place = folder / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no right to mount a small file system here: {made.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.timeout(600)
def test_a_full_disk_is_507_leaves_no_half_file_and_is_over_once_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path, "16m") as place, served(place) as service:
        ballast = place / "ballast"
        assert service.post(UPLOADS, short_run(1)).status_code == 201
        before = service.activities()
        with ballast.open("wb") as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        statuses = [service.post(UPLOADS, short_run(day)).status_code for day in range(2, 6)]
        assert set(statuses) <= {507, 503}
        assert httpx.get(f"{service.address}/readyz", trust_env=False).status_code == 503
        assert service.activities() == before
        ballast.unlink()
        deadline = time.monotonic() + 30
        while (answer := service.post(UPLOADS, short_run(7))).status_code != 201:
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)
        assert httpx.get(f"{service.address}/readyz", trust_env=False).status_code == 200
        half = [path for path in (service.data / "blobs" / ".tmp").rglob("*") if path.is_file()]
        assert half == []
        assert len(service.activities()) == len(before) + 1


@pytest.mark.timeout(300)
def test_a_writer_who_keeps_the_database_is_waited_for_no_longer_than_promised(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        assert service.post(UPLOADS, short_run(1)).status_code == 201
        other = sqlite3.connect(service.data / "crampwatch.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        answer = service.post(UPLOADS, short_run(2))
        assert (answer.status_code, time.monotonic() - began < 6.5) == (503, True)
        assert answer.headers["retry-after"].isdigit()
        assert len(service.activities()) == 1, "reading goes on"
        other.execute("ROLLBACK")
        other.close()
        assert service.post(UPLOADS, short_run(2)).status_code == 201


@dataclass
class Gate:
    """A port on loopback that leads to PostgreSQL as long as it is open."""

    target: str
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    is_open: bool = True
    lines: list[threading.Thread] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listening.getsockname()[1])

    def run(self) -> None:
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            if not self.is_open:
                near.close()
                continue
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            line = threading.Thread(target=self._carry, args=(near, far), daemon=True)
            line.start()
            self.lines.append(line)

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, suppress(OSError, ValueError):
            while self.is_open:
                ready, _, _ = select.select([near, far], [], [], 0.2)
                for one in ready:
                    data = one.recv(1 << 16)
                    if not data:
                        return
                    (far if one is near else near).sendall(data)

    def shut(self) -> None:
        """Every line is cut, and no new one is laid."""
        self.is_open = False
        for line in self.lines:
            line.join()
        self.lines.clear()


@pytest.mark.timeout(300)
def test_a_database_that_is_gone_is_503_and_no_loss_once_it_is_back(tmp_path: Path, postgres_url: str) -> None:
    url = make_url(postgres_url)
    folder = url.query.get("host")
    if not isinstance(folder, str) or not folder.startswith("/"):
        pytest.skip("the server of the environment is reached over a network")
    gate = Gate(f"{folder}/.s.PGSQL.{url.port or url.query.get('port') or 5432}")
    threading.Thread(target=gate.run, daemon=True).start()
    through = url.set(host="127.0.0.1", port=gate.port, query={}).render_as_string(hide_password=False)
    with served(tmp_path, CRAMPWATCH_DATABASE_URL=through) as service:
        assert service.post(UPLOADS, short_run(1)).status_code == 201
        gate.shut()
        began = time.monotonic()
        answer = service.post(UPLOADS, short_run(2))
        assert (answer.status_code, time.monotonic() - began < 8) == (503, True), answer.text
        assert answer.headers["retry-after"].isdigit()
        gate.is_open = True
        _until_back(service)
        assert service.post(UPLOADS, short_run(2)).status_code == 201
        assert len(service.activities()) == 2
    gate.listening.shutdown(socket.SHUT_RDWR)
    gate.listening.close()
    gate.shut()


def _until_back(service: Service) -> None:
    deadline = time.monotonic() + 30
    while httpx.get(f"{service.address}/readyz", trust_env=False, timeout=30).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
