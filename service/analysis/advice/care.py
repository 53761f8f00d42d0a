"""Reminders that a condition calls for: heat, cold, hills, and the danger of drinking too much."""

from __future__ import annotations

from service.analysis.advice import amounts
from service.analysis.advice.reminder import Advice, Reminder, Situation
from service.analysis.facts import Facts
from service.analysis.weighing import an_hour, mass_lost_kg, sweat_l_per_h

RUN_WALK = frozenset({"run", "walk"})
HILLS_CARE = {"stride": "hills_care-descents", "walk": "hills_care-climbs", "even": "hills_care-rolling"}
"""The next action that a warning for hills names -> the reminder that carries it."""


def _heat_care(situation: Situation) -> Reminder | None:
    severity = situation.severities.get("heat")
    if severity is None:
        return None
    text = {"low": "heat_care-warm", "moderate": "heat_care-hot", "high": "heat_care-extreme"}[severity]
    safety = ("to_thirst",) if severity == "low" else ("heat", "to_thirst")
    family = {"family": situation.facts.family}
    return Reminder(text, family, reason_codes=("heat",), safety_keys=safety)


def _cold_care(situation: Situation) -> Reminder | None:
    return Reminder("cold_care-text", reason_codes=("cold",)) if "cold" in situation.severities else None


def _hills_care(situation: Situation) -> Reminder | None:
    """What the warning for hills advises next, with the training for it; on a trail without hills the training."""
    reasons, action = situation.reasons("hilly"), situation.nexts.get("hilly")
    trail = situation.facts.sub_sport == "trail"
    if not reasons and not trail:
        return None
    if action not in HILLS_CARE or (trail and action == "even"):
        return Reminder("hills_care-text", reason_codes=reasons or ("trail",))
    return Reminder(HILLS_CARE[action], {"family": situation.facts.family}, reason_codes=reasons)


def _eah_caution(situation: Situation) -> Reminder | None:
    """Where the log tells of much drinking, where the run was long, or where little is sweated; the log first."""
    reasons, safety = situation.reasons("duration"), ("to_thirst", "hyponatremia")
    drunk = _drunk(situation.facts)
    if drunk is not None:
        return Reminder(drunk, reason_codes=(*reasons, "log"), safety_keys=safety)
    endangered = _endangered(situation)
    if endangered is None:
        return None
    return Reminder(endangered, {"family": situation.facts.family}, reason_codes=reasons, safety_keys=safety)


def _drunk(facts: Facts) -> str | None:
    """The text for who gained mass on the way, or drank faster than the range; None where the log tells neither.

    Who drank fast is told to drink less only where the scales do not say that more was sweated.
    """
    lost_kg, ml_per_h = mass_lost_kg(facts.log), an_hour(facts.log.fluid_ml, facts.moving_s)
    if lost_kg is not None and lost_kg < 0:
        return "eah_caution-gained"
    if ml_per_h is None or ml_per_h <= amounts.THRESHOLDS["caution_drunk"].value:
        return None
    sweated = _sweated_ml_per_h(facts)
    if sweated is None:
        return "eah_caution-drank_fast"
    return "eah_caution-drank" if ml_per_h > sweated else "eah_caution-drank_within"


def _sweated_ml_per_h(facts: Facts) -> float | None:
    """What the run's own weighings say was sweated; None where they are not whole, or look like a typing error."""
    rate, lost_kg, before_kg = (
        sweat_l_per_h(facts.log, facts.moving_s),
        mass_lost_kg(facts.log),
        facts.log.mass_before_kg,
    )
    if rate is None or lost_kg is None or before_kg is None:
        return None
    return None if lost_kg > amounts.THRESHOLDS["after_lost_most"].value * before_kg else 1000 * rate


def _endangered(situation: Situation) -> str | None:
    """The text for a run as long as this, or for a body that sweats little; None where neither holds."""
    facts, minutes = situation.facts, situation.moving_min
    limits = {name: each.value for name, each in amounts.THRESHOLDS.items() if name.startswith("caution_")}
    mass_kg = facts.profile.mass_kg
    light = mass_kg is not None and mass_kg < limits["caution_light"] and minutes >= limits["caution_light_from"]
    if minutes >= limits["caution_from"] or light:
        return "eah_caution-text"
    little = facts.sweat is not None and facts.sweat.rate_l_per_h < limits["caution_little"]
    return "eah_caution-little" if little and minutes >= limits["caution_little_from"] else None


ADVICE = (
    Advice(
        code="heat_care",
        phase="during",
        basis="next_similar_run",
        article_refs=("A54", "A55", "A56", "A60"),
        relevance=90,
        families=RUN_WALK,
        check=_heat_care,
        texts={
            "heat_care-warm": "It was warm: start a little slower on such days, and wear light things.",
            "heat_care-hot": "{ $family ->\n"
            "[walk] It was hot: walk slower and shorter on such days, in the shade or early, and cool yourself with "
            "water on skin and cap.\n"
            "*[run] It was hot: run slower and shorter on such days, in the shade or early, and cool yourself with "
            "water on skin and cap.\n"
            "}",
            "heat_care-extreme": "{ $family ->\n"
            "[walk] It was too hot to walk long: on such days postpone, shorten, or go indoors.\n"
            "*[run] It was too hot to run long: on such days postpone, shorten, or go indoors.\n"
            "}",
        },
    ),
    Advice(
        code="cold_care",
        phase="pre",
        basis="next_similar_run",
        article_refs=("A58", "A61"),
        relevance=60,
        families=RUN_WALK,
        check=_cold_care,
        texts={
            "cold_care-text": "In the cold, wear layers that you can open, keep the calves covered, and begin slowly.",
        },
    ),
    Advice(
        code="hills_care",
        phase="post",
        article_refs=("A42", "A59", "A62"),
        relevance=65,
        families=RUN_WALK,
        version=2,
        check=_hills_care,
        texts={
            "hills_care-text": "Hills and trails load calves and hamstrings, most of all downhill: practise climbs and "
            "descents, and strengthen both, before the next hilly run.",
            "hills_care-descents": "Steep descents load thighs, calves and hamstrings most: shorten your stride on "
            "them. Before the next hilly day practise climbs and descents, and strengthen calves and hamstrings.",
            "hills_care-climbs": "{ $family ->\n"
            "[walk] Long climbs tire calves most: slow down early where it gets steep.\n"
            "*[run] Long climbs tire calves most: walk early where it gets steep.\n"
            "} Before the next hilly day practise climbs and descents, and strengthen calves and hamstrings.",
            "hills_care-rolling": "On rolling ground keep the effort even uphill, not the pace, and practise climbs "
            "and descents.",
        },
    ),
    Advice(
        code="eah_caution",
        phase="during",
        basis="next_similar_run",
        article_refs=("A10",),
        relevance=95,
        families=RUN_WALK,
        version=3,
        check=_eah_caution,
        texts={
            "eah_caution-gained": "By your log the scales showed more after this than before, so more was drunk than "
            "sweated. That is a danger of its own: it thins the blood's sodium. Next time drink less, and let thirst "
            "decide.",
            "eah_caution-drank": "By your log you drank faster than the range that is advised to anyone. Drinking too "
            "much is a danger of its own: water beyond what you sweat thins the blood's sodium. Next time drink less, "
            "and let thirst decide.",
            "eah_caution-drank_fast": "By your log you drank faster than the range that is advised to anyone. Whether "
            "it was more than you sweated, the log does not tell; weighed before and after, it does. Water beyond what "
            "you sweat thins the blood's sodium, a danger of its own: let thirst decide.",
            "eah_caution-drank_within": "By your log you drank faster than most runners need, and the scales say that "
            "you sweated more than that all the same: it was not too much. On a cooler or slower day as much could be, "
            "as water beyond what you sweat thins the blood's sodium. Let thirst decide.",
            "eah_caution-text": "{ $family ->\n"
            "[walk] On a walk as long as this, drinking too much is a danger of its own: water beyond what you sweat "
            "thins the blood's sodium. Let thirst decide.\n"
            "*[run] On a run as long as this, drinking too much is a danger of its own: water beyond what you sweat "
            "thins the blood's sodium. Let thirst decide.\n"
            "}",
            "eah_caution-little": "You are estimated to sweat little at such a pace, so that drinking too much is a "
            "danger of its own: water beyond what you sweat thins the blood's sodium. Let thirst decide.",
        },
    ),
)
