"""An athlete's activities in time: the filters and the order that every list of them shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import sqlalchemy as sa

from service.store.cursor import Keyset
from service.store.tables import LEVELS
from service.store.tables import activities as _table

Order = Literal["desc", "asc"]

_KEY: Final = (_table.c.started_at, _table.c.id)


def orders(listing: str) -> dict[Order, Keyset]:
    """The two orders of the list of that name; a cursor of one list is none of another's, though they sort alike."""
    return {
        "desc": Keyset(f"{listing}:desc", _KEY, descending=True),
        "asc": Keyset(f"{listing}:asc", _KEY),
    }


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a list of activities; None: not asked for.

    `start` <= started_at < `end`. Levels are words of `tables.LEVELS` and mean "at least"; an activity that was not
    scored has none and is left out by them. `warning` is the code of one.
    """

    start: datetime | None = None
    end: datetime | None = None
    sport: str | None = None
    min_level: str | None = None
    min_points_level: str | None = None
    warning: str | None = None
    updated_since: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What the query must demand of the table of activities."""
        found: list[sa.ColumnElement[bool]] = []
        if self.start is not None:
            found.append(_table.c.started_at >= self.start)
        if self.end is not None:
            found.append(_table.c.started_at < self.end)
        if self.sport is not None:
            found.append(_table.c.sport == self.sport)
        if self.updated_since is not None:
            found.append(_table.c.updated_at >= self.updated_since)
        if self.warning is not None:
            found.append(_table.c.warnings.contains(f" {self.warning} ", autoescape=True))
        found += _at_least(_table.c.level, self.min_level)
        return found + _at_least(_table.c.points_level, self.min_points_level)


def _at_least(column: sa.ColumnElement[Any], level: str | None) -> list[sa.ColumnElement[bool]]:
    """The rank as a literal, and "at least moderate" as a condition of its own.

    SQLite uses a partial index only for a query that repeats its condition word for word.
    """
    rank = 0 if level is None else LEVELS.index(level)
    demanded = () if level is None else (column >= sa.literal_column(str(rank)),)
    return [*demanded, *([column >= sa.literal_column("1")] if rank > 1 else [])]
