"""The height profile: raw altitude -> smoothed profile every 10 m -> grade, whole legs, ascent, descent.

Altitude is the noisiest channel of a watch. How much is smoothed depends on its kind: a barometer is good to 0.3 m, a
GPS altitude wanders by several metres, and one of unknown kind is treated as GPS unless its own noise says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Column
from service.analysis.cost import CLIMB_LIMIT_MPS, GRADE_LIMIT

STEP_M = 10.0
COVERAGE_AT_LEAST = 0.8
NOISE_OF_A_BAROMETER_M = 0.8
ECCENTRIC_GRADE = -0.05
LONGEST_PROFILE_M = 2_000_000.0
"""A longer distance than this is no run: no profile is made of it, so that a broken file costs no memory."""

JUMP_M, JUMP_S, JUMP_WITHIN_M, JUMP_HILL_SHARE = 8.0, 30.0, 200.0, 0.25

SPIKE_M = 15.0

Turn = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How one kind of altitude is smoothed, in points of the 10 m grid, and how far it must turn back to end a leg."""

    median_points: int
    mean_points: int
    grade_reach: int
    reversal_m: float
    trust: float


SMOOTHING = {
    "barometric": Smoothing(median_points=3, mean_points=7, grade_reach=3, reversal_m=2.0, trust=1.0),
    "gps": Smoothing(median_points=5, mean_points=15, grade_reach=8, reversal_m=10.0, trust=0.8),
}
SMOOTHING["unknown"] = SMOOTHING["gps"]


@dataclass(frozen=True, slots=True)
class Profile:
    """The smoothed altitude every 10 m from 0, its grade (rise over run, within ±0.45), and the turns between legs.

    Where the altitude `jumped` at the start it is flat up to 200 m. `turns` are (index, altitude) of one end of a leg
    each, in order, the start of the first and the end of the last leg included.
    """

    kind: str
    kind_by: str
    smoothing: Smoothing
    altitude_m: Column
    grade: Column
    turns: tuple[Turn, ...]
    jumped: bool

    @property
    def distance_m(self) -> Column:
        """The distance of each point of the profile."""
        return np.arange(len(self.altitude_m), dtype=np.float64) * STEP_M


def profile(
    distance_m: Column, altitude_m: Column | None, time_s: Column, *, kind: str, kind_by: str = "none"
) -> Profile | str:
    """The profile of samples (distance never decreasing), or why there is none: `missing`, `coverage`, `too_short`.

    `kind` is what the file says (`barometric`, `gps`, `unknown`); an unknown kind whose noise is a barometer's, and
    which never climbs faster than a runner, counts as one, with `kind_by` `noise`. `time_s` is unpaused.
    """
    if altitude_m is None or not np.isfinite(altitude_m).any():
        return "missing"
    there = np.isfinite(altitude_m) & ~_spikes(altitude_m)
    if float(there.mean()) < COVERAGE_AT_LEAST:
        return "coverage"
    forward = there & (np.diff(np.maximum.accumulate(distance_m), prepend=-1.0) > 0)
    at_m, metres = distance_m[forward], altitude_m[forward]
    if not len(at_m) or not 10 * STEP_M <= at_m[-1] <= LONGEST_PROFILE_M:
        return "too_short"
    grid_m = np.arange(int(distance_m[-1] // STEP_M) + 1) * STEP_M
    raw = np.interp(grid_m, at_m, metres)
    if kind == "unknown" and noise_m(raw) < NOISE_OF_A_BAROMETER_M and not _soars(time_s[forward], metres):
        kind, kind_by = "barometric", "noise"
    smoothing = SMOOTHING[kind]
    jumped = start_jumps(time_s[there], distance_m[there], altitude_m[there])
    if jumped:
        settled = min(int(JUMP_WITHIN_M // STEP_M), len(raw) - 1)
        raw[:settled] = raw[settled]
    smooth_m = smoothed(raw, smoothing)
    return Profile(
        kind=kind,
        kind_by=kind_by,
        smoothing=smoothing,
        altitude_m=smooth_m,
        grade=slope(smooth_m, reach=smoothing.grade_reach),
        turns=turns(smooth_m, reversal_m=smoothing.reversal_m),
        jumped=jumped,
    )


def smoothed(raw_m: Column, smoothing: Smoothing) -> Column:
    """Running median, then the moving average twice (a triangular kernel); the ends are held."""
    centred = _running_median(raw_m, smoothing.median_points)
    return _moving_mean(_moving_mean(centred, smoothing.mean_points), smoothing.mean_points)


def slope(altitude_m: Column, *, reach: int) -> Column:
    """Grade by linear regression over ±`reach` points of the 10 m grid, held to ±0.45; the ends go straight on."""
    reach = min(reach, len(altitude_m) - 1)
    head = 2.0 * altitude_m[0] - altitude_m[reach:0:-1]
    tail = 2.0 * altitude_m[-1] - altitude_m[-2 : -reach - 2 : -1]
    padded = np.concatenate((head, altitude_m, tail))
    offsets = np.arange(-reach, reach + 1)
    weights = offsets / (STEP_M * float(np.sum(offsets * offsets)))
    return np.clip(np.correlate(padded, weights, mode="valid"), -GRADE_LIMIT, GRADE_LIMIT)


def noise_m(raw_m: Column) -> float:
    """Robust standard deviation (1.4826 × MAD) of the altitude around its own 60 m mean, in metres."""
    residual = raw_m - _moving_mean(raw_m, SMOOTHING["barometric"].mean_points)
    return 1.4826 * float(np.median(np.abs(residual - np.median(residual))))


def turns(altitude_m: Column, *, reversal_m: float, leg_share: float = 0.0) -> tuple[Turn, ...]:
    """The ends of the profile's legs, by reversal: (index, altitude), start and end of the outermost legs included.

    A leg ends at its extreme once the profile has turned back by at least `reversal_m`, or by `leg_share` of the leg's
    own height if that is more. What precedes the first such extreme is lower than `reversal_m` and no leg; what
    follows the last is one if it is at least that high. Fewer than two turns: no leg.

    >>> z = [100, 103, 97, 102, 105, 109, 115, 119, 128, 130, 118, 112, 105, 108, 100, 106, 101]
    >>> turns(np.array(z, dtype=float), reversal_m=10)
    ((2, 97.0), (9, 130.0), (14, 100.0))
    """
    points = _extremes(altitude_m)
    low = high = extreme = points[0]
    upward = True
    out: list[Turn] = []
    for point in points:
        if not out:
            low, high = min(low, point, key=_height), max(high, point, key=_height)
            upward = point[1] - low[1] >= reversal_m
            if upward or high[1] - point[1] >= reversal_m:
                out, extreme = [low if upward else high], point
        elif point[1] > extreme[1] if upward else point[1] < extreme[1]:
            extreme = point
        elif abs(extreme[1] - point[1]) >= max(reversal_m, leg_share * abs(extreme[1] - out[-1][1])):
            out.append(extreme)
            extreme, upward = point, not upward
    if out and abs(extreme[1] - out[-1][1]) >= reversal_m:
        out.append(extreme)
    return tuple(out)


def climbed(turning: tuple[Turn, ...]) -> tuple[float, float]:
    """Ascent and descent in metres: the sums of whole legs, both positive."""
    heights = np.diff([z for _, z in turning])
    return float(heights[heights > 0].sum()), abs(float(heights[heights < 0].sum()))


def eccentric_drop_m(found: Profile) -> float:
    """Metres of descent on grades of -5 % or steeper."""
    drops = -np.diff(found.altitude_m)
    steep = (found.grade[1:] + found.grade[:-1]) / 2 <= ECCENTRIC_GRADE
    return float(drops[steep & (drops > 0)].sum())


def start_jumps(time_s: Column, distance_m: Column, altitude_m: Column) -> bool:
    """Whether the altitude leaps in the first 200 m: over 8 m within 30 s, with no hill of that grade behind it.

    A barometer or a GPS altitude that settles does so; a runner who starts down a steep road goes on descending. The
    comparison with the 200 m behind the leap is ours: the grade there must be under a quarter of the leap's.
    """
    near = distance_m <= 3 * JUMP_WITHIN_M
    t, d, z = time_s[near], distance_m[near], altitude_m[near]
    if len(z) < 2 or float(z.max() - z.min()) <= JUMP_M:
        return False
    early = d <= JUMP_WITHIN_M
    if not early.any():  # the distance was lost at first
        return False
    later = np.minimum(np.searchsorted(t, t[early] + JUMP_S, side="right") - 1, len(t) - 1)
    leap = z[later] - z[early]
    worst = int(np.argmax(np.abs(leap)))
    if abs(leap[worst]) <= JUMP_M or d[-1] <= JUMP_WITHIN_M:
        return False
    grade = leap[worst] / max(STEP_M, float(d[later[worst]] - d[early][worst]))
    first = int(later[worst])
    last = int(np.searchsorted(d, d[first] + JUMP_WITHIN_M, side="right")) - 1
    beyond_m = float(d[last] - d[first])
    if beyond_m < JUMP_WITHIN_M / 2:
        return False
    grade_beyond = float(z[last] - z[first]) / beyond_m
    return bool(grade_beyond * np.sign(grade) < JUMP_HILL_SHARE * abs(grade))


def _soars(time_s: Column, altitude_m: Column) -> bool:
    """Whether the altitude climbs for 30 s faster than any runner: a wandering GPS, however smooth."""
    earlier = np.interp(time_s - JUMP_S, time_s, altitude_m)
    return bool((altitude_m - earlier).max() > JUMP_S * CLIMB_LIMIT_MPS)


def _spikes(altitude_m: Column) -> NDArray[np.bool_]:
    """Single samples far above or far below both their neighbours: a dropped value, not ground."""
    out = np.zeros(len(altitude_m), dtype=bool)
    with np.errstate(invalid="ignore"):
        steps = np.diff(altitude_m)
        out[1:-1] = (np.abs(steps) > SPIKE_M)[:-1] & (np.abs(steps) > SPIKE_M)[1:] & (steps[:-1] * steps[1:] < 0)
    return out


def _extremes(altitude_m: Column) -> list[Turn]:
    """The local extremes with both ends: the only points at which a leg can begin or end."""
    changes = np.diff(altitude_m)
    rising = np.flatnonzero(changes != 0)
    if not len(rising):
        return [(0, float(altitude_m[0]))]
    signs = changes[rising] > 0
    corners = rising[1:][signs[1:] != signs[:-1]]
    where = np.concatenate(([0], corners, [rising[-1] + 1]))
    return list(zip(where.tolist(), altitude_m[where].tolist(), strict=True))


def _height(turn: Turn) -> float:
    return turn[1]


def _running_median(values: Column, points: int) -> Column:
    reach = points // 2
    padded = np.concatenate((np.full(reach, values[0]), values, np.full(reach, values[-1])))
    windows = np.lib.stride_tricks.sliding_window_view(padded, points)
    if points == 3:
        a, b, c = windows[:, 0], windows[:, 1], windows[:, 2]
        middle: Column = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
        return middle
    return np.partition(windows, reach, axis=1)[:, reach]


def _moving_mean(values: Column, points: int) -> Column:
    reach = points // 2
    padded = np.concatenate((np.full(reach, values[0]), values, np.full(reach, values[-1])))
    return np.convolve(padded, np.full(points, 1.0 / points), mode="valid")
