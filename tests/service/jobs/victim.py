"""A worker to be killed: `victim.py DATABASE_URL FOLDER NAME THREADS`.

It begins errands, stores what half of them store, and hangs. It touches a file in FOLDER for each errand that it has
begun, and `ready` once it works.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from service.jobs.queue import Queue
from service.jobs.worker import Worker
from service.jobs.workshop import Workshop, runs
from service.settings import Settings
from service.store.blobs import Blobs
from service.store.engine import make_engine, write

KEEP = text("INSERT INTO kept (name, who) VALUES (:name, :who) ON CONFLICT (name) DO NOTHING")


def main(url: str, folder: Path, name: str, threads: int) -> None:
    @runs("keep")
    def keep_and_hang(shop: Workshop, name: str) -> None:
        if name == "quick" or int(name) % 2:
            with write(shop.engine) as db:
                db.execute(KEEP, {"name": name, "who": "victim"})
        (folder / name).touch()
        if name != "quick":
            threading.Event().wait()

    @runs("crash")
    def crash(_shop: Workshop) -> None:
        (folder / "crashed").touch()
        threading.Event().wait()

    settings = Settings(data_dir=folder / "data", database_url=url)
    engine = make_engine(url)
    workshop = Workshop(settings, engine, Blobs(settings.blob_url), Queue(engine), lambda: datetime.now(UTC))
    Worker(workshop, threads=threads, executor_id=name).start()
    (folder / "ready").touch()
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
