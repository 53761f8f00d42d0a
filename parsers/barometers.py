"""Which products measure altitude by a barometer, as far as their makers say.

Kept by the profile's product names, longest matching beginning first, from the makers' published specifications. What
is not listed is not guessed: whoever asks then looks at the noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

_GARMIN_WITH = (
    "d2 descent edge1000 edge500 edge510 edge520 edge800 edge810 edge_1030 edge_1040 edge_1050 edge_130 edge_520 "
    "edge_530 edge_540 edge_550 edge_820 edge_830 edge_840 edge_850 Edge_130 enduro epix fenix fr165 fr255 fr265 fr570 "
    "fr645 fr745 fr910xt fr920xt fr935 fr945 fr955 fr965 fr970 instinct marq tactix venu vivo_active3 vivo_active4 "
    "vivo_active_hr vivoactive3 vivoactive4"
)
_GARMIN_WITHOUT = (
    "edge20 edge25 fr10 fr110 fr15 fr210 fr220 fr225 fr230 fr235 fr245 fr25 fr30 fr310xt fr35 fr405 fr45 fr50 fr55 "
    "fr60 fr610 fr620 fr630 fr70 fr735xt lily swim venusq vivo_active vivoactive5 vivoactive6"
)
_NEW_FR70 = "fr70_2026"  # not the fr70 of 2009, and not yet known
_SUUNTO_WITH = (
    "suunto 9 baro|suunto 9 peak|suunto vertical|suunto race|suunto spartan ultra|suunto spartan sport whr baro|"
    "suunto ambit3 peak|suunto ambit3 vertical|suunto traverse"
)
_SUUNTO_WITHOUT = "suunto 9|suunto 5|suunto 3|suunto ambit3 sport|suunto ambit3 run"

BY_PRODUCT: Mapping[str, Mapping[str, bool | None]] = MappingProxyType(
    {
        "garmin": MappingProxyType(
            dict.fromkeys(_GARMIN_WITH.split(), True)
            | dict.fromkeys(_GARMIN_WITHOUT.split(), False)
            | {_NEW_FR70: None}
        ),
        "suunto": MappingProxyType(
            dict.fromkeys(_SUUNTO_WITH.split("|"), True) | dict.fromkeys(_SUUNTO_WITHOUT.split("|"), False)
        ),
    }
)
BY_MAKER: Mapping[str, bool] = MappingProxyType({"coros": True, "hammerhead": True, "wahoo_fitness": True})
"""Makers whose every product that records runs or rides has one."""


def has_barometer(manufacturer: str | None, product: str | None) -> bool | None:
    """Whether the product has a barometer; None where that is not known.

    >>> has_barometer("garmin", "fr245_music"), has_barometer("garmin", "fr945"), has_barometer("strava", None)
    (False, True, None)
    """
    manufacturer = manufacturer or ""
    if manufacturer in BY_MAKER:
        return BY_MAKER[manufacturer]
    known = BY_PRODUCT.get(manufacturer, {})
    name = (product or "") if manufacturer == "garmin" else (product or "").lower()
    fitting = [start for start in known if name.startswith(start)]
    return known[max(fitting, key=len)] if fitting else None


_SPELLINGS = (("forerunner", "fr"), ("ē", "e"), ("í", "i"), ("garmin", ""))
WITH_BAROMETER = "withbarometer"
"""What programs add to the name of a device so that Strava believes its altitude."""


def says_barometer(manufacturer: str | None, product: str | None) -> bool:
    """Whether the name that a text file gives to its device is one of a product with a barometer, or says so itself.

    That a product has none says nothing there: services put the map's altitude in place of such a device's.

    >>> says_barometer("garmin", "Forerunner 945"), says_barometer("garmin", "Forerunner 245")
    (True, False)
    >>> says_barometer(None, "some app with Barometer"), says_barometer("garmin", "Garmin Connect")
    (True, False)
    """
    name = _plain(product or "")
    if WITH_BAROMETER in name:
        return True
    if manufacturer == "garmin":
        known = _garmin_in_plain()
        fitting = [start for start in known if name.startswith(start)]
        return bool(fitting) and known[max(fitting, key=len)] is True
    return has_barometer(manufacturer, product) is True


@cache
def _garmin_in_plain() -> Mapping[str, bool | None]:
    return {_plain(start): has for start, has in BY_PRODUCT["garmin"].items()}


def _plain(name: str) -> str:
    words = name.lower()
    for long, short in _SPELLINGS:
        words = words.replace(long, short)
    return "".join(letter for letter in words if letter.isalnum())


def altitude_kind_of_text(manufacturer: str | None, product: str | None, *, there: bool) -> tuple[str, str]:
    """The kind of the altitude of a text file, and how that is known, in the words of `Activity`.

    `there` says whether the file has an altitude at all.
    """
    known = there and says_barometer(manufacturer, product)
    return ("barometric", "product") if known else ("unknown", "none")
