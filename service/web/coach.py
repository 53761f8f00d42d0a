"""The coach's page: who changed, by how much and why, with the runs that show it a click away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from service.api import triage
from service.api.access import AthleteName, Visiting
from service.api.wire import instant
from service.errors import BadCall
from service.store import athletes
from service.web import lifting
from service.web.pages import page
from service.web.routes import is_small, page_router, see

router = page_router()

_PAGE = 50
_ROSTER = 200


@router.get("/coach")
def coach(visit: Visiting, request: Request, since: str = "", cursor: str | None = None) -> Response:
    """The athletes with new runs, and the list of all there are."""
    (at, refused), lost = _moment(since), False
    with visit.reading() as db:
        try:
            cases, next_cursor = triage.cases(db, visit, since=at, limit=_PAGE, after=cursor)
        except BadCall:
            (cases, next_cursor), lost = triage.cases(db, visit, since=at, limit=_PAGE, after=None), True
        roster = athletes.page(db, scope=visit.scope, limit=_ROSTER)
        runs = [run for case in cases for run in case["reasons"]]
        lifted = lifting.causes(db, runs, scope=visit.scope)
        me = visit.my_id(db)
    told = {} if at is None else {"since": since}
    context: dict[str, Any] = {
        "cases": cases,
        "lifted": lifted,
        "on": None if next_cursor is None else urlencode(told | {"cursor": next_cursor}),
        "since": "" if refused else since,
        "refused": refused,
        "refused_cursor": lost,
        "roster": roster.items,
        "more": roster.next_cursor is not None,
        "me": me,
        "status": 422 if refused or lost else 200,
    }
    return page(request, visit, "coach.html", **context)


def _moment(since: str) -> tuple[datetime | None, bool]:
    """Since when runs are asked for, None where since the last look; and whether what was told is no time."""
    if not since:
        return None, False
    try:
        return instant(since, zone=UTC, field="since"), False
    except RequestValidationError:
        return None, True


@router.post("/coach/{athlete}/seen")
def seen(athlete: AthleteName, visit: Visiting, request: Request) -> Response:
    """The athlete is looked at; for htmx the line goes."""
    triage.seen(athlete, visit)
    return page(request, visit, "coach_seen.html") if is_small(request) else see("/coach")
