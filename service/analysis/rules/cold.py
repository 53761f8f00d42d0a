"""Cold: 5 °C or less, or a wind chill at freezing or below.

Cold muscle is stiff muscle, and coaches see it cramp sooner; no study supports that (grade D), so it brings few
points. From
-5 °C on, the table of conditions lifts the level to moderate.

Without a known temperature the rule is not assessed; it does not apply to a treadmill. A temperature that only the
watch tells counts with low confidence.
"""

from __future__ import annotations

from service.analysis.environment import DEVICE_CONFIDENCE
from service.analysis.facts import Environment, Facts
from service.analysis.finding import Clear, Finding, Found, Outcome, Skipped
from service.analysis.rule import Rule, Threshold


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found in the cold, by temperature or wind chill; Clear with the temperature."""
    there = facts.environment
    if facts.treadmill:
        return Skipped("treadmill")
    if there is None:
        return Skipped(facts.environment_why_not or "missing", missing="weather")
    if there.temperature_c <= rule.limit("moderate") and not there.device_only:
        return Found((_finding(facts, rule, there, "moderate", there.temperature_c),))
    if there.temperature_c <= rule.limit("low"):
        return Found((_finding(facts, rule, there, "low", there.temperature_c),))
    if there.wind_chill_c is not None and there.wind_chill_c <= rule.limit("chill"):
        return Found((_finding(facts, rule, there, "chill", there.wind_chill_c),))
    return Clear(round(there.temperature_c, 1), "°C")


def _finding(facts: Facts, rule: Rule, there: Environment, limit: str, value: float) -> Finding:
    severity = "moderate" if limit == "moderate" else "low"
    chill = there.temperature_c if there.wind_chill_c is None else there.wind_chill_c
    return Finding(
        code=rule.code,
        severity=severity,
        value=round(value, 1),
        unit="°C",
        threshold=rule.limit(limit),
        comparator="<=",
        confidence=DEVICE_CONFIDENCE if there.device_only else 1.0,
        points=rule.points[severity],
        text="cold-text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={"temperature_c": round(there.temperature_c, 1), "wind_chill_c": round(chill, 1), "label": severity},
        quality=("device_temperature",) if there.device_only else (),
        condition_level=rule.lift(severity),
    )


RULE = Rule(
    code="cold",
    version=1,
    summary="5 °C or less, or a wind chill at freezing or below.",
    evidence_grade="D",
    article_refs=("A19", "A58", "A61"),
    thresholds={
        "low": Threshold(5, "°C", "J", "chosen by us, because the article gives a word and no number"),
        "chill": Threshold(0, "°C", "J", "chosen by us, because wind at freezing cools skin and muscle"),
        "moderate": Threshold(-5, "°C", "J", "chosen by us, because the article's word reaches to moderate"),
    },
    points={"low": 2, "moderate": 2},
    texts={
        "cold-title": "Cold conditions",
        "cold-text": "{ TEMPERATURE($temperature_c) }, felt as { TEMPERATURE($wind_chill_c) }. Warm up longer in "
        "the cold and "
        "wear layers: stiff muscles are said to cramp sooner, though no study shows it.",
        "cold-headline": "A cold run at { TEMPERATURE($temperature_c) }. Next: warm up longer, and wear layers.",
        "cold-points": "Cold: { TEMPERATURE($temperature_c) }.",
    },
    check=check,
    order=60,
    reads=frozenset({"conditions"}),
    no_change="nobody chooses the weather",
    families=frozenset({"run", "walk"}),
    lifts={"moderate": ("moderate",)},
)
