"""Jobs of the dead: what a worker had begun when its process or machine died is queued again by another.

Whether a worker lives is told by the lock of its name, and by nothing else: no clock and no heartbeat. Whoever reaps
holds that lock meanwhile, so that two never reap the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from dbos import DBOSClient, WorkflowStatus
from sqlalchemy import Engine
from structlog import get_logger

from service.jobs.queue import STATES
from service.jobs.terms import BULK, CRASHES
from service.store.locks import try_hold

_MOST: Final = 10_000


def lock_name(executor_id: str) -> str:
    """The name of the lock that a worker holds while it lives."""
    return f"worker {executor_id}"


def reap(client: DBOSClient, engine: Engine, *, own: str) -> int:
    """How many jobs, begun by workers that are dead by now, are queued again (or put aside)."""
    others = {row.executor_id for row in _begun(client) if row.executor_id not in (None, own)}
    return sum(_reap_one(client, engine, str(executor_id)) for executor_id in others)


def _begun(client: DBOSClient, executor_id: str | None = None) -> list[WorkflowStatus]:
    return client.list_workflows(
        status=STATES["running"], executor_id=executor_id, limit=_MOST, load_input=False, load_output=False
    )


def _reap_one(client: DBOSClient, engine: Engine, executor_id: str) -> int:
    held = try_hold(engine, lock_name(executor_id))
    if held is None:
        return 0
    try:
        left = _begun(client, executor_id)
        _queue_again(client, left)
    finally:
        held.release()
    if left:
        get_logger().warning("jobs_reaped", count=len(left))
    return len(left)


def _queue_again(client: DBOSClient, left: Iterable[WorkflowStatus]) -> None:
    """Back to their queues, with one crash more to their name; the often unlucky go where they run alone."""
    queues: defaultdict[str | None, list[str]] = defaultdict(list)
    for row in left:
        crashes = int((row.attributes or {}).get("crashes", 0)) + 1
        client.update_workflow_attributes(row.workflow_id, {"crashes": crashes})
        if crashes > CRASHES:
            client.cancel_workflows([row.workflow_id])
            get_logger().error("job_dead", count=crashes)
        else:
            queues[row.queue_name if crashes == 1 else BULK.name].append(row.workflow_id)
    for name, ids in queues.items():
        client.resume_workflows(ids, queue_name=name)
