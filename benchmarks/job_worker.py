"""A worker in a process of its own: `python -m benchmarks.job_worker DATABASE_URL [as-it-comes]`.

It does errands that take no time, and one that never ends. It writes a line once it works, and ends when its standard
input does. `as-it-comes` lets the job library make its own engine for the same database.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from datetime import UTC, datetime

from service import logs
from service.jobs import worker as room
from service.jobs.queue import Queue
from service.jobs.worker import Worker
from service.jobs.workshop import Workshop, runs
from service.settings import Settings
from service.store.blobs import Blobs
from service.store.engine import make_engine

NOTHING = "benchmark_nothing"
FOREVER = "benchmark_forever"
THREADS = 4


@runs(NOTHING)
def nothing(_shop: Workshop) -> None:
    """What the machinery itself costs."""


@runs(FOREVER)
def forever(_shop: Workshop) -> None:
    """In flight until the process is killed."""
    threading.Event().wait()


def main(url: str, *, as_it_comes: bool) -> None:
    """Work until nobody listens any more."""
    logs.configure(level="error", style="json")
    if as_it_comes:
        config = room.Worker._config  # noqa: SLF001 - the one thing that is compared
        room.Worker._config = lambda self: {  # type: ignore[method-assign]  # noqa: SLF001 - likewise
            **config(self),
            "system_database_engine": None,
            "system_database_url": url,
        }
    engine = make_engine(url)
    settings = Settings(data_dir=tempfile.mkdtemp(), database_url=url)
    workshop = Workshop(settings, engine, Blobs(settings.blob_url), Queue(engine), lambda: datetime.now(UTC))
    worker = Worker(workshop, threads=THREADS)
    worker.start()
    print("works", flush=True)
    sys.stdin.read()
    worker.stop()


if __name__ == "__main__":
    main(sys.argv[1], as_it_comes="as-it-comes" in sys.argv)
