"""What was done just before and after a run: the parts of a triathlon, or a ride with a run behind it."""

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


def parts(db: Connection, row: ActivityRow) -> list[dict[str, Any]]:
    """The activities of one outing in order, the run among them; none where it stands alone.

    Changes between two parts are left out, unless one of them is the activity in hand.
    """
    around = Filters(start=row.started_at - _REACH, end=row.started_at + _REACH)
    near = activities.page(db, row.athlete_id, filters=around, limit=_MOST, order="asc").items
    at = next((index for index, one in enumerate(near) if one.id == row.id), None)
    if at is None:
        return []
    spans = [(one.started_at, one.elapsed_s or one.moving_s or 0.0) for one in near]
    chosen = [near[index] for index in examine.together(spans, at)]
    shown = [one for one in chosen if one.sport != "transition" or one.id == row.id]
    return [_part(one, here=one.id == row.id) for one in shown] if len(shown) > 1 else []


def _part(row: ActivityRow, *, here: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "sport": row.sport,
        "distance_m": row.distance_m,
        "elapsed_s": row.elapsed_s,
        "here": here,
    }
