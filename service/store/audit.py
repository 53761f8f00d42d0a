"""Who did what, and when: one row a deed, made of ids and words of ours, never of names or values.

It is written in the transaction of the deed, so that neither is there without the other, and it outlives whom it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store.cursor import Keyset, Page
from service.store.ids import new_id
from service.store.scope import Scope
from service.store.tables import audit_log as _table

LOCAL: Final = "local"
"""The actor where no key is asked for: somebody at this computer, over HTTP or by a command."""

SYSTEM: Final = "system"
"""The actor of what the service does by itself."""

_NEWEST_FIRST: Final = Keyset("audit", (_table.c.id,), descending=True)
"""Ids sort by time."""


@dataclass(frozen=True, slots=True)
class DeedRow:
    """One deed; `actor` is a key's id, `local` or `system`, `subject` the id of what it was done to."""

    id: str
    at: datetime
    actor: str
    action: str
    athlete_id: str | None
    subject: str | None
    request_id: str | None
    details: dict[str, Any] | None


def note(
    db: Connection,
    *,
    now: datetime,
    actor: str,
    action: str,
    athlete_id: str | None,
    subject: str | None = None,
    request_id: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Nothing; the deed is written down. `details` may hold roles, counts and ids, nothing that a person typed."""
    deed = {
        "id": new_id("aud", now),
        "at": now,
        "actor": actor,
        "action": action,
        "athlete_id": athlete_id,
        "subject": subject,
        "request_id": request_id,
        "details": None if details is None else dict(details),
    }
    db.execute(sa.insert(_table).values(deed))


def page(
    db: Connection, *, scope: Scope, limit: int, cursor: str | None = None, of_athlete: str | None = None
) -> Page[DeedRow]:
    """The deeds that concern athletes in scope (everyone: all there are), the newest first."""
    query = sa.select(*_table.c).where(scope.allows(_table.c.athlete_id))
    if of_athlete is not None:
        query = query.where(_table.c.athlete_id == of_athlete)
    return _NEWEST_FIRST.page(db, query, limit=limit, cursor=cursor, make=_row)


def _row(row: sa.RowMapping) -> DeedRow:
    return DeedRow(**row)
