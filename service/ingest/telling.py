"""What happened to a run, told to the feed in the transaction in which it became true, as the last thing in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from service.store import assessments, events
from service.store.activities import ActivityRow
from service.store.scope import Scope


def tell(
    db: Connection,
    athlete_id: str,
    *,
    what: str,
    activity_id: str,
    now: datetime,
    external_id: str | None = None,
    assessment: Mapping[str, Any] | None = None,
    previous_level: str | None = None,
) -> None:
    """Nothing; the feed has the event, with the headline and the level of the assessment where there is one."""
    data: dict[str, Any] = {"previous_level": previous_level}
    if assessment is not None:
        data |= {"headline": assessment.get("headline"), "level": assessment.get("level")}
    events.append(db, athlete_id, type=what, activity_id=activity_id, external_id=external_id, data=data, now=now)


def tell_updated(db: Connection, before: ActivityRow, *, now: datetime) -> None:
    """Nothing; the feed has heard that an activity, which was like this before, is another now."""
    current = assessments.current(db, [before.id], scope=Scope.of(before.athlete_id)).get(before.id)
    tell(
        db,
        before.athlete_id,
        what="activity.updated",
        activity_id=before.id,
        external_id=before.external_id,
        assessment=None if current is None else current.document,
        previous_level=before.level,
        now=now,
    )
