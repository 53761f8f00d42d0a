"""Intervals are told from races, hills and noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fixtures.runs import GPS_ALTITUDE, Run, Stretch, activity, even_effort, km, minutes
from parsers.activity import Activity, Lap
from service.analysis.facts import Facts
from service.analysis.structured import lap_repeats

Gather = Callable[..., Facts]
SEEDS = range(20)
NOISY = {"pace_wander": 0.05, "speed_noise": 0.05}

SESSIONS = {
    "6 × 800 m": ((km(2, 2.6), *(6 * (km(0.8, 4.0), km(0.4, 2.3))), km(2, 2.6)), 6),
    "6 × 1000 m without warm-up": (6 * (km(1, 4.0), km(0.4, 2.4)), 6),
    "run-walk 4:1": (12 * (minutes(4, 2.8), minutes(1, 1.5)), 12),
    # Against standing, the jog before the first repeat is fast as well: that repeat goes with the warm-up.
    "10 × 400 m with standing rest": ((km(3, 2.6), *(10 * (km(0.4, 4.5), Stretch(0.0, seconds=60))), km(1, 2.6)), 9),
    "hill repeats": (
        (km(2, 2.8), *(8 * (km(0.3, 3.4, grade=0.06), km(0.3, 2.3, grade=-0.06))), km(2, 2.8)),
        8,
    ),
    "long warm-up": ((minutes(25, 2.6), *(5 * (minutes(4, 3.8), minutes(2, 2.4))), minutes(20, 2.5)), 5),
}
CONTINUOUS = {
    "even": (km(10, 3.0),),
    "fast start": (km(1, 3.36), km(9, 3.0)),
    "downhill start": (km(1, 3.36, grade=-0.04), km(9, 3.0)),
    "rolling": tuple(
        leg for _ in range(4) for leg in (even_effort(1.25, 3.0, grade=0.06), even_effort(1.25, 3.0, grade=-0.06))
    ),
    "fade": (km(5, 3.2), km(5, 2.77)),
    "progression": tuple(km(2, 2.7 + 0.12 * step) for step in range(6)),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_sessions_are_found_with_their_repeats(name: str, facts_of: Gather) -> None:
    stretches, repeats = SESSIONS[name]
    found = facts_of(Run(stretches)).structured
    assert (found.found, found.by, found.repeats) == (True, "alternation", repeats)


@pytest.mark.parametrize("noise", [{}, {**GPS_ALTITUDE}], ids=["barometer", "gps"])
@pytest.mark.parametrize("name", CONTINUOUS)
def test_no_continuous_run_looks_structured_however_noisy(name: str, noise: dict[str, float], facts_of: Gather) -> None:
    runs = (replace(Run(CONTINUOUS[name], seed=seed), **NOISY, **noise) for seed in SEEDS)
    assert not [run.seed for run in runs if facts_of(run).structured.found]


def test_traffic_lights_are_no_intervals(facts_of: Gather) -> None:
    blocks_km = (0.4, 1.5, 0.7, 1.9, 0.3, 1.1, 2.0, 0.6)
    lights = tuple(piece for block in blocks_km for piece in (km(block, 3.0), Stretch(0.0, seconds=45)))
    assert not facts_of(Run(lights)).structured.found


def test_walking_breaks_that_begin_in_the_second_half_are_a_fade_not_a_session(facts_of: Gather) -> None:
    breaks = tuple(piece for way in (0.5, 0.9, 0.4, 0.7, 0.6) for piece in (minutes(2, 1.4), km(way, 2.8)))
    assert not facts_of(Run((km(14, 3.3), *breaks))).structured.found


@pytest.mark.parametrize(("blocks_min", "found"), [((9, 9, 9, 9, 9, 9), True), ((4, 14, 7, 2, 11, 5), False)])
def test_in_a_long_run_only_regular_walking_breaks_are_a_plan(
    blocks_min: tuple[float, ...], *, found: bool, facts_of: Gather
) -> None:
    pieces = tuple(piece for block in 3 * blocks_min for piece in (minutes(block, 2.8), minutes(2, 1.4)))
    assert facts_of(Run(pieces)).structured.found is found


def test_what_the_watch_says_of_a_workout_counts(facts_of: Gather) -> None:
    assert facts_of(Run((km(10, 3.0),), workout=True)).structured.by == "workout"


def test_laps_of_work_and_rest_make_a_session(facts_of: Gather) -> None:
    run = activity(Run((km(10, 3.0),)))
    laps = tuple(Lap(60.0 * i, 60.0 * i + 60, intensity=("active", "rest")[i % 2]) for i in range(8))
    found = facts_of(replace(run, laps=laps)).structured
    assert (found.by, found.repeats) == ("laps", 4)


@pytest.mark.parametrize(
    ("words", "repeats"),
    [
        ((None, None, None), 0),
        (("warmup", "active", "cooldown"), 0),
        (("active", "rest", "active"), 0),
        (("active", "recovery", "active", "recovery"), 2),
    ],
)
def test_laps_that_tell_work_from_rest(words: tuple[str | None, ...], repeats: int) -> None:
    assert lap_repeats(tuple(Lap(0.0, 1.0, intensity=word) for word in words)) == repeats


def test_a_bicycle_ride_is_never_structured(facts_of: Gather) -> None:
    ride: Activity = activity(Run(SESSIONS["6 × 800 m"][0], sport="cycling"))
    assert not facts_of(ride).structured.found
