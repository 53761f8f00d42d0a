"""What stands in the database about work to come, for whoever watches the service: read when somebody looks.

So each process tells the same of all of them, whoever does the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from service.errors import Unavailable
from service.jobs.queue import Queue
from service.metrics import Metrics, Reading
from service.store import deliveries, inbox
from service.store.engine import read


def watch(metrics: Metrics, engine: Engine, queue: Queue) -> None:
    """Nothing; from now on the metrics tell of jobs, inboxes and deliveries. A database that is away tells nothing."""

    def stored(counts: Callable[[Connection], Mapping[str, float]]) -> Reading:
        def reading() -> Mapping[str, float]:
            with read(engine) as db:
                return counts(db)

        return _where_there(reading)

    def depth() -> Mapping[str, float]:
        return {state: found.number for state, found in queue.depths().items()}

    def age_s() -> Mapping[str, float]:
        now = datetime.now(UTC)
        found = queue.depths().items()
        return {state: (now - depth.since).total_seconds() if depth.since else 0.0 for state, depth in found}

    metrics.watch("jobs", "Jobs that are not done, by state", label="state", reading=_where_there(depth))
    metrics.watch(
        "oldest_job_seconds",
        "How long ago the oldest job of a state was queued; 0 where there is none",
        label="state",
        reading=_where_there(age_s),
    )
    metrics.watch("inbox_events", "Events of sync services, by state", label="state", reading=stored(inbox.counts))
    metrics.watch("deliveries", "Outgoing webhooks, by state", label="state", reading=stored(deliveries.counts))


def _where_there(reading: Reading) -> Reading:
    def tried() -> Mapping[str, float]:
        try:
            return reading()
        except Unavailable:
            return {}

    return tried
