"""The feed of what happened, for whoever keeps in step with it or missed a webhook."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from service.api import answers, documents
from service.api.access import Visiting
from service.api.documents import Voice
from service.api.openapi import json_of
from service.api.paging import Cursor, Limit
from service.api.parameters import strict_router
from service.api.shapes import Page, Shape
from service.api.wire import words
from service.store import athletes, events

router = strict_router("events")

_LAST = 2**63 - 1


class Event(Shape):
    """Something that happened. `sequence` grows; `external_id` is the caller's id of the run."""

    sequence: int
    id: str
    type: str
    created_at: str
    athlete_id: str
    activity_id: str | None
    external_id: str | None
    headline: str | None
    previous_level: str | None
    level: str | None
    data: dict[str, Any]
    """What else belongs to this type of event."""


class EventPage(Page):
    """Events, the oldest first."""

    items: list[Event]


@router.get("/v1/events", operation_id="list_events", responses=json_of(200, EventPage))
def page(
    *,
    visit: Visiting,
    after: Annotated[int, Query(ge=0, le=_LAST, description="The sequence of the last event that you have.")] = 0,
    types: Annotated[str | None, Query(max_length=500, description="Comma list; absent: all.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """What happened after that, the oldest first, for 30 days. None is ever added before one that you have seen."""
    wanted = words(types, known=events.TYPES, field="types")
    with visit.reading() as db:
        found = events.page(db, scope=visit.scope, limit=limit, after=after, types=wanted, cursor=cursor)
        whose = athletes.some(db, {row.athlete_id for row in found.items}, scope=visit.scope)
    voices = {name: Voice.of(row, visit) for name, row in whose.items()}
    listed = (documents.event(row, voice=voices.get(row.athlete_id)) for row in found.items)
    return answers.listed(listed, found.next_cursor)
