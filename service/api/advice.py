"""Standing advice: what the athlete's days, weeks and months ask for now, apart from any one run."""

from __future__ import annotations

from dataclasses import asdict

from starlette.responses import Response

from service import examine
from service.api import answers
from service.api.access import AthleteName, Visiting
from service.api.openapi import json_of
from service.api.parameters import strict_router
from service.api.shapes import Reminder, Shape
from service.store import history

router = strict_router("athletes")


class StandingAdvice(Shape):
    """The reminders that hold now, the most relevant first."""

    items: list[Reminder]
    next_cursor: str | None
    """Always null: the list is short."""


@router.get("/v1/athletes/{athlete}/advice", operation_id="list_advice", responses=json_of(200, StandingAdvice))
def standing(*, athlete: AthleteName, visit: Visiting) -> Response:
    """Daily, weekly and monthly reminders, from the profile and the runs of the last half year."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
        digests = history.digests(db, row.id, before=visit.now)
    items = examine.standing_advice(
        profile=asdict(row), history=digests, at=visit.now, language=visit.language, units=row.units
    )
    return answers.listed(items, None)
