"""The worker: a process, or a part of one, that runs queued jobs. There is at most one in a process.

It holds the lock of its own name for as long as it lives, and refuses to start without it: the library takes what an
earlier process of the same name had begun for its own, and two processes of one name would run jobs twice.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer
from dbos import ScheduleInput as Schedule
from structlog import get_logger

from service.errands import RECONCILE
from service.errors import Unavailable
from service.jobs import pace, reaper, running, waking
from service.jobs.errands import keeping
from service.jobs.terms import APPLICATION, VERSION, Line, lines
from service.jobs.workshop import Workshop, read_book
from service.store.engine import engine_for_jobs
from service.store.ids import new_id
from service.store.locks import Held, try_hold

REAP_EVERY_S: Final = 5.0
_SELDOM_S: Final = 1.0

SCHEDULES: Final = {
    keeping.FORGET_JOBS: "17 * * * *",
    keeping.FORGET_ANSWERS: "37 * * * *",
    keeping.FORGET_EVENTS: "47 * * * *",
    keeping.FORGET_INBOX: "57 * * * *",
    keeping.FORGET_DELIVERIES: "7 * * * *",
    RECONCILE: "*/15 * * * *",
    keeping.SEND_OUT: "7 * * * *",
    keeping.SWEEP: "27 * * * *",
}
"""Errands that are due by the clock (UTC), as cron says it. Each is queued once, however many workers there are."""

_alone = threading.Lock()


def fresh_executor_id() -> str:
    """A name for a worker that no other has or had."""
    return f"{socket.gethostname()}-{os.getpid()}-{new_id('job', datetime.now(UTC))[4:]}"


class Worker:
    """Runs jobs from `start` to `stop`."""

    def __init__(self, workshop: Workshop, *, threads: int, executor_id: str | None = None) -> None:
        self._workshop = workshop
        self._threads = threads
        self._executor_id = executor_id or fresh_executor_id()
        self._engine = engine_for_jobs(workshop.engine)
        self._held: Held | None = None
        self._stopping = threading.Event()
        self._watchers: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to run jobs. Raises Unavailable where another worker has this name, or runs in this process."""
        if not _alone.acquire(blocking=False):
            raise Unavailable("A worker runs in this process already.")
        try:
            self._hold()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def _hold(self) -> None:
        self._held = try_hold(self._workshop.engine, reaper.lock_name(self._executor_id), for_life=True)
        if self._held is None:
            raise Unavailable(f"Another worker runs under the name {self._executor_id}.")

    def _launch(self) -> None:
        read_book()
        running.process.workshop = self._workshop
        _hand_logs_over()
        DBOS(config=self._config())
        DBOS.listen_queues([line.name for line in lines()])
        DBOS.launch()
        for line in lines():
            _register(line)
        DBOS.apply_schedules(
            [
                Schedule(schedule_name=name, workflow_fn=running.send, schedule=cron, context=name)
                for name, cron in SCHEDULES.items()
            ]
        )
        self._watch(self._reap, every_s=REAP_EVERY_S)
        self._watch(pace.Pace(lines()).look, every_s=pace.LOOK_EVERY_S)
        self._watch(waking.Waking(self._workshop).look, every_s=waking.LOOK_EVERY_S)

    def _config(self) -> DBOSConfig:
        return DBOSConfig(
            name=APPLICATION,
            system_database_engine=self._engine,
            run_migrations=False,
            executor_id=self._executor_id,
            application_version=VERSION,
            serializer=DBOSPortableJSONSerializer(),
            max_executor_threads=self._threads,
            enable_otlp=False,
            # of its notifications we use none: look for them seldom, not a hundred times a second
            notification_coalesce_sec=_SELDOM_S,
            notification_listener_polling_interval_sec=_SELDOM_S,
            log_level="WARNING",
        )

    def _watch(self, look: Callable[[], object], *, every_s: float) -> None:
        """Look again and again in a thread of its own, at once and then after each pause."""

        def watch() -> None:
            while True:
                try:
                    look()
                except Exception:  # noqa: BLE001 - a database that is down now is back later, and is looked at again
                    get_logger().warning("worker_look_failed", exc_info=True)
                if self._stopping.wait(every_s):
                    return

        thread = threading.Thread(target=watch, name=f"crampwatch-{getattr(look, '__name__', 'look')}", daemon=True)
        thread.start()
        self._watchers.append(thread)

    def _reap(self) -> None:
        if self._held is None or not self._held.is_alive():
            # the session was lost, and with it the lock; until it is ours again, others take us for dead
            self._held = try_hold(self._workshop.engine, reaper.lock_name(self._executor_id), for_life=True)
            get_logger().warning("worker_lock_renewed", outcome="held" if self._held else "lost")
        reaper.reap(self._workshop.queue.client, self._workshop.engine, own=self._executor_id)

    def stop(self, *, wait_s: float = 0.0) -> bool:
        """Begin no more jobs, wait for those that run, and let go; what is not done by then is left to other workers.

        Returns whether nothing runs any more; a thread that still does cannot be stopped but with the process.
        """
        self._workshop.stopping.set()
        self._stopping.set()
        deadline_s = time.monotonic() + wait_s
        DBOS.destroy(workflow_completion_timeout_sec=int(wait_s) if running.process.running else 0)
        while running.process.running and time.monotonic() < deadline_s:
            time.sleep(0.05)
        for thread in self._watchers:
            thread.join(timeout=REAP_EVERY_S)
        ended = not running.process.running
        self._let_go()
        return ended

    def _let_go(self) -> None:
        running.process.workshop = None
        if self._held is not None:
            self._held.release()
            self._held = None
        self._engine.dispose()
        _alone.release()


def _register(line: Line) -> None:
    DBOS.register_queue(
        line.name,
        worker_concurrency=line.at_once,
        partition_concurrency=1 if line.by_lane else None,
        limiter=None if line.rate is None else {"limit": line.rate.jobs, "period": line.rate.per_s},
        polling_interval_sec=pace.BUSY_S,  # much may have gathered; Pace slows it down
        on_conflict="always_update",
    )


def _hand_logs_over() -> None:
    """The library's lines go where everybody's go, from a warning on: with a handler it adds none of its own."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
