"""Findings in, score out: points that add up, a level with its floor, and how far the score could move.

Additive points, ten of which stand for a doubling of the odds; no probability leaves this module. Rules
bring their own points; what belongs to no rule (the athlete's history, strength work, caps and borders) is declared
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from service.analysis.athlete import CRAMPED, History, Profile
from service.analysis.finding import Clear, Finding, Found, Outcome, Skipped
from service.analysis.load import RUNNING
from service.analysis.rule import Rule, Threshold
from service.analysis.sports import FAMILIES, OTHER

LEVELS = ("low", "moderate", "high", "very_high")

THRESHOLDS: Mapping[str, Threshold] = MappingProxyType(
    {
        "moderate": Threshold(25, "points", "J", "chosen by us, because it is 2.8 % by the uncalibrated odds"),
        "high": Threshold(45, "points", "J", "chosen by us, because it is 10 % by the uncalibrated odds"),
        "very_high": Threshold(65, "points", "J", "chosen by us, because it is 31 % by the uncalibrated odds"),
        "score_max": Threshold(100, "points", "J", "chosen by us, because a scale needs an end"),
        "pacing_cap": Threshold(24, "points", "J", "chosen by us, because pacing signs overlap with each other"),
        "floor_from_min": Threshold(30, "min", "J", "chosen by us, because the conditions need time to act"),
        "usual_days": Threshold(90, "d", "J", "chosen by us, because a season is what a runner remembers"),
        "usual_runs": Threshold(8, "runs", "J", "chosen by us, because fewer give no percentile"),
        "recent_days": Threshold(90, "d", "J", "chosen by us, because a season is what training can change"),
        "recent_long_runs": Threshold(10, "runs", "J", "chosen by us, because 90 days may hold few long runs"),
        "long_run": Threshold(90, "min", "J", "chosen by us: the moderate threshold of the rule for duration"),
        "cramp_ever": Threshold(10, "points", "S", "odds ratio 2, shrunk from 100 % against 48 % in a 56 km race"),
        "cramp_recent": Threshold(
            20, "points", "S", "odds ratio 4; cramped before is the strongest predictor there is"
        ),
        "no_strength": Threshold(5, "points", "S", "25 % against 47.6 %, p = 0.074, shrunk to an odds ratio of 1.4"),
    }
)
"""The numbers of the model that belong to no rule, each with its mark and source."""

CAPS: Mapping[str, str] = MappingProxyType({"pacing": "pacing_cap"})

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "cramp_history-points-ever": "You have had cramps before, the best predictor known.",
        "cramp_history-points-recent": "You have had cramps recently, the best predictor known.",
        "no_strength-points": "No strength training, by your own word.",
        "cap-points-pacing": "Pacing signs overlap, so together they count { NUMBER($limit) } points at most.",
        "cap-points-score": "The scale ends at { NUMBER($limit) }.",
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the explanation; `forecast` False where only the run that is over can show it."""

    feature: str
    points: int
    text: str
    params: Mapping[str, float | int | str] = field(default_factory=dict)
    cap_group: str | None = None
    forecast: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
    """A signal that was missing, why, and the points that it could have added at most."""

    signal: str
    why: str
    points: int = 0


@dataclass(frozen=True, slots=True)
class Risk:
    """The risk model's answer. `lines` sum exactly to `score`; every score lies in 0 to 100."""

    score: int
    score_low: int
    score_high: int
    forecast_score: int
    level: str
    points_level: str
    condition_level: str | None
    level_source: str
    usual_for_athlete: int | None
    confidence: str
    lines: tuple[Line, ...]


def weigh(
    outcomes: Sequence[tuple[Rule, Outcome]],
    gaps: Iterable[Gap],
    *,
    profile: Profile,
    history: History,
    started_at: datetime,
    moving_s: float,
    family: str = "run",
) -> Risk:
    """The Risk of a run from what its rules found and what was missing; `family` is that of its sport."""
    lines = [*_rule_lines(outcomes), *_athlete_lines(profile, cramps_before(profile, history, started_at))]
    capped = _capped(lines)
    score = sum(line.points for line in capped)
    high = min(score + sum(gap.points for gap in gaps), int(THRESHOLDS["score_max"].value))
    points_level = level_of(score)
    floor = _condition_level(outcomes, moving_s=moving_s)
    level = points_level if floor is None else max(points_level, floor, key=LEVELS.index)
    return Risk(
        score=score,
        score_low=score,
        score_high=high,
        forecast_score=sum(line.points for line in _capped([line for line in lines if line.forecast])),
        level=level,
        points_level=points_level,
        condition_level=floor,
        level_source="points" if level == points_level else "condition_table",
        usual_for_athlete=_usual(score, history, started_at, family=family),
        confidence=_confidence(score, high),
        lines=tuple(sorted(capped, key=lambda line: -line.points)),
    )


def level_of(score: int) -> str:
    """The level that a number of points stands for.

    >>> [level_of(score) for score in (0, 24, 25, 44, 45, 64, 65, 100)]
    ['low', 'low', 'moderate', 'moderate', 'high', 'high', 'very_high', 'very_high']
    """
    return LEVELS[sum(score >= border for border in _borders())]


def cramps_before(profile: Profile, history: History, started_at: datetime) -> str:
    """What is known of earlier cramps: `unknown`, `never`, `ever` or `recent`; reported ones outrank the profile.

    Recent is one in the last 90 days, or in the last ten long runs, however long ago they are.
    """
    earlier = [run for run in history.runs if run.started_at < started_at]
    since = started_at - timedelta(days=THRESHOLDS["recent_days"].value)
    long = [run for run in earlier if run.sport == RUNNING and run.moving_s >= THRESHOLDS["long_run"].value * 60]
    last_long = long[-int(THRESHOLDS["recent_long_runs"].value) :]
    if any(run.cramp in CRAMPED for run in (*last_long, *(run for run in earlier if run.started_at >= since))):
        return "recent"
    reported = any(run.cramp in CRAMPED for run in earlier)
    return "ever" if reported and profile.cramp_history in {"unknown", "never"} else profile.cramp_history


def athlete_gaps(profile: Profile, history: History, started_at: datetime) -> tuple[Gap, ...]:
    """What the athlete has not told and the score would use."""
    told = cramps_before(profile, history, started_at) != "unknown"
    gaps = () if told else (Gap("cramp_history", "not_told", int(THRESHOLDS["cramp_ever"].value)),)
    return gaps if profile.strength_training is not None else (*gaps, Gap("strength_training", "not_told"))


def outing_gaps(before: str | None) -> tuple[Gap, ...]:
    """What an effort just before (its family) has left in the legs: no rule weighs it, and no source tells how much."""
    return () if before is None else (Gap("just_before", before),)


def rule_gaps(outcomes: Iterable[tuple[Rule, Outcome]]) -> tuple[Gap, ...]:
    """The signals that rules asked for in vain, one Gap each, with the points of all the rules that lacked it."""
    gaps: dict[str, Gap] = {}
    for rule, outcome in outcomes:
        blind = outcome.without if isinstance(outcome, Clear) else outcome
        if isinstance(blind, Skipped) and blind.missing is not None:
            before = gaps.get(blind.missing, Gap(blind.missing, blind.because))
            points = before.points + rule.missing_points.get(blind.missing, 0)
            gaps[blind.missing] = Gap(blind.missing, before.why, points)
    return tuple(gaps.values())


def _rule_lines(outcomes: Iterable[tuple[Rule, Outcome]]) -> Iterable[Line]:
    for rule, outcome in outcomes:
        if isinstance(outcome, Found):
            yield from (_finding_line(rule, finding) for finding in outcome.findings if finding.points)
        elif isinstance(outcome, Clear) and outcome.points:
            yield Line(rule.code, outcome.points, f"{rule.code}-points", _value_params(outcome), rule.cap_group)


def _finding_line(rule: Rule, finding: Finding) -> Line:
    return Line(
        rule.code,
        finding.points,
        f"{rule.code}-points",
        {**finding.params, "severity": finding.severity},
        rule.cap_group,
        forecast=not rule.retrospective_only,
    )


def _value_params(outcome: Clear) -> dict[str, float | int | str]:
    return {"severity": "none"} if outcome.value is None else {"severity": "none", "value": outcome.value}


def _athlete_lines(profile: Profile, cramps: str) -> Iterable[Line]:
    if cramps in {"ever", "recent"}:
        points = int(THRESHOLDS[f"cramp_{cramps}"].value)
        yield Line("cramp_history", points, f"cramp_history-points-{cramps}")
    if profile.strength_training is False:
        yield Line("no_strength", int(THRESHOLDS["no_strength"].value), "no_strength-points")


def _capped(lines: Sequence[Line]) -> list[Line]:
    """The lines with a negative `cap` line for each cap that bites, so that they still sum exactly."""
    capped = list(lines)
    for group, name in CAPS.items():
        limit = int(THRESHOLDS[name].value)
        over = sum(line.points for line in lines if line.cap_group == group) - limit
        if over > 0:
            capped.append(Line("cap", -over, f"cap-points-{group}", {"limit": limit}))
    limit = int(THRESHOLDS["score_max"].value)
    over = sum(line.points for line in capped) - limit
    if over > 0:
        capped.append(Line("cap", -over, "cap-points-score", {"limit": limit}))
    return capped


def _condition_level(outcomes: Iterable[tuple[Rule, Outcome]], *, moving_s: float) -> str | None:
    if moving_s < THRESHOLDS["floor_from_min"].value * 60:
        return None
    floors = [
        finding.condition_level
        for _, outcome in outcomes
        if isinstance(outcome, Found)
        for finding in outcome.findings
        if finding.condition_level is not None
    ]
    return max(floors, key=LEVELS.index, default=None)


def _usual(score: int, history: History, started_at: datetime, *, family: str) -> int | None:
    """The percentile of `score` among the athlete's runs of the last 90 days (ties count half), from 8 runs on.

    A walk is compared with walks.
    """
    since = started_at - timedelta(days=THRESHOLDS["usual_days"].value)
    scores = [
        run.score
        for run in history.runs
        if run.score is not None
        and since <= run.started_at < started_at
        and FAMILIES.get(run.sport or "", OTHER) == family
    ]
    if len(scores) < THRESHOLDS["usual_runs"].value:
        return None
    below = sum(past < score for past in scores) + 0.5 * sum(past == score for past in scores)
    return int(100 * below / len(scores) + 0.5)


def _confidence(low: int, high: int) -> str:
    """High where no level border lies between the bounds, medium where one does, low where two or more do.

    >>> _confidence(11, 24), _confidence(11, 35), _confidence(20, 50)
    ('high', 'medium', 'low')
    """
    inside = sum(low < border <= high for border in _borders())
    return ("high", "medium", "low", "low")[inside]


def _borders() -> tuple[float, float, float]:
    return THRESHOLDS["moderate"].value, THRESHOLDS["high"].value, THRESHOLDS["very_high"].value
