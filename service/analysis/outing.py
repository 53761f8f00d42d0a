"""Activities that follow each other closely: a triathlon's parts, or a ride with a run behind it, are one outing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from service.analysis.athlete import History
from service.analysis.sports import OTHER, family_of

APART = timedelta(hours=1)
"""A longer break begins another outing; chosen by us, because it outlasts any change of clothes and short stop."""


def together(spans: Sequence[tuple[datetime, float]], at: int) -> range:
    """Which of `spans`, each (start, seconds) in time order, belong to one outing with the one at index `at`.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 10, 4, 12, tzinfo=UTC)
    >>> day = [(noon - timedelta(hours=5), 600.0), (noon - timedelta(hours=2), 6000.0), (noon, 3000.0)]
    >>> together(day, 2), together(day, 0)
    (range(1, 3), range(0, 1))
    """
    first = last = at
    while first > 0 and _joined(spans[first - 1], spans[first]):
        first -= 1
    while last + 1 < len(spans) and _joined(spans[last], spans[last + 1]):
        last += 1
    return range(first, last + 1)


def overlapping(spans: Sequence[tuple[datetime, float]], at: int) -> list[int]:
    """Which of `spans`, each (start, seconds), cover at least half of the shorter of themselves and the one at `at`.

    Nobody runs two runs at a time: such records are most likely of one run, one of them cut short.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 10, 4, 12, tzinfo=UTC)
    >>> overlapping([(noon, 3300.0), (noon, 400.0), (noon + timedelta(seconds=3200), 600.0)], 0)
    [1]
    """
    return [other for other in range(len(spans)) if other != at and _covers_half(spans[at], spans[other])]


def _covers_half(one: tuple[datetime, float], other: tuple[datetime, float]) -> bool:
    shift = (other[0] - one[0]).total_seconds()
    common = min(one[1], shift + other[1]) - max(0.0, shift)
    return common > 0 and common >= 0.5 * min(one[1], other[1])


def _joined(before: tuple[datetime, float], after: tuple[datetime, float]) -> bool:
    (started_at, seconds), (next_at, _) = before, after
    return next_at - started_at - timedelta(seconds=seconds) <= APART


def just_before(history: History, started_at: datetime) -> str | None:
    """The family (`foot`, `wheel`, `water`) of the last effort in the same outing; None where there was none.

    What is of no known family, such as the change between two parts of a triathlon, is looked past.
    """
    runs = [run for run in history.runs if run.started_at < started_at]
    spans = [*((run.started_at, run.moving_s) for run in runs), (started_at, 0.0)]
    families = [family_of(runs[at].sport) for at in together(spans, len(runs)) if at < len(runs)]
    return next((family for family in reversed(families) if family != OTHER), None)
