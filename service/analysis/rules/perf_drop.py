"""Performance that falls in spite of training: a reason to look at fatigue and recovery, without points.

The rule compares the last three comparable runs, this one among them, with those of 28 to 90 days before: by efficiency
(grade-adjusted speed over heart rate), or without heart rate by the best effort carried over to 10 km. Comparable are
runs of half to twice the distance. Illness, heat and hills move these numbers as well; it is a question about rest,
no diagnosis.

With fewer than eight runs in the weeks before, or two in the last four, it is not assessed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from statistics import median

from service.analysis.athlete import PastRun
from service.analysis.facts import Facts
from service.analysis.finding import Clear, Finding, Found, Outcome, Skipped
from service.analysis.load import SHORTEST_EFFORT_M, riegel_s, runs_before
from service.analysis.rule import Rule, Threshold
from service.analysis.splits import best_efforts

REFERENCE_M = 10_000.0
Measure = Callable[[PastRun], float | None]


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found where the last three are 5 % or more under the weeks before; Clear with the drop."""
    drop = _drop(facts, rule, lambda run: run.efficiency, lambda: facts.heart.efficiency)
    if drop is None:
        drop = _drop(
            facts,
            rule,
            lambda run: _equivalent_mps(run.best_efforts),
            lambda: _equivalent_mps(best_efforts(facts.grid)),
        )
    if drop is None:
        return Skipped("too_few_runs")
    if drop < rule.limit("low"):
        return Clear(round(drop, 4), "ratio")
    return Found((_finding(facts, rule, drop),))


def _drop(facts: Facts, rule: Rule, measure: Measure, measure_now: Callable[[], float | None]) -> float | None:
    """How far the last three lie under the weeks before, as a share; None with too few runs.

    This run is measured last, and only where the history is long enough: best efforts are costly.
    """
    started_at = facts.activity.started_at
    border = started_at - timedelta(days=rule.limit("recent_days"))
    runs = [
        run
        for run in runs_before(facts.history, started_at, days=rule.limit("days"))
        if measure(run) is not None and 0.5 <= run.distance_m / facts.distance_m <= 2.0
    ]
    before = [value for run in runs if run.started_at < border and (value := measure(run)) is not None]
    recent = [value for run in runs if run.started_at >= border and (value := measure(run)) is not None]
    if len(before) < rule.limit("runs") or len(recent) < rule.limit("recent_runs") - 1:
        return None
    now = measure_now()
    if now is None:
        return None
    latest = [*recent[-int(rule.limit("recent_runs") - 1) :], now]
    return 1 - median(latest) / median(before)


def _equivalent_mps(efforts: tuple[tuple[float, float], ...]) -> float | None:
    """The best speed over 10 km that any of the efforts lets one expect; None without one of 3 km or more."""
    times = [riegel_s(metres, seconds, REFERENCE_M) for metres, seconds in efforts if metres >= SHORTEST_EFFORT_M]
    return REFERENCE_M / min(times) if times else None


def _finding(facts: Facts, rule: Rule, drop: float) -> Finding:
    return Finding(
        code=rule.code,
        severity="low",
        value=round(drop, 4),
        unit="ratio",
        threshold=rule.limit("low"),
        comparator=">=",
        confidence=0.6,
        points=0,
        text="perf_drop-text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={"drop": round(drop, 4)},
    )


RULE = Rule(
    code="perf_drop",
    version=1,
    summary="The last three comparable runs at least 5 % under those of the months before (advice, no points).",
    evidence_grade="C",
    article_refs=("A46", "A52"),
    thresholds={
        "low": Threshold(0.05, "ratio", "J", "chosen by us, because less is within the noise of days"),
        "days": Threshold(90, "d", "J", "chosen by us, because it is a season"),
        "recent_days": Threshold(28, "d", "J", "chosen by us, because four weeks are a training block"),
        "runs": Threshold(8, "runs", "J", "chosen by us, because fewer give no median to trust"),
        "recent_runs": Threshold(3, "runs", "J", "chosen by us, because one bad day is no trend"),
    },
    points={},
    texts={
        "perf_drop-title": "Performance below your usual",
        "perf_drop-text": "Your last three comparable runs were { PERCENT($drop) } less efficient than those of the "
        "months "
        "before. Fatigue, heat or an illness can do that; it is worth an easy week.",
        "perf_drop-headline": "Your last runs are { PERCENT($drop) } below your usual. Next: an easy week, and "
        "enough sleep.",
    },
    check=check,
    headlined=False,
    order=105,
    reads=frozenset({"history"}),
    no_change="it is the state of many runs, and no choice in this one",
)
