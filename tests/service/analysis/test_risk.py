"""The risk model: sums, caps, levels and their floor, bounds, and the usual of the athlete."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis import risk
from service.analysis.athlete import History, PastRun, Profile
from service.analysis.finding import Clear, Finding, Found, Outcome, Skipped
from service.analysis.rule import MARKS, Rule, all_rules

NOW = datetime(2026, 5, 3, 6, 0, tzinfo=UTC)
RULES = {rule.code: rule for rule in all_rules()}


def found(code: str, points: int, *, severity: str = "low", level: str | None = None) -> tuple[Rule, Outcome]:
    finding = Finding(
        code=code,
        severity=severity,
        value=1.0,
        unit="ratio",
        threshold=1.0,
        comparator=">=",
        confidence=1.0,
        points=points,
        text=f"{code}-text",
        condition_level=level,
    )
    return RULES[code], Found((finding,))


def weigh(*outcomes: tuple[Rule, Outcome], moving_min: float = 60, **known: object) -> risk.Risk:
    profile = known.get("profile") or Profile(cramp_history="never", strength_training=True)
    return risk.weigh(
        outcomes,
        known.get("gaps", ()),  # type: ignore[arg-type]
        profile=profile,  # type: ignore[arg-type]
        history=known.get("history", History()),  # type: ignore[arg-type]
        started_at=NOW,
        moving_s=moving_min * 60,
    )


def test_the_explanation_sums_to_the_score_and_the_largest_part_comes_first() -> None:
    got = weigh(found("duration", 8), found("heat", 12), found("hilly", 5))
    assert [(line.feature, line.points) for line in got.lines] == [("heat", 12), ("duration", 8), ("hilly", 5)]
    assert got.score == 25


def test_pacing_is_capped_at_24_with_a_line_that_says_so() -> None:
    got = weigh(found("fast_start", 16), found("fade", 10), found("interrupt", 10), found("duration", 8))
    assert got.score == 32
    assert (got.lines[-1].feature, got.lines[-1].points) == ("cap", -12)


def test_the_forecast_leaves_out_what_only_a_finished_run_shows() -> None:
    got = weigh(found("fast_start", 16), found("fade", 10), found("interrupt", 10), found("duration", 8))
    assert got.forecast_score == 24


def test_the_scale_ends_at_100() -> None:
    parts = [found("duration", 30), found("heat", 40), found("hilly", 40)]
    got = weigh(*parts)
    assert got.score == got.score_high == sum(line.points for line in got.lines) == 100
    assert got.forecast_score == 100


@given(st.dictionaries(st.sampled_from(sorted(RULES)), st.integers(min_value=0, max_value=40)))
def test_every_score_is_the_sum_of_its_explanation(points: dict[str, int]) -> None:
    got = weigh(*(found(code, value) for code, value in points.items()))
    assert got.score == sum(line.points for line in got.lines)
    assert 0 <= got.forecast_score <= 100
    assert 0 <= got.score_low <= got.score <= got.score_high <= 100


@pytest.mark.parametrize(("cramp_history", "points"), [("unknown", 0), ("never", 0), ("ever", 10), ("recent", 20)])
def test_cramps_before_bring_points_where_told(cramp_history: str, points: int) -> None:
    assert weigh(profile=Profile(cramp_history=cramp_history, strength_training=True)).score == points


@pytest.mark.parametrize(("strength_training", "points"), [(None, 0), (True, 0), (False, 5)])
def test_no_strength_work_brings_points_where_told(strength_training: bool | None, points: int) -> None:
    assert weigh(profile=Profile(cramp_history="never", strength_training=strength_training)).score == points


def test_what_the_athlete_has_not_told_is_missing() -> None:
    gaps = {gap.signal: gap.points for gap in risk.athlete_gaps(Profile(), History(), NOW)}
    assert gaps == {"cramp_history": 10, "strength_training": 0}
    told = Profile(cramp_history="never", strength_training=False)
    assert risk.athlete_gaps(told, History(), NOW) == ()


@pytest.mark.parametrize(
    ("told", "days_ago", "answer", "known"),
    [
        ("unknown", 10, "cramp_stopped", "recent"),
        ("unknown", 90, "cramp_continued", "recent"),
        ("unknown", 91, "cramp_continued", "ever"),
        ("never", 120, "cramp_stopped", "ever"),
        ("recent", 120, "cramp_stopped", "recent"),
        ("ever", 10, "near", "ever"),
        ("unknown", 10, "none", "unknown"),
        ("unknown", 10, None, "unknown"),
    ],
)
def test_reported_cramps_outrank_the_profile(told, days_ago, answer, known) -> None:  # type: ignore[no-untyped-def]
    run = PastRun(NOW - timedelta(days=days_ago), "running", 10_000.0, 3400.0, cramp=answer)
    assert risk.cramps_before(Profile(cramp_history=told), History((run,)), NOW) == known


def long_runs(*answers: str | None, moving_min: float = 100.0, sport: str = "running") -> History:
    """Runs every 14 days, the last one 120 days ago."""
    days_ago = range(120 + 14 * (len(answers) - 1), 119, -14)
    return History(
        tuple(
            PastRun(NOW - timedelta(days=ago), sport, 18_000.0, moving_min * 60, cramp=answer)
            for ago, answer in zip(days_ago, answers, strict=True)
        )
    )


@pytest.mark.parametrize(
    ("history", "known"),
    [
        (long_runs("cramp_stopped", *9 * (None,)), "recent"),
        (long_runs("cramp_stopped", *10 * (None,)), "ever"),
        (long_runs("cramp_stopped", *9 * (None,), moving_min=89.0), "ever"),
        (long_runs("cramp_stopped", *9 * (None,), sport="cycling"), "ever"),
        (long_runs("near", *9 * ("none",)), "unknown"),
    ],
)
def test_a_cramp_in_one_of_the_last_ten_long_runs_is_recent(history: History, known: str) -> None:
    assert risk.cramps_before(Profile(), history, NOW) == known


def test_missing_signals_add_up_over_the_rules_that_lacked_them() -> None:
    outcomes = [(RULES[code], Skipped("missing", missing="heart_rate")) for code in ("intensity", "decoupling")]
    (gap,) = risk.rule_gaps([*outcomes, (RULES["fade"], Skipped("structured"))])
    assert (gap.signal, gap.points) == ("heart_rate", 14)


def test_missing_signals_widen_the_score_upwards_only() -> None:
    got = weigh(found("duration", 14), gaps=(risk.Gap("heart_rate", "missing", 14),))
    assert (got.score, got.score_low, got.score_high) == (14, 14, 28)


@pytest.mark.parametrize(
    ("missing", "confidence"), [(0, "high"), (10, "high"), (11, "medium"), (31, "low"), (90, "low")]
)
def test_confidence_falls_with_the_borders_between_the_bounds(missing: int, confidence: str) -> None:
    assert weigh(found("duration", 14), gaps=(risk.Gap("history", "missing", missing),)).confidence == confidence


@pytest.mark.parametrize(
    ("points", "floor", "moving_min", "level", "source"),
    [
        (8, None, 60, "low", "points"),
        (8, "high", 60, "high", "condition_table"),
        (8, "very_high", 30, "very_high", "condition_table"),
        (8, "very_high", 29.9, "low", "points"),
        (50, "moderate", 60, "high", "points"),
        (30, "moderate", 60, "moderate", "points"),
    ],
)
def test_the_level_is_the_higher_of_points_and_conditions(points, floor, moving_min, level, source) -> None:  # type: ignore[no-untyped-def]
    got = weigh(found("duration", points), found("heat", 0, level=floor), moving_min=moving_min)
    assert (got.level, got.level_source) == (level, source)
    assert got.score == points


def test_points_without_a_warning_count() -> None:
    got = weigh((RULES["duration"], Clear(50.0, "min", points=4)))
    assert [(line.feature, line.points) for line in got.lines] == [("duration", 4)]


def runs(*scores: int | None, days_apart: float = 5) -> History:
    return History(
        tuple(
            PastRun(NOW - timedelta(days=days_apart * (i + 1)), "running", 10_000.0, 3400.0, score=score)
            for i, score in enumerate(scores)
        )
    )


@pytest.mark.parametrize(
    ("history", "usual"),
    [
        (runs(*8 * (4,)), 100),
        (runs(*4 * (4, 20)), 50),
        (runs(*8 * (8,)), 50),
        (runs(*8 * (20,)), 0),
        (runs(*7 * (4,)), None),
        (runs(*8 * (4,), None), 100),
        (runs(*8 * (4,), days_apart=20), None),
    ],
)
def test_the_usual_is_a_percentile_of_90_days_from_eight_runs_on(history: History, usual: int | None) -> None:
    assert weigh(found("duration", 8), history=history).usual_for_athlete == usual


def test_walks_do_not_tell_what_is_usual_of_runs() -> None:
    eight = runs(*8 * (4,))
    walks = History(tuple(replace(run, sport="walking", score=90) for run in eight.runs))
    mixed = History(tuple(sorted((*eight.runs, *walks.runs), key=lambda run: run.started_at)))
    assert weigh(found("duration", 8), history=mixed).usual_for_athlete == 100
    assert weigh(found("duration", 8), history=walks).usual_for_athlete is None


def test_every_number_of_the_model_has_a_mark_and_a_source() -> None:
    for threshold in risk.THRESHOLDS.values():
        assert threshold.mark in MARKS
        assert (threshold.mark == "J") == threshold.source.startswith("chosen by us")


def test_the_order_of_rules_does_not_change_the_score() -> None:
    parts = [found("fast_start", 16), found("fade", 10), found("duration", 8), found("heat", 12)]
    assert weigh(*parts).score == weigh(*reversed(parts)).score
    assert replace(weigh(*parts), lines=()) == replace(weigh(*reversed(parts)), lines=())
