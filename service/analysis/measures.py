"""Quantities for people: SI numbers in a unit system and a language, rounded to steps that one can use.

Each is a function that a message may call, as in `{ DISTANCE($end_m) }`. Volumes round down, because they bound what to
drink; paces round half up and never show a negative zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from babel.numbers import format_decimal
from babel.units import format_unit

METRES_PER_MILE = 1609.344
METRES_PER_FOOT = 0.3048
ML_PER_FLUID_OUNCE = 29.5735


def half_up(value: float) -> int:
    """`value` rounded to an integer, halves towards plus infinity, as a person does it.

    >>> half_up(142.5), half_up(-0.4), half_up(2.4999)
    (143, 0, 2)
    """
    return math.floor(value + 0.5)


@lru_cache(maxsize=4096)
def _number(value: float, decimals: int, language: str) -> str:
    rounded = half_up(abs(value) * 10**decimals) / 10**decimals
    pattern = "#,##0" + ("." + "#" * decimals if decimals else "")
    return format_decimal(math.copysign(rounded, value) if rounded else 0, format=pattern, locale=_locale(language))


@lru_cache(maxsize=256)  # a pattern costs Babel 15 µs, a report has dozens
def _pattern(unit: str, language: str) -> str:
    return str(format_unit(7, unit, "short", format="0", locale=_locale(language)))


def _with_unit(shown: str, unit: str, language: str) -> str:
    return _pattern(unit, language).replace("7", shown)


def _locale(language: str) -> str:
    return language.replace("-", "_")


def pace(s_per_km: float, *, units: str) -> str:
    """Minutes and seconds per km or mile, half up.

    >>> pace(329.5, units="metric"), pace(299.6, units="metric"), pace(300, units="imperial")
    ('5:30/km', '5:00/km', '8:03/mi')
    """
    per, name = (METRES_PER_MILE / 1000, "mi") if units == "imperial" else (1.0, "km")
    minutes, seconds = divmod(half_up(s_per_km * per), 60)
    return f"{minutes}:{seconds:02d}/{name}"


class Measures:
    """The functions that a message may call, bound to a language and a unit system (`metric` or `imperial`)."""

    def __init__(self, *, language: str, units: str) -> None:
        self._language = language
        self._units = units
        self._imperial = units == "imperial"

    def functions(self) -> dict[str, Callable[[Any], Any]]:
        """The functions by the names that messages use."""
        return {
            "PACE": lambda s_per_km: pace(float(s_per_km), units=self._units),
            "SLOWER": self.slower,
            "DISTANCE": self.distance,
            "HEIGHT": self.height,
            "CLIMBING": self.climbing,
            "TEMPERATURE": self.temperature,
            "WIND": self.wind,
            "VOLUME": self.volume,
            "GRAMS": lambda *range_g: self._span(range_g, "mass-gram"),
            "MILLIGRAMS": lambda *range_mg: self._span(range_mg, "mass-milligram"),
            "DURATION": self.duration,
            "PERCENT": lambda ratio: self._number(100 * float(ratio)) + "%",
        }

    def slower(self, s_per_km: float) -> str:
        """Seconds a km or mile, rounded up, so that the change shown is enough."""
        per, name = (METRES_PER_MILE / 1000, "mi") if self._imperial else (1.0, "km")
        return f"{self._number(math.ceil(float(s_per_km) * per - 1e-9))} s/{name}"

    def distance(self, metres: float) -> str:
        """Metres below a kilometre, else kilometres; feet below a tenth of a mile, else miles."""
        metres = float(metres)
        if self._imperial:
            near = metres < METRES_PER_MILE / 10
            return self.height(metres) if near else self._unit(metres / METRES_PER_MILE, "length-mile", 1)
        near = metres < 999.5
        return self._unit(metres, "length-meter") if near else self._unit(metres / 1000, "length-kilometer", 1)

    def height(self, metres: float) -> str:
        """Whole metres or feet."""
        metres = float(metres)
        if self._imperial:
            return self._unit(metres / METRES_PER_FOOT, "length-foot")
        return self._unit(metres, "length-meter")

    def climbing(self, m_per_km: float) -> str:
        """Whole metres a kilometre or feet a mile."""
        if self._imperial:
            return f"{self._number(float(m_per_km) * METRES_PER_MILE / 1000 / METRES_PER_FOOT)} ft/mi"
        return f"{self._number(float(m_per_km))} m/km"

    def temperature(self, celsius: float) -> str:
        """Whole degrees Celsius or Fahrenheit."""
        if self._imperial:
            return self._unit(float(celsius) * 1.8 + 32, "temperature-fahrenheit")
        return self._unit(float(celsius), "temperature-celsius")

    def wind(self, kmh: float) -> str:
        """Whole kilometres or miles an hour."""
        if self._imperial:
            return self._unit(float(kmh) * 1000 / METRES_PER_MILE, "speed-mile-per-hour")
        return self._unit(float(kmh), "speed-kilometer-per-hour")

    def volume(self, *range_ml: float) -> str:
        """One amount or a range, in ml or fluid ounces, rounded down."""
        per, name = (ML_PER_FLUID_OUNCE, "volume-fluid-ounce") if self._imperial else (1.0, "volume-milliliter")
        return self._span([math.floor(float(ml) / per + 1e-9) for ml in range_ml], name)

    def duration(self, seconds: float) -> str:
        """Minutes below two hours, else hours and minutes."""
        minutes = half_up(float(seconds) / 60)
        if minutes < 120:
            return self._unit(minutes, "duration-minute")
        hours, rest = divmod(minutes, 60)
        whole = self._unit(hours, "duration-hour")
        return f"{whole} {self._unit(rest, 'duration-minute')}" if rest else whole

    def _span(self, bounds: Sequence[float], name: str) -> str:
        shown = list(dict.fromkeys(self._number(float(bound)) for bound in bounds))
        return _with_unit("–".join(shown), name, self._language)

    def _unit(self, value: float, name: str, decimals: int = 0) -> str:
        return _with_unit(self._number(value, decimals), name, self._language)

    def _number(self, value: float, decimals: int = 0) -> str:
        return _number(float(value), decimals, self._language)
