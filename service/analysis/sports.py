"""Which family of sport a run belongs to, by the file's word for it or the caller's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parsers.activity import Activity
from service.analysis.cleaning import MOVING_FROM_MPS

ASSUMED_RUNNING_UP_TO_MPS = 6.0
"""A file without a sport is taken for a run where its median moving speed is at most this; chosen by us."""
POSITIONS_AT_LEAST = 0.1
"""Share of records with a position below which a file counts as one without GPS; chosen by us."""

RUN, WALK, WHEEL, WATER, OTHER = "run", "walk", "wheel", "water", "other"
ON_FOOT = frozenset({RUN, WALK})

FAMILIES = {
    "running": RUN,
    "walking": WALK,
    "hiking": WALK,
    "mountaineering": WALK,
    "snowshoeing": WALK,
    "cycling": WHEEL,
    "e_biking": WHEEL,
    "inline_skating": WHEEL,
    "wheelchair_push_run": WHEEL,
    "wheelchair_push_walk": WHEEL,
    "swimming": WATER,
    "rowing": WATER,
    "kayaking": WATER,
    "stand_up_paddleboarding": WATER,
    "paddling": WATER,
}
"""Family of each sport, in FIT's words; every other sport is `other`."""

NAMELESS = frozenset({"", "generic", "unknown", "other", "all"})
"""Words that name no sport."""

INDOORS = frozenset(
    {
        "treadmill",
        "indoor_running",
        "virtual_activity",
        "indoor_walking",
        "indoor_cycling",
        "indoor_track",
        "indoor_rowing",
        "spin",
        "elliptical",
        "stair_climbing",
    }
)

SPEED_LIMIT_MPS = {RUN: 12.0, WALK: 12.0, WHEEL: 40.0, WATER: 15.0, OTHER: 100.0}
"""Over this a step between two samples is a jump, not a movement; chosen by us, on foot faster than any record."""


@dataclass(frozen=True, slots=True)
class Sport:
    """The sport the rules use. `assumed` says that the file named none and the speed looked like running."""

    sport: str | None
    sub_sport: str | None
    family: str
    assumed: bool
    treadmill: bool


def family_of(sport: str | None) -> str:
    """The kind of sport that tells records of one run from those of another: `foot`, `wheel`, `water` or `other`.

    >>> family_of("hiking"), family_of("cycling"), family_of(None)
    ('foot', 'wheel', 'other')
    """
    family = FAMILIES.get(sport or "", OTHER)
    return "foot" if family in ON_FOOT else family


def identify(activity: Activity, override: str | None) -> Sport:
    """The sport of the activity: what the caller says, else the file, else running where the speed allows it.

    Both in FIT's words: what services and people write is told apart before (`parsers.sport_of`). `override` may name a
    sub-sport too, `running/trail`; where it names none, that of the file stays if the sport is the same.
    """
    filed, filed_sub = _named(activity.sport)
    sport, sub_sport = _named(override) if override else (filed, filed_sub)
    if sub_sport is None and sport == filed:
        sub_sport = activity.sub_sport
    assumed = sport is None and _median_moving_speed_mps(activity) <= ASSUMED_RUNNING_UP_TO_MPS
    if assumed:
        sport = "running"
    return Sport(
        sport=sport,
        sub_sport=sub_sport,
        family=FAMILIES.get(sport, OTHER) if sport else OTHER,
        assumed=assumed,
        treadmill=sub_sport in INDOORS or not _has_positions(activity),
    )


def _named(word: str | None) -> tuple[str | None, str | None]:
    """Sport and sub-sport of a word of FIT's, or of two with a `/` between."""
    sport, _, sub_sport = (word or "").partition("/")
    return (None, None) if sport in NAMELESS else (sport, sub_sport or None)


def _has_positions(activity: Activity) -> bool:
    lat_deg = activity.streams.lat_deg
    return lat_deg is not None and len(lat_deg) > 0 and float(np.isfinite(lat_deg).mean()) >= POSITIONS_AT_LEAST


def _median_moving_speed_mps(activity: Activity) -> float:
    """Median over the moving steps between samples; infinite where nothing moved, so that nothing is assumed."""
    distance_m = activity.streams.distance_m
    if distance_m is None or len(distance_m) < 2:
        return float("inf")
    speed = np.diff(distance_m) / np.diff(activity.streams.time_s)
    moving = speed[speed >= MOVING_FROM_MPS]
    return float(np.median(moving)) if len(moving) else float("inf")
