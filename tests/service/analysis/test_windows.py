"""Means over stretches of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fixtures.runs import Run, Stretch, km
from service.analysis import windows
from service.analysis.cost import heart_factor, minetti_factor
from service.analysis.facts import Facts

Gather = Callable[..., Facts]
TWO_SPEEDS = Run((km(5, 4.0), km(5, 2.0)))


def test_means_are_over_time_not_over_distance(facts_of: Gather) -> None:
    facts = facts_of(TWO_SPEEDS)
    assert windows.mean_gap(facts, 0, 10_000).heart == pytest.approx(10_000 / 3750, abs=0.005)
    assert windows.mean_gap(facts, 0, 5000).heart == pytest.approx(4.0, abs=0.01)
    assert windows.mean_gap(facts, 5000, 10_000).minetti == pytest.approx(2.0, abs=0.01)


def test_standing_is_left_out_of_a_mean(facts_of: Gather) -> None:
    facts = facts_of(Run((km(3, 3.0), Stretch(0.0, seconds=200), km(3, 3.0))))
    assert windows.mean_gap(facts, 100, 5000).heart == pytest.approx(3.0, abs=0.02)
    assert windows.moving_seconds(facts, 0, 6000) == pytest.approx(2000, abs=6)


def test_bad_rows_are_left_out_of_a_mean_and_counted(facts_of: Gather) -> None:
    facts = facts_of("S08")
    assert windows.mean_gap(facts, 100, 1000).heart == pytest.approx(3.0, abs=0.02)
    assert windows.bad_share(facts, 100, 1000) > 0.4
    assert windows.bad_share(facts, 1000, 5000) < 0.01
    assert windows.bad_share(facts, 20_000, 30_000) == 1.0


def test_both_models_on_a_slope(facts_of: Gather) -> None:
    facts = facts_of(Run((km(4, 3.0), km(2, 2.5, grade=0.05), km(4, 3.0))))
    slope = np.array([0.05])
    got = windows.mean_gap(facts, 4300, 5700)
    assert got.minetti == pytest.approx(2.5 * minetti_factor(slope)[0], rel=0.01)
    assert got.heart == pytest.approx(2.5 * heart_factor(slope)[0], rel=0.01)


def test_an_empty_window_has_no_mean(facts_of: Gather) -> None:
    facts = facts_of(TWO_SPEEDS)
    assert np.isnan(windows.mean_gap(facts, 12_000, 13_000).heart)
    assert np.isnan(windows.mean_gap(facts, 300, 300).minetti)
    assert windows.mean_heart_rate(facts, 0, 10_000) is None


def test_windows_that_meet_share_no_row_and_lose_none(facts_of: Gather) -> None:
    facts = facts_of(TWO_SPEEDS)
    cuts = [0.0, 1234.5, 5000.0, 9999.0, facts.distance_m]
    counts = [windows.moving_seconds(facts, a, b) for a, b in pairwise(cuts)]
    assert sum(counts) == np.count_nonzero(facts.grid.moving)


def test_elapsed_time_at_a_distance_and_back(facts_of: Gather) -> None:
    facts = facts_of(replace(TWO_SPEEDS, stops=((5000.0, 100.0),)))
    assert windows.elapsed_at(facts, 4000) == pytest.approx(1000, abs=0.1)
    assert windows.elapsed_at(facts, 7000) == pytest.approx(1350 + 1000, abs=1)
    assert windows.distance_at(facts, 2350) == pytest.approx(7000, abs=3)
    assert windows.elapsed_at(facts, 99_999) == facts.grid.clock_s[-1]
    assert windows.elapsed_at(facts, 0) == 0.0


def test_splits_of_200_metres(facts_of: Gather) -> None:
    got = windows.split_gaps(facts_of(TWO_SPEEDS), 100, 1000)
    assert got.start_m.tolist() == [100, 300, 500, 700]
    assert got.heart == pytest.approx(4.0, abs=0.01)
    assert len(got.minetti) == 4


def test_sliding_windows_find_the_slowest_part(facts_of: Gather) -> None:
    facts = facts_of(Run((km(6, 3.0), km(1, 2.0), km(3, 3.0))))
    got = windows.sliding_gaps(facts, 5000, 10_000, length_m=1000)
    assert got.start_m[np.nanargmin(got.heart)] == 6000
    assert np.nanmin(got.heart) == pytest.approx(2.0, abs=0.01)
    assert len(got.start_m) == 41
    for start, heart in zip(got.start_m[:5], got.heart[:5], strict=True):
        assert heart == pytest.approx(windows.mean_gap(facts, start, start + 1000).heart, rel=1e-9)


def test_a_sliding_window_in_a_recording_gap_is_not_known(facts_of: Gather) -> None:
    got = windows.sliding_gaps(facts_of("S08"), 0, 2000, length_m=500, step_m=250)
    assert np.isnan(got.heart[1])
    assert np.isfinite(got.heart[-1])


def test_shares_of_hiking_and_of_steep_ground(facts_of: Gather) -> None:
    facts = facts_of("hike")
    assert windows.hiking_share(facts, 0, 1500) == 0.0
    assert windows.hiking_share(facts, 2100, 6900) == pytest.approx(1.0, abs=0.02)
    assert windows.steep_share(facts, 2200, 6800) == pytest.approx(1.0, abs=0.02)
    assert windows.steep_share(facts_of("S26"), 0, 10_000) == 0.0


def test_a_grid_column_put_onto_the_rows_of_the_file(facts_of: Gather) -> None:
    facts = facts_of(replace(TWO_SPEEDS, step_s=7.0))
    on_rows = windows.at_times(facts, facts.grid.gap_heart_mps, facts.activity.streams.time_s)
    assert len(on_rows) == len(facts.activity.streams)
    assert on_rows[2:170] == pytest.approx(4.0, abs=0.02)
