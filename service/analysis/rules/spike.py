"""A single run much longer than anything in the month before.

Among 5,205 runners, a run more than 10 % longer than the longest of the last 30 days went with about two thirds more
injuries (hazard ratio 1.64), one more than 30 % longer with half as many again (1.52), and one more than twice as long
with more than twice as many (2.28). Growth from week to week, the article's ten per cent,
showed no such relation; it is a rule of its own, without points. Injuries are not cramps, hence grade C.

The longest of 42 days is told beside, where it was another, and decides nothing.

With fewer than four runs in the last 30 days there is not enough history, and the rule is not assessed.
"""

from __future__ import annotations

from service.analysis.counterfactual import FAR_SHARE, smallest, told_as_far
from service.analysis.facts import Facts
from service.analysis.finding import SEVERITIES, Clear, Counterfactual, Finding, Found, Outcome, Skipped
from service.analysis.load import longest_m, runs_before
from service.analysis.rule import Rule, Threshold

STEP_M = 100


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found where this run is more than 1.10 times the longest of the last 30 days; Clear with the ratio."""
    runs = runs_before(facts.history, facts.activity.started_at, days=rule.limit("days"))
    longest = longest_m(runs)
    if len(runs) < rule.limit("runs") or not longest:
        return Skipped("too_few_runs", missing="history")
    ratio = facts.distance_m / longest
    reached = [name for name in SEVERITIES if ratio > rule.limit(name)]
    if not reached:
        return Clear(round(ratio, 3), "ratio")
    trust = min(1.0, len(runs) / rule.limit("sure_runs"))
    return Found((_finding(facts, rule, reached[-1], longest, trust),))


def _finding(facts: Facts, rule: Rule, severity: str, longest: float, trust: float) -> Finding:
    ratio = facts.distance_m / longest
    season = longest_m(runs_before(facts.history, facts.activity.started_at, days=rule.limit("season"))) or longest
    return Finding(
        code=rule.code,
        severity=severity,
        value=round(ratio, 3),
        unit="ratio",
        threshold=rule.limit(severity),
        comparator=">",
        confidence=trust,
        points=rule.points[severity],
        text="spike-text" if season <= longest else "spike-season_text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={
            "ratio": round(ratio, 3),
            "more": round(ratio - 1, 3),
            "longest_m": round(longest),
            "ratio_42d": round(facts.distance_m / season, 3),
            "longest_42d_m": round(season),
        },
        counterfactual=_counterfactual(facts, rule, longest),
    )


def _counterfactual(facts: Facts, rule: Rule, longest: float) -> Counterfactual | None:
    """The run shorter."""
    change = smallest(
        lambda metres: (facts.distance_m - metres) / longest <= rule.limit("low"),
        most=int(facts.distance_m),
        step=STEP_M,
        unit="m",
        window=(0.0, facts.distance_m),
        text="spike-counterfactual",
    )
    return told_as_far(change, beyond=FAR_SHARE * facts.distance_m)


RULE = Rule(
    code="spike",
    version=3,
    summary="A run more than 10 % longer than the longest of the last 30 days.",
    evidence_grade="C",
    article_refs=("A38", "A39", "A40"),
    thresholds={
        "low": Threshold(1.10, "ratio", "S", "Frandsen 2025: hazard ratio 1.64 (1.31 to 2.05) for injuries"),
        "moderate": Threshold(1.30, "ratio", "S", "Frandsen 2025: hazard ratio 1.52 (1.16 to 2.00) for injuries"),
        "high": Threshold(2.00, "ratio", "S", "Frandsen 2025: hazard ratio 2.28 (1.50 to 3.48) for injuries"),
        "days": Threshold(30, "d", "S", "Frandsen 2025: the longest run of the last 30 days"),
        "season": Threshold(42, "d", "J", "chosen by us, because six weeks are shown beside, and decide nothing"),
        "runs": Threshold(4, "runs", "J", "chosen by us, because fewer are no month of running"),
        "sure_runs": Threshold(8, "runs", "J", "chosen by us: from here on the confidence is full"),
    },
    points={"low": 6, "moderate": 8, "high": 12},
    texts={
        "spike-title": "Much longer than usual",
        "spike-text": "This run was { PERCENT($more) } longer than the longest of your last 30 days "
        "({ DISTANCE($longest_m) }). Single long steps are better supported as a risk than a growing week.",
        "spike-season_title": "Much longer than usual",
        "spike-season_text": "This run was { PERCENT($more) } longer than the longest of your last 30 days "
        "({ DISTANCE($longest_m) }); in the last 42 days your longest was { DISTANCE($longest_42d_m) }. Single long "
        "steps are better supported as a risk than a growing week.",
        "spike-headline": "{ PERCENT($more) } longer than your longest run of 30 days. Next: let the longest run "
        "grow in "
        "small steps.",
        "spike-points": "{ PERCENT($more) } longer than the longest run of 30 days.",
        "spike-counterfactual": "{ DISTANCE($change) } less would have cleared it.",
        "spike-counterfactual_far": "No small change would have cleared it: it takes a run { DISTANCE($change) } "
        "shorter.",
    },
    check=check,
    order=35,
    reads=frozenset({"history"}),
    missing_points={"history": 6},
)
