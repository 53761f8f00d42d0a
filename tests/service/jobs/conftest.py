"""A migrated database on SQLite and on PostgreSQL, a queue on it, and a worker in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from fixtures.postgres import Postgres
from service.errands import Errand
from service.jobs import workshop as book
from service.jobs.queue import Job, Queue, migrate
from service.jobs.worker import Worker
from service.jobs.workshop import Doer, Workshop
from service.settings import Settings
from service.store.blobs import Blobs
from service.store.engine import make_engine, write
from service.store.migrate import upgrade

PATIENCE_S = 60.0
"""How long something may take on a busy machine before it is said not to happen."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database, the job library's tables among ours."""
    if request.param == "sqlite":
        made = f"sqlite:///{tmp_path}/crampwatch.db"
        prepare(made)
        yield made
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        with postgres.database() as made:
            prepare(made)
            yield made


def prepare(url: str) -> None:
    engine = make_engine(url)
    upgrade(engine)
    migrate(engine)
    engine.dispose()


@dataclass(frozen=True)
class Jobs:
    """One database with its queue, and what a test does with them."""

    url: str
    engine: Engine
    queue: Queue
    workshop: Workshop
    patch: pytest.MonkeyPatch

    def does(self, name: str, function: Doer) -> None:
        """Enter a function into the book, for this test."""
        self.patch.setitem(book.BOOK, name, function)

    def send(self, *errands: Errand) -> None:
        """Queue errands in one committed transaction."""
        with write(self.engine) as db:
            for errand in errands:
                self.queue.enqueue(db, errand)

    def list(self, state: str) -> list[Job]:
        """The first jobs of a state."""
        return list(self.queue.page(state=state, limit=200, cursor=None).items)

    @contextmanager
    def working(self, **options: Any) -> Iterator[Worker]:
        """A worker of this process, which runs while the block lasts."""
        worker = Worker(self.workshop, **{"threads": 4} | options)
        worker.start()
        try:
            yield worker
        finally:
            worker.stop()

    @staticmethod
    def until(true: Callable[[], Any]) -> None:
        """Come back as soon as the condition holds."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline_s, "it did not happen"
            time.sleep(0.01)


@pytest.fixture
def jobs(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    engine = make_engine(url)
    queue = Queue(engine)
    settings = Settings(data_dir=tmp_path, database_url=url)
    workshop = Workshop(settings, engine, Blobs(settings.blob_url), queue, lambda: datetime.now(UTC))
    yield Jobs(url, engine, queue, workshop, monkeypatch)
    queue.close()
    engine.dispose()
