"""A start clearly faster than what followed, hills taken into account.

The early window runs from 100 m to a tenth of the distance (1 km at least, 5 km at most). It is compared with the part
that follows, up to half the distance, and never with the whole run: a late collapse would drag an average down and make
an even start look fast. The excess is how much faster the early window was at grade-adjusted speed, by the more
cautious of two cost models, so that a downhill start is not taken for a fast one.

The rule abstains on treadmills, on structured sessions, where more than a tenth of the early window was badly recorded,
where the terrain of both windows differs too much, and where a warm-up and a cool-down leave too short a main effort. A
start that is fast in a few splits only is not flagged. With eight comparable runs in the history, what is usual for the
athlete moves the severity by one step. Points count half up to 10 km and in full from 20 km on; beyond 50 km or five
hours the finding is shown and brings none.

In Chicago and Boston marathons, starting 10 to 15 % faster than the following part went with 2.7 to 3.9 times the
odds of a collapse late in the race; runners who cramped in a 56 km race had run its first half faster.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from service.analysis import windows
from service.analysis.counterfactual import SLOWEST_S_PER_KM, smallest
from service.analysis.facts import Facts
from service.analysis.finding import SEVERITIES, Clear, Counterfactual, Finding, Found, Outcome, Skipped
from service.analysis.load import is_beginner
from service.analysis.measures import half_up
from service.analysis.pacing import (
    Sums,
    Window,
    after_what,
    early_window,
    effort,
    excess,
    fade,
    is_ultra,
    pace_confidence,
    raw_excess,
    skipped,
    sums,
    terrain_differs,
    why_not,
)
from service.analysis.rule import Rule, Threshold


@dataclass(frozen=True, slots=True)
class Start:
    """The two windows compared, the splits of the early one, and the athlete's `usual` (median, spread) or None."""

    early: Sums
    next: Sums
    splits: tuple[Sums, ...]
    next_split_mps: tuple[float, float]
    usual: tuple[float, float] | None
    faded: bool

    def slowed(self, s_per_km: float) -> Start:
        """The start as it would have been, every early kilometre `s_per_km` slower."""
        return Start(
            self.early.slowed(s_per_km),
            self.next,
            tuple(split.slowed(s_per_km) for split in self.splits),
            self.next_split_mps,
            self.usual,
            self.faded,
        )


def check(facts: Facts, rule: Rule) -> Outcome:
    """Found with the excess of the early window over the following one; Clear with the same number."""
    compared = _windows(effort(facts), rule)
    blind = _blind(facts, rule, compared)
    if blind is not None:
        return blind
    start = _measured(facts, *compared, rule)
    value = excess(start.early, start.next)
    doubt = _doubt(facts, rule, start, compared)
    if doubt is not None and value > 0:
        return skipped(doubt, value, rule.limit("low"))
    severity = _severity(start, rule)
    if severity is None:
        return Clear(round(value, 4), "ratio")
    return Found((_finding(facts, rule, start, compared, severity),))


def _blind(facts: Facts, rule: Rule, compared: tuple[Window, Window]) -> Skipped | None:
    """Skipped where the run is none to compare windows in, or was not recorded there; with the naive excess."""
    because = why_not(facts, least_m=rule.limit("distance"), least_s=rule.limit("moving") * 60)
    early, following = compared
    if because is None and windows.bad_share(facts, early.start_m, early.end_m) > rule.limit("bad_share"):
        because = "recording_gap"
    if because is None and not math.isfinite(excess(sums(facts, early), sums(facts, following))):
        because = "unusable"
    if because is None:
        return None
    candidate = math.nan if because in {"too_short", "unusable"} else raw_excess(facts, early, following)
    return skipped(because, candidate, rule.limit("low"))


def _doubt(facts: Facts, rule: Rule, start: Start, compared: tuple[Window, Window]) -> str | None:
    """Why an excess that was measured is not to be believed."""
    if terrain_differs(facts, *compared):
        return "terrain_differs"
    fast = excess(start.early, start.next) >= rule.limit("low")
    return "inconsistent" if fast and not _fast_throughout(start, rule) else None


def _windows(main: Window, rule: Rule) -> tuple[Window, Window]:
    """The early window, and the one that follows it up to half the distance."""
    early = early_window(main, least_m=rule.limit("window_least"), most_m=rule.limit("window_most"))
    end_m = max(main.start_m + 0.5 * main.length_m, early.end_m + max(1000.0, early.length_m))
    return early, Window(early.end_m, min(end_m, main.end_m))


def _measured(facts: Facts, early: Window, following: Window, rule: Rule) -> Start:
    starts = np.arange(early.start_m, early.end_m - windows.SPLIT_M + 1e-6, windows.SPLIT_M)
    splits = tuple(sums(facts, Window(start_m, start_m + windows.SPLIT_M)) for start_m in starts.tolist())
    later = windows.split_gaps(facts, following.start_m, following.end_m)
    medians = (math.nan, math.nan)
    usual = _usual(facts, rule)
    if len(later.start_m):
        medians = float(np.median(later.minetti)), float(np.median(later.heart))
    return Start(
        sums(facts, early),
        sums(facts, following),
        tuple(split for split in splits if split.seconds),
        medians,
        usual,
        usual is not None and fade(facts) >= rule.limit("fade"),
    )


def _usual(facts: Facts, rule: Rule) -> tuple[float, float] | None:
    """Median and spread of the athlete's own excesses in runs of half to twice the distance, from eight on.

    With so many the history takes nothing off the confidence; with fewer it is not read.
    """
    own = [
        run.early_excess
        for run in facts.history.runs
        if run.early_excess is not None and 0.5 <= run.distance_m / facts.distance_m <= 2.0
    ]
    if len(own) < rule.limit("usual_runs"):
        return None
    median = float(np.median(own))
    return median, 1.4826 * float(np.median(np.abs(np.array(own) - median))) + 0.01


def _fast_throughout(start: Start, rule: Rule) -> bool:
    """Whether enough splits of the early window are faster than the median split of the next, by the same model."""
    by_energy = start.early.minetti_mps / start.next.minetti_mps <= start.early.heart_mps / start.next.heart_mps
    bound = rule.limit("split_excess") * start.next_split_mps[0 if by_energy else 1]
    speeds = [split.minetti_mps if by_energy else split.heart_mps for split in start.splits]
    return sum(speed > bound for speed in speeds) >= rule.limit("split_share") * len(speeds)


def _severity(start: Start, rule: Rule) -> str | None:
    """The severity of the band, moved by what is usual for the athlete; None where nothing is to be said."""
    value = excess(start.early, start.next)
    band = sum(value >= rule.limit(name) for name in SEVERITIES)
    if band == 0 or not _fast_throughout(start, rule):
        return None
    return (None, *SEVERITIES)[min(band + _step(start, value, rule), len(SEVERITIES))]


def _step(start: Start, value: float, rule: Rule) -> int:
    """By how many steps the habit moves the severity: 1 far above the usual start, -1 for the usual one, else 0."""
    if start.usual is None:
        return 0
    z = (value - start.usual[0]) / start.usual[1]
    return (z > rule.limit("z_up")) - (z < rule.limit("z_down") and not start.faded)


def _finding(facts: Facts, rule: Rule, start: Start, compared: tuple[Window, Window], severity: str) -> Finding:
    early, following = compared
    value = excess(start.early, start.next)
    reached = max((name for name in SEVERITIES if value >= rule.limit(name)), key=SEVERITIES.index)
    beginner = is_beginner(facts.history, facts.activity.started_at, facts.profile)
    return Finding(
        code=rule.code,
        severity=severity,
        value=round(value, 4),
        unit="ratio",
        threshold=rule.limit(reached),
        comparator=">=",
        confidence=pace_confidence(facts, early, following),
        points=0 if is_ultra(facts) else _points(rule.points[severity], facts.distance_m),
        text="fast_start-text",
        start_s=windows.elapsed_at(facts, early.start_m),
        end_s=windows.elapsed_at(facts, early.end_m),
        start_m=early.start_m,
        end_m=early.end_m,
        params={
            "excess": round(value, 4),
            "length_m": round(early.end_m - effort(facts).start_m),
            "early_s_per_km": round(1000 / start.early.heart_mps, 1),
            "next_s_per_km": round(1000 / start.next.heart_mps, 1),
            "next_end_m": round(following.end_m),
            "terrain": "unknown" if facts.altitude is None else "known",
            "runner": "beginner" if beginner else "other",
            "beginner_by": "history" if facts.profile.beginner is None else "told",
            "after": after_what(facts),
            "band": reached,
            **_habit(start, reached, severity),
        },
        quality=("terrain_unknown",) if facts.altitude is None else (),
        counterfactual=_counterfactual(start, rule, early),
    )


def _habit(start: Start, band: str, severity: str) -> dict[str, float | str]:
    """Which way the habit moved the severity (`step`), and the median and spread that it was measured by."""
    moved = SEVERITIES.index(severity) - SEVERITIES.index(band)
    step: dict[str, float | str] = {"step": "up" if moved > 0 else "down" if moved < 0 else "none"}
    if start.usual is None:
        return step
    median, spread = start.usual
    return {**step, "usual": round(median, 4), "spread": round(spread, 4)}


def _points(points: int, distance_m: float) -> int:
    """Points by severity, halved up to 10 km and in full from 20 km on, rounded half up."""
    return half_up(points * min(max(distance_m / 20_000, 0.5), 1.0))


def _counterfactual(start: Start, rule: Rule, early: Window) -> Counterfactual | None:
    """The early window run slower."""
    return smallest(
        lambda s_per_km: _severity(start.slowed(s_per_km), rule) is None,
        most=SLOWEST_S_PER_KM,
        unit="s/km",
        window=(early.start_m, early.end_m),
        text="fast_start-counterfactual",
    )


RULE = Rule(
    code="fast_start",
    version=2,
    summary="A start at least 5 % faster than what followed, hills taken into account.",
    evidence_grade="C",
    article_refs=("A05", "A19"),
    thresholds={
        "low": Threshold(0.05, "ratio", "X", "6 to 11 % of even runs with ordinary wander reach it: information only"),
        "moderate": Threshold(0.10, "ratio", "X", "at most 1 % of even runs reach it; odds of collapse 2.7 to 3.9"),
        "high": Threshold(0.15, "ratio", "X", "odds of collapse 2.7 to 4.3 in Chicago and Boston marathons"),
        "distance": Threshold(3000, "m", "J", "chosen by us, because a shorter run has no part to compare with"),
        "moving": Threshold(15, "min", "J", "chosen by us, because a shorter run has no part to compare with"),
        "window_least": Threshold(1000, "m", "J", "chosen by us, because GPS pace is noise over less"),
        "window_most": Threshold(5000, "m", "X", "the first official split of the marathons that were measured"),
        "bad_share": Threshold(0.10, "share", "J", "chosen by us, because more would be a guess"),
        "split_excess": Threshold(
            1.02, "ratio", "J", "chosen by us: a split of 200 m is fast from 2 % above the middle split of what follows"
        ),
        "split_share": Threshold(
            0.60, "share", "J", "chosen by us: so many splits have to be fast, because one burst is not a start"
        ),
        "usual_runs": Threshold(8, "runs", "J", "chosen by us, because fewer tell no habit"),
        "z_down": Threshold(
            1.0, "sd", "J", "chosen by us: a start this near the athlete's usual one counts one step less"
        ),
        "z_up": Threshold(
            2.5, "sd", "J", "chosen by us: a start this far above the athlete's usual one counts one step more"
        ),
        "fade": Threshold(0.10, "ratio", "J", "chosen by us: the low threshold of a fade, which shows that it cost"),
    },
    points={"low": 6, "moderate": 13, "high": 16},
    texts={
        "fast_start-title": "Fast start",
        "fast_start-text": "{ $after ->\n"
        "[warm_up] You ran the first { DISTANCE($length_m) } after your warm-up { PERCENT($excess) } faster\n"
        "*[start] You ran the first { DISTANCE($length_m) } { PERCENT($excess) } faster\n"
        "} than the part that followed, at { PACE($early_s_per_km) } against { PACE($next_s_per_km) } grade-adjusted. "
        "{ $terrain ->\n"
        "[unknown] The terrain is unknown, so a downhill start cannot be told from a fast one.\n"
        "*[known] Hills are taken into account.\n"
        "} { $runner ->\n"
        "[beginner] { $beginner_by ->\n"
        "    [history] Few of your runs are known here yet: if you are new to running, it is the commonest mistake, "
        "and easy to mend.\n"
        "   *[told] It is the commonest mistake of a runner's first months, and an easy one to mend.\n"
        "}\n"
        "*[other] A fast start spends strength that is missing later.\n"
        "}{ $step ->\n"
        '[up] {" "}For you { PERCENT($usual) } is usual, so this counts one step more.\n'
        '[down] {" "}For you { PERCENT($usual) } is usual, so this counts one step less.\n'
        '*[none] {""}\n'
        "}",
        "fast_start-headline": "{ $after ->\n"
        "[warm_up] First { DISTANCE($length_m) } after the warm-up { PERCENT($excess) } faster than what followed.\n"
        "*[start] First { DISTANCE($length_m) } { PERCENT($excess) } faster than what followed.\n"
        "} Next: begin at { PACE($next_s_per_km) }.",
        "fast_start-points": "The start was { PERCENT($excess) } faster than what followed.",
        "fast_start-suppressed": "{ $why ->\n"
        "[structured] The start looked { PERCENT($value) } faster than what followed, but this is a session of "
        "repeats.\n"
        "[treadmill] The start looked { PERCENT($value) } faster than what followed, but pace on a treadmill is not "
        "judged.\n"
        "[recording_gap] The start looked { PERCENT($value) } faster than what followed, but it was badly recorded.\n"
        "[terrain_differs] The start was { PERCENT($value) } faster than what followed, but the ground of the two "
        "parts cannot be compared.\n"
        "[inconsistent] The start was { PERCENT($value) } faster than what followed, but only in a few fast "
        "stretches.\n"
        "[main_effort_too_short] The start looked { PERCENT($value) } faster than what followed, but between warm-up "
        "and cool-down too little is left to compare.\n"
        "*[other] The start looked { PERCENT($value) } faster than what followed, but could not be judged.\n"
        "}",
        "fast_start-counterfactual": "{ SLOWER($change) } slower over this stretch would have cleared it.",
    },
    check=check,
    order=10,
    reads=frozenset({"history", "profile"}),
    cap_group="pacing",
)
