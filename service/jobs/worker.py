"""The worker: a process, or a part of one, that runs queued jobs. There is at most one in a process.

It holds the lock of its own name for as long as it lives, and refuses to start without it.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import UTC, datetime

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from service.errors import Unavailable
from service.jobs import running
from service.jobs.terms import APPLICATION, LINES, VERSION
from service.jobs.workshop import Workshop
from service.store.engine import engine_for_jobs
from service.store.ids import new_id
from service.store.locks import Held, try_hold

_IDLE_POLL_S = 1.0
_BUSY_POLL_S = 0.1

_alone = threading.Lock()


def fresh_executor_id() -> str:
    """A name for this worker that no other has or had."""
    return f"{socket.gethostname()}-{os.getpid()}-{new_id('job', datetime.now(UTC))[4:]}"


class Worker:
    """Runs jobs from `start` to `stop`."""

    def __init__(self, workshop: Workshop, *, threads: int, executor_id: str | None = None) -> None:
        self._workshop = workshop
        self._threads = threads
        self.executor_id = executor_id or fresh_executor_id()
        self._held: Held | None = None
        self._engine = None

    def start(self) -> None:
        """Begin to run jobs. Raises Unavailable where another worker has this name, or runs in this process."""
        if not _alone.acquire(blocking=False):
            raise Unavailable("a worker runs in this process already")
        self._held = try_hold(self._workshop.engine, f"executor {self.executor_id}")
        if self._held is None:
            _alone.release()
            raise Unavailable(f"another worker runs under the name {self.executor_id}")
        engine = engine_for_jobs(self._workshop.engine)
        _hand_logs_over()
        running.open_workshop(self._workshop)
        DBOS(
            config=DBOSConfig(
                name=APPLICATION,
                system_database_engine=engine,
                executor_id=self.executor_id,
                application_version=VERSION,
                serializer=DBOSPortableJSONSerializer(),
                max_executor_threads=self._threads,
                run_migrations=False,
                enable_otlp=False,
                log_level="WARNING",
            )
        )
        DBOS.listen_queues([line.name for line in LINES])
        DBOS.launch()
        for line in LINES:
            DBOS.register_queue(
                line.name,
                worker_concurrency=line.at_once,
                partition_concurrency=1 if line.by_lane else None,
                polling_interval_sec=_BUSY_POLL_S,
                on_conflict="always_update",
            )

    def stop(self, *, wait_s: float = 0.0) -> None:
        """Begin no more jobs, wait for those that run, and let go; what is not done by then stays pending."""
        DBOS.destroy(workflow_completion_timeout_sec=int(wait_s))
        running.close_workshop()
        if self._held is not None:
            self._held.release()
        _alone.release()


def _hand_logs_over() -> None:
    """The library's lines go where everybody's go, from a warning on; its own handler is never made."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.propagate = True
