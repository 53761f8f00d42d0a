"""FIT's words for the sports that files, services and people name in words of their own: the one table of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Sport = tuple[str | None, str | None]

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "running": "run jog jogging race 9 streetrunning roadrunning",
        "running trail": "trail trailrun trailrunning",
        "running treadmill": "treadmill treadmillrun treadmillrunning",
        "running indoor_running": "indoorrun indoorrunning",
        "running track": "trackrun trackrunning",
        "running ultra": "ultrarun ultrarunning",
        "running obstacle": "obstaclerun obstaclerunning",
        "running virtual_activity": "virtualrun virtualrunning",
        "walking": "walk nordicwalking casualwalking speedwalking 10",
        "hiking": "hike trekking 4",
        "mountaineering": "",
        "snowshoeing": "snowshoe",
        "cycling": "ride bike biking cycle bicycling bikeride velomobile 1",
        "cycling road": "road roadbiking roadcycling",
        "cycling mountain": "mtb mountainbike mountainbiking mountainbikeride",
        "cycling gravel_cycling": "gravelride gravelcycling",
        "cycling cyclocross": "cyclocross",
        "cycling hand_cycling": "handcycle handcycling",
        "cycling indoor_cycling": "indoorcycling indoorbiking",
        "cycling virtual_activity": "virtualride virtualcycling",
        "e_biking": "ebike ebikeride ebikefitness",
        "e_biking e_bike_mountain": "emountainbikeride ebikemountain",
        "swimming": "swim",
        "swimming lap_swimming": "lapswim lapswimming poolswim",
        "swimming open_water": "openwater openwaterswim openwaterswimming",
        "rowing": "row",
        "rowing indoor_rowing": "indoorrowing virtualrow",
        "kayaking": "kayak",
        "canoeing": "canoe",
        "stand_up_paddleboarding": "standuppaddling sup",
        "cross_country_skiing": "nordicski rollerski backcountryski",
        "alpine_skiing": "alpineski skiing downhillskiing resortskiing",
        "snowboarding": "snowboard",
        "ice_skating": "iceskate",
        "inline_skating": "inlineskate skating",
        "wheelchair_push_run": "",
        "wheelchair_push_walk": "wheelchair",
        "fitness_equipment elliptical": "elliptical",
        "fitness_equipment stair_climbing": "stairstepper stairclimbing",
        "training": "workout crossfit",
        "training strength_training": "weighttraining strengthtraining",
        "training cardio_training": "cardio indoorcardio",
        "training yoga": "yoga",
        "training pilates": "pilates",
        "rock_climbing": "climbing bouldering",
        "racket": "badminton squash pickleball racquetball tabletennis",
        "surfing": "surf",
        "kitesurfing": "kitesurf",
        "windsurfing": "windsurf",
        "sailing": "sail",
        "multisport": "triathlon duathlon",
        "driving": "car",
    }
)
"""FIT's sport, and where there is one its sub-sport: what else files, services and people call it."""

_MORE: Final = """
    american_football archery baseball basketball boating boxing cricket dance disc_golf diving fishing
    floor_climbing flying geocaching golf grinding hang_gliding hiit hockey horseback_riding hunting jump_rope
    jumpmaster lacrosse meditation mixed_martial_arts mobility motor_sports motorcycling paddling para_sport
    pool_apnea rafting rugby shooting sky_diving snorkeling snowmobiling soccer tactical team_sport tennis
    transition video_gaming volleyball wakeboarding wakesurfing water_skiing water_sport water_tubing
    winter_sport
"""
"""Sports of FIT that go by no other name here."""

SPORTS: Final = frozenset(fit.partition(" ")[0] for fit in _WORDS) | frozenset(_MORE.split())
"""Every sport that can be named, in FIT's words. The nameless ones (`generic`, `all`) are not among them."""


def _plain(word: str) -> str:
    return "".join(char for char in word.lower() if char.isalnum())


_BY_WORD: Mapping[str, Sport] = MappingProxyType(
    {_plain(sport): (sport, None) for sport in SPORTS}
    | {
        word: (fit.partition(" ")[0], fit.partition(" ")[2] or None)
        for fit, words in _WORDS.items()
        for word in words.split()
    }
)


def sport_of(word: str | None) -> Sport:
    """FIT's sport and sub-sport of a word, (None, None) where it says nothing that is known.

    Spelling and case do not count. Numbers are Strava's, in the GPX that it exports.

    >>> sport_of("Trail Running"), sport_of("TrailRun"), sport_of("9"), sport_of("Other")
    (('running', 'trail'), ('running', 'trail'), ('running', None), (None, None))
    """
    return _BY_WORD.get(_plain(word or ""), (None, None))


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
