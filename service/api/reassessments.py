"""Reassessments: assess stored runs by the present rules, see what would change, and let it count."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from sqlalchemy import Connection
from starlette.responses import Response

from service import examine
from service.api import answers, documents
from service.api.access import Visit, Visiting, checked
from service.api.openapi import json_of
from service.api.paging import Cursor, Limit
from service.api.parameters import strict_router
from service.api.shapes import Shape
from service.api.wire import ReassessmentIn
from service.errands import ADOPT, REASSESS, Errand
from service.errors import Conflict
from service.store import reassessments
from service.store.reassessments import ItemRow, ReassessmentRow

router = strict_router("operation")

Name = Annotated[str, Path(description="A reassessment's id.", max_length=64)]


class Reassessment(Shape):
    """Stored runs assessed by the present rules: `done` of `total` looked at, `changed` would be seen to change.

    `status` goes from `queued` over `running` to `done`, and, once adopted, over `adopting` to `adopted`.
    """

    id: str
    athlete_id: str | None
    status: str
    ruleset_version: str
    total: int
    done: int
    changed: int
    requested_at: str
    finished_at: str | None
    adopted_at: str | None


class WarningCodes(Shape):
    """Codes of warnings that would come, go, or say something else."""

    added: list[str]
    removed: list[str]
    changed: list[str]


class Verdict(Shape):
    """What an assessment comes to."""

    status: str
    score: int | None
    forecast_score: int | None
    level: str | None


class ReassessedRun(Shape):
    """A run whose assessment would change."""

    activity_id: str
    started_at: str
    utc_offset_s: int | None
    warnings: WarningCodes
    before: Verdict
    after: Verdict


class ReassessmentWithItems(Reassessment):
    """A reassessment with the runs that would change, the oldest first."""

    items: list[ReassessedRun]
    next_cursor: str | None


@router.post(
    "/v1/reassessments",
    operation_id="request_reassessment",
    status_code=202,
    responses=json_of(202, Reassessment, "It is worked off; look again at `Location`"),
)
def request(body: ReassessmentIn, visit: Visiting) -> Response:
    """Assess the stored runs of an athlete, or (null) of everybody you may see, by the present rules and profiles.

    Nothing counts before it is adopted, and no file is read again.
    """
    with visit.writing() as db:
        athlete_id = None if body.athlete_id is None else visit.athlete(db, body.athlete_id).id
        if athlete_id is None:
            visit.demand_everyone()
        row = begin(db, visit, athlete_id=athlete_id)
    return answers.document(_document(row), status=202, headers={"Location": f"/v1/reassessments/{row.id}"})


def begin(db: Connection, visit: Visit, *, athlete_id: str | None) -> ReassessmentRow:
    """The new reassessment, on its way to a worker."""
    row = reassessments.request(db, athlete_id=athlete_id, ruleset_version=examine.ruleset_version(), now=visit.now)
    visit.house.send(db, [Errand(REASSESS, (row.id,))])
    return row


@router.get(
    "/v1/reassessments/{reassessment}",
    operation_id="get_reassessment",
    responses=json_of(200, ReassessmentWithItems),
)
def get(reassessment: Name, visit: Visiting, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """How far it has come, and each run that would change: warnings added, removed, changed; score before and after."""
    with visit.reading() as db:
        row = reassessments.get(db, checked(reassessment, "rea"), scope=visit.scope)
        page = reassessments.items(db, row.id, scope=visit.scope, limit=limit, cursor=cursor)
    items = [item_of(item) for item in page.items]
    return answers.document({**_document(row), "items": items, "next_cursor": page.next_cursor})


@router.post(
    "/v1/reassessments/{reassessment}/adopt",
    operation_id="adopt_reassessment",
    status_code=202,
    responses=json_of(202, Reassessment, "It is carried out; look again at `Location`"),
)
def adopt(reassessment: Name, visit: Visiting) -> Response:
    """Let what was proposed count. Earlier assessments are kept; a run assessed anew meanwhile keeps that."""
    with visit.writing() as db:
        row = reassessments.get(db, checked(reassessment, "rea"), scope=visit.scope)
        _demand_ready(row)
        if row.status == "done":
            reassessments.mark(db, row.id, status="adopting")
            visit.house.send(db, [Errand(ADOPT, (row.id,))])
        row = reassessments.get(db, row.id, scope=visit.scope)
    return answers.document(_document(row), status=202, headers={"Location": f"/v1/reassessments/{row.id}"})


def _demand_ready(row: ReassessmentRow) -> None:
    if row.status in ("queued", "running"):
        raise Conflict("It has not looked at every run yet; wait until its status is `done`.")
    if row.ruleset_version != examine.ruleset_version():
        raise Conflict("It was made by other rules than the present ones; request a new one.")


def _document(row: ReassessmentRow) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in ("id", "athlete_id", "status", "ruleset_version")},
        **{name: getattr(row, name) for name in ("total", "done", "changed")},
        "requested_at": documents.utc(row.requested_at),
        "finished_at": None if row.finished_at is None else documents.utc(row.finished_at),
        "adopted_at": None if row.adopted_at is None else documents.utc(row.adopted_at),
    }


def item_of(item: ItemRow) -> dict[str, Any]:
    """A Difference."""
    when = {"started_at": documents.utc(item.started_at), "utc_offset_s": item.utc_offset_s}
    return {"activity_id": item.activity_id, **when, **item.difference}
