import gzip
import zlib
from dataclasses import replace

import numpy as np
import pytest

from parsers import ArchiveUnsafe, Corrupt, TooLarge
from parsers.format import DEFAULT_LIMITS, KIB, MIB
from parsers.wrapping import unwrap, unwrapped

NOISE = np.random.default_rng(7).integers(0, 256, 200_000, dtype=np.uint8).tobytes()
SMALL = replace(DEFAULT_LIMITS, unpacked_bytes=100 * KIB)


def notes(data):
    return [note.code for note in unwrapped(data, limits=DEFAULT_LIMITS).notes]


def test_plain_bytes_stay_as_they_are():
    assert unwrap(b"plain") == b"plain"


@pytest.mark.parametrize("level", [0, 1, 9])
def test_gzip_is_undone_at_every_level(level):
    assert unwrap(gzip.compress(NOISE, level)) == NOISE
    assert notes(gzip.compress(NOISE, level)) == []


def test_several_members_are_one_file_and_padding_is_ignored():
    data = gzip.compress(b"first ") + gzip.compress(b"") + gzip.compress(b"second") + b"\0" * 512
    assert unwrap(data) == b"first second"


def test_a_header_with_every_optional_field_is_passed_over():
    plain = gzip.compress(b"x", mtime=0)
    flags = 4 | 8 | 16 | 2
    head = plain[:3] + bytes([flags]) + plain[4:10] + b"\x03\x00abc" + b"name\0" + b"comment\0" + b"\x12\x34"
    assert unwrap(head + plain[10:]) == b"x"


@pytest.mark.parametrize("cut", [1, 8, 9, 1000, 100_000])
def test_a_cut_gzip_gives_what_came_before_the_cut(cut):
    data = gzip.compress(NOISE)[:-cut]
    got = unwrap(data)
    assert NOISE.startswith(got)
    assert len(got) >= len(NOISE) - cut - 20_000
    assert notes(data) == ["truncated"]


def test_a_wrong_check_sum_keeps_the_bytes_and_is_noted():
    data = bytearray(gzip.compress(NOISE))
    data[-6] ^= 1
    assert unwrap(bytes(data)) == NOISE
    assert notes(bytes(data)) == ["crc_mismatch"]


def test_a_broken_stream_keeps_what_precedes_the_break():
    data = bytearray(gzip.compress(b"abc" * 200_000 + NOISE))
    data[len(data) // 2 : len(data) // 2 + 40] = b"\xff" * 40
    got = unwrap(bytes(data))
    assert got.startswith(b"abc" * 200_000)


@pytest.mark.parametrize(
    "data", [b"\x1f\x8b", b"\x1f\x8b\x08", b"\x1f\x8b\x08\xff" + b"\xff" * 30, gzip.compress(b"abc", mtime=0)[:11]]
)
def test_a_gzip_of_which_nothing_is_left_is_refused(data):
    with pytest.raises(Corrupt) as caught:
        unwrap(data)
    assert caught.value.code == "corrupt_data"


def test_a_file_of_exactly_the_limit_passes_and_one_byte_more_does_not():
    noise = NOISE[: 100 * KIB]
    assert len(unwrap(gzip.compress(noise), limits=SMALL)) == 100 * KIB
    with pytest.raises(TooLarge) as caught:
        unwrap(gzip.compress(noise + b"!"), limits=SMALL)
    assert caught.value.code == "too_large_unpacked"


def test_a_bomb_is_refused_by_its_ratio_before_it_is_unpacked():
    bomb = gzip.compress(bytes(90 * MIB))
    with pytest.raises(TooLarge) as caught:
        unwrap(bomb)
    assert caught.value.code == "too_large_unpacked"


def test_a_ratio_over_200_is_no_bomb_below_a_megabyte():
    assert len(unwrap(gzip.compress(bytes(999_000)))) == 999_000


@pytest.mark.parametrize("inner", [gzip.compress(b"x", mtime=0), b"PK\x03\x04rest"], ids=["gzip", "ZIP"])
def test_a_wrapping_inside_a_wrapping_is_refused(inner):
    with pytest.raises(ArchiveUnsafe):
        unwrap(gzip.compress(inner))


def test_a_hundred_thousand_empty_members_are_refused():
    with pytest.raises(ArchiveUnsafe):
        unwrap(gzip.compress(b"", mtime=0) * 100_000)


def test_members_of_one_byte_are_read_quickly_enough():
    assert unwrap(gzip.compress(b"x", mtime=0) * 5000) == b"x" * 5000


def test_zlib_without_gzip_is_not_unwrapped():
    assert unwrap(zlib.compress(b"x")) == zlib.compress(b"x")
