"""The heart rate as far as it can be believed, and what follows from it: zones, time at high intensity, decoupling.

A wrist sensor may lock onto the steps, freeze, or drop out; then nothing is said rather than something wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parsers.activity import Activity, Column, Note
from service.analysis.athlete import History, Profile
from service.analysis.facts import Grid, Heart
from service.analysis.load import runs_before
from service.analysis.measures import half_up

LOWEST_BPM, HIGHEST_BPM = 40.0, 230.0
COVERAGE_AT_LEAST = 0.80
LOCK_WITHIN = 3.0
LOCK_SHARE = 0.5
FLAT_FOR_S = 600
ZONE_SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)
HIGH_SHARE = 0.8
WARM_UP_S = 600
DECOUPLING_MOVING_S = 40 * 60.0
DECOUPLING_VARIATION = 0.12
OBSERVED_DAYS, OBSERVED_RUNS, OBSERVED_AT_MOST_BPM = 180, 3, 220.0
OBSERVED_BELOW_AGE_BPM = 15.0
"""An observed maximum this far below what the age lets expect only says that every run was easy; chosen by us."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """Resting and maximal heart rate in bpm, and where the maximum comes from (`profile`, `observed`, `age`)."""

    rest_bpm: float
    max_bpm: float
    max_by: str

    def at(self, share: float) -> int:
        """The heart rate at a share of the reserve, rounded half up."""
        return half_up(self.rest_bpm + share * (self.max_bpm - self.rest_bpm))

    def bounds(self) -> list[int]:
        """Where the zones from the second on begin, in bpm.

        >>> Reserve(55.0, 180.0, "age").bounds()
        [118, 130, 143, 155, 168]
        """
        return [self.at(share) for share in ZONE_SHARES]


def tanaka_bpm(age: float) -> float:
    """Maximal heart rate by age (Tanaka 2001), ±7 to 11 bpm.

    >>> tanaka_bpm(40), tanaka_bpm(20), tanaka_bpm(60)
    (180.0, 194.0, 166.0)
    """
    return 208.0 - 0.7 * age


def maximum(activity: Activity, profile: Profile, history: History) -> tuple[float, str] | None:
    """The maximal heart rate and its source: the profile's, else one observed in earlier runs, else after Tanaka.

    Observed is the highest 99.5th percentile (at most 220) of the last 180 days, from three runs with heart rate on.
    """
    if profile.hr_max_bpm is not None:
        return profile.hr_max_bpm, "profile"
    age = profile.age_in(activity.started_at.year)
    by_age = None if age is None else tanaka_bpm(age)
    seen = [
        run.heart_rate_p995_bpm
        for run in runs_before(history, activity.started_at, days=OBSERVED_DAYS)
        if run.heart_rate_p995_bpm is not None and run.heart_rate_p995_bpm <= OBSERVED_AT_MOST_BPM
    ]
    if len(seen) >= OBSERVED_RUNS and (by_age is None or max(seen) >= by_age - OBSERVED_BELOW_AGE_BPM):
        return max(seen), "observed"
    return None if by_age is None else (by_age, "age")


def reserve(activity: Activity, profile: Profile, history: History) -> Reserve | None:
    """The heart rate reserve, or None where resting or maximal rate is unknown or they contradict each other."""
    found = maximum(activity, profile, history)
    if found is None or profile.hr_rest_bpm is None or found[0] <= profile.hr_rest_bpm:
        return None
    return Reserve(profile.hr_rest_bpm, *found)


def reserve_unknown(activity: Activity, profile: Profile, history: History) -> str | None:
    """What keeps the reserve from being known: `rest_unknown`, `max_unknown`, `rest_and_max_unknown`, `rest_above_max`.

    None where it is known.
    """
    found, rest_bpm = maximum(activity, profile, history), profile.hr_rest_bpm
    if found is None:
        return "rest_and_max_unknown" if rest_bpm is None else "max_unknown"
    if rest_bpm is None:
        return "rest_unknown"
    return "rest_above_max" if found[0] <= rest_bpm else None


def doubt(heart_rate_bpm: Column | None, grid: Grid) -> tuple[str | None, float]:
    """Why the heart rate cannot be used (None: it can), and its coverage of the moving time.

    Tested in this order: `missing`, `cadence_lock` (within 3 of the cadence for over half of the moving time), `flat`
    (the same beat for ten minutes), `coverage` (under 80 %).
    """
    moving_rows = int(np.count_nonzero(grid.moving))
    if heart_rate_bpm is None or not moving_rows:
        return "missing", 0.0
    valid = np.isfinite(heart_rate_bpm) & grid.moving
    coverage = float(np.count_nonzero(valid)) / moving_rows
    if not coverage:
        return "missing", 0.0
    if grid.cadence_spm is not None:
        with np.errstate(invalid="ignore"):
            locked = np.abs(heart_rate_bpm - grid.cadence_spm) <= LOCK_WITHIN
        if np.count_nonzero(locked & grid.moving) > LOCK_SHARE * moving_rows:
            return "cadence_lock", coverage
    if longest_flat_s(heart_rate_bpm) >= FLAT_FOR_S:
        return "flat", coverage
    return ("coverage" if coverage < COVERAGE_AT_LEAST else None), coverage


def longest_flat_s(heart_rate_bpm: Column) -> int:
    """Seconds of the longest stretch of one identical heart rate."""
    changes = np.flatnonzero(np.diff(heart_rate_bpm) != 0)
    ends = np.concatenate(([-1], changes, [len(heart_rate_bpm) - 1]))
    lengths = np.diff(ends)
    finite = np.isfinite(heart_rate_bpm[ends[1:]])
    return int(lengths[finite].max()) if finite.any() else 0


def heart(
    activity: Activity, grid: Grid, *, unpaused_s: float, profile: Profile, history: History, structured: bool
) -> tuple[Heart, tuple[Note, ...]]:
    """The heart rate facts and the notes on what was discarded (`cadence_lock`, `heart_rate_flat`)."""
    column = grid.heart_rate_bpm
    why, coverage = doubt(column, grid)
    found = maximum(activity, profile, history)
    max_bpm, max_by = found or (None, None)
    if column is None or why is not None:
        codes = {"cadence_lock": "cadence_lock", "flat": "heart_rate_flat", "coverage": "heart_rate_coverage"}
        notes = (Note(codes[why]),) if why in codes else ()
        lost = Heart(usable=False, why=why, coverage=coverage, max_reference_bpm=max_bpm, max_reference_by=max_by)
        return lost, notes
    known = column[np.isfinite(column)]
    span = reserve(activity, profile, history)
    zones = None if span is None else zone_minutes(column, span, unpaused_s=unpaused_s)
    rate, why_not = decoupling(grid, structured=structured)
    return Heart(
        usable=True,
        coverage=coverage,
        average_bpm=float(known.mean()),
        max_bpm=float(known.max()),
        max_reference_bpm=max_bpm,
        max_reference_by=max_by,
        minutes_above_80=None if zones is None else zones[4] + zones[5],
        zone_minutes=zones,
        decoupling=rate,
        decoupling_why_not=why_not,
        p995_bpm=float(np.percentile(known, 99.5)),
        efficiency=efficiency(grid),
    ), ()


def zone_minutes(heart_rate_bpm: Column, span: Reserve, *, unpaused_s: float) -> tuple[float, ...]:
    """Minutes below 50 %, then from 50, 60, 70, 80 and 90 % of the reserve on: six numbers.

    A row stands for its share of the unpaused time, as n + 1 rows bound n seconds.
    """
    bounds = span.bounds()
    known = heart_rate_bpm[np.isfinite(heart_rate_bpm)]
    zone = np.searchsorted(bounds, known, side="right")
    counts = np.bincount(zone, minlength=len(bounds) + 1)
    row_min = unpaused_s / len(heart_rate_bpm) / 60.0
    return tuple(float(count) * row_min for count in counts)


def decoupling(grid: Grid, *, structured: bool) -> tuple[float | None, str | None]:
    """How much efficiency fell from the first half (by time, after ten minutes) to the second, or why that is not said.

    0.064 is 6.4 % less speed per beat. Not said for structured sessions, under 40 min of moving (`too_short`), or where
    the grade-adjusted speed of single minutes varies by more than 12 % (`uneven`).
    """
    if structured:
        return None, "structured"
    if np.count_nonzero(grid.moving) < DECOUPLING_MOVING_S:
        return None, "too_short"
    rows = _settled_rows(grid)
    if len(rows) < 120:
        return None, "heart_rate"
    if _variation(grid.gap_heart_mps[rows]) > DECOUPLING_VARIATION:
        return None, "uneven"
    middle = (WARM_UP_S + len(grid)) // 2
    first, second = _efficiency(grid, rows[rows < middle]), _efficiency(grid, rows[rows >= middle])
    if first is None or second is None:
        return None, "heart_rate"
    return (first - second) / first, None


def efficiency(grid: Grid) -> float | None:
    """Grade-adjusted metres a minute (heart-rate model) per beat a minute, first ten minutes left out; None without."""
    return _efficiency(grid, _settled_rows(grid))


def _settled_rows(grid: Grid) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Moving, usable rows with a heart rate after the first ten minutes."""
    if grid.heart_rate_bpm is None:
        return np.zeros(0, dtype=np.intp)
    good = grid.moving & ~grid.bad & np.isfinite(grid.heart_rate_bpm)
    good[:WARM_UP_S] = False
    return np.flatnonzero(good)


def _efficiency(grid: Grid, rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> float | None:
    if grid.heart_rate_bpm is None or not len(rows):
        return None
    return 60.0 * float(grid.gap_heart_mps[rows].mean()) / float(grid.heart_rate_bpm[rows].mean())


def _variation(speed_mps: Column) -> float:
    """Coefficient of variation of the means of whole minutes."""
    minutes = speed_mps[: len(speed_mps) // 60 * 60].reshape(-1, 60).mean(axis=1)
    mean = float(minutes.mean())
    return float(minutes.std()) / mean if mean > 0 else float("inf")
