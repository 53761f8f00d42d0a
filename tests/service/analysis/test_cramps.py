"""Where cramps came: only reported ones on the way have a place, and it takes three runs to make a pattern."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.analysis.athlete import CrampReport, Episode, PastRun
from service.analysis.cramps import Place, gathered, positions

START = datetime(2026, 5, 3, 6, 0, tzinfo=UTC)


def run(
    *places: tuple[float | None, float | None], cramp: str = "cramp_stopped", when: str | None = "during"
) -> PastRun:
    """A run that cramped at each (metres, minute)."""
    episodes = tuple(Episode("calf", at_m, minute) for at_m, minute in places)
    return PastRun(START, "running", 25_000.0, 9_000.0, cramp=cramp, report=CrampReport(episodes, when))


def test_the_histogram_counts_by_kilometre_and_else_by_ten_minutes() -> None:
    runs = [
        run((17_200, 95.0), (21_000, None)),
        run((17_900, 99.0)),
        run((None, 64.0)),
        run((None, 61.0), (None, None)),
    ]
    assert positions(runs) == [
        {"at_m": 17_000, "minute": 97.0, "n": 2},
        {"at_m": 21_000, "minute": None, "n": 1},
        {"at_m": None, "minute": 60, "n": 2},
    ]


@pytest.mark.parametrize("changes", [{"cramp": "near"}, {"cramp": "none"}, {"when": "after"}])
def test_only_cramps_on_the_way_have_a_place(changes: dict[str, Any]) -> None:
    assert positions([run((17_000, None), **changes)]) == []
    assert gathered([run((17_000, None), **changes)] * 3) is None


def test_a_run_without_a_report_has_none() -> None:
    assert positions([PastRun(START - timedelta(days=1), "running", 10_000.0, 3_400.0, cramp="cramp_stopped")]) == []


@pytest.mark.parametrize(
    ("runs", "place"),
    [
        (
            [run((16_000, None)), run((18_000, None)), run((20_000, None))],
            Place(18_000, 3),
        ),  # two kilometres either way
        ([run((16_000, None)), run((18_000, None)), run((20_001, None))], None),
        ([run((17_000, None)), run((17_500, None))], None),
        ([run((17_000, None), (17_200, None), (17_900, None))], None),  # one bad day is no pattern
        ([run((5_000, None))] * 3 + [run((30_000, None))] * 4, Place(30_000, 4)),
        ([run((5_000, None))] * 3 + [run((30_000, None))] * 3, Place(5_000, 3)),
        ([run((None, 95.0))] * 3, None),
    ],
)
def test_three_runs_that_cramped_within_two_kilometres_make_a_place(runs: list[PastRun], place: Place | None) -> None:
    assert gathered(runs) == place


def test_cramps_at_every_tenth_kilometre_are_told_at_the_first() -> None:
    assert gathered([run((10_000, None), (20_000, None))] * 3) == Place(10_000, 3)
