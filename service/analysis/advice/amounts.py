"""How much, at which minutes: fluid, sodium and carbohydrate with their bounds. Pure numbers.

The rule over all of them: no advice to drink, the glass before and all the sips together, exceeds 0.8 of what the
runner is estimated to sweat.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from service.analysis.advice.reminder import Amount
from service.analysis.measures import half_up
from service.analysis.rule import Threshold

THRESHOLDS: Mapping[str, Threshold] = MappingProxyType(
    {
        "sweat_share": Threshold(0.8, "share", "J", "chosen by us, because the estimate is off by up to 40 %"),
        "fluid_most": Threshold(800, "ml/h", "S", "upper end of the article's and the ACSM's range"),
        "fluid_least": Threshold(300, "ml/h", "J", "chosen by us, because less is hard to carry out in sips"),
        "sweat_least": Threshold(0.4, "l/h", "J", "chosen by us, because below it thirst alone is the safer guide"),
        "before_least": Threshold(250, "ml", "S", "the article's glass in the last two hours before"),
        "before_most": Threshold(500, "ml", "S", "the article's two glasses in the last two hours before"),
        "fluid_from": Threshold(60, "min", "S", "the article's hour; below it thirst is enough (DGE)"),
        "thirst_from": Threshold(30, "min", "S", "DGE: nothing is needed below 30 to 40 minutes"),
        "hot_wbgt": Threshold(23, "°C", "S", "red flag of the ACSM for road races"),
        "hot_air": Threshold(25, "°C", "J", "chosen by us, because sips get shorter intervals in the heat"),
        "sodium_most": Threshold(600, "mg/h", "S", "ACSM, upper end for prolonged exercise"),
        "sodium_start": Threshold(300, "mg/h", "S", "ACSM, lower end for prolonged exercise"),
        "sodium_sweat": Threshold(1.2, "l/h", "J", "chosen by us, because a heavy sweater is at full weight at once"),
        "carbs_least": Threshold(30, "g/h", "S", "Jeukendrup: 30 to 60 g/h from one hour on"),
        "carbs_most": Threshold(60, "g/h", "S", "Jeukendrup: what one source of sugar can deliver"),
        "carbs_long": Threshold(150, "min", "S", "Jeukendrup: beyond two and a half hours up to 90 g/h, if practised"),
        "no_mark_in_last": Threshold(10, "min", "J", "chosen by us, because it could no longer act"),
        "caution_from": Threshold(240, "min", "S", "over-drinking is found after more than four hours (CJASN)"),
        "caution_light_from": Threshold(150, "min", "J", "chosen by us, because a light body is filled sooner"),
        "caution_light": Threshold(60, "kg", "J", "chosen by us; the sources name a low body weight and no number"),
        "caution_little_from": Threshold(90, "min", "J", "chosen by us, because drinking adds up by then"),
        "caution_little": Threshold(0.5, "l/h", "J", "chosen by us, because the usual sips would exceed it"),
        "caution_drunk": Threshold(800, "ml/h", "S", "upper end of the article's and the ACSM's range"),
        "after_lost": Threshold(0.5, "kg", "J", "chosen by us, because scales and clothes are off by less"),
        "after_lost_most": Threshold(0.08, "share", "J", "chosen by us, because a larger loss is a typing error"),
        "after_least": Threshold(1250, "ml/kg", "S", "DGE: about one and a half litres a kilogram, ACSM a little less"),
        "after_most": Threshold(1500, "ml/kg", "S", "DGE: about one and a half litres a kilogram"),
        "after_in_all": Threshold(3000, "ml", "J", "chosen by us, because more belongs to meals and the next day"),
    }
)
"""The numbers of fuelling, each with its mark and source."""


@dataclass(frozen=True, slots=True)
class Portions:
    """An hourly amount, the minutes at which to take it, and what that makes a time."""

    amount: Amount
    at_min: tuple[int, ...]
    per_mark: Amount


def fluid(*, sweat_l_per_h: float, moving_min: float, hot: bool) -> Portions | None:
    """Fluid for a run of more than an hour; None where only thirst holds (short, or little sweat).

    Hourly: at most 0.8 of the sweat and 800 ml, rounded down to 50; at least half the sweat and 300 ml, but never
    above the upper end. A sip's upper end rounds down as well, so that the sips never add up to more.

    >>> fluid(sweat_l_per_h=0.76, moving_min=120.5, hot=False).amount
    Amount(min=400, max=600, unit='ml/h')
    """
    if moving_min <= _limit("fluid_from") or sweat_l_per_h < _limit("sweat_least"):
        return None
    most = _down(min(_limit("sweat_share") * sweat_l_per_h * 1000, _limit("fluid_most")), 50)
    least = min(_near(min(max(0.5 * sweat_l_per_h * 1000, _limit("fluid_least")), most), 50), most)
    every = sip_interval(hot=hot)
    sip_most = _down(most * every / 60, 10)
    sip = Amount(min(_near(least * every / 60, 10), sip_most), sip_most, "ml")
    return Portions(Amount(least, most, "ml/h"), marks(every, moving_min), sip)


def before(*, sweat_l_per_h: float, moving_min: float, hot: bool) -> Amount | None:
    """What to drink in the last two hours before, in ml: what the sips leave of 0.8 of the whole sweat, down to 50.

    None where no sips are given, or where they leave less than a glass; thirst holds then.

    >>> before(sweat_l_per_h=1.3, moving_min=120.5, hot=False)
    Amount(min=250, max=500, unit='ml')
    >>> before(sweat_l_per_h=0.76, moving_min=120.5, hot=False) is None
    True
    """
    sips = fluid(sweat_l_per_h=sweat_l_per_h, moving_min=moving_min, hot=hot)
    if sips is None:
        return None
    whole_ml = _limit("sweat_share") * sweat_l_per_h * 1000 * moving_min / 60
    left_ml = whole_ml - len(sips.at_min) * sips.per_mark.max
    most = _down(min(left_ml, _limit("before_most")), 50)
    least = int(_limit("before_least"))
    return Amount(least, most, "ml") if most >= least else None


def after(*, lost_kg: float, mass_kg: float) -> Amount | None:
    """What to drink over the hours after, in ml, for the mass that the scales lost; None for little, or too much.

    >>> after(lost_kg=1.2, mass_kg=70), after(lost_kg=0.3, mass_kg=70), after(lost_kg=10, mass_kg=70)
    (Amount(min=1500, max=1800, unit='ml'), None, None)
    """
    if lost_kg < _limit("after_lost") or lost_kg > _limit("after_lost_most") * mass_kg:
        return None
    most = min(_down(_limit("after_most") * lost_kg, 50), int(_limit("after_in_all")))
    return Amount(min(_down(_limit("after_least") * lost_kg, 50), most), most, "ml")


def sip_interval(*, hot: bool) -> int:
    """Minutes between sips."""
    return 15 if hot else 20


def sodium(*, sweat_l_per_h: float, loss_mg_per_h: float, moving_min: float, hot: bool, every_min: int) -> Portions:
    """Sodium for a run from an hour on: grows with the minutes, in full at once in heat or for a heavy sweater.

    >>> loss = 0.76 * 825
    >>> sodium(sweat_l_per_h=0.76, loss_mg_per_h=loss, moving_min=120.5, hot=False, every_min=20).amount
    Amount(min=200, max=500, unit='mg/h')
    """
    start, most = _limit("sodium_start"), _limit("sodium_most")
    full = hot or sweat_l_per_h > _limit("sodium_sweat")
    weight = 1.0 if full else min(max((moving_min - 60) / 90, 0.0), 1.0)
    high = _near(start + weight * (min(most, max(start, loss_mg_per_h)) - start), 50)
    low = min(_near(weight * min(start, loss_mg_per_h), 50), high)
    upper = _down(high * every_min / 60, 50)
    mark = Amount(min(_near(low * every_min / 60, 50), upper), upper, "mg")
    return Portions(Amount(low, high, "mg/h"), marks(every_min, moving_min), mark)


def carbs(*, moving_min: float) -> Portions:
    """Carbohydrate for a run from an hour on: 30 to 60 g/h at every 45, 40 or 30 minutes.

    >>> portions = carbs(moving_min=120.5)
    >>> portions.at_min, portions.per_mark
    ((40, 80), Amount(min=20, max=40, unit='g'))
    """
    every = carb_interval(moving_min)
    least, most = int(_limit("carbs_least")), int(_limit("carbs_most"))
    mark = Amount(_near(least * every / 60, 5), _down(most * every / 60, 5), "g")
    return Portions(Amount(least, most, "g/h"), marks(every, moving_min), mark)


def carb_interval(moving_min: float) -> int:
    """Minutes between portions of carbohydrate: the article's 30 to 45, the shorter the longer the run."""
    if moving_min < 90:
        return 45
    return 40 if moving_min < 150 else 30


def marks(every_min: int, moving_min: float) -> tuple[int, ...]:
    """The minutes at which to take something: every interval from the first on, none in the last 10 minutes.

    >>> marks(20, 120.5), marks(45, 63), marks(45, 54.9)
    ((20, 40, 60, 80, 100), (45,), ())
    """
    last = moving_min - _limit("no_mark_in_last")
    return tuple(range(every_min, math.floor(last) + 1, every_min)) if last >= every_min else ()


def _limit(name: str) -> float:
    return THRESHOLDS[name].value


def _near(value: float, step: int) -> int:
    return half_up(value / step) * step


def _down(value: float, step: int) -> int:
    return math.floor(value / step) * step
