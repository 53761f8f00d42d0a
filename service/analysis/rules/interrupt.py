"""A late stop or walk after which the pace did not come back: a question to the runner, never a statement.

A watch cannot see a cramp. What it can see is a minute or more at walking pace, after 60 % of the distance, before
which the runner was still going and after which the pace stayed at 92 % or less. A traffic light or an aid station,
after which the pace comes back, asks nothing. Two such events make the question surer.

The rule abstains in structured sessions and in runs of under 40 minutes. Where the file breaks off within five minutes
of a break, nobody knows whether the pace came back, and nothing is asked. Steep ground does not count, be it under the
break or in the five minutes before and after: a rest on a summit is no question. A pace that is slower only because
the way goes up afterwards has come back. No study links this trace to cramps (grade C by indirect reasoning).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.analysis.facts import Facts
from service.analysis.finding import Clear, Finding, Found, Outcome, Skipped
from service.analysis.pacing import effort
from service.analysis.rule import Rule, Threshold

AROUND_S = 300
BRIDGE_S = 5
CONFIDENCE_ONE, CONFIDENCE_MORE = 0.5, 0.75


@dataclass(frozen=True, slots=True)
class Event:
    """A slow stretch by grid rows [first, last), and the ratio of the median speeds after and before."""

    first: int
    last: int
    recovery: float


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found with one question an event; Clear where the pace always came back."""
    if facts.moving_s < rule.limit("moving") * 60:
        return Skipped("too_short")
    events = [
        event
        for first, last in _slow(facts, rule)
        if (event := _event(facts, rule, first, last)) is not None and event.recovery <= rule.limit("recovery")
    ]
    if not events:
        return Clear()
    if facts.structured.found:
        return Skipped("structured", value=round(events[0].recovery, 3), unit="ratio")
    sure = CONFIDENCE_MORE if len(events) > 1 else CONFIDENCE_ONE
    return Found(tuple(_finding(facts, rule, event, sure, place) for place, event in enumerate(events)))


def _slow(facts: Facts, rule: Rule) -> list[tuple[int, int]]:
    """The slow stretches of the late main effort by grid rows; breaks of a few seconds do not end one."""
    grid, main = facts.grid, effort(facts)
    moving = grid.speed_mps[grid.moving]
    if not len(moving):
        return []
    limit = min(rule.limit("slow"), rule.limit("slow_share") * float(np.median(moving)))
    late = (grid.distance_m >= rule.limit("late") * facts.distance_m) & (grid.distance_m < main.end_m)
    slow = (grid.speed_mps < limit) & late & ~grid.bad
    borders = np.flatnonzero(np.diff(slow.astype(np.int8), prepend=0, append=0)).tolist()
    stretches: list[tuple[int, int]] = []
    for first, last in zip(borders[::2], borders[1::2], strict=True):
        if stretches and first - stretches[-1][1] <= BRIDGE_S:
            stretches[-1] = (stretches[-1][0], last)
        else:
            stretches.append((first, last))
    return [(first, last) for first, last in stretches if last - first >= rule.limit("seconds")]


def _event(facts: Facts, rule: Rule, first: int, last: int) -> Event | None:
    """The Event, or None where it was steep, the runner was slow before, or too little came after."""
    grid = facts.grid
    around = slice(max(0, first - AROUND_S), first), slice(last, last + AROUND_S)
    before, after = (grid.speed_mps[rows] for rows in around)
    if len(before) < rule.limit("seconds") or len(after) < (AROUND_S if facts.cut_short else rule.limit("after")):
        return None
    if any(_steep(facts, rule, rows) for rows in (slice(first, last), *around)):
        return None
    median = float(np.median(grid.speed_mps[grid.moving]))
    if float(np.median(before)) < rule.limit("run_up") * median:
        return None
    effort_before, effort_after = (grid.gap_heart_mps[rows] for rows in around)
    recovery = float(np.median(after)) / float(np.median(before))
    return Event(first, last, max(recovery, float(np.median(effort_after)) / float(np.median(effort_before))))


def _steep(facts: Facts, rule: Rule, rows: slice) -> bool:
    grade = facts.grid.grade
    return grade is not None and abs(float(grade[rows].mean())) >= rule.limit("grade")


def _finding(facts: Facts, rule: Rule, event: Event, confidence: float, place: int) -> Finding:
    grid = facts.grid
    return Finding(
        code=rule.code,
        severity="moderate",
        value=round(event.recovery, 3),
        unit="ratio",
        threshold=rule.limit("recovery"),
        comparator="<=",
        confidence=confidence,
        points=rule.points["moderate"] if place == 0 else 0,
        text="interrupt-text",
        start_s=float(grid.clock_s[event.first]),
        end_s=float(grid.clock_s[event.last - 1]),
        start_m=float(grid.distance_m[event.first]),
        end_m=float(grid.distance_m[event.last - 1]),
        params={
            "at_m": round(float(grid.distance_m[event.first])),
            "minute": round(float(grid.clock_s[event.first]) / 60),
            "seconds": event.last - event.first,
            "recovery": round(event.recovery, 3),
        },
        question=True,
    )


RULE = Rule(
    code="interrupt",
    version=3,
    summary="A late stop or walk after which the pace did not come back: asked, not stated.",
    evidence_grade="C",
    article_refs=("A04", "A06"),
    thresholds={
        "moving": Threshold(40, "min", "J", "chosen by us, because cramps of short runs leave no such trace"),
        "late": Threshold(
            0.60, "share", "J", "chosen by us, because about half of all cramps in races come in the last quarter"
        ),
        "slow": Threshold(2.0, "m/s", "J", "chosen by us: the border of running and walking"),
        "slow_share": Threshold(0.55, "ratio", "J", "chosen by us, because slow runners slow down too"),
        "seconds": Threshold(60, "s", "J", "chosen by us, because a light or a shoelace takes less"),
        "run_up": Threshold(0.8, "ratio", "J", "chosen by us, because it must have interrupted a run"),
        "after": Threshold(60, "s", "J", "chosen by us, because less shows no recovery"),
        "grade": Threshold(0.08, "ratio", "J", "chosen by us, because steep ground makes anyone walk"),
        "recovery": Threshold(0.92, "ratio", "J", "chosen by us, because after a light the pace comes back"),
    },
    points={"moderate": 10},
    texts={
        "interrupt-title": "A late break",
        "interrupt-text": "Around minute { NUMBER($minute) }, at { DISTANCE($at_m) }, you slowed to a walk and went "
        "on more "
        "slowly. Was it a cramp, or something else?",
        "interrupt-suppressed": "{ $why ->\n"
        "[structured] A late break after which the pace did not come back, but in a session of repeats.\n"
        "*[other] A late break after which the pace did not come back, but it could not be judged.\n"
        "}",
        "interrupt-headline": "A late break at { DISTANCE($at_m) }. Next: tell whether it was a cramp or something "
        "else.",
        "interrupt-points": "A late break after which the pace did not come back.",
    },
    check=check,
    order=80,
    no_change="it is a question, and its answer is not in the file",
    retrospective_only=True,
    cap_group="pacing",
)
