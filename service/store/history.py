"""An athlete's risk history: a page of it for people, and what the assessment of the next run may read of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store.activities import level_word
from service.store.cramp_reports import red_flags
from service.store.cursor import Page
from service.store.scope import Scope
from service.store.tables import activities as _table
from service.store.tables import assessments as _assessments
from service.store.tables import cramp_reports as _reports
from service.store.tables import run_logs as _logs
from service.store.timeline import Filters, Order, orders

__all__ = ["DIGEST_DAYS", "Filters", "HistoryRow", "Order", "any_between", "digest_of", "digests", "page"]

DIGEST_DAYS: Final = 180
"""How far back an assessment looks at most."""

_ORDERS: Final = orders("history")


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One line of the risk history.

    `cramp` is the athlete's answer, `red_flags` danger signs told with it; `headline` is a text key with parameters.
    """

    activity_id: str
    external_id: str | None
    started_at: datetime
    utc_offset_s: int | None
    sport: str | None
    name: str | None
    distance_m: float | None
    moving_s: float | None
    status: str | None
    score: int | None
    forecast_score: int | None
    level: str | None
    points_level: str | None
    level_source: str | None
    warnings: tuple[str, ...]
    cramp: str | None
    red_flags: tuple[str, ...]
    headline: dict[str, Any] | None


_COLUMNS: Final = (
    _table.c.id,
    _table.c.external_id,
    _table.c.started_at,
    _table.c.utc_offset_s,
    _table.c.sport,
    _table.c.name,
    _table.c.distance_m,
    _table.c.moving_s,
    _table.c.status,
    _table.c.score,
    _table.c.forecast_score,
    _table.c.level,
    _table.c.points_level,
    _table.c.level_source,
    _table.c.warnings,
    _reports.c.answer.label("cramp"),
    _reports.c.document.label("report"),
    _table.c.headline,
)


def _row(row: sa.RowMapping) -> HistoryRow:
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    values["activity_id"] = values.pop("id")
    values["warnings"] = tuple(values["warnings"].split())
    values["red_flags"] = red_flags(values.pop("report"))
    for name in ("level", "points_level"):
        values[name] = level_word(values[name])
    return HistoryRow(**values)


def page(
    db: Connection,
    athlete_id: str,
    *,
    filters: Filters,
    limit: int,
    order: Order = "desc",
    cursor: str | None = None,
) -> Page[HistoryRow]:
    """The athlete's runs by their start, with what the current assessment says of each."""
    lines = sa.select(*_COLUMNS).join_from(_table, _reports, isouter=True)
    query = lines.where(_table.c.athlete_id == athlete_id, *filters.conditions())
    return _ORDERS[order].page(db, query, limit=limit, cursor=cursor, make=_row)


def any_between(db: Connection, athlete_id: str, *, after: datetime, until: datetime) -> bool:
    """True where the athlete began a run after the one moment, and not later than the other."""
    span = (_table.c.athlete_id == athlete_id, _table.c.started_at > after, _table.c.started_at <= until)
    return db.execute(sa.select(_table.c.id).where(*span).limit(1)).first() is not None


def digest_of(db: Connection, activity_id: str, *, scope: Scope) -> dict[str, Any] | None:
    """What `assessments.adopt` was given of one run; None where nothing, or the run is not in scope."""
    query = sa.select(_table.c.digest).where(_table.c.id == activity_id, scope.allows(_table.c.athlete_id))
    found = db.execute(query).scalar_one_or_none()
    return None if found is None else dict(found)


def _proposed(reassessment_id: str) -> sa.ScalarSelect[Any]:
    mine = (_assessments.c.activity_id == _table.c.id, _assessments.c.reassessment_id == reassessment_id)
    return sa.select(_assessments.c.digest).where(*mine, _assessments.c.state == "proposed").scalar_subquery()


def digests(
    db: Connection, athlete_id: str, *, before: datetime, days: int = DIGEST_DAYS, proposed: str | None = None
) -> list[dict[str, Any]]:
    """What `assessments.adopt` was given of each run begun in the `days` before, oldest first.

    With `proposed`, a reassessment: what that proposes to give of a run, where it does.

    Beside it stands what the athlete has told of the run: `cramp` (the answer), `cramp_report` and `log`, each only
    where there is one. Strictly before: a run never reads of itself, nor of one that began with it, so the order of
    arrival cannot matter.
    """
    told = {"cramp": _reports.c.answer, "cramp_report": _reports.c.document, "log": _logs.c.document}
    digest = _table.c.digest if proposed is None else sa.func.coalesce(_proposed(proposed), _table.c.digest)
    rows = sa.select(digest.label("digest"), *(column.label(name) for name, column in told.items()))
    query = (
        rows.join_from(_table, _reports, isouter=True)
        .outerjoin(_logs, _logs.c.activity_id == _table.c.id)
        .where(
            _table.c.athlete_id == athlete_id,
            _table.c.started_at >= before - timedelta(days=days),
            _table.c.started_at < before,
            _table.c.digest.is_not(None),
        )
        .order_by(_table.c.started_at, _table.c.id)
    )
    found = db.execute(query).mappings()
    return [{**row["digest"], **{name: row[name] for name in told if row[name] is not None}} for row in found]
