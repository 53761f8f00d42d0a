"""A stretch of the risk history in sums: by week or month, all in all, and where in the runs cramps were reported.

Plain arithmetic on the narrow rows of the history. What no score stands on (a ride, a swim) is in none of the sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store.summaries import CRAMPS
from service.store.tables import LEVELS
from service.store.tables import activities as _table
from service.store.tables import cramp_reports as _reports
from service.store.timeline import Filters

Stretch = Literal["week", "month"]

POSITION_M: Final = 1000
POSITION_MIN: Final = 10
"""Reported positions are put together by the kilometre begun, or by ten minutes where only a minute was told."""

_COLUMNS: Final = ("started_at", "distance_m", "moving_s", "score", "level", "warnings")


@dataclass(slots=True)
class Sums:
    """What some runs come to; a sum of which no part is known is None. `warnings`: how many runs had each code."""

    runs: int = 0
    distance_m: float | None = None
    moving_s: float | None = None
    scored: int = 0
    score_sum: int = 0
    score_max: int | None = None
    levels: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    cramps: int = 0

    def add(self, row: sa.RowMapping) -> None:
        """Nothing; the run is counted."""
        self.runs += 1
        self.distance_m = _plus(self.distance_m, row["distance_m"])
        self.moving_s = _plus(self.moving_s, row["moving_s"])
        if row["score"] is not None:
            self.scored += 1
            self.score_sum += row["score"]
            self.score_max = max(row["score"], self.score_max or 0)
        if row["level"] is not None:
            self.levels[LEVELS[row["level"]]] += 1
        self.warnings.update(row["warnings"].split())
        self.answers += row["answer"] is not None
        self.cramps += row["answer"] in CRAMPS

    def document(self) -> dict[str, Any]:
        """In the shape of the contract. No run at all is no distance, which is a number: 0."""
        nothing = None if self.runs else 0.0
        return {
            "runs": self.runs,
            "distance_m": nothing if self.distance_m is None else round(self.distance_m, 1),
            "moving_s": nothing if self.moving_s is None else round(self.moving_s, 1),
            "score_mean": round(self.score_sum / self.scored, 1) if self.scored else None,
            "score_max": self.score_max,
            "levels": {level: self.levels[level] for level in LEVELS},
            "warnings": dict(sorted(self.warnings.items())),
            "cramps": self.cramps,
            "answers": self.answers,
        }


def _plus(total: float | None, more: float | None) -> float | None:
    return total if more is None else (total or 0.0) + more


def sums(
    db: Connection, athlete_id: str, *, filters: Filters, bucket: Stretch, zone: tzinfo
) -> tuple[list[tuple[date, Sums]], Sums]:
    """Each week (ISO, from Monday) or month of the zone from the first run to the last, empty ones too; the total."""
    buckets: dict[date, Sums] = {}
    total = Sums()
    rows = sa.select(*(_table.c[name] for name in _COLUMNS), _reports.c.answer).join_from(
        _table, _reports, isouter=True
    )
    for row in db.execute(rows.where(*_conditions(athlete_id, filters)).order_by(_table.c.started_at)).mappings():
        start = _start_of(row["started_at"].astimezone(zone).date(), bucket)
        for counted in (buckets.setdefault(start, Sums()), total):
            counted.add(row)
    return [(start, buckets.get(start, Sums())) for start in _between(buckets, bucket)], total


def _conditions(athlete_id: str, filters: Filters) -> list[sa.ColumnElement[bool]]:
    scored_sport = sa.or_(_table.c.status.is_(None), _table.c.status != "not_scored")
    return [_table.c.athlete_id == athlete_id, scored_sport, *filters.conditions()]


def _start_of(day: date, bucket: Stretch) -> date:
    return day - timedelta(days=day.weekday()) if bucket == "week" else day.replace(day=1)


def _between(starts: Iterable[date], bucket: Stretch) -> list[date]:
    """Every start from the earliest to the latest."""
    there = sorted(starts)
    found = there[:1]
    while found and found[-1] < there[-1]:
        found.append(_start_of(found[-1] + timedelta(days=7 if bucket == "week" else 31), bucket))
    return found


def cramp_positions(db: Connection, athlete_id: str, *, filters: Filters) -> list[dict[str, Any]]:
    """Where cramps were reported during the runs, and how often: by kilometre (`at_m`, its beginning), else by minute.

    Beside a kilometre stands the mean of the minutes that were told for it; an episode without a place counts nowhere.
    """
    query = sa.select(_reports.c.document).join_from(_table, _reports)
    found = db.execute(query.where(*_conditions(athlete_id, filters), _reports.c.answer.in_(CRAMPS))).scalars()
    during = (document for document in found if document.get("when") != "after")
    minutes: dict[tuple[float, float], list[float]] = {}
    counts: Counter[tuple[float, float]] = Counter()
    for episode in (episode for document in during for episode in document.get("episodes") or ()):
        at_m, minute = episode.get("at_m"), episode.get("minute")
        if at_m is not None:
            place = (at_m // POSITION_M * POSITION_M, -1.0)
            minutes.setdefault(place, []).extend([] if minute is None else [minute])
        elif minute is not None:
            place = (-1.0, minute // POSITION_MIN * POSITION_MIN)
        else:
            continue
        counts[place] += 1
    return [_position(place, counts[place], minutes.get(place, [])) for place in sorted(counts)]


def _position(place: tuple[float, float], n: int, minutes: list[float]) -> dict[str, Any]:
    at_m, minute = place
    if at_m < 0:
        return {"at_m": None, "minute": minute, "n": n}
    return {"at_m": at_m, "minute": round(sum(minutes) / len(minutes), 1) if minutes else None, "n": n}
