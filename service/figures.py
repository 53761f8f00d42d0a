"""Numbers as a runner reads them: times, paces, distances, heights, in metric or US units. SI goes in, words come out.

Rounding is half up, and nothing here is ever "-0". A missing number gives None, so that the line it would fill is left
out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

MILE_M = 1609.344
FOOT_M = 0.3048
POUND_KG = 0.45359237
KM_M = 1000.0
ML_PER_FLUID_OUNCE = 29.5735


def half_up(value: float, digits: int = 0) -> str:
    """The number with that many decimals, halves away from zero, never negative zero.

    >>> half_up(2.5), half_up(-0.04, 1), half_up(1.25, 1)
    ('3', '0.0', '1.3')
    """
    scale = 10.0**digits
    steps = math.floor(abs(value) * scale + 0.5 + 1e-9)
    sign = "-" if value < 0 and steps else ""
    return f"{sign}{steps / scale:.{digits}f}"


def clock(seconds: float | None) -> str | None:
    """`m:ss`, or `h:mm:ss` from an hour on.

    >>> clock(3298), clock(7384.6), clock(None)
    ('54:58', '2:03:05', None)
    """
    if seconds is None:
        return None
    whole = int(half_up(max(seconds, 0.0)))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def distance(metres: float | None, units: str, *, digits: int = 2) -> str | None:
    """`10.01 km` or `6.22 mi`; below a kilometre or a tenth of a mile in metres or feet.

    >>> distance(10012.4, "metric"), distance(10012.4, "imperial"), distance(53.2, "metric")
    ('10.01 km', '6.22 mi', '53 m')
    """
    if metres is None:
        return None
    if metres < (MILE_M / 10 if units == "imperial" else KM_M):
        return height(metres, units)
    return f"{half_up(in_long_units(metres, units), digits)} {long_unit(units)}"


def long_unit(units: str) -> str:
    """`km` or `mi`."""
    return "mi" if units == "imperial" else "km"


def in_long_units(metres: float, units: str) -> float:
    """The distance in kilometres or miles."""
    return metres / long_unit_m(units)


def long_unit_m(units: str) -> float:
    """Metres in a kilometre or a mile."""
    return MILE_M if units == "imperial" else KM_M


def pace(s_per_km: float | None, units: str) -> str | None:
    """`5:29 /km` or `8:50 /mi`.

    >>> pace(329.4, "metric"), pace(329.4, "imperial")
    ('5:29 /km', '8:50 /mi')
    """
    if s_per_km is None or not math.isfinite(s_per_km):
        return None
    return f"{clock(s_per_km * long_unit_m(units) / KM_M)} /{long_unit(units)}"


def pace_of_speed(mps: float, units: str) -> str | None:
    """The pace of a speed in m/s; None for standing still."""
    return pace(KM_M / mps, units) if mps > 0 else None


def speed(mps: float | None, units: str) -> str | None:
    """`23.4 km/h` or `14.5 mph`: for sports that do not speak in paces."""
    if mps is None:
        return None
    unit = "mph" if units == "imperial" else "km/h"
    return f"{half_up(mps * 3600 / long_unit_m(units), 1)} {unit}"


def height(metres: float | None, units: str) -> str | None:
    """`1,041 m` or `3,415 ft`."""
    if metres is None:
        return None
    whole = metres / FOOT_M if units == "imperial" else metres
    return f"{int(half_up(whole)):,} {height_unit(units)}"


def height_unit(units: str) -> str:
    """`m` or `ft`."""
    return "ft" if units == "imperial" else "m"


def mass(kg: float, units: str) -> str:
    """`70 kg` or `154 lb`.

    >>> mass(70.0, "metric"), mass(70.0, "imperial")
    ('70 kg', '154 lb')
    """
    return f"{half_up(kg / POUND_KG)} lb" if units == "imperial" else f"{half_up(kg)} kg"


def temperature(celsius: float | None, units: str) -> str | None:
    """`18 °C` or `64 °F`."""
    if celsius is None:
        return None
    return f"{half_up(celsius * 1.8 + 32)} °F" if units == "imperial" else f"{half_up(celsius)} °C"


def _degrees(celsius: float, units: str) -> str:
    """A temperature that was compared with a threshold, to a tenth."""
    return f"{half_up(celsius * 1.8 + 32, 1)} °F" if units == "imperial" else f"{half_up(celsius, 1)} °C"


def wind(kmh: float | None, units: str) -> str | None:
    """`20 km/h` or `12 mph`."""
    if kmh is None:
        return None
    return f"{half_up(kmh * KM_M / MILE_M)} mph" if units == "imperial" else f"{half_up(kmh)} km/h"


def percent(ratio: float, digits: int = 0) -> str:
    """`12 %` of 0.119."""
    return f"{half_up(ratio * 100, digits)} %"


def _per_long_unit(m_per_km: float, units: str) -> str:
    return f"{height(m_per_km * long_unit_m(units) / KM_M, units)} per {long_unit(units)}"


_MEASURES: dict[str, Callable[[float, str], str | None]] = {
    "ratio": lambda value, _units: percent(value, 1),
    "share": lambda value, _units: percent(value),
    "m": height,
    "m/km": _per_long_unit,
    "s": lambda value, _units: clock(value),
    "min": lambda value, _units: f"{value:.4g} min",
    "s/km": pace,
    "°C": _degrees,
    "km/h": wind,
    "bpm": lambda value, _units: f"{half_up(value)} bpm",
    "days": lambda value, _units: f"{half_up(value)} days",
}


def measure(value: float | None, unit: str | None, units: str) -> str | None:
    """A finding's value in its unit; a unit that is not known here stands as it came, behind the number.

    >>> measure(0.119, "ratio", "metric"), measure(38.5, "m/km", "imperial"), measure(7.0, "runs", "metric")
    ('11.9 %', '203 ft per mi', '7 runs')
    """
    if value is None:
        return None
    made = _MEASURES.get(unit or "")
    return made(value, units) if made else f"{value:g} {unit or ''}".rstrip()


def span(start_m: float | None, end_m: float | None, units: str) -> str | None:
    """Where a window lies: `km 0.1–1.0`.

    >>> span(100, 1000, "metric"), span(None, None, "metric")
    ('km 0.1–1.0', None)
    """
    if start_m is None:
        return None
    start = half_up(in_long_units(start_m, units), 1)
    if end_m is None:
        return f"{long_unit(units)} {start}"
    return f"{long_unit(units)} {start}–{half_up(in_long_units(end_m, units), 1)}"


def time_span(start_s: float | None, end_s: float | None) -> str | None:
    """When a window lies, on the clock that started with the run: `0:30–4:58`."""
    if start_s is None:
        return None
    return f"{clock(start_s)}" if end_s is None else f"{clock(start_s)}–{clock(end_s)}"


def local_time(started_at: str, *, utc_offset_s: int | None, zone: str | None) -> str:
    """The start by the file's offset, else by the athlete's zone, else in UTC and said so.

    >>> local_time("2026-10-04T07:00:12Z", utc_offset_s=7200, zone=None)
    'Sunday 4 October 2026, 09:00'
    >>> local_time("2026-10-04T07:00:12Z", utc_offset_s=None, zone=None)
    'Sunday 4 October 2026, 07:00 UTC'
    """
    at = datetime.fromisoformat(started_at).astimezone(UTC)
    suffix = ""
    if utc_offset_s is not None:
        at = at.astimezone(timezone(timedelta(seconds=utc_offset_s)))
    elif zone is not None:
        at = at.astimezone(ZoneInfo(zone))
    else:
        suffix = " UTC"
    return f"{at:%A} {at.day} {at:%B %Y}, {at:%H:%M}{suffix}"


def words(code: str | None) -> str:
    """An enum's word for people: `very_high` reads "very high"."""
    return "" if code is None else code.replace("_", " ")
