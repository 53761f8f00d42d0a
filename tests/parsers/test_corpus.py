"""Every real file of the corpus against its manifest: what the device states, and what independent readers count.

The manifest decides what is compared: a column that it leaves empty is not. Where we differ on purpose the reason
stands in DIFFERS, and a test sees to it that each of those still differs.
"""

import csv
import io

import numpy as np
import pytest

import parsers
from parsers import ParseError

REFUSED = {
    "fit_empty_0_bytes.fit": "empty",
    "fit_bad_filecrc.fit": "crc_mismatch",  # 13 s of records: less than the minute that is worth salvaging
    "fit_unexpected_eof.fit": "truncated",  # likewise
}
MERGED = "records of one moment are merged, and the manifest counts records"
DIFFERS = {
    ("fit_garmin_fr935_ironman_5sessions.fit", "n_records"): "a transition of 0.76 s has one record: no activity",
    ("fit_garmin_fr935_ironman_5sessions.fit", "rec_hr_n"): "likewise",
    ("fit_garmin_fr935_ironman_5sessions.fit", "gps_points"): "likewise",
    ("fit_garmin_fr935_ironman_5sessions.fit", "avg_hr"): "likewise: its average is left out",
    ("fit_inverted_times.fit", "timer_s"): "the file has timer and elapsed time swapped; we swap them back",
    ("fit_broken_dates.fit", "rec_hr_n"): MERGED + " (80 % of them double), and 131 heart rates are impossible",
    ("fit_broken_dates.fit", "rec_hr_mean"): "likewise",
    ("fit_27days_activity.fit", "rec_hr_n"): "three records lie 27 days before the ride",
    ("fit_27days_activity.fit", "gps_points"): "likewise",
    ("fit_empty_activities_zeroed.fit", "n_records"): "a data size of 0 in the header: other readers stop, we salvage",
    ("fit_empty_activities_zeroed.fit", "rec_hr_n"): "likewise",
    ("fit_empty_activities_zeroed.fit", "gps_points"): "likewise",
    ("fit_strava_android_run_cut.fit", "gps_points"): "positions out of range after the break",
    ("fit_garmin_fr920_tri_chained4.fit", "rec_hr_n"): "heart rate messages of the swim are merged into its records",
    ("fit_garmin_fr920_tri_chained4.fit", "rec_hr_mean"): "likewise",
    ("fit_garmin_fr935_swim_chained7.fit", "rec_hr_n"): "likewise",
    ("fit_garmin_fr935_swim_chained7.fit", "rec_hr_mean"): "likewise",
    ("fit_sigma_truncated_14k_records.fit", "rec_hr_n"): MERGED,
    ("fit_sigma_truncated_14k_records.fit", "gps_points"): MERGED,
    ("fit_applewatch_strava.fit", "gps_points"): MERGED,
    ("fit_tomtom_runner3_ride.fit", "rec_alt_min_m"): "TomTom's raw altitude 0 (-500 m) is missing, not a depth",
    ("gpx_no_time.gpx", "rec_distance_last_m"): "only 5 of its 296 points have a time, the others are no samples",
    ("gpx_no_time.gpx", "gps_points"): "likewise",
    ("gpx_no_time.gpx", "rec_alt_min_m"): "likewise",
    ("gpx_no_time.gpx", "rec_alt_max_m"): "likewise",
    ("gpx_no_elevation_8seg.gpx", "gps_points"): "one point has no time",
    ("tcx_suunto_spartan_unknown.tcx", "rec_distance_last_m"): "the manifest leaves out the way between laps",
    ("tcx_suunto_spartan_unknown.tcx", "rec_hr_n"): MERGED,
    ("tcx_suunto_spartan_unknown.tcx", "gps_points"): MERGED,
    ("tcx_garmin_fr310xt_half.tcx.gz", "rec_hr_n"): MERGED,
    ("tcx_garmin_fr310xt_half.tcx.gz", "gps_points"): MERGED,
    ("tcx_two_activities.tcx", "rec_hr_n"): MERGED,
    ("tcx_two_activities.tcx", "gps_points"): MERGED,
}


def content(folder, name):
    """The bytes of a manifest line: a file, or a member of an archive (`archive!member`)."""
    file, _, inside = name.partition("!")
    data = (folder / file).read_bytes()
    if inside:
        data = next(found.data for found in parsers.members(io.BytesIO(data)) if found.name == inside)
    return data


def column(activities, name):
    """The values of one channel over all activities of a file, missing ones left out."""
    found = [getattr(a.streams, name) for a in activities if getattr(a.streams, name) is not None]
    values = np.concatenate(found) if found else np.empty(0)
    return values[~np.isnan(values)]


def totals(activities, name):
    return [value for a in activities if (value := getattr(a.totals, name)) is not None]


def numbers(text):
    return [float(part) for part in text.split("|") if part]


def agree(field, text, activities):
    """Whether the activities of a file bear out one value of the manifest."""
    return COMPARE[field](numbers(text), activities)


def sums(name, **tolerance):
    return lambda stated, got: np.isclose(sum(stated), sum(totals(got, name)), **tolerance)


def averages(stated, got):
    mine = totals(got, "heart_rate_avg_bpm")
    # a device that states 0 means that it has none
    stated = [value for value in stated if value > 0]
    return len(mine) == len(stated) and all(abs(a - b) <= 1 for a, b in zip(stated, mine, strict=True))


def last_distance(stated, got):
    """The manifest takes the last value of a counter that runs on or starts anew with each part."""
    ends = [float(np.nanmax(a.streams.distance_m)) for a in got if a.streams.distance_m is not None]
    return any(np.isclose(stated[0], mine, rtol=5e-3, atol=1) for mine in (sum(ends), max(ends, default=0.0)))


def extreme(name, choose, tolerance):
    return lambda stated, got: abs(choose(column(got, name)) - stated[0]) <= tolerance


COMPARE = {
    "n_records": lambda stated, got: sum(a.record_count for a in got) == stated[0],
    "timer_s": sums("timer_s", atol=2, rtol=0),
    "distance_m": sums("distance_m", rtol=5e-3),
    "avg_hr": averages,
    "rec_distance_last_m": last_distance,
    "rec_hr_n": lambda stated, got: len(column(got, "heart_rate_bpm")) in {stated[0], 0},
    "rec_hr_mean": extreme("heart_rate_bpm", np.mean, 0.5),
    "rec_hr_max": extreme("heart_rate_bpm", np.max, 0),
    "rec_alt_min_m": extreme("altitude_m", np.min, 0.1),
    "rec_alt_max_m": extreme("altitude_m", np.max, 0.1),
    "gps_points": lambda stated, got: len(column(got, "lat_deg")) == stated[0],
    "dup_steps": lambda stated, got: (
        sum(note.count for a in got for note in a.notes if note.code == "duplicate_times") == stated[0]
    ),
}


def test_a_file_gives_what_its_manifest_says_or_the_refusal_that_it_deserves(row, corpus):
    name = row["file"]
    data = content(corpus, name)
    if name in REFUSED:
        with pytest.raises(ParseError) as caught:
            parsers.parse(data)
        assert caught.value.code == REFUSED[name]
        return
    activities = parsers.parse(data)
    differing = {field for field in COMPARE if row[field] and not agree(field, row[field], activities)}
    assert differing == {field for file, field in DIFFERS if file == name}


def test_a_file_begins_when_its_manifest_says(row, corpus):
    """The first record's instant, for files that have one and are read whole."""
    name = row["file"]
    if name in REFUSED or not row["first_record_utc"].endswith("Z") or name == "fit_27days_activity.fit":
        pytest.skip("refused, without a date, or begun 27 days before its first believable record")
    activity = parsers.parse(content(corpus, name))[0]
    first = activity.started_at.timestamp() + float(activity.streams.time_s[0])
    assert first == pytest.approx(
        np.datetime64(row["first_record_utc"][:-1]).astype("datetime64[ms]").astype(float) / 1000, abs=0.5
    )


def test_every_activity_of_a_file_keeps_the_promises_of_its_streams(row, corpus):
    if row["file"] in REFUSED:
        pytest.skip("refused")
    for part, activity in enumerate(parsers.parse(content(corpus, row["file"]))):
        assert activity.part == part
        assert (np.diff(activity.streams.time_s) > 0).all()
        assert set(activity.provenance) >= {name for name, _ in activity.streams.items() if name != "time_s"}
        if activity.streams.distance_m is not None:
            known = activity.streams.distance_m[~np.isnan(activity.streams.distance_m)]
            assert (np.diff(known) >= 0).all()
        for channel, values in activity.streams.items():
            assert not np.isinf(values).any(), channel


def test_no_line_of_the_manifest_is_forgotten_and_no_exception_is_left_over(corpus):
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as file:
        names = {row["file"] for row in csv.DictReader(file)}
    listed = {name.partition("!")[0] for name in names}
    there = {path.name for path in corpus.iterdir()} - {"manifest.csv", "README.md"}
    assert listed
    assert there == listed
    assert {name for name, _ in DIFFERS} | set(REFUSED) <= names


TWINS = [
    ("fit_garmin_vivoactivehr_smart_4k.fit", "gpx_garmin_vivoactivehr_twin.gpx"),
    ("fit_garmin_fr945_treadmill_10k.fit", "tcx_garmin_fr945_treadmill_twin.tcx"),
    ("fit_suunto9baro_pause_records.fit", "fit_suunto9baro_no_pause_records.fit"),
]


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_one_run_in_two_files_is_the_same_run(one, other, corpus):
    """Start within a second, heart rate within 1 bpm, distance within 2.5 % (a GPX has none of the device's own)."""
    (first,), (second,) = (parsers.parse(content(corpus, name)) for name in (one, other))
    assert abs((first.started_at - second.started_at).total_seconds()) <= 1
    beats = [float(np.nanmean(a.streams.heart_rate_bpm)) for a in (first, second)]
    assert beats[0] == pytest.approx(beats[1], abs=1)
    ways = [float(np.nanmax(a.streams.distance_m)) for a in (first, second)]
    assert ways[0] == pytest.approx(ways[1], rel=0.025)
