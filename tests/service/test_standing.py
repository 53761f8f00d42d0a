"""The running load of a moment: the rules' own numbers, without a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service import standing

FRIDAY = datetime(2026, 10, 2, 18, tzinfo=UTC)
NOTHING = {"longest_30d_m": None, "week_distance_m": None, "week_vs_usual_pct": None, "days_since_rest": None}


def load(*days_ago: float, metres: float = 10_000.0, sport: str = "running", **profile: Any) -> dict[str, Any]:
    """The load on a Friday evening after runs so many days ago."""
    begun = sorted(FRIDAY - timedelta(days=days) for days in days_ago)
    history = [{"started_at": at.isoformat(), "sport": sport, "distance_m": metres, "moving_s": 3600.0} for at in begun]
    return standing.load(profile=profile, history=history, at=FRIDAY)


def test_nothing_is_known_of_who_never_ran() -> None:
    assert load() == NOTHING
    assert load(1, 2, sport="cycling") == NOTHING


def test_the_week_begins_on_monday_and_counts_what_was_run_so_far() -> None:
    found = load(0.1, 1, 4.5, 5)  # Friday, Thursday, Monday; Sunday is of the week before
    assert (found["week_distance_m"], found["longest_30d_m"]) == (30_000.0, 10_000.0)


def test_the_week_is_held_against_the_mean_of_the_three_before() -> None:
    assert load(1, 2, 8, 15)["week_vs_usual_pct"] == 200.0  # 20 km; before it 10, 10 and 0
    assert load(8, 15, 22)["week_vs_usual_pct"] == -100.0
    assert load(1, 8)["week_vs_usual_pct"] is None


def test_a_longest_run_is_none_of_long_ago() -> None:
    found = load(31)
    assert found["longest_30d_m"] is None
    assert (found["week_distance_m"], found["days_since_rest"]) == (0.0, 0)


@pytest.mark.parametrize(
    ("days_ago", "in_a_row"),
    [((0.1, 1, 2), 3), ((1, 2, 3, 4), 4), ((2, 3, 4), 0), ((0.1,), 1), ((0.1, 2), 1), ((0.1, 0.2, 1), 2)],
)
def test_days_without_rest_are_counted_up_to_today_or_yesterday(days_ago: tuple[float, ...], in_a_row: int) -> None:
    assert load(*days_ago)["days_since_rest"] == in_a_row


def test_days_and_weeks_are_those_of_the_athletes_zone() -> None:
    """A run at 23:00 UTC on Sunday is on Monday in Auckland, and so of this week."""
    assert load(4.8)["week_distance_m"] == 0.0
    assert load(4.8, timezone="Pacific/Auckland")["week_distance_m"] == 10_000.0
