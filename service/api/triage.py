"""Triage for coaches: the athletes whose runs changed most since one last looked, with the runs that show it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy import Connection
from starlette.responses import Response

from service.api import answers
from service.api.access import AthleteName, Visit, Visiting
from service.api.documents import Voice, utc
from service.api.openapi import json_of
from service.api.paging import Cursor, Limit
from service.api.parameters import strict_router
from service.api.shapes import Page, Shape
from service.api.wire import instant
from service.store import athletes, cursor, triage
from service.store.athletes import AthleteRow
from service.store.triage import Case, NewRun

router = strict_router("triage")

MOST_RUNS = 20
"""Runs that are listed of one athlete; `runs` counts all."""

_LISTING = "triage"


class TriageRun(Shape):
    """A run that is new, with those of its warnings that none of the runs of the six weeks before had."""

    activity_id: str
    started_at: str
    utc_offset_s: int | None
    name: str | None
    sport: str | None
    score: int | None
    """The points of the run as it went."""
    forecast_score: int | None
    """The points of a similar run to come: without what only shows afterwards. By it athletes are sorted."""
    level: str | None
    points_level: str | None
    level_source: str | None
    warnings: list[str]
    new_warnings: list[str]
    cramp: str | None
    red_flags: list[str]
    """Danger signs that were told of the run: no training advice should stand beside them."""
    headline: str | None


class TriageCase(Shape):
    """One athlete with something new."""

    athlete_id: str
    external_id: str | None
    name: str | None
    timezone: str | None
    """Where the days of runs whose file tells no offset are counted."""
    since: str
    seen_at: str | None
    """When you last looked; null where you have not, or `since` was asked for."""
    runs: int
    forecast_score: int | None
    """The highest of the new runs."""
    usual_score: float | None
    """The median of the six weeks before; null where fewer than three runs tell it."""
    change: int | None
    new_warnings: list[str]
    cramps: int
    """New runs with a reported cramp."""
    reasons: list[TriageRun]
    """The new runs: those with a danger sign first, then by the forecast score, the highest first; twenty at most."""


class TriagePage(Page):
    """Athletes, the greatest rise of the forecast score first."""

    items: list[TriageCase]


class Seen(Shape):
    """That somebody has looked."""

    athlete_id: str
    seen_at: str


@router.get("/v1/triage", operation_id="list_triage", responses=json_of(200, TriagePage))
def page(
    visit: Visiting,
    since: Annotated[str | None, Query(max_length=40, description="A date or time; absent: since you looked.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The athletes with new runs, sorted by how far the forecast score rose above what is usual for each.

    The forecast score leaves out what only shows afterwards; what lifts a level without points plays no part.
    """
    at = None if since is None else instant(since, zone=UTC, field="since")
    with visit.reading() as db:
        items, next_cursor = cases(db, visit, since=at, limit=limit, after=cursor)
    return answers.listed(items, next_cursor)


@router.post("/v1/triage/{athlete}/seen", operation_id="mark_triage_seen", responses=json_of(200, Seen))
def seen(athlete: AthleteName, visit: Visiting) -> Response:
    """Say that you have looked: what this athlete sends from now on is new again."""
    with visit.writing() as db:
        row = visit.athlete(db, athlete)
        triage.see(db, row.id, actor=actor_of(visit), now=visit.now)
    return answers.document({"athlete_id": row.id, "seen_at": utc(visit.now)})


def actor_of(visit: Visit) -> str:
    """Who looks: the id of a key, or `local`."""
    return visit.caller.id


def cases(
    db: Connection, visit: Visit, *, since: datetime | None, limit: int, after: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of cases as documents, and the cursor that leads on. Raises BadCall for a cursor of another list."""
    found = triage.cases(db, scope=visit.scope, actor=actor_of(visit), since=since, now=visit.now)
    if after is not None:
        behind = cursor.decode(_LISTING, after, (int, int, int, str))
        found = [case for case in found if case.rank > behind]
    shown = found[:limit]
    rows = athletes.some(db, {case.athlete_id for case in shown}, scope=visit.scope)
    items = [_document(case, rows[case.athlete_id], visit) for case in shown if case.athlete_id in rows]
    return items, cursor.encode(_LISTING, shown[-1].rank) if len(found) > limit else None


def _document(case: Case, athlete: AthleteRow, visit: Visit) -> dict[str, Any]:
    voice = Voice.of(athlete, visit)
    reasons = sorted(case.runs, key=_weight, reverse=True)
    return {
        "athlete_id": athlete.id,
        "external_id": athlete.external_id,
        "name": athlete.name,
        "timezone": athlete.timezone,
        "since": utc(case.since),
        "seen_at": None if case.seen_at is None else utc(case.seen_at),
        "runs": len(case.runs),
        "forecast_score": case.forecast_score,
        "usual_score": case.usual_score,
        "change": case.change,
        "new_warnings": list(case.new_warnings),
        "cramps": case.cramps,
        "reasons": [_reason(run, voice) for run in reasons[:MOST_RUNS]],
    }


def _weight(run: NewRun) -> tuple[bool, int]:
    return bool(run.red_flags), -1 if run.forecast_score is None else run.forecast_score


def _reason(run: NewRun, voice: Voice) -> dict[str, Any]:
    return {
        "activity_id": run.activity_id,
        "started_at": utc(run.started_at),
        "utc_offset_s": run.utc_offset_s,
        "name": run.name,
        "sport": run.sport,
        "score": run.score,
        "forecast_score": run.forecast_score,
        "level": run.level,
        "points_level": run.points_level,
        "level_source": run.level_source,
        "warnings": list(run.warnings),
        "new_warnings": list(run.new_warnings),
        "cramp": run.cramp,
        "red_flags": list(run.red_flags),
        "headline": voice.headline(run.headline),
    }
