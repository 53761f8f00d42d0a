"""What became of files: one result for each activity and each file without any, counted as they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OUTCOMES = ("created", "duplicate", "merged", "skipped", "rejected")
UNREADABLE = "unreadable"
"""The code of what no problem of the API is: it never got as far as bytes."""

NAMES_MOST = 3
"""How many skipped files are named for each reason: an export holds thousands that are no activity."""

COUNTERS = {"duplicate": "duplicates"}
"""Where the API counts an outcome under another word."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one activity, or one file without any; `code` and `detail` say why there is none."""

    name: str
    outcome: str
    part: int = 0
    activity_id: str | None = None
    code: str | None = None
    detail: str | None = None

    def document(self) -> dict[str, Any]:
        """For programs, in the words of the API's items."""
        problem = None if self.code is None else {"code": self.code, "detail": self.detail}
        return {
            "name": self.name,
            "part": self.part,
            "outcome": self.outcome,
            "activity_id": self.activity_id,
            "problem": problem,
        }


def unreadable(name: str, wrong: OSError) -> Result:
    """Of a file that the operating system does not hand out."""
    return Result(name, "rejected", code=UNREADABLE, detail=wrong.strerror or "it cannot be read")


@dataclass(slots=True)
class Skips:
    """The files that were skipped for one reason: how many, and the names of the first."""

    count: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.names) < NAMES_MOST:
            self.names.append(name)


@dataclass(slots=True)
class Tally:
    """How many there were of each outcome, and which were rejected; all of them only where somebody asks for that.

    `skipped` is by code; None is the reason that has none: a run that its owner deleted.
    """

    counts: Counter[str] = field(default_factory=Counter)
    rejected: list[Result] = field(default_factory=list)
    skipped: dict[str | None, Skips] = field(default_factory=dict)
    each: list[Result] | None = None

    def add(self, result: Result) -> None:
        """Count one more."""
        self.counts[result.outcome] += 1
        if result.outcome == "rejected":
            self.rejected.append(result)
        elif result.outcome == "skipped":
            self.skipped.setdefault(result.code, Skips()).add(result.name)
        if self.each is not None:
            self.each.append(result)

    def counters(self) -> Mapping[str, int]:
        """The counts in the words of the API's uploads."""
        named = {COUNTERS.get(outcome, outcome): self.counts[outcome] for outcome in OUTCOMES}
        return {"total": self.counts.total(), **named}
