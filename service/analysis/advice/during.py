"""Reminders for the run itself: fluid, sodium and carbohydrate, with amounts and minute marks for the next such run."""

from __future__ import annotations

from service.analysis.advice import amounts
from service.analysis.advice.reminder import DROPPED, Advice, Reminder, Situation
from service.analysis.measures import half_up
from service.analysis.weighing import an_hour

RUN_WALK = frozenset({"run", "walk"})
RUN_WALK_WHEEL = frozenset({"run", "walk", "wheel"})


def is_hot(situation: Situation) -> bool:
    """Whether the red flag is up, or the air is 25 °C or more: shorter intervals between sips.

    Never by the watch's own temperature, which body heat biases: it counts as yellow at most (docs/signals.md).
    """
    environment = situation.facts.environment
    if environment is None or environment.device_only:
        return False
    limits = amounts.THRESHOLDS
    return environment.wbgt_c >= limits["hot_wbgt"].value or environment.temperature_c >= limits["hot_air"].value


def is_red(situation: Situation) -> bool:
    """Whether the red flag of the wet-bulb globe temperature is up; never by the watch's own temperature."""
    environment = situation.facts.environment
    if environment is None or environment.device_only:
        return False
    return environment.wbgt_c >= amounts.THRESHOLDS["hot_wbgt"].value


def fluid_portions(situation: Situation) -> amounts.Portions | None:
    """The fluid amounts of this run, None where no amount may be given (docs/rules/README.md, amounts)."""
    sweat = situation.facts.sweat
    if sweat is None or (situation.facts.family == "wheel" and not sweat.measured):
        return None
    return amounts.fluid(sweat_l_per_h=sweat.rate_l_per_h, moving_min=situation.moving_min, hot=is_hot(situation))


def sweat_by(situation: Situation) -> str:
    """What the amounts stand on: `estimate`, `profile` or `weighings`; `none` where they stand on nothing."""
    return "none" if situation.facts.sweat is None else situation.facts.sweat.by


def _fluid(situation: Situation) -> Reminder:
    reasons = situation.reasons("duration", "heat", "dry_windy")
    portions = fluid_portions(situation)
    if portions is None:
        text = _thirst_text(situation)
        return Reminder(text, {"family": situation.facts.family}, reason_codes=reasons, safety_keys=("to_thirst",))
    ask = () if situation.facts.profile.birth_year is not None else ("vulnerable",)
    params: dict[str, float | int | str] = {
        "least": portions.amount.min,
        "most": portions.amount.max,
        "sip_least": portions.per_mark.min,
        "sip_most": portions.per_mark.max,
        "every": amounts.sip_interval(hot=is_hot(situation)),
        "family": situation.facts.family,
        "by": sweat_by(situation),
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
        family = {"family": situation.facts.family}
        return Reminder("sodium-some", family, reason_codes=reasons, safety_keys=("to_thirst",))
    portions = amounts.sodium(
        sweat_l_per_h=sweat.rate_l_per_h,
        loss_mg_per_h=sweat.sodium_mg_per_h,
        moving_min=situation.moving_min,
        hot=is_red(situation),
        every_min=amounts.sip_interval(hot=is_hot(situation)),
    )
    params: dict[str, float | int | str] = {
        "least": portions.amount.min,
        "most": portions.amount.max,
        "mark_least": portions.per_mark.min,
        "mark_most": portions.per_mark.max,
        "by": sweat_by(situation),
        "family": situation.facts.family,
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
        return Reminder(
            "carbs-unknown", {"every": every, "family": situation.facts.family}, at_min=at_min, reason_codes=reasons
        )
    portions = amounts.carbs(moving_min=situation.moving_min)
    taken = an_hour(situation.facts.log.carbs_g, situation.facts.moving_s)
    little = taken is not None and half_up(taken) < portions.amount.min
    params: dict[str, float | int | str] = {
        "least": portions.amount.min,
        "most": portions.amount.max,
        "mark_least": portions.per_mark.min,
        "mark_most": portions.per_mark.max,
        "every": every,
        "by": sweat_by(situation),
        "family": situation.facts.family,
    }
    long = situation.moving_min > amounts.THRESHOLDS["carbs_long"].value
    if taken is not None and little:
        params |= {"taken": "little" if taken else "none", "long": "yes" if long else "no"}
        reasons = (*reasons, "log")
    return Reminder(
        "carbs-logged" if little else "carbs-long" if long else "carbs-amount",
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
        unfounded="fluid-unknown",
        version=2,
        check=_fluid,
        texts={
            "fluid-short": "{ $family ->\n"
            "[walk] A walk this short needs no bottle: drink to thirst before and after.\n"
            "[wheel] A ride this short needs no bottle: drink to thirst before and after.\n"
            "*[run] A run this short needs no bottle: drink to thirst before and after.\n"
            "}",
            "fluid-thirst": "{ $family ->\n"
            "[walk] For a walk of up to an hour, drinking to thirst is enough; no amount is needed.\n"
            "[wheel] For a ride of up to an hour, drinking to thirst is enough; no amount is needed.\n"
            "*[run] For a run of up to an hour, drinking to thirst is enough; no amount is needed.\n"
            "}",
            "fluid-unknown": "{ $family ->\n"
            "[wheel] Drink to thirst. With a sweat rate measured on a ride in the profile, an estimated amount can be "
            "given.\n"
            "*[run] Drink to thirst. With your body mass or a measured sweat rate in the profile, or weights "
            "before and after in three logs, an estimated amount can be given.\n"
            "}",
            "fluid-little": "{ $family ->\n"
            "[walk] You are estimated to sweat little on such a walk, so no amount is given: drink to thirst only.\n"
            "[wheel] You are estimated to sweat little on such a ride, so no amount is given: drink to thirst only.\n"
            "*[run] You are estimated to sweat little on such a run, so no amount is given: drink to thirst only.\n"
            "}",
            "fluid-amount": "{ $family ->\n"
            "[walk] On the next walk like this, an estimated { VOLUME($least, $most) } an hour is plenty: sips of "
            "about { VOLUME($sip_least, $sip_most) } every { NUMBER($every) } minutes, less if you are not thirsty.\n"
            "[wheel] On the next ride like this, an estimated { VOLUME($least, $most) } an hour is plenty: sips of "
            "about { VOLUME($sip_least, $sip_most) } every { NUMBER($every) } minutes, less if you are not thirsty.\n"
            "*[run] On the next run like this, an estimated { VOLUME($least, $most) } an hour is plenty: sips of "
            "about { VOLUME($sip_least, $sip_most) } every { NUMBER($every) } minutes, less if you are not thirsty.\n"
            "}",
            "fluid-hidden": "Drink to thirst, and ask your clinician how much is right for you on long days.",
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
        unfounded="sodium-some",
        version=2,
        check=_sodium,
        texts={
            "sodium-some": "{ $family ->\n"
            "[walk] On walks of more than an hour a sports drink beside the water is a fair choice.\n"
            "*[run] On runs of more than an hour a sports drink beside the water is a fair choice.\n"
            "} Whether it bears on cramps is disputed (grade C).",
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
        unfounded="carbs-unknown",
        version=3,
        check=_carbs,
        texts={
            "carbs-unknown": "{ $family ->\n"
            "[walk] On walks of an hour or more, take some carbohydrate on the way, about every { NUMBER($every) } "
            "minutes.\n"
            "[wheel] On rides of an hour or more, take some carbohydrate on the way, about every { NUMBER($every) } "
            "minutes.\n"
            "*[run] On runs of an hour or more, take some carbohydrate on the way, about every { NUMBER($every) } "
            "minutes.\n"
            "}",
            "carbs-amount": "Carbohydrate: an estimated { GRAMS($least, $most) } an hour, about "
            "{ GRAMS($mark_least, $mark_most) } every { NUMBER($every) } minutes; the lower end on easy days.",
            "carbs-long": "Carbohydrate: an estimated { GRAMS($least, $most) } an hour, about "
            "{ GRAMS($mark_least, $mark_most) } every { NUMBER($every) } minutes. Beyond two and a half hours up to "
            "an estimated "
            "90 g an hour, from glucose with fructose, if you have practised it.",
            "carbs-logged": "{ $taken ->\n"
            "[none] By your log you took no carbohydrate on the way.\n"
            "*[little] By your log you took little carbohydrate on the way.\n"
            "} On the next one like this, an estimated { GRAMS($least, $most) } an hour holds energy up better: about "
            "{ GRAMS($mark_least, $mark_most) } every { NUMBER($every) } minutes, the lower end on easy days.{ $long "
            "->\n"
            '[yes] {" "}Beyond two and a half hours up to an estimated 90 g an hour, from glucose with fructose, if '
            "you have practised it.\n"
            '*[no] {""}\n'
            "}",
            "carbs-hidden": "On long days take a little of what you digest well, and ask your clinician what is "
            "right for you.",
        },
    ),
)
