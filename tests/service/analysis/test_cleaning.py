"""What is a pause, a gap, a jump: the grid under the habits and failures of real watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fixtures.runs import Run, Stretch, activity, km, minutes
from parsers.activity import Activity, Pause, Streams
from service.analysis.cleaning import Clean, channel, clean, merged, paused_before

EVEN = Run((km(10, 3.0),))
Change = Callable[..., Activity]


def cleaned(run: Run | Activity) -> Clean:
    return clean(activity(run) if isinstance(run, Run) else run, speed_limit_mps=12.0)


def test_one_row_for_each_second_of_an_even_run() -> None:
    got = cleaned(Run((minutes(10, 3.0),)))
    assert len(got.clock_s) == 601
    assert got.clock_s[-1] == 600.0
    assert got.speed_mps == pytest.approx(3.0, abs=0.01)
    assert not got.bad.any()
    assert (got.paused_s, got.notes) == (0.0, ())


@pytest.mark.parametrize("step_s", [0.5, 2.0, 5.0, 9.0])
def test_sub_second_and_smart_recording_give_the_same_speed_as_one_second(step_s: float) -> None:
    got = cleaned(replace(EVEN, step_s=step_s))
    assert got.speed_mps[5:-20] == pytest.approx(3.0, abs=0.01)
    assert got.notes == ()
    assert got.paused_s == 0.0


def test_a_timer_stop_is_a_pause_and_no_row() -> None:
    got = cleaned(replace(EVEN, stops=((4000.0, 300.0),)))
    assert got.paused_s == pytest.approx(300.0)
    assert got.clock_s[-1] == pytest.approx(got.unpaused_s + 300.0, abs=1.0)
    assert got.speed_mps[:-10] == pytest.approx(3.0, abs=0.02)


def test_records_written_during_a_pause_are_cut_out_of_moving_time() -> None:
    run = replace(EVEN, stretches=(km(4, 3.0), Stretch(0.0, seconds=300.0), km(6, 3.0)))
    start_s = 4000 / 3.0
    told = replace(activity(run), pauses=(Pause(start_s, start_s + 300.0, "manual"),))
    got = cleaned(told)
    assert got.paused_s == pytest.approx(300.0)
    assert got.speed_mps[:-10] == pytest.approx(3.0, abs=0.02)
    assert len(got.kept) < len(told.streams) - 295


def test_standing_with_the_timer_on_is_time_but_not_moving() -> None:
    got = cleaned(replace(EVEN, stretches=(km(4, 3.0), Stretch(0.0, seconds=300.0), km(6, 3.0))))
    assert got.paused_s == 0.0
    assert np.count_nonzero(got.speed_mps < 0.5) == pytest.approx(300, abs=6)


def late(run: Run, lead_s: float) -> Activity:
    """The run with its first sample so many seconds after the stated start."""
    made = activity(run)
    columns = dict(made.streams.items())
    return replace(made, streams=Streams(**{**columns, "time_s": columns["time_s"] + lead_s}))


def test_elapsed_time_begins_at_the_stated_start() -> None:
    got = cleaned(late(EVEN, 186.0))
    assert got.elapsed_s == pytest.approx(10_000 / 3.0 + 186.0, abs=1.0)
    assert got.unpaused_s == pytest.approx(10_000 / 3.0, abs=1.0)
    assert (got.clock_s[0], got.paused_s) == (186.0, 0.0)
    assert [(note.code, note.start_s, note.seconds) for note in got.notes] == [("recording_gap", 0.0, 186.0)]


def test_a_watch_that_waits_for_its_first_fix_a_few_seconds_is_not_worth_a_word() -> None:
    assert cleaned(late(EVEN, 3.0)).notes == ()


def test_a_timer_stop_before_the_first_sample_is_a_pause() -> None:
    got = cleaned(replace(late(EVEN, 186.0), pauses=(Pause(20.0, 186.0, "manual"),)))
    assert got.paused_s == pytest.approx(166.0)
    assert [(note.code, note.seconds) for note in got.notes] == [("recording_gap", 20.0)]


def test_a_gap_in_which_the_distance_stood_is_a_pause_without_any_event() -> None:
    run = activity(replace(EVEN, stops=((4000.0, 300.0),)))
    got = cleaned(replace(run, pauses=()))
    assert got.paused_s == pytest.approx(300.0, abs=1.0)
    assert got.notes == ()


def test_a_gap_in_which_the_runner_ran_on_is_a_recording_gap() -> None:
    got = cleaned(replace(EVEN, missing=((1000.0, 1119.0),)))
    (note,) = got.notes
    assert (note.code, note.start_s, note.seconds) == ("recording_gap", 999.0, 121.0)
    assert got.paused_s == 0.0
    assert got.bad[1000:1120].all()
    assert got.bad.sum() == pytest.approx(121, abs=5)
    assert got.distance_m[-1] == pytest.approx(10_000, abs=1)


@pytest.mark.parametrize(("missing_s", "notes"), [(14, 0), (16, 1)])
def test_a_gap_begins_past_15_seconds(missing_s: int, notes: int) -> None:
    assert len(cleaned(replace(EVEN, missing=((1000.0, 999.0 + missing_s),))).notes) == notes


def test_at_smart_recording_a_gap_begins_past_five_usual_steps() -> None:
    smart = replace(EVEN, step_s=8.0)
    assert not cleaned(replace(smart, missing=((1000.0, 1030.0),))).notes
    assert cleaned(replace(smart, missing=((1000.0, 1050.0),))).notes


def test_a_file_full_of_gaps_has_a_bounded_number_of_notes(with_columns: Change) -> None:
    run = activity(Run((minutes(120, 3.0),)))
    holes = np.arange(len(run.streams)) % 50 < 30
    notes = cleaned(with_columns(run, keep=holes)).notes
    assert len(notes) == 51
    assert (notes[-1].count, notes[-1].start_s) == (144 - 50, None)


def test_a_leap_of_the_position_is_bad_keeps_its_distance_and_does_not_touch_the_speed(with_columns: Change) -> None:
    run = activity(EVEN)
    metres = np.array(run.streams.distance_m)
    metres[1000:] += 150.0
    got = cleaned(with_columns(run, distance_m=metres))
    assert np.flatnonzero(got.bad).tolist() == [1000]
    assert got.speed_mps[:-10] == pytest.approx(3.0, abs=0.02)
    assert got.distance_m[-1] == pytest.approx(10_150, abs=1)


def test_metres_that_drift_in_during_a_pause_are_no_sprint(with_columns: Change) -> None:
    run = activity(replace(EVEN, stops=((4000.0, 300.0),)))
    metres = np.array(run.streams.distance_m)
    metres[run.streams.time_s > 1500] += 40.0
    got = cleaned(with_columns(run, distance_m=metres))
    assert got.speed_mps.max() < 3.5
    assert not got.bad.any()


def test_a_distance_that_is_written_every_few_seconds_gives_an_even_speed(with_columns: Change) -> None:
    run = activity(EVEN)
    metres = np.floor(np.array(run.streams.distance_m) / 50.0) * 50.0
    got = cleaned(with_columns(run, distance_m=metres))
    assert got.speed_mps[60:-60] == pytest.approx(3.0, abs=0.2)
    assert not got.bad.any()


def test_without_distance_the_speed_is_summed_up(with_columns: Change) -> None:
    got = cleaned(with_columns(activity(EVEN), distance_m=None, lat_deg=None, lon_deg=None))
    assert got.distance_m[-1] == pytest.approx(10_000, rel=0.002)


def test_missing_distances_are_filled_in_by_time(with_columns: Change) -> None:
    run = activity(EVEN)
    metres = np.array(run.streams.distance_m)
    metres[500:510] = np.nan
    assert cleaned(with_columns(run, distance_m=metres)).speed_mps[:-10] == pytest.approx(3.0, abs=0.02)


def test_swapped_timer_events_that_pause_the_whole_run_are_not_believed() -> None:
    run = activity(EVEN)
    got = cleaned(replace(run, pauses=(Pause(5.0, 3330.0, "manual"),)))
    assert [note.code for note in got.notes] == ["pauses_implausible"]
    assert got.paused_s == 0.0


def test_a_border_of_segments_costs_no_running_time() -> None:
    run = activity(replace(EVEN, stops=((4000.0, 300.0),)))
    ends = run.pauses[0]
    first = float(run.streams.time_s[run.streams.time_s <= ends.start_s][-1])
    second = float(run.streams.time_s[run.streams.time_s >= ends.end_s][0])
    by_segment = cleaned(replace(run, pauses=(Pause(first, second, "segment"),)))
    assert by_segment.unpaused_s == pytest.approx(cleaned(run).unpaused_s, abs=1.0)


def test_a_broken_clock_does_not_cost_the_memory_of_a_month() -> None:
    time_s = np.arange(0.0, 30 * 86_400.0, 3600.0)
    streams = Streams(time_s, distance_m=time_s.copy())
    got = cleaned(replace(activity(EVEN), streams=streams))
    assert len(got.clock_s) <= 7 * 86_400 + 1
    assert "too_long" in {note.code for note in got.notes}


def test_a_race_of_six_days_is_kept_whole() -> None:
    time_s = np.arange(0.0, 6 * 86_400.0, 10.0)
    got = cleaned(replace(activity(EVEN), streams=Streams(time_s, distance_m=1.9 * time_s)))
    assert (len(got.clock_s), got.notes) == (6 * 86_400 - 9, ())


@pytest.mark.parametrize("rows", [0, 1])
def test_a_file_of_no_or_one_sample_is_one_row_that_stands(rows: int) -> None:
    got = cleaned(replace(activity(EVEN), streams=Streams(np.arange(float(rows)))))
    assert len(got.clock_s) == 1
    assert got.speed_mps.tolist() == [0.0]


def test_a_channel_is_not_drawn_across_a_gap_nor_past_its_ends() -> None:
    got = cleaned(EVEN)
    column = np.full(len(got.kept), np.nan)
    column[100:200], column[300:401] = 120.0, 140.0
    on_grid = channel(got, column)
    assert on_grid is not None
    assert np.isfinite(on_grid[100:200]).all()
    assert np.isnan(on_grid[:100]).all()
    assert np.isnan(on_grid[200:300]).all()
    assert np.isnan(on_grid[401:]).all()
    assert channel(got, np.full(len(got.kept), np.nan)) is None


def test_pauses_before_a_moment_add_up() -> None:
    pauses = merged([(10.0, 20.0), (15.0, 30.0), (50.0, 60.0)])
    assert paused_before(pauses, np.array([0.0, 10.0, 25.0, 40.0, 55.0, 99.0])).tolist() == [0, 0, 15, 20, 25, 30]
