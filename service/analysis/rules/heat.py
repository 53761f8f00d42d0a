"""Heat stress, as a wet-bulb globe temperature (WBGT) estimated from temperature, humidity and sun.

Heat makes you sweat more and run slower. In two Boston marathons 31 and 34 % of the finishers slowed down badly late
in the race, in two others 14 and 25 %, so up to about twice as many; that the former were the warm ones is unverified.
The evidence for cramps themselves is thin, so the points are moderate; the table of conditions nevertheless
lifts the level of a run in hot and humid weather, and the assessment says that it was the table.

The bands are the flags of the American College of Sports Medicine for road races. The estimate lies between a value for
shade and one for sun; unknown sun is taken half way, unknown humidity as 50 %. Where only the watch tells a
temperature it is biased by body heat: the finding is then never above the lowest band and its confidence is low.
Weather does not apply to a treadmill, and without any temperature the rule is not assessed.
"""

from __future__ import annotations

from service.analysis.environment import DEVICE_CONFIDENCE
from service.analysis.facts import Environment, Facts
from service.analysis.finding import SEVERITIES, Clear, Finding, Found, Outcome, Skipped
from service.analysis.rule import Rule, Threshold

ASSUMED_HUMIDITY_CONFIDENCE = 0.7


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found from the yellow flag on; Clear with the estimate."""
    there = facts.environment
    if facts.treadmill:
        return Skipped("treadmill")
    if there is None:
        return Skipped(facts.environment_why_not or "missing", missing="weather")
    reached = [name for name in SEVERITIES if there.wbgt_c >= rule.limit(name)]
    if not reached:
        return Clear(round(there.wbgt_c, 1), "°C")
    severity = "low" if there.device_only else reached[-1]
    return Found((_finding(facts, rule, there, severity),))


def _finding(facts: Facts, rule: Rule, there: Environment, severity: str) -> Finding:
    return Finding(
        code=rule.code,
        severity=severity,
        value=round(there.wbgt_c, 1),
        unit="°C",
        threshold=rule.limit(severity),
        comparator=">=",
        confidence=confidence(there),
        points=rule.points[severity],
        text="heat-text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={
            "temperature_c": round(there.temperature_c, 1),
            "humidity_pct": round(there.humidity_pct),
            "humidity": "assumed" if there.humidity_assumed else "told",
            "wbgt_c": round(there.wbgt_c, 1),
            "source": "watch" if there.device_only else "weather",
            "severity": severity,
            "label": "moderate" if severity == "low" else "very_high",
        },
        quality=("device_temperature",) if there.device_only else (),
        condition_level=rule.lift(severity, most=_humid(facts, rule, there)),
    )


def confidence(there: Environment) -> float:
    """How far the weather can be trusted: chosen by us, low for a watch, medium with an assumed humidity."""
    if there.device_only:
        return DEVICE_CONFIDENCE
    return ASSUMED_HUMIDITY_CONFIDENCE if there.humidity_assumed else 1.0


def _humid(facts: Facts, rule: Rule, there: Environment) -> bool:
    return there.humidity_pct >= rule.limit("humid") and facts.moving_s >= rule.limit("humid_minutes") * 60


RULE = Rule(
    code="heat",
    version=2,
    summary="A heat stress (wet-bulb globe temperature, WBGT) of 18 °C or more.",
    evidence_grade="C",
    article_refs=("A03", "A09", "A17", "A54", "A55", "A56", "A60", "A67"),
    thresholds={
        "low": Threshold(18, "°C", "S", "yellow flag of the ACSM for road races"),
        "moderate": Threshold(23, "°C", "S", "red flag of the ACSM for road races"),
        "high": Threshold(28, "°C", "S", "black flag of the ACSM for road races"),
        "humid": Threshold(60, "%", "J", "chosen by us, because the article's very high means hot and humid"),
        "humid_minutes": Threshold(60, "min", "J", "chosen by us, because humidity needs time to tell"),
    },
    points={"low": 4, "moderate": 8, "high": 12},
    texts={
        "heat-title": "{ $severity ->\n[low] Warm conditions\n[moderate] Hot conditions\n*[high] Very hot "
        "conditions\n}",
        "heat-text": "{ $humidity ->\n"
        "[assumed] { TEMPERATURE($temperature_c) }, humidity unknown, { NUMBER($humidity_pct) }% assumed: an estimated "
        "heat stress of { TEMPERATURE($wbgt_c) }.\n"
        "*[told] { TEMPERATURE($temperature_c) } at { NUMBER($humidity_pct) }% humidity: an estimated heat stress of "
        "{ TEMPERATURE($wbgt_c) }.\n"
        "} That is the wet-bulb globe temperature (WBGT), which counts humidity and sun and mostly reads lower "
        "than a thermometer. { $source ->\n"
        "[watch] Only the watch told the temperature, and body heat biases it.\n"
        "*[weather] Heat raises sweat and slows runners; for cramps themselves the evidence is thin.\n"
        "}",
        "heat-headline": "{ $severity ->\n"
        "[low] Warm: { TEMPERATURE($temperature_c) }, an estimated heat stress of { TEMPERATURE($wbgt_c) }. Next: "
        "start a little slower on such days.\n"
        "[moderate] Hot: { TEMPERATURE($temperature_c) }, an estimated heat stress of { TEMPERATURE($wbgt_c) }. Next: "
        "run slower and shorter on such days.\n"
        "*[high] Very hot: { TEMPERATURE($temperature_c) }, an estimated heat stress of { TEMPERATURE($wbgt_c) }. "
        "Next: postpone, shorten or go indoors.\n"
        "}",
        "heat-points": "Heat: an estimated heat stress (WBGT) of { TEMPERATURE($wbgt_c) }.",
    },
    check=check,
    order=20,
    reads=frozenset({"conditions"}),
    no_change="nobody chooses the weather",
    families=frozenset({"run", "walk"}),
    missing_points={"weather": 8},
    lifts={"moderate": ("high", "very_high"), "high": ("very_high",)},
)
