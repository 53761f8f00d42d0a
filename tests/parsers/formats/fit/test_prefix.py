"""A file cut at any byte gives either a refusal or a prefix of what the whole file gives.

Prefix means: the same instants from the first on, and at each of them the values of the whole file, for every channel
that the cut file has. Allowed for, as the cut takes away what would be needed to know better: the last second of the
cut (its second record may be missing), heart rates from a strap's own messages (they follow in later files of the
chain), and derived columns next to the cut.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures.fit_writer import Layout, fit
from fixtures.runs import Run, minutes
from parsers import Activity, ParseError, parse

FILES = (
    "fit_garmin_fenix5_tiny_run",
    "fit_garmin_fr70_compressed_speed_distance",
    "fit_garmin_fr945_triathlon_chained3",
    "fit_garmin_fr920_tri_chained4",
    "fit_garmin_vivoactivehr_smart_4k",
    "fit_suunto9baro_pause_records",
    "fit_coros_pace2_misaligned",
    "fit_zwift_run_treadmill",
    "fit_wahoo_bolt_no_appid",
    "fit_27days_activity",
    "fit_hammerhead_karoo",
    "fit_inverted_times",
    "fit_stryd_devtypes_run",
    "fit_strava_android_run_cut",
)
OFFSETS = 40
MEASURED = ("heart_rate_bpm", "altitude_m", "cadence_spm", "temperature_c", "power_w", "lat_deg", "lon_deg")


def rows(activities: tuple[Activity, ...]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Every instant of all activities in milliseconds since 1970, and the measured channels at them."""
    times = [activity.started_at.timestamp() * 1000 + activity.streams.time_s * 1000 for activity in activities]
    channels = {}
    for name in MEASURED:
        found = [getattr(activity.streams, name) for activity in activities]
        if any(column is not None for column in found):
            channels[name] = np.concatenate(
                [np.full(len(t), np.nan) if c is None else c for t, c in zip(times, found, strict=True)]
            )
    return np.rint(np.concatenate(times)), channels


def assert_prefix(cut: tuple[Activity, ...], whole: tuple[Activity, ...]) -> None:
    """Assert that the rows of the cut file are the first rows of the whole."""
    at, channels = rows(cut)
    all_at, all_channels = rows(whole)
    assert at.tolist() == all_at[: len(at)].tolist()
    for name, column in channels.items():
        expected = all_channels[name][: len(at)]
        if any("hr." in activity.provenance.get(name, "") for activity in whole):
            continue  # told by later files of the chain
        same = (column == expected) | (np.isnan(column) & np.isnan(expected))
        assert same[:-1].all(), (name, np.flatnonzero(~same)[:5])


def check(data: bytes, cuts: list[int]) -> int:
    """Cut the bytes at each place; how many cuts gave something."""
    whole, salvaged = parse(data), 0
    for cut in cuts:
        try:
            part = parse(data[:cut])
        except ParseError:
            continue
        assert_prefix(part, whole)
        salvaged += 1
    return salvaged


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_cut_anywhere_gives_a_prefix_or_a_refusal(corpus: Path, name: str) -> None:
    data = (corpus / f"{name}.fit").read_bytes()
    rng = np.random.default_rng(len(data))
    cuts = [*rng.integers(0, len(data), OFFSETS).tolist(), 0, 1, 12, 13, 14, 15, len(data) - 1, len(data) - 2]
    salvaged = check(data, cuts)
    assert salvaged > 0 or name == "fit_garmin_fenix5_tiny_run"  # that one is shorter than a minute


@pytest.mark.parametrize("layout", [Layout(), Layout(big_endian=True), Layout(compressed=True), Layout(summary="first")])
def test_a_made_file_cut_at_every_byte_of_its_end_gives_a_prefix_or_a_refusal(layout: Layout) -> None:
    data = fit(Run((minutes(2, 3.0),)), layout)
    assert check(data, [*range(0, 80), *range(len(data) - 400, len(data))]) > 300
