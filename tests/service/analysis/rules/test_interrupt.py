"""The interrupt rule: a late walk after which the pace did not come back becomes a question."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fixtures.runs import Run, Stretch, activity, even_effort, km, minutes
from parsers.activity import Note
from service.analysis.finding import Clear, Found
from service.analysis.rules.interrupt import RULE


def late_walk(*, seconds: float = 90, after_mps: float = 2.6, at_km: float = 9, slow_mps: float = 1.2) -> Run:
    return Run((km(at_km, 3.0), minutes(seconds / 60, slow_mps), km(12 - at_km, after_mps)))


CASES = {
    "a walk of 90 s at km 9, then slower": (late_walk(), {}, "found moderate"),
    "standing for 90 s, then slower": (Run((km(9, 3.0), Stretch(0.0, seconds=90), km(3, 2.6))), {}, "found moderate"),
    "the pace comes back": (late_walk(after_mps=3.0), {}, "clear"),
    "the pace nearly comes back": (late_walk(after_mps=2.8), {}, "clear"),
    "40 s are a shoelace": (late_walk(seconds=40), {}, "clear"),
    "early in the run": (late_walk(at_km=5), {}, "clear"),
    "steep ground makes anyone walk": (
        Run((km(9, 3.0), minutes(3, 1.2, grade=0.12), km(3, 2.6))),
        {},
        "clear",
    ),
    "a rest on a summit, and a slow way down": (
        Run((km(6, 3.0), minutes(30, 1.6, grade=0.16), minutes(5, 0.1), minutes(30, 1.2, grade=-0.14))),
        {},
        "clear",
    ),
    "the same rest on the flat, and a slow way home": (
        Run((km(6, 3.0), minutes(30, 1.6), minutes(5, 0.1), minutes(30, 1.2))),
        {},
        "found moderate",
    ),
    "slower afterwards because the way goes up": (
        Run((km(9, 3.0), minutes(1.5, 1.2), even_effort(3, 3.0, grade=0.05))),
        {},
        "clear",
    ),
    "a walk to the end has no pace after it": (Run((km(10, 3.0), km(0.2, 1.2))), {}, "clear"),
    "an even run": ("S04", {}, "clear"),
    "under 40 minutes": (Run((km(4, 3.0), minutes(1.5, 1.2), km(1, 2.6))), {}, "skipped too_short"),
    "run and walk by plan": (
        Run((*(12 * (minutes(4, 3.0), minutes(1.2, 1.4))), minutes(4, 2.6))),
        {},
        "skipped structured",
    ),
    "repeats with standing rests that grow slow": (
        Run((km(2, 2.8), *(5 * (km(0.8, 4.0), minutes(2, 1.2))), km(0.8, 2.9), minutes(2, 1.2), km(2, 2.6))),
        {},
        "skipped structured",
    ),
}


@pytest.mark.parametrize("sentence", CASES)
def test_case(sentence, said) -> None:  # type: ignore[no-untyped-def]
    run, known, expected = CASES[sentence]
    assert said(RULE, run, known) == expected


def test_the_recovery_threshold_itself_counts(facts_of, with_limit) -> None:  # type: ignore[no-untyped-def]
    facts = facts_of(late_walk())
    before = np.median(facts.grid.speed_mps[2700:2990])
    after = np.median(facts.grid.speed_mps[3100:3380])
    exact = float(after) / float(before)
    assert RULE.check(facts, with_limit(RULE, "recovery", exact)).findings[0].points == 10
    assert isinstance(RULE.check(facts, with_limit(RULE, "recovery", float(np.nextafter(exact, 0)))), Clear)


def test_it_is_a_question_with_place_and_minute(facts_of) -> None:  # type: ignore[no-untyped-def]
    (finding,) = RULE.check(facts_of(late_walk()), RULE).findings
    assert finding.question
    assert finding.start_m == pytest.approx(9000, abs=20)
    assert finding.params["minute"] == 50
    assert finding.value == pytest.approx(2.6 / 3.0, abs=0.01)


def test_two_events_are_surer_and_bring_points_once(facts_of) -> None:  # type: ignore[no-untyped-def]
    run = Run((km(8, 3.0), minutes(2, 1.2), km(2, 2.6), minutes(2, 1.2), km(1.5, 2.3)))
    first, second = RULE.check(facts_of(run), RULE).findings
    assert (first.points, second.points) == (10, 0)
    assert first.confidence == second.confidence > 0.5


@pytest.mark.parametrize(("cut", "asked"), [((), True), ((Note("truncated", start_s=3200.0),), False)])
def test_a_file_that_breaks_off_soon_after_a_break_asks_nothing(facts_of, cut, asked) -> None:  # type: ignore[no-untyped-def]
    """Two slow minutes after a walk end the one run, and are followed by nobody knows what in the other."""
    walked = activity(Run((km(9, 3.0), minutes(1.5, 1.2), minutes(2, 2.6))))
    outcome = RULE.check(facts_of(replace(walked, notes=cut)), RULE)
    assert isinstance(outcome, Found) is asked


def test_a_file_that_breaks_off_long_after_a_break_asks_all_the_same(facts_of) -> None:  # type: ignore[no-untyped-def]
    walked = replace(activity(late_walk()), notes=(Note("truncated", start_s=4000.0),))
    assert isinstance(RULE.check(facts_of(walked), RULE), Found)
