"""Content is judged by its bytes: real forms are known, wrappings are taken off within limits, halves are noticed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from service.sync import content
from service.sync.failures import ProviderDown, Unusable

FIXTURES = Path(__file__).parents[3] / "fixtures"
FILES = sorted(path for kind in ("fit", "gpx", "tcx") for path in (FIXTURES / kind / "valid").glob(f"*.{kind}"))


def test_there_are_files():
    assert len(FILES) > 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_made_file_is_known_for_what_it_is(path):
    data = path.read_bytes()
    assert content.kind_of(data) == path.suffix[1:]
    assert content.plain(gzip.compress(data)) == data


def test_a_gpx_that_names_another_schema_is_a_gpx():
    head = b'<?xml version="1.0"?><gpx xmlns:x="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">'
    assert content.kind_of(head) == "gpx"


@pytest.mark.parametrize("data", [b"", b"{}", b"<html>", b"PK\x03\x04", b"FIT", b"\x0e\x20.FIT", b"gpx", b"<gpxx>"])
def test_what_is_no_watch_file_is_none(data):
    assert content.kind_of(data) is None


def test_a_whole_fit_file_is_whole_and_each_shorter_one_is_not():
    data = (FIXTURES / "fit/valid/easy_run.fit").read_bytes()
    assert content.fit_is_whole(data)
    assert not any(content.fit_is_whole(data[:size]) for size in range(0, len(data), 997))


def test_a_small_fit_file_with_a_session_is_whole_and_without_one_a_husk():
    session = bytes((0x40, 0, 0)) + (18).to_bytes(2, "little") + bytes((1, 0xFE, 2, 0x84)) + bytes((0, 1, 0))
    big_endian = bytes((0x41, 0, 1)) + (18).to_bytes(2, "big") + bytes((1, 0xFE, 2, 0x84))
    developer = (
        bytes((0x60, 0, 0)) + (20).to_bytes(2, "little") + bytes((1, 0xFD, 4, 0x86, 1, 0, 2, 0)) + bytes(7) + session
    )
    other = bytes((0x40, 0, 0)) + (0).to_bytes(2, "little") + bytes((1, 0, 1, 0)) + bytes((0, 4)) * 20
    for records, whole in ((session, True), (big_endian, True), (developer, True), (other, False), (b"\x07", False)):
        header = bytes((14, 0x20, 0, 0)) + len(records).to_bytes(4, "little") + b".FIT\0\0"
        assert content.fit_is_whole(header + records + b"\0\0") is whole


def test_several_members_of_a_gzip_are_one_content():
    assert content.inflated(gzip.compress(b"one") + gzip.compress(b"two") + b"rubbish") == b"onetwo"


@pytest.mark.parametrize("cut", [1, 5, 9, 12, 20])
def test_a_cut_gzip_is_a_service_that_broke_off(cut):
    with pytest.raises(ProviderDown):
        content.inflated(gzip.compress(bytes(range(256)) * 8)[:-cut] if cut < 12 else gzip.compress(b"x" * 99)[:cut])


def test_a_broken_gzip_is_too():
    packed = bytearray(gzip.compress(bytes(range(256)) * 50))
    packed[30] ^= 0xFF
    with pytest.raises(ProviderDown):
        content.inflated(bytes(packed))


def test_nothing_unpacks_past_its_limit():
    with pytest.raises(Unusable):
        content.inflated(gzip.compress(bytes(1001)), most_bytes=1000)
    assert len(content.inflated(gzip.compress(bytes(1000)), most_bytes=1000)) == 1000


def test_a_ratio_that_no_watch_reaches_is_refused_early():
    with pytest.raises(Unusable):
        content.inflated(gzip.compress(bytes(3_000_000)))


def test_gzip_in_gzip_in_gzip_is_no_file():
    thrice = gzip.compress(gzip.compress(gzip.compress(b"<gpx >")))
    assert content.kind_of(content.plain(thrice)) is None
