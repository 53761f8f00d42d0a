"""The weather of the run in the numbers heat rules are written in: wet-bulb globe temperature, heat index, wind chill.

Formulas only; what is warm is for the rules. Temperatures in °C, humidity in per cent, wind in km/h.
"""

from __future__ import annotations

from math import atan, exp, sqrt

import numpy as np

from parsers.activity import Activity
from service.analysis.athlete import Conditions
from service.analysis.facts import Environment

ASSUMED_HUMIDITY_PCT = 50.0
ASSUMED_SUN = 0.5
DEVICE_WARMTH_C = 5.0
"""How much warmer than the air a watch on the wrist is taken to be; chosen by us: makers only say "take it off"."""
DEVICE_CONFIDENCE = 0.4
"""How far weather is to be trusted that only the watch tells: low in words; chosen by us."""
DEVICE_SETTLED_S = 20 * 60.0
HEAT_INDEX_FROM_C = (80.0 - 32.0) / 1.8
WIND_CHILL_UP_TO_C = 10.0
WIND_CHILL_FROM_KMH = 4.8


def vapour_pressure_hpa(temperature_c: float, humidity_pct: float) -> float:
    """Water vapour pressure in hPa.

    >>> round(vapour_pressure_hpa(30, 70), 2)
    29.6
    """
    return humidity_pct / 100.0 * 6.105 * exp(17.27 * temperature_c / (237.7 + temperature_c))


def wet_bulb_c(temperature_c: float, humidity_pct: float) -> float:
    """Wet-bulb temperature in °C by Stull's fit (sea level; made for 5 to 99 % and -20 to 50 °C).

    >>> round(wet_bulb_c(30, 70), 2)
    25.6
    """
    t, h = temperature_c, humidity_pct
    return (
        t * atan(0.151977 * sqrt(h + 8.313659))
        + atan(t + h)
        - atan(h - 1.676331)
        + 0.00391838 * h * sqrt(h) * atan(0.023101 * h)
        - 4.686035
    )


def wbgt_sun_c(temperature_c: float, humidity_pct: float) -> float:
    """Wet-bulb globe temperature in °C in fairly strong sun and light wind (Australian Bureau of Meteorology).

    >>> round(wbgt_sun_c(30, 70), 2)
    32.58
    """
    return 0.567 * temperature_c + 0.393 * vapour_pressure_hpa(temperature_c, humidity_pct) + 3.94


def wbgt_shade_c(temperature_c: float, humidity_pct: float) -> float:
    """Wet-bulb globe temperature in °C in full shade.

    >>> round(wbgt_shade_c(30, 70), 1)
    26.9
    """
    return 0.7 * wet_bulb_c(temperature_c, humidity_pct) + 0.3 * temperature_c


def wbgt_c(temperature_c: float, humidity_pct: float, *, sun: float) -> float:
    """The estimate between shade (`sun` 0) and clear sun (`sun` 1), in °C.

    >>> round(wbgt_c(30, 70, sun=0.5), 1)
    29.8
    """
    return (1.0 - sun) * wbgt_shade_c(temperature_c, humidity_pct) + sun * wbgt_sun_c(temperature_c, humidity_pct)


def heat_index_c(temperature_c: float, humidity_pct: float) -> float | None:
    """Heat index in °C (US National Weather Service: Rothfusz regression, two adjustments); None below 80 °F.

    >>> round(heat_index_c(30, 70), 1), heat_index_c(20, 50)
    (35.0, None)
    """
    if temperature_c < HEAT_INDEX_FROM_C:
        return None
    t, h = temperature_c * 1.8 + 32.0, humidity_pct
    index = (
        -42.379
        + 2.04901523 * t
        + 10.14333127 * h
        - 0.22475541 * t * h
        - 6.83783e-3 * t * t
        - 5.481717e-2 * h * h
        + 1.22874e-3 * t * t * h
        + 8.5282e-4 * t * h * h
        - 1.99e-6 * t * t * h * h
    )
    if h < 13.0 and 80.0 <= t <= 112.0:
        index -= (13.0 - h) / 4.0 * sqrt((17.0 - abs(t - 95.0)) / 17.0)
    elif h > 85.0 and 80.0 <= t <= 87.0:
        index += (h - 85.0) / 10.0 * (87.0 - t) / 5.0
    return (index - 32.0) / 1.8


def wind_chill_c(temperature_c: float, wind_kmh: float | None) -> float | None:
    """Wind chill in °C (Environment Canada, US NWS); None where it is not defined: above 10 °C or without wind.

    >>> round(wind_chill_c(-5, 30), 1), wind_chill_c(15, 30)
    (-13.0, None)
    """
    if wind_kmh is None or temperature_c > WIND_CHILL_UP_TO_C or wind_kmh <= WIND_CHILL_FROM_KMH:
        return None
    speed = float(wind_kmh**0.16)
    return 13.12 + 0.6215 * temperature_c - 11.37 * speed + 0.3965 * temperature_c * speed


def device_temperature_c(activity: Activity) -> float | None:
    """The air's temperature as far as the watch tells it: median after minute 20, less 5 °C; None without samples."""
    column = activity.streams.temperature_c
    if column is None:
        return None
    settled = column[(activity.streams.time_s >= DEVICE_SETTLED_S) & np.isfinite(column)]
    return float(np.median(settled)) - DEVICE_WARMTH_C if len(settled) else None


def environment(activity: Activity, conditions: Conditions, *, treadmill: bool) -> Environment | str:
    """The worked-out conditions, or why there are none: `treadmill` (weather is outdoors) or `missing`.

    Told weather wins; the watch's own temperature comes second and is marked. Unknown humidity is taken as 50 %,
    unknown sun as halfway; unknown wind stays unknown.
    """
    if treadmill:
        return "treadmill"
    told = conditions.temperature_c
    temperature_c = told if told is not None else device_temperature_c(activity)
    if temperature_c is None:
        return "missing"
    humidity_pct = ASSUMED_HUMIDITY_PCT if conditions.humidity_pct is None else conditions.humidity_pct
    sun = ASSUMED_SUN if conditions.sun is None else conditions.sun
    return Environment(
        temperature_c=temperature_c,
        humidity_pct=humidity_pct,
        wind_kmh=conditions.wind_kmh,
        wbgt_c=wbgt_c(temperature_c, humidity_pct, sun=sun),
        heat_index_c=heat_index_c(temperature_c, humidity_pct),
        wind_chill_c=wind_chill_c(temperature_c, conditions.wind_kmh),
        source=conditions.source if told is not None else "device",
        device_only=told is None,
        humidity_assumed=conditions.humidity_pct is None,
    )
