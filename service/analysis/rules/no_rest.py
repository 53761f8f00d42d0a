"""Seven days of running in a row, or three days far above the usual: advice to rest, without points.

Muscle repairs on days without runs, and in one study runners who cramped had trained more in the three days before
the race (grade C). Days are those of the athlete's zone.

Without earlier runs there is nothing to count.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from service.analysis.athlete import History
from service.analysis.counterfactual import FAR_SHARE, smallest, told_as_far
from service.analysis.facts import Facts
from service.analysis.finding import Clear, Counterfactual, Finding, Found, Outcome, Skipped
from service.analysis.load import last_three_days_min, running_days_in_a_row, usual_three_days_min, zone
from service.analysis.rule import Rule, Threshold

MUCH = 1.995
"""From twice on, as it is printed, people say how many times as much it is, not how many per cent more."""
DAYS_OFF = 3
"""More days off are another plan, not a change of this one; chosen by us."""


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found by days in a row, else by minutes of three days; Clear with the days in a row."""
    if not facts.history.runs:
        return Skipped("no_runs", missing="history")
    by, value = _load(facts, rule)
    if by is None:
        return Clear(value, "d")
    return Found((_finding(facts, rule, by, value),))


def _load(facts: Facts, rule: Rule) -> tuple[str | None, float]:
    """The threshold that was passed, `days` before `minutes`, with its number; None with the days in a row."""
    tz = zone(utc_offset_s=facts.activity.utc_offset_s, profile=facts.profile)
    started_at = facts.activity.started_at
    days = running_days_in_a_row(facts.history, started_at, tz=tz)
    if days >= rule.limit("days"):
        return "days", float(days)
    usual = usual_three_days_min(facts.history, started_at, tz=tz)
    minutes = last_three_days_min(facts.history, started_at, moving_s=facts.moving_s, tz=tz)
    if usual and minutes / usual > rule.limit("minutes"):
        return "minutes", minutes / usual
    return None, float(days)


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
        params={
            "by": by,
            "days": round(value),
            "more": round(value - 1, 3),
            "times": round(value, 1),
            "much": "yes" if value >= MUCH else "no",
        },
        counterfactual=_counterfactual(facts, rule, by),
    )


def _counterfactual(facts: Facts, rule: Rule, by: str) -> Counterfactual | None:
    """Days off before this run, or this run shorter: whichever the finding stands on; None where that is not enough."""
    days_off = by == "days"
    change = smallest(
        lambda less: _load(_rested(facts, days=less) if days_off else _shorter(facts, minutes=less), rule)[0] is None,
        most=DAYS_OFF if days_off else int(facts.moving_s / 60),
        unit="d" if days_off else "min",
        window=(0.0, facts.distance_m),
        text="no_rest-counterfactual",
    )
    return change if days_off else told_as_far(change, beyond=FAR_SHARE * facts.moving_s / 60)


def _rested(facts: Facts, *, days: int) -> Facts:
    """The same without the runs of so many days before."""
    since = facts.activity.started_at - timedelta(days=days)
    return replace(facts, history=History(tuple(run for run in facts.history.runs if run.started_at < since)))


def _shorter(facts: Facts, *, minutes: int) -> Facts:
    return replace(facts, moving_s=facts.moving_s - 60.0 * minutes)


RULE = Rule(
    code="no_rest",
    version=2,
    summary="Seven days of running in a row, or three days far above the usual (advice, no points).",
    evidence_grade="C",
    article_refs=("A44", "A47", "A52"),
    thresholds={
        "days": Threshold(7, "d", "J", "chosen by us, because a week without a day off is what coaches warn of"),
        "minutes": Threshold(1.5, "ratio", "J", "chosen by us, after 1.2 against 0.6 hours in one study"),
    },
    points={},
    texts={
        "no_rest-title": "{ $by ->\n[minutes] Much running in three days\n*[days] Little rest\n}",
        "no_rest-text": "{ $by ->\n"
        "[days] You have run { NUMBER($days) } days in a row.\n"
        "*[minutes] { $much ->\n"
        "    [yes] { $times ->\n"
        "        [2] Your last three days held twice your usual running.\n"
        "       *[other] Your last three days held { NUMBER($times) } times your usual running.\n"
        "    }\n"
        "   *[no] Your last three days held { PERCENT($more) } more running than usual.\n"
        "}\n"
        "} Muscle repairs on days without runs.",
        "no_rest-counterfactual_far": "No small change would have cleared it: it takes { NUMBER($change) } minutes "
        "less.",
        "no_rest-counterfactual": "{ $by ->\n"
        "[days] Rest on { NUMBER($change) } of the days before would have cleared it.\n"
        "*[minutes] { $change ->\n"
        "    [one] { NUMBER($change) } minute less would have cleared it.\n"
        "   *[other] { NUMBER($change) } minutes less would have cleared it.\n"
        "}\n"
        "}",
        "no_rest-headline": "{ $by ->\n"
        "[days] { NUMBER($days) } running days in a row. Next: take a day off.\n"
        "*[minutes] { $much ->\n"
        "    [yes] { NUMBER($times) } times your usual running in three days. Next: take a day off.\n"
        "   *[no] { PERCENT($more) } more running than usual in three days. Next: take a day off.\n"
        "}\n"
        "}",
    },
    check=check,
    headlined=False,
    order=100,
    reads=frozenset({"history", "profile"}),
)
