import gzip
import io
import stat
import struct
import tempfile
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from parsers import ParseError, members, outline, parse
from parsers.format import DEFAULT_LIMITS, KIB, MIB

NOISE = np.random.default_rng(3).integers(0, 256, 300_000, dtype=np.uint8).tobytes()
GPX = b"<gpx><trk><trkseg/></trk></gpx>"


def zipped(*files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def listed(data, *, name="upload", limits=DEFAULT_LIMITS):
    """Name and bytes, or name and code, of each member."""
    found = members(io.BytesIO(data), name=name, limits=limits)
    return [(m.name, m.data.code if isinstance(m.data, ParseError) else m.data) for m in found]


def refused(data, *, limits=DEFAULT_LIMITS):
    with pytest.raises(ParseError) as caught:
        listed(data, limits=limits)
    return caught.value.code


def test_a_plain_file_is_one_member_under_its_own_name():
    assert listed(GPX, name="run.gpx") == [("run.gpx", GPX)]
    assert listed(b"", name="nothing") == [("nothing", b"")]


def test_a_plain_file_past_the_limit_is_one_refusal():
    assert listed(b"x" * 101, limits=replace(DEFAULT_LIMITS, file_bytes=100)) == [("upload", "too_large")]
    assert listed(b"x" * 100, limits=replace(DEFAULT_LIMITS, file_bytes=100)) == [("upload", b"x" * 100)]


def test_the_files_of_an_archive_come_in_order_and_folders_are_left_out():
    data = zipped(("b/", b""), ("b/one.gpx", GPX), ("a.fit", b"\x0e"), ("empty.doc", b""))
    assert listed(data) == [("b/one.gpx", GPX), ("a.fit", b"\x0e"), ("empty.doc", b"")]


def test_gzipped_files_in_an_archive_come_as_they_lie_there():
    assert listed(zipped(("a.gpx.gz", gzip.compress(GPX, mtime=0)))) == [("a.gpx.gz", gzip.compress(GPX, mtime=0))]


def test_an_archive_inside_an_archive_is_opened_and_a_third_is_refused():
    """Garmin's export holds UploadedFiles_*.zip parts."""
    third = zipped(("deep.gpx", GPX))
    second = zipped(("in.gpx", GPX), ("third.zip", third))
    data = zipped(("UploadedFiles_1.zip", second), ("out.gpx", GPX))
    assert listed(data) == [
        ("UploadedFiles_1.zip/in.gpx", GPX),
        ("UploadedFiles_1.zip/third.zip", "archive_unsafe"),
        ("out.gpx", GPX),
    ]


def test_an_empty_archive_has_no_members():
    assert listed(zipped()) == []


@pytest.mark.parametrize(
    "name",
    ["../evil.fit", "a/../../evil.fit", "/etc/evil.fit", "\\\\server\\evil.fit", "C:/evil.fit", "..\\evil.fit"],
)
def test_a_path_that_leaves_its_folder_costs_that_file_alone(name):
    data = zipped(("aa/good.gpx", GPX), ("X" * len(name), b"evil")).replace(b"X" * len(name), name.encode())
    assert [found for _, found in listed(data)] == [GPX, "archive_unsafe"]


def test_a_link_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link.fit")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert listed(out.getvalue()) == [("link.fit", "archive_unsafe")]


def test_an_encrypted_file_is_refused():
    data = bytearray(zipped(("secret.fit", b"x")))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert listed(bytes(data)) == [("secret.fit", "archive_unsafe")]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_choose_their_own_memory_are_refused(method):
    assert listed(zipped(("a.gpx", GPX), method=method)) == [("a.gpx", "archive_unsafe")]


def test_a_damaged_file_costs_itself_alone():
    data = bytearray(zipped(("bad.gpx", NOISE), ("good.gpx", GPX), method=zipfile.ZIP_STORED))
    data[1000] ^= 0xFF
    assert listed(bytes(data)) == [("bad.gpx", "crc_mismatch"), ("good.gpx", GPX)]
    data = bytearray(zipped(("bad.gpx", NOISE + bytes(100_000)), ("good.gpx", GPX)))
    data[60:100] = b"\xff" * 40
    assert [name for name, found in listed(bytes(data)) if found == GPX] == ["good.gpx"]


def test_overlapping_files_are_refused_before_anything_is_unpacked():
    """Python 3.11 opens archives whose entries share bytes: 112 kB become 400 MB."""
    kernel = bytes(MIB)
    data = zipped(("a", kernel))
    at = data.index(b"PK\x01\x02")
    entry, end = data[at : data.index(b"PK\x05\x06")], bytearray(data[data.index(b"PK\x05\x06") :])
    copies = 500
    end[8:12] = struct.pack("<HH", copies, copies)
    end[12:16] = struct.pack("<I", len(entry) * copies)
    assert refused(data[:at] + entry * copies + bytes(end)) == "archive_unsafe"


def test_more_entries_than_the_limit_are_refused_whatever_the_archive_says():
    limits = replace(DEFAULT_LIMITS, archive_entries=20)
    assert len(listed(zipped(*((f"{n}.txt", b"x") for n in range(20))), limits=limits)) == 20
    data = bytearray(zipped(*((f"{n}.txt", b"x") for n in range(21))))
    end = data.index(b"PK\x05\x06")
    data[end + 8 : end + 12] = struct.pack("<HH", 1, 1)
    assert refused(bytes(data), limits=limits) == "archive_unsafe"


def test_a_file_of_the_archive_may_not_grow_beyond_reason():
    assert listed(zipped(("bomb.gpx", bytes(5 * MIB)), ("good.gpx", GPX))) == [
        ("bomb.gpx", "too_large_unpacked"),
        ("good.gpx", GPX),
    ]
    limits = replace(DEFAULT_LIMITS, unpacked_bytes=200_000)
    assert listed(zipped(("big.gpx", NOISE)), limits=limits) == [("big.gpx", "too_large_unpacked")]


def test_a_size_that_the_archive_lies_about_changes_nothing():
    data = bytearray(zipped(("bomb.gpx", bytes(5 * MIB))))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    assert listed(bytes(data))[0][1] in {"too_large_unpacked", "crc_mismatch"}


def test_an_archive_of_many_small_bombs_is_refused_as_a_whole():
    limits = replace(DEFAULT_LIMITS, ratio_from_bytes=1 * MIB)
    bombs = zipped(*((f"{n}.gpx", bytes(1_000_000)) for n in range(40)))
    assert refused(bombs, limits=limits) == "too_large_unpacked"


def test_an_archive_past_the_limit_is_refused():
    data = zipped(("a.gpx", NOISE))
    assert refused(data, limits=replace(DEFAULT_LIMITS, archive_bytes=len(data) - 1)) == "too_large"
    assert len(listed(data, limits=replace(DEFAULT_LIMITS, archive_bytes=len(data)))) == 1


def test_entries_are_counted_over_all_levels():
    inner = zipped(*((f"{n}.gpx", GPX) for n in range(4)))
    data = zipped(("one.zip", inner), ("two.zip", inner), ("run.gpx", GPX))
    found = listed(data, limits=replace(DEFAULT_LIMITS, archive_entries=8))
    assert [data for name, data in found if name in {"two.zip", "run.gpx"}] == ["archive_unsafe", GPX]
    assert len(listed(data, limits=replace(DEFAULT_LIMITS, archive_entries=11))) == 9


def test_an_entry_without_a_name_costs_itself_alone():
    """zipfile's own look at the last letter of a name raises IndexError."""
    named_x = zipped(("x", GPX), method=zipfile.ZIP_STORED)
    at = named_x.index(b"PK\x01\x02")
    local, entry, end = bytearray(named_x[: at - len(GPX)]), bytearray(named_x[at : at + 46]), bytearray(named_x[-22:])
    local[26], entry[28] = 0, 0
    end[12:20] = struct.pack("<2I", 46, at - 1)
    assert listed(bytes(local[:-1]) + GPX + bytes(entry) + bytes(end)) == [("", "archive_unsafe")]


def test_a_large_photograph_is_passed_over_without_being_unpacked():
    limits = replace(DEFAULT_LIMITS, file_bytes=100 * KIB)
    assert listed(zipped(("media/video.mp4", NOISE)), limits=limits) == [("media/video.mp4", "unknown_type")]


@pytest.mark.parametrize("cut", [1, 10, 22, 60, 200])
def test_a_cut_archive_is_refused_as_damaged(cut):
    data = zipped(("a.gpx", GPX), ("b.gpx", GPX))
    assert refused(data[:-cut]) in {"corrupt_header", "corrupt_data"}


@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_archive_raises_parse_errors_and_nothing_else(seed):
    random = np.random.default_rng(seed)
    inner = zipped(("c.gpx", GPX))
    data = bytearray(zipped(("a.gpx", GPX * 50), ("b.gpx.gz", gzip.compress(NOISE[:5000])), ("in.zip", inner)))
    for at in random.integers(4, len(data), random.integers(1, 12)):
        data[at] = random.integers(0, 256)
    try:
        found = listed(bytes(data))
    except ParseError as error:
        found = [("", error.code)]
    assert all(isinstance(value, bytes | str) for _, value in found)


def test_no_temporary_file_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    listed(zipped(("in.zip", zipped(("a.gpx", GPX)))))
    walking = members(io.BytesIO(zipped(("in.zip", zipped(("a.gpx", GPX), ("b.gpx", GPX))))))
    next(walking)
    walking.close()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_the_corpus_is_read(corpus):
    with (corpus / "zip_gpx_folder.zip").open("rb") as file:
        found = {member.name: member.data for member in members(file)}
    assert list(found) == ["folder/fichier.doc", "folder/test_1.gpx", "folder/test_2.gpx", "folder/test_3.gpx"]
    assert [parse(data)[0].record_count for data in found.values() if data] == [25, 25, 25]


BROKEN = b"PK\x03\x04 no archive"


def mixed():
    """Every kind of member: plain, gzipped, escaping, an archive inside, a broken one, one too deep, a folder."""
    third = zipped(("deep.gpx", GPX))
    inside = zipped(("one.gpx", GPX), ("third.zip", third), ("f/", b""), ("two.gpx", GPX))
    return zipped(
        ("a.gpx", GPX),
        ("../out.gpx", GPX),
        ("f/", b""),
        ("inside.zip", inside),
        ("broken.zip", BROKEN),
        ("b.gpx.gz", gzip.compress(GPX, mtime=0)),
        ("last.gpx", GPX),
    )


def test_the_first_members_can_be_skipped_whatever_they_are():
    whole = listed(mixed())
    assert len(whole) == 8
    for skip in range(len(whole) + 2):
        found = members(io.BytesIO(mixed()), name="upload", skip=skip)
        rest = [(m.name, m.data.code if isinstance(m.data, ParseError) else m.data) for m in found]
        assert rest == whole[skip:]


def test_a_plain_file_can_be_skipped():
    assert list(members(io.BytesIO(GPX), name="run.gpx", skip=1)) == []


def test_an_archive_tells_how_much_is_in_it_before_it_is_unpacked():
    said = outline(io.BytesIO(mixed()))
    assert said.files == 8
    assert 4 * len(GPX) < said.bytes < 4 * len(GPX) + 400
    assert outline(io.BytesIO(GPX)).files == 1
    assert outline(io.BytesIO(GPX)).bytes == len(GPX)


def test_what_the_limits_will_refuse_makes_no_archive_large():
    bomb = zipped(("zeros.gpx", b"\0" * 50 * MIB), ("a.gpx", GPX))
    assert (outline(io.BytesIO(bomb)).files, outline(io.BytesIO(bomb)).bytes) == (2, len(GPX))


def test_an_archive_that_is_refused_as_a_whole_tells_nothing():
    with pytest.raises(ParseError) as caught:
        outline(io.BytesIO(BROKEN))
    assert caught.value.code == "corrupt_header"
