"""Reminders for the run itself: fluid, sodium and carbohydrate, with amounts and minute marks for the next such run."""

from __future__ import annotations

from service.analysis.advice import amounts
from service.analysis.advice.reminder import DROPPED, Advice, Reminder, Situation

RUN_WALK = frozenset({"run", "walk"})
RUN_WALK_WHEEL = frozenset({"run", "walk", "wheel"})


def is_hot(situation: Situation) -> bool:
    """Whether the red flag is up, or the air is 25 °C or more: shorter intervals between sips."""
    environment = situation.facts.environment
    if environment is None:
        return False
    limits = amounts.THRESHOLDS
    return environment.wbgt_c >= limits["hot_wbgt"].value or environment.temperature_c >= limits["hot_air"].value


def is_red(situation: Situation) -> bool:
    """Whether the red flag of the wet-bulb globe temperature is up."""
    return situation.wbgt_c is not None and situation.wbgt_c >= amounts.THRESHOLDS["hot_wbgt"].value


def fluid_portions(situation: Situation) -> amounts.Portions | None:
    """The fluid amounts of this run, None where no amount may be given (rules.md 2.11)."""
    sweat = situation.facts.sweat
    if sweat is None or (situation.facts.family == "wheel" and not sweat.measured):
        return None
    return amounts.fluid(sweat_l_per_h=sweat.rate_l_per_h, moving_min=situation.moving_min, hot=is_hot(situation))


def _fluid(situation: Situation) -> Reminder:
    reasons = situation.reasons("duration", "heat", "dry_windy")
    portions = fluid_portions(situation)
    if portions is None:
        return Reminder(_thirst_text(situation), reason_codes=reasons, safety_keys=("to_thirst",))
    ask = () if situation.facts.profile.birth_year is not None else ("vulnerable",)
    params = {
        "least": portions.amount.min,
        "most": portions.amount.max,
        "sip_least": portions.per_mark.min,
        "sip_most": portions.per_mark.max,
        "every": amounts.sip_interval(hot=is_hot(situation)),
    }
    return Reminder(
        "fluid-amount",
        params,
        amount=portions.amount,
        at_min=portions.at_min,
        per_mark=portions.per_mark,
        reason_codes=reasons,
        safety_keys=("to_thirst", *ask),
    )


def _thirst_text(situation: Situation) -> str:
    if situation.moving_min < amounts.THRESHOLDS["thirst_from"].value:
        return "fluid-short"
    if situation.moving_min <= amounts.THRESHOLDS["fluid_from"].value:
        return "fluid-thirst"
    return "fluid-unknown" if situation.facts.sweat is None else "fluid-little"


def _sodium(situation: Situation) -> Reminder | None:
    if not situation.long:
        return None
    reasons = situation.reasons("duration", "heat")
    fluid, sweat = fluid_portions(situation), situation.facts.sweat
    if fluid is None or sweat is None:
        return Reminder("sodium-some", reason_codes=reasons, safety_keys=("to_thirst",))
    portions = amounts.sodium(
        sweat_l_per_h=sweat.rate_l_per_h,
        loss_mg_per_h=sweat.sodium_mg_per_h,
        moving_min=situation.moving_min,
        hot=is_red(situation),
        every_min=amounts.sip_interval(hot=is_hot(situation)),
    )
    params = {
        "least": portions.amount.min,
        "most": portions.amount.max,
        "mark_least": portions.per_mark.min,
        "mark_most": portions.per_mark.max,
    }
    return Reminder(
        "sodium-amount",
        params,
        amount=portions.amount,
        at_min=portions.at_min,
        per_mark=portions.per_mark,
        reason_codes=reasons,
        safety_keys=("to_thirst",),
    )


def _carbs(situation: Situation) -> Reminder | None:
    if not situation.long:
        return None
    reasons = situation.reasons("duration", "intensity", "fade")
    at_min = amounts.marks(amounts.carb_interval(situation.moving_min), situation.moving_min)
    every = amounts.carb_interval(situation.moving_min)
    if situation.facts.sweat is None:
        return Reminder("carbs-unknown", {"every": every}, at_min=at_min, reason_codes=reasons)
    portions = amounts.carbs(moving_min=situation.moving_min)
    params = {
        "least": portions.amount.min,
        "most": portions.amount.max,
        "mark_least": portions.per_mark.min,
        "mark_most": portions.per_mark.max,
        "every": every,
    }
    return Reminder(
        "carbs-long" if situation.moving_min > 150 else "carbs-amount",
        params,
        amount=portions.amount,
        at_min=portions.at_min,
        per_mark=portions.per_mark,
        reason_codes=reasons,
    )


ADVICE = (
    Advice(
        code="fluid",
        phase="during",
        basis="next_similar_run",
        article_refs=("A03", "A11", "A16", "A66", "A72"),
        relevance=80,
        families=RUN_WALK_WHEEL,
        hidden="fluid-hidden",
        check=_fluid,
        texts={
            "fluid-short": "A run this short needs no bottle: drink to thirst before and after.",
            "fluid-thirst": "For a run of up to an hour, drinking to thirst is enough; no amount is needed.",
            "fluid-unknown": "Drink to thirst. With your body mass or a measured sweat rate in the profile, an "
            "estimated "
            "amount can be given.",
            "fluid-little": "You are estimated to sweat little on such a run, so no amount is given: drink to "
            "thirst only.",
            "fluid-amount": "On the next run like this, an estimated { VOLUME($least, $most) } an hour is plenty: "
            "sips of "
            "about { VOLUME($sip_least, $sip_most) } every { NUMBER($every) } minutes, less if you are not thirsty.",
            "fluid-hidden": "Drink to thirst, and ask your clinician how much is right for you on long runs.",
        },
    ),
    Advice(
        code="sodium",
        phase="during",
        basis="next_similar_run",
        article_refs=("A02", "A08", "A09", "A12", "A15", "A17", "A34", "A67"),
        relevance=55,
        families=RUN_WALK,
        hidden=DROPPED,
        check=_sodium,
        texts={
            "sodium-some": "On runs of more than an hour a sports drink beside the water is a fair choice. Whether "
            "it bears "
            "on cramps is disputed (grade C).",
            "sodium-amount": "{ $least ->\n"
            "[0] Sodium: an estimated { MILLIGRAMS($most) } an hour at most, with the drink.\n"
            "*[other] Sodium: an estimated { MILLIGRAMS($least, $most) } an hour with the drink, about "
            "{ MILLIGRAMS($mark_least, $mark_most) } with each sip.\n"
            "} The loss in sweat is real, its part in cramps disputed (grade C).",
        },
    ),
    Advice(
        code="carbs",
        phase="during",
        basis="next_similar_run",
        article_refs=("A28", "A29", "A31", "A35", "A36", "A37"),
        relevance=75,
        families=RUN_WALK_WHEEL,
        hidden="carbs-hidden",
        check=_carbs,
        texts={
            "carbs-unknown": "On runs of an hour or more, take some carbohydrate on the way, about every { "
            "NUMBER($every) } minutes.",
            "carbs-amount": "Carbohydrate: an estimated { GRAMS($least, $most) } an hour, about "
            "{ GRAMS($mark_least, $mark_most) } every { NUMBER($every) } minutes; the lower end on easy days.",
            "carbs-long": "Carbohydrate: an estimated { GRAMS($least, $most) } an hour, about "
            "{ GRAMS($mark_least, $mark_most) } every { NUMBER($every) } minutes. Beyond two and a half hours up to "
            "an estimated "
            "90 g an hour, from glucose with fructose, if you have practised it.",
            "carbs-hidden": "On long runs take a little of what you digest well, and ask your clinician what is "
            "right for you.",
        },
    ),
)
