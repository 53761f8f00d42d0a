"""The levels: where each begins on the scale of points, and which warnings can lift one, as the analysis has both.

The pure half of the hall, for whoever shows levels; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from service.analysis.risk import LEVELS, THRESHOLDS
from service.analysis.rule import all_rules

Lifts = Mapping[str, Mapping[str, tuple[str, ...]]]


def scale() -> int:
    """The points where the scale ends."""
    return int(THRESHOLDS["score_max"].value)


def borders() -> tuple[tuple[str, int, int], ...]:
    """The levels by points, each from its first to the first of the next, or to the end of the scale.

    >>> borders()[0], borders()[-1]
    (('low', 0, 25), ('very_high', 65, 100))
    """
    first = [0, *(int(THRESHOLDS[level].value) for level in LEVELS[1:]), scale()]
    return tuple(zip(LEVELS, first, first[1:], strict=False))


@cache
def lifts() -> Lifts:
    """What the warnings of each rule of the table of conditions can lift a level to, by their severity.

    >>> lifts()["hilly"]["high"]
    ('high',)
    """
    return MappingProxyType({rule.code: rule.lifts for rule in all_rules() if rule.lifts})
