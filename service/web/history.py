"""The page of an athlete's history: scores over time, distance a week, cramps; filters stand in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, Field, ValidationError
from starlette.responses import Response

from service.api import answers, documents
from service.api import history as history_api
from service.api.access import AthleteName, Visit, Visiting, zone_of
from service.api.documents import Voice
from service.api.history import Level, span
from service.api.wire import SportFilter, Wire, Word
from service.errors import BadCall
from service.store import history, risk_summary
from service.store.athletes import AthleteRow
from service.store.cursor import MAX_LIMIT
from service.store.history import Filters
from service.web import bar, lifting
from service.web.pages import page
from service.web.routes import page_router

router = page_router()

_PAGE = 50
_WEEKS = 26
"""Lines of the table of weeks that are seen at once; the others are folded."""

_MOST_ROWS = 50_000
"""Rows of a table for spreadsheets; nobody has run so often."""

LEVELS = ("low", "moderate", "high", "very_high")
SPORTS = ("running", "walking", "hiking", "cycling", "swimming")
WARNINGS = (
    *("fast_start", "start_above_fitness", "fade", "hilly", "duration", "spike", "weekly_10", "no_rest", "decoupling"),
    *("intensity", "heat", "dry_windy", "cold", "perf_drop", "monotony", "recurrent"),
)


LABELS: Mapping[str, str] = MappingProxyType(
    {
        "from": "from-day",
        "to": "to-day",
        "sport": "sport-head",
        "min_level": "level-from",
        "min_points_level": "points-level-from",
        "warning": "with-warning",
    }
)
"""The text over each field of the form."""


def _known_warning(code: str) -> str:
    if code not in WARNINGS:
        raise ValueError("is no code of a warning")
    return code


class Asked(Wire):
    """The filters of the page, as they stand in its address; what is empty is not asked for."""

    begun_from: Annotated[str | None, Field(alias="from", max_length=40)] = None
    to: Annotated[str | None, Field(max_length=40)] = None
    sport: SportFilter | None = None
    min_level: Level | None = None
    min_points_level: Level | None = None
    warning: Annotated[Word, AfterValidator(_known_warning)] | None = None
    cursor: Annotated[str | None, Field(max_length=400)] = None

    def filters(self, athlete: AthleteRow) -> Filters:
        """What the store is asked for. Raises RequestValidationError."""
        return Filters(
            **span(athlete, begun_from=self.begun_from, to=self.to),
            sport=self.sport,
            min_level=self.min_level,
            min_points_level=self.min_points_level,
            warning=self.warning,
        )

    def query(self) -> str:
        """The filters for an address, without the place in the list."""
        told = self.model_dump(by_alias=True, exclude={"cursor"}, exclude_none=True)
        return urlencode(told)


def _asked(told: Mapping[str, str], athlete: AthleteRow) -> tuple[Asked, Filters]:
    """What an address asks for. Raises RequestValidationError."""
    try:
        asked = Asked.model_validate(told)
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("query", *one["loc"])} for one in error.errors()]) from None
    return asked, asked.filters(athlete)


def _understood(told: Mapping[str, str], athlete: AthleteRow) -> tuple[Asked, Filters, tuple[str, ...]]:
    """What can be understood of it, and the names of what cannot: people meet such addresses in old links and typos."""
    refused: list[str] = []
    while True:
        try:
            asked, filters = _asked({name: told[name] for name in told if name not in refused}, athlete)
        except RequestValidationError as error:
            found = {one["loc"][-1] for one in error.errors()} & told.keys() - set(refused)
            if not found:
                raise
            refused += found
        else:
            return asked, filters, tuple(refused)


def _told(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if value}


def _weeks(summed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The weeks, the newest first; several without a run are one line, `gap`, that counts them."""
    lines: list[dict[str, Any]] = []
    for ran, some in groupby(reversed(summed), key=lambda week: week["runs"] > 0):
        alike = list(some)
        lines += alike if ran or len(alike) == 1 else [{"gap": len(alike), "start": alike[-1]["start"]}]
    return lines


@router.get("/athletes/{athlete}/history")
def shown(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """Runs by time, and weeks. A filter that means nothing is named, and left out."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
        asked, filters, refused = _understood(_told(request), row)
        try:
            found = history.page(db, row.id, filters=filters, limit=_PAGE, cursor=asked.cursor)
        except BadCall:
            found, refused = history.page(db, row.id, filters=filters, limit=_PAGE), (*refused, "cursor")
        voice = Voice.of(row, visit)
        rows = [documents.history_row(line, voice=voice) for line in found.items]
        me, lifted = visit.my_id(db), lifting.causes(db, rows, scope=visit.scope)
        timed = Filters(start=filters.start, end=filters.end, sport=filters.sport)
        weeks, totals = risk_summary.sums(db, row.id, filters=timed, bucket="week", zone=zone_of(row))
        left = totals
        if filters != timed:
            _, left = risk_summary.sums(db, row.id, filters=filters, bucket="week", zone=zone_of(row))
    context: dict[str, Any] = {
        "rows": rows,
        "lifted": lifted,
        "next_cursor": found.next_cursor,
        "weeks": _weeks([{"start": start.isoformat(), **sums.document()} for start, sums in weeks]),
        "weeks_shown": _WEEKS,
        "totals": totals.document(),
        "left": left.document(),
        "narrowed": filters != timed,
        "asked": asked.model_dump(by_alias=True),
        "refused": [LABELS[name] for name in LABELS if name in refused],
        "refused_cursor": "cursor" in refused,
        "refused_more": any(name not in LABELS and name != "cursor" for name in refused),
        "query": asked.query(),
        "levels": LEVELS[1:],
        "borders": bar.BORDERS,
        "sports": SPORTS,
        "codes": WARNINGS,
        "me": me,
        "status": 422 if refused else 200,
    }
    return page(request, visit, "history.html", athlete=row, **context)


@router.get("/athletes/{athlete}/history.csv")
def table(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """Every run that the filters leave, for a spreadsheet."""
    lines = _lines(visit, athlete, _told(request))
    headers = {"Content-Disposition": 'attachment; filename="risk-history.csv"'}
    return Response(history_api.csv_of(lines), 200, headers, answers.CSV)


def _lines(visit: Visit, athlete: str, told: Mapping[str, str]) -> list[dict[str, Any]]:
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
        (_, filters), voice = _asked(told, row), Voice.of(row, visit)
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while len(found) < _MOST_ROWS:
            part = history.page(db, row.id, filters=filters, limit=MAX_LIMIT, cursor=cursor)
            found += [documents.history_row(line, voice=voice) for line in part.items]
            cursor = part.next_cursor
            if cursor is None:
                break
    return found
