"""Streams as Strava sends them: what is taken from them, what is tolerated, and what is refused how."""

import json
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import parsers
from parsers import Lap, Limits, Note, ParseError
from parsers.formats import streams

N = 120
ACTIVITY = {
    "name": "Evening  run\n",
    "type": "Run",
    "sport_type": "TrailRun",
    "start_date": "2026-05-01T16:00:00Z",
    "start_date_local": "2026-05-01T18:00:00Z",
    "timezone": "(GMT+01:00) Europe/Berlin",
    "utc_offset": 7200.0,
    "device_name": "Garmin Forerunner 965",
    "distance": 360.5,
    "moving_time": 118,
    "elapsed_time": 125,
    "total_elevation_gain": 12.5,
    "average_heartrate": 140.5,
    "max_heartrate": 151,
}
COLUMNS = {
    "time": list(range(N)),
    "latlng": [[48 + second / 40_000, 11.5] for second in range(N)],
    "distance": [3.0 * second for second in range(N)],
    "altitude": [500 + second / 10 for second in range(N)],
    "velocity_smooth": [3.0] * N,
    "heartrate": [130 + second % 20 for second in range(N)],
    "cadence": [84] * N,
    "watts": [250] * N,
    "temp": [18] * N,
    "moving": [True] * N,
    "grade_smooth": [0.1] * N,
}


def keyed(columns):
    return {name: {"data": data, "series_type": "distance", "original_size": N} for name, data in columns.items()}


def document(*, activity=(), **columns):
    """The document with other values; None takes one away."""
    stated = {**ACTIVITY, **dict(activity)}
    found = {name: data for name, data in {**COLUMNS, **columns}.items() if data is not None}
    return json.dumps({"activity": stated, "streams": keyed(found)}).encode()


def read(data):
    (activity,) = parsers.parse(data)
    return activity


def refusal(data):
    with pytest.raises(ParseError) as caught:
        parsers.parse(data)
    assert caught.value.__cause__ is None or not isinstance(caught.value.__cause__, AttributeError | IndexError)
    return caught.value.code


def test_every_stream_becomes_its_column():
    run = read(document())
    found = run.streams
    assert run.format == "streams"
    assert found.time_s.tolist() == COLUMNS["time"]
    np.testing.assert_allclose(found.lat_deg, [pair[0] for pair in COLUMNS["latlng"]], atol=1e-7)
    np.testing.assert_allclose(found.lon_deg, 11.5, atol=1e-7)
    assert found.distance_m.tolist() == COLUMNS["distance"]
    np.testing.assert_allclose(found.altitude_m, COLUMNS["altitude"], atol=0.006)
    assert found.speed_mps.tolist() == COLUMNS["velocity_smooth"]
    assert found.heart_rate_bpm.tolist() == COLUMNS["heartrate"]
    assert found.power_w.tolist() == COLUMNS["watts"]
    assert found.temperature_c.tolist() == COLUMNS["temp"]
    assert run.record_count == N
    assert run.notes == ()


def test_each_column_says_which_stream_it_came_from():
    assert read(document()).provenance == {
        "lat_deg": "streams.latlng",
        "lon_deg": "streams.latlng",
        "distance_m": "streams.distance",
        "altitude_m": "streams.altitude",
        "speed_mps": "streams.velocity_smooth",
        "heart_rate_bpm": "streams.heartrate",
        "cadence_spm": "streams.cadence",
        "power_w": "streams.watts",
        "temperature_c": "streams.temp",
    }


def test_the_activity_says_what_the_run_was():
    run = read(document())
    assert run.started_at == datetime(2026, 5, 1, 16, tzinfo=UTC)
    assert (run.sport, run.sub_sport) == ("running", "trail")
    assert run.name == "Evening run"
    assert run.utc_offset_s == 7200
    assert (run.device.manufacturer, run.device.product) == ("garmin", "Garmin Forerunner 965")
    totals = run.totals
    assert (totals.distance_m, totals.timer_s, totals.elapsed_s, totals.ascent_m) == (360.5, 118, 125, 12.5)
    assert (totals.heart_rate_avg_bpm, totals.heart_rate_max_bpm) == (140.5, 151)


def test_times_are_offsets_from_the_start():
    run = read(document(time=[second + 5 for second in range(N)]))
    assert run.started_at == datetime(2026, 5, 1, 16, tzinfo=UTC)
    assert run.streams.time_s[0] == 5


@pytest.mark.parametrize(
    ("sport", "per_leg", "expected"), [("Run", 84, 168), ("VirtualRun", 80, 160), ("Ride", 84, 84), ("Run", 168, 168)]
)
def test_cadence_of_runs_counts_both_feet(sport, per_leg, expected):
    run = read(document(activity={"type": sport, "sport_type": sport}, cadence=[per_leg] * N))
    assert set(run.streams.cadence_spm) == {expected}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"sport_type": "Run"}, ("running", None)),
        ({"sport_type": "VirtualRun"}, ("running", "virtual_activity")),
        ({"sport_type": None}, ("running", None)),
        ({"sport_type": "Run", "trainer": True}, ("running", "treadmill")),
        ({"sport_type": "Run", "trainer": 1}, ("running", None)),
        ({"sport_type": "TrailRun", "trainer": True}, ("running", "trail")),
        ({"sport_type": "Walk"}, ("walking", None)),
        ({"sport_type": "GravelRide", "type": "Ride"}, ("cycling", "gravel_cycling")),
        ({"sport_type": "Ride", "trainer": True}, ("cycling", "indoor_cycling")),
        ({"sport_type": "Nobody's", "type": "Hike"}, ("hiking", None)),
        ({"sport_type": "Nobody's", "type": "either"}, (None, None)),
        ({"sport_type": ["Run"], "type": 7}, (None, None)),
    ],
)
def test_the_newer_word_for_the_sport_comes_first(stated, expected):
    run = read(document(activity=stated))
    assert (run.sport, run.sub_sport) == expected


ABSENT = {"utc_offset": None, "start_date_local": None, "timezone": None}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"utc_offset": -12600}, -12600),
        ({"utc_offset": 20_700.0}, 20_700),
        ({"utc_offset": 99_999_999}, 7200),
        ({"utc_offset": 1}, 7200),
        ({"utc_offset": True}, 7200),
        ({"utc_offset": "soon"}, 7200),
        (ABSENT | {"start_date_local": "2026-05-01T11:30:00Z"}, -16_200),
        (ABSENT | {"start_date_local": "2026-05-01T11:30:01Z"}, None),
        (ABSENT | {"timezone": "(GMT+01:00) Europe/Berlin"}, 7200),
        (ABSENT | {"timezone": "(GMT-08:00) America/Los_Angeles"}, -25_200),
        (ABSENT | {"timezone": "America/St_Johns"}, -9000),
        (ABSENT | {"timezone": "(GMT+01:00) Nowhere/At_All"}, None),
        (ABSENT | {"timezone": "../../etc/passwd"}, None),
        (ABSENT | {"timezone": "Europe"}, None),
        (ABSENT | {"timezone": "x" * 10_000}, None),
        (ABSENT | {"timezone": "a\0b"}, None),
        (ABSENT | {"timezone": ""}, None),
        (ABSENT | {"timezone": 1}, None),
        (ABSENT, None),
    ],
)
def test_the_local_offset_is_stated_or_follows_from_the_local_start_or_the_zone(stated, expected):
    assert read(document(activity=stated)).utc_offset_s == expected


def test_laps_come_in_order_and_only_if_they_say_when():
    laps = [
        {"start_date": "2026-05-01T16:01:00Z", "elapsed_time": 59, "moving_time": 58, "distance": 180.5},
        {"start_date": "2026-05-01T16:00:00Z", "elapsed_time": 60, "moving_time": None, "distance": "far"},
        {"start_date": "2026-05-01T15:00:00Z", "elapsed_time": 60},
        {"start_date": "2026-05-01T16:00:00Z"},
        {"elapsed_time": 60},
        None,
        7,
    ]
    assert read(document(activity={"laps": laps})).laps == (Lap(0.0, 60.0), Lap(60.0, 119.0, 180.5, 58.0))
    assert read(document(activity={"laps": {"a": 1}})).laps == ()


def test_an_empty_total_is_no_total():
    nothing = dict.fromkeys(("distance", "moving_time", "elapsed_time", "total_elevation_gain", "average_heartrate"))
    wild = {"distance": -1, "moving_time": True, "elapsed_time": "1", "average_heartrate": 0, "max_heartrate": [1]}
    huge = dict.fromkeys((*nothing, "max_heartrate"), 1e308)
    for stated in (nothing | {"max_heartrate": None}, wild | {"total_elevation_gain": None}, huge):
        totals = read(document(activity=stated)).totals
        assert {getattr(totals, name) for name in totals.__slots__} == {None}


def test_nulls_are_missing():
    heart = [None if second in {3, 4} else 140 for second in range(N)]
    places = [None if second == 7 else pair for second, pair in enumerate(COLUMNS["latlng"])]
    run = read(document(heartrate=heart, latlng=places, temp=[None] * N))
    assert np.flatnonzero(np.isnan(run.streams.heart_rate_bpm)).tolist() == [3, 4]
    assert np.flatnonzero(np.isnan(run.streams.lat_deg)).tolist() == [7]
    assert run.streams.temperature_c is None
    assert run.notes == ()


def test_streams_may_come_as_a_list_or_as_bare_arrays():
    found = json.loads(document())
    listed = [{"type": name, **stream} for name, stream in found["streams"].items()] + [None, {"type": []}, "time"]
    bare = {name: stream["data"] for name, stream in found["streams"].items()}
    for shape in (listed, bare):
        run = read(json.dumps(found | {"streams": shape}).encode())
        assert run.streams.heart_rate_bpm.tolist() == COLUMNS["heartrate"]


@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf", b" \r\n\t"])
@pytest.mark.parametrize("keys", [("activity", "streams"), ("streams", "activity")])
def test_the_parts_come_in_any_order_after_a_mark_or_white_space(head, keys):
    found = json.loads(document())
    assert parsers.sniff(head + json.dumps({key: found[key] for key in keys}).encode()) == "streams"


@pytest.mark.parametrize(
    "data", [b'{"type":"FeatureCollection"}', b'["activity","streams"]', b"{}", b'"activity"', b"{"]
)
def test_other_json_is_not_known(data):
    assert refusal(data) == "unknown_type"


def test_a_stream_of_another_length_is_left_out_and_noted():
    run = read(document(heartrate=[140] * (N - 1), latlng=[[48, 11]] * (N + 1)))
    assert run.streams.heart_rate_bpm is None
    assert run.streams.lat_deg is None
    noted = {note.detail: note.count for note in run.notes if note.code == "value_out_of_range"}
    assert noted == {"heart_rate_bpm": N - 1, "lat_deg": N + 1, "lon_deg": N + 1}
    assert run.streams.distance_m is not None


@pytest.mark.parametrize(
    "value", ["high", "", [1], [], {"a": 1}, {}, -1e308, 1e308, 2**63, -(2**63), 10**30, 1000, True, False]
)
def test_a_heart_rate_that_is_none_costs_that_value_alone(value):
    heart = [value if second == 5 else 140 for second in range(N)]
    run = read(document(heartrate=heart))
    assert np.flatnonzero(np.isnan(run.streams.heart_rate_bpm)).tolist() == [5]
    silent = value is False
    assert run.notes == (() if silent else (Note("value_out_of_range", count=1, detail="heart_rate_bpm"),))


@pytest.mark.parametrize(
    "place", [[], [48], [48, 11, 500], ["a", "b"], {"lat": 48}, 48, "48,11", [None, 11], [[1], [2]]]
)
def test_a_place_that_is_none_costs_that_place_alone(place):
    places = [place if second == 5 else pair for second, pair in enumerate(COLUMNS["latlng"])]
    assert np.flatnonzero(np.isnan(read(document(latlng=places)).streams.lat_deg)).tolist() == [5]


def test_columns_of_columns_are_no_numbers():
    run = read(document(heartrate=[[140]] * N, altitude=[[[1]]] * N, temp=[[]] * N))
    assert run.streams.heart_rate_bpm is run.streams.altitude_m is run.streams.temperature_c is None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (document(time=None), "no_time"),
        (document(time=[]), "no_time"),
        (document(time=[0]), "no_time"),
        (document(time=[None] * N), "no_time"),
        (document(time=["x"] * N), "no_time"),
        (document(time=[1e300] * N), "no_time"),
        (document(time=[5] * N), "no_usable_points"),
        (document(activity={"start_date": None}), "no_time"),
        (document(activity={"start_date": "soon"}), "no_time"),
        (document(activity={"start_date": 1_700_000_000}), "no_time"),
        (document(activity={"start_date": "9999-12-31T23:59:59-14:00"}), "no_time"),
        (document(**dict.fromkeys(set(COLUMNS) - {"time"})), "no_usable_points"),
        (json.dumps({"activity": ACTIVITY, "streams": {}}).encode(), "no_time"),
        (json.dumps({"activity": ACTIVITY, "streams": []}).encode(), "no_time"),
        (json.dumps({"activity": ACTIVITY, "streams": None}).encode(), "not_activity"),
        (json.dumps({"activity": ACTIVITY, "streams": 5}).encode(), "not_activity"),
        (json.dumps({"activity": ACTIVITY}).encode(), "not_activity"),
        (json.dumps({"activity": [], "streams": {}}).encode(), "not_activity"),
        (json.dumps({"activity": "x", "streams": keyed(COLUMNS)}).encode(), "not_activity"),
        (json.dumps({"streams": keyed(COLUMNS)}).encode(), "not_activity"),
        (document()[:-1], "truncated"),
        (document()[:900], "truncated"),
        (document() + b"x", "corrupt_data"),
        (document() + document(), "corrupt_data"),
        (document().replace(b"84, 84", b"NaN, 84"), "corrupt_data"),
        (document().replace(b"84, 84", b"Infinity, 84"), "corrupt_data"),
        (document().replace(b"84, 84", b"1e999, 84"), "corrupt_data"),
        (document().replace(b"84, 84", b"084, 84"), "corrupt_data"),
        (document().replace(b"84, 84", b"84,, 84"), "corrupt_data"),
        (document().replace(b"84, 84", b"'84', 84"), "corrupt_data"),
        (document().replace(b"84, 84", b"\xff, 84"), "corrupt_data"),
        (document().replace(b"Evening", b"\\ud800"), "corrupt_data"),
        (document().replace(b"Evening", b"\0"), "corrupt_data"),
        (b'{"activity":' + b"[" * 100_000, "corrupt_data"),
        (b'{"activity":' + b'{"a":' * 5000 + b"1" + b"}" * 5001, "corrupt_data"),
        (b'{"activity":{},"streams":{"time":' + b"[" * 900 + b"]" * 900 + b"}}", "no_time"),
        (b'{"activity":[' + b"[]," * 1_000_000 + b"1]}", "too_many_messages"),
        (b'{"activity":[' + b"{}," * 1_000_000 + b"1]}", "too_many_messages"),
        (b'{"activity":[' + b'"",' * 1_000_000 + b"1]}", "too_many_messages"),
        (b'{"activity":[' + b"1.5," * 1_200_000 + b"1]}", "too_many_messages"),
    ],
)
def test_what_cannot_be_an_activity_is_refused_with_its_code(data, code):
    assert refusal(data) == code


def test_a_document_of_two_days_at_one_value_a_second_is_read():
    seconds = 172_800
    columns = {
        "time": list(range(seconds)),
        "latlng": [[48.123456, 11.123456]] * seconds,
        "heartrate": [140] * seconds,
        **{name: [3.25] * seconds for name in ("distance", "altitude", "velocity_smooth", "grade_smooth")},
        **dict.fromkeys(("cadence", "temp"), [84] * seconds),
        "moving": [True] * seconds,
    }
    data = json.dumps({"activity": ACTIVITY, "streams": keyed(columns)}, separators=(",", ":")).encode()
    assert len(read(data).streams) == seconds


MEMORY = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import parsers
data = b'{"activity":{},"streams":{"time":[' + b"%s" * (5_000_000 // len(b"%s")) + b'0]}}'
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    parsers.parse(data)
except parsers.ParseError as error:
    print(error.code, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
@pytest.mark.parametrize(
    "value", ["0,", "300,", "1.25,", "123.456,", "[],", "[1.5,2.5],", "{},", '"a",', "null,", '{"a":0},']
)
def test_five_megabytes_of_anything_stay_within_64_megabytes(value):
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
    root = str(Path(__file__).resolve().parents[3])
    told = subprocess.run(
        [sys.executable, "-c", MEMORY.replace("%s", value.replace('"', '\\"')), root],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert told[0] in {"no_time", "too_many_messages"}
    assert float(told[1]) < 64


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("2026-05-01T16:00:00Z"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=150)
@given(
    st.dictionaries(st.sampled_from([*ACTIVITY, "laps", "trainer"]), JSON, max_size=5),
    st.dictionaries(st.sampled_from(list(COLUMNS)), st.lists(JSON, max_size=6) | JSON, max_size=6),
    st.integers(0, 6),
)
def test_whatever_stands_in_the_document_only_a_parse_error_leaves(stated, columns, length):
    """The format itself, so that the wide boundary of the reader has nothing to fold in."""
    found = keyed({**{name: data[:length] for name, data in COLUMNS.items()}, **columns})
    data = json.dumps({"activity": {**ACTIVITY, **stated}, "streams": found}).encode()
    try:
        (activity,) = streams.parse(data, Limits())
    except ParseError:
        return
    assert len(activity.streams) >= 2
