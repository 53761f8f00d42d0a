"""One row of totals an athlete, kept with every change of a run, so that lists of athletes sum nothing up.

Whoever changes what is counted of a run takes it out before and puts it in after: `taken_out`, in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store.scope import Scope
from service.store.tables import activities, cramp_reports
from service.store.tables import athlete_summaries as _table

CRAMPS: Final = ("cramp_continued", "cramp_stopped")


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """The totals of one athlete: `scored` runs have a score, `score_sum` is theirs; `cramps` are among `answers`."""

    athlete_id: str
    runs: int
    distance_m: float
    moving_s: float
    scored: int
    score_sum: int
    answers: int
    cramps: int


def some(db: Connection, athlete_ids: list[str], *, scope: Scope) -> dict[str, SummaryRow]:
    """The totals of those of the athletes (a page of them) that are in scope, by id."""
    query = sa.select(_table).where(_table.c.athlete_id.in_(athlete_ids), scope.allows(_table.c.athlete_id))
    return {row["athlete_id"]: SummaryRow(**row) for row in db.execute(query).mappings()}


@contextmanager
def taken_out(db: Connection, athlete_id: str, *, activity_id: str) -> Iterator[None]:
    """What the run counts for is taken out of the totals on entering and put in again, as it is then, on leaving.

    A run that is not there yet, or no longer, counts for nothing.
    """
    _count(db, athlete_id, activity_id, sign=-1)
    yield
    _count(db, athlete_id, activity_id, sign=1)


def put_in(db: Connection, athlete_id: str, *, activity_id: str) -> None:
    """Nothing; a run that was not there before is counted."""
    _count(db, athlete_id, activity_id, sign=1)


def _count(db: Connection, athlete_id: str, activity_id: str, *, sign: int) -> None:
    run = (
        sa.select(
            activities.c.id,
            *(activities.c[name] for name in ("distance_m", "moving_s", "score")),
            cramp_reports.c.answer,
        )
        .join_from(activities, cramp_reports, activities.c.id == cramp_reports.c.activity_id, isouter=True)
        .where(activities.c.id == activity_id, activities.c.athlete_id == athlete_id)
    )
    found = db.execute(run).mappings().one_or_none()
    if found is None:
        return
    counted: dict[str, Any] = {
        "runs": 1,
        "distance_m": found["distance_m"] or 0.0,
        "moving_s": found["moving_s"] or 0.0,
        "scored": int(found["score"] is not None),
        "score_sum": found["score"] or 0,
        "answers": int(found["answer"] is not None),
        "cramps": int(found["answer"] in CRAMPS),
    }
    grown = {name: _table.c[name] + sign * number for name, number in counted.items() if number}
    db.execute(sa.update(_table).where(_table.c.athlete_id == athlete_id).values(grown))
