import gzip
import struct
import zipfile
import zlib
from dataclasses import replace

import numpy as np
import pytest
from lxml import etree

import parsers
from parsers import ParseError, reader
from parsers.format import DEFAULT_LIMITS, Format
from parsers.formats import SHARED, formats

POINT = '<trkpt lat="46" lon="7.{0:03d}"><ele>5</ele><time>2020-01-01T00:{1:02d}:{2:02d}Z</time></trkpt>'
GPX = f"<gpx><trk><trkseg>{''.join(POINT.format(n, n // 60, n % 60) for n in range(90))}</trkseg></trk></gpx>".encode()


def refusal(data, **options):
    with pytest.raises(ParseError) as caught:
        parsers.parse(data, **options)
    return caught.value


STRAYS = [
    TypeError("x"),
    ValueError("x"),
    KeyError("x"),
    IndexError("x"),
    AttributeError("x"),
    AssertionError(),
    struct.error("x"),
    OverflowError("x"),
    OSError("x"),
    LookupError("x"),
    UnicodeDecodeError("utf-8", b"x", 0, 1, "x"),
    RecursionError("x"),
    MemoryError(),
    zlib.error("x"),
    EOFError(),
    zipfile.BadZipFile("x"),
    NotImplementedError("x"),
    RuntimeError("x"),
    ZeroDivisionError("x"),
    FloatingPointError("x"),
    StopIteration(),
    etree.XMLSyntaxError("x", 1, 1, 1),
    etree.LxmlError("x"),
    np.exceptions.AxisError("x"),
    RuntimeWarning("x"),
]


@pytest.mark.parametrize("stray", STRAYS, ids=lambda stray: type(stray).__name__)
def test_whatever_a_format_raises_leaves_as_a_parse_error_that_names_it(stray, monkeypatch):
    def parse(data, limits):
        raise stray

    broken = Format("broken", "Broken", (), "x/x", lambda _: 100, parse)
    monkeypatch.setattr(reader, "formats", lambda: (broken,))
    error = refusal(b"anything")
    assert error.code == ("truncated" if isinstance(stray, EOFError) else "corrupt_data")
    assert error.format == "broken"
    assert error.__cause__ is stray
    assert "x" not in error.message.split()


def test_endless_recursion_in_a_format_is_folded_too(monkeypatch):
    def parse(data, limits):
        return parse(data, limits)

    monkeypatch.setattr(reader, "formats", lambda: (Format("deep", "Deep", (), "x/x", lambda _: 1, parse),))
    assert refusal(b"anything").code == "corrupt_data"


@pytest.mark.parametrize("stray", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_wish_to_stop_is_no_fault_of_the_file(stray, monkeypatch):
    def parse(data, limits):
        raise stray

    monkeypatch.setattr(reader, "formats", lambda: (Format("x", "X", (), "x/x", lambda _: 1, parse),))
    with pytest.raises(stray):
        parsers.parse(b"anything")


def test_a_format_that_finds_nothing_means_no_activity(monkeypatch):
    nothing = Format("none", "None", (), "x/x", lambda _: 1, lambda *_: ())
    monkeypatch.setattr(reader, "formats", lambda: (nothing,))
    assert refusal(b"anything").code == "not_activity"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"\0", "unknown_type"),
        (b"\0" * 86_000, "unknown_type"),
        (b"PK\x03\x04", "unknown_type"),
        (b"%PDF-1.7", "unknown_type"),
        (b"\xff\xd8\xff\xe0", "unknown_type"),
        (b"<html><body>", "unknown_type"),
        (b"<!DOCTYPE html><html>", "unknown_type"),
        (b"<kml></kml>", "unknown_type"),
        (b'{"a": 1}', "unknown_type"),
        (gzip.compress(gzip.compress(GPX, mtime=0), mtime=0), "archive_unsafe"),
        (b"<gpx", "xml_malformed"),
    ],
)
def test_what_is_no_watch_file_gets_a_clear_refusal(data, code):
    assert refusal(data).code == code


def test_a_file_of_the_limit_passes_and_one_byte_more_does_not():
    assert parsers.parse(GPX, limits=replace(DEFAULT_LIMITS, file_bytes=len(GPX)))
    assert refusal(GPX, limits=replace(DEFAULT_LIMITS, file_bytes=len(GPX) - 1)).code == "too_large"


@pytest.mark.parametrize("name", ["", "run.fit", "run.gpx", "../../x", "x" * 10_000, "\0"])
def test_content_decides_and_the_name_does_not(name):
    assert parsers.parse(GPX, name=name)[0].format == "gpx"


def test_sniff_tells_the_format_through_gzip_or_nothing():
    assert [parsers.sniff(data) for data in (GPX, gzip.compress(GPX), b"", b"x", gzip.compress(b"x"))] == [
        "gpx",
        "gpx",
        None,
        None,
        None,
    ]


def test_a_cut_gzip_around_a_run_is_salvaged_and_said():
    noisy = GPX.replace(b"</gpx>", b"<!--" + np.random.default_rng(0).bytes(30_000).hex().encode() + b"--></gpx>")
    activity = parsers.parse(gzip.compress(noisy)[:-20_000])[0]
    assert "truncated" in {note.code for note in activity.notes}
    assert activity.record_count == 90


def test_a_wrong_gzip_check_sum_is_a_note():
    data = bytearray(gzip.compress(GPX))
    data[-5] ^= 1
    assert "crc_mismatch" in {note.code for note in parsers.parse(bytes(data))[0].notes}


def test_every_format_is_found_with_a_record_of_its_own():
    found = {record.id: record for record in formats()}
    assert {"fit", "gpx", "tcx"} <= set(found)
    assert not SHARED & set(found)
    for record in found.values():
        assert record.title
        assert record.media_type
        assert record.extensions
        assert record.sniff(b"") == 0
        assert record.sniff(b"\xff" * 4096) == 0


def test_errors_travel_between_processes():
    import pickle

    error = refusal(b"<gpx")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (again.code, again.message, again.format, again.offset) == (
        "xml_malformed",
        error.message,
        "gpx",
        error.offset,
    )
