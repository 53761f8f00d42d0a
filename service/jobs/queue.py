"""The face of the jobs: doors hand errands to it, list what is queued or dead, and have the dead tried again.

`Queue.enqueue` is the `service.errands.Enqueue` that doors need: the job is a row of the very transaction. Nothing
runs here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions, WorkflowStatus, error
from sqlalchemy import Connection, Engine

from service.errands import Errand
from service.errors import Conflict, NotFound
from service.jobs.terms import APPLICATION, WORKFLOW, line_of
from service.store import queued
from service.store.cursor import Page, decode, encode
from service.store.engine import engine_for_jobs, translated
from service.store.ids import new_id

STATES: Final[dict[str, list[str]]] = {
    "queued": ["ENQUEUED"],
    "waiting": ["DELAYED"],
    "running": ["PENDING"],
    "dead": ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
    "done": ["SUCCESS"],
}
"""Our words for the library's: queued, waiting for its next attempt, begun, given up, done with."""

_OURS: Final = {theirs: ours for ours, all_theirs in STATES.items() for theirs in all_theirs}

_BATCH: Final = 500
_SPARE: Final = 50


@dataclass(frozen=True, slots=True)
class Job:
    """One queued, running or finished job. `error` says what failed and where, never what the failure said."""

    id: str
    errand: str
    args: tuple[str, ...]
    lane: str | None
    state: str
    attempt: int
    queued_at: datetime
    ended_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Depth:
    """How many jobs there are, and since when the oldest is; None where there is none."""

    number: int
    since: datetime | None

    def plus(self, number: int, since: datetime) -> Depth:
        """With as many more, the oldest of them since then."""
        return Depth(self.number + number, since if self.since is None else min(self.since, since))


def migrate(engine: Engine) -> None:
    """Nothing; the library's own tables are there and current. After our own migration, never before it.

    Raises Unavailable where the database cannot be reached.
    """
    with translated():
        DBOS.migrate(engine.url.render_as_string(hide_password=False))


class Queue:
    """The jobs of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine_for_jobs(engine)
        self.client = DBOSClient(
            system_database_engine=self._engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=False,
            lazy=True,
        )

    def close(self) -> None:
        """Let go of what this holds open."""
        self.client.destroy()
        self._engine.dispose()

    def enqueue(self, db: Connection, errand: Errand) -> None:
        """The errand is queued if and only if the transaction of `db` is committed."""
        job_id = new_id("job", datetime.now(UTC))
        chosen = options(errand.name, errand.lane, job_id=job_id, delay_s=errand.delay_s or None)
        self.client.enqueue_in_transaction(db, chosen, errand.name, list(errand.args), errand.lane, 1)

    def page(self, *, state: str, limit: int, cursor: str | None) -> Page[Job]:
        """Jobs of a state, those that were queued first before the others.

        Raises BadCall (`bad_cursor`), and Unavailable where the database cannot be asked.
        """
        listing = f"jobs:{state}"
        key = (0, "") if cursor is None else _key(decode(listing, cursor, (int, str)))
        with translated():
            found = self._after(key, state=state, count=limit + 1)
        rows = found[:limit]
        return Page(tuple(map(_job, rows)), encode(listing, _place(rows[-1])) if len(found) > limit else None)

    def _after(self, key: tuple[int, str], *, state: str, count: int) -> list[WorkflowStatus]:
        """The next rows by time and id, at least `count` where there are so many.

        The library sorts by time alone, on SQLite by the second: so rows of one time are only used where all are there.
        """
        size = count + _SPARE
        while True:
            rows = self.client.list_workflows(
                status=STATES[state], name=WORKFLOW, start_time=_as_text(key[0]), limit=size
            )
            is_all = len(rows) < size
            whole = [row for row in rows if is_all or row.created_at != rows[-1].created_at]
            found = sorted((row for row in whole if _place(row) > key), key=_place)
            if is_all or len(found) >= count:
                return found
            size *= 4

    def retry(self, job_id: str) -> Job:
        """The dead job, queued again under its own id for one more attempt.

        Raises NotFound, and Conflict where it is not dead.
        """
        with translated():
            before = self._get(job_id)
            if before.state != "dead":
                raise Conflict(f"Only a dead job can be tried again; this one is {before.state}.")
            line = line_of(before.errand)
            self.client.update_workflow_attributes(job_id, None)
            try:
                self.client.rewind_workflow(
                    job_id, queue_name=line.name, queue_partition_key=partition(line.by_lane, before.lane, job_id)
                )
            except error.DBOSException as raced:
                raise Conflict("Somebody had this job tried again at the same moment.") from raced
            return self._get(job_id)

    def _get(self, job_id: str) -> Job:
        found = self.client.list_workflows(workflow_ids=[job_id], name=WORKFLOW, limit=1)
        if not found:
            raise NotFound("There is no such job.")
        return _job(found[0])

    def depths(self) -> dict[str, Depth]:
        """How many jobs of each state there are that are not done, and how long ago the oldest was queued.

        Raises Unavailable where the database cannot be asked.
        """
        found = {name: Depth(0, None) for name in STATES if name != "done"}
        theirs = [status for name in found for status in STATES[name]]
        for count in queued.counts(self._engine, name=WORKFLOW, statuses=theirs):
            name = _OURS[count.status]
            found[name] = found[name].plus(count.number, _as_time(count.oldest_ms))
        return found

    def is_awaited(self, lane: str) -> bool:
        """Whether a job of the lane is queued, waits for its next attempt, or runs."""
        open_states = STATES["queued"] + STATES["waiting"] + STATES["running"]
        with translated():
            found = self.client.list_workflows(
                user=lane, status=open_states, limit=1, load_input=False, load_output=False
            )
        return bool(found)

    def forget_lane(self, lane: str) -> int:
        """How many jobs of the lane, in whatever state, were there and are gone: for the erasure of an athlete.

        One that runs this very moment finds nobody, and leaves nothing.
        """
        return sum(map(len, self._forgetting(user=lane)))

    def forget_ended(self, *, done_before: datetime, dead_before: datetime) -> int:
        """How many jobs ended before the moments and are gone."""
        found = 0
        for state, before in (("done", done_before), ("dead", dead_before)):
            for batch in self._forgetting(status=STATES[state], completed_before=before.isoformat()):
                found += len(batch)
        return found

    def _forgetting(self, **which: str | list[str]) -> Iterator[list[str]]:
        """Batches of the ids that are deleted, until none is left."""
        while True:
            with translated():
                rows = self.client.list_workflows(load_input=False, load_output=False, limit=_BATCH, **which)  # type: ignore[arg-type]  # filters, by name
                ids = [row.workflow_id for row in rows]
                if ids:
                    self.client.delete_workflows(ids)
            if not ids:
                return
            yield ids


def options(name: str, lane: str | None, *, job_id: str, delay_s: float | None = None) -> EnqueueOptions:
    """How the library is asked to queue an errand. The lane stands in the row's user, by which it can be found."""
    line = line_of(name)
    chosen = EnqueueOptions(workflow_name=WORKFLOW, queue_name=line.name, workflow_id=job_id)
    key = partition(line.by_lane, lane, job_id)
    if key is not None:
        chosen["queue_partition_key"] = key
    if lane is not None:
        chosen["authenticated_user"] = lane
    if delay_s is not None:
        chosen["delay_seconds"] = delay_s
    return chosen


def partition(by_lane: bool, lane: str | None, job_id: str) -> str | None:  # noqa: FBT001 - a property of the queue
    """The key within a queue of lanes; a job without a lane has one of its own."""
    return (lane or job_id) if by_lane else None


def _job(row: WorkflowStatus) -> Job:
    name, args, lane, attempt = row.input["args"] if row.input else ("", [], None, 0)
    return Job(
        id=row.workflow_id,
        errand=name,
        args=tuple(args),
        lane=lane,
        state=_OURS[row.status],
        attempt=attempt,
        queued_at=_as_time(row.created_at or 0),
        ended_at=None if row.completed_at is None else _as_time(row.completed_at),
        error=_error(row),
    )


def _error(row: WorkflowStatus) -> str | None:
    if row.error is not None:
        return str(row.error)
    crashes = (row.attributes or {}).get("crashes")
    return f"the process died {crashes} times while this ran" if row.status == "CANCELLED" and crashes else None


def _place(row: WorkflowStatus) -> tuple[int, str]:
    return (row.created_at or 0, row.workflow_id)


def _key(read: tuple[int | str, ...]) -> tuple[int, str]:
    at_ms, job_id = read
    return int(at_ms), str(job_id)


def _as_time(at_ms: float) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _as_text(at_ms: int) -> str:
    """The moment for a filter of the library, which cuts off below a millisecond: half of one keeps it from falling."""
    return _as_time(at_ms + 0.5).isoformat()
