"""What the scales told of one run, as a plain document: the pure half of the hall, for whoever has just weighed.

The numbers are those that the assessment reckons with, made by the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service.analysis import texts, weighing
from service.examine import history_of, log_of

GAINED = ("safety-to_thirst", "safety-hyponatremia")
"""What is said to who weighed more after a run than before it."""

NEEDED = ("mass_before_kg", "mass_after_kg", "fluid_ml")
"""Without these no rate is measured; urine that is not told counts as none."""


def account(
    log: Mapping[str, Any],
    *,
    moving_s: float,
    sport: str | None,
    started_at: datetime,
    history: Sequence[Mapping[str, Any]],
    profile_l_per_h: float | None,
) -> dict[str, Any]:
    """The sweat rate that a run's log tells, `rate_l_per_h` or None, with what it was worked out from.

    `caution` is what is said at once to who gained mass on the way. `missing` names the fields that would be needed and
    are not told; where all are, and no rate, `why_not` says `short`
    or `impossible`. Amounts stand on `by`: the profile's rate, the median of the `weighings` (`median_l_per_h`, of
    `count` of them), or else the estimate, until there are `least`. `history` holds the digests of the earlier runs, as
    `examine` takes them.
    """
    told = log_of(log)
    rate, lost_kg = weighing.sweat_l_per_h(told, moving_s), weighing.mass_lost_kg(told)
    missing = [name for name in NEEDED if getattr(told, name) is None]
    this, before = (told, moving_s), history_of(history)
    median = weighing.weighed_l_per_h(before, started_at, sport=sport, this=this)
    by = "profile" if profile_l_per_h is not None else "weighings" if median is not None else "estimate"
    return {
        "rate_l_per_h": rate,
        "lost_kg": lost_kg,
        "caution": [texts.speaker().say(key) for key in GAINED] if lost_kg is not None and lost_kg < 0 else [],
        "fluid_ml": told.fluid_ml,
        "urine_ml": told.urine_ml,
        "moving_s": moving_s,
        "missing": missing,
        "why_not": _why_not(moving_s) if rate is None and not missing else None,
        "by": by,
        "median_l_per_h": median,
        "count": weighing.count(before, started_at, sport=sport, this=this),
        "least": weighing.WEIGHINGS_LEAST,
    }


def _why_not(moving_s: float) -> str:
    return "short" if moving_s < weighing.SHORTEST_S else "impossible"
