"""The middle, end to end: an Activity, a profile, a history and conditions in; an Assessment out.

Pure and deterministic: two machines give the same bits. The document carries text keys and SI parameters, never a
sentence (service.analysis.texts says them) and never anything that is not plain JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from parsers.activity import Activity, Column, as_document
from service.analysis import advice, risk, signals, splits, windows
from service.analysis.advice import amounts
from service.analysis.advice.reminder import Situation
from service.analysis.athlete import Conditions, History, Log, Profile
from service.analysis.facts import Facts
from service.analysis.finding import SEVERITIES, Clear, Finding, Found, Outcome, Skipped
from service.analysis.headline import headline, keyed
from service.analysis.outing import just_before
from service.analysis.receipt import known, result_sha256
from service.analysis.rule import Rule, Threshold, all_rules
from service.analysis.sports import family_of

SHORTEST_S, SHORTEST_M = 5 * 60.0, 500.0
SCORED = frozenset({"run", "walk"})
FUELLED = frozenset({"cycling", "e_biking"})
"""The sports without a score that get reminders all the same: fluid and carbohydrate."""
MODEL = 2
"""Version of the risk model and of what an assessment is made of, beside the versions of the rules."""

Outcomes = Sequence[tuple[Rule, Outcome]]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is said of one activity.

    `document` has the API's Assessment shape without texts; `digest` is what later assessments may read of this run
    (athlete.PastRun, as plain JSON). `columns` are `grade` (rise over run, to 1e-4) and `gap_mps` (grade-adjusted
    speed, to 1e-3) on the rows of the activity's streams, NaN where unknown.
    """

    facts: Facts
    document: Mapping[str, Any]
    digest: Mapping[str, Any]
    columns: Mapping[str, Column]


def assess(
    activity: Activity,
    *,
    profile: Profile,
    history: History,
    conditions: Conditions,
    log: Log | None = None,
    sport: str | None = None,
    input_sha256: str = "",
    program_version: str = "",
) -> Assessment:
    """The Assessment of one activity. `sport` overrides the file's; the two last go into the receipt as they are."""
    log = log or Log()
    facts = signals.gather(activity, profile=profile, history=history, conditions=conditions, log=log, sport=sport)
    status, reason = _status(facts)
    outcomes = run_rules(facts) if status == "scored" else ()
    document = _document(facts, outcomes, status=status, reason=reason)
    document["receipt"] = {
        "input_sha256": input_sha256,
        "ruleset_version": document["ruleset_version"],
        "program_version": program_version,
        "result_sha256": result_sha256(document),
        "known": known(profile=profile, history=history, conditions=conditions, log=log, sport=sport),
    }
    return Assessment(facts, document, _digest(facts, outcomes, document["score"]), columns(facts))


def run_rules(facts: Facts) -> Outcomes:
    """Every rule for the run's family of sports with its outcome, in the order of the rules."""
    return tuple((rule, rule.check(facts, rule)) for rule in all_rules() if facts.family in rule.families)


@cache
def ruleset_version() -> str:
    """The version of all that decides: the model's, and a hash over the rules' versions, thresholds and points."""
    parts = [
        [rule.code, rule.version, _thresholds(rule.thresholds), sorted(rule.points.items())] for rule in all_rules()
    ]
    reminders = [[each.code, each.version] for each in advice.all_advice()]
    own = [_thresholds(risk.THRESHOLDS), _thresholds(amounts.THRESHOLDS), reminders]
    return f"{MODEL}.{hashlib.sha256(json.dumps([parts, own]).encode()).hexdigest()[:8]}"


def _thresholds(thresholds: Mapping[str, Threshold]) -> list[list[Any]]:
    return sorted([name, threshold.value, threshold.unit] for name, threshold in thresholds.items())


def columns(facts: Facts) -> Mapping[str, Column]:
    """Grade and grade-adjusted speed (heart-rate model) on the rows of the file's streams, rounded as stored."""
    time_s, grid = facts.activity.streams.time_s, facts.grid
    grade = np.full(len(time_s), np.nan) if grid.grade is None else windows.at_times(facts, grid.grade, time_s)
    gap_mps = windows.at_times(facts, grid.gap_heart_mps, time_s)
    return MappingProxyType({"grade": np.round(grade * 1e4) / 1e4, "gap_mps": np.round(gap_mps * 1e3) / 1e3})


def _status(facts: Facts) -> tuple[str, str | None]:
    if facts.family not in SCORED:
        return "not_scored", "sport"
    recorded_s = facts.elapsed_s - float(facts.grid.clock_s[0])
    if recorded_s < SHORTEST_S or facts.distance_m < SHORTEST_M:
        return "too_short", "duration" if recorded_s < SHORTEST_S else "distance"
    return "scored", None


def _document(facts: Facts, outcomes: Outcomes, *, status: str, reason: str | None) -> dict[str, Any]:
    gaps = _gaps(facts, outcomes) if status == "scored" else ()
    weighed = _weigh(facts, outcomes, gaps) if status == "scored" else None
    stated = _ordered(outcomes)
    return {
        "ruleset_version": ruleset_version(),
        "status": status,
        "reason": reason,
        "headline": _headline(facts, stated, outcomes, status),
        **_score(weighed),
        "warnings": [_warning(rule, finding) for rule, finding in stated if not finding.question],
        "suppressed": list(_suppressed(outcomes)),
        "questions": [_question(finding) for _, finding in stated if finding.question],
        "reminders": _reminders(facts, stated, status=status),
        "not_assessed": [{"signal": gap.signal, "why": gap.why} for gap in gaps],
        "data_quality": [as_document(note) for note in (*facts.activity.notes, *facts.notes)],
        "structured": facts.structured.found,
        "main_effort": _main_effort(facts),
    }


def _gaps(facts: Facts, outcomes: Outcomes) -> tuple[risk.Gap, ...]:
    started_at = facts.activity.started_at
    before = just_before(facts.history, started_at, seconds=facts.elapsed_s, family=family_of(facts.sport))
    gaps = (*risk.outing_gaps(before), *risk.rule_gaps(outcomes))
    if facts.family != "run":
        return gaps
    return (*gaps, *risk.athlete_gaps(facts.profile, facts.history, started_at))


def _weigh(facts: Facts, outcomes: Outcomes, gaps: tuple[risk.Gap, ...]) -> risk.Risk:
    return risk.weigh(
        outcomes,
        gaps,
        profile=facts.profile if facts.family == "run" else Profile(),
        history=facts.history if facts.family == "run" else _without_answers(facts.history),
        started_at=facts.activity.started_at,
        moving_s=facts.moving_s,
        family=facts.family,
    )


def _without_answers(history: History) -> History:
    """The history for a sport that earlier cramps of running say nothing of; it still tells what score is usual."""
    return History(tuple(replace(run, cramp=None) for run in history.runs))


def _ordered(outcomes: Outcomes) -> list[tuple[Rule, Finding]]:
    """Findings as they are to be read: whole-run ones by severity, then the rules' order; segments behind, by place."""
    found = [
        (rule, finding) for rule, outcome in outcomes if isinstance(outcome, Found) for finding in outcome.findings
    ]
    return sorted(found, key=lambda pair: _reading_order(*pair))


def _reading_order(rule: Rule, finding: Finding) -> tuple[bool, int, int, str, float]:
    severity = 0 if finding.segment else -SEVERITIES.index(finding.severity)
    return finding.segment, severity, rule.order, rule.code, finding.start_m or 0.0


def _headline(facts: Facts, stated: Sequence[tuple[Rule, Finding]], outcomes: Outcomes, status: str) -> dict[str, Any]:
    if status == "too_short":
        return keyed("headline-too_short", {"minutes": round(SHORTEST_S / 60), "metres": SHORTEST_M})
    return keyed("headline-not_scored", {}) if status == "not_scored" else headline(facts, stated, outcomes)


def _score(weighed: risk.Risk | None) -> dict[str, Any]:
    if weighed is None:
        names = ("score", "score_low", "score_high", "forecast_score", "level", "points_level", "condition_level")
        rest: dict[str, Any] = {"level_source": None, "usual_for_athlete": None, "confidence": None, "explanation": []}
        return {**dict.fromkeys(names), **rest}
    lines = [
        {"feature": line.feature, "points": line.points, **keyed(line.text, line.params)} for line in weighed.lines
    ]
    return {
        "score": weighed.score,
        "score_low": weighed.score_low,
        "score_high": weighed.score_high,
        "forecast_score": weighed.forecast_score,
        "level": weighed.level,
        "points_level": weighed.points_level,
        "condition_level": weighed.condition_level,
        "level_source": weighed.level_source,
        "usual_for_athlete": weighed.usual_for_athlete,
        "confidence": weighed.confidence,
        "explanation": lines,
    }


def _warning(rule: Rule, finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "rule_version": rule.version,
        "severity": finding.severity,
        "confidence": _confidence(finding.confidence),
        "evidence_grade": rule.evidence_grade,
        "points": finding.points,
        **_where(finding),
        "value": finding.value,
        "unit": finding.unit,
        "threshold": finding.threshold,
        "comparator": finding.comparator,
        "segment": finding.segment,
        "quality": list(finding.quality),
        "title_key": finding.text.removesuffix("text") + "title",
        **keyed(finding.text, finding.params),
        "article_refs": list(rule.article_refs),
        "counterfactual": _counterfactual(finding),
    }


def _where(finding: Finding) -> dict[str, float | None]:
    places = {name: getattr(finding, name) for name in ("start_s", "end_s", "start_m", "end_m")}
    return {name: None if value is None else round(float(value), 1) for name, value in places.items()}


def _confidence(share: float) -> str:
    """The word for a confidence from 0 to 1 (docs/signals.md, confidence).

    >>> [_confidence(share) for share in (1.0, 0.75, 0.6, 0.49)]
    ['high', 'high', 'medium', 'low']
    """
    if share >= 0.75:
        return "high"
    return "medium" if share >= 0.5 else "low"


def _counterfactual(finding: Finding) -> dict[str, Any] | None:
    change = finding.counterfactual
    if change is None:
        return None
    window = [round(change.start_m, 1), round(change.end_m, 1)]
    return {
        "change": change.change,
        "unit": change.unit,
        "window": window,
        **keyed(change.text, {**finding.params, "change": change.change}),
    }


def _question(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        **_where(finding),
        "confidence": _confidence(finding.confidence),
        "value": finding.value,
        "unit": finding.unit,
        **keyed(finding.text, finding.params),
    }


def _suppressed(outcomes: Outcomes) -> Iterable[dict[str, Any]]:
    for rule, outcome in outcomes:
        if isinstance(outcome, Skipped) and outcome.value is not None:
            yield {
                "code": rule.code,
                "suppressed_by": outcome.because,
                "value": outcome.value,
                "unit": outcome.unit,
            }


def _reminders(facts: Facts, stated: Sequence[tuple[Rule, Finding]], *, status: str) -> list[dict[str, Any]]:
    if status == "too_short" or (status == "not_scored" and facts.sport not in FUELLED):
        return []
    severities = {rule.code: finding.severity for rule, finding in stated if not finding.segment}
    nexts = {rule.code: str(finding.params["next"]) for rule, finding in stated if "next" in finding.params}
    made = advice.reminders(Situation(facts, severities, nexts))
    hidden = facts.profile.amounts_hidden(facts.activity.started_at.year)
    return list(advice.conceal({"reminders": made})["reminders"]) if hidden else made


def _main_effort(facts: Facts) -> dict[str, Any]:
    return {
        "start_m": round(facts.effort.start_m, 1),
        "end_m": round(facts.effort.end_m, 1),
        "warm_up": _span(facts.effort.warm_up),
        "cool_down": _span(facts.effort.cool_down),
    }


def _span(span: tuple[float, float] | None) -> list[float] | None:
    return None if span is None else [round(span[0], 1), round(span[1], 1)]


def _digest(facts: Facts, outcomes: Outcomes, score: int | None) -> dict[str, Any]:
    gap_mps = windows.mean_gap(facts, 0.0, facts.distance_m).heart
    altitude = facts.altitude
    return {
        "started_at": _instant(facts.activity.started_at),
        "sport": facts.sport,
        "distance_m": round(facts.distance_m, 1),
        "moving_s": round(facts.moving_s, 1),
        "elapsed_s": round(facts.elapsed_s, 1),
        "score": score,
        "early_excess": _early_excess(outcomes),
        "eccentric_drop_m": None if altitude is None else round(altitude.eccentric_drop_m, 1),
        "ascent_m": None if altitude is None else round(altitude.ascent_m, 1),
        "gap_speed_mps": _rounded(gap_mps, 4),
        "efficiency": _rounded(facts.heart.efficiency, 5),
        "heart_rate_p995_bpm": _rounded(facts.heart.p995_bpm, 1),
        "best_efforts": [list(effort) for effort in splits.best_efforts(facts.grid)] if facts.family == "run" else [],
        "cramp": None,
    }


def _early_excess(outcomes: Outcomes) -> float | None:
    for rule, outcome in outcomes:
        if rule.code == "fast_start":
            if isinstance(outcome, Found):
                return outcome.findings[0].value
            return outcome.value if isinstance(outcome, Clear) else None
    return None


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), decimals)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").replace(".000Z", "Z")
