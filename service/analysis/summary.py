"""What the page shows of a run beside its assessment: totals, averages, splits, laps, climbs, zones. Plain documents.

Distances, times and paces are in the API's names and units; a missing value is None. Averages are weighted by time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from parsers.activity import Activity, Column
from service.analysis import splits, totals, windows
from service.analysis.facts import Facts, Leg
from service.analysis.heart import Reserve
from service.analysis.measures import half_up

LONGEST_HOLD_S = 30.0
"""A sample speaks for so many seconds at most. Chosen by us."""


def summary(facts: Facts) -> dict[str, Any]:
    """The totals and averages of the run; `device` holds what the device itself states, or is None."""
    activity, moving_s = facts.activity, facts.moving_s
    metres = distance_m(facts)
    speed_mps = _speed_mps(facts, metres)
    gap_mps = windows.mean_gap(facts, 0.0, facts.distance_m).heart
    altitude = facts.altitude
    beats = weighted(activity, activity.streams.heart_rate_bpm)
    return {
        "distance_m": _rounded(metres, 1),
        "elapsed_s": _rounded(facts.elapsed_s, 1),
        "moving_s": _rounded(moving_s, 1),
        "paused_s": _rounded(facts.paused_s, 1),
        "speed_mps": _rounded(speed_mps, 3),
        "pace_s_per_km": _rounded(1000 / speed_mps, 1) if speed_mps else None,
        "gap_s_per_km": _rounded(1000 / gap_mps, 1) if altitude is not None and gap_mps > 0 else None,
        "ascent_m": None if altitude is None else round(altitude.ascent_m),
        "descent_m": None if altitude is None else round(altitude.descent_m),
        "altitude_min_m": None if altitude is None else round(altitude.min_m),
        "altitude_max_m": None if altitude is None else round(altitude.max_m),
        "heart_rate_avg_bpm": _whole(beats),
        "heart_rate_max_bpm": _whole(_largest(activity.streams.heart_rate_bpm)),
        "cadence_avg_spm": _whole(weighted(activity, activity.streams.cadence_spm)),
        "temperature_avg_c": _whole(weighted(activity, activity.streams.temperature_c)),
        "device": _device(activity),
    }


def distance_m(facts: Facts) -> float | None:
    """The device's total where it is plausible, else what the distance column says; None where nothing is known."""
    return totals.told_m(facts.activity.totals.distance_m, facts.distance_m)


def _speed_mps(facts: Facts, metres: float | None) -> float | None:
    """Metres a second of moving time, over the ground that this time belongs to; None where nothing moved."""
    if metres and totals.differs(metres, facts.distance_m):
        metres = facts.distance_m
    return metres / facts.moving_s if metres and facts.moving_s else None


def conditions(facts: Facts) -> dict[str, Any]:
    """The weather of the run as it was used, all None with source `none` where it is unknown."""
    there, given = facts.environment, facts.conditions
    return {
        "temperature_c": given.temperature_c if there is None else _rounded(there.temperature_c, 1),
        "humidity_pct": given.humidity_pct,
        "wind_kmh": given.wind_kmh,
        "sun": given.sun,
        "wbgt_c": None if there is None else _rounded(there.wbgt_c, 1),
        "source": given.source if there is None else there.source,
    }


def weighted(activity: Activity, column: Column | None) -> float | None:
    """The mean of a stream over time outside pauses: each sample speaks until the next, for 30 s at most."""
    if column is None or not len(column):
        return None
    time_s = activity.streams.time_s
    holds = np.minimum(np.diff(time_s, append=time_s[-1] + 1.0), LONGEST_HOLD_S)
    for pause in activity.pauses:
        holds[(time_s >= pause.start_s) & (time_s < pause.end_s)] = 0.0
    known = np.isfinite(column) & (holds > 0)
    return float(np.average(column[known], weights=holds[known])) if known.any() else None


def split_rows(facts: Facts, *, unit: str = "km") -> list[dict[str, Any]]:
    """One row a kilometre or mile, the last one shorter; ascent and descent add up to those of the run."""
    length_m = splits.MILE_M if unit == "mi" else splits.KILOMETRE_M
    return [_split_row(facts, piece) for piece in splits.splits(facts, length_m)]


def lap_rows(facts: Facts) -> list[dict[str, Any]]:
    """One row a lap of the device, with its trigger; no rows where the device made none."""
    return [
        {
            "start_s": _rounded(lap.start_s, 1),
            "end_s": _rounded(lap.end_s, 1),
            "trigger": lap.trigger,
            "intensity": lap.intensity,
            **_split_row(
                facts,
                splits.part(facts, windows.distance_at(facts, lap.start_s), windows.distance_at(facts, lap.end_s)),
            ),
        }
        for lap in facts.activity.laps
    ]


def climb_rows(facts: Facts) -> list[dict[str, Any]]:
    """One row a climb or descent, in order; no rows without usable altitude."""
    return [] if facts.altitude is None else [_climb_row(facts, leg) for leg in facts.altitude.legs]


def zone_rows(facts: Facts) -> list[dict[str, Any]]:
    """Minutes by share of the heart rate reserve, below half first; no rows where the reserve is unknown."""
    minutes, heart = facts.heart.zone_minutes, facts.heart
    rest, most = facts.profile.hr_rest_bpm, heart.max_reference_bpm
    if minutes is None or rest is None or most is None:
        return []
    bounds = Reserve(rest, most, heart.max_reference_by or "").bounds()
    lows: list[int | None] = [None, *bounds]
    highs: list[int | None] = [*bounds, None]
    return [
        {"zone": zone, "from_bpm": low, "below_bpm": high, "minutes": round(spent, 1)}
        for zone, (low, high, spent) in enumerate(zip(lows, highs, minutes, strict=True))
    ]


def _split_row(facts: Facts, piece: splits.Split) -> dict[str, Any]:
    moved = piece.moving_s > 0 and piece.distance_m > 0
    graded = facts.altitude is not None and piece.gap_mps
    return {
        "start_m": round(piece.start_m, 1),
        "distance_m": round(piece.distance_m, 1),
        "moving_s": round(piece.moving_s, 1),
        "pace_s_per_km": round(1000 * piece.moving_s / piece.distance_m, 1) if moved else None,
        "gap_s_per_km": round(1000 / piece.gap_mps, 1) if graded and piece.gap_mps else None,
        "ascent_m": _rounded(piece.ascent_m, 1),
        "descent_m": _rounded(piece.descent_m, 1),
        "heart_rate_avg_bpm": _whole(piece.heart_rate_avg_bpm),
        "cadence_avg_spm": _whole(piece.cadence_avg_spm),
    }


def _climb_row(facts: Facts, leg: Leg) -> dict[str, Any]:
    return {
        "kind": "climb" if leg.gain_m > 0 else "descent",
        "start_m": round(leg.start_m, 1),
        "end_m": round(leg.end_m, 1),
        "start_s": round(leg.start_s, 1),
        "end_s": round(leg.end_s, 1),
        "gain_m": round(leg.gain_m, 1),
        "mean_grade": round(leg.mean_grade, 4),
        "max_100m_grade": round(leg.max_100m_grade, 4),
        **_split_row(facts, splits.part(facts, leg.start_m, leg.end_m)),
    }


def _device(activity: Activity) -> dict[str, Any] | None:
    stated = activity.totals
    told = {
        "distance_m": _rounded(stated.distance_m, 1),
        "timer_s": _rounded(stated.timer_s, 1),
        "elapsed_s": _rounded(stated.elapsed_s, 1),
        "ascent_m": _whole(stated.ascent_m),
        "descent_m": _whole(stated.descent_m),
        "heart_rate_avg_bpm": _whole(stated.heart_rate_avg_bpm),
        "heart_rate_max_bpm": _whole(stated.heart_rate_max_bpm),
    }
    return told if any(value is not None for value in told.values()) else None


def _largest(column: Column | None) -> float | None:
    known = () if column is None else column[np.isfinite(column)]
    return float(np.max(known)) if len(known) else None


def _whole(value: float | None) -> int | None:
    return None if value is None or not math.isfinite(value) else half_up(value)


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), decimals)
