"""Stored streams: exact, small, quick, and honest when damaged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from service.store.damage import CorruptStreams
from service.store.streams import MISSING, STEADY, Ints, decode, encode

EXTREMES = st.sampled_from([MISSING, MISSING + 1, -1, 0, 1, 2**31 - 1])
ANY_INT32 = st.one_of(st.integers(-(2**31), 2**31 - 1), EXTREMES)
NAMES = ["time_s", "distance_m", "lat_deg", "heart_rate_bpm", "grade", "höhe"]

Columns = dict[str, tuple[Ints, float]]


@st.composite
def columns(draw: st.DrawFn) -> Columns:
    rows = draw(st.integers(0, 40))
    values = arrays.arrays(np.int32, rows, elements=ANY_INT32)
    scales = st.floats(allow_nan=False, allow_infinity=False)
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    return {name: (draw(values), draw(scales)) for name in names}


def same(one: Columns, other: Columns) -> bool:
    return list(one) == list(other) and all(
        values.dtype == other[name][0].dtype and np.array_equal(values, other[name][0]) and units_per == other[name][1]
        for name, (values, units_per) in one.items()
    )


def run(rows: int = 14_400) -> Columns:
    """Four hours, eight channels, as a watch writes them: walks with noise, some heart rate missing."""
    rng = np.random.default_rng(20261004)
    second = np.arange(rows, dtype=np.int64)
    speed = 3000 + np.cumsum(rng.normal(0, 20, rows)).clip(-800, 800)
    heart = 150 + np.cumsum(rng.integers(-1, 2, rows)).clip(-40, 30)
    heart[(second % 977) < 40] = MISSING
    raw = {
        "time_s": (1000 * second, 1000.0),
        "distance_m": (np.cumsum(speed / 10), 100.0),
        "altitude_m": (20 * np.round(np.cumsum(rng.normal(0, 1.2, rows)) / 2) + 50_000, 100.0),
        "speed_mps": (speed, 1000.0),
        "heart_rate_bpm": (heart, 1.0),
        "cadence_spm": (64 * (170 + rng.integers(-2, 3, rows)), 64.0),
        "lat_deg": (560_000_000 + np.cumsum(250 + rng.normal(0, 12, rows)), 2.0**31 / 180.0),
        "lon_deg": (90_000_000 + np.cumsum(180 + rng.normal(0, 12, rows)), 2.0**31 / 180.0),
    }
    return {name: (values.astype(np.int32), units_per) for name, (values, units_per) in raw.items()}


@given(columns())
def test_any_columns_of_int32_come_back_exactly(made: Columns) -> None:
    assert same(decode(encode(made)), made)


@pytest.mark.parametrize(
    "values",
    [[], [MISSING], [0], [MISSING, MISSING], [2**31 - 1, MISSING + 1, 2**31 - 1], [5, MISSING, 7], [MISSING, 1]],
)
@pytest.mark.parametrize("name", ["time_s", "power_w"])
def test_edges_come_back_exactly(name: str, values: list[int]) -> None:
    made = {name: (np.array(values, np.int32), 1.0)}
    assert same(decode(encode(made)), made)


def test_a_view_with_strides_is_encoded_like_its_copy() -> None:
    wide = np.arange(40, dtype=np.int32).reshape(20, 2)
    assert encode({"time_s": (wide[:, 1], 1.0)}) == encode({"time_s": (wide[:, 1].copy(), 1.0)})


def test_what_was_passed_in_is_left_alone_and_what_comes_out_can_be_written_to() -> None:
    values = np.array([1, 2, 4], np.int32)
    values.setflags(write=False)
    out = decode(encode({"time_s": (values, 1.0)}))["time_s"][0]
    out[0] = 9
    assert values.tolist() == [1, 2, 4]


def test_only_the_columns_asked_for_are_decoded() -> None:
    made = run(500)
    wanted = {"heart_rate_bpm", "lon_deg", "unknown"}
    assert same(decode(encode(made), only=wanted), {name: made[name] for name in made if name in wanted})


@pytest.mark.parametrize(
    "made",
    [
        {"a": (np.zeros(2, np.int32), 1.0), "b": (np.zeros(3, np.int32), 1.0)},
        {"a": (np.zeros(2, np.int64), 1.0)},
        {"a": (np.zeros((2, 2), np.int32), 1.0)},
    ],
    ids=["unequal lengths", "another type", "two dimensions"],
)
def test_what_is_no_stream_is_refused(made: Columns) -> None:
    with pytest.raises(ValueError, match="int32 columns of one length"):
        encode(made)


def test_four_hours_take_six_bytes_a_sample_at_most() -> None:
    """A sample is one row of the eight channels."""
    assert len(encode(run())) / 14_400 <= 6.0


def test_second_differences_are_worth_it_where_they_are_taken() -> None:
    made = run()
    steady = {name: column for name, column in made.items() if name in STEADY}
    plain = {f"plain_{name}": column for name, column in steady.items()}
    assert len(encode(steady)) < 0.95 * len(encode(plain))


def test_the_blob_of_the_same_columns_is_the_same() -> None:
    assert encode(run(300)) == encode(run(300))


def test_a_flipped_bit_is_noticed_or_changes_nothing() -> None:
    """zstd's headers have a few bits that mean nothing; every other one is under the checksum."""
    times, powers = np.array([0, 1000, 2000, 3000], np.int32), np.array([1, MISSING, 1, 9], np.int32)
    made = {"time_s": (times, 1000.0), "power_w": (powers, 1.0)}
    blob, harmless = encode(made), 0
    for bit in range(8 * len(blob)):
        damaged = bytearray(blob)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            assert same(decode(bytes(damaged)), made)
        except CorruptStreams:
            continue
        harmless += 1
    assert harmless < 8


def test_every_cut_is_noticed_and_so_is_anything_behind() -> None:
    blob = encode(run(50))
    for end in range(len(blob)):
        with pytest.raises(CorruptStreams):
            decode(blob[:end])
    with pytest.raises(CorruptStreams):
        decode(blob + b"\0")


@given(st.binary(max_size=200))
def test_other_bytes_are_no_streams(data: bytes) -> None:
    with pytest.raises(CorruptStreams):
        decode(data)


@given(st.binary(max_size=120))
def test_a_sound_frame_around_other_bytes_is_no_streams(body: bytes) -> None:
    """Even where the checksum holds; unless the bytes happen to be columns, which then are what they seem."""
    import zstandard

    blob = encode({})[:4] + zstandard.ZstdCompressor(write_checksum=True).compress(body)
    try:
        found = decode(blob)
    except CorruptStreams:
        return
    assert same(decode(encode(found)), found)


def test_a_frame_that_claims_to_unpack_to_terabytes_is_refused_unread() -> None:
    frame = bytes.fromhex("28b52ffd") + bytes([0xE0]) + (2**42).to_bytes(8, "little") + bytes(20)
    with pytest.raises(CorruptStreams, match="impossible size"):
        decode(encode({})[:4] + frame)
