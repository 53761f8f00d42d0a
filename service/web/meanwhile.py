"""What a form showed when it was opened, as it comes back with it in a hidden field.

Between the opening and the sending of a form, units and values may become others: over the API, in another window, on
another device. So a form names the units that it is written in, and bears a mark of what each field showed. By these
marks what a person changed is told from what merely stood there, and from what somebody else changed meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

SEEN: Final = "seen"
"""The name of the hidden field."""

_UNITS: Final = frozenset({"metric", "imperial"})
_SIGNS: Final = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """Of one field: what it showed, and what it stands on beside that (empty: nothing)."""

    text: str
    ground: str = ""

    def __str__(self) -> str:
        return f"{self.text}.{self.ground}" if self.ground else self.text


@dataclass(frozen=True, slots=True)
class Seen:
    """The units that a form is written in, and the marks of its fields by their names.

    >>> Seen.read("imperial fluid=ab12 sport=cd34.ef56", units="metric").marks["sport"]
    Mark(text='cd34', ground='ef56')
    >>> str(Seen.read("imperial fluid=ab12 sport=cd34.ef56", units="metric"))
    'imperial fluid=ab12 sport=cd34.ef56'
    >>> Seen.read("nautical", units="metric")
    Seen(units='metric', marks={})
    """

    units: str
    marks: Mapping[str, Mark]

    @classmethod
    def read(cls, text: str | None, *, units: str) -> Seen:
        """What the hidden field says; where it says none, `units` are the athlete's, and nothing is marked."""
        first, *others = (text or "").split() or [""]
        marks = {}
        for one in others:
            name, _, told = one.partition("=")
            showed, _, ground = told.partition(".")
            if showed:
                marks[name] = Mark(showed, ground)
        return cls(first if first in _UNITS else units, marks)

    def __str__(self) -> str:
        return " ".join((self.units, *(f"{name}={mark}" for name, mark in self.marks.items())))


def mark(texts: Iterable[str]) -> str:
    """A short text that differs where the texts do.

    >>> mark(["70"]) == mark(["70"]), mark(["70"]) == mark(["7", "0"]), len(mark([]))
    (True, False, 12)
    """
    told = b"".join(f"{len(one)}:{one}".encode("utf-8", "surrogatepass") for one in texts)
    return hashlib.sha256(told).hexdigest()[:_SIGNS]
