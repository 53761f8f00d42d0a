"""What follows closely is one outing, and what came just before is said to be missing in the score."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.analysis import risk
from service.analysis.athlete import History, PastRun
from service.analysis.outing import APART, just_before, together

NOON = datetime(2026, 10, 4, 12, tzinfo=UTC)


def past(sport: str | None, ended_before: timedelta, *, seconds: float = 1800.0) -> PastRun:
    return PastRun(NOON - ended_before - timedelta(seconds=seconds), sport, 5000.0, seconds)


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
    ],
)
def test_the_effort_just_before_is_the_last_of_a_known_family_within_the_hour(
    runs: tuple[PastRun, ...], family: str | None
) -> None:
    assert just_before(History(runs), NOON) == family
    assert [gap.why for gap in risk.outing_gaps(History(runs), NOON)] == ([] if family is None else [family])


def test_a_long_break_parts_two_outings_of_one_day() -> None:
    spans = [(NOON, 3600.0), (NOON + timedelta(hours=1, minutes=59), 600.0), (NOON + timedelta(hours=9), 600.0)]
    assert [list(together(spans, at)) for at in range(3)] == [[0, 1], [0, 1], [2]]
