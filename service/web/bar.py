"""The explanation as a bar on the scale of 100 points: where each part begins and how long it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service import levels

SCALE = levels.scale()
BORDERS = levels.borders()
"""The levels by points, each from its first to the first of the next."""

_SHADES = 6


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the explanation: `start` and `width` on the scale; a line that takes points away has `taken`."""

    number: int
    feature: str
    text: str
    points: float
    start: float
    width: float
    taken: bool

    @property
    def letter(self) -> str:
        """What tells the part in bar and list, where warnings have numbers."""
        return chr(ord("a") + (self.number - 1) % 26)

    @property
    def shade(self) -> int:
        """Which of the fillings it has, from 1."""
        return (self.number - 1) % _SHADES + 1


def parts(explanation: Sequence[Mapping[str, Any]]) -> list[Part]:
    """The parts in their order, laid end to end; what a cap takes away lies on the end of them.

    >>> made = parts([{"feature": f, "points": n, "text": ""} for f, n in (("a", 30), ("b", 24), ("cap", -4))])
    >>> [(part.start, part.width, part.taken) for part in made], sum(part.points for part in made)
    ([(0.0, 30.0, False), (30.0, 24.0, False), (50.0, 4.0, True)], 50)
    """
    found, end = [], 0.0
    for number, line in enumerate(explanation, start=1):
        points = line["points"]
        start = end if points >= 0 else end + points
        shown = max(0.0, min(SCALE, max(start, start + abs(points))) - min(SCALE, start))
        found.append(Part(number, line["feature"], line["text"], points, min(SCALE, start), shown, taken=points < 0))
        end += points
    return found
