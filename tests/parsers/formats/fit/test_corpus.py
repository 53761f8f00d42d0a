"""Every real FIT file against its manifest: what other readers found in it, and what its device says of itself."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from parsers import Activity, ParseError, parse

REFUSED = {
    "fit_empty_0_bytes": {"empty"},
    "fit_bad_filecrc": {"crc_mismatch"},  # 13 s of a sample: damaged, and no usable minute
    "fit_unexpected_eof": {"truncated"},  # the same sample, cut
}
SALVAGED_AGAINST_THE_MANIFEST = "fit_empty_activities_zeroed"
"""Called empty by public readers, as its header says 0 bytes: the watch crashed, and 2,319 sound records follow."""

LEFT_OUT_LEGS = {"fit_garmin_fr935_ironman_5sessions": {3}}
"""A transition of 0.76 s: one record is no activity."""
MENDED = {
    "fit_inverted_times": {"timer_s": [2839.6], "elapsed_s": [21680.0]},  # swapped in the file
    "fit_27days_activity": {"elapsed_s": [None]},  # 27.9 days: not believed
    "fit_zwift_run_treadmill": {"avg_hr": [None], "max_hr": [None]},  # 0 is missing
}
STRAPPED = {"fit_garmin_fr920_tri_chained4", "fit_garmin_fr935_swim_chained7"}
"""Heart rates from `hr` messages are merged here, which the manifest's record values leave out."""
CLEANED = {"fit_27days_activity", "fit_broken_dates", "fit_strava_android_run_cut", "fit_tomtom_runner3_ride"}
"""Rows or values dropped by tidy (five records of 27 days earlier; heart rates below 30; altitude -500 m)."""
IMPLAUSIBLE_OFFSET = {
    "fit_garmin_fr70_compressed_speed_distance",
    "fit_zwift_nonutf8_string",
    "fit_zwift_run_treadmill",
}


@cache
def manifest(corpus: Path) -> dict[str, dict[str, str]]:
    """The manifest's rows by file name without suffix."""
    with (corpus / "manifest.csv").open(newline="", encoding="utf-8") as lines:
        return {row["file"].removesuffix(".fit"): row for row in csv.DictReader(lines)}


@pytest.fixture
def told(corpus_fit: Path) -> dict[str, str]:
    """What the manifest says of the file."""
    return manifest(corpus_fit.parent)[corpus_fit.stem]


@pytest.fixture
def activities(corpus_fit: Path) -> tuple[Activity, ...]:
    """The file's activities, or a skip where it is refused."""
    if corpus_fit.stem in REFUSED:
        pytest.skip("refused: see the test of refusals")
    return parse(corpus_fit.read_bytes())


def per_session(name: str, told: dict[str, str], column: str) -> list[float | None]:
    """A session column of the manifest, mended where the file is known to be wrong, without the legs left out."""
    values = [float(value) if value else None for value in told[column].split("|")]
    values = MENDED.get(name, {}).get(column, values)
    return [value for leg, value in enumerate(values) if leg not in LEFT_OUT_LEGS.get(name, set())]


def columns(activities: tuple[Activity, ...], channel: str) -> np.ndarray:
    """A channel of all activities in one, without what is missing."""
    found = [getattr(activity.streams, channel) for activity in activities]
    whole = np.concatenate([column for column in found if column is not None] or [np.empty(0)])
    return whole[~np.isnan(whole)]


def test_broken_files_are_refused_by_name(corpus: Path) -> None:
    for name, codes in REFUSED.items():
        with pytest.raises(ParseError) as refused:
            parse((corpus / f"{name}.fit").read_bytes())
        assert refused.value.code in codes, name


def test_no_other_file_is_refused(corpus_fit: Path, activities: tuple[Activity, ...]) -> None:
    assert activities
    assert [activity.part for activity in activities] == list(range(len(activities)))


def test_a_file_that_claims_to_be_empty_after_a_crash_gives_its_records(corpus: Path) -> None:
    (activity,) = parse((corpus / f"{SALVAGED_AGAINST_THE_MANIFEST}.fit").read_bytes())
    assert activity.record_count == 2319
    assert [(note.code, note.detail) for note in activity.notes] == [("truncated", "size_missing")]


def test_the_records_are_all_there(corpus_fit: Path, told: dict[str, str], activities: tuple[Activity, ...]) -> None:
    if corpus_fit.stem == SALVAGED_AGAINST_THE_MANIFEST:
        pytest.skip("has a test of its own")
    left_out = len(LEFT_OUT_LEGS.get(corpus_fit.stem, ()))
    assert sum(activity.record_count for activity in activities) == int(told["n_records"]) - left_out


SESSION_COLUMNS = {
    "timer_s": "timer_s",
    "elapsed_s": "elapsed_s",
    "distance_m": "distance_m",
    "avg_hr": "heart_rate_avg_bpm",
    "max_hr": "heart_rate_max_bpm",
    "ascent_m": "ascent_m",
    "descent_m": "descent_m",
}


@pytest.mark.parametrize("column", SESSION_COLUMNS)
def test_device_totals_are_those_of_the_manifest(
    corpus_fit: Path, told: dict[str, str], activities: tuple[Activity, ...], column: str
) -> None:
    ours = [getattr(activity.totals, SESSION_COLUMNS[column]) for activity in activities]
    theirs = per_session(corpus_fit.stem, told, column)
    for mine, other in zip(
        ours, theirs if any(value is not None for value in theirs) else [None] * len(ours), strict=True
    ):
        assert (mine is None) == (other is None)
        assert mine is None or mine == pytest.approx(other, abs=0.006)


def test_laps_are_all_there(told: dict[str, str], activities: tuple[Activity, ...]) -> None:
    timed = {"fit_27days_activity.fit", "fit_sigma_truncated_14k_records.fit"}  # a lap without any time is left out
    stated = 0 if told["file"] in timed else int(told["laps"] or 0)
    left_out = len(LEFT_OUT_LEGS.get(told["file"].removesuffix(".fit"), ()))
    assert sum(len(activity.laps) for activity in activities) == stated - left_out


def test_the_local_offset_is_taken_where_it_is_plausible(
    corpus_fit: Path, told: dict[str, str], activities: tuple[Activity, ...]
) -> None:
    stated = told["local_minus_utc_s"]
    expected = None if not stated or corpus_fit.stem in IMPLAUSIBLE_OFFSET else int(float(stated))
    assert {activity.utc_offset_s for activity in activities} == {expected}


def _record_values(told: dict[str, str]) -> Iterator[tuple[str, str, float]]:
    for column, channel in (
        ("rec_hr_max", "heart_rate_bpm"),
        ("rec_alt_min_m", "altitude_m"),
        ("rec_alt_max_m", "altitude_m"),
    ):
        if told[column]:
            yield column, channel, float(told[column])


def test_extremes_of_the_records_are_those_of_the_manifest(
    corpus_fit: Path, told: dict[str, str], activities: tuple[Activity, ...]
) -> None:
    if corpus_fit.stem in CLEANED:
        pytest.skip("values are dropped here on purpose: see CLEANED")
    for column, channel, expected in _record_values(told):
        values = columns(activities, channel)
        assert (values.min() if "min" in column else values.max()) == pytest.approx(expected, abs=0.11), column


def test_the_mean_heart_rate_of_the_records_is_that_of_the_manifest(
    corpus_fit: Path, told: dict[str, str], activities: tuple[Activity, ...]
) -> None:
    if corpus_fit.stem in CLEANED | STRAPPED or not told["rec_hr_mean"]:
        pytest.skip("nothing to compare: see CLEANED and STRAPPED")
    assert columns(activities, "heart_rate_bpm").mean() == pytest.approx(float(told["rec_hr_mean"]), abs=0.06)


def test_pauses_are_stops_followed_by_starts(told: dict[str, str], activities: tuple[Activity, ...]) -> None:
    events = ast.literal_eval(told["timer_pauses"] or "{}")
    starts = int(events.get("0", 0))
    pauses = [pause for activity in activities for pause in activity.pauses]
    assert len(pauses) <= starts
    for activity in activities:
        ends = [0.0, *(edge for pause in activity.pauses for edge in (pause.start_s, pause.end_s))]
        assert ends == sorted(ends)
        if activity.totals.timer_s and activity.totals.elapsed_s and starts > 1 and len(activities) == 1:
            paused = sum(pause.end_s - pause.start_s for pause in activity.pauses)
            assert paused == pytest.approx(activity.totals.elapsed_s - activity.totals.timer_s, abs=120 + 0.05 * paused)


def test_units_and_times_are_sane(activities: tuple[Activity, ...]) -> None:
    for activity in activities:
        streams = activity.streams
        assert streams.lat_deg is None or (np.nanmax(np.abs(streams.lat_deg)) <= 90)
        if activity.sport == "running" and streams.cadence_spm is not None and streams.time_s[-1] > 600:
            assert 70 <= np.nanmedian(streams.cadence_spm) <= 240  # steps, both feet; a steep trail is walked
        assert all(lap.end_s >= lap.start_s >= 0 for lap in activity.laps)
