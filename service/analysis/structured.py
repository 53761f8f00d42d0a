"""Is this run a structured session: intervals, fartlek, run-walk? Then a fast part is a plan, not a mistake.

Said by the watch (workout, lap intensities), or seen as a repeated change of speed. The change must show in the plain
speed and in the grade-adjusted one: either alone mistakes rolling hills or noisy altitude for intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from parsers.activity import Activity, Column, Lap
from service.analysis.facts import Grid, Structured

SMOOTH_S = 30
BAND = 0.04
SHORTEST_PHASE_S = 20
LONGEST_PHASE_S = 15 * 60
LEAST_REPEATS = 4
LEAST_RECOVERIES = 3
LEAST_RATIO = 1.25
STANDING_MEAN_MPS, LENIENT_UP_TO_S = 1.2, 150 * 60
ALIKE, ALIKE_SHARE = 0.2, 0.7
ACTIVE_LAPS = frozenset({"active", "interval"})
RESTING_LAPS = frozenset({"rest", "recovery"})


@dataclass(frozen=True, slots=True)
class Phase:
    """Rows [start, end) run fast or slow."""

    start: int
    end: int
    fast: bool

    def __len__(self) -> int:
        return self.end - self.start


def structured(activity: Activity, grid: Grid) -> Structured:
    """What the watch says of a workout, else whether the speed alternates (docs/signals.md)."""
    by_laps = lap_repeats(activity.laps)
    if activity.workout:
        return Structured(found=True, by="workout", repeats=by_laps or alternations(grid))
    if by_laps:
        return Structured(found=True, by="laps", repeats=by_laps)
    repeats = alternations(grid)
    return Structured(found=True, by="alternation", repeats=repeats) if repeats else Structured()


def lap_repeats(laps: tuple[Lap, ...]) -> int:
    """The number of active laps in a file whose laps tell rest from work at least twice, else 0."""
    words = [lap.intensity for lap in laps]
    resting = sum(word in RESTING_LAPS for word in words)
    active = sum(word in ACTIVE_LAPS for word in words)
    return active if resting >= 2 and active >= 2 else 0


def alternations(grid: Grid) -> int:
    """The number of fast phases of an alternating run, 0 where it is none.

    Phases are where the speed, smoothed over 30 s, is beyond ±4 % of the middle between its 10th and 90th percentile.
    Those under 20 s belong to their neighbours; the longest chain of phases of at most 15 min counts if it has four
    fast ones, three slow ones between them, and is 1.25 times as fast in the fast ones, before grade adjustment and
    after it (asked of both models, because rolling hills at even power pass the one by heart rate).
    Ours, because real files asked for it: where the slow phases are stops, or the run lasts over two and a half hours,
    most fast phases must be of one length, as repeats are, and the way between traffic lights, aid stations or climbs
    is not; and the chain must begin in the first half, as walking breaks that begin later are what a fade looks like.
    The first and the last phase of the run may be longer: they are warm-up and cool-down, and no link of the chain.
    """
    if len(grid) < LEAST_REPEATS * SHORTEST_PHASE_S:
        return 0
    speed = smooth(grid.speed_mps, SMOOTH_S)
    low, high = np.percentile(speed, (10, 90))
    if high < LEAST_RATIO * low:
        return 0
    phases = _phases(speed, middle=(low + high) / 2)
    chains = [chain for chain in _chains(phases) if chain[0].start <= len(grid) / 2]
    best = max(chains, key=lambda chain: sum(len(phase) for phase in chain), default=[])
    fast, slow = ([phase for phase in best if phase.fast is which] for which in (True, False))
    if len(fast) < LEAST_REPEATS or len(slow) < LEAST_RECOVERIES:
        return 0
    columns = (grid.speed_mps, grid.gap_heart_mps, grid.gap_minetti_mps)
    alternating = all(_ratio(column, fast, slow) >= LEAST_RATIO for column in columns)
    if not alternating:
        return 0
    lenient = _mean(grid.speed_mps, slow) >= STANDING_MEAN_MPS and len(grid) <= LENIENT_UP_TO_S
    return len(fast) if lenient else _alike(fast)


def smooth(column: Column, seconds: int) -> Column:
    """Centred mean over `seconds` rows, over fewer at the ends."""
    sums = np.concatenate(([0.0], np.cumsum(column)))
    first = np.arange(len(column)) - seconds // 2
    last = np.minimum(first + seconds, len(column))
    first = np.maximum(first, 0)
    mean: Column = (sums[last] - sums[first]) / (last - first)
    return mean


def _phases(speed: Column, *, middle: float) -> list[Phase]:
    """Fast and slow phases in turn; between the two limits a row belongs to the phase before it."""
    state = np.where(speed > middle * (1 + BAND), 1, np.where(speed < middle * (1 - BAND), -1, 0))
    known = np.flatnonzero(state)
    if not len(known):
        return []
    changed = known[1:][state[known[1:]] != state[known[:-1]]]
    starts = np.concatenate(([0], changed))
    ends = np.concatenate((changed, [len(speed)]))
    first_fast = state[known[0]] > 0
    raw = [
        Phase(int(a), int(b), bool(first_fast) ^ bool(i % 2)) for i, (a, b) in enumerate(zip(starts, ends, strict=True))
    ]
    return _without_short(raw)


def _without_short(phases: list[Phase]) -> list[Phase]:
    """The phases with those under 20 s given to the phase before them, and equal neighbours joined."""
    kept: list[Phase] = []
    for phase in phases:
        if kept and (len(phase) < SHORTEST_PHASE_S or kept[-1].fast == phase.fast):
            kept[-1] = Phase(kept[-1].start, phase.end, kept[-1].fast)
        else:
            kept.append(phase)
    return kept


def _chains(phases: list[Phase]) -> list[list[Phase]]:
    """Unbroken runs of phases that are short enough, from a fast one to a fast one."""
    out = []
    for usable, group in groupby(phases, key=lambda phase: SHORTEST_PHASE_S <= len(phase) <= LONGEST_PHASE_S):
        chain = list(group)
        while chain and not chain[0].fast:
            chain.pop(0)
        while chain and not chain[-1].fast:
            chain.pop()
        if usable and chain:
            out.append(chain)
    return out


def _ratio(column: Column, fast: list[Phase], slow: list[Phase]) -> float:
    """Mean of the column in the fast phases over that in the slow ones; infinite where the slow ones stand."""
    slow_mean = _mean(column, slow)
    return _mean(column, fast) / slow_mean if slow_mean > 0 else float("inf")


def _mean(column: Column, phases: list[Phase]) -> float:
    return sum(float(column[phase.start : phase.end].sum()) for phase in phases) / sum(len(phase) for phase in phases)


def _alike(phases: list[Phase]) -> int:
    """How many phases are within a fifth of the usual length, 0 where that is not most of them."""
    lengths = np.array([len(phase) for phase in phases], dtype=np.float64)
    usual = float(np.median(lengths))
    alike = int(np.count_nonzero(np.abs(lengths - usual) <= ALIKE * usual))
    return alike if alike >= max(LEAST_REPEATS, ALIKE_SHARE * len(phases)) else 0
