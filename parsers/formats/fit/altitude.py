"""How the altitude was measured: by the product where that is known, else by how much the column trembles.

A barometer is smooth over metres and drifts over hours; satellites tremble. Source: the reference measurements of our
rules, by which a robust sigma below 0.8 m around the mean of 60 m tells the two apart.
"""

from __future__ import annotations

import numpy as np

from parsers.activity import Column, Streams
from parsers.barometers import has_barometer

WINDOW_M = 60.0
BAROMETER_BELOW_M = 0.8
FEWEST_SAMPLES = 60
SHORTEST_M = 500.0
MOST_SAMPLES = 100_000
"""More say no more: a day at one a second shows how a device measures."""
_SIGMA_PER_MAD = 1.4826


def altitude_kind(streams: Streams, *, manufacturer: str | None, product: str | None) -> tuple[str, str]:
    """`barometric`, `gps` or `unknown`, and how that is known: `product`, `noise` or `none`."""
    if streams.altitude_m is None:
        return "unknown", "none"
    barometer = has_barometer(manufacturer, product)
    if barometer is not None:
        return ("barometric" if barometer else "gps"), "product"
    noise_m = tremble_m(streams.distance_m, streams.altitude_m)
    if noise_m is None:
        return "unknown", "none"
    return ("barometric" if noise_m < BAROMETER_BELOW_M else "unknown"), "noise"


def tremble_m(distance_m: Column | None, altitude_m: Column) -> float | None:
    """Robust sigma of the altitude around its mean over 60 m of way; None where there is too little of it."""
    if distance_m is None:
        return None
    known = np.flatnonzero(~(np.isnan(distance_m) | np.isnan(altitude_m)))[:MOST_SAMPLES]
    way, altitude = distance_m[known], altitude_m[known]
    if len(way) < FEWEST_SAMPLES or way[-1] - way[0] < SHORTEST_M:
        return None
    low = np.searchsorted(way, way - WINDOW_M / 2, side="left")
    high = np.searchsorted(way, way + WINDOW_M / 2, side="right")
    total = np.concatenate(([0.0], np.cumsum(altitude)))
    residual = altitude - (total[high] - total[low]) / (high - low)
    return float(_SIGMA_PER_MAD * np.median(np.abs(residual - np.median(residual))))
