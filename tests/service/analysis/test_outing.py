"""What follows closely is one outing, and what came just before is said to be missing in the score."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.analysis import risk
from service.analysis.athlete import History, PastRun
from service.analysis.outing import APART, just_before, together

NOON = datetime(2026, 10, 4, 12, tzinfo=UTC)


def past(
    sport: str | None, ended_before: timedelta, *, seconds: float = 1800.0, elapsed_s: float | None = None
) -> PastRun:
    started_at = NOON - ended_before - timedelta(seconds=elapsed_s or seconds)
    return PastRun(started_at, sport, 5000.0, seconds, elapsed_s)


SWIM, CHANGE, RIDE = (
    past("swimming", timedelta(hours=5, minutes=25)),
    past("transition", timedelta(hours=5, minutes=20), seconds=240.0),
    past("cycling", timedelta(minutes=4), seconds=5 * 3600.0 + 900),
)


@pytest.mark.parametrize(
    ("runs", "family"),
    [
        ((), None),
        ((SWIM, CHANGE, RIDE), "wheel"),
        ((SWIM, CHANGE, RIDE, past("transition", timedelta(0), seconds=200.0)), "wheel"),
        ((past("swimming", APART),), "water"),
        ((past("swimming", APART + timedelta(seconds=1)),), None),
        ((past("running", timedelta(minutes=10)),), "foot"),
        ((past("transition", timedelta(minutes=1)),), None),
        ((past(None, timedelta(minutes=1)),), None),
        ((past("cycling", timedelta(minutes=5), seconds=5400.0, elapsed_s=3 * 3600.0),), "wheel"),
        ((past("running", timedelta(seconds=-2960), seconds=3000.0),), None),
        ((past("cycling", timedelta(seconds=-2960), seconds=3000.0),), "wheel"),
        ((past("cycling", timedelta(minutes=10)), past("running", timedelta(seconds=-400), seconds=440.0)), "wheel"),
    ],
)
def test_the_effort_just_before_is_the_last_of_a_known_family_within_the_hour(
    runs: tuple[PastRun, ...], family: str | None
) -> None:
    """The last four: a ride with a long stop, and a second record of this run, which is no effort before it."""
    assert just_before(History(runs), NOON, seconds=3000.0, family="foot") == family
    assert [gap.why for gap in risk.outing_gaps(family)] == ([] if family is None else [family])


def test_a_long_break_parts_two_outings_of_one_day() -> None:
    spans = [(NOON, 3600.0), (NOON + timedelta(hours=1, minutes=59), 600.0), (NOON + timedelta(hours=9), 600.0)]
    assert [list(together(spans, at)) for at in range(3)] == [[0, 1], [0, 1], [2]]


def test_a_short_part_within_a_long_one_does_not_end_it() -> None:
    spans = [(NOON, 3 * 3600.0), (NOON + timedelta(hours=1), 300.0), (NOON + timedelta(hours=3, minutes=5), 600.0)]
    assert [list(together(spans, at)) for at in range(3)] == [[0, 1, 2]] * 3
