"""The records of advice: a reminder as it comes out, and the declaration that makes it.

A file of this folder declares its reminders in `ADVICE`, found by folder scan; texts, article statements and safety
texts stand in the declaration. Amounts are worked out in `amounts` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from service.analysis.athlete import History, Profile
from service.analysis.facts import Facts

PHASES = ("pre", "during", "post", "daily", "weekly", "monthly")
DROPPED = "dropped"
KEPT = "kept"
WEIGHED = "weighings"
"""What an amount stands on (`by` of its parameters, `Sweat.by`) that no change of the profile takes away."""

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Amount:
    """A range in `unit` (`ml/h`, `mg/h`, `g/h`, `ml`, `mg`, `g`); an estimate, never a prescription."""

    min: int
    max: int
    unit: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder: the text's key with its parameters, amounts and minute marks where there are any, and why."""

    text: str
    params: Mapping[str, float | int | str] = field(default_factory=dict)
    amount: Amount | None = None
    at_min: tuple[int, ...] = ()
    per_mark: Amount | None = None
    reason_codes: tuple[str, ...] = ()
    safety_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """What a reminder may look at: the facts of the run, and the severity of each warning it got, by code.

    `nexts` is the next action that a warning names in its headline, by code, where it chooses among several.
    """

    facts: Facts
    severities: Mapping[str, str] = field(default_factory=dict)
    nexts: Mapping[str, str] = field(default_factory=dict)

    @property
    def moving_min(self) -> float:
        """Minutes of moving time."""
        return self.facts.moving_s / 60

    @property
    def long(self) -> bool:
        """Whether the run lasted an hour or more, from which fuel is a subject."""
        return self.moving_min >= 60

    def reasons(self, *codes: str) -> tuple[str, ...]:
        """Those of `codes` that this run has a warning of."""
        return tuple(code for code in codes if code in self.severities)


@dataclass(frozen=True, slots=True)
class Weeks:
    """What standing advice may look at: the athlete, the earlier runs, and now."""

    profile: Profile
    history: History
    at: datetime


@dataclass(frozen=True, slots=True)
class Advice(Generic[Seen]):
    """One reminder's declaration. `check` answers with the Reminder, or None where it does not hold.

    `relevance` orders reminders, the greatest first. `hidden` says what becomes of it where amounts are hidden: KEPT,
    DROPPED, or the key of the text that stands in for it. `unfounded` is the key of the text that stands in where the
    mass or the sweat rate that an amount stood on has been taken back since; None where no amount stands on them.
    `families` are the sport families it is for.
    """

    code: str
    phase: str
    article_refs: tuple[str, ...]
    texts: Mapping[str, str]
    check: Callable[[Seen], Reminder | None]
    relevance: int
    basis: str = "this_run"
    hidden: str = KEPT
    unfounded: str | None = None
    families: frozenset[str] = frozenset({"run"})
    version: int = 1
