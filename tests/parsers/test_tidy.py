import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.activity import UNITS_PER
from parsers.errors import NotUsable
from parsers.tidy import RawSamples, both_feet, quantised, tidy

START = 1_500_000_000.0
NAN = float("nan")


def tidied(epoch_s, *, sport="running", started=None, total=None, segment=None, **columns):
    raw = RawSamples(
        np.array(epoch_s, dtype=float),
        {name: np.array(column, dtype=float) for name, column in columns.items()},
        {},
        None if segment is None else np.array(segment),
    )
    return tidy(raw, started_epoch_s=started, sport=sport, distance_total_m=total)


def run(seconds, **columns):
    return tidied([START + second for second in seconds], **columns)


def counts(result):
    return {(note.code, note.detail): note.count for note in result.notes if note.count}


def same(column, expected):
    np.testing.assert_array_equal(column, np.array(expected, dtype=float))


# --- time


def test_samples_come_out_in_order_and_the_disorder_is_counted():
    result = run([0, 2, 1, 3], power_w=[100, 300, 200, 400])
    same(result.streams.time_s, [0, 1, 2, 3])
    same(result.streams.power_w, [100, 200, 300, 400])
    assert counts(result)[("time_repaired", "order")] == 1


def test_records_of_one_moment_are_merged_and_the_first_value_that_is_there_wins():
    """Suunto Ambit writes heart rate and position as separate records of the same second."""
    result = run([0, 0, 1, 1], heart_rate_bpm=[120, NAN, NAN, 130], lat_deg=[NAN, 46, 47, 48], lon_deg=[NAN, 7, 8, 9])
    same(result.streams.heart_rate_bpm, [120, 130])
    same(result.streams.lat_deg, quantised("lat_deg", np.array([46.0, 47.0])))
    assert counts(result)[("duplicate_times", None)] == 2
    assert result.kept_rows.tolist() == [0, 2]


def test_fractions_of_a_second_survive():
    same(run([0, 0.994, 1.5], power_w=[1, 2, 3]).streams.time_s, [0, 0.994, 1.5])


@pytest.mark.parametrize(
    "clock_s", [START + 20 * 86_400, START - 2 * 86_400, 2_900_000_000.0, 3_650_000_000.0, 1e300, -5.0, float("inf")]
)
def test_a_record_whose_clock_went_wrong_is_dropped_and_counted(clock_s):
    """A clock 20 days ahead, records of 2062 and 2085: seen in real files."""
    result = tidied([START, START + 1, clock_s, START + 2], power_w=[1, 2, 3, 4], started=START)
    same(result.streams.power_w, [1, 2, 4])
    assert counts(result)[("value_out_of_range", "time_s")] == 1


def test_without_a_stated_start_the_middle_of_the_times_decides_what_is_far_off():
    result = tidied([5.0, START, START + 1, START + 2], power_w=[1, 2, 3, 4])
    same(result.streams.power_w, [2, 3, 4])


def test_samples_without_a_time_are_dropped_and_counted():
    result = tidied([START, NAN, START + 1], power_w=[1, 2, 3])
    same(result.streams.power_w, [1, 3])
    assert counts(result)[("time_missing", None)] == 1


@pytest.mark.parametrize(
    ("started", "first_s"),
    [
        (START - 3, 3.0),
        (START + 2, 0.0),  # a record before the stated start
        (START - 20 * 86_400, 0.0),  # a start that has nothing to do with the samples
        (NAN, 0.0),
        (None, 0.0),
    ],
)
def test_time_counts_from_the_stated_start_where_that_can_be(started, first_s):
    result = tidied([START, START + 1], started=started, power_w=[1, 2])
    assert result.streams.time_s[0] == first_s
    assert result.started_epoch_s == START - first_s


@pytest.mark.parametrize(
    ("epoch_s", "power_w", "code"),
    [
        ([], [], "no_time"),
        ([START], [1], "no_time"),
        ([START, NAN, NAN], [1, 2, 3], "no_time"),
        ([START, START], [1, 2], "no_usable_points"),
        ([START, START + 1], [NAN, NAN], "no_usable_points"),
    ],
)
def test_too_little_is_refused(epoch_s, power_w, code):
    with pytest.raises(NotUsable) as caught:
        tidied(epoch_s, power_w=power_w)
    assert caught.value.code == code


# --- values


@pytest.mark.parametrize(
    ("channel", "values", "expected", "dropped"),
    [
        ("heart_rate_bpm", [0, 29, 30, 240, 241, 255], [NAN, NAN, 30, 240, NAN, NAN], 3),
        ("heart_rate_bpm", [223, 150, NAN, 150, 150, 150], [223, 150, NAN, 150, 150, 150], None),
        ("altitude_m", [-500, -499, 0, 9000, 9001, -501], [NAN, -499, 0, 9000, NAN, NAN], 2),
        ("temperature_c", [-61, -60, 20, 70, 71, 127], [NAN, -60, 20, 70, NAN, NAN], 3),
        ("power_w", [-1, 0, 250, 4000, 4001, 65_535], [NAN, 0, 250, 4000, NAN, NAN], 3),
        ("cadence_spm", [-1, 0, 180, 400, 401, np.inf], [NAN, 0, 180, 400, NAN, NAN], 3),
        ("speed_mps", [-1, 0, 25, 25.1, 65.535, NAN], [NAN, 0, 25, NAN, NAN, NAN], 3),
    ],
)
def test_impossible_values_are_dropped_and_counted_and_zero_is_no_heart_rate(channel, values, expected, dropped):
    result = run(range(6), **{channel: values}, **({"power_w": [200] * 6} if channel != "power_w" else {}))
    same(getattr(result.streams, channel), quantised(channel, np.array(expected)))
    assert counts(result).get(("value_out_of_range", channel)) == dropped


def test_a_position_is_whole_or_not_there_and_zero_zero_is_none():
    lat, lon = [46, 95, 46, 0, NAN, 46], [7, 7, 181, 0, 7, 7]
    result = run(range(6), lat_deg=lat, lon_deg=lon)
    assert np.isnan(result.streams.lat_deg).tolist() == [False, True, True, True, True, False]
    assert np.isnan(result.streams.lon_deg).tolist() == np.isnan(result.streams.lat_deg).tolist()
    assert counts(result) == {
        ("value_out_of_range", "lat_deg"): 1,
        ("value_out_of_range", "lon_deg"): 1,
        ("value_out_of_range", "position"): 1,
    }


def test_a_channel_without_any_value_is_absent_and_a_missing_heart_rate_is_said():
    result = run([0, 1], heart_rate_bpm=[0, 0], cadence_spm=[0, 0], power_w=[200, 210])
    assert result.streams.heart_rate_bpm is None
    assert result.streams.cadence_spm is None
    assert "heart_rate_missing" in {note.code for note in result.notes}


@pytest.mark.parametrize("sport", ["cycling", None])
def test_wheels_may_be_faster_than_feet(sport):
    assert run([0, 1], speed_mps=[20, 30], sport=sport).streams.speed_mps[1] == 30
    assert np.isnan(run([0, 1], speed_mps=[20, 30]).streams.speed_mps[1])


@pytest.mark.parametrize(
    ("cadence", "sport", "expected"),
    [
        ([80, 85, 0], "running", [160, 170, 0]),
        ([160, 170, 0], "running", [160, 170, 0]),
        ([80, 85], None, [160, 170]),
        ([80, 85], "cycling", [80, 85]),
        ([0, 0], "running", [0, 0]),
        ([NAN, 90], "walking", [NAN, 180]),
    ],
)
def test_a_cadence_of_one_foot_becomes_that_of_both(cadence, sport, expected):
    same(both_feet(np.array(cadence, dtype=float), sport), expected)


@pytest.mark.parametrize("sport", ["running", None])
def test_cadences_whose_mean_would_overflow_raise_nothing(sport):
    assert both_feet(np.full(4, 1.7e308), sport).tolist() == [1.7e308] * 4
    assert both_feet(np.array([80.0, 80.0, 1.7e308]), sport).tolist() == [160.0, 160.0, 2e6]


# --- distance and speed


def test_the_devices_distance_comes_first_and_its_provenance_stays():
    raw = RawSamples(
        START + np.arange(3.0),
        {"distance_m": np.array([0, 3.0, 6.0]), "lat_deg": np.full(3, 46.0), "lon_deg": np.array([7, 7.1, 7.2])},
        {"distance_m": "record.distance"},
    )
    result = tidy(raw, started_epoch_s=None, sport="running", distance_total_m=None)
    same(result.streams.distance_m, [0, 3, 6])
    assert result.provenance["distance_m"] == "record.distance"
    assert result.provenance["speed_mps"] == "derived.distance"
    same(result.streams.speed_mps, [3, 3, 3])


@pytest.mark.parametrize(
    ("why", "values", "expected", "odd"),
    [
        ("a small fall is held level", [0, 10, 8, 14], [0, 10, 10, 14], 1),
        ("a counter that restarts is added up", [0, 150, 160, 5, 15], [0, 150, 160, 165, 175], 1),
        ("a counter that runs on loses its base", [5000, 5003, 5006], [0, 3, 6], 0),
        ("a jump no speed explains adds nothing", [0, 3, 952_000, 952_003], [0, 3, 3, 6], 1),
        ("holes stay holes", [0, NAN, 6], [0, NAN, 6], 0),
        ("a negative value is none", [0, -3, 6], [0, NAN, 6], 1),
    ],
)
def test_a_devices_distance_is_mended(why, values, expected, odd):
    result = run(range(len(values)), distance_m=values, power_w=[200] * len(values))
    same(result.streams.distance_m, expected)
    assert counts(result).get(("value_out_of_range", "distance_m"), 0) == odd, why


def test_values_far_past_the_devices_total_are_dropped_unless_they_are_most():
    far = [0, 3, 6, 9, 30_000]
    assert np.isnan(run(range(5), distance_m=far, total=10.0, power_w=[1] * 5).streams.distance_m[-1])
    wrong_total = run([0, 100, 200], distance_m=[0, 3000, 6000], total=1.0, sport="cycling")
    same(wrong_total.streams.distance_m, [0, 3000, 6000])


def test_a_minute_of_a_degree_is_a_nautical_mile():
    result = run([0, 600], lat_deg=[46, 46 + 1 / 60], lon_deg=[7, 7])
    assert result.streams.distance_m[1] == pytest.approx(1853, abs=1)
    assert result.provenance["distance_m"] == "derived.haversine"


def test_a_stray_position_adds_no_way_and_a_lost_fix_found_again_does():
    stray = run(range(4), lat_deg=[46, 46.00003, 47, 46.00006], lon_deg=[7] * 4)
    assert stray.streams.distance_m[-1] == pytest.approx(6.7, abs=0.1)
    tunnel = run(range(4), lat_deg=[46, 46, 46.005, 46.00503], lon_deg=[7] * 4)
    assert tunnel.streams.distance_m[-1] == pytest.approx(559, abs=1)
    continents = run(range(4), lat_deg=[46, 46, 10, 10], lon_deg=[7] * 4)
    assert continents.streams.distance_m[-1] == 0


def test_without_positions_distance_is_speed_times_time_and_a_gap_counts_for_little():
    result = run([0, 1, 2, 1000], speed_mps=[3, 3, NAN, 3])
    same(result.streams.distance_m, [0, 3, 3, 48])
    assert result.provenance["distance_m"] == "derived.speed"


def test_restarts_that_add_up_to_more_than_half_the_earths_girth_are_dropped_past_it():
    seconds = [START + 100_000 * row for row in range(7)]
    stated = [0, 5.2e6, 5.1e6, 5.0e6, 4.9e6, 4.8e6, 4.7e6]
    result = tidied(seconds, sport="cycling", distance_m=stated, heart_rate_bpm=[140] * 7)
    same(result.streams.distance_m, [0, 5.2e6, 10.3e6, 15.3e6, NAN, NAN, NAN])
    assert counts(result)["value_out_of_range", "distance_m"] == 5 + 3


def test_a_distance_whose_only_step_is_a_jump_gives_no_speed():
    result = run([0, 1, 2], distance_m=[NAN, 0, 500], heart_rate_bpm=[140, 140, 140])
    same(result.streams.distance_m, [NAN, 0, 500])
    assert result.streams.speed_mps is None
    assert "speed_mps" not in result.provenance


# --- segments


def test_cutting_a_run_into_segments_changes_nothing():
    lat, lon = 10.0 + np.arange(60) * 2.7e-5, np.full(60, 20.0)
    whole = tidied(np.arange(60.0), lat_deg=lat, lon_deg=lon, segment=[0] * 60)
    cut = tidied(np.arange(60.0), lat_deg=lat, lon_deg=lon, segment=[0] * 20 + [1] * 15 + [2] * 25)
    assert np.array_equal(cut.streams.distance_m, whole.streams.distance_m)
    assert cut.pauses_from_segments == ()


def test_a_new_segment_after_a_while_is_a_pause_and_adds_no_distance():
    result = run(
        [0, 1, 2, 60, 61, 62, 63],
        lat_deg=[46, 46.00003, 46.00006, 46.001, 46.00103, 46.00106, 46.00109],
        lon_deg=[7] * 7,
        segment=[0, 0, 0, 1, 1, 2, 2],
    )
    assert [(pause.start_s, pause.end_s, pause.cause) for pause in result.pauses_from_segments] == [(2, 60, "segment")]
    assert result.streams.distance_m[3] == result.streams.distance_m[2]


# --- invariants

channels = st.sampled_from([name for name in UNITS_PER if name != "time_s"])
wild = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True, width=64),
    st.floats(-10, 10_000),
    st.sampled_from([0.0, -500.0, 255.0, 1e9, 180.0, -180.0]),
)
instants = st.one_of(st.integers(0, 50).map(lambda s: START + s), st.floats(START, START + 100), wild)


@st.composite
def raws(draw):
    n = draw(st.integers(2, 25))
    names = draw(st.sets(channels, min_size=1))
    column = st.lists(wild, min_size=n, max_size=n).map(lambda values: np.array(values, dtype=float))
    segment = draw(st.none() | st.lists(st.integers(0, 3), min_size=n, max_size=n).map(lambda s: np.sort(np.array(s))))
    times = np.array(draw(st.lists(instants, min_size=n, max_size=n)), dtype=float)
    return RawSamples(times, {name: draw(column) for name in sorted(names)}, {}, segment)


def or_none(raw, **options):
    try:
        return tidy(raw, **options)
    except NotUsable:
        return None


@settings(max_examples=400, deadline=None)
@given(raw=raws(), sport=st.sampled_from(["running", "cycling", None]), started=st.none() | instants)
def test_whatever_comes_in_what_goes_out_keeps_the_promises(raw, sport, started):
    """Time rises, distance never falls, every value is an int32 on its scale, and tidying again changes nothing."""
    result = or_none(raw, started_epoch_s=started, sport=sport, distance_total_m=None)
    if result is None:
        return
    streams = result.streams
    assert streams.time_s[0] >= 0
    assert (np.diff(streams.time_s) > 0).all()
    if streams.distance_m is not None:
        assert (np.diff(streams.distance_m[~np.isnan(streams.distance_m)]) >= 0).all()
    for name, column in streams.items():
        known = column[~np.isnan(column)]
        units = np.rint(known * UNITS_PER[name])
        assert (np.abs(units) < 2**31).all(), name
        assert (units.astype(np.int32) / UNITS_PER[name]).tobytes() == known.tobytes(), name
    again = tidy(
        RawSamples(
            result.started_epoch_s + streams.time_s,
            {name: column for name, column in streams.items() if name != "time_s"},
            result.provenance,
            None if raw.segment is None else raw.segment[result.kept_rows],
        ),
        started_epoch_s=result.started_epoch_s,
        sport=sport,
        distance_total_m=None,
    )
    assert again.started_epoch_s == result.started_epoch_s
    for (name, before), (_, after) in zip(streams.items(), again.streams.items(), strict=True):
        assert before.tobytes() == after.tobytes(), name
    assert again.pauses_from_segments == result.pauses_from_segments


@settings(max_examples=50, deadline=None)
@given(raw=raws())
def test_what_was_passed_in_is_left_alone(raw):
    before = {name: column.copy() for name, column in raw.columns.items()}
    or_none(raw, started_epoch_s=None, sport=None, distance_total_m=None)
    for name, column in raw.columns.items():
        np.testing.assert_array_equal(column, before[name])
        assert column.flags.writeable
