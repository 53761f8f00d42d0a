"""Triage: which athletes' runs changed since somebody last looked, from the rows of the history alone.

What is new since a look came after it; where nobody has looked yet, or a moment is named, it was begun after that
moment. It is held against the runs of the six weeks before. Nothing is kept but when who looked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store import athletes
from service.store.activities import level_word
from service.store.cramp_reports import red_flags
from service.store.scope import Scope
from service.store.tables import activities as _runs
from service.store.tables import cramp_reports as _reports
from service.store.tables import triage_seen as _seen

BEFORE_DAYS: Final = 42
"""How far back the runs go that new ones are compared with."""

FIRST_LOOK_DAYS: Final = 28
"""What counts as new of an athlete at whom nobody has looked yet."""

COMPARABLE: Final = 3
"""So many scored runs before tell what is usual."""

CRAMPS: Final = frozenset({"cramp_continued", "cramp_stopped"})


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that is new since the look, with those of its warnings that none of the runs before had."""

    activity_id: str
    started_at: datetime
    utc_offset_s: int | None
    created_at: datetime
    name: str | None
    sport: str | None
    score: int | None
    forecast_score: int | None
    level: str | None
    points_level: str | None
    level_source: str | None
    warnings: tuple[str, ...]
    new_warnings: tuple[str, ...]
    cramp: str | None
    red_flags: tuple[str, ...]
    headline: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Case:
    """One athlete: the highest forecast score of the new runs, against the median of those before.

    `change` is None where too few runs before tell what is usual, or none of the new ones is scored.
    """

    athlete_id: str
    since: datetime
    seen_at: datetime | None
    forecast_score: int | None
    usual_score: float | None
    runs: tuple[NewRun, ...]

    @property
    def change(self) -> int | None:
        """Points above (+) or below (-) what is usual."""
        if self.forecast_score is None or self.usual_score is None:
            return None
        return round(self.forecast_score - self.usual_score)

    @property
    def new_warnings(self) -> tuple[str, ...]:
        """Every new warning once, in the order of the runs."""
        return tuple(dict.fromkeys(code for run in self.runs for code in run.new_warnings))

    @property
    def cramps(self) -> int:
        """How many of the new runs had a reported cramp."""
        return sum(run.cramp in CRAMPS for run in self.runs)

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """What cases are sorted by: the greatest rise, then reported cramps, then new warnings."""
        return (-(self.change or 0), -self.cramps, -len(self.new_warnings), self.athlete_id)


def cases(db: Connection, *, scope: Scope, actor: str, since: datetime | None, now: datetime) -> list[Case]:
    """The athletes in scope with something new, the greatest rise first.

    `since` None: since `actor` last looked at each, or else of the last FIRST_LOOK_DAYS.
    """
    seen = {} if since is not None else _looks(db, actor, scope=scope)
    first = since or now - timedelta(days=FIRST_LOOK_DAYS)
    earliest = min([first, *seen.values()]) - timedelta(days=BEFORE_DAYS)
    found = []
    for athlete_id, rows in _by_athlete(db, scope=scope, begun_from=earliest).items():
        case = _case(athlete_id, rows, first=first, seen_at=seen.get(athlete_id))
        if case.runs:
            found.append(case)
    return sorted(found, key=lambda case: case.rank)


def _looks(db: Connection, actor: str, *, scope: Scope) -> dict[str, datetime]:
    query = sa.select(_seen.c.athlete_id, _seen.c.seen_at).where(
        _seen.c.actor == actor, scope.allows(_seen.c.athlete_id)
    )
    return {row.athlete_id: row.seen_at for row in db.execute(query)}


_COLUMNS: Final = (
    *(_runs.c.athlete_id, _runs.c.id, _runs.c.started_at, _runs.c.utc_offset_s),
    *(_runs.c.created_at, _runs.c.name, _runs.c.sport),
    *(_runs.c.score, _runs.c.forecast_score, _runs.c.level, _runs.c.points_level, _runs.c.level_source),
    *(_runs.c.warnings, _runs.c.headline),
    _reports.c.answer.label("cramp"),
    _reports.c.document.label("report"),
)
_TAKEN_OVER: Final = (
    *("started_at", "utc_offset_s", "created_at", "name", "sport", "score", "forecast_score"),
    *("level_source", "cramp", "headline"),
)


def _by_athlete(db: Connection, *, scope: Scope, begun_from: datetime) -> dict[str, list[sa.RowMapping]]:
    query = (
        sa.select(*_COLUMNS)
        .join_from(_runs, _reports, isouter=True)
        .where(scope.allows(_runs.c.athlete_id), _runs.c.started_at >= begun_from)
        .order_by(_runs.c.athlete_id, _runs.c.started_at, _runs.c.id)
    )
    grouped: dict[str, list[sa.RowMapping]] = {}
    for row in db.execute(query).mappings():
        grouped.setdefault(row["athlete_id"], []).append(row)
    return grouped


def _case(athlete_id: str, rows: Iterable[sa.RowMapping], *, first: datetime, seen_at: datetime | None) -> Case:
    """The case of one athlete's runs, which are in order of time."""
    since = seen_at or first
    moment = "started_at" if seen_at is None else "created_at"
    within = [row for row in rows if row["started_at"] >= since - timedelta(days=BEFORE_DAYS)]
    before = [row for row in within if row[moment] < since]
    new = [row for row in within if row[moment] >= since]
    known = {code for row in before for code in row["warnings"].split()}
    runs = tuple(_new_run(row, known) for row in reversed(new))
    usual = [row["forecast_score"] for row in before if row["forecast_score"] is not None]
    return Case(
        athlete_id,
        since,
        seen_at,
        max((run.forecast_score for run in runs if run.forecast_score is not None), default=None),
        median(usual) if len(usual) >= COMPARABLE else None,
        runs,
    )


def _new_run(row: sa.RowMapping, known: set[str]) -> NewRun:
    warnings = tuple(row["warnings"].split())
    return NewRun(
        activity_id=row["id"],
        level=level_word(row["level"]),
        points_level=level_word(row["points_level"]),
        warnings=warnings,
        red_flags=red_flags(row["report"]),
        new_warnings=tuple(code for code in warnings if code not in known),
        **{name: row[name] for name in _TAKEN_OVER},
    )


def see(db: Connection, athlete_id: str, *, actor: str, now: datetime) -> None:
    """Nothing; what the athlete has sent up to now is new to `actor` no more. Raises NotFound."""
    athletes.lock(db, athlete_id)
    mine = sa.and_(_seen.c.actor == actor, _seen.c.athlete_id == athlete_id)
    if not db.execute(sa.update(_seen).where(mine).values(seen_at=now)).rowcount:
        db.execute(sa.insert(_seen).values(actor=actor, athlete_id=athlete_id, seen_at=now))
