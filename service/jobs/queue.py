"""The face of the jobs: what doors hand errands to, list the dead with, and try them again by. It runs nothing.

`Queue.enqueue` is the `service.errands.Enqueue` that doors need: the job is a row of the very transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy import Connection, Engine

from service.errands import Errand
from service.jobs.terms import APPLICATION, WORKFLOW, line_of
from service.store.engine import engine_for_jobs
from service.store.ids import new_id


def migrate(engine: Engine) -> None:
    """Nothing; the job library's own tables are there and current. After our own migration, never before."""
    DBOS.migrate(engine.url.render_as_string(hide_password=False))


class Queue:
    """The queued jobs of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine_for_jobs(engine)
        self._own = self._engine is not engine
        self._client = DBOSClient(
            system_database_engine=self._engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=False,
            lazy=True,
        )

    def close(self) -> None:
        """Let go of what this held open."""
        self._client.destroy()
        if self._own:
            self._engine.dispose()

    def enqueue(self, db: Connection, errand: Errand) -> None:
        """The errand is queued if and only if the transaction of `db` is committed."""
        job_id = new_id("job", datetime.now(UTC))
        self._client.enqueue_in_transaction(
            db, options(job_id, errand.name, errand.lane), errand.name, list(errand.args), errand.lane, 1
        )


def options(job_id: str, name: str, lane: str | None, *, delay_s: float | None = None) -> EnqueueOptions:
    """How the library is asked to queue an errand."""
    line = line_of(name, lane)
    chosen = EnqueueOptions(workflow_name=WORKFLOW, queue_name=line.name, workflow_id=job_id)
    if line.by_lane:
        chosen["queue_partition_key"] = lane or job_id
    if lane is not None:
        chosen["authenticated_user"] = lane
    if delay_s is not None:
        chosen["delay_seconds"] = delay_s
    return chosen
