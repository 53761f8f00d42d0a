"""The page of one run: what happened, what raised the risk, where in the run, and what to do next time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Connection
from starlette.responses import Response

from service import examine, ingest
from service.api import activities as activity_api
from service.api import answers, diary, documents
from service.api.access import ActivityName, Visit, Visiting, checked
from service.api.documents import Voice
from service.api.wire import ActivityPatch, CrampReportIn, RunLogIn, UnmergeIn
from service.store import activities, cramp_reports, history, run_logs
from service.store import athletes as athlete_rows
from service.store.activities import ActivityRow
from service.store.athletes import AthleteRow
from service.store.cramp_reports import ReportRow
from service.store.run_logs import LogRow
from service.web import bar, findings, lifting, outing, sheets, telling
from service.web.forms import Filled, Paper, body_of
from service.web.pages import page, path_of
from service.web.routes import is_small, page_router, see

router = page_router()

POINTS = 1200
"""Samples that the charts are drawn from: more than there are pixels on most of them."""

_CHANNELS = (
    *("time_s", "distance_m", "altitude_m", "speed_mps", "gap_mps"),
    *("heart_rate_bpm", "cadence_spm", "lat_deg", "lon_deg"),
)
_FOOT = frozenset({"running", "walking", "hiking"})
_CADENCES = {"cycling": "rpm", "swimming": "strokes", "rowing": "strokes"}
SPORTS = ("running", "trail_running", "treadmill_running", "walking", "hiking", "cycling", "swimming", "rowing")
"""What a run may be said to be; the API takes any usual name."""

_TABLE_MOST = 400
"""Rows that a table shows at most; the API has all of them."""

_PART = re.compile(r"\d{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Read:
    """A run as its page and its forms show it: row and document, whose it is, and the digests of the runs before."""

    row: ActivityRow
    athlete: AthleteRow
    run: dict[str, Any]
    earlier: Sequence[dict[str, Any]]
    hide_amounts: bool

    @classmethod
    def of(cls, db: Connection, visit: Visit, activity: str) -> _Read:
        """Raises NotFound."""
        row, athlete = _owned(db, visit, activity)
        voice = Voice.of(athlete, visit)
        run = documents.one_activity(db, visit, row, voice=voice)
        earlier = history.digests(db, athlete.id, before=row.started_at)
        return cls(row, athlete, run, earlier, voice.hide_amounts)

    def told(self, *, part: str, paper: Paper | None) -> dict[str, Any]:
        """What its forms hold."""
        return telling.told(
            self.run,
            self.row,
            self.athlete,
            history=self.earlier,
            hide_amounts=self.hide_amounts,
            part=part,
            paper=paper,
        )


@router.get("/activities/{activity}")
def activity(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """One run."""
    return _page(activity, visit, request)


def _page(activity: str, visit: Visit, request: Request, *, part: str = "", paper: Paper | None = None) -> Response:
    """The page of the run; with a `paper`, that form of it (`part`) is as it was filled in, and refused."""
    with visit.reading() as db:
        read = _Read.of(db, visit, activity)
        state = activities.state(db, read.row.id, scope=visit.scope)
        stale = athlete_rows.stale(db, read.athlete.id)
        around = outing.around(db, read.row)
        lifted_by = _lifted_by(db, read.run, visit)
    row, athlete, run = read.row, read.athlete, read.run
    stored = ingest.restore(visit.house.blobs, row, state=state)
    tables = {
        "splits": examine.splits(stored, unit="mi" if athlete.units == "imperial" else "km")[:_TABLE_MOST],
        "laps": examine.laps(stored)[:_TABLE_MOST],
        "climbs": examine.climbs(stored)[:_TABLE_MOST],
        "zones": examine.zones(stored, profile=asdict(athlete), history=read.earlier),
    }
    more = {
        **around,
        **_assessed(run),
        "lifted_by": lifted_by,
        **_drawn(run, visit),
        **read.told(part=part, paper=paper),
        "sports": SPORTS,
        "as_filed": sheets.AS_FILED,
        "ends_early": any(note["code"] == "truncated" for note in (run["assessment"] or {}).get("data_quality", ())),
        "saved": False,
        "is_behind": stale is not None and stale.since <= row.started_at,
        "status": 200 if paper is None else paper.status,
    }
    return page(request, visit, "activity.html", athlete=athlete, run=run, **tables, **more)


def _lifted_by(db: Connection, run: dict[str, Any], visit: Visit) -> tuple[str, ...]:
    """The conditions that lifted the level of the run above its points; none where nothing did."""
    if run["assessment"] is None:
        return ()
    level = {name: run["assessment"][name] for name in ("level", "level_source")}
    codes = tuple(dict.fromkeys(one["code"] for one in run["assessment"]["warnings"]))
    row = {**level, "activity_id": run["id"], "warnings": codes}
    return lifting.causes(db, [row], scope=visit.scope).get(run["id"], ())


def _assessed(run: dict[str, Any]) -> dict[str, Any]:
    """What the assessment came to, laid out."""
    assessment = run["assessment"]
    if assessment is None:
        return {"assessment": None, "covered_m": None, "heart_unused": None, "judges_weather": True}
    reminders, notes = assessment["reminders"], assessment["data_quality"]
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
        "quality": findings.quality(notes),
        "covered_m": findings.covered_m(notes, run["summary"]["distance_m"]),
        "heart_unused": findings.heart_unused(notes),
        "judges_weather": any(one["signal"] == "weather" for one in assessment["not_assessed"]),
    }


def _drawn(run: dict[str, Any], visit: Visit) -> dict[str, Any]:
    """What charts and map need to know; the samples themselves they ask the API for."""
    query = urlencode({"channels": ",".join(_CHANNELS), "max_points": POINTS, "scaled": "true"})
    settings, on_foot = visit.house.settings, run["sport"] in _FOOT
    return {
        "streams": f"/v1/activities/{run['id']}/streams?{query}",
        "on_foot": on_foot,
        "cadence_unit": _CADENCES.get(run["sport"], "spm" if on_foot else "per_min"),
        "tiles": settings.map_tiles,
        "attribution": settings.map_attribution,
    }


@router.post("/activities/{activity}/cramp-report")
def report(activity: ActivityName, visit: Visiting, request: Request, form: Filled) -> Response:
    """Whether there was a cramp."""
    with visit.reading() as db:
        run, athlete = _owned(db, visit, activity)
        row = cramp_reports.some(db, [run.id], scope=visit.scope).get(run.id)
    held: dict[str, Any] = {} if row is None else row.document
    try:
        told = sheets.report_of(form, held=held, units=athlete.units)
        diary.put_report(activity, body_of(CrampReportIn, told), visit, _matching(request, row))
    except RequestValidationError as error:
        paper = sheets.REPORT.refused(form, error, athlete.units, held=sheets.report_held(held))
        return _refused(activity, visit, request, part="cramp", paper=paper)
    return _kept(activity, visit, request, part="cramp")


@router.post("/activities/{activity}/log")
def log(activity: ActivityName, visit: Visiting, request: Request, form: Filled) -> Response:
    """What was drunk, eaten, weighed and slept."""
    with visit.reading() as db:
        run, athlete = _owned(db, visit, activity)
        row = run_logs.some(db, [run.id], scope=visit.scope).get(run.id)
    held: dict[str, Any] = {} if row is None else row.document
    try:
        told = {**held, **sheets.LOG.changed(form, athlete.units, held=held)}
        diary.put_log(activity, body_of(RunLogIn, told), visit, _matching(request, row))
    except RequestValidationError as error:
        paper = sheets.LOG.refused(form, error, athlete.units, held=held)
        return _refused(activity, visit, request, part="log", paper=paper)
    return _kept(activity, visit, request, part="log")


def _matching(request: Request, row: ReportRow | LogRow | None) -> Request:
    """The request as one that replaces this very version alone (`If-Match`), as it was told from what that holds."""
    if row is None:
        return request
    tag = answers.tag_of(b"", revision=row.revision)
    return Request({**request.scope, "headers": [*request.scope["headers"], (b"if-match", tag.encode())]})


@router.post("/activities/{activity}/change")
def change(activity: ActivityName, visit: Visiting, request: Request, form: Filled) -> Response:
    """What a person says of the run: its name, sport, weather, and a note. It is assessed again with that."""
    with visit.reading() as db:
        row, athlete = _owned(db, visit, activity)
    held = sheets.run_held(row)
    try:
        told = sheets.run_of(form, held=held, units=athlete.units)
        activity_api.patch(activity, body_of(ActivityPatch, told), visit, request)
    except RequestValidationError as error:
        paper = sheets.RUN.refused(form, error, athlete.units, held=held)
        return _page(activity, visit, request, part="change", paper=paper)
    return see(f"/activities/{activity}")


@router.post("/activities/{activity}/delete")
def delete(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """The run is gone, with its files."""
    with visit.reading() as db:
        _, owner = _owned(db, visit, activity)
    activity_api.delete(activity, visit, request)
    return see(path_of(owner), done="deleted")


@router.post("/activities/{activity}/unmerge")
def unmerge(activity: ActivityName, visit: Visiting, form: Filled) -> Response:
    """One of several records of the run is a run of its own from now on."""
    with visit.reading() as db:
        _owned(db, visit, activity)
    part = form.text("part") or ""
    told = {"sha256": form.text("sha256"), "part": int(part) if _PART.fullmatch(part) else part}
    activity_api.unmerge(activity, body_of(UnmergeIn, told), visit)
    return see(f"/activities/{activity}#files")


def _owned(db: Connection, visit: Visit, activity: str) -> tuple[ActivityRow, AthleteRow]:
    """The run, and whose it is. Raises NotFound."""
    row = activities.get(db, checked(activity, "act"), scope=visit.scope)
    return row, visit.athlete(db, row.athlete_id)


def _refused(activity: str, visit: Visit, request: Request, *, part: str, paper: Paper) -> Response:
    """What was written, with what is wrong with it: for htmx the form alone, else the page around it."""
    if is_small(request):
        return _form(activity, visit, request, part=part, paper=paper)
    return _page(activity, visit, request, part=part, paper=paper)


def _kept(activity: str, visit: Visit, request: Request, *, part: str) -> Response:
    """The form anew for htmx, else the way back to it."""
    if is_small(request):
        return _form(activity, visit, request, part=part)
    return see(f"/activities/{activity}#{part}")


def _form(activity: str, visit: Visit, request: Request, *, part: str, paper: Paper | None = None) -> Response:
    """One of the forms (`cramp`, `log`), which htmx puts in place of the one before."""
    with visit.reading() as db:
        read = _Read.of(db, visit, activity)
    more = {
        **read.told(part=part, paper=paper),
        "saved": paper is None,
        "is_behind": False,
        "status": 200 if paper is None else paper.status,
    }
    return page(request, visit, f"{part}_form.html", athlete=read.athlete, run=read.run, **more)
