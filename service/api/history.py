"""The risk history: one row an activity, for people and spreadsheets."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query, Request
from starlette.responses import Response

from service.api import answers, documents
from service.api.access import AthleteName, Visiting, zone_of
from service.api.documents import HISTORY_FIELDS, Voice
from service.api.openapi import csv_too, json_of
from service.api.paging import Cursor, Limit
from service.api.parameters import strict_router
from service.api.shapes import Page, Shape
from service.api.wire import SportFilter, Word, instant
from service.store import history
from service.store.athletes import AthleteRow
from service.store.history import Filters

router = strict_router("history")

Level = Literal["low", "moderate", "high", "very_high"]
From = Annotated[str | None, Query(alias="from", max_length=40, description="Begun then or later: a date or a time.")]
To = Annotated[str | None, Query(max_length=40, description="Begun before then; a date is meant with the whole day.")]


class HistoryRow(Shape):
    """One activity in the risk history."""

    activity_id: str
    external_id: str | None
    started_at: str
    sport: str | None
    name: str | None
    distance_m: float | None
    moving_s: float | None
    status: str | None
    score: int | None
    forecast_score: int | None
    level: str | None
    points_level: str | None
    level_source: str | None
    warnings: list[str]
    cramp: str | None
    headline: str | None
    red_flags: list[str]
    """Danger signs that were told of the run: no training advice should stand beside them."""
    utc_offset_s: int | None
    """Of the clock where it was run; not in the table."""


class HistoryPage(Page):
    """Rows of the risk history."""

    items: list[HistoryRow]


@router.get(
    "/v1/athletes/{athlete}/risk-history",
    operation_id="list_risk_history",
    responses=csv_too(json_of(200, HistoryPage)),
)
def page(
    *,
    athlete: AthleteName,
    visit: Visiting,
    request: Request,
    begun_from: From = None,
    to: To = None,
    sport: Annotated[SportFilter | None, Query()] = None,
    min_level: Annotated[Level | None, Query()] = None,
    min_points_level: Annotated[Level | None, Query()] = None,
    warning: Annotated[Word | None, Query()] = None,
    order: Annotated[Literal["desc", "asc"], Query()] = "desc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """What each run came to. A date without a time is a day in the athlete's zone."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
        filters = Filters(
            **span(row, begun_from=begun_from, to=to),
            sport=sport,
            min_level=min_level,
            min_points_level=min_points_level,
            warning=warning,
        )
        found = history.page(db, row.id, filters=filters, limit=limit, order=order, cursor=cursor)
    voice = Voice.of(row, visit)
    lines = [documents.history_row(line, voice=voice) for line in found.items]
    if answers.wants_csv(request):
        return _as_csv(request, lines, found.next_cursor)
    return answers.listed(lines, found.next_cursor)


def span(athlete: AthleteRow, *, begun_from: str | None, to: str | None) -> dict[str, Any]:
    """`start` and `end` of the filters. Raises RequestValidationError."""
    zone = zone_of(athlete)
    return {
        "start": None if begun_from is None else instant(begun_from, zone=zone, field="from"),
        "end": None if to is None else instant(to, zone=zone, field="to", end=True),
    }


def _as_csv(request: Request, lines: list[dict[str, Any]], next_cursor: str | None) -> Response:
    """The page as CSV; the way on stands in a Link header, since a table has no place for it."""
    headers = {"Content-Disposition": 'attachment; filename="risk-history.csv"'}
    if next_cursor is not None:
        headers["Link"] = f'<{request.url.include_query_params(cursor=next_cursor)}>; rel="next"'
    return Response(csv_of(lines), 200, headers, answers.CSV)


def csv_of(lines: list[dict[str, Any]]) -> bytes:
    """Rows of the history as a table."""
    return answers.as_csv(HISTORY_FIELDS, [documents.history_cells(line) for line in lines])
