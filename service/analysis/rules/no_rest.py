"""Seven days of running in a row, or three days far above the usual: advice to rest, without points.

Muscle repairs on days without runs, and in one study runners who cramped had trained more in the three days before
the race (grade C). Days are those of the athlete's zone.

Without earlier runs there is nothing to count.
"""

from __future__ import annotations

from service.analysis.facts import Facts
from service.analysis.finding import Clear, Finding, Found, Outcome, Skipped
from service.analysis.load import last_three_days_min, running_days_in_a_row, usual_three_days_min, zone
from service.analysis.rule import Rule, Threshold


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found by days in a row, else by minutes of three days; Clear with the days in a row."""
    if not facts.history.runs:
        return Skipped("no_runs", missing="history")
    tz = zone(utc_offset_s=facts.activity.utc_offset_s, profile=facts.profile)
    started_at = facts.activity.started_at
    days = running_days_in_a_row(facts.history, started_at, tz=tz)
    if days >= rule.limit("days"):
        return Found((_finding(facts, rule, "days", float(days)),))
    usual = usual_three_days_min(facts.history, started_at, tz=tz)
    minutes = last_three_days_min(facts.history, started_at, moving_s=facts.moving_s, tz=tz)
    if usual and minutes / usual > rule.limit("minutes"):
        return Found((_finding(facts, rule, "minutes", minutes / usual),))
    return Clear(float(days), "d")


def _finding(facts: Facts, rule: Rule, by: str, value: float) -> Finding:
    return Finding(
        code=rule.code,
        severity="low",
        value=round(value, 3),
        unit=rule.thresholds[by].unit,
        threshold=rule.limit(by),
        comparator=">=" if by == "days" else ">",
        confidence=1.0,
        points=0,
        text="no_rest-text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={"by": by, "days": round(value), "more": round(value - 1, 3)},
    )


RULE = Rule(
    code="no_rest",
    version=1,
    summary="Seven days of running in a row, or three days far above the usual (advice, no points).",
    evidence_grade="C",
    article_refs=("A44", "A47", "A52"),
    thresholds={
        "days": Threshold(7, "d", "J", "chosen by us, because a week without a day off is what coaches warn of"),
        "minutes": Threshold(1.5, "ratio", "J", "chosen by us, after 1.2 against 0.6 hours in one study"),
    },
    points={},
    texts={
        "no_rest-title": "Little rest",
        "no_rest-text": "{ $by ->\n"
        "[days] You have run { NUMBER($days) } days in a row.\n"
        "*[minutes] Your last three days held { PERCENT($more) } more running than usual.\n"
        "} Muscle repairs on days without runs.",
        "no_rest-headline": "{ $by ->\n"
        "[days] { NUMBER($days) } running days in a row. Next: take a day off.\n"
        "*[minutes] { PERCENT($more) } more running than usual in three days. Next: take a day off.\n"
        "}",
    },
    check=check,
    order=100,
)
