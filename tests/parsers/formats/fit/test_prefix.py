"""A file cut at any byte gives either a refusal or a prefix of what the whole file gives.

Prefix means: the same instants from the first on, and at each of them the values of the whole file, for every channel
that the cut file has. Allowed for, as the cut takes away what would be needed to know better: the last second of the
cut (its second record may be missing), heart rates from a strap's own messages (they follow in later files of the
chain).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures.fit_writer import Layout, fit
from fixtures.runs import Run, minutes
from parsers import Activity, ParseError, parse

CUTS = 16
MEASURED = (
    "heart_rate_bpm",
    "altitude_m",
    "cadence_spm",
    "temperature_c",
    "power_w",
    "lat_deg",
    "lon_deg",
    "distance_m",
    "speed_mps",
)


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
        if any("derived" in activity.provenance.get(name, "") for activity in cut):
            continue  # so far the channel was nothing but 0, which is no channel: it is derived instead
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


def test_a_real_file_cut_anywhere_gives_a_prefix_or_a_refusal(corpus_fit: Path) -> None:
    data = corpus_fit.read_bytes()
    try:
        whole = parse(data)
    except ParseError:
        pytest.skip("refused as a whole")
    rng = np.random.default_rng(len(data))
    places = rng.integers(len(data) // 10, len(data), CUTS).tolist()
    salvaged = check(data, [*places, 0, 1, 12, 13, 14, 15, 40, len(data) - 1, len(data) - 2])
    assert salvaged >= CUTS // 2 or whole[-1].streams.time_s[-1] < 150


@pytest.mark.parametrize(
    "layout", [Layout(), Layout(big_endian=True), Layout(compressed=True), Layout(summary="first")]
)
def test_a_made_file_cut_at_every_byte_of_its_end_gives_a_prefix_or_a_refusal(layout: Layout) -> None:
    data = fit(Run((minutes(2, 3.0),)), layout)
    assert check(data, [*range(80), *range(len(data) - 400, len(data))]) > 300
