"""What only the athlete knows of a run: whether there was a cramp, and what was drunk, eaten, weighed and slept."""

from __future__ import annotations

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from service import diary
from service.api import answers, documents, problems, shapes
from service.api.access import ActivityName, Visiting, checked
from service.api.openapi import IF_MATCH, NO_CONTENT, Responses, json_of, tagged
from service.api.parameters import strict_router
from service.api.wire import CrampReportIn, RunLogIn
from service.store import activities, cramp_reports, run_logs
from service.store.activities import ActivityRow

router = strict_router("activities")

_SLACK = 1.1
"""A place may lie so far beyond the run's end: races are measured otherwise than watches do."""

_AFTER_MIN = 360
"""A cramp within six hours after the run is one of it."""


def _put(model: type[shapes.Shape]) -> Responses:
    return tagged({**json_of(200, model, "Changed"), **json_of(201, model, "Told for the first time")})


@router.get(
    "/v1/activities/{activity}/cramp-report",
    operation_id="get_cramp_report",
    responses=tagged(json_of(200, shapes.CrampReport)),
)
def get_report(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """The athlete's answer; not there where nothing was answered, which is not "no cramp"."""
    with visit.reading() as db:
        row = cramp_reports.get(db, checked(activity, "act"), scope=visit.scope)
    return answers.stored(request, documents.cramp_report(row), revision=row.revision)


@router.put(
    "/v1/activities/{activity}/cramp-report",
    operation_id="put_cramp_report",
    responses=_put(shapes.CrampReport),
    openapi_extra=IF_MATCH,
)
def put_report(activity: ActivityName, body: CrampReportIn, visit: Visiting, request: Request) -> Response:
    """Say whether there was a cramp. The runs after this one are assessed again with it."""
    revision = answers.expected_revision(request)
    with visit.writing() as db:
        run = activities.get(db, checked(activity, "act"), scope=visit.scope)
        _demand_within(run, body)
        told = diary.report(db, run, document=body.model_dump(), now=visit.now, revision=revision)
        visit.house.send(db, told.errands)
        visit.note(db, "cramp_report.put", athlete_id=run.athlete_id, subject=run.id)
    content = documents.cramp_report(told.row)
    return answers.stored(request, content, revision=told.row.revision, status=201 if told.created else 200)


@router.delete(
    "/v1/activities/{activity}/cramp-report",
    operation_id="delete_cramp_report",
    status_code=204,
    responses=NO_CONTENT,
    openapi_extra=IF_MATCH,
)
def delete_report(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """Take the answer back."""
    revision = answers.expected_revision(request)
    with visit.writing() as db:
        run = activities.get(db, checked(activity, "act"), scope=visit.scope)
        visit.house.send(db, diary.forget_report(db, run, now=visit.now, revision=revision))
        visit.note(db, "cramp_report.deleted", athlete_id=run.athlete_id, subject=run.id)
    return Response(status_code=204)


@router.get("/v1/activities/{activity}/log", operation_id="get_run_log", responses=tagged(json_of(200, shapes.RunLog)))
def get_log(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """What was written down of the run."""
    with visit.reading() as db:
        row = run_logs.get(db, checked(activity, "act"), scope=visit.scope)
    return answers.stored(request, documents.run_log(row), revision=row.revision)


@router.put(
    "/v1/activities/{activity}/log",
    operation_id="put_run_log",
    responses=_put(shapes.RunLog),
    openapi_extra=IF_MATCH,
)
def put_log(activity: ActivityName, body: RunLogIn, visit: Visiting, request: Request) -> Response:
    """Write down what was drunk, eaten, weighed and slept. This run and those after it are assessed again with it."""
    revision = answers.expected_revision(request)
    with visit.writing() as db:
        run = activities.get(db, checked(activity, "act"), scope=visit.scope)
        told = diary.log(db, run, document=body.model_dump(), now=visit.now, revision=revision)
        visit.house.send(db, told.errands)
    content = documents.run_log(told.row)
    return answers.stored(request, content, revision=told.row.revision, status=201 if told.created else 200)


@router.delete(
    "/v1/activities/{activity}/log",
    operation_id="delete_run_log",
    status_code=204,
    responses=NO_CONTENT,
    openapi_extra=IF_MATCH,
)
def delete_log(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """Take the log back."""
    revision = answers.expected_revision(request)
    with visit.writing() as db:
        run = activities.get(db, checked(activity, "act"), scope=visit.scope)
        visit.house.send(db, diary.forget_log(db, run, now=visit.now, revision=revision))
    return Response(status_code=204)


def _demand_within(run: ActivityRow, body: CrampReportIn) -> None:
    """Raises RequestValidationError where an episode lies beyond the end of the run, as far as that is known."""
    later_min = _AFTER_MIN if body.when == "after" else 0
    for number, episode in enumerate(body.episodes):
        if episode.at_m is not None and run.distance_m is not None and episode.at_m > run.distance_m * _SLACK:
            raise _beyond(number, "at_m")
        ends_min = None if run.elapsed_s is None else run.elapsed_s * _SLACK / 60 + later_min
        if episode.minute is not None and ends_min is not None and episode.minute > ends_min:
            raise _beyond(number, "minute")


def _beyond(number: int, name: str) -> RequestValidationError:
    return problems.bad_field(f"episodes.{number}.{name}", "lies beyond the end of the run")
