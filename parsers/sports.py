"""FIT's words for the sports that GPX and TCX files name in words of their own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Sport = tuple[str | None, str | None]

_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "running": ("run", "running", "jog", "jogging", "race", "9"),
        "running trail": ("trailrun", "trailrunning", "trail"),
        "running treadmill": ("treadmill", "treadmillrunning", "indoorrunning", "indoorrun"),
        "running track": ("trackrunning", "trackrun"),
        "running virtual_activity": ("virtualrun", "virtualrunning"),
        "walking": ("walk", "walking", "nordicwalking", "casualwalking", "speedwalking", "10"),
        "hiking": ("hike", "hiking", "trekking", "mountaineering", "4"),
        "cycling": ("ride", "biking", "bike", "cycling", "cycle", "bicycling", "ebikeride", "1"),
        "cycling road": ("roadbiking", "roadcycling", "road"),
        "cycling mountain": ("mountainbiking", "mountainbikeride", "mtb"),
        "cycling gravel_cycling": ("gravelride", "gravelcycling"),
        "cycling indoor_cycling": ("indoorcycling", "indoorbiking"),
        "cycling virtual_activity": ("virtualride", "virtualcycling"),
        "swimming": ("swim", "swimming"),
        "swimming open_water": ("openwater", "openwaterswimming"),
        "rowing": ("row", "rowing", "indoorrowing"),
        "cross_country_skiing": ("nordicski", "crosscountryskiing", "backcountryski"),
        "alpine_skiing": ("alpineski", "alpineskiing", "skiing", "downhillskiing"),
        "snowboarding": ("snowboard", "snowboarding"),
        "inline_skating": ("inlineskate", "inlineskating", "skating"),
        "driving": ("driving", "car"),
    }
)
_BY_WORD: Mapping[str, Sport] = MappingProxyType(
    {word: (fit.partition(" ")[0], fit.partition(" ")[2] or None) for fit, words in _WORDS.items() for word in words}
)


def sport_of(word: str | None) -> Sport:
    """FIT's sport and sub-sport of a word, (None, None) where it says nothing that is known.

    Numbers are Strava's, in the GPX that it exports.

    >>> sport_of("Trail Running"), sport_of("9"), sport_of("Other")
    (('running', 'trail'), ('running', None), (None, None))
    """
    plain = "".join(char for char in (word or "").lower() if char.isalnum())
    return _BY_WORD.get(plain, (None, None))


_MAKERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "garmin": (
            "garmin",
            "forerunner",
            "fenix",
            "fēnix",
            "vivoactive",
            "oregon",
            "etrex",
            "edge",
            "epix",
            "instinct",
        ),
        "suunto": ("suunto", "movescount", "ambit", "spartan"),
        "polar": ("polar",),
        "coros": ("coros",),
        "tomtom": ("tomtom",),
        "wahoo_fitness": ("wahoo", "elemnt"),
        "amazfit": ("amazfit", "huami", "zepp"),
        "apple": ("apple",),
        "zwift": ("zwift",),
    }
)


def maker_of(product: str | None) -> str | None:
    """FIT's word for the maker whose name or product line a text mentions, or None.

    >>> maker_of("Forerunner 310XT"), maker_of("StravaGPX")
    ('garmin', None)
    """
    words = (product or "").lower()
    return next((maker for maker, marks in _MAKERS.items() if any(mark in words for mark in marks)), None)
