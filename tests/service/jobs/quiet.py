"""A worker that has nothing to do: `quiet.py DATABASE_URL FOLDER LOOKS` prints whom it spoke to, as JSON."""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

spoken_to: list[str] = []
"""Every address that Python was asked to connect to, to send to or to look up."""


def hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        spoken_to.append(repr(arguments[1]))
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"}:
        spoken_to.append(repr(arguments[0]))


sys.addaudithook(hear)

from service.jobs import pace  # noqa: E402  # whoever speaks when it is imported is heard, too
from service.jobs.queue import Queue  # noqa: E402
from service.jobs.worker import Worker  # noqa: E402
from service.jobs.workshop import Workshop  # noqa: E402
from service.settings import Settings  # noqa: E402
from service.store.blobs import Blobs  # noqa: E402
from service.store.engine import make_engine  # noqa: E402


def remotes() -> list[str]:
    """The other ends of this process' internet sockets, of every thread and library, as the kernel lists them."""
    inodes = {str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()}
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if f"socket:[{columns[9]}]" in inodes and set(columns[2].partition(":")[0]) != {"0"}:
                found.append(columns[2])
    return found


def main(url: str, folder: Path, looks: int) -> None:
    settings = Settings(data_dir=folder, database_url=url)
    engine = make_engine(url)
    queue = Queue(engine)
    seen: list[str] = []
    enough = threading.Event()
    counted = iter(range(looks))
    look = pace.Pace.look

    def count(self: pace.Pace) -> None:
        look(self)
        seen.extend(remotes())
        if next(counted, None) is None:
            enough.set()

    pace.Pace.look = count  # type: ignore[method-assign]
    workshop = Workshop(settings, engine, Blobs(settings.blob_url), queue, lambda: datetime.now(UTC))
    worker = Worker(workshop, threads=2)
    worker.start()
    enough.wait(60)
    worker.stop()
    print(json.dumps({"spoken_to": spoken_to, "remotes": seen, "looked": enough.is_set()}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
