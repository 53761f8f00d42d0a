"""What the pacing rules share: their guards, and stretches that can be compared and, in thought, slowed down.

Numbers and reasons to abstain; whether a number is worth a warning is each rule's own business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from service.analysis import windows
from service.analysis.facts import Facts
from service.analysis.finding import Skipped

EFFORT_LEAST_M, EFFORT_LEAST_S = 3_000.0, 12 * 60.0
TERRAIN_POINTS = 0.15
ULTRA_M, ULTRA_S = 50_000.0, 5 * 3600.0
SKIPPED_START_M = 100.0
NO_ALTITUDE_TRUST = 0.6
"""Confidence of a pace without altitude. This and the bounds above are told in docs/signals.md."""
SLOWEST_MPS, FASTEST_MPS = 0.5, 12.0
"""A mean speed outside of these is no pace: the lower is what counts as moving, the upper what counts as a jump."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch by distance, in metres from the start."""

    start_m: float
    end_m: float

    @property
    def length_m(self) -> float:
        """Metres from end to end."""
        return self.end_m - self.start_m


@dataclass(frozen=True, slots=True)
class Sums:
    """Moving, usable time of a window, and what was covered in it: as run, and as either cost model counts it."""

    seconds: float
    metres: float
    minetti_m: float
    heart_m: float

    def slowed(self, s_per_km: float) -> Sums:
        """The same ground, every kilometre `s_per_km` slower."""
        return replace(self, seconds=self.seconds + s_per_km * self.metres / 1000)

    @property
    def minetti_mps(self) -> float:
        """Mean grade-adjusted speed by energy cost; NaN without time."""
        return self.minetti_m / self.seconds if self.seconds else math.nan

    @property
    def heart_mps(self) -> float:
        """Mean grade-adjusted speed by heart rate; NaN without time."""
        return self.heart_m / self.seconds if self.seconds else math.nan


def sums(facts: Facts, window: Window) -> Sums:
    """The Sums of a window over rows that move and are not bad."""
    rows = windows.rows(facts, window.start_m, window.end_m)
    good = windows.usable(facts, rows)
    grid = facts.grid
    return Sums(
        seconds=float(np.count_nonzero(good)),
        metres=float(grid.speed_mps[rows][good].sum()),
        minetti_m=float(grid.gap_minetti_mps[rows][good].sum()),
        heart_m=float(grid.gap_heart_mps[rows][good].sum()),
    )


def excess(faster: Sums, slower: Sums) -> float:
    """How much faster the first is than the second, as a share: the smaller of both cost models; NaN if unknown."""
    ratios = _ratio(faster.minetti_mps, slower.minetti_mps), _ratio(faster.heart_mps, slower.heart_mps)
    return math.nan if any(map(math.isnan, ratios)) else min(ratios) - 1


def raw_excess(facts: Facts, first: Window, second: Window) -> float:
    """The naive comparison by distance and unpaused time, bad rows and all: only shown as a suppressed candidate.

    NaN where a mean speed is none of anybody on foot.
    """

    def speed(window: Window) -> float:
        rows = windows.rows(facts, window.start_m, window.end_m)
        return window.length_m / (rows.stop - rows.start) if rows.stop > rows.start else math.nan

    return _ratio(speed(first), speed(second)) - 1


def _ratio(first_mps: float, second_mps: float) -> float:
    """One mean speed over another; NaN where either is no speed of anybody on foot."""
    believed = all(SLOWEST_MPS <= speed <= FASTEST_MPS for speed in (first_mps, second_mps))
    return first_mps / second_mps if believed else math.nan


def effort(facts: Facts) -> Window:
    """The main effort, between warm-up and cool-down."""
    return Window(facts.effort.start_m, facts.effort.end_m)


def early_window(main: Window, *, least_m: float, most_m: float) -> Window:
    """The start of the main effort that is judged: a tenth of it within the bounds, without its first 100 m."""
    length_m = min(max(0.1 * main.length_m, least_m), most_m)
    return Window(main.start_m + SKIPPED_START_M, main.start_m + length_m)


def after_what(facts: Facts) -> str:
    """What a start is counted from, as texts choose by it: `warm_up` where one was trimmed, else `start`."""
    return "start" if facts.effort.warm_up is None else "warm_up"


def why_not(facts: Facts, *, least_m: float, least_s: float) -> str | None:
    """Why pacing cannot be judged in this run at all, or None: the word for `Skipped.because`."""
    if facts.treadmill:
        return "treadmill"
    if facts.distance_m < least_m or facts.moving_s < least_s:
        return "too_short"
    if facts.structured.found:
        return "structured"
    main = effort(facts)
    if facts.effort.trimmed and (
        main.length_m < EFFORT_LEAST_M or windows.moving_seconds(facts, main.start_m, main.end_m) < EFFORT_LEAST_S
    ):
        return "main_effort_too_short"
    return None


def terrain_differs(facts: Facts, early: Window, late: Window) -> bool:
    """Whether hiking or steep ground is shared out so unevenly that paces say nothing (docs/signals.md, terrain).

    A heart rate that is at least as high in the early window speaks for the pace all the same.
    """
    hiking = windows.hiking_share(facts, early.start_m, early.end_m) - windows.hiking_share(
        facts, late.start_m, late.end_m
    )
    steep = windows.steep_share(facts, early.start_m, early.end_m) - windows.steep_share(
        facts, late.start_m, late.end_m
    )
    if abs(hiking) <= TERRAIN_POINTS and abs(steep) <= TERRAIN_POINTS:
        return False
    first = windows.mean_heart_rate(facts, early.start_m, early.end_m)
    then = windows.mean_heart_rate(facts, late.start_m, late.end_m)
    return first is None or then is None or first < then


def is_ultra(facts: Facts) -> bool:
    """Whether the run is so long that ordinary pacing looks like a mistake: shown, without points."""
    return facts.distance_m > ULTRA_M or facts.moving_s > ULTRA_S


def gps_confidence(bad_share: float) -> float:
    """The trust in positions: 1, 0.5 from more than 5 % bad rows in the window, 0 from more than 10 %.

    >>> [gps_confidence(share) for share in (0.0, 0.05, 0.06, 0.10, 0.11)]
    [1.0, 1.0, 0.5, 0.5, 0.0]
    """
    if bad_share > 0.10:
        return 0.0
    return 0.5 if bad_share > 0.05 else 1.0


def pace_confidence(facts: Facts, *compared: Window) -> float:
    """Confidence of a comparison of paces: position, usable length and altitude, each at its worst over the windows.

    The length is the usable share of a window: that it is long enough by distance is a condition of the rules that ask.
    """
    worst = max(windows.bad_share(facts, window.start_m, window.end_m) for window in compared)
    altitude = NO_ALTITUDE_TRUST if facts.altitude is None else facts.altitude.trust
    return (1.0 - worst) * gps_confidence(worst) * altitude


def skipped(because: str, value: float, at_least: float) -> Skipped:
    """Skipped, with `value` kept as the suppressed candidate where it would have been worth a warning."""
    kept = round(value, 4) if math.isfinite(value) and value >= at_least else None
    return Skipped(because, value=kept, unit=None if kept is None else "ratio")


def halves(main: Window) -> tuple[Window, Window]:
    """The first half of the main effort, without its first 100 m, and the second."""
    middle = main.start_m + main.length_m / 2
    return Window(main.start_m + SKIPPED_START_M, middle), Window(middle, main.end_m)


def fade(facts: Facts) -> float:
    """How much slower the second half of the main effort was, as a share: the smaller of both cost models."""
    first, second = halves(effort(facts))
    return excess(sums(facts, first), sums(facts, second))
