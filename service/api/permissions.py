"""Which role may call what, where keys are asked for: one table, by operation id. What has no row is refused.

A role says which calls, the key's scope whose data: a coach who may read activities reads those of the athletes that
the key names, and everybody else's look as if they were not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from service.store.keys import ADMIN, ATHLETE, COACH, INGEST

Roles = frozenset[str]

OPERATOR: Final[Roles] = frozenset({ADMIN})
OWNER: Final[Roles] = frozenset({ADMIN, ATHLETE})
READERS: Final[Roles] = frozenset({ADMIN, COACH, ATHLETE})
SENDERS: Final[Roles] = frozenset({ADMIN, COACH, ATHLETE, INGEST})
ANYONE: Final[Roles] = frozenset()
"""No key is asked for: nothing of anybody is told."""

MAY: Final[Mapping[str, Roles]] = MappingProxyType(
    {
        # athletes: an admin makes them; who they are to another system is the admin's to say as well
        "create_athlete": OPERATOR,
        "put_athlete_by_external_id": OPERATOR,
        "list_athletes": READERS,
        "get_athlete": READERS,
        "patch_athlete": READERS,
        "list_advice": READERS,
        "export_athlete": OWNER,
        "erase_athlete": OWNER,
        # uploads: whoever may send may see what became of it
        "upload_files": SENDERS,
        "get_upload": SENDERS,
        "list_upload_items": SENDERS,
        # runs
        "list_activities": READERS,
        "get_activity": READERS,
        "patch_activity": READERS,
        "delete_activity": READERS,
        "get_activity_file": READERS,
        "get_activity_streams": READERS,
        "list_splits": READERS,
        "list_laps": READERS,
        "list_climbs": READERS,
        "list_zones": READERS,
        "list_assessments": READERS,
        "verify_activity": READERS,
        "list_risk_history": READERS,
        "get_risk_summary": READERS,
        "unmerge_activity": READERS,
        # what athletes say, and what they hear
        "get_cramp_report": READERS,
        "put_cramp_report": READERS,
        "delete_cramp_report": READERS,
        "get_run_log": READERS,
        "put_run_log": READERS,
        "delete_run_log": READERS,
        "list_events": READERS,
        # assessing again: whoever may read the runs may ask for their athlete, an admin for everybody
        "request_reassessment": READERS,
        "get_reassessment": READERS,
        "adopt_reassessment": READERS,
        # connections: whoever coaches may see them, and the account stays the athlete's own
        "list_connections": READERS,
        "begin_connection": OWNER,
        "remove_connection": OWNER,
        # sync services prove by themselves who they are, and a browser that comes back by its state
        "finish_connection": ANYONE,
        # what is sent out: each key has endpoints of its own, which hear of nobody whom it may not see
        "create_webhook_endpoint": READERS,
        "list_webhook_endpoints": READERS,
        "get_webhook_endpoint": READERS,
        "patch_webhook_endpoint": READERS,
        "delete_webhook_endpoint": READERS,
        "test_webhook_endpoint": READERS,
        "rotate_webhook_secret": READERS,
        "list_deliveries": READERS,
        "retry_delivery": READERS,
        "receive_webhook": ANYONE,
        "answer_webhook_handshake": ANYONE,
        # coaches
        "list_triage": READERS,
        "mark_triage_seen": READERS,
        # operation
        "create_key": OPERATOR,
        "list_keys": OPERATOR,
        "revoke_key": OPERATOR,
        "list_audit": OPERATOR,
        "list_jobs": OPERATOR,
        "retry_job": OPERATOR,
        "metrics": OPERATOR,
        "healthz": ANYONE,
        "readyz": ANYONE,
        "explain_problem": ANYONE,
        "docs": ANYONE,
        "asset": ANYONE,
    }
)

METERED: Final = frozenset({"upload_files"})
"""The calls that are counted for each key and address."""


def roles_of(operation: str) -> Roles | None:
    """Who may call it; None where the table does not say, and then nobody may."""
    return MAY.get(operation)
