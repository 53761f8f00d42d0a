"""Whose data a call may see. There is no default: a query without a scope, or without an athlete, cannot be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, true


@dataclass(frozen=True, slots=True)
class Scope:
    """The athletes that a caller may see: named ones, or, said out loud, everyone."""

    athlete_ids: frozenset[str] | None

    @classmethod
    def of(cls, *athlete_ids: str) -> Scope:
        """Only these athletes; none at all where none is named.

        >>> Scope.of("ath_1").covers("ath_1"), Scope.of("ath_1").covers("ath_2"), Scope.of().covers("ath_1")
        (True, False, False)
        """
        return cls(frozenset(athlete_ids))

    @classmethod
    def everyone(cls) -> Scope:
        """All athletes: the local operator, an admin key, the worker."""
        return cls(None)

    def covers(self, athlete_id: str) -> bool:
        """True where the caller may see this athlete."""
        return self.athlete_ids is None or athlete_id in self.athlete_ids

    def allows(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """The condition that every query of a scope carries; `column` holds an athlete's id."""
        return true() if self.athlete_ids is None else column.in_(sorted(self.athlete_ids))
