from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from lxml import etree

import parsers
from parsers import ParseError

START = datetime(2020, 5, 1, 8, 0, 0, tzinfo=UTC)


def stamp(second, form="%Y-%m-%dT%H:%M:%SZ"):
    return (START + timedelta(seconds=second)).strftime(form)


def point(second, inside="", *, position=True, time=None):
    lat = f"<LatitudeDegrees>{46 + second * 3e-5:.7f}</LatitudeDegrees>"
    where = f"<Position>{lat}<LongitudeDegrees>7</LongitudeDegrees></Position>"
    return (
        f"<Trackpoint><Time>{time or stamp(second)}</Time>{where if position else ''}"
        f"<DistanceMeters>{second * 3}</DistanceMeters>{inside}</Trackpoint>"
    )


def lap(start, *tracks, seconds=None, metres=None, inside=""):
    stated = "" if seconds is None else f"<TotalTimeSeconds>{seconds}</TotalTimeSeconds>"
    stated += "" if metres is None else f"<DistanceMeters>{metres}</DistanceMeters>"
    body = "".join(f"<Track>{''.join(points)}</Track>" for points in tracks)
    return f'<Lap StartTime="{stamp(start)}">{stated}{inside}{body}</Lap>'


def database(inside):
    return f"<TrainingCenterDatabase>{inside}</TrainingCenterDatabase>".encode()


def document(*laps, sport="Running", tail=""):
    return database(f"<Activities>{outing(*laps, sport=sport, tail=tail)}</Activities>")


def outing(*laps, sport="Running", tail=""):
    return f'<Activity Sport="{sport}"><Id>{stamp(0)}</Id>{"".join(laps)}{tail}</Activity>'


def read(data):
    (activity,) = parsers.parse(data)
    return activity


def code(data):
    with pytest.raises(ParseError) as caught:
        parsers.parse(data)
    return caught.value.code


def salvaged(data):
    try:
        return parsers.parse(data)
    except ParseError as error:
        return error.code


def tpx(inside):
    return f'<Extensions><ns3:TPX xmlns:ns3="http://www.garmin.com/xmlschemas/ActivityExtension/v2">{inside}</ns3:TPX></Extensions>'


# --- points


@pytest.mark.parametrize(
    ("inside", "channel", "value"),
    [
        ("<HeartRateBpm><Value>150</Value></HeartRateBpm>", "heart_rate_bpm", 150),
        ("<AltitudeMeters>12.5</AltitudeMeters>", "altitude_m", 12.5),
        ("<Cadence>88</Cadence>", "cadence_spm", 176),
        (tpx("<ns3:Speed>3.5</ns3:Speed>"), "speed_mps", 3.5),
        (tpx("<ns3:RunCadence>90</ns3:RunCadence>"), "cadence_spm", 180),
        (tpx("<ns3:Watts>260</ns3:Watts>"), "power_w", 260),
        ("<Extensions><TPX><Speed>3.5</Speed></TPX></Extensions>", "speed_mps", 3.5),
    ],
)
def test_a_point_and_its_extension_fill_the_columns(inside, channel, value):
    activity = read(document(lap(0, [point(n, inside) for n in range(3)])))
    assert getattr(activity.streams, channel).tolist() == [value] * 3


def test_points_without_a_position_are_kept():
    """tcxreader drops every one of them: a treadmill run has none left."""
    activity = read(document(lap(0, [point(n, position=False) for n in range(5)])))
    assert activity.record_count == len(activity.streams) == 5
    assert activity.streams.lat_deg is None
    assert activity.streams.distance_m.tolist() == [0, 3, 6, 9, 12]


def test_an_offset_from_utc_is_heeded():
    times = ["2020-05-01T10:00:00.000+02:00", "2020-05-01T10:00:01.500+02:00"]
    activity = read(document(lap(0, [point(n, time=time) for n, time in enumerate(times)])))
    assert activity.started_at == START
    assert activity.streams.time_s.tolist() == [0, 1.5]
    assert activity.utc_offset_s == 7200


@pytest.mark.parametrize("lead", [" " * 10, "\n", "\ufeff  "])
def test_white_space_before_the_declaration_is_tolerated(lead):
    data = lead + '<?xml version="1.0" encoding="UTF-8"?>' + document(lap(0, [point(0), point(1)])).decode()
    assert len(read(data.encode()).streams) == 2


# --- laps


def test_laps_their_totals_and_their_words():
    average = "<AverageHeartRateBpm><Value>{}</Value></AverageHeartRateBpm>"
    stated = average + "<MaximumHeartRateBpm><Value>{}</Value></MaximumHeartRateBpm>"
    activity = read(
        document(
            lap(
                0,
                [point(0), point(100)],
                seconds=100,
                metres=300,
                inside=stated.format(140, 150) + "<Intensity>Active</Intensity><TriggerMethod>Distance</TriggerMethod>",
            ),
            lap(
                100,
                [point(101), point(400)],
                seconds=290,
                metres=900.5,
                inside=stated.format(160, 171) + "<Intensity>Resting</Intensity><TriggerMethod>Manual</TriggerMethod>",
            ),
        )
    )
    first, second = activity.laps
    assert (first.start_s, first.end_s, first.timer_s, first.distance_m) == (0, 100, 100, 300)
    assert (first.intensity, first.trigger) == ("active", "distance")
    assert (second.start_s, second.end_s, second.timer_s) == (100, 400, 290)
    assert (second.intensity, second.trigger) == ("rest", "manual")
    totals = activity.totals
    assert (totals.timer_s, totals.distance_m, totals.heart_rate_max_bpm) == (390, 1200.5, 171)
    assert totals.heart_rate_avg_bpm == pytest.approx((140 * 100 + 160 * 290) / 390)


def test_the_heart_rate_of_a_lap_is_not_that_of_a_point():
    average = "<AverageHeartRateBpm><Value>140</Value></AverageHeartRateBpm>"
    activity = read(document(lap(0, [point(0), point(1)], inside=average)))
    assert activity.streams.heart_rate_bpm is None


def test_without_any_statement_the_device_states_nothing():
    totals = read(document(lap(0, [point(0), point(1)]))).totals
    assert (totals.distance_m, totals.timer_s, totals.heart_rate_avg_bpm) == (None, None, None)


@pytest.mark.parametrize("bad", ["nan", "-5", "1e999", "many"])
def test_a_lap_that_states_nonsense_states_nothing(bad):
    activity = read(document(lap(0, [point(0), point(1)], seconds=bad, metres=bad)))
    assert (activity.totals.distance_m, activity.totals.timer_s) == (None, None)


def test_distances_that_begin_anew_in_each_lap_are_added_up():
    def restarting(start):
        return [
            point(n).replace(f"<DistanceMeters>{3 * n}<", f"<DistanceMeters>{3 * (n - start)}<")
            for n in range(start, start + 60)
        ]

    activity = read(document(lap(0, restarting(0)), lap(60, restarting(60)), lap(120, restarting(120))))
    assert activity.streams.distance_m[-1] == pytest.approx(3 * 59 * 3, abs=1)


def test_a_second_track_in_a_lap_is_a_pause_and_a_new_lap_is_none():
    within = read(document(lap(0, [point(n) for n in range(5)], [point(n) for n in range(60, 65)])))
    assert [(pause.start_s, pause.end_s, pause.cause) for pause in within.pauses] == [(4, 60, "segment")]
    between = read(document(lap(0, [point(n) for n in range(5)]), lap(5, [point(n) for n in range(60, 65)])))
    assert between.pauses == ()


# --- activities


def test_two_activities_are_two():
    """tcxreader merges them."""
    both = outing(lap(0, [point(0), point(1)])) + outing(
        lap(5000, [point(5000), point(5001), point(5002)]), sport="Biking"
    )
    first, second = parsers.parse(
        f"<TrainingCenterDatabase><Activities>{both}</Activities></TrainingCenterDatabase>".encode()
    )
    assert (first.part, first.sport, first.record_count) == (0, "running", 2)
    assert (second.part, second.sport, second.record_count) == (1, "cycling", 3)
    assert second.started_at == START + timedelta(seconds=5000)


def test_an_activity_without_points_does_not_cost_the_other():
    both = outing(lap(0)) + outing(lap(0, [point(0), point(1)]))
    (only,) = parsers.parse(
        f"<TrainingCenterDatabase><Activities>{both}</Activities></TrainingCenterDatabase>".encode()
    )
    assert (only.part, only.record_count) == (0, 2)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("", "not_activity"),
        (f"<Courses><Course><Lap/><Track>{point(0)}{point(1)}</Track></Course></Courses>", "not_activity"),
        ("<Workouts><Workout Sport='Running'/></Workouts>", "not_activity"),
        (f"<Activities>{outing(lap(0))}</Activities>", "no_usable_points"),
        (f"<Activities>{outing(lap(0, [point(0)]))}</Activities>", "no_time"),
    ],
)
def test_courses_workouts_and_empty_activities_are_refused(inside, expected):
    assert code(f"<TrainingCenterDatabase>{inside}</TrainingCenterDatabase>".encode()) == expected


def test_the_device_is_named_and_its_serial_number_is_nowhere():
    creator = "<Creator><Name>Forerunner 945</Name><UnitId>3991234567</UnitId></Creator>"
    activity = read(document(lap(0, [point(0), point(1)]), tail=creator) + b"<!-- Author comes after -->")
    assert (activity.device.manufacturer, activity.device.product) == ("garmin", "Forerunner 945")
    assert "3991234567" not in repr(activity)


# --- real files

REAL = [
    "tcx_garmin_fr310xt_half.tcx.gz",
    "tcx_garmin_fr945_treadmill_twin.tcx",
    "tcx_leading_space.tcx",
    "tcx_suunto_spartan_unknown.tcx",
    "tcx_two_activities.tcx",
]
TEXTS = {
    "distance_m": "{*}DistanceMeters",
    "altitude_m": "{*}AltitudeMeters",
    "heart_rate_bpm": "{*}HeartRateBpm/{*}Value",
    "lat_deg": "{*}Position/{*}LatitudeDegrees",
    "speed_mps": "{*}Extensions/{*}TPX/{*}Speed",
}


@pytest.mark.parametrize("name", REAL)
def test_lxml_reads_the_same_points_and_laps(name, corpus):
    """An independent tree, counted: points, the moments among them, laps, and the sum of each column."""
    data = parsers.unwrap((corpus / name).read_bytes())
    root = etree.fromstring(data.lstrip())
    activities = parsers.parse(data)
    elements = list(root.iter("{*}Activity"))
    assert len(activities) == len(elements)
    for activity, element in zip(activities, elements, strict=True):
        points = list(element.iter("{*}Trackpoint"))
        assert activity.record_count == len(points)
        first: dict[str, etree._Element] = {}
        for found in points:
            first.setdefault(found.findtext("{*}Time"), found)
        assert len(activity.streams) == len(first)
        assert len(activity.laps) == len(list(element.iter("{*}Lap")))
        for channel, path in TEXTS.items():
            values = [float(text) for found in points if (text := found.findtext(path)) is not None]
            column = getattr(activity.streams, channel)
            if activity.provenance.get(channel, "").startswith("tcx."):
                assert np.nanmax(column) == pytest.approx(max(values), abs=0.01), channel
                merged = len(points) - len(first)
                known = int((~np.isnan(column)).sum())
                assert len(values) - merged <= known <= len(values), channel


def test_the_treadmill_run_of_a_garmin_has_all_its_points(corpus):
    activity = read((corpus / "tcx_garmin_fr945_treadmill_twin.tcx").read_bytes())
    assert len(activity.streams) == 3101
    assert activity.streams.lat_deg is None
    assert activity.totals.distance_m == pytest.approx(10_630.37)


@pytest.mark.parametrize(
    "name", ["tcx_leading_space.tcx", "tcx_two_activities.tcx", "tcx_garmin_fr945_treadmill_twin.tcx"]
)
def test_a_file_cut_anywhere_is_refused_or_a_prefix_of_the_whole(name, corpus):
    data = (corpus / name).read_bytes()
    whole = parsers.parse(data)
    random = np.random.default_rng(5)
    for cut in sorted({*random.integers(0, len(data), 40).tolist(), *range(len(data) - 6, len(data))}):
        parts = salvaged(data[:cut])
        if isinstance(parts, str):
            assert parts in {"empty", "unknown_type", "xml_malformed"}
            assert cut < 60_000
            continue
        assert "truncated" in {note.code for note in parts[-1].notes} or cut >= len(data.rstrip())
        for part, full in zip(parts, whole, strict=False):
            n = len(part.streams)
            assert part.started_at == full.started_at
            assert part.laps[:-1] == full.laps[: len(part.laps[:-1])]
            for channel, column in part.streams.items():
                np.testing.assert_array_equal(column, getattr(full.streams, channel)[:n], err_msg=f"{channel} at {cut}")


def test_a_file_cut_before_its_first_activity_is_refused():
    data = document(lap(0, [point(n) for n in range(90)]))
    assert [code(data[:cut]) for cut in (25, data.index(b"<Activity "))] == ["xml_malformed"] * 2
