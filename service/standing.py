"""What an athlete's training comes to at a moment, in plain numbers: the pure half of the hall, apart from any one run.

The numbers are those that the rules compare with, made by the same functions, so that a page and a warning agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from service.analysis.load import longest_m, mean_week_m, runs_before, week_of, weeks_before, zone
from service.analysis.rules import weekly_10
from service.examine import history_of, profile_of

LONGEST_DAYS = 30


def load(*, profile: Mapping[str, Any], history: Sequence[Mapping[str, Any]], at: datetime) -> dict[str, Any]:
    """The running load at the moment `at`; days and ISO weeks are those of the athlete's zone.

    `longest_30d_m` is None where nothing was run in 30 days. `week_distance_m` is what was run this week so far, and
    `week_vs_usual_pct` by how much that is above or below the mean of the three weeks before; None where fewer than
    two of them had a run. `days_since_rest` counts the days in a row with a run up to today, or to yesterday where
    today has none yet. All are None where nothing is known of the athlete's running.
    """
    known = history_of(history)
    tz = zone(utc_offset_s=None, profile=profile_of(profile))
    if not runs_before(known, at):
        return dict.fromkeys(("longest_30d_m", "week_distance_m", "week_vs_usual_pct", "days_since_rest"))
    longest = longest_m(runs_before(known, at, days=LONGEST_DAYS))
    week_m = week_of(known, at, distance_m=0.0, tz=tz).distance_m
    weeks = weeks_before(known, at, count=int(weekly_10.RULE.limit("weeks")), tz=tz)
    enough = sum(week.runs > 0 for week in weeks) >= weekly_10.RULE.limit("weeks_with_runs")
    usual_m = mean_week_m(weeks) if enough else None
    return {
        "longest_30d_m": longest,
        "week_distance_m": round(week_m, 1),
        "week_vs_usual_pct": round(100 * (week_m / usual_m - 1), 1) if usual_m else None,
        "days_since_rest": _days_in_a_row(
            {run.started_at.astimezone(tz).date() for run in runs_before(known, at)}, at.astimezone(tz).date()
        ),
    }


def _days_in_a_row(days: set[date], today: date) -> int:
    last = today if today in days else today - timedelta(days=1)
    count = 0
    while last - timedelta(days=count) in days:
        count += 1
    return count
