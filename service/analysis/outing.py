"""Activities that follow each other closely: a triathlon's parts, or a ride with a run behind it, are one outing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from service.analysis.athlete import History
from service.analysis.sports import OTHER, family_of

Span = tuple[datetime, float]
"""A start and how many seconds it lasted, breaks included."""

APART = timedelta(hours=1)
"""A longer break begins another outing; chosen by us, because it outlasts any change of clothes and short stop."""


def together(spans: Sequence[Span], at: int) -> range:
    """Which of `spans`, each (start, seconds) in time order, belong to one outing with the one at index `at`.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 10, 4, 12, tzinfo=UTC)
    >>> day = [(noon - timedelta(hours=5), 600.0), (noon - timedelta(hours=2), 6000.0), (noon, 3000.0)]
    >>> together(day, 2), together(day, 0)
    (range(1, 3), range(0, 1))
    """
    ends = list(accumulate((started_at + timedelta(seconds=seconds) for started_at, seconds in spans), max))
    borders = [index for index in range(1, len(spans)) if spans[index][0] - ends[index - 1] > APART]
    first = max((index for index in borders if index <= at), default=0)
    return range(first, min((index for index in borders if index > at), default=len(spans)))


def overlapping(spans: Sequence[Span], at: int) -> list[int]:
    """Which of `spans`, each (start, seconds), cover at least half of the shorter of themselves and the one at `at`.

    Nobody runs two runs at a time: such records are most likely of one run, one of them cut short.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 10, 4, 12, tzinfo=UTC)
    >>> overlapping([(noon, 3300.0), (noon, 400.0), (noon + timedelta(seconds=3200), 600.0)], 0)
    [1]
    """
    return [other for other in range(len(spans)) if other != at and _covers_half(spans[at], spans[other])]


def _covers_half(one: Span, other: Span) -> bool:
    shift = (other[0] - one[0]).total_seconds()
    common = min(one[1], shift + other[1]) - max(0.0, shift)
    return common > 0 and common >= 0.5 * min(one[1], other[1])


def just_before(history: History, started_at: datetime, *, seconds: float, family: str) -> str | None:
    """The family (`foot`, `wheel`, `water`) of the last effort in the same outing; None where there was none.

    `seconds` and `family` are those of the activity in hand: another record of it is no effort before it. What is of no
    known family, such as the change between two parts of a triathlon, is looked past.
    """
    runs = [run for run in history.runs if run.started_at < started_at]
    spans = [*((run.started_at, run.elapsed_s or run.moving_s) for run in runs), (started_at, seconds)]
    twins = {at for at in overlapping(spans, len(runs)) if family_of(runs[at].sport) == family}
    families = [family_of(runs[at].sport) for at in together(spans, len(runs)) if at < len(runs) and at not in twins]
    return next((one for one in reversed(families) if one != OTHER), None)
