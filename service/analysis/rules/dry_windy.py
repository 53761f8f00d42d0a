"""Dry air and wind: sweat dries unseen, so that one drinks less than one would.

The article calls it a moderate condition. No study links it to cramps (grade D), so it brings few points; from three
quarters of an hour on it lifts the level to moderate by the table of conditions.

The rule needs temperature, humidity and wind; where one is unknown it is not assessed. It does not apply to a
treadmill.
"""

from __future__ import annotations

from service.analysis.environment import DEVICE_CONFIDENCE
from service.analysis.facts import Environment, Facts
from service.analysis.finding import Clear, Finding, Found, Outcome, Skipped
from service.analysis.rule import Rule, Threshold


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found where it was dry, windy and not cold; Clear with the wind."""
    there = facts.environment
    if facts.treadmill:
        return Skipped("treadmill")
    if there is None:
        return Skipped(facts.environment_why_not or "missing", missing="weather")
    if there.wind_kmh is None:
        return Skipped("missing", missing="wind")
    if there.humidity_assumed:
        return Skipped("missing", missing="humidity")
    dry = there.humidity_pct <= rule.limit("humidity")
    mild = there.temperature_c >= rule.limit("temperature")
    if not (dry and mild and there.wind_kmh >= rule.limit("wind")):
        return Clear(round(there.wind_kmh, 1), "km/h")
    return Found((_finding(facts, rule, there, there.wind_kmh),))


def _finding(facts: Facts, rule: Rule, there: Environment, wind_kmh: float) -> Finding:
    return Finding(
        code=rule.code,
        severity="low",
        value=round(wind_kmh, 1),
        unit="km/h",
        threshold=rule.limit("wind"),
        comparator=">=",
        confidence=DEVICE_CONFIDENCE if there.device_only else 1.0,
        points=rule.points["low"],
        text="dry_windy-text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={"humidity_pct": round(there.humidity_pct), "wind_kmh": round(wind_kmh, 1), "label": "moderate"},
        condition_level=rule.lift("low") if facts.moving_s >= rule.limit("minutes") * 60 else None,
    )


RULE = Rule(
    code="dry_windy",
    version=1,
    summary="Dry air with wind, at 10 °C or more.",
    evidence_grade="D",
    article_refs=("A57",),
    thresholds={
        "humidity": Threshold(35, "%", "J", "chosen by us, because the article gives a word and no number"),
        "wind": Threshold(20, "km/h", "J", "chosen by us, because the article gives a word and no number"),
        "temperature": Threshold(10, "°C", "J", "chosen by us, because colder air is a subject of its own"),
        "minutes": Threshold(45, "min", "J", "chosen by us, because drying out takes time"),
    },
    points={"low": 3},
    texts={
        "dry_windy-title": "Dry and windy",
        "dry_windy-text": "{ NUMBER($humidity_pct) }% humidity with { WIND($wind_kmh) } of wind. Sweat dries unseen "
        "in such "
        "air, so drink to thirst beforehand and carry something on longer runs.",
        "dry_windy-headline": "Dry air and { WIND($wind_kmh) } of wind. Next: drink to thirst before you start.",
        "dry_windy-points": "Dry air and wind.",
    },
    check=check,
    order=50,
    reads=frozenset({"conditions"}),
    no_change="nobody chooses the weather",
    families=frozenset({"run", "walk"}),
    lifts={"low": ("moderate",)},
)
