"""Reminders for before the next run: a meal, something to drink, and a warm-up."""

from __future__ import annotations

from service.analysis import windows
from service.analysis.advice import amounts
from service.analysis.advice.during import fluid_portions, is_hot, sweat_by
from service.analysis.advice.reminder import Advice, Amount, Reminder, Situation
from service.analysis.facts import Facts

EASY_START_S, EASY_SHARE = 300.0, 0.87
"""An easy start: five minutes at no more than this share of what follows, as the easy blocks around a main effort."""


def _pre_meal(situation: Situation) -> Reminder | None:
    if not (situation.long or "heat" in situation.severities):
        return None
    reasons = situation.reasons("duration", "heat")
    if situation.facts.log.fasted and situation.long:
        return Reminder("pre_meal-fasted", reason_codes=(*reasons, "log"))
    return Reminder("pre_meal-text", reason_codes=reasons)


def _pre_fluid(situation: Situation) -> Reminder | None:
    if not (situation.long or "heat" in situation.severities):
        return None
    reasons = situation.reasons("duration", "heat", "dry_windy")
    amount = _before(situation)
    if amount is None:
        return Reminder("pre_fluid-thirst", reason_codes=reasons, safety_keys=("to_thirst",))
    return Reminder(
        "pre_fluid-amount",
        {"least": amount.min, "most": amount.max, "by": sweat_by(situation)},
        amount=amount,
        reason_codes=reasons,
        safety_keys=("to_thirst",),
    )


def _before(situation: Situation) -> Amount | None:
    """The amount beside the sips of the same run, None where none may be given."""
    sweat = situation.facts.sweat
    if sweat is None or fluid_portions(situation) is None:
        return None
    rate = sweat.rate_l_per_h
    return amounts.before(sweat_l_per_h=rate, moving_min=situation.moving_min, hot=is_hot(situation))


def _warm_up(situation: Situation) -> Reminder:
    reasons = situation.reasons("cold", "fast_start", "start_above_fitness")
    if "cold" in situation.severities:
        return Reminder("warm_up-cold", reason_codes=reasons)
    seen = situation.facts.effort.warm_up is not None or _eased_in(situation.facts)
    return Reminder("warm_up-seen" if seen else "warm_up-text", reason_codes=reasons)


def _eased_in(facts: Facts) -> bool:
    """Whether the first five minutes were clearly easier than what followed up to half the distance."""
    first_m = windows.distance_at(facts, facts.grid.clock_s[0] + EASY_START_S)
    first = windows.mean_gap(facts, 0.0, first_m).heart
    return first <= EASY_SHARE * windows.mean_gap(facts, first_m, max(facts.distance_m / 2, first_m + 1000.0)).heart


ADVICE = (
    Advice(
        code="pre_meal",
        phase="pre",
        basis="next_similar_run",
        article_refs=("A29", "A30", "A36"),
        relevance=40,
        hidden="pre_meal-hidden",
        version=2,
        check=_pre_meal,
        texts={
            "pre_meal-text": "Eat a balanced meal two to three hours before: oats, rice or wholegrain bread, a little "
            "protein, normally salted.",
            "pre_meal-fasted": "By your log you ran this on an empty stomach. On an hour or more that may cost energy, "
            "and it may bear on cramps and stitches (grade C). Before the next one like it, eat a balanced meal two to "
            "three hours ahead: oats, rice or wholegrain bread, a little protein, normally salted.",
            "pre_meal-hidden": "Eat a balanced meal that you know to agree with you two to three hours before.",
        },
    ),
    Advice(
        code="pre_fluid",
        phase="pre",
        basis="next_similar_run",
        article_refs=("A11", "A57", "A65"),
        relevance=35,
        hidden="pre_fluid-thirst",
        unfounded="pre_fluid-thirst",
        version=2,
        check=_pre_fluid,
        texts={
            "pre_fluid-thirst": "Drink to thirst in the hours before the run.",
            "pre_fluid-amount": "An estimated { VOLUME($least, $most) } of water or a light sports drink over the "
            "last two "
            "hours before is plenty; to thirst, and not all at once.",
        },
    ),
    Advice(
        code="warm_up",
        phase="pre",
        basis="next_similar_run",
        article_refs=("A19", "A20", "A21", "A22", "A23", "A24", "A27", "A61", "A64"),
        relevance=30,
        check=_warm_up,
        texts={
            "warm_up-text": "Warm up for five to ten minutes, moving rather than holding: leg swings forwards and "
            "sideways, "
            "high knees, heel kicks, lunges with a turn.",
            "warm_up-seen": "You eased into this run; keep that habit, and add leg swings, high knees, heel kicks and "
            "lunges with a turn.",
            "warm_up-cold": "In the cold, warm up longer, ten minutes or more, indoors if you can: leg swings, high "
            "knees, "
            "heel kicks, lunges with a turn.",
        },
    ),
)
