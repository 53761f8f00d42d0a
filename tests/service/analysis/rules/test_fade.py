"""The fade rule: halves compared, the worst stretch after half distance, and what is no fade."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fixtures.runs import Run, Stretch, km, noisy
from service.analysis import pacing
from service.analysis.finding import Clear
from service.analysis.rules import fade
from service.analysis.rules.fade import RULE

WALL = Run((km(6, 3.0), km(4, 2.2)))
COOL_DOWN = Run((km(9, 3.0), km(1, 2.0)))
FALLING = ((0.0, 135.0), (3000.0, 152.0), (3100.0, 125.0), (3500.0, 118.0))
RISING = ((0.0, 135.0), (3000.0, 152.0), (3500.0, 170.0))

CASES = {
    "an even run": ("S04", {}, "clear"),
    "a fast start alone": ("S01", {}, "clear"),
    "a progression run": ("S32", {}, "clear"),
    "a fade of 15.4 %": (Run((km(5, 3.0), km(5, 2.6))), {}, "found moderate"),
    "a fade of 11 %": (Run((km(5, 3.0), km(5, 2.7))), {}, "found low"),
    "a wall at 30 km": ("S14", {}, "found high"),
    "a collapse of one tenth": (Run((km(7, 3.0), km(1, 2.3), km(2, 3.0))), {}, "found high"),
    "uphill in the second half": (Run((km(5, 3.0), km(5, 3.0 / 1.26, grade=0.06))), {}, "clear"),
    "a tempo run between easy blocks": ("tempo", {}, "clear"),
    "a tempo run that starts fast": ("tempo_fast", {}, "clear"),
    "a cool-down with falling heart rate": (replace(COOL_DOWN, heart_rate=FALLING), {}, "clear"),
    "a slow end with rising heart rate": (replace(COOL_DOWN, heart_rate=RISING), {}, "found high"),
    "a slow end without heart rate is shown": (COOL_DOWN, {}, "found high"),
    "standing is no fade": (Run((km(6, 3.0), Stretch(0.0, seconds=300.0), km(4, 3.0))), {}, "clear"),
    "intervals": ("S07", {}, "skipped structured"),
    "a treadmill": ("S10", {}, "skipped treadmill"),
    "under 5 km": (Run((km(2, 3.0), km(2, 2.2))), {}, "skipped too_short"),
    "a steep second half": (Run((km(5, 3.0), km(4, 1.0, grade=0.15))), {}, "skipped terrain_differs"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


@pytest.mark.parametrize(("late_mps", "severity"), [(2.68, "low"), (2.58, "moderate"), (2.45, "high")])
def test_the_threshold_itself_counts(facts_of, with_limit, late_mps, severity) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(Run((km(5, 3.0), km(5, late_mps))))
    exact = fade.measured(facts, pacing.effort(facts)).fade
    only = with_limit(with_limit(RULE, "collapse_moderate", 9.0), "collapse_high", 9.0)
    on = RULE.check(facts, with_limit(only, severity, exact))
    above = RULE.check(facts, with_limit(only, severity, float(np.nextafter(exact, 1))))
    assert on.findings[0].severity == severity
    assert isinstance(above, Clear) or above.findings[0].severity != severity


@pytest.mark.parametrize(("late_mps", "severity"), [(2.46, "moderate"), (2.38, "high")])
def test_the_threshold_of_a_collapse_counts(facts_of, with_limit, late_mps, severity) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(Run((km(7, 3.0), km(1.2, late_mps), km(1.8, 3.0))))
    exact = fade.measured(facts, pacing.effort(facts)).collapse
    on = RULE.check(facts, with_limit(RULE, f"collapse_{severity}", exact))
    assert (on.findings[0].severity, on.findings[0].value) == (severity, round(exact, 4))
    above = RULE.check(facts, with_limit(RULE, f"collapse_{severity}", float(np.nextafter(exact, 1))))
    assert isinstance(above, Clear) or above.findings[0].severity != severity


def test_the_marathon_wall_has_the_numbers_of_the_reference(facts_of) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of("S14"), RULE).findings
    assert finding.params["fade"] == pytest.approx(0.21, abs=0.015)
    assert finding.params["collapse"] == pytest.approx(0.364, abs=0.015)
    assert finding.params["collapse_m"] == pytest.approx(30_000, abs=300)


@pytest.mark.parametrize(("scenario", "value"), [("S01", 0.020), ("S32", -0.112)])
def test_a_clear_run_has_the_fade_of_the_reference(facts_of, scenario, value) -> None:  # type: ignore[no-untyped-def]
    assert RULE.check(facts_of(scenario), RULE).value == pytest.approx(value, abs=0.015)


def test_a_slow_end_without_heart_rate_brings_no_points(facts_of) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of(COOL_DOWN), RULE).findings
    assert (finding.points, finding.quality) == (0, ("may_be_cool_down",))
    (sure,) = RULE.check(facts_of(WALL), RULE).findings
    assert sure.points == 10


def test_an_ultra_fades_without_points(facts_of) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of("ultra"), RULE).findings
    assert finding.points == 0


def test_a_fade_is_no_part_of_the_forecast() -> None:
    assert RULE.retrospective_only


def test_a_noisy_fade_is_found(facts_of) -> None:  # type: ignore[no-untyped-def]
    outcomes = [RULE.check(facts_of(noisy("fade", seed)), RULE) for seed in range(8)]
    assert sum(hasattr(outcome, "findings") for outcome in outcomes) >= 7


def test_a_slower_start_is_the_advice_only_where_it_would_have_been_enough(facts_of) -> None:  # type: ignore[no-untyped-def]
    """And food only in runs of an hour or more."""
    advice = {}
    for name, stretches in {
        "short, a little": (km(5, 3.0), km(5, 2.7)),
        "short, a breakdown": (km(5, 3.3), km(4.5, 2.2)),
        "long, a little": (km(7, 3.0), km(7, 2.6)),
        "long, a breakdown": (km(7, 3.0), km(7, 2.0)),
    }.items():
        (finding,) = RULE.check(facts_of(Run(stretches)), RULE).findings
        assert (finding.counterfactual.text == "fade-counterfactual_far") is ("breakdown" in name)
        advice[name] = finding.params["next"]
    assert advice == {
        "short, a little": "slower",
        "short, a breakdown": "ease",
        "long, a little": "slower_fuel",
        "long, a breakdown": "fuel",
    }
