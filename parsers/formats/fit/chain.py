"""The files that stand one behind the other in the bytes: header, extent, checksums, and what is missing.

A watch may append files (a triathlon watch adds the heart beats of its strap), die while writing (data size 0), or be
unplugged in mid-copy (cut). Checksums are looked at, never believed more than the content.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastcrc import crc16

from parsers.errors import Corrupt, TooManyMessages

MAGIC = b".FIT"
SHORTEST_HEADER = 12
HEADER_WITH_CRC = 14
CRC_SIZE = 2
MOST_FILES = 500
"""Files with content in one chain; real ones hold at most 7."""
MOST_EMPTY_FILES = 10_000


@dataclass(frozen=True, slots=True)
class Extent:
    """One file of the chain: its messages are `data[start:end]`.

    `truncated` is None, `cut` (fewer bytes than the header says) or `size_missing` (data size 0 before content: the
    watch stopped while writing). `crc_ok` is None where the file has no checksum to compare.
    """

    start: int
    end: int
    truncated: str | None = None
    crc_ok: bool | None = None
    header_crc_ok: bool = True


@dataclass(frozen=True, slots=True)
class Chain:
    """The files that have content, how many have none, and how many bytes behind the last belong to no file."""

    extents: tuple[Extent, ...]
    empty_files: int
    trailing_bytes: int


def chain(data: bytes) -> Chain:
    """The files in `data`, in order; those without a single byte of content are only counted.

    Raises:
        Corrupt: `corrupt_header` where not even the first header is one.
        TooManyMessages: more files than any watch chains.

    """
    if not _is_header(data, 0):
        raise Corrupt("corrupt_header", "The file does not begin with a FIT header.", format="fit", offset=0)
    extents, empty, pos = [], 0, 0
    for extent, after in _files(memoryview(data)):
        pos = after
        if extent.end > extent.start:
            extents.append(extent)
        else:
            empty += 1
        if len(extents) > MOST_FILES or empty > MOST_EMPTY_FILES:
            raise TooManyMessages("too_many_messages", "The file is a chain of more files than any watch writes.")
    return Chain(tuple(extents), empty, max(len(data) - pos, 0))


def _files(data: memoryview) -> Iterator[tuple[Extent, int]]:
    pos = 0
    while _is_header(data, pos):
        start = pos + data[pos]
        size = int.from_bytes(data[pos + 4 : pos + 8], "little")
        header_crc_ok = _header_crc_ok(data, pos)
        if size == 0 and not _is_empty(data, start):
            extent, pos = _unfinished(data, pos, start, header_crc_ok=header_crc_ok), len(data)
        elif start + size > len(data):
            extent, pos = Extent(min(start, len(data)), len(data), "cut", None, header_crc_ok), len(data)
        else:
            end = start + size
            after = end if _is_header(data, end) and not _is_header(data, end + CRC_SIZE) else end + CRC_SIZE
            extent = Extent(start, end, None, _crc_ok(data, pos, end, after), header_crc_ok)
            pos = after
        yield extent, pos


def _is_header(data: bytes | memoryview, pos: int) -> bool:
    return len(data) >= pos + SHORTEST_HEADER <= pos + data[pos] and data[pos + 8 : pos + 12] == MAGIC


def _is_empty(data: memoryview, start: int) -> bool:
    """Whether a file of data size 0 really ends here, as nothing or another file follows."""
    return len(data) <= start + CRC_SIZE or _is_header(data, start) or _is_header(data, start + CRC_SIZE)


def _unfinished(data: memoryview, pos: int, start: int, *, header_crc_ok: bool) -> Extent:
    """A file whose size was never written: all that is left, less a checksum if those last bytes are one."""
    end = len(data) - CRC_SIZE
    if crc16.arc(data[pos:end]) == int.from_bytes(data[end:], "little"):
        return Extent(start, end, "size_missing", None, header_crc_ok)
    return Extent(start, len(data), "size_missing", None, header_crc_ok)


def _header_crc_ok(data: memoryview, pos: int) -> bool:
    """False for a header whose checksum is there (0 means unused) and wrong."""
    if data[pos] < HEADER_WITH_CRC or len(data) < pos + HEADER_WITH_CRC:
        return True
    stated = int.from_bytes(data[pos + 12 : pos + 14], "little")
    return stated in (0, crc16.arc(data[pos : pos + 12]))


def _crc_ok(data: memoryview, pos: int, end: int, after: int) -> bool | None:
    """Whether the two bytes behind the content are its checksum; None where they are not there."""
    if after < end + CRC_SIZE or len(data) < after:
        return None
    return crc16.arc(data[pos:end]) == int.from_bytes(data[end:after], "little")
