"""The risk history in sums: by week or month, with the load of the moment and the places of reported cramps."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from starlette.responses import Response

from service import standing
from service.api import answers
from service.api.access import AthleteName, Visiting, zone_of
from service.api.history import From, To, span
from service.api.openapi import csv_too, json_of
from service.api.parameters import strict_router
from service.api.shapes import Shape
from service.api.wire import SportFilter
from service.store import history, risk_summary
from service.store.history import Filters

router = strict_router("history")


class Levels(Shape):
    """How many runs came to each level."""

    low: int
    moderate: int
    high: int
    very_high: int


class Totals(Shape):
    """What some runs came to. `warnings` has the number of runs with each code, `cramps` are among the `answers`."""

    runs: int
    distance_m: float | None
    moving_s: float | None
    score_mean: float | None
    score_max: int | None
    levels: Levels
    warnings: dict[str, int]
    cramps: int
    answers: int


class Bucket(Totals):
    """A week or a month; `start` is its first day in the athlete's zone."""

    start: str


class Load(Shape):
    """The running load of the moment; null where too little is known."""

    longest_30d_m: float | None
    week_distance_m: float | None
    """Of the ISO week so far."""
    week_vs_usual_pct: float | None
    """Above (+) or below (-) the mean of the three weeks before."""
    days_since_rest: int | None
    """Days in a row with a run, up to today or yesterday."""


class CrampPosition(Shape):
    """Where cramps were reported: in the kilometre that begins at `at_m`, or from that minute on, for ten."""

    at_m: float | None
    minute: float | None
    n: int


class RiskSummary(Shape):
    """A stretch of the risk history in sums; sports without a score are in none of them."""

    buckets: list[Bucket]
    totals: Totals
    current: Load
    cramp_positions: list[CrampPosition]


@router.get(
    "/v1/athletes/{athlete}/risk-summary",
    operation_id="get_risk_summary",
    responses=csv_too(json_of(200, RiskSummary)),
)
def summary(
    *,
    athlete: AthleteName,
    visit: Visiting,
    request: Request,
    begun_from: From = None,
    to: To = None,
    sport: Annotated[SportFilter | None, Query()] = None,
    bucket: Annotated[
        Literal["week", "month"], Query(description="ISO weeks, or months, of the athlete's zone.")
    ] = "week",
) -> Response:
    """What the runs of a stretch of time came to. As CSV: its weeks or months alone."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
        filters = Filters(**span(row, begun_from=begun_from, to=to), sport=sport)
        listed, totals = risk_summary.sums(db, row.id, filters=filters, bucket=bucket, zone=zone_of(row))
        positions = risk_summary.cramp_positions(db, row.id, filters=filters)
        known = history.digests(db, row.id, before=visit.now)
    buckets = [{"start": start.isoformat(), **sums.document()} for start, sums in listed]
    if answers.wants_csv(request):
        return _as_csv(buckets)
    content = {
        "buckets": buckets,
        "totals": totals.document(),
        "current": standing.load(profile=asdict(row), history=known, at=visit.now),
        "cramp_positions": positions,
    }
    return answers.document(content)


def _as_csv(buckets: list[dict[str, Any]]) -> Response:
    """A line for each week or month; each level has a column, and the warnings stand in one as `code:runs`."""
    levels = list(Levels.model_fields)
    plain = [name for name in Bucket.model_fields if name not in ("levels", "warnings")]
    table = [
        [
            *(one[name] for name in plain),
            *(one["levels"][level] for level in levels),
            " ".join(f"{code}:{n}" for code, n in one["warnings"].items()),
        ]
        for one in buckets
    ]
    headers = {"Content-Disposition": 'attachment; filename="risk-summary.csv"'}
    return Response(answers.as_csv([*plain, *levels, "warnings"], table), 200, headers, answers.CSV)
