"""What else there is of the same time: the parts of a triathlon, a ride with a run behind it, or a second record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from service import examine
from service.store import activities
from service.store.activities import ActivityRow
from service.store.timeline import Filters

_REACH = timedelta(days=2)
_MOST = 100


def around(db: Connection, row: ActivityRow) -> dict[str, list[dict[str, Any]]]:
    """What else there is of the run's time, in order.

    `outing` has the activities of one outing, the run among them; none where it stands alone. `twins` are others that
    cover the same time, and are likely records of the same run. Changes between two parts of an outing are left out,
    unless one of them is the activity in hand.
    """
    window = Filters(start=row.started_at - _REACH, end=row.started_at + _REACH)
    near = activities.page(db, row.athlete_id, filters=window, limit=_MOST, order="asc").items
    at = next((index for index, one in enumerate(near) if one.id == row.id), None)
    if at is None:
        return {"outing": [], "twins": []}
    spans = [(one.started_at, one.elapsed_s or one.moving_s or 0.0) for one in near]
    family = examine.family_of(row.sport)
    twins = [near[index] for index in examine.overlapping(spans, at) if examine.family_of(near[index].sport) == family]
    seen = {one.id for one in twins}
    chosen = [near[index] for index in examine.together(spans, at) if near[index].id not in seen]
    shown = [one for one in chosen if one.sport != "transition" or one.id == row.id]
    return {
        "outing": [_part(one, here=one.id == row.id) for one in shown] if len(shown) > 1 else [],
        "twins": [_part(one, here=False) for one in twins],
    }


def _part(row: ActivityRow, *, here: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "sport": row.sport,
        "distance_m": row.distance_m,
        "elapsed_s": row.elapsed_s,
        "here": here,
    }
