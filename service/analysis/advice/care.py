"""Reminders that a condition calls for: heat, cold, hills, and the danger of drinking too much."""

from __future__ import annotations

from service.analysis.advice.reminder import Advice, Reminder, Situation

RUN_WALK = frozenset({"run", "walk"})
LONG_MIN, LONG_LIGHT_MIN, LONG_SLOW_MIN = 240.0, 150.0, 90.0
LIGHT_KG = 60.0
LITTLE_SWEAT_L_PER_H = 0.5


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
    trail = situation.facts.sub_sport == "trail"
    if not trail and situation.severities.get("hilly", "low") == "low":
        return None
    return Reminder("hills_care-text", reason_codes=situation.reasons("hilly") or ("trail",))


def _eah_caution(situation: Situation) -> Reminder | None:
    facts, minutes = situation.facts, situation.moving_min
    mass_kg = facts.profile.mass_kg
    long = minutes >= LONG_MIN
    light = mass_kg is not None and mass_kg < LIGHT_KG and minutes >= LONG_LIGHT_MIN
    little = facts.sweat is not None and facts.sweat.rate_l_per_h < LITTLE_SWEAT_L_PER_H and minutes >= LONG_SLOW_MIN
    if not (long or light or little):
        return None
    return Reminder(
        "eah_caution-text" if long or light else "eah_caution-little",
        {"family": facts.family},
        reason_codes=situation.reasons("duration"),
        safety_keys=("to_thirst", "hyponatremia"),
    )


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
        check=_hills_care,
        texts={
            "hills_care-text": "Hills and trails load calves and hamstrings, most of all downhill: practise climbs and "
            "descents, and strengthen both, before the next hilly run.",
        },
    ),
    Advice(
        code="eah_caution",
        phase="during",
        basis="next_similar_run",
        article_refs=("A10",),
        relevance=95,
        families=RUN_WALK,
        check=_eah_caution,
        texts={
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
