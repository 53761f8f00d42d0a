"""A hard run: many minutes at high heart rate, or a pace close to the best the athlete can hold.

Racing and running faster than usual are among the best supported circumstances of cramps. The rule counts the minutes
at 80 % of the heart rate reserve or more. Beside that it compares the mean grade-adjusted speed with what the best
efforts of the last 90 days let one expect over the distance; either sign is enough, so that a missing heart rate
never makes a run look harder than the same run with it.

A best effort counts only where it was clearly faster than the athlete's usual runs, by a tenth: among easy runs alone
the fastest is an easy run too, and the next one like it is no race. So an athlete's first runs are never called hard
by their pace.

It needs a usable heart rate with resting and maximal rate, or such efforts in the history; with neither it is not
assessed. A pace below the best clears only half of the question: hills and heat make an easy pace hard, so what the
heart rate could have added stays in the upper end of the score.
"""

from __future__ import annotations

import numpy as np

from service.analysis import windows
from service.analysis.counterfactual import LOWEST_BPM, SLOWEST_S_PER_KM, smallest, told_as_far
from service.analysis.facts import Facts
from service.analysis.finding import Clear, Counterfactual, Finding, Found, Outcome, Skipped
from service.analysis.heart import HIGH_SHARE, reserve, reserve_unknown
from service.analysis.load import sustainable_speed_mps
from service.analysis.measures import half_up
from service.analysis.pacing import Window, pace_confidence, sums
from service.analysis.rule import Rule, Threshold

FAR_BPM = 10
"""A lower heart rate than that throughout is another run; chosen by us."""


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found by heart rate or by pace, the severer of both; Clear with the minutes at high heart rate."""
    minutes = facts.heart.minutes_above_80 if facts.heart.usable else None
    share = None if minutes is not None and minutes >= rule.limit("moderate") else _share_of_best(facts, rule)
    if share is not None and share >= rule.limit("pace"):
        return Found((_by_pace(facts, rule, share),))
    if minutes is None:
        blind = _without_heart_rate(facts)
        return blind if share is None else Clear(round(share, 3), "ratio", without=blind)
    severity = next((name for name in ("moderate", "low") if minutes >= rule.limit(name)), None)
    if severity is None:
        return Clear(round(minutes, 1), "min")
    return Found((_by_heart(facts, rule, severity, minutes),))


def _without_heart_rate(facts: Facts) -> Skipped:
    """Skipped for want of a usable heart rate, or of the resting and maximal rates that give it a meaning."""
    if not facts.heart.usable:
        return Skipped(facts.heart.why or "missing", missing="heart_rate")
    unknown = reserve_unknown(facts.activity, facts.profile, facts.history)
    return Skipped(unknown or "reserve_unknown", missing="heart_rate_reserve")


def _share_of_best(facts: Facts, rule: Rule) -> float | None:
    """Mean grade-adjusted speed over the best that is to be expected; None on a treadmill or without best efforts."""
    best_mps = sustainable_speed_mps(
        facts.history,
        facts.activity.started_at,
        facts.distance_m,
        clearly_faster=rule.limit("effort_faster"),
    )
    if best_mps is None or facts.treadmill or facts.structured.found:
        return None
    return windows.mean_gap(facts, 0.0, facts.distance_m).heart / best_mps


def _by_heart(facts: Facts, rule: Rule, severity: str, minutes: float) -> Finding:
    return Finding(
        code=rule.code,
        severity=severity,
        value=round(minutes, 1),
        unit="min",
        threshold=rule.limit(severity),
        comparator=">=",
        confidence=0.9 if facts.heart.max_reference_by == "profile" else 0.7,
        points=rule.points[severity],
        text="intensity-text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={"minutes": half_up(minutes), "by": "heart", "share": 0.0},
        counterfactual=_fewer_beats(facts, rule, minutes),
    )


def _by_pace(facts: Facts, rule: Rule, share: float) -> Finding:
    return Finding(
        code=rule.code,
        severity="moderate",
        value=round(share, 4),
        unit="ratio",
        threshold=rule.limit("pace"),
        comparator=">=",
        confidence=pace_confidence(facts, Window(0.0, facts.distance_m)),
        points=rule.points["moderate"],
        text="intensity-text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={"minutes": 0, "by": "pace", "share": round(share, 3)},
        counterfactual=_slower(facts, rule, share),
    )


def _fewer_beats(facts: Facts, rule: Rule, minutes: float) -> Counterfactual | None:
    """The whole run at a lower heart rate; None where its pace alone would be enough for a warning."""
    span = reserve(facts.activity, facts.profile, facts.history)
    column = facts.grid.heart_rate_bpm
    share = _share_of_best(facts, rule)
    if span is None or column is None or (share is not None and share >= rule.limit("pace")):
        return None
    high_bpm = span.at(HIGH_SHARE)
    rows = int(np.count_nonzero(column >= high_bpm)) or 1
    change = smallest(
        lambda bpm: minutes * int(np.count_nonzero(column - bpm >= high_bpm)) / rows < rule.limit("low"),
        most=LOWEST_BPM,
        unit="bpm",
        window=(0.0, facts.distance_m),
        text="intensity-counterfactual",
    )
    return told_as_far(change, beyond=FAR_BPM)


def _slower(facts: Facts, rule: Rule, share: float) -> Counterfactual | None:
    """The whole run slower; None where its heart rate alone would be enough for a warning."""
    minutes = facts.heart.minutes_above_80 if facts.heart.usable else None
    if minutes is not None and minutes >= rule.limit("low"):
        return None
    run = sums(facts, Window(0.0, facts.distance_m))
    return smallest(
        lambda s_per_km: share * run.seconds / run.slowed(s_per_km).seconds < rule.limit("pace"),
        most=SLOWEST_S_PER_KM,
        unit="s/km",
        window=(0.0, facts.distance_m),
        text="intensity-counterfactual",
    )


RULE = Rule(
    code="intensity",
    version=2,
    summary="Fifteen minutes or more at 80 % of the heart rate reserve, or a pace close to the athlete's best.",
    evidence_grade="B",
    article_refs=("A04", "A40"),
    thresholds={
        "low": Threshold(15, "min", "J", "chosen by us, because it is an ordinary hard session"),
        "moderate": Threshold(30, "min", "J", "chosen by us, because it is a race or close to one"),
        "pace": Threshold(0.97, "ratio", "J", "chosen by us, because Riegel's formula is off by a few per cent"),
        "effort_faster": Threshold(
            1.10,
            "ratio",
            "J",
            "chosen by us, because easy runs scatter by a few per cent, and races lie far above them",
        ),
    },
    points={"low": 5, "moderate": 10},
    texts={
        "intensity-title": "Hard effort",
        "intensity-text": "{ $by ->\n"
        "[pace] Your pace was { PERCENT($share) } of the best your last efforts let one expect over this distance.\n"
        "*[heart] You spent { NUMBER($minutes) } minutes at or above 80% of your heart rate reserve.\n"
        "} Racing and faster running than usual are among the best supported circumstances of cramps.",
        "intensity-counterfactual": "{ $by ->\n"
        "[pace] { SLOWER($change) } slower throughout would have cleared it.\n"
        "*[heart] { $change ->\n"
        "    [one] A heart rate { NUMBER($change) } beat lower throughout would have cleared it.\n"
        "   *[other] A heart rate { NUMBER($change) } beats lower throughout would have cleared it.\n"
        "}\n"
        "}",
        "intensity-counterfactual_far": "No small change would have cleared it: it takes a heart rate "
        "{ NUMBER($change) } bpm lower throughout.",
        "intensity-headline": "{ $by ->\n"
        "[pace] A race-like pace, { PERCENT($share) } of your expected best. Next: an easy day or a day off.\n"
        "*[heart] { NUMBER($minutes) } minutes at high heart rate. Next: an easy day or a day off.\n"
        "}",
        "intensity-points": "Hard effort.",
    },
    check=check,
    order=30,
    reads=frozenset({"history", "profile"}),
    missing_points={"heart_rate": 10, "heart_rate_reserve": 10},
)
