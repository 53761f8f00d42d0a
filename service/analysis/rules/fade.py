"""A second half clearly slower than the first, or a breakdown after half distance, hills taken into account.

The fade compares the halves of the main effort at grade-adjusted speed; the collapse compares its early part (a tenth
to a half of the distance) with its slowest kilometre or tenth after half distance, on ground about as steep. In both,
the more cautious of two cost models counts. In a marathon a fade of ten per cent is ordinary, and the text says so.

A fade is a sign that goes along with cramps and no cause of them: it counts in the score of the run that is over,
never in the forecast for the next one. The rule abstains on treadmills and structured sessions, where the terrain of
the halves differs too much, and where a warm-up and a cool-down leave too short a main effort. A slow end of at most
15 % of the distance with falling heart rate is a cool-down and is left out; where heart rate is missing and the fade
stands on such an end alone, it is shown and brings no points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from parsers.activity import Column
from service.analysis import windows
from service.analysis.counterfactual import SLOWEST_S_PER_KM, smallest, told_as_far
from service.analysis.facts import Facts
from service.analysis.finding import SEVERITIES, Clear, Counterfactual, Finding, Found, Outcome
from service.analysis.pacing import (
    TERRAIN_POINTS,
    Sums,
    Window,
    effort,
    excess,
    halves,
    is_ultra,
    pace_confidence,
    raw_excess,
    skipped,
    sums,
    terrain_differs,
    why_not,
)
from service.analysis.rule import Rule, Threshold

MARATHON_M = 40_000.0
TAIL_STEP_SHARE = 0.01
FAR_S_PER_KM = 60
"""A first half slower by more than that is another run; chosen by us."""

AS_GOOD_AS = 0.002
"""Windows this close to the worst count as the worst, and the first of them is told: noise must not choose."""


@dataclass(frozen=True, slots=True)
class Slowing:
    """How much slower the second half was, and the worst stretch after half distance, both as shares.

    `first` and `early` are what the two were compared with: the first half, and a tenth to a half of the distance.
    """

    fade: float
    collapse: float
    collapse_window: Window
    first: Sums
    early: Sums

    def begun_slower(self, s_per_km: float) -> Slowing:
        """The same with every kilometre of the first half `s_per_km` slower, the second half as it was."""
        first, early = (run.seconds / (run.slowed(s_per_km).seconds or 1.0) for run in (self.first, self.early))
        return replace(self, fade=(1 + self.fade) * first - 1, collapse=(1 + self.collapse) * early - 1)


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found with the fade or the collapse, whichever is the severer; Clear with the fade."""
    main = effort(facts)
    because = why_not(facts, least_m=rule.limit("distance"), least_s=rule.limit("moving") * 60)
    if because is not None:
        candidate = math.nan if because == "too_short" else raw_excess(facts, *halves(main))
        return skipped(because, candidate, rule.limit("low"))
    tail = _easy_tail(facts, main, rule)
    cooled = tail is not None and _heart_rate_falls(facts, tail)
    kept = Window(main.start_m, tail.start_m) if tail is not None and cooled else main
    slowing = measured(facts, kept)
    if not math.isfinite(slowing.fade):
        return skipped("unusable", math.nan, 0)
    severity = _severity(slowing, rule)
    if severity is None:
        return Clear(round(slowing.fade, 4), "ratio")
    if terrain_differs(facts, *halves(kept)):
        return skipped("terrain_differs", slowing.fade, rule.limit("low"))
    unsure = tail is not None and not facts.heart.usable
    return Found((_finding(facts, rule, slowing, (kept, severity), unsure=unsure),))


def measured(facts: Facts, main: Window) -> Slowing:
    """Fade and collapse of a main effort."""
    first, second = halves(main)
    length_m = max(1000.0, 0.1 * main.length_m)
    early = Window(main.start_m + 0.1 * main.length_m, first.end_m)
    collapse, start_m = _collapse(facts, early, Window(first.end_m, main.end_m), length_m)
    run = sums(facts, first)
    worst = Window(start_m, start_m + length_m)
    return Slowing(excess(run, sums(facts, second)), collapse, worst, run, sums(facts, early))


def _collapse(facts: Facts, early: Window, after: Window, length_m: float) -> tuple[float, float]:
    """The largest slow-down against the early part of any window of `length_m`, and where that window begins.

    Windows much steeper or much less steep than the early part say nothing and are left out.
    """
    run = sums(facts, early)
    speeds = windows.sliding_gaps(facts, after.start_m, after.end_m, length_m=length_m)
    slower = np.minimum(run.minetti_mps / speeds.minetti, run.heart_mps / speeds.heart) - 1
    usual = windows.steep_share(facts, early.start_m, early.end_m)
    slower[np.abs(_steep_shares(facts, speeds.start_m, length_m) - usual) > TERRAIN_POINTS] = np.nan
    if not np.isfinite(slower).any():
        return -1.0, after.start_m
    worst = int(np.flatnonzero(slower >= np.nanmax(slower) - AS_GOOD_AS)[0])
    return float(np.nanmax(slower)), float(speeds.start_m[worst])


def _steep_shares(facts: Facts, starts_m: Column, length_m: float) -> Column:
    """windows.steep_share of many windows at once; 0 without altitude or usable rows."""
    grid = facts.grid
    if grid.grade is None:
        return np.zeros(len(starts_m))
    good = grid.moving & ~grid.bad
    first = np.searchsorted(grid.distance_m, starts_m, side="left")
    last = np.searchsorted(grid.distance_m, starts_m + length_m, side="left")
    steep, rows = (
        np.concatenate(([0], np.cumsum(mask))) for mask in (good & (np.abs(grid.grade) > windows.STEEP_GRADE), good)
    )
    share: Column = (steep[last] - steep[first]) / np.maximum(rows[last] - rows[first], 1)
    return share


def _easy_tail(facts: Facts, main: Window, rule: Rule) -> Window | None:
    """The longest end of at most 15 % of the distance run at 75 % of the speed before or less; None without one."""
    grid = facts.grid
    good = grid.moving & ~grid.bad
    metres = np.concatenate(([0.0], np.cumsum(np.where(good, grid.gap_heart_mps, 0.0))))
    seconds = np.concatenate(([0], np.cumsum(good)))
    shares = np.arange(rule.limit("tail_share"), 0.0, -TAIL_STEP_SHARE)
    borders_m = main.end_m - shares * main.length_m
    first, last = (windows.rows(facts, main.start_m, main.end_m).start, windows.rows(facts, 0.0, main.end_m).stop)
    border = np.searchsorted(grid.distance_m, borders_m, side="left")
    with np.errstate(invalid="ignore", divide="ignore"):
        before = (metres[border] - metres[first]) / (seconds[border] - seconds[first])
        tail = (metres[last] - metres[border]) / (seconds[last] - seconds[border])
    slow = np.flatnonzero(tail <= rule.limit("tail_speed") * before)
    return Window(float(borders_m[slow[0]]), main.end_m) if len(slow) else None


def _heart_rate_falls(facts: Facts, tail: Window) -> bool:
    """Whether the heart rate of the second half of the tail is below that of an equal stretch before it."""
    before = windows.mean_heart_rate(facts, tail.start_m - tail.length_m, tail.start_m)
    late = windows.mean_heart_rate(facts, tail.start_m + tail.length_m / 2, tail.end_m)
    return before is not None and late is not None and late < before


def _severity(slowing: Slowing, rule: Rule) -> str | None:
    for severity in reversed(SEVERITIES):
        collapse = f"collapse_{severity}"
        if slowing.fade >= rule.limit(severity):
            return severity
        if collapse in rule.thresholds and slowing.collapse >= rule.limit(collapse):
            return severity
    return None


def _finding(facts: Facts, rule: Rule, slowing: Slowing, found: tuple[Window, str], *, unsure: bool) -> Finding:
    main, severity = found
    by_fade = slowing.fade >= rule.limit(severity)
    where = Window(halves(main)[1].start_m, main.end_m) if by_fade else slowing.collapse_window
    ordinary = main.length_m >= MARATHON_M and severity == "low"
    change = _counterfactual(slowing, rule, halves(main)[0])
    return Finding(
        code=rule.code,
        severity=severity,
        value=round(slowing.fade if by_fade else slowing.collapse, 4),
        unit="ratio",
        threshold=rule.limit(severity if by_fade else f"collapse_{severity}"),
        comparator=">=",
        confidence=pace_confidence(facts, *halves(main)),
        points=0 if unsure or is_ultra(facts) else rule.points[severity],
        text="fade-text" if by_fade else "fade-collapse_text",
        start_s=windows.elapsed_at(facts, where.start_m),
        end_s=windows.elapsed_at(facts, where.end_m),
        start_m=where.start_m,
        end_m=where.end_m,
        params={
            "fade": round(slowing.fade, 4),
            "collapse": round(slowing.collapse, 4),
            "collapse_m": round(slowing.collapse_window.start_m),
            "by": "fade" if by_fade else "collapse",
            "length": "marathon" if ordinary else "other",
            "next": _next(change, fuelled=facts.moving_s >= rule.limit("fuel") * 60),
        },
        quality=("may_be_cool_down",) if unsure else (),
        counterfactual=change,
    )


def _next(change: Counterfactual | None, *, fuelled: bool) -> str:
    """The one next action: a slower start where that would have done it, and food where the run was long enough."""
    if change is None or change.change > FAR_S_PER_KM:
        return "fuel" if fuelled else "ease"
    return "slower_fuel" if fuelled else "slower"


def _counterfactual(slowing: Slowing, rule: Rule, first: Window) -> Counterfactual | None:
    """The first half run slower, the second as it was: what a runner may choose for the next time."""
    change = smallest(
        lambda s_per_km: _severity(slowing.begun_slower(s_per_km), rule) is None,
        most=SLOWEST_S_PER_KM,
        unit="s/km",
        window=(first.start_m, first.end_m),
        text="fade-counterfactual",
    )
    return told_as_far(change, beyond=FAR_S_PER_KM)


RULE = Rule(
    code="fade",
    version=2,
    summary="A second half at least 10 % slower than the first, or a breakdown after half distance.",
    evidence_grade="C",
    article_refs=("A04", "A35"),
    thresholds={
        "low": Threshold(0.10, "ratio", "S", "Berlin 1999 to 2025: the mild band of slowdowns begins here"),
        "moderate": Threshold(0.15, "ratio", "S", "Berlin 1999 to 2025: the moderate band begins here"),
        "high": Threshold(0.20, "ratio", "S", "Berlin 1999 to 2025: the severe band begins here"),
        "collapse_moderate": Threshold(
            0.20, "ratio", "J", "chosen by us, because 70 % of finishers meet a lower bound"
        ),
        "collapse_high": Threshold(0.25, "ratio", "M", "the wall of Smyth 2021; the cut-off itself is unverified"),
        "distance": Threshold(5000, "m", "J", "chosen by us, because shorter halves are noise"),
        "moving": Threshold(25, "min", "J", "chosen by us, because shorter halves are noise"),
        "fuel": Threshold(60, "min", "S", "Jeukendrup: carbohydrate on the way helps from one hour on"),
        "tail_share": Threshold(0.15, "share", "J", "chosen by us, because a longer slow end is a fade"),
        "tail_speed": Threshold(0.75, "ratio", "J", "chosen by us, because a cool-down is a jog"),
    },
    points={"low": 4, "moderate": 7, "high": 10},
    texts={
        "fade-title": "Slower second half",
        "fade-text": "The second half was { PERCENT($fade) } slower than the first, hills taken into account. { "
        "$length ->\n"
        "[marathon] For a marathon that is ordinary.\n"
        "*[other] It is a sign of tired muscle, and cramps come with tired muscle.\n"
        "}",
        "fade-collapse_title": "Breakdown late in the run",
        "fade-collapse_text": "From { DISTANCE($collapse_m) } on you ran a stretch { PERCENT($collapse) } slower "
        "than your early "
        "pace, hills taken into account. It is a sign of tired muscle, and cramps come with tired muscle.",
        "fade-suppressed": "{ $why ->\n"
        "[structured] The second half looked { PERCENT($value) } slower, but this is a session of repeats.\n"
        "[treadmill] The second half looked { PERCENT($value) } slower, but pace on a treadmill is not judged.\n"
        "[terrain_differs] The second half was { PERCENT($value) } slower, but the ground of the two halves cannot be "
        "compared.\n"
        "[main_effort_too_short] The second half looked { PERCENT($value) } slower, but between warm-up and cool-down "
        "too little is left to compare.\n"
        "*[other] The second half looked { PERCENT($value) } slower, but could not be judged.\n"
        "}",
        "fade-counterfactual": "A first half { SLOWER($change) } slower, with the second as it was, would have "
        "cleared it.",
        "fade-counterfactual_far": "A slower start alone would not have cleared it: that takes a first half { "
        "SLOWER($change) } slower.",
        "fade-headline": "{ $by ->\n"
        "[collapse] A breakdown from { DISTANCE($collapse_m) } on\n"
        "*[fade] The second half was { PERCENT($fade) } slower\n"
        "}{ $next ->\n"
        "[slower] . Next: start slower.\n"
        "[fuel] , and not by the start alone. Next: eat early and regularly.\n"
        "[ease] , and not by the start alone. Next: keep the day after easy.\n"
        "*[slower_fuel] . Next: start slower, and eat early and regularly.\n"
        "}",
        "fade-points": "{ $by ->\n"
        "[collapse] A breakdown late in the run.\n"
        "*[fade] The second half was { PERCENT($fade) } slower.\n"
        "}",
    },
    check=check,
    order=12,
    retrospective_only=True,
    cap_group="pacing",
)
