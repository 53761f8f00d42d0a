"""Every trap of FIT that real files are known to set, one test each, on files made for it."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from fixtures.fit_writer import Writer, chained
from parsers import Activity, Note, ParseError, Pause, parse

BEGAN = 1_100_000_000  # FIT seconds: 2024-11-09T03:33:20Z
GARMIN, FR945, SUUNTO = 1, 3113, 23
DAY = 86_400
Values = Mapping[str, Any]


def steady(seconds: int, *, step: int = 1, since: int = 0, **more: Any) -> list[dict[str, Any]]:
    """Records of 3 m/s, one every `step` seconds; `more` are fields that stay the same."""
    return [
        {"timestamp": BEGAN + at, "distance": 3.0 * (at - since), "heart_rate": 140, **more}
        for at in range(since, since + seconds + 1, step)
    ]


def session(seconds: float, *, start: int = BEGAN, **more: Any) -> dict[str, Any]:
    """A running session of that length."""
    return {
        "timestamp": int(start + seconds),
        "start_time": start,
        "sport": 1,
        "sub_sport": 0,
        "total_elapsed_time": seconds,
        "total_timer_time": seconds,
        **more,
    }


def timer(at: int, kind: int, data: int | None = 0) -> dict[str, Any]:
    """A timer event: 0 starts, 1 and 4 stop; data 0 by hand, 1 by itself."""
    return {"timestamp": BEGAN + at, "event": 0, "event_type": kind, "data": data}


def written(
    records: Sequence[Values],
    *sessions: Values,
    events: Sequence[Values] = (),
    laps: Sequence[Values] = (),
    local: int | None = None,
    first: bool = False,
    device: tuple[int, int] = (GARMIN, FR945),
    **finish: Any,
) -> bytes:
    """A file of these messages, the summary last (or `first`)."""
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=device[0], product=device[1], serial_number=987654321)
    summary = [*(("lap", lap) for lap in laps), *(("session", got) for got in sessions)]
    body = [*(("event", event) for event in events), *(("record", record) for record in records)]
    for name, values in [*summary, *body] if first else [*body, *summary]:
        writer.write(name, **values)
    if local is not None:
        writer.write("activity", timestamp=BEGAN, local_timestamp=BEGAN + local)
    return writer.finish(**finish)


def wrapped(body: bytes) -> bytes:
    """The bytes behind a header that fits them, without a checksum."""
    return struct.pack("<BBHI4s", 12, 0x20, 2195, len(body), b".FIT") + body


def one(data: bytes) -> Activity:
    """The only activity of a file."""
    (activity,) = parse(data)
    return activity


def notes(activity: Activity) -> list[tuple[str, str | None]]:
    """The notes as (code, detail)."""
    return [(note.code, note.detail) for note in activity.notes]


# --- time -----------------------------------------------------------------------------------------------------------


def test_smart_recording_keeps_its_own_steps() -> None:
    streams = one(written(steady(600, step=7), session(600))).streams
    assert set(np.diff(streams.time_s)) == {7.0}


def test_a_record_clock_that_jumps_twenty_days_is_mended_by_the_session() -> None:
    records = steady(600)
    for record in records[300:]:
        record["timestamp"] += 20 * DAY
    activity = one(written(records, session(600), events=[timer(0, 0)]))
    assert activity.streams.time_s[-1] == 600.0
    assert ("time_repaired", "clock_jump") in notes(activity)
    assert [note.count for note in activity.notes if note.detail == "clock_jump"] == [301]


def test_a_record_clock_that_was_wrong_until_it_jumped_is_mended_by_the_session() -> None:
    records = steady(600)
    for record in records[:300]:
        record["timestamp"] -= 20 * DAY
    activity = one(written(records, session(600)))
    assert activity.streams.time_s[-1] == 600.0
    assert activity.started_at.timestamp() == BEGAN + 631_065_600


def test_a_session_of_27_days_leaves_the_run_and_not_the_pause() -> None:
    records = [*steady(4), *steady(600, since=27 * DAY)]
    stops = [timer(0, 0), timer(4, 4), timer(27 * DAY, 0)]
    activity = one(written(records, session(27 * DAY + 600, total_timer_time=604), events=stops))
    assert activity.totals.elapsed_s is None
    assert activity.totals.timer_s == 604
    assert activity.streams.time_s[-1] == 600.0
    assert ("time_repaired", "elapsed") in notes(activity)


def test_swapped_elapsed_and_timer_times_are_put_right() -> None:
    activity = one(written(steady(900), session(900, total_elapsed_time=600, total_timer_time=900)))
    assert (activity.totals.timer_s, activity.totals.elapsed_s) == (600, 900)
    assert ("time_repaired", "timer_elapsed_swapped") in notes(activity)


@pytest.mark.parametrize("years", [37, 60])
def test_records_dated_decades_ahead_are_dropped_and_counted(years: int) -> None:
    records = [*steady(600), {"timestamp": BEGAN + years * 365 * DAY, "distance": 952_000.0, "heart_rate": 140}]
    activity = one(written(records, session(600)))
    assert activity.streams.time_s[-1] == 600.0
    assert activity.streams.distance_m is not None
    assert activity.streams.distance_m[-1] == 1800.0
    assert Note("value_out_of_range", count=1, detail="time_s") in activity.notes


def test_records_of_the_same_second_are_merged_first_known_value_first() -> None:
    records = []
    for record in steady(300):
        heart = {"timestamp": record["timestamp"], "heart_rate": record.pop("heart_rate")}
        records += [{**record, "heart_rate": None}, heart]
    activity = one(written(records, session(300)))
    assert len(activity.streams) == 301
    assert activity.record_count == 602
    assert activity.streams.heart_rate_bpm is not None
    assert not np.isnan(activity.streams.heart_rate_bpm).any()


@pytest.mark.parametrize(
    ("local", "expected"),
    [(7200, 7200), (0, 0), (-34_200, -34_200), (20_700, 20_700), (7201, 7200), (1000, None), (15 * 3600, None)],
)
def test_the_local_offset_counts_only_in_quarter_hours_that_exist(local: int, expected: int | None) -> None:
    assert one(written(steady(120), session(120), local=local)).utc_offset_s == expected


def test_a_session_start_hours_before_the_first_record_is_not_believed() -> None:
    activity = one(written(steady(600), session(600, start=BEGAN - 9 * 3600)))
    assert activity.streams.time_s[0] == 0.0
    assert ("time_repaired", "start") in notes(activity)


def test_a_pause_right_after_the_start_explains_a_late_first_record() -> None:
    stops = [timer(-7200, 0), timer(-7100, 4), timer(0, 0)]
    activity = one(written(steady(600), session(7800, start=BEGAN - 7200), events=stops))
    assert activity.streams.time_s[0] == 7200.0


# --- pauses ---------------------------------------------------------------------------------------------------------


def test_pauses_come_from_timer_events_with_their_cause() -> None:
    stops = [timer(0, 0), timer(60, 4), timer(90, 0), timer(200, 1, 1), timer(210, 0, 1), timer(300, 1, None)]
    activity = one(written(steady(400), session(400), events=[*stops, timer(310, 0, None), timer(400, 4)]))
    assert activity.pauses == (Pause(60.0, 90.0, "manual"), Pause(200.0, 210.0, "auto"), Pause(300.0, 310.0, "unknown"))


def test_a_gap_that_no_event_explains_is_no_pause() -> None:
    assert one(written([*steady(300), *steady(300, since=400)], session(700))).pauses == ()


def test_records_written_during_a_pause_stay_and_the_pause_is_told() -> None:
    activity = one(written(steady(300), session(300), events=[timer(100, 4), timer(160, 0)]))
    assert len(activity.streams) == 301
    assert activity.pauses == (Pause(100.0, 160.0, "manual"),)


def test_a_file_without_timer_events_has_no_pauses() -> None:
    assert one(written(steady(300), session(300))).pauses == ()


# --- channels -------------------------------------------------------------------------------------------------------


def test_a_heart_rate_of_0_or_255_is_missing() -> None:
    records = steady(300)
    for record in records[:100]:
        record["heart_rate"] = 0
    for record in records[100:200]:
        record["heart_rate"] = None
    heart = one(written(records, session(300))).streams.heart_rate_bpm
    assert heart is not None
    assert np.isnan(heart[:200]).all()
    assert (heart[200:] == 140).all()


@pytest.mark.parametrize("silence", [0, None])
def test_a_strap_that_never_spoke_is_no_channel(silence: int | None) -> None:
    activity = one(written([{**record, "heart_rate": silence} for record in steady(120)], session(120)))
    assert activity.streams.heart_rate_bpm is None
    assert ("heart_rate_missing", None) in notes(activity)


def test_enhanced_fields_come_before_plain_ones() -> None:
    both = {"altitude": 100.0, "enhanced_altitude": 250.0, "speed": 2.0, "enhanced_speed": 3.5}
    activity = one(written(steady(120, **both), session(120)))
    assert activity.streams.altitude_m is not None
    assert activity.streams.speed_mps is not None
    assert (set(activity.streams.altitude_m), set(activity.streams.speed_mps)) == ({250.0}, {3.5})
    assert activity.provenance["altitude_m"] == "record.enhanced_altitude"


def test_plain_fields_serve_where_the_enhanced_ones_are_silent() -> None:
    records = steady(120, altitude=100.0, enhanced_altitude=None)
    for record in records[:50]:
        record["enhanced_altitude"] = 250.0
    activity = one(written(records, session(120)))
    assert activity.streams.altitude_m is not None
    assert activity.streams.altitude_m.tolist() == [250.0] * 50 + [100.0] * 71
    assert activity.provenance["altitude_m"] == "record.enhanced_altitude+record.altitude"


def test_a_raw_altitude_of_0_is_missing_and_not_500_m_below_the_sea() -> None:
    records = steady(120, altitude=210.0)
    for record in records[:10]:
        record["altitude"] = -500.0
    altitude = one(written(records, session(120))).streams.altitude_m
    assert altitude is not None
    assert np.isnan(altitude[:10]).all()
    assert np.nanmin(altitude) == 210.0


def test_cadence_of_one_foot_becomes_steps_and_keeps_its_fraction() -> None:
    activity = one(written(steady(120, cadence=85, fractional_cadence=0.5), session(120)))
    assert activity.streams.cadence_spm is not None
    assert set(activity.streams.cadence_spm) == {171.0}


def test_cadence_of_a_ride_stays_revolutions() -> None:
    activity = one(written(steady(120, cadence=85), session(120, sport=2)))
    assert activity.streams.cadence_spm is not None
    assert set(activity.streams.cadence_spm) == {85.0}


def test_a_field_defined_twice_gives_its_first_value_that_is_not_missing() -> None:
    """As Zwift writes distance: once with a value, once empty."""
    for order in ((True, False), (False, True)):
        writer = Writer()
        writer.write("file_id", type=4, manufacturer=260, product=1)
        writer.define(1, 20, [(253, 4, 0x86), (5, 4, 0x86), (5, 4, 0x86), (3, 1, 0x02)])
        for at in range(120):
            pair = [at * 300 if full else 0xFFFFFFFF for full in order]
            writer.data(1, struct.pack("<IIIB", BEGAN + at, *pair, 140))
        distance = one(writer.finish()).streams.distance_m
        assert distance is not None
        assert distance[-1] == 357.0


def test_a_field_whose_size_fits_no_base_type_is_skipped_and_the_rest_is_read() -> None:
    """As newer COROS watches write; fitparse 1.2.0 stops there."""
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=294, product=802)
    writer.define(1, 20, [(253, 4, 0x86), (78, 3, 0x86), (3, 1, 0x02), (200, 1, 0x86)])
    for at in range(120):
        writer.data(1, struct.pack("<I3sBB", BEGAN + at, b"abc", 140, 1))
    activity = one(writer.finish())
    assert activity.streams.heart_rate_bpm is not None
    assert activity.streams.altitude_m is None


def test_compressed_speed_and_distance_run_on_over_4096() -> None:
    """As old foot pods write: twelve bits of speed, twelve bits of distance in sixteenths of a metre."""
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=GARMIN, product=1436)
    writer.define(1, 20, [(253, 4, 0x86), (8, 3, 0x0D), (3, 1, 0x02)])
    for at in range(300):
        packed = (300 | (at * 48 % 4096) << 12).to_bytes(3, "little")
        writer.data(1, struct.pack("<I3sB", BEGAN + at, packed, 140))
    streams = one(writer.finish()).streams
    assert streams.distance_m is not None
    assert streams.speed_mps is not None
    assert streams.distance_m[-1] == 299 * 3.0
    assert set(streams.speed_mps) == {3.0}


def test_heart_rate_and_position_in_separate_definitions_are_merged_in_file_order() -> None:
    records = [
        {k: v for k, v in record.items() if at % 3 or k != "heart_rate"} for at, record in enumerate(steady(300))
    ]
    heart = one(written(records, session(300))).streams.heart_rate_bpm
    assert heart is not None
    assert np.isnan(heart[::3]).all()
    assert (heart[1::3] == 140).all()


def test_records_in_both_byte_orders_are_read() -> None:
    writer = Writer(big_endian=True)
    writer.write("file_id", type=4, manufacturer=SUUNTO, product=34)
    for record in steady(120, altitude=321.0):
        writer.write("record", **record)
    writer.write("session", **session(120))
    activity = one(writer.finish())
    assert activity.device.manufacturer == "suunto"
    assert activity.streams.altitude_m is not None
    assert set(activity.streams.altitude_m) == {321.0}
    assert activity.totals.elapsed_s == 120


def test_compressed_timestamps_count_on_from_any_message_with_a_time() -> None:
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=GARMIN, product=FR945)
    writer.write("event", timestamp=BEGAN, event=0, event_type=0, data=0)
    writer.define(1, 20, [(3, 1, 0x02)])
    stamps = [1, 20, 33, 64, 95, 96, *range(100, 200)]
    for at in stamps:
        if at == 150:  # a full time in between sets the clock anew, two hours on
            writer.write("event", timestamp=BEGAN + 7350, event=0, event_type=0, data=0)
            writer.define(1, 20, [(3, 1, 0x02)])
        writer.compressed(1, BEGAN + at + (7200 if at >= 150 else 0), b"\x8c")
    streams = one(writer.finish()).streams
    expected = [at + (7200 if at >= 150 else 0) for at in stamps]
    assert streams.time_s.tolist() == [float(at) for at in expected]


# --- totals ---------------------------------------------------------------------------------------------------------


def test_timer_and_elapsed_time_are_both_kept() -> None:
    totals = one(written(steady(600), session(600, total_timer_time=540))).totals
    assert (totals.timer_s, totals.elapsed_s) == (540, 600)


def test_without_a_speed_it_follows_from_the_distance() -> None:
    activity = one(written(steady(120), session(120)))
    assert activity.streams.speed_mps is not None
    assert set(activity.streams.speed_mps) == {3.0}
    assert activity.provenance["speed_mps"] == "derived.distance"


def test_the_watchs_distance_comes_before_that_of_the_positions() -> None:
    """The positions stand still: the watch counted by its foot pod."""
    activity = one(written(steady(120, position_lat=46.0, position_long=7.0), session(120)))
    assert activity.streams.distance_m is not None
    assert (activity.streams.distance_m[-1], activity.provenance["distance_m"]) == (360.0, "record.distance")


def test_without_a_distance_the_positions_give_one() -> None:
    records = [
        {"timestamp": BEGAN + at, "heart_rate": 140, "position_lat": 46.0 + at * 3.0 / 111_195, "position_long": 7.0}
        for at in range(121)
    ]
    activity = one(written(records, session(120)))
    assert activity.streams.distance_m is not None
    assert activity.streams.distance_m[-1] == pytest.approx(360.0, abs=0.5)
    assert activity.provenance["distance_m"] == "derived.haversine"


def test_a_session_without_a_distance_has_that_of_its_laps() -> None:
    """As Suunto's Ambit writes it."""
    laps = [
        {
            "timestamp": BEGAN + end,
            "start_time": BEGAN + end - 300,
            "total_elapsed_time": 300.0,
            "total_distance": 900.0,
        }
        for end in (300, 600)
    ]
    assert one(written(steady(600), session(600), laps=laps)).totals.distance_m == 1800.0


def test_a_session_that_is_too_short_costs_no_records() -> None:
    """As Suunto's Ambit writes it, a quarter of an hour short."""
    activity = one(written(steady(1800), session(874)))
    assert activity.streams.time_s[-1] == 1800.0
    assert activity.totals.elapsed_s == 874


def test_a_session_of_huge_floats_states_nothing_of_them() -> None:
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=GARMIN, product=FR945)
    for record in steady(120):
        writer.write("record", **record)
    numbers = (9, 22, 23, 16, 17)  # distance, ascent, descent, mean and most heart rate
    writer.define(2, 18, [(253, 4, 0x86), (2, 4, 0x86), *((number, 8, 0x89) for number in numbers)])
    writer.data(2, struct.pack("<II5d", BEGAN + 120, BEGAN, *([1e300] * len(numbers))))
    totals = one(writer.finish()).totals
    assert {getattr(totals, name) for name in totals.__slots__} == {None}


def test_a_header_checksum_of_0_is_not_used() -> None:
    activity = one(written(steady(120), header_crc=False))
    assert activity.notes == ()


# --- developer fields, names, persons -------------------------------------------------------------------------------


def test_developer_fields_are_kept_by_name_and_unit() -> None:
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=GARMIN, product=FR945)
    writer.developer_field("Form Power", number=3, base="uint16", units="Watts")
    for record in steady(120):
        writer.write("record", **record, **{"Form Power": 77})
    units, column = one(writer.finish()).developer["Form Power"]
    assert (units, set(column)) == ("Watts", {77.0})


def test_a_float_field_may_be_any_kind_of_nan_or_infinite() -> None:
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=GARMIN, product=FR945)
    writer.define(1, 20, [(253, 4, 0x86), (3, 4, 0x88)])
    for at in range(120):
        raw = (0x7F800001, 0xFFFFFFFF, 0x7F800000, 0x430C0000)[at % 4]  # signalling, quiet, infinite, 140.0
        writer.data(1, struct.pack("<II", BEGAN + at, raw))
    heart = one(writer.finish()).streams.heart_rate_bpm
    assert heart is not None
    assert np.nan_to_num(heart).tolist() == [0.0, 0.0, 0.0, 140.0] * 30


def test_developer_fields_without_a_description_are_skipped() -> None:
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=GARMIN, product=FR945)
    writer.define(1, 20, [(253, 4, 0x86), (3, 1, 0x02)], developer=[(3, 2, 0)])
    for at in range(120):
        writer.data(1, struct.pack("<IBH", BEGAN + at, 140, 77))
    activity = one(writer.finish())
    assert activity.developer == {}
    assert len(activity.streams) == 120


def test_a_developer_field_may_stand_in_for_one_of_the_profile() -> None:
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=GARMIN, product=FR945)
    writer.define(2, 206, [(0, 1, 2), (1, 1, 2), (2, 1, 2), (3, 6, 7), (14, 2, 0x84), (15, 1, 2)])
    writer.data(2, struct.pack("<BBB6sHB", 0, 3, 0x84, b"Power\0", 20, 7))
    writer.define(1, 20, [(253, 4, 0x86)], developer=[(3, 2, 0)])
    for at in range(120):
        writer.data(1, struct.pack("<IH", BEGAN + at, 250))
    activity = one(writer.finish())
    assert activity.streams.power_w is not None
    assert set(activity.streams.power_w) == {250.0}
    assert activity.provenance["power_w"] == "developer.power"


def test_text_that_is_no_utf8_and_control_characters_do_no_harm() -> None:
    """As Zwift writes names."""
    writer = Writer()
    writer.define(1, 0, [(0, 1, 0), (1, 2, 0x84), (8, 12, 7)])
    writer.data(1, struct.pack("<BH12s", 4, 294, b"R\xe9my\x07\x1b[1m\0zz"))
    for record in steady(120):
        writer.write("record", **record)
    assert one(writer.finish()).device.product == "R�my[1m"


def test_nothing_of_the_person_or_the_serial_number_is_kept() -> None:
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=GARMIN, product=FR945, serial_number=987654321)
    writer.define(1, 3, [(0, 16, 7), (4, 2, 0x84)])  # user_profile: friendly name, weight
    writer.data(1, struct.pack("<16sH", b"Ada Runner\0", 612))
    for record in steady(120):
        writer.write("record", **record)
    kept = repr(one(writer.finish()))
    assert "Ada" not in kept
    assert "987654321" not in kept
    assert "61.2" not in kept


# --- sessions, chains -----------------------------------------------------------------------------------------------


def test_a_file_without_session_is_summed_up_from_its_records() -> None:
    activity = one(written(steady(600)))
    assert activity.sport is None
    assert activity.streams.time_s[-1] == 600.0
    assert activity.totals.timer_s is None


@pytest.mark.parametrize("first", [True, False])
def test_the_summary_may_stand_first_or_last(first: bool) -> None:
    lap = {"timestamp": BEGAN + 600, "start_time": BEGAN, "total_elapsed_time": 600.0, "lap_trigger": 2}
    activity = one(written(steady(600), session(600), laps=[lap], first=first))
    assert activity.sport == "running"
    assert [(found.start_s, found.end_s, found.trigger) for found in activity.laps] == [(0.0, 600.0, "distance")]


@pytest.mark.parametrize("restarts", [True, False])
def test_legs_of_a_multisport_file_are_activities_whether_or_not_the_distance_restarts(restarts: bool) -> None:
    second = steady(900, since=600)
    if not restarts:
        for record in second:
            record["distance"] += 1800.0
    legs = session(600, sport=5, total_distance=1800), session(900, start=BEGAN + 600, total_distance=2700)
    swim, run = parse(written([*steady(599), *second], *legs, events=[timer(700, 4), timer(730, 0)]))
    assert [swim.sport, run.sport] == ["swimming", "running"]
    assert [swim.part, run.part] == [0, 1]
    assert [swim.record_count, run.record_count] == [600, 901]
    assert (run.streams.time_s[0], run.streams.time_s[-1]) == (0.0, 900.0)
    assert run.streams.distance_m is not None
    assert run.streams.distance_m[0] == pytest.approx(0.0, abs=3.0)
    assert run.streams.distance_m[-1] == pytest.approx(2700.0, abs=3.0)
    assert (swim.pauses, run.pauses) == ((), (Pause(100.0, 130.0, "manual"),))


def test_a_swimrun_of_nineteen_sessions_gives_nineteen_activities() -> None:
    legs = [session(120, start=BEGAN + 120 * leg, sport=1 if leg % 2 else 5) for leg in range(19)]
    found = parse(written(steady(19 * 120 - 1), *legs))
    assert [activity.sport for activity in found] == ["running" if leg % 2 else "swimming" for leg in range(19)]
    assert {activity.record_count for activity in found} == {120}


def test_a_transition_of_a_second_is_left_out_and_the_parts_are_numbered_on() -> None:
    legs = session(600, sport=2), session(1, start=BEGAN + 600, sport=3), session(600, start=BEGAN + 601)
    found = parse(written(steady(1201), *legs))
    assert [(activity.part, activity.sport) for activity in found] == [(0, "cycling"), (1, "running")]


def test_a_multisport_file_cut_in_its_last_leg_gives_that_leg_without_its_session() -> None:
    records = steady(1200)
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=GARMIN, product=FR945)
    for record in records[:600]:
        writer.write("record", **record)
    writer.write("session", **session(600, sport=2))
    for record in records[600:]:
        writer.write("record", **record)
    whole = writer.finish()
    ride, rest = parse(whole[:-9])
    assert (ride.sport, ride.record_count) == ("cycling", 600)
    assert (rest.sport, rest.streams.time_s[-1]) == (None, 599.0)


def test_chained_files_are_numbered_through() -> None:
    found = parse(chained(written(steady(120), session(120)), written(steady(240), session(240))))
    assert [(activity.part, activity.record_count) for activity in found] == [(0, 121), (1, 241)]


def test_a_bad_file_after_a_good_one_does_not_cost_the_good_one() -> None:
    good = written(steady(120), session(120))
    found = parse(chained(good, good[:8] + b"WTF!" + good[12:]))
    assert [activity.record_count for activity in found] == [121]
    assert Note("trailing_bytes", count=len(good)) in found[0].notes


# --- damage ---------------------------------------------------------------------------------------------------------


def test_a_wrong_checksum_is_a_note_and_not_a_refusal() -> None:
    activity = one(written(steady(120), session(120), crc_error=1))
    assert len(activity.streams) == 121
    assert ("crc_mismatch", None) in notes(activity)


@pytest.mark.parametrize(("seconds", "code"), [(60, None), (59, "crc_mismatch")])
def test_a_damaged_file_must_give_a_minute(seconds: int, code: str | None) -> None:
    data = written(steady(seconds), crc_error=1)
    if code is None:
        assert one(data).streams.time_s[-1] == 60.0
        return
    with pytest.raises(ParseError) as refused:
        parse(data)
    assert refused.value.code == code


def test_bytes_after_the_end_are_counted() -> None:
    assert Note("trailing_bytes", count=5) in one(written(steady(120)) + b"hello").notes


def test_a_data_size_of_0_is_a_watch_that_crashed() -> None:
    activity = one(written(steady(300), data_size=0))
    assert len(activity.streams) == 301
    assert Note("truncated", start_s=300.0, detail="size_missing") in activity.notes


def test_a_file_cut_in_mid_record_keeps_what_was_whole() -> None:
    data = written(steady(300), session(300))
    activity = one(data[: len(data) // 2])
    assert Note("truncated", start_s=float(activity.streams.time_s[-1]), detail="cut") in activity.notes
    assert 100 < len(activity.streams) < 200


def test_garbage_after_a_point_keeps_what_came_before_it() -> None:
    """As a Strava file that loses its way: data of a local number that nothing defines."""
    writer = Writer()
    writer.write("file_id", type=4, manufacturer=265, product=102)
    for record in steady(300):
        writer.write("record", **record)
    writer.raw(b"\x0b" + bytes(range(200)))
    activity = one(writer.finish())
    assert len(activity.streams) == 301
    assert ("truncated", "undefined_message") in notes(activity)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "empty", id="0 bytes"),
        pytest.param(b"\0" * 86_016, "unknown_type", id="86 kB of zeros"),
        pytest.param(Writer().finish()[:14], "truncated", id="a header with nothing behind it"),
        pytest.param(Writer().finish()[:14] + b"\0" * 86_002, "corrupt_data", id="a header, then zeros"),
        pytest.param(Writer().finish() * 2000, "corrupt_data", id="2,000 chained empty files"),
        pytest.param(
            wrapped(b"\x40\0\0\0\0\x01\0\x01\0\0\x04\x41\0\0\x14\0\xff\xfd\x04\x86"),
            "corrupt_definition",
            id="a definition that runs out of the file",
        ),
        pytest.param(written([], session(600)), "no_usable_points", id="a session without records"),
        pytest.param(written(steady(0)), "no_usable_points", id="a single record"),
        pytest.param(written([{"heart_rate": 140}] * 90), "no_time", id="records without time"),
        pytest.param(written([{"timestamp": BEGAN + at} for at in range(90)]), "no_usable_points", id="times alone"),
    ],
)
def test_refusals(data: bytes, code: str) -> None:
    with pytest.raises(ParseError) as refused:
        parse(data)
    assert refused.value.code == code


@pytest.mark.parametrize(("kind", "records"), [(2, 0), (5, 0), (9, 0), (6, 0), (6, 90)])
def test_files_that_are_no_activity_are_refused_as_such(kind: int, records: int) -> None:
    writer = Writer()
    writer.write("file_id", type=kind, manufacturer=GARMIN, product=FR945)
    for record in steady(records) if records else ():
        writer.write("record", **record)
    with pytest.raises(ParseError) as refused:
        parse(writer.finish())
    assert refused.value.code == "not_activity"
