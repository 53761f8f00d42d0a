"""What earlier runs say: spans of days, ISO weeks in the athlete's zone, rest, and expected paces."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from service.analysis.athlete import History, PastRun, Profile
from service.analysis.load import (
    is_beginner,
    last_three_days_min,
    longest_m,
    mean_week_m,
    minutes_by_day,
    riegel_s,
    running_days_in_a_row,
    runs_before,
    sustainable_speed_mps,
    usual_speed_mps,
    usual_three_days_min,
    week_of,
    weeks_before,
    zone,
)

NOW = datetime(2026, 5, 6, 6, 0, tzinfo=UTC)
"""A Wednesday."""


def run(
    days_ago: float, km: float = 10.0, *, sport: str = "running", efforts: tuple[tuple[float, float], ...] = ()
) -> PastRun:
    started_at = NOW - timedelta(days=days_ago)
    return PastRun(started_at, sport, km * 1000.0, km * 360.0, best_efforts=efforts)


def history(*runs: PastRun) -> History:
    return History(tuple(sorted(runs, key=lambda past: past.started_at)))


@pytest.mark.parametrize(("days_ago", "within_30"), [(29.9, 1), (30.0, 1), (30.1, 0), (0.0, 0), (-1.0, 0)])
def test_the_last_30_days_end_at_this_run(days_ago: float, within_30: int) -> None:
    assert len(runs_before(history(run(days_ago)), NOW, days=30)) == within_30


def test_only_running_counts_towards_running_load() -> None:
    mixed = history(run(3, 12), run(2, 40, sport="cycling"), run(1, 20, sport="hiking"))
    assert longest_m(runs_before(mixed, NOW)) == 12_000


def test_weeks_begin_on_monday_and_empty_weeks_are_there() -> None:
    past = history(run(2, 5), run(3, 7), run(17, 11))
    weeks = weeks_before(past, NOW, count=3, tz=UTC)
    assert [week.monday for week in weeks] == [date(2026, 4, 13), date(2026, 4, 20), date(2026, 4, 27)]
    assert [week.distance_m for week in weeks] == [11_000, 0, 7_000]
    assert mean_week_m(weeks) == 6_000
    this = week_of(past, NOW, distance_m=8_000, tz=UTC)
    assert (this.monday, this.distance_m, this.runs) == (date(2026, 5, 4), 13_000, 2)


def test_a_run_late_on_sunday_belongs_to_the_week_of_the_athletes_zone() -> None:
    sunday_night = datetime(2026, 5, 3, 22, 30, tzinfo=UTC)
    past = History((PastRun(sunday_night, "running", 9_000.0, 3000.0),))
    assert week_of(past, NOW, distance_m=0.0, tz=UTC).distance_m == 0
    assert week_of(past, NOW, distance_m=0.0, tz=ZoneInfo("Europe/Berlin")).distance_m == 9_000


def test_week_53_is_a_week() -> None:
    new_year = datetime(2027, 1, 6, 8, 0, tzinfo=UTC)
    past = History((PastRun(datetime(2027, 1, 2, 8, 0, tzinfo=UTC), "running", 5_000.0, 1800.0),))
    (week,) = weeks_before(past, new_year, count=1, tz=UTC)
    assert (week.monday, week.distance_m) == (date(2026, 12, 28), 5_000)
    assert week.monday.isocalendar().week == 53


@pytest.mark.parametrize(
    ("offset_s", "name", "expected"),
    [
        (7200, "America/New_York", timezone(timedelta(hours=2))),
        (None, "America/New_York", ZoneInfo("America/New_York")),
        (None, None, UTC),
        (None, "Nowhere/Land", UTC),
        (None, "../etc/passwd", UTC),
    ],
)
def test_the_zone_is_the_files_then_the_athletes_then_utc(
    offset_s: int | None, name: str | None, expected: object
) -> None:
    assert zone(utc_offset_s=offset_s, profile=Profile(timezone=name)) == expected


@pytest.mark.parametrize(
    ("days_ago", "in_a_row"), [((), 1), ((1, 2, 3, 4, 5, 6), 7), ((1, 2, 4), 3), ((0.1, 1), 2), ((2, 3), 1)]
)
def test_running_days_in_a_row(days_ago: tuple[float, ...], in_a_row: int) -> None:
    assert running_days_in_a_row(history(*(run(ago) for ago in days_ago)), NOW, tz=UTC) == in_a_row


def test_minutes_by_day_are_the_athletes_days() -> None:
    past = history(run(1, 10), run(1.1, 5), run(3, 10), run(50, 10))
    assert minutes_by_day(past, NOW, days=4, tz=UTC) == (0.0, 60.0, 0.0, 90.0)


def test_three_days_against_the_usual_three() -> None:
    every_other_day = history(*(run(ago) for ago in range(2, 60, 2)))
    # Three days hold one or two of the hours.
    assert usual_three_days_min(every_other_day, NOW, tz=UTC) == 90.0
    assert last_three_days_min(every_other_day, NOW, moving_s=3600.0, tz=UTC) == 120.0


def test_nothing_is_usual_in_the_first_week() -> None:
    assert usual_three_days_min(history(run(5), run(4), run(3)), NOW, tz=UTC) is None
    assert usual_three_days_min(history(), NOW, tz=UTC) is None


@pytest.mark.parametrize(
    ("known_m", "known_s", "wanted_m", "expected"),
    [
        (10_000, 2400, 10_000, 2400),
        (10_000, 2400, 21_097.5, 5295),
        (5000, 1200, 10_000, 2502),
        (21_097.5, 5400, 42_195, 11259),
    ],
)
def test_riegel(known_m: float, known_s: float, wanted_m: float, expected: float) -> None:
    assert riegel_s(known_m, known_s, wanted_m) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    ("days_ago", "efforts", "wanted_m", "expected"),
    [
        (10, ((10_000, 2500),), 10_000, 4.0),
        (10, ((5000, 1250), (10_000, 2700)), 10_000, 10_000 / (1250 * 2**1.06)),  # the better promise wins
        (91, ((10_000, 2500),), 10_000, None),  # too long ago
        (10, ((1000, 200),), 4000, None),  # under 3 km
        (10, ((5000, 1250),), 20_001, None),  # more than four times as far
        (10, ((5000, 1250),), 20_000, 20_000 / (1250 * 4**1.06)),
    ],
)
def test_sustainable_speed(
    days_ago: float, efforts: tuple[tuple[float, float], ...], wanted_m: float, expected: float | None
) -> None:
    earlier = replace(run(days_ago, efforts=efforts), gap_speed_mps=3.0)
    found = sustainable_speed_mps(history(earlier), NOW, wanted_m, clearly_faster=1.1)
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("usual_mps", "effort_mps", "wanted_m", "expected_mps"),
    [
        (3.0, 3.31, 10_000, 3.31),
        (3.0, 3.29, 10_000, None),  # under a tenth faster than usual
        (3.0, 3.29, 5_000, None),  # carried to 5 km it would be a tenth faster, and is easy running all the same
        (3.0, 3.31, 21_000, None),  # carried to 21 km it is hardly faster than usual
        (3.0, 3.6, 21_000, 3.6 * 2.1**-0.06),
        (None, 3.6, 10_000, None),  # nothing is usual yet
    ],
)
def test_only_an_effort_clearly_faster_than_usual_tells_what_can_be_held(
    usual_mps: float | None, effort_mps: float, wanted_m: float, expected_mps: float | None
) -> None:
    earlier = replace(run(10, efforts=((10_000, 10_000 / effort_mps),)), gap_speed_mps=usual_mps)
    found = sustainable_speed_mps(history(earlier), NOW, wanted_m, clearly_faster=1.1)
    assert found == (None if expected_mps is None else pytest.approx(expected_mps))


def test_the_usual_speed_is_the_median_of_the_runs_that_have_one() -> None:
    speeds = (2.8, None, 3.0, 3.6)
    runs = [replace(run(day), gap_speed_mps=speed) for day, speed in enumerate(speeds, 1)]
    assert usual_speed_mps(runs) == 3.0
    assert usual_speed_mps(runs[1:2]) is None


@pytest.mark.parametrize(
    ("profile", "days_ago", "expected"),
    [
        (Profile(beginner=True), range(1, 200, 3), True),
        (Profile(beginner=False), (), False),
        (Profile(), (), None),
        (Profile(), range(1, 27, 3), True),  # nine runs
        (Profile(), range(1, 40, 2), True),  # many runs, but less than eight weeks
        (Profile(), range(1, 60, 3), False),
    ],
)
def test_who_counts_as_a_beginner(profile: Profile, days_ago: range, expected: bool | None) -> None:
    assert is_beginner(history(*(run(ago) for ago in days_ago)), NOW, profile) is expected
