"""The page of one run: what happened, what raised the risk, where in the run, and what to do next time."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from service import examine, ingest
from service.api import diary, documents
from service.api.access import ActivityName, Visit, Visiting, checked
from service.api.documents import Voice
from service.api.wire import CrampReportIn, RunLogIn
from service.store import activities, history
from service.store.athletes import AthleteRow
from service.web import bar, findings, forms, outing
from service.web.forms import Filled
from service.web.pages import page
from service.web.routes import is_small, page_router, see

router = page_router()

Body = TypeVar("Body", bound=BaseModel)

POINTS = 1200
"""Samples that the charts are drawn from: more than there are pixels on most of them."""

_CHANNELS = (
    *("time_s", "distance_m", "altitude_m", "speed_mps", "gap_mps"),
    *("heart_rate_bpm", "cadence_spm", "lat_deg", "lon_deg"),
)
_FOOT = frozenset({"running", "walking", "hiking"})
_TABLE_MOST = 400
"""Rows that a table shows at most; the API has all of them."""


@router.get("/activities/{activity}")
def activity(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """One run."""
    with visit.reading() as db:
        row = activities.get(db, checked(activity, "act"), scope=visit.scope)
        athlete = visit.athlete(db, row.athlete_id)
        run = documents.one_activity(db, visit, row, voice=Voice.of(athlete, visit))
        state = activities.state(db, row.id, scope=visit.scope)
        earlier = history.digests(db, athlete.id, before=row.started_at)
        parts = outing.parts(db, row)
    stored = ingest.restore(visit.house.blobs, row, state=state)
    tables = {
        "splits": examine.splits(stored, unit="mi" if athlete.units == "imperial" else "km")[:_TABLE_MOST],
        "laps": examine.laps(stored)[:_TABLE_MOST],
        "climbs": examine.climbs(stored)[:_TABLE_MOST],
        "zones": examine.zones(stored, profile=asdict(athlete), history=earlier),
    }
    more = {"outing": parts, **tables, **_assessed(run), **_drawn(run, visit)}
    return page(request, visit, "activity.html", athlete=athlete, run=run, **more)


def _assessed(run: dict[str, Any]) -> dict[str, Any]:
    """What the assessment came to, laid out."""
    assessment = run["assessment"]
    if assessment is None:
        return {"assessment": None}
    reminders = assessment["reminders"]
    return {
        "assessment": assessment,
        "parts": bar.parts(assessment["explanation"]),
        "borders": bar.BORDERS,
        "found": findings.found(assessment["warnings"], distance_m=run["summary"]["distance_m"]),
        "asked": findings.asked(assessment["questions"]),
        "reminders": findings.phases(reminders, primary=True),
        "more_reminders": findings.phases(reminders, primary=False),
        "marks": findings.marks(one for one in reminders if one["phase"] == "during"),
        "safety": findings.safety(reminders),
        "quality": findings.quality(assessment["data_quality"]),
    }


def _drawn(run: dict[str, Any], visit: Visit) -> dict[str, Any]:
    """What charts and map need to know; the samples themselves they ask the API for."""
    query = urlencode({"channels": ",".join(_CHANNELS), "max_points": POINTS, "scaled": "true"})
    settings = visit.house.settings
    return {
        "streams": f"/v1/activities/{run['id']}/streams?{query}",
        "on_foot": run["sport"] in _FOOT,
        "tiles": settings.map_tiles,
        "attribution": settings.map_attribution,
        **_told(run),
    }


def _told(run: dict[str, Any]) -> dict[str, Any]:
    """What the athlete has told of the run, and what is said to a report."""
    report = run["cramp_report"]
    advice = [] if report is None else examine.after_report(report)
    return {"report": report, "after_report": advice, "log": run["log"]}


@router.post("/activities/{activity}/cramp-report")
def report(activity: ActivityName, visit: Visiting, request: Request, form: Filled) -> Response:
    """Whether there was a cramp."""
    body = _valid(CrampReportIn, forms.report_of(form, units=_athlete(activity, visit).units))
    diary.put_report(activity, body, visit, request)
    return _changed(activity, visit, request, part="cramp")


@router.post("/activities/{activity}/log")
def log(activity: ActivityName, visit: Visiting, request: Request, form: Filled) -> Response:
    """What was drunk, eaten, weighed and slept."""
    body = _valid(RunLogIn, forms.log_of(form, units=_athlete(activity, visit).units))
    diary.put_log(activity, body, visit, request)
    return _changed(activity, visit, request, part="log")


def _athlete(activity: str, visit: Visit) -> AthleteRow:
    with visit.reading() as db:
        row = activities.get(db, checked(activity, "act"), scope=visit.scope)
        return visit.athlete(db, row.athlete_id)


def _valid(model: type[Body], told: dict[str, Any]) -> Body:
    """The body that the form stands for. Raises RequestValidationError."""
    try:
        return model.model_validate(told)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None


def _changed(activity: str, visit: Visit, request: Request, *, part: str) -> Response:
    """The part of the page anew for htmx, else the way back to it."""
    if not is_small(request):
        return see(f"/activities/{activity}#{part}")
    with visit.reading() as db:
        row = activities.get(db, checked(activity, "act"), scope=visit.scope)
        athlete = visit.athlete(db, row.athlete_id)
        run = documents.one_activity(db, visit, row, voice=Voice.of(athlete, visit))
    return page(request, visit, f"{part}_form.html", athlete=athlete, run=run, saved=True, **_told(run))
