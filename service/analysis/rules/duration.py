"""How long the run lasted, in minutes of moving time.

Cramps come late: in races, about half of them in the last quarter of the distance, and longer races see more of them.
So minutes on the move bring points of their own, and from an hour on they decide about fluid, sodium and carbohydrate.

The rule reads moving time only: pauses, standing at lights and the watch's auto-pause do not count.
"""

from __future__ import annotations

from service.analysis.facts import Facts
from service.analysis.finding import Clear, Finding, Found, Outcome
from service.analysis.measures import half_up
from service.analysis.rule import Rule, Threshold

BINS_MIN = (240, 180, 120, 90, 60, 45)


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found from an hour of moving time on; below, Clear with the points of the shorter bins."""
    minutes = facts.moving_s / 60
    points = next((rule.points[str(bin_min)] for bin_min in BINS_MIN if minutes >= bin_min), 0)
    severity = next((name for name in ("high", "moderate", "low") if minutes >= rule.limit(name)), None)
    if severity is None:
        return Clear(round(minutes, 1), "min", points=points)
    return Found(
        (
            Finding(
                code=rule.code,
                severity=severity,
                value=round(minutes, 1),
                unit="min",
                threshold=rule.limit(severity),
                comparator=">=",
                confidence=1.0,
                points=points,
                text="duration-text",
                start_s=0.0,
                end_s=facts.elapsed_s,
                start_m=0.0,
                end_m=facts.distance_m,
                params={"moving_s": round(facts.moving_s), "value": half_up(minutes)},
            ),
        )
    )


RULE = Rule(
    code="duration",
    version=1,
    summary="An hour or more of moving time.",
    evidence_grade="B",
    article_refs=("A04", "A16", "A66", "A72"),
    thresholds={
        "low": Threshold(60, "min", "S", "the article's hour, from which it asks for fluid and fuel"),
        "moderate": Threshold(90, "min", "J", "chosen by us, because stored carbohydrate runs low about then"),
        "high": Threshold(180, "min", "J", "chosen by us, because most marathons and all ultras lie above"),
    },
    points={"45": 4, "60": 8, "90": 14, "120": 20, "180": 26, "240": 30},
    texts={
        "duration-title": "A long run",
        "duration-text": "You were on the move for { DURATION($moving_s) }. In races about half of all cramps come in "
        "the last quarter, when muscles are tired, so fuel and drink matter from the first hour on.",
        "duration-headline": "{ DURATION($moving_s) } on the move. Next: plan fuel for the way, and drink to thirst.",
        "duration-points": "Time on the move: { NUMBER($value, maximumFractionDigits: 0) } minutes.",
    },
    check=check,
    order=90,
    no_change="how long a run lasts is what it is run for; it asks for fuel, not for less",
    families=frozenset({"run", "walk"}),
)
