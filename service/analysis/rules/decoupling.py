"""Heart rate drifting away from pace: the second half cost more beats for the same speed than the first.

Efficiency is grade-adjusted speed over heart rate; the drift is how much it fell from the first half to the second,
the first ten minutes left out. It shows fatigue, heat, caffeine or a loose sensor as well as lost fluid, so it is a
sign and no diagnosis.

The rule abstains on structured and uneven runs, under 40 minutes, and where the heart rate cannot be used.
"""

from __future__ import annotations

from service.analysis.facts import Facts
from service.analysis.finding import Clear, Finding, Found, Outcome, Skipped
from service.analysis.heart import WARM_UP_S
from service.analysis.rule import Rule, Threshold


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found from 5 % of drift on; Clear with the drift."""
    heart = facts.heart
    if not heart.usable:
        return Skipped(heart.why or "missing", missing="heart_rate")
    if heart.decoupling is None:
        return Skipped(heart.decoupling_why_not or "too_short")
    severity = next((name for name in ("moderate", "low") if heart.decoupling >= rule.limit(name)), None)
    if severity is None:
        return Clear(round(heart.decoupling, 4), "ratio")
    return Found((_finding(facts, rule, severity, heart.decoupling),))


def _finding(facts: Facts, rule: Rule, severity: str, drift: float) -> Finding:
    grid = facts.grid  # its rows are seconds without the pauses, as the first ten minutes are
    return Finding(
        code=rule.code,
        severity=severity,
        value=round(drift, 4),
        unit="ratio",
        threshold=rule.limit(severity),
        comparator=">=",
        confidence=min(1.0, facts.heart.coverage) * (1.0 if facts.altitude is None else facts.altitude.trust),
        points=rule.points[severity],
        text="decoupling-text",
        start_s=float(grid.clock_s[WARM_UP_S]),
        end_s=facts.elapsed_s,
        start_m=float(grid.distance_m[WARM_UP_S]),
        end_m=facts.distance_m,
        params={"drift": round(drift, 4)},
    )


RULE = Rule(
    code="decoupling",
    version=1,
    summary="Heart rate drifting 5 % or more away from pace.",
    evidence_grade="C",
    article_refs=("A46",),
    thresholds={
        "low": Threshold(0.05, "ratio", "S", "convention of Friel; Runalyze calls 0 to 10 % typical"),
        "moderate": Threshold(0.10, "ratio", "J", "chosen by us, because it is the end of the typical range"),
    },
    points={"low": 4, "moderate": 8},
    texts={
        "decoupling-title": "Heart rate drift",
        "decoupling-text": "In the second half each heartbeat carried you { PERCENT($drift) } less far than in the "
        "first, hills taken into account. Fatigue, heat or caffeine can do that; it is a sign, not a diagnosis.",
        "decoupling-headline": "Your heart rate drifted { PERCENT($drift) } away from your pace. "
        "Next: start easier on long runs.",
        "decoupling-points": "Heart rate drift of { PERCENT($drift) }.",
    },
    check=check,
    order=70,
    no_change="nobody can say from one run at which pace the heart rate would have stayed steady",
    missing_points={"heart_rate": 4},
)
