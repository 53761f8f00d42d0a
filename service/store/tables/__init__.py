"""The schema as SQLAlchemy tables; `migrations/` brings a database to it, and `alembic check` holds the two together.

Habits of every table: ids are the opaque texts of `service.store.ids`; what belongs to an athlete bears `athlete_id`,
or hangs on a row that does, and goes with the athlete (ON DELETE CASCADE); documents are JSON in the shape of the HTTP
contract, and the few of their values that lists filter, sort or show stand beside them in columns. Words that the
contract keeps open (sports, formats, providers) are not checked here; closed sets and ranges are.
"""

from __future__ import annotations

from service.store.tables.answers import CRAMP_ANSWERS, cramp_reports, run_logs
from service.store.tables.columns import UtcTime, as_micros, from_micros, metadata
from service.store.tables.feed import events
from service.store.tables.intake import (
    OUTCOMES,
    UPLOAD_STATUSES,
    blob_removals,
    idempotency_keys,
    tombstones,
    upload_files,
    upload_items,
    uploads,
)
from service.store.tables.keys import ROLES, api_key_athletes, api_keys, audit_log, sessions, triage_seen
from service.store.tables.reassessments import REASSESSMENT_STATUSES, reassessment_items, reassessments
from service.store.tables.runs import (
    ASSESSMENT_STATES,
    LEVELS,
    activities,
    activity_details,
    arrivals,
    assessments,
    athlete_summaries,
    athletes,
    files,
    sources,
)
from service.store.tables.sync import (
    CONNECTION_STATES,
    DELIVERY_STATES,
    INBOX_STATES,
    connections,
    deliveries,
    inbox,
    oauth_states,
    webhook_calls,
    webhook_endpoints,
)

__all__ = [
    "ASSESSMENT_STATES",
    "CONNECTION_STATES",
    "CRAMP_ANSWERS",
    "DELIVERY_STATES",
    "INBOX_STATES",
    "LEVELS",
    "OUTCOMES",
    "REASSESSMENT_STATUSES",
    "ROLES",
    "UPLOAD_STATUSES",
    "UtcTime",
    "activities",
    "activity_details",
    "api_key_athletes",
    "api_keys",
    "arrivals",
    "as_micros",
    "assessments",
    "athlete_summaries",
    "athletes",
    "audit_log",
    "blob_removals",
    "connections",
    "cramp_reports",
    "deliveries",
    "events",
    "files",
    "from_micros",
    "idempotency_keys",
    "inbox",
    "metadata",
    "oauth_states",
    "reassessment_items",
    "reassessments",
    "run_logs",
    "sessions",
    "sources",
    "tombstones",
    "triage_seen",
    "upload_files",
    "upload_items",
    "uploads",
    "webhook_calls",
    "webhook_endpoints",
]
