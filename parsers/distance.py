"""Distance along the run, and the speed that follows from it, where the device's own column needs mending or is absent.

Pure arithmetic over columns; what is dropped is counted and told to the caller, `parsers.tidy`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Column

EARTH_RADIUS_M = 6_371_000.0
FOOT_SPORTS = frozenset({"running", "walking", "hiking", "trail_running"})
FOOT_LIMIT_MPS = 25.0
"""Chosen by us: twice the fastest sprint ever run; above it only a broken sensor or a car reads."""
LIMIT_MPS = 60.0
"""Chosen by us: above any ride downhill."""
JUMP_M = 1000.0
"""A receiver that lost its fix for a while finds itself this far on: the way was run. Further off is garbage."""
BASE_M = 100.0
"""A counter that starts higher than this, at a speed nobody has, runs on from something earlier."""
RESTART_DROP_M = 100.0
"""A counter that falls by more than this began anew (a lap, a leg of a multisport file); by less it was corrected."""
MOST_RESTARTS = 1000
JOIN_S = 10.0
"""A segment that goes on so soon is the same way cut in two (a lap); after longer, nobody knows what was done."""
INTEGRATE_GAP_S = 15.0
ROUNDING_M = 0.02


def speed_limit_mps(sport: str | None) -> float:
    """The speed past which a sample of `sport` is garbage, not a fast runner (the analyser has its own, lower gate)."""
    return FOOT_LIMIT_MPS if sport in FOOT_SPORTS else LIMIT_MPS


def haversine_steps_m(lat_deg: Column, lon_deg: Column) -> Column:
    """Metres between successive positions on a sphere, one fewer than there are positions."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    cos_lat = np.cos(lat)
    half_lat, half_lon = np.sin(np.diff(lat) / 2), np.sin(np.diff(lon) / 2)
    chord = half_lat * half_lat + cos_lat[:-1] * cos_lat[1:] * half_lon * half_lon
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0))))


def from_positions(
    time_s: Column, lat_deg: Column, lon_deg: Column, *, limit_mps: float, segment: NDArray[np.int64] | None
) -> Column | None:
    """Cumulative metres at each row with a position, NaN elsewhere; None below two positions.

    A single position out of reach of both neighbours is passed over. A step over `limit_mps` counts up to JUMP_M (the
    analyser marks it), a longer one adds nothing, nor does one into another segment unless within JOIN_S.
    """
    known = ~np.isnan(lat_deg)
    if np.count_nonzero(known) < 2:
        return None
    lat, lon, seconds = lat_deg[known], lon_deg[known], np.diff(time_s[known])
    steps = haversine_steps_m(lat, lon)
    odd = steps > limit_mps * seconds
    if odd.any():
        _pass_over_spikes(steps, odd, lat, lon, reach_m=limit_mps * (seconds[:-1] + seconds[1:]))
        steps[odd & (steps > JUMP_M)] = 0.0
    if segment is not None:
        steps[(np.diff(segment[known]) != 0) & (seconds > JOIN_S)] = 0.0
    return _scattered(known, np.concatenate(([0.0], np.cumsum(steps))))


def _pass_over_spikes(steps: Column, odd: NDArray[np.bool_], lat: Column, lon: Column, *, reach_m: Column) -> None:
    """Lead the way around each position whose two steps are odd while the way without it is not (steps change)."""
    for at in np.flatnonzero(odd[:-1] & odd[1:]):
        around = float(haversine_steps_m(lat[[at, at + 2]], lon[[at, at + 2]])[0])
        if around <= reach_m[at]:
            steps[at], steps[at + 1] = 0.0, around


def from_speed(time_s: Column, speed_mps: Column) -> Column:
    """Cumulative metres by speed × time; a gap counts for at most 15 s, a missing speed for nothing."""
    seconds = np.minimum(np.diff(time_s), INTEGRATE_GAP_S)
    steps = np.nan_to_num(speed_mps[1:]) * seconds
    return np.concatenate(([0.0], np.cumsum(steps)))


def mended(time_s: Column, distance_m: Column, *, limit_mps: float, total_m: float | None) -> tuple[Column, int]:
    """The device's column made to begin near 0 and never to fall, NaN kept, and how many values were at odds.

    A counter that runs on from an earlier leg loses its base, one that restarts is added up, a jump that no speed
    explains adds nothing, a small fall is held level. Values past twice the device's own total are dropped.
    """
    wrong = _too_far(distance_m, total_m)
    known = (distance_m >= 0.0) & ~wrong
    dropped = int(np.count_nonzero(wrong | (distance_m < 0.0)))
    if np.count_nonzero(known) < 2:
        return _scattered(known, np.zeros(np.count_nonzero(known))), dropped
    values, times_s = (distance_m, time_s) if known.all() else (distance_m[known], time_s[known])
    reach = np.diff(times_s)
    reach *= limit_mps
    reach += JUMP_M + ROUNDING_M
    base = values[0] if values[0] > limit_mps * times_s[0] + BASE_M else 0.0
    steps = np.diff(values)
    odd = int(np.count_nonzero((steps < 0) | (steps > reach)))
    if odd:
        steps = _plausible_steps(values, reach)
        values = np.concatenate((values[:1], values[0] + np.cumsum(steps)))
    return _scattered(known, values - base if base else values), dropped + odd


def _too_far(distance_m: Column, total_m: float | None) -> NDArray[np.bool_]:
    """Rows past twice the total, unless they are so many that the total is the liar."""
    if total_m is None or not total_m > 0:
        return np.zeros(len(distance_m), dtype=bool)
    far = distance_m > 2 * total_m + 1000.0
    return far if 2 * np.count_nonzero(far) < np.count_nonzero(~np.isnan(distance_m)) else np.zeros_like(far)


def _plausible_steps(values: Column, reach: Column) -> Column:
    """Steps of a counter with falls and jumps in it: restarts continue, the rest of what is impossible is 0."""
    restart = np.diff(values) < -RESTART_DROP_M
    if np.count_nonzero(restart) > MOST_RESTARTS:
        restart[:] = False
    part = np.concatenate(([0], np.cumsum(restart)))
    lift = part * (float(values.max()) + 1.0)
    level = np.maximum.accumulate(values + lift) - lift
    steps = np.diff(level)
    steps[restart] = np.where(values[1:][restart] <= reach[restart], values[1:][restart], 0.0)
    steps[steps > reach] = 0.0
    return np.asarray(np.maximum(steps, 0.0))


def speed_from(time_s: Column, distance_m: Column, *, limit_mps: float) -> Column | None:
    """Mean speed over the step that ends at each row (the first row takes that of the second).

    None below two rows with a distance, and where no step has a speed that can be believed.
    """
    known = ~np.isnan(distance_m)
    if np.count_nonzero(known) < 2:
        return None
    metres, times_s = (distance_m, time_s) if known.all() else (distance_m[known], time_s[known])
    speed = np.diff(metres, prepend=metres[:1])
    speed[1:] /= np.diff(times_s)
    speed[speed > limit_mps] = np.nan
    speed[0] = speed[1]
    return None if np.isnan(speed).all() else _scattered(known, speed)


def _scattered(known: NDArray[np.bool_], values: Column) -> Column:
    """The values where they are known, NaN elsewhere."""
    if len(values) == len(known):
        return values
    column = np.full(len(known), np.nan)
    column[known] = values
    return column
