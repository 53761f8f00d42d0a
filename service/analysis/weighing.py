"""What a run's log tells of the body's fluid: the sweat rate by the scales, how fast was drunk, what was lost.

An hour is one of moving time, as in the advice, so that a rate times the moving hours is what was weighed. Scales,
clothes and typing errors are off by more than a short run sweats: only weighings that can be true count.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from statistics import median

from service.analysis.athlete import History, Log

WEIGHINGS_LEAST = 3
SHORTEST_S = 30 * 60.0
"""Shorter, the error of a bathroom scale is as large as what is sweated; chosen by us."""
MOST_L_PER_H = 4.0
"""More than anybody is known to sweat for long: a typing error; chosen by us."""


def sweat_l_per_h(log: Log, moving_s: float) -> float | None:
    """The sweat rate that one run's two weighings tell; None where they are not whole, or cannot be true.

    What was drunk has to be told, if only as 0. Urine that is not told counts as none.

    >>> sweat_l_per_h(Log(fluid_ml=500, mass_before_kg=70.0, mass_after_kg=69.2), 5400.0)
    0.8667
    >>> sweat_l_per_h(Log(mass_before_kg=70.0, mass_after_kg=69.2), 5400.0) is None
    True
    """
    lost_kg = mass_lost_kg(log)
    if lost_kg is None or log.fluid_ml is None or moving_s < SHORTEST_S:
        return None
    rate = (lost_kg + (log.fluid_ml - (log.urine_ml or 0.0)) / 1000) / (moving_s / 3600)
    return round(rate, 4) if 0 < rate <= MOST_L_PER_H else None


def weighed_l_per_h(history: History, moment: datetime, *, sport: str | None, this: tuple[Log, float]) -> float | None:
    """The median of the weighings of one sport, `this` run's (log, moving_s) among them; None below three."""
    rates = list(_rates(history, moment, sport, this))
    return median(rates) if len(rates) >= WEIGHINGS_LEAST else None


def count(history: History, moment: datetime, *, sport: str | None, this: tuple[Log, float]) -> int:
    """How many weighings of one sport tell a rate, `this` run's among them."""
    return sum(1 for _ in _rates(history, moment, sport, this))


def _rates(history: History, moment: datetime, sport: str | None, this: tuple[Log, float]) -> Iterator[float]:
    earlier = [run for run in history.runs if run.sport == sport and run.started_at < moment]
    for log, moving_s in (*((run.log, run.moving_s) for run in earlier if run.log is not None), this):
        rate = sweat_l_per_h(log, moving_s)
        if rate is not None:
            yield rate


def mass_lost_kg(log: Log) -> float | None:
    """Mass before less mass after, below 0 where it was gained; None where not both were told."""
    if log.mass_before_kg is None or log.mass_after_kg is None:
        return None
    return log.mass_before_kg - log.mass_after_kg


def an_hour(amount: float | None, moving_s: float) -> float | None:
    """What was taken in, by the hour of moving time; None where it was not told or nothing moved."""
    return None if amount is None or moving_s <= 0 else amount / (moving_s / 3600)
