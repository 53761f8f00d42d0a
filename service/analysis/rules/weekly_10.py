"""A week that grew by more than a tenth against the three weeks before: the article's advice, without points.

Many runners know the rule of ten per cent. Studies found no relation between the growth of weeks and injuries, so
that it is told as advice (grade D) and adds nothing to the score; the single long run has a rule of its own. Weeks
are ISO weeks in the athlete's zone, the present one up to this run.

With fewer than two weeks with runs among the last three, or under 10 km a week, there is nothing to compare with.
"""

from __future__ import annotations

from service.analysis.counterfactual import FAR_SHARE, smallest, told_as_far
from service.analysis.facts import Facts
from service.analysis.finding import Clear, Counterfactual, Finding, Found, Outcome, Skipped
from service.analysis.load import mean_week_m, week_of, weeks_before, zone
from service.analysis.rule import Rule, Threshold

STEP_M = 100


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found where the week grew by more than a tenth; Clear with the growth."""
    started_at = facts.activity.started_at
    tz = zone(utc_offset_s=facts.activity.utc_offset_s, profile=facts.profile)
    weeks = weeks_before(facts.history, started_at, count=int(rule.limit("weeks")), tz=tz)
    usual_m = mean_week_m(weeks)
    if sum(week.runs > 0 for week in weeks) < rule.limit("weeks_with_runs") or usual_m is None:
        return Skipped("too_few_weeks")
    if usual_m < rule.limit("usual"):
        return Skipped("little_running")
    this = week_of(facts.history, started_at, distance_m=facts.distance_m, tz=tz)
    growth = this.distance_m / usual_m - 1
    if not _grown(this.distance_m, usual_m, rule):
        return Clear(round(growth, 3), "ratio")
    return Found((_finding(facts, rule, growth, this.distance_m, usual_m),))


def _grown(week_m: float, usual_m: float, rule: Rule) -> bool:
    return week_m > (1 + rule.limit("low")) * usual_m


def _finding(facts: Facts, rule: Rule, growth: float, week_m: float, usual_m: float) -> Finding:
    return Finding(
        code=rule.code,
        severity="low",
        value=round(growth, 3),
        unit="ratio",
        threshold=rule.limit("low"),
        comparator=">",
        confidence=1.0,
        points=0,
        text="weekly_10-text",
        start_s=0.0,
        end_s=facts.elapsed_s,
        start_m=0.0,
        end_m=facts.distance_m,
        params={"growth": round(growth, 3), "week_m": round(week_m), "usual_m": round(usual_m)},
        counterfactual=_counterfactual(facts, rule, week_m, usual_m),
    )


def _counterfactual(facts: Facts, rule: Rule, week_m: float, usual_m: float) -> Counterfactual | None:
    """This run made shorter; None where the week was over before it began."""
    change = smallest(
        lambda metres: not _grown(week_m - metres, usual_m, rule),
        most=int(facts.distance_m) - 1,
        step=STEP_M,
        unit="m",
        window=(0.0, facts.distance_m),
        text="weekly_10-counterfactual",
    )
    return told_as_far(change, beyond=FAR_SHARE * facts.distance_m)


RULE = Rule(
    code="weekly_10",
    version=2,
    summary="A week more than 10 % longer than the mean of the three weeks before (advice, no points).",
    evidence_grade="D",
    article_refs=("A41", "A63"),
    thresholds={
        "low": Threshold(0.10, "ratio", "S", "the article's rule of ten per cent; studies find no relation"),
        "weeks": Threshold(3, "weeks", "J", "chosen by us, because one week is no habit"),
        "weeks_with_runs": Threshold(2, "weeks", "J", "chosen by us, because one week is no habit"),
        "usual": Threshold(10_000, "m", "J", "chosen by us, because a tenth of little is nothing"),
    },
    points={},
    texts={
        "weekly_10-title": "A bigger week",
        "weekly_10-text": "{ DISTANCE($week_m) } this week so far, { PERCENT($growth) } above your last three weeks "
        "({ DISTANCE($usual_m) } on average). The rule of ten per cent is a habit of coaches; studies do not "
        "support it.",
        "weekly_10-counterfactual": "{ DISTANCE($change) } less would have cleared it.",
        "weekly_10-counterfactual_far": "No small change would have cleared it: it takes a run { DISTANCE($change) } "
        "shorter.",
        "weekly_10-headline": "Your week is { PERCENT($growth) } above the last three. Next: keep the coming days "
        "easy.",
    },
    check=check,
    headlined=False,
    order=110,
    reads=frozenset({"history", "profile"}),
)
