"""Two weeks of runs that are all alike: advice to mix, without points.

Five or more runs in 14 days, all at nearly one pace and without hills, train one thing only. The article asks for
easy runs mixed with tempo or hills (grade C).

With fewer than five runs in two weeks the rule does not apply.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.analysis.counterfactual import SLOWEST_S_PER_KM, smallest
from service.analysis.facts import Facts
from service.analysis.finding import Clear, Counterfactual, Finding, Found, Outcome, Skipped
from service.analysis.load import runs_before
from service.analysis.pacing import Sums, Window, sums
from service.analysis.rule import Rule, Threshold


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found where all the runs of two weeks are alike; Clear with the spread of their paces."""
    runs = runs_before(facts.history, facts.activity.started_at, days=rule.limit("days"))
    if len(runs) + 1 < rule.limit("runs"):
        return Skipped("too_few_runs")
    speeds = [run.gap_speed_mps for run in runs if run.gap_speed_mps]
    climbs = [run.ascent_m / run.distance_m for run in runs if run.ascent_m is not None and run.distance_m]
    if len(speeds) < len(runs):
        return Skipped("too_few_runs")
    this = sums(facts, Window(0.0, facts.distance_m))
    if facts.altitude is not None:
        climbs.append(facts.altitude.ascent_m / facts.distance_m)
    spread = _spread([*speeds, this.heart_mps])
    hilly = any(climb * 1000 >= rule.limit("ascent") for climb in climbs)
    if facts.structured.found or hilly or spread > rule.limit("spread"):
        return Clear(round(spread, 4), "ratio")
    return Found((_finding(facts, rule, speeds, this),))


def _spread(speeds: Sequence[float]) -> float:
    """How far the fastest and the slowest lie from the middle between them, as a share."""
    return max(speeds) / ((max(speeds) + min(speeds)) / 2) - 1


def _finding(facts: Facts, rule: Rule, speeds: Sequence[float], this: Sums) -> Finding:
    spread = _spread([*speeds, this.heart_mps])
    return Finding(
        code=rule.code,
        severity="low",
        value=round(spread, 4),
        unit="ratio",
        threshold=rule.limit("spread"),
        comparator="<=",
        confidence=0.8,
        points=0,
        text="monotony-text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={"runs": len(speeds) + 1, "spread": round(spread, 4)},
        counterfactual=_counterfactual(facts, rule, speeds, this),
    )


def _counterfactual(facts: Facts, rule: Rule, speeds: Sequence[float], this: Sums) -> Counterfactual | None:
    """This run slower than the others: never faster."""
    return smallest(
        lambda s_per_km: _spread([*speeds, this.slowed(s_per_km).heart_mps]) > rule.limit("spread"),
        most=SLOWEST_S_PER_KM,
        unit="s/km",
        window=(0.0, facts.distance_m),
        text="monotony-counterfactual",
    )


RULE = Rule(
    code="monotony",
    version=1,
    summary="Five or more runs in two weeks, all at one pace and without hills (advice, no points).",
    evidence_grade="C",
    article_refs=("A43",),
    thresholds={
        "runs": Threshold(5, "runs", "J", "chosen by us, because fewer runs cannot be monotonous"),
        "days": Threshold(14, "d", "J", "chosen by us, because a plan shows within two weeks"),
        "spread": Threshold(0.05, "ratio", "J", "chosen by us, because it is the noise of easy running"),
        "ascent": Threshold(10, "m/km", "J", "chosen by us: the low threshold of the hilly rule"),
    },
    points={},
    texts={
        "monotony-title": "Runs all alike",
        "monotony-text": "Your { NUMBER($runs) } runs of the last two weeks were all at nearly one pace and without "
        "hills. "
        "Mixing in some tempo or some hills trains more of the muscle.",
        "monotony-counterfactual": "This run { SLOWER($change) } slower, as an easy one, would have cleared it.",
        "monotony-headline": "{ NUMBER($runs) } runs at one pace in two weeks. Next: mix in some tempo or some hills.",
    },
    check=check,
    headlined=False,
    order=120,
    reads=frozenset({"history"}),
)
