"""How much a runner of that mass, speed and weather is likely to sweat, and the sodium in it: estimates, ±40 %.

The estimate is a line through the 24 cells of the ACSM table of predicted sweat (2007), at most 0.013 l/h off in any
cell. Humidity, sun, acclimatisation and sex are not in it. A measured rate replaces it. Advice is elsewhere.
"""

from __future__ import annotations

from service.analysis.athlete import Profile
from service.analysis.facts import Environment, Sweat

RATE_LIMIT_L_PER_H = 2.5
REFERENCE_C = 18.0
COLDEST_C, WARMEST_C = 5.0, 38.0
DEVICE_WARMEST_C = 25.0
"""A watch's own temperature, which body heat biases, counts as no warmer: about where the yellow flag ends at the
humidity that is then assumed. Chosen by us, as the watch's thermometer may reach yellow at most."""
SODIUM_MG_PER_L = 825.0
"""Whole-body sweat of 35.9 mmol/l (Baker 2016) × 22.99 mg/mmol, rounded."""
FOOT_SPORTS = frozenset({"run", "walk"})


def estimated_rate_l_per_h(mass_kg: float, speed_kmh: float, temperature_c: float) -> float:
    """Sweat rate in l/h at the flat-equivalent speed; not held above zero, at most 2.5. Temperature held to 5..38 °C.

    >>> round(estimated_rate_l_per_h(70, 10, 18), 2), round(estimated_rate_l_per_h(70, 10, 28), 2)
    (0.78, 0.89)
    """
    felt_c = min(max(temperature_c, COLDEST_C), WARMEST_C)
    return min(RATE_LIMIT_L_PER_H, 0.00132 * mass_kg * speed_kmh - 0.14 + 0.0105 * (felt_c - REFERENCE_C))


def sweat(
    profile: Profile,
    *,
    family: str,
    equivalent_speed_mps: float | None,
    environment: Environment | None,
    weighed_l_per_h: float | None = None,
) -> Sweat | str:
    """The profile's rate, else the weighed one, else the estimate; or why none: `mass_unknown`, `sport`, `too_short`.

    `equivalent_speed_mps` is the mean flat-equivalent speed by energy cost (Minetti), None where nothing moved. Without
    a known temperature 18 °C are assumed, and said so; no heat rule may read that. One that only the watch told counts
    up to 25 °C. Sodium never falls below 0.
    """
    assumed = environment is None
    if profile.sweat_rate_l_per_h is not None:
        return _with_sodium(profile.sweat_rate_l_per_h, by="profile", assumed=assumed)
    if weighed_l_per_h is not None:
        return _with_sodium(weighed_l_per_h, by="weighings", assumed=assumed)
    if family not in FOOT_SPORTS:
        return "sport"
    if profile.mass_kg is None:
        return "mass_unknown"
    if equivalent_speed_mps is None:
        return "too_short"
    rate = estimated_rate_l_per_h(profile.mass_kg, equivalent_speed_mps * 3.6, _air_c(environment))
    return _with_sodium(rate, by="estimate", assumed=assumed)


def _air_c(environment: Environment | None) -> float:
    """The temperature to reckon with, in °C."""
    if environment is None:
        return REFERENCE_C
    warmest_c = DEVICE_WARMEST_C if environment.device_only else WARMEST_C
    return min(environment.temperature_c, warmest_c)


def _with_sodium(rate_l_per_h: float, *, by: str, assumed: bool) -> Sweat:
    return Sweat(
        rate_l_per_h=rate_l_per_h,
        sodium_mg_per_h=max(0.0, rate_l_per_h) * SODIUM_MG_PER_L,
        by=by,
        temperature_assumed=assumed,
    )
