"""A start faster than the athlete's best efforts let one expect over such a distance.

Best efforts of the last 90 days, from 3 km on, are carried over to the distance of this run by Riegel's formula. The
rule compares the mean grade-adjusted speed of the early part with the speed so expected, and needs no look at what
came later: it is a second, independent way to see a start that was too fast.

A best effort counts only where it was a tenth faster than the athlete's usual runs: the best of easy runs alone shows
no limit. Without one that reaches a quarter of the distance the rule is not assessed. It abstains where pace says
nothing: on treadmills, in structured sessions, in short runs, and where the start was badly recorded.
"""

from __future__ import annotations

import math

from service.analysis import windows
from service.analysis.counterfactual import SLOWEST_S_PER_KM, smallest
from service.analysis.facts import Facts
from service.analysis.finding import Clear, Counterfactual, Finding, Found, Outcome, Skipped
from service.analysis.load import runs_before, sustainable_speed_mps
from service.analysis.pacing import (
    Sums,
    Window,
    after_what,
    early_window,
    effort,
    is_ultra,
    pace_confidence,
    sums,
    why_not,
)
from service.analysis.rule import Rule, Threshold


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found from 5 % above the expected speed on; Clear with the ratio less one."""
    because = why_not(facts, least_m=rule.limit("distance"), least_s=rule.limit("moving") * 60)
    if because is not None:
        return Skipped(because)
    early = early_window(effort(facts), least_m=rule.limit("window_least"), most_m=rule.limit("window_most"))
    if windows.bad_share(facts, early.start_m, early.end_m) > rule.limit("bad_share"):
        return Skipped("recording_gap")
    best_mps = sustainable_speed_mps(
        facts.history,
        facts.activity.started_at,
        facts.distance_m,
        clearly_faster=rule.limit("effort_faster"),
    )
    if best_mps is None:
        return Skipped("no_best_effort", missing="best_efforts")
    run = sums(facts, early)
    above = _above(run, best_mps)
    if not math.isfinite(above) or above < rule.limit("low"):
        return Clear(round(above, 4), "ratio") if math.isfinite(above) else Skipped("recording_gap")
    return Found((_finding(facts, rule, early, above, best_mps),))


def _above(run: Sums, best_mps: float) -> float:
    return min(run.minetti_mps, run.heart_mps) / best_mps - 1


def _finding(facts: Facts, rule: Rule, early: Window, above: float, best_mps: float) -> Finding:
    trust = min(1.0, len(runs_before(facts.history, facts.activity.started_at)) / rule.limit("sure_runs"))
    return Finding(
        code=rule.code,
        severity="low",
        value=round(above, 4),
        unit="ratio",
        threshold=rule.limit("low"),
        comparator=">=",
        confidence=pace_confidence(facts, early) * trust,
        points=0 if is_ultra(facts) else rule.points["low"],
        text="start_above_fitness-text",
        start_s=windows.elapsed_at(facts, early.start_m),
        end_s=windows.elapsed_at(facts, early.end_m),
        start_m=early.start_m,
        end_m=early.end_m,
        params={
            "above": round(above, 4),
            "best_s_per_km": round(1000 / best_mps, 1),
            "length_m": round(early.end_m - effort(facts).start_m),
            "after": after_what(facts),
        },
        counterfactual=_counterfactual(rule, sums(facts, early), best_mps, early),
    )


def _counterfactual(rule: Rule, run: Sums, best_mps: float, early: Window) -> Counterfactual | None:
    """The early part run slower."""
    return smallest(
        lambda s_per_km: _above(run.slowed(s_per_km), best_mps) < rule.limit("low"),
        most=SLOWEST_S_PER_KM,
        unit="s/km",
        window=(early.start_m, early.end_m),
        text="start_above_fitness-counterfactual",
    )


RULE = Rule(
    code="start_above_fitness",
    version=1,
    summary="A start at least 5 % faster than the best efforts of 90 days let one expect over the distance.",
    evidence_grade="C",
    article_refs=("A05",),
    thresholds={
        "low": Threshold(0.05, "ratio", "J", "chosen by us, because Riegel's formula is off by a few per cent"),
        "effort_faster": Threshold(1.10, "ratio", "J", "chosen by us, as for a hard effort by pace"),
        "distance": Threshold(3000, "m", "J", "chosen by us, as for a fast start"),
        "moving": Threshold(15, "min", "J", "chosen by us, as for a fast start"),
        "window_least": Threshold(1000, "m", "J", "chosen by us, as for a fast start"),
        "window_most": Threshold(5000, "m", "J", "chosen by us, as for a fast start"),
        "bad_share": Threshold(0.10, "share", "J", "chosen by us, because more would be a guess"),
        "sure_runs": Threshold(8, "runs", "J", "chosen by us: from here on the confidence is full"),
    },
    points={"low": 6},
    texts={
        "start_above_fitness-title": "Start above your present fitness",
        "start_above_fitness-text": "{ $after ->\n"
        "[warm_up] You ran the first { DISTANCE($length_m) } after your warm-up { PERCENT($above) } faster\n"
        "*[start] You ran the first { DISTANCE($length_m) } { PERCENT($above) } faster\n"
        "} than the best that your efforts of the last 90 days let one expect over this distance, "
        "{ PACE($best_s_per_km) } grade-adjusted.",
        "start_above_fitness-headline": "You started { PERCENT($above) } above your present fitness. "
        "Next: begin no faster than { PACE($best_s_per_km) }.",
        "start_above_fitness-counterfactual": "{ SLOWER($change) } slower over this stretch would have cleared it.",
        "start_above_fitness-points": "The start was { PERCENT($above) } above what your efforts let one expect.",
    },
    check=check,
    order=14,
    reads=frozenset({"history"}),
    cap_group="pacing",
)
