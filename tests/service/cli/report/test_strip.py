"""The strip chart draws what the columns tell, and no more."""

import pytest

from service.cli.report.look import Look
from service.cli.report.strip import Window, ruler, strip_chart, tick_step

CELLS = 80 - 11 - 1


def _chart(channels, windows=(), look=None, **more):
    lines = strip_chart({"points": 0, "channels": channels}, windows, look or Look(), **more)
    return [line.plain for line in lines]


def _even(n=1000, speed=3.0, height=100.0):
    return {
        "time_s": [float(i) for i in range(n)],
        "distance_m": [i * speed for i in range(n)],
        "altitude_m": [height] * n,
        "speed_mps": [speed] * n,
    }


def test_a_window_begins_and_ends_in_the_cells_of_its_distances():
    [row] = [line for line in _chart(_even(1001), [Window("1", 750.0, 1500.0)]) if line.strip().startswith("warnings")]
    marks = row[11:]
    assert marks.index("1") == round(CELLS * 0.25)
    assert len(marks) == round(CELLS * 0.5)


def test_windows_that_overlap_stand_in_rows_of_their_own():
    lines = _chart(_even(), [Window("1", 0.0, 2000.0), Window("2", 1000.0, 2500.0), Window("3", 2600.0, 2900.0)])
    rows = [line[11:] for line in lines if "━" in line]
    assert [[mark for mark in row if mark.isdigit()] for row in rows] == [["1", "3"], ["2"]]


def test_a_flat_even_run_looks_flat():
    bars = [set(line[11:]) for line in _chart(_even())[:5]]
    assert all(len(bar) <= 1 for bar in bars)


def test_what_spans_the_whole_run_marks_no_place_in_it():
    assert _chart(_even(), [Window("1", 0.0, 2990.0)]) == _chart(_even())


def test_a_climb_rises_from_left_to_right():
    channels = _even() | {"altitude_m": [i * 0.1 for i in range(1000)]}
    top, middle, bottom = _chart(channels)[:3]
    assert [len(line[11:].lstrip()) for line in (top, middle, bottom)] == sorted(
        len(line[11:].lstrip()) for line in (top, middle, bottom)
    )
    assert top.startswith("      99 m")


def test_the_faster_half_stands_higher():
    channels = _even() | {"speed_mps": [4.0] * 500 + [3.0] * 500}
    top = _chart(channels)[2]
    assert top.startswith("  4:10 /km")
    assert top[11 : 11 + CELLS // 2 - 1] == "█" * (CELLS // 2 - 1)
    assert "█" not in top[11 + CELLS // 2 + 1 :]


def test_standing_still_is_a_hole_and_no_slow_pace():
    channels = _even() | {"speed_mps": [3.0] * 400 + [0.0] * 200 + [3.0] * 400}
    assert "6:40" not in "".join(_chart(channels))
    assert _chart(channels)[4][11:].strip().count(" ") > 5


def test_rides_show_speed():
    assert any("km/h" in line for line in _chart(_even(speed=8.0), foot=False))


@pytest.mark.parametrize("channel", ["altitude_m", "speed_mps"])
def test_a_missing_channel_costs_only_its_own_rows(channel):
    channels = {name: column for name, column in _even().items() if name != channel}
    assert 0 < len(_chart(channels)) < len(_chart(_even()))


@pytest.mark.parametrize(
    "channels",
    [{}, {"distance_m": [None, None]}, {"distance_m": [0.0, 0.0], "speed_mps": [1.0, 1.0]}, {"distance_m": [0.0, 5.0]}],
)
def test_without_a_way_or_anything_to_draw_along_it_there_is_no_chart(channels):
    assert _chart(channels) == []


def test_smart_recording_leaves_no_holes():
    channels = {
        "distance_m": [i * 60.0 for i in range(50)],
        "altitude_m": [100.0] * 50,
        "speed_mps": [3.0] * 50,
    }
    assert " " not in _chart(channels)[1][11:]


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_is_wider_than_the_terminal(width, plain):
    windows = [Window(str(n), n * 100.0, n * 100.0 + 500) for n in range(1, 30)]
    lines = _chart(_even(), windows, Look(width=width, plain=plain))
    assert max(len(line) for line in lines) <= width
    assert not plain or "".join(lines).isascii()


@pytest.mark.parametrize("total", [0.3, 1.0, 4.9, 10.0, 21.1, 42.2, 101.0, 250.0])
def test_ticks_are_round_and_do_not_collide(total):
    line = ruler(total, 68)
    ticks = [float(word) for word in line.split()]
    assert ticks == pytest.approx([n * tick_step(total, 68) for n in range(len(ticks))])
    assert 3 <= len(ticks) <= 9
    assert len(line) <= 68
