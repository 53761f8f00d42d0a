"""Working earlier runs out again, in a browser: what would change is shown first, and counts once it is adopted."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import Path, Request
from starlette.responses import Response

from service.api import reassessments as reassessment_api
from service.api.access import AthleteName, Visit, Visiting
from service.api.wire import ReassessmentIn
from service.errors import NotFound
from service.store.athletes import AthleteRow
from service.store.cursor import MAX_LIMIT
from service.web.pages import page, path_of
from service.web.routes import page_router, problem_of, see

router = page_router()

Name = Annotated[str, Path(max_length=64)]

SHOWN = 50
"""Changed runs that are listed; the sums are of all."""
_LEVELS = ("low", "moderate", "high", "very_high")


@router.post("/athletes/{athlete}/reassessments")
def reassess(athlete: AthleteName, visit: Visiting) -> Response:
    """The athlete's runs are worked out again; nothing of it counts yet."""
    with visit.reading() as db:
        row = visit.athlete(db, athlete)
    asked = problem_of(reassessment_api.request(ReassessmentIn(athlete_id=row.id), visit))
    return see(_address(row, asked["id"]))


@router.get("/athletes/{athlete}/reassessments/{reassessment}")
def proposed(athlete: AthleteName, reassessment: Name, visit: Visiting, request: Request) -> Response:
    """How far it has come, and what would change."""
    row = _whose(athlete, visit)
    found, items = _all(row, reassessment, visit)
    context = {"found": found, "sums": sums(items), "items": items[:SHOWN], "address": _address(row, found["id"])}
    return page(request, visit, "reassessment.html", athlete=row, **context)


@router.post("/athletes/{athlete}/reassessments/{reassessment}/adopt")
def adopt(athlete: AthleteName, reassessment: Name, visit: Visiting) -> Response:
    """What was proposed counts from now on."""
    row = _whose(athlete, visit)
    _of(row, reassessment, visit)
    reassessment_api.adopt(reassessment, visit)
    return see(_address(row, reassessment))


def _whose(athlete: str, visit: Visit) -> AthleteRow:
    with visit.reading() as db:
        return visit.athlete(db, athlete)


def _address(athlete: AthleteRow, reassessment: str) -> str:
    return f"{path_of(athlete)}/reassessments/{reassessment}"


def _of(athlete: AthleteRow, reassessment: str, visit: Visit, *, cursor: str | None = None) -> dict[str, Any]:
    """The reassessment with some of its runs. Raises NotFound, also for one of others than the athlete."""
    found = problem_of(reassessment_api.get(reassessment, visit, limit=MAX_LIMIT, cursor=cursor))
    if found["athlete_id"] != athlete.id:
        raise NotFound("There is no such reassessment here.")
    return found


def _all(athlete: AthleteRow, reassessment: str, visit: Visit) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The reassessment, and every run that would change, the oldest first."""
    found = _of(athlete, reassessment, visit)
    items = list(found["items"])
    while found["next_cursor"] is not None:
        found = _of(athlete, reassessment, visit, cursor=found["next_cursor"])
        items += found["items"]
    return found, items


def sums(items: list[dict[str, Any]]) -> dict[str, Any]:
    """How many levels would rise and fall, and each warning that would come, go or say something else, how often.

    >>> warnings = {"added": ["heat"], "removed": [], "changed": []}
    >>> found = sums([{"before": {"level": "low"}, "after": {"level": "high"}, "warnings": warnings}] * 2)
    >>> found["up"], found["down"], found["added"]
    (2, 0, [('heat', 2)])
    """
    steps = [_step(item["after"]["level"]) - _step(item["before"]["level"]) for item in items if _has_levels(item)]
    counted = {
        word: Counter(code for item in items for code in item["warnings"][word])
        for word in ("added", "removed", "changed")
    }
    return {
        "up": sum(step > 0 for step in steps),
        "down": sum(step < 0 for step in steps),
        **{word: sorted(codes.items(), key=lambda one: (-one[1], one[0])) for word, codes in counted.items()},
    }


def _has_levels(item: dict[str, Any]) -> bool:
    return item["before"]["level"] in _LEVELS and item["after"]["level"] in _LEVELS


def _step(level: str) -> int:
    return _LEVELS.index(level)
