"""The worker as a process of its own: it starts, waits for a signal, and lets running jobs end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from structlog import get_logger

from service import gauges, logs
from service.cli.database import bring_up_to_date
from service.cli.process import leave_at_once, settle_memory
from service.cli.terminal import remark
from service.errors import Unavailable
from service.ingest import PROGRAM_VERSION
from service.jobs.queue import Queue
from service.jobs.worker import Worker
from service.jobs.workshop import Workshop
from service.metrics import Metrics
from service.settings import Settings
from service.store.blobs import Blobs
from service.store.engine import make_engine


def run(chosen: Settings) -> None:
    """Run jobs until SIGTERM or SIGINT. Raises Unavailable where the database cannot be made or reached."""
    logs.configure(level=chosen.log_level, style=chosen.log_format)
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    bring_up_to_date(chosen)
    engine = make_engine(chosen.database_url, synchronous=chosen.sqlite_synchronous)
    queue = Queue(engine)
    metrics = Metrics(version=PROGRAM_VERSION)
    gauges.watch(metrics, engine, queue)
    blobs = Blobs(chosen.blob_url)
    workshop = Workshop(chosen, engine, blobs, queue, lambda: datetime.now(UTC), metrics)
    end_metrics = _metrics_on(chosen, metrics)
    worker = Worker(workshop, threads=chosen.worker_threads)
    worker.start()
    settle_memory()
    remark("crampwatch runs jobs (Ctrl-C stops it)")
    told.wait()
    get_logger().info("worker_stopping")
    ended = worker.stop(wait_s=chosen.drain_timeout_s)
    end_metrics()
    queue.close()
    engine.dispose()
    if not ended:
        leave_at_once()


def _metrics_on(chosen: Settings, metrics: Metrics) -> Callable[[], None]:
    if not chosen.worker_metrics_port:
        return lambda: None
    try:
        return metrics.listen(chosen.host, chosen.worker_metrics_port)
    except OSError as wrong:
        told = f"cannot listen on {chosen.host}, port {chosen.worker_metrics_port}, for metrics: {wrong.strerror}"
        raise Unavailable(told) from wrong
