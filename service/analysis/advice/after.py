"""Reminders for after this run: easing out, a meal, something to drink."""

from __future__ import annotations

from service.analysis.advice import amounts
from service.analysis.advice.reminder import Advice, Amount, Reminder, Situation
from service.analysis.measures import half_up
from service.analysis.weighing import mass_lost_kg

PROTEIN_LEAST_G, PROTEIN_MOST_G = 20, 40


def _cool_down(situation: Situation) -> Reminder:
    """A run that eased out is told so; where the file breaks off, nobody knows how the run ended."""
    seen = situation.facts.effort.cool_down is not None and not situation.facts.cut_short
    key = "cool_down-seen" if seen else "cool_down-text"
    return Reminder(f"{key}_hard" if _hard(situation) else key, reason_codes=situation.reasons("intensity"))


def _hard(situation: Situation) -> bool:
    """Whether the headlines of such a run ask for an easy day after it."""
    tired = situation.nexts.get("fade") == "ease"
    return tired or situation.facts.structured.found or "intensity" in situation.severities


def _post_meal(situation: Situation) -> Reminder | None:
    if not (situation.long or "intensity" in situation.severities):
        return None
    reasons = situation.reasons("duration", "intensity")
    mass_kg = situation.facts.profile.mass_kg
    if mass_kg is None:
        return Reminder("post_meal-text", reason_codes=reasons)
    carbs_g = half_up(mass_kg / 5) * 5
    protein_g = half_up(min(max(0.3 * mass_kg, PROTEIN_LEAST_G), PROTEIN_MOST_G) / 5) * 5
    return Reminder(
        "post_meal-amount",
        {"carbs": carbs_g, "protein": protein_g},
        amount=Amount(carbs_g, carbs_g, "g"),
        reason_codes=reasons,
    )


def _post_fluid(situation: Situation) -> Reminder | None:
    amount = _after(situation)
    if amount is not None:
        return Reminder(
            "post_fluid-weighed",
            {"least": amount.min, "most": amount.max},
            amount=amount,
            reason_codes=("log",),
            safety_keys=("to_thirst",),
        )
    if not (situation.long or "heat" in situation.severities):
        return None
    return Reminder("post_fluid-text", reason_codes=situation.reasons("duration", "heat"), safety_keys=("to_thirst",))


def _after(situation: Situation) -> Amount | None:
    """The amount for what the scales lost; None where the log has no two weighings, or nothing to make up."""
    log = situation.facts.log
    lost_kg = mass_lost_kg(log)
    if lost_kg is None or log.mass_before_kg is None:
        return None
    return amounts.after(lost_kg=lost_kg, mass_kg=log.mass_before_kg)


ADVICE = (
    Advice(
        code="cool_down",
        phase="post",
        article_refs=("A25", "A27", "A47", "A50", "A68"),
        relevance=32,
        version=2,
        check=_cool_down,
        texts={
            "cool_down-text": "End with a few minutes of easy jogging, then hold gentle stretches for calves, "
            "thighs and "
            "hamstrings, or use a foam roller.",
            "cool_down-seen": "You eased out of this run; go on with gentle held stretches for calves, thighs and "
            "hamstrings, or a foam roller.",
            "cool_down-text_hard": "End with a few minutes of easy jogging, then hold gentle stretches for calves, "
            "thighs and hamstrings, or use a foam roller. Keep the day after easy: muscle repairs then (grade C).",
            "cool_down-seen_hard": "You eased out of this run; go on with gentle held stretches for calves, thighs and "
            "hamstrings, or a foam roller. Keep the day after easy: muscle repairs then (grade C).",
        },
    ),
    Advice(
        code="post_meal",
        phase="post",
        article_refs=("A13", "A14", "A32", "A33", "A51", "A69"),
        relevance=45,
        hidden="post_meal-hidden",
        unfounded="post_meal-text",
        check=_post_meal,
        texts={
            "post_meal-text": "Eat something with carbohydrate and lean protein soon, say within half an hour. Fruit, "
            "potatoes, leafy greens and nuts fit well; as a remedy for cramps they have no evidence (grade D).",
            "post_meal-amount": "Soon after, say within half an hour: an estimated { GRAMS($carbs) } of "
            "carbohydrate and "
            "{ GRAMS($protein) } of lean protein. Fruit, potatoes, leafy greens and nuts fit well; as a remedy for "
            "cramps "
            "they have no evidence (grade D).",
            "post_meal-hidden": "Eat a normal, balanced meal soon after the run.",
        },
    ),
    Advice(
        code="post_fluid",
        phase="post",
        article_refs=("A49", "A69"),
        relevance=25,
        hidden="post_fluid-text",
        version=2,
        check=_post_fluid,
        texts={
            "post_fluid-text": "Drink to thirst over the next hours, spread out, rather than much at once.",
            "post_fluid-weighed": "By your log the run cost you fluid: an estimated { VOLUME($least, $most) } makes it "
            "up, spread over the next hours and with something to eat, not all at once.",
        },
    ),
)
