"""Working earlier runs out again, in a browser: what would change is shown first, and counts once it is adopted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import Path, Request
from sqlalchemy import Connection
from starlette.responses import Response

from service import examine
from service.api import documents
from service.api import reassessments as reassessment_api
from service.api.access import AthleteName, Visit, Visiting, checked
from service.errors import NotFound
from service.store import athletes, reassessments
from service.store.athletes import AthleteRow
from service.store.reassessments import Alike, ReassessmentRow
from service.web.pages import page, path_of
from service.web.routes import is_small, page_router, see

router = page_router()

Name = Annotated[str, Path(max_length=64)]

SHOWN = 50
"""Changed runs that are listed; the sums are of all."""

UNDER_WAY: Final = frozenset({"queued", "running", "adopting"})
GIVEN_UP_AFTER: Final = timedelta(days=1)
"""What is still under way after so long is not waited for: another one may be asked for."""

_LEVELS = ("low", "moderate", "high", "very_high")


@router.post("/athletes/{athlete}/reassessments")
def reassess(athlete: AthleteName, visit: Visiting) -> Response:
    """The athlete's runs are worked out again; nothing of it counts yet.

    Where that is under way, with the present profile and rules, it leads there.
    """
    with visit.writing() as db:
        row = visit.athlete(db, athlete)
        athletes.lock(db, row.id)
        since = max(row.updated_at, visit.now - GIVEN_UP_AFTER)
        rules = examine.ruleset_version()
        found = reassessments.under_way(db, row.id, ruleset_version=rules, since=since)
        if found is None:
            found = reassessment_api.begin(db, visit, athlete_id=row.id)
    return see(_address(row, found.id))


@router.get("/athletes/{athlete}/reassessments/{reassessment}")
def proposed(athlete: AthleteName, reassessment: Name, visit: Visiting, request: Request) -> Response:
    """How far it has come, and what would change; for htmx how far alone, and at the end the page is opened anew."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
        found = _of(db, row, reassessment, visit)
        changes = _changes(db, found, visit) if found.status == "done" else {"sums": None, "items": []}
    context: dict[str, Any] = {
        "found": found,
        "is_under_way": found.status in UNDER_WAY,
        "adopted_at": None if found.adopted_at is None else documents.utc(found.adopted_at),
        "address": _address(row, found.id),
        **changes,
    }
    if not is_small(request):
        return page(request, visit, "reassessment.html", athlete=row, **context)
    if context["is_under_way"]:
        return page(request, visit, "reassessment_progress.html", athlete=row, **context)
    return Response(status_code=204, headers={"HX-Refresh": "true"})


@router.post("/athletes/{athlete}/reassessments/{reassessment}/adopt")
def adopt(athlete: AthleteName, reassessment: Name, visit: Visiting) -> Response:
    """What was proposed counts from now on."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
        _of(db, row, reassessment, visit)
    reassessment_api.adopt(reassessment, visit)
    return see(_address(row, reassessment))


def _address(athlete: AthleteRow, reassessment: str) -> str:
    return f"{path_of(athlete)}/reassessments/{reassessment}"


def _of(db: Connection, athlete: AthleteRow, reassessment: str, visit: Visit) -> ReassessmentRow:
    """The reassessment. Raises NotFound, also for one of others than the athlete."""
    found = reassessments.get(db, checked(reassessment, "rea"), scope=visit.scope)
    if found.athlete_id != athlete.id:
        raise NotFound("There is no such reassessment here.")
    return found


def _changes(db: Connection, found: ReassessmentRow, visit: Visit) -> dict[str, Any]:
    """The sums of what would change, and the first of the runs, the oldest first."""
    listed = reassessments.items(db, found.id, scope=visit.scope, limit=SHOWN)
    counted = reassessments.alike(db, found.id, scope=visit.scope)
    return {"sums": sums(counted), "items": [reassessment_api.item_of(item) for item in listed.items]}


def sums(counted: Iterable[Alike]) -> dict[str, Any]:
    """How many runs would change, how many levels would rise and fall, and how often which warning would do what.

    That is to come, to go or to say something else.

    >>> found = sums([Alike("low", "high", {"added": ["heat"], "removed": [], "changed": []}, 2)])
    >>> found["runs"], found["up"], found["down"], found["added"]
    (2, 2, 0, [('heat', 2)])
    """
    steps, codes = Counter[str](), {word: Counter[str]() for word in ("added", "removed", "changed")}
    for one in counted:
        steps["runs"] += one.runs
        if one.before in _LEVELS and one.after in _LEVELS:
            step = _LEVELS.index(one.after) - _LEVELS.index(one.before)
            steps["up" if step > 0 else "down" if step < 0 else "same"] += one.runs
        for word, told in codes.items():
            told.update(dict.fromkeys(one.warnings[word], one.runs))
    return {
        **{word: steps[word] for word in ("runs", "up", "down")},
        **{word: sorted(told.items(), key=lambda each: (-each[1], each[0])) for word, told in codes.items()},
    }
