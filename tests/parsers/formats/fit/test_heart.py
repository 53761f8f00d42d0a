"""Heart beats that a strap hands over later stand where Garmin's SDK puts them, and fill what is silent."""

from __future__ import annotations

from itertools import chain as together
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from garmin_fit_sdk import Decoder, Stream

from parsers import parse
from parsers.format import Limits
from parsers.formats.fit.chain import chain
from parsers.formats.fit.heart import Beats, at, beats
from parsers.formats.fit.messages import read


def flat(values: Any) -> list[Any]:
    """A number or a list of them as a list."""
    return list(values) if isinstance(values, list | tuple) else [values]


def sdk_beats(data: bytes) -> tuple[list[float], list[float]]:
    """Times (FIT seconds) and rates of one file by the SDK's own expansion of `event_timestamp_12`."""
    messages, errors = Decoder(Stream.from_byte_array(bytearray(data))).read(
        convert_datetimes_to_dates=False, merge_heart_rates=False
    )
    assert not errors
    found = messages["hr_mesgs"]
    anchor = found[0]["timestamp"] + found[0].get("fractional_timestamp", 0.0) - flat(found[0]["event_timestamp"])[0]
    ticks = together.from_iterable(flat(message["event_timestamp"]) for message in found)
    rates = together.from_iterable(flat(message["filtered_bpm"]) for message in found)
    return [tick + anchor for tick in ticks], list(rates)


@pytest.mark.parametrize(
    "name", ["fit_garmin_fr920_tri_chained4", "fit_garmin_fr935_swim_chained7", "fit_garmin_fr945_triathlon_chained3"]
)
def test_beats_stand_where_garmins_sdk_puts_them(corpus: Path, name: str) -> None:
    data = (corpus / f"{name}.fit").read_bytes()
    files, extents = read(data, Limits())[0], chain(data).extents
    assert len(files) > 1
    for file, before, extent in zip(files[1:], extents, extents[1:], strict=False):
        times, rates = sdk_beats(data[before.end + 2 : extent.end + 2])
        ours = beats([file])
        assert ours is not None
        assert ours.bpm.tolist() == rates
        assert ours.time_s == pytest.approx(np.array(times), abs=0.001)


def test_a_swim_of_a_chained_triathlon_has_its_straps_mean(corpus: Path) -> None:
    swim = parse((corpus / "fit_garmin_fr920_tri_chained4.fit").read_bytes())[0]
    assert swim.streams.heart_rate_bpm is not None
    assert np.nanmean(swim.streams.heart_rate_bpm) == pytest.approx(swim.totals.heart_rate_avg_bpm, abs=1.0)
    assert swim.provenance["heart_rate_bpm"] == "record.heart_rate+hr.filtered_bpm"


def test_a_record_takes_the_mean_of_its_second_or_the_last_fresh_rate() -> None:
    source = Beats(np.array([10.2, 10.8, 13.0]), np.array([100.0, 110.0, 130.0]))
    got = at(np.array([9.0, 11.0, 12.0, 13.0, 18.0, 19.0, np.nan]), source)
    assert np.nan_to_num(got).tolist() == [0.0, 105.0, 110.0, 130.0, 130.0, 0.0, 0.0]
