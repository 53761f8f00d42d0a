"""What the earlier runs say about this one: longest runs, weeks, rest, and the pace another distance lets one expect.

Pure functions of a History. Days and ISO weeks are those of the athlete's zone, which the caller chooses with `zone`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from statistics import fmean, median
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.analysis.athlete import History, PastRun, Profile

RIEGEL_EXPONENT = 1.06
LONGEST_STRETCH = 4.0
SHORTEST_EFFORT_M = 3000.0
EFFORT_DAYS = 90
RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Week:
    """One ISO week of running: its Monday, metres, and number of runs."""

    monday: date
    distance_m: float
    runs: int


def zone(*, utc_offset_s: int | None, profile: Profile) -> tzinfo:
    """The zone days and weeks are reckoned in: the file's offset, else the athlete's zone, else UTC.

    A zone name that the time zone database does not know counts as none.
    """
    if utc_offset_s is not None:
        return timezone(timedelta(seconds=utc_offset_s))
    if profile.timezone:
        try:
            return ZoneInfo(profile.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return UTC
    return UTC


def runs_before(history: History, moment: datetime, *, days: float | None = None) -> tuple[PastRun, ...]:
    """The earlier runs (running only), oldest first, of the last `days` × 24 h before `moment`, or all of them."""
    first = None if days is None else moment - timedelta(days=days)
    return tuple(
        run
        for run in history.runs
        if run.sport == RUNNING and run.started_at < moment and (first is None or run.started_at >= first)
    )


def longest_m(runs: Iterable[PastRun]) -> float | None:
    """The longest distance among `runs`, None where there is none."""
    return max((run.distance_m for run in runs), default=None)


def weeks_before(history: History, moment: datetime, *, count: int, tz: tzinfo) -> tuple[Week, ...]:
    """The `count` whole ISO weeks before the week of `moment`, oldest first; weeks without a run are there with 0."""
    this_monday = _monday(moment.astimezone(tz).date())
    mondays = [this_monday - timedelta(weeks=back) for back in range(count, 0, -1)]
    return tuple(_week(history, monday, moment, tz) for monday in mondays)


def week_of(history: History, moment: datetime, *, distance_m: float, tz: tzinfo) -> Week:
    """The ISO week of `moment` up to and with the run of `distance_m` that begins then."""
    before = _week(history, _monday(moment.astimezone(tz).date()), moment, tz)
    return Week(before.monday, before.distance_m + distance_m, before.runs + 1)


def running_days_in_a_row(history: History, moment: datetime, *, tz: tzinfo) -> int:
    """How many days in a row up to and with the day of `moment` had a run; at least 1, as this run is one."""
    days = {run.started_at.astimezone(tz).date() for run in runs_before(history, moment)}
    today = moment.astimezone(tz).date()
    count = 1
    while today - timedelta(days=count) in days:
        count += 1
    return count


def minutes_by_day(history: History, moment: datetime, *, days: int, tz: tzinfo) -> tuple[float, ...]:
    """Running minutes of each of the `days` days before the day of `moment`, oldest first; rest days are 0."""
    today = moment.astimezone(tz).date()
    minutes = [0.0] * days
    for run in runs_before(history, moment):
        back = (today - run.started_at.astimezone(tz).date()).days
        if 1 <= back <= days:
            minutes[days - back] += run.moving_s / 60.0
    return tuple(minutes)


def usual_three_days_min(history: History, moment: datetime, *, tz: tzinfo, days: int = 42) -> float | None:
    """Median of the running minutes of all spans of three days within the `days` days before the last three.

    None where the first run lies less than a week before them: nothing is usual yet.
    """
    all_days = minutes_by_day(history, moment, days=days, tz=tz)
    first = next((index for index, minutes in enumerate(all_days) if minutes > 0), days)
    earlier = all_days[first : days - 2]
    if len(earlier) < 7:
        return None
    return median(sum(earlier[start : start + 3]) for start in range(len(earlier) - 2))


def last_three_days_min(history: History, moment: datetime, *, moving_s: float, tz: tzinfo) -> float:
    """Running minutes of today, with this run, and of the two days before."""
    today = moment.astimezone(tz).date()
    earlier = sum(
        run.moving_s / 60.0
        for run in runs_before(history, moment)
        if run.started_at.astimezone(tz).date() >= today - timedelta(days=2)
    )
    return earlier + moving_s / 60.0


def riegel_s(known_m: float, known_s: float, wanted_m: float) -> float:
    """Time for `wanted_m` that a time for `known_m` lets one expect: T2 = T1 (D2 / D1)^1.06 (Riegel 1981).

    >>> round(riegel_s(10_000, 2_400, 21_097.5))
    5295
    """
    return float(known_s * (wanted_m / known_m) ** RIEGEL_EXPONENT)


def sustainable_speed_mps(
    history: History, moment: datetime, distance_m: float, *, clearly_faster: float
) -> float | None:
    """The fastest mean speed over `distance_m` that the best efforts of the last 90 days let one expect.

    An effort is a stretch of 3 km or more that `distance_m` exceeds at most fourfold, run at least `clearly_faster`
    times as fast as the usual run of those days (`usual_speed_mps`): the fastest stretch of easy runs is an easy
    stretch, and says nothing of what can be held. For the same reason what the efforts let one expect must itself lie
    so far above the usual. None where nothing does, or nothing is usual yet.
    """
    runs = runs_before(history, moment, days=EFFORT_DAYS)
    usual_mps = usual_speed_mps(runs)
    if usual_mps is None:
        return None
    clearly_mps = clearly_faster * usual_mps
    expected = [
        distance_m / riegel_s(effort_m, effort_s, distance_m)
        for run in runs
        for effort_m, effort_s in run.best_efforts
        if effort_m >= SHORTEST_EFFORT_M and distance_m <= LONGEST_STRETCH * effort_m and effort_s > 0
        if effort_m / effort_s >= clearly_mps
    ]
    best_mps = max(expected, default=0.0)
    return best_mps if best_mps >= clearly_mps else None


def usual_speed_mps(runs: Iterable[PastRun]) -> float | None:
    """Median of the mean grade-adjusted speeds of the runs; None where none is known."""
    speeds = [run.gap_speed_mps for run in runs if run.gap_speed_mps]
    return median(speeds) if speeds else None


def is_beginner(history: History, moment: datetime, profile: Profile) -> bool | None:
    """Whether the runner said so, or has fewer than 10 runs or 8 weeks behind him; None where there is no history."""
    if profile.beginner is not None:
        return profile.beginner
    runs = runs_before(history, moment)
    if not runs:
        return None
    return len(runs) < 10 or runs[0].started_at > moment - timedelta(weeks=8)


def mean_week_m(weeks: Iterable[Week]) -> float | None:
    """Mean distance of the weeks, rest weeks counted with 0; None without weeks."""
    distances = [week.distance_m for week in weeks]
    return fmean(distances) if distances else None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week(history: History, monday: date, moment: datetime, tz: tzinfo) -> Week:
    runs = [run for run in runs_before(history, moment) if _monday(run.started_at.astimezone(tz).date()) == monday]
    return Week(monday, sum(run.distance_m for run in runs), len(runs))
