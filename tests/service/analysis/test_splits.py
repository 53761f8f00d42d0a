"""Kilometres, miles, and the fastest stretches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fixtures.runs import Run, Stretch, km, minutes
from service.analysis.facts import Facts
from service.analysis.splits import KILOMETRE_M, MILE_M, best_efforts, part, splits

Gather = Callable[..., Facts]


def test_kilometres_of_an_even_run_and_its_rest(facts_of: Gather) -> None:
    got = splits(facts_of(Run((km(5.4, 3.0),))), KILOMETRE_M)
    assert [round(split.distance_m) for split in got] == [1000] * 5 + [400]
    assert [round(split.moving_s) for split in got[:5]] == pytest.approx([333] * 5, abs=1)
    assert got[0].gap_mps == pytest.approx(3.0, abs=0.01)
    assert got[0].heart_rate_avg_bpm is None


def test_a_rest_of_centimetres_is_no_split(facts_of: Gather) -> None:
    assert len(splits(facts_of(Run((km(5.0005, 3.0),))), KILOMETRE_M)) == 5
    assert len(splits(facts_of(Run((km(4.9999, 3.0),))), KILOMETRE_M)) == 5


def test_miles(facts_of: Gather) -> None:
    got = splits(facts_of(Run((km(10, 3.0),))), MILE_M)
    assert len(got) == 7
    assert got[1].start_m == pytest.approx(1609.344)


@pytest.mark.parametrize("scenario", ["S16", "S19", "hike", "over_the_top"])
def test_ascent_and_descent_of_the_splits_add_up_to_the_run(scenario: str, facts_of: Gather) -> None:
    facts = facts_of(scenario)
    got = splits(facts, KILOMETRE_M)
    assert facts.altitude is not None
    assert sum(split.ascent_m or 0 for split in got) == pytest.approx(facts.altitude.ascent_m, abs=0.5)
    assert sum(split.descent_m or 0 for split in got) == pytest.approx(facts.altitude.descent_m, abs=0.5)


def test_times_of_the_splits_run_on_the_clock(facts_of: Gather) -> None:
    got = splits(facts_of(Run((km(5, 3.0),), stops=((2500.0, 100.0),))), KILOMETRE_M)
    assert got[2].end_s - got[2].start_s == pytest.approx(433, abs=1)
    assert got[2].moving_s == pytest.approx(333, abs=2)


def test_a_part_has_the_heart_rate_of_its_moving_time(facts_of: Gather) -> None:
    facts = facts_of(Run((km(10, 3.0),), heart_rate=((0, 118), (1666, 124), (1667, 157), (3333, 163))))
    assert part(facts, 0, 4000).heart_rate_avg_bpm == pytest.approx(120.4, abs=0.5)
    assert part(facts, 6000, 10_000).heart_rate_avg_bpm == pytest.approx(160.6, abs=0.5)


def test_a_part_has_the_cadence_of_its_moving_time_and_none_where_none_was_recorded(facts_of: Gather) -> None:
    run = Run((km(5, 3.0),), stops=((2500.0, 100.0),))
    assert part(facts_of(run), 2000, 3000).cadence_avg_spm == pytest.approx(170, abs=5)
    assert part(facts_of(replace(run, with_cadence=False)), 2000, 3000).cadence_avg_spm is None


def test_best_efforts_are_the_fastest_stretches(facts_of: Gather) -> None:
    facts = facts_of(Run((km(3, 2.8), km(3, 3.75), km(6, 2.8))))
    efforts = dict(best_efforts(facts.grid))
    assert sorted(efforts) == [1000.0, 3000.0, 5000.0, 10_000.0]
    assert efforts[3000.0] == pytest.approx(800, abs=2)
    assert efforts[1000.0] == pytest.approx(266.7, abs=1)
    assert efforts[5000.0] == pytest.approx(800 + 2000 / 2.8, abs=3)


def test_a_rest_between_two_repeats_counts_as_time(facts_of: Gather) -> None:
    paused = Run((km(1.5, 4.0), km(1.5, 4.0)), stops=((1500.0, 300.0),))
    assert dict(best_efforts(facts_of(paused).grid))[3000.0] == pytest.approx(750 + 300, abs=3)


def test_no_best_effort_contains_a_gap(facts_of: Gather) -> None:
    run = Run((km(2, 3.0), Stretch(8.0, seconds=125.0), km(4, 3.0)), missing=((668.0, 790.0),))
    efforts = dict(best_efforts(facts_of(run).grid))
    assert efforts[1000.0] == pytest.approx(333, abs=2)
    assert 5000.0 not in efforts


def test_a_hill_counts_for_what_it_costs(facts_of: Gather) -> None:
    flat = dict(best_efforts(facts_of(Run((km(4, 3.0),))).grid))
    uphill = dict(best_efforts(facts_of(Run((km(4, 3.0, grade=0.05),))).grid))
    assert uphill[3000.0] == pytest.approx(flat[3000.0] / 1.21, rel=0.02)


def test_a_day_long_run_keeps_its_best_efforts_to_the_second(facts_of: Gather) -> None:
    run = Run((minutes(200, 2.5), km(5, 4.0), minutes(60, 2.5)))
    assert dict(best_efforts(facts_of(replace(run)).grid))[5000.0] == pytest.approx(1250, abs=3)
