"""Where the main effort lies, when terrain forbids a comparison, and what end is a jog home."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fixtures.runs import Run, Stretch, activity, even_effort, km, minutes
from parsers.activity import Pause
from service.analysis import pacing
from service.analysis.facts import Facts
from service.analysis.pacing import Window, terrain_differs
from service.analysis.rules import fade

Gather = Callable[..., Facts]
TEMPO = (km(2, 2.6), km(6, 3.6), km(2, 2.6))
ONLY_WARM_UP = (km(2, 2.5), km(8, 3.5))
ONLY_SLOW_END = (km(8, 3.5), km(2, 2.6))


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_tempo_run_lies_between_its_easy_blocks(noise: float, facts_of: Gather) -> None:
    effort = facts_of(Run(TEMPO, speed_noise=noise, pace_wander=noise)).effort
    assert (effort.start_m, effort.end_m) == pytest.approx((2000, 8000), abs=30 if noise == 0 else 150)
    assert effort.warm_up == (0.0, effort.start_m)
    assert effort.cool_down == pytest.approx((effort.end_m, 10_000), abs=20)


def test_a_tempo_run_that_starts_fast_keeps_its_fast_start_inside(facts_of: Gather) -> None:
    effort = facts_of("tempo_fast").effort
    assert (effort.start_m, effort.end_m) == pytest.approx((2000, 7000), abs=40)


@pytest.mark.parametrize("scenario", ["S01", "S04", "S14", "S15", "S32", "S33"])
def test_golden_runs_without_easy_blocks_stay_whole(scenario: str, facts_of: Gather) -> None:
    facts = facts_of(scenario)
    assert not facts.effort.trimmed
    assert (facts.effort.start_m, facts.effort.end_m) == (0.0, facts.distance_m)


@pytest.mark.parametrize(
    ("stretches", "changes", "trimmed"),
    [
        (ONLY_WARM_UP, {}, False),
        (ONLY_WARM_UP, {"lap_marks": ((2000.0, "manual"),)}, True),
        (ONLY_WARM_UP, {"lap_marks": ((2000.0, "distance"),)}, False),
        (ONLY_WARM_UP, {"lap_marks": ((2200.0, "manual"),)}, False),
        (ONLY_WARM_UP, {"stops": ((2000.0, 60.0),)}, True),
        (ONLY_WARM_UP, {"stops": ((2000.0, 15.0),)}, False),
        (ONLY_SLOW_END, {}, False),
        (ONLY_SLOW_END, {"lap_marks": ((8000.0, "manual"),)}, True),
        (ONLY_SLOW_END, {"lap_marks": ((8000.0, "distance"),)}, False),
    ],
)
def test_one_easy_block_is_trimmed_only_at_a_press_or_a_stop(
    stretches: tuple[Stretch, ...], changes: dict[str, object], *, trimmed: bool, facts_of: Gather
) -> None:
    assert facts_of(replace(Run(stretches), **changes)).effort.trimmed is trimmed  # type: ignore[arg-type]


def test_a_stop_that_the_watch_made_by_itself_hides_no_fade(facts_of: Gather) -> None:
    run = activity(replace(Run(ONLY_SLOW_END), stops=((8000.0, 60.0),)))
    by_itself = tuple(Pause(pause.start_s, pause.end_s, "auto") for pause in run.pauses)
    assert not facts_of(replace(run, pauses=by_itself)).effort.trimmed


def test_a_border_at_a_lap_press_is_the_press(facts_of: Gather) -> None:
    effort = facts_of(replace(Run(TEMPO), lap_marks=((2010.0, "manual"),))).effort
    assert effort.start_m == pytest.approx(2010, abs=4)


@pytest.mark.parametrize("scenario", ["hike", "over_the_top"])
def test_flat_and_hiked_windows_are_not_compared(scenario: str, facts_of: Gather) -> None:
    facts = facts_of(scenario)
    early_m = max(1000.0, facts.distance_m / 10)
    assert terrain_differs(facts, Window(100.0, early_m), Window(early_m, facts.distance_m / 2))


def test_flat_windows_are_compared(facts_of: Gather) -> None:
    assert not terrain_differs(facts_of("S01"), Window(100.0, 1000.0), Window(1000.0, 5000.0))


def test_walking_with_a_heart_rate_that_fell_is_no_matter_of_terrain(facts_of: Gather) -> None:
    walked = (km(6, 3.2), km(4, 1.6))
    effort_fell = Run(walked, heart_rate=((0, 150), (1875, 166), (2100, 130), (4500, 115)))
    effort_rose = Run(walked, heart_rate=((0, 125), (1875, 136), (2100, 150), (4500, 165)))
    halves = Window(100.0, 5000.0), Window(5000.0, 10_000.0)
    assert not terrain_differs(facts_of(effort_fell), *halves)
    assert terrain_differs(facts_of(effort_rose), *halves)
    assert terrain_differs(facts_of(Run(walked)), *halves)


def test_a_jog_home_shows_by_a_falling_heart_rate(facts_of: Gather) -> None:
    run = (km(9, 3.6), km(1, 2.4))
    resting = Run(run, heart_rate=((0, 160), (2500, 175), (2700, 140), (3000, 130)))
    dying = Run(run, heart_rate=((0, 160), (2500, 175), (3000, 180)))
    assert jogged_home(facts_of(resting))
    assert not jogged_home(facts_of(dying))
    assert not jogged_home(facts_of(Run(run)))
    assert not jogged_home(facts_of("S14"))


def jogged_home(facts: Facts) -> bool:
    tail = fade._easy_tail(facts, pacing.effort(facts), fade.RULE)
    assert tail is None or tail.length_m <= 0.15 * facts.distance_m
    return tail is not None and fade._heart_rate_falls(facts, tail)


def test_a_run_of_a_minute_has_no_blocks(facts_of: Gather) -> None:
    assert not facts_of(Run((minutes(1, 3.0),))).effort.trimmed


def test_hills_of_even_effort_are_no_easy_blocks(facts_of: Gather) -> None:
    hill = (km(3, 3.0), even_effort(2, 3.0, grade=0.06), even_effort(2, 3.0, grade=-0.06), km(3, 3.0))
    assert not facts_of(Run(hill)).effort.trimmed
