"""Which files stand in the bytes, how far each goes, and what its checksums say."""

from __future__ import annotations

import pytest

from fixtures.fit_writer import Writer
from parsers.errors import Corrupt
from parsers.formats.fit.chain import Extent, chain


def small(**finish: int | bool | None) -> bytes:
    """A file with one message: 14 bytes of header, 10 of definition and data, 2 of checksum."""
    writer = Writer()
    writer.define(0, 20, [(3, 1, 0x02)])
    writer.data(0, b"\x50")
    return writer.finish(**finish)  # type: ignore[arg-type]


SIZE = len(small())


@pytest.mark.parametrize(
    ("data", "extents", "trailing"),
    [
        pytest.param(small(), [Extent(14, SIZE - 2, None, True)], 0, id="a sound file"),
        pytest.param(small(header_crc=False), [Extent(14, SIZE - 2, None, True)], 0, id="header CRC 0 is legal"),
        pytest.param(small(header_size=12), [Extent(12, SIZE - 4, None, True)], 0, id="the old header of 12 bytes"),
        pytest.param(small(crc_error=1), [Extent(14, SIZE - 2, None, False)], 0, id="a file CRC mismatch"),
        pytest.param(small()[:-2], [Extent(14, SIZE - 2, None, None)], 0, id="a missing CRC is legal"),
        pytest.param(small()[:-1], [Extent(14, SIZE - 2, None, None)], 0, id="half a CRC is none"),
        pytest.param(small()[:-5], [Extent(14, SIZE - 5, "cut", None)], 0, id="cut"),
        pytest.param(small() + b"\0" * 9, [Extent(14, SIZE - 2, None, True)], 9, id="bytes after the end"),
        pytest.param(
            small(data_size=0, crc_error=1), [Extent(14, SIZE, "size_missing", None)], 0, id="a data size of 0"
        ),
        pytest.param(
            small(data_size=0),
            [Extent(14, SIZE - 2, "size_missing", None)],
            0,
            id="a data size of 0, but a checksum: it is no content",
        ),
        pytest.param(
            small() + small()[:8] + b"FIX!" + small()[12:],
            [Extent(14, SIZE - 2, None, True)],
            SIZE,
            id="a second header that is none",
        ),
        pytest.param(
            small()[:-2] + small(),
            [Extent(14, SIZE - 2, None, None), Extent(SIZE + 12, 2 * SIZE - 4, None, True)],
            0,
            id="chained without the first CRC",
        ),
        pytest.param(Writer().finish() * 2000, [], 0, id="2,000 chained empty files"),
        pytest.param(Writer().finish()[:14], [], 0, id="a header with nothing behind it"),
    ],
)
def test_extents(data: bytes, extents: list[Extent], trailing: int) -> None:
    found = chain(data)
    assert list(found.extents) == extents
    assert found.trailing_bytes == trailing


def test_a_wrong_header_checksum_is_told() -> None:
    data = bytearray(small())
    data[12] ^= 0xFF
    assert [extent.header_crc_ok for extent in chain(bytes(data)).extents] == [False]


@pytest.mark.parametrize("data", [b"", b"\x0e", small()[:11], b"GPX!" * 10, bytes((5,)) + small()[1:], b"\0" * 86_016])
def test_bytes_without_a_header_are_refused(data: bytes) -> None:
    with pytest.raises(Corrupt, match="FIT header") as refused:
        chain(data)
    assert refused.value.code == "corrupt_header"
