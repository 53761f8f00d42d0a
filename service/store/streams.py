"""Stored streams: columns of int32 into a small blob and back, exact for every value.

The blob is `CWS`, a version byte, and one zstd frame with a checksum. The frame holds a table of the columns (name,
integers per unit, order of the differences, values present) and then the columns. A column is a bitmap of the rows that
have a value, if some lack it, and the differences of the values present: first differences, and second ones where a
quantity moves on steadily. They are zigzag-coded (small numbers of either sign become small numbers) and laid out in
four planes, all lowest bytes first, so that the higher planes are nearly all zeros. All arithmetic wraps at 2**32,
which makes it exact for any int32. What was tried, with figures: docs/storage.md.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import zstandard
from numpy.typing import NDArray

from service.store.damage import CorruptStreams

MISSING: Final = -(2**31)
"""The integer that means "no value in this row"."""

STEADY: Final = frozenset({"time_s", "distance_m", "lat_deg", "lon_deg"})
"""Columns whose second differences are smaller than their first."""

MAX_BYTES: Final = 256 * 2**20
"""What a blob may unpack to: six million rows of ten columns; a guard against damage, not a limit for files."""

_MAGIC: Final = b"CWS\x01"
_LEVEL: Final = 3
_COUNTS: Final = struct.Struct("<HI")  # columns, rows
_COLUMN: Final = struct.Struct("<BdBI")  # length of the name, integers per unit, order, values present

Ints = NDArray[np.int32]
Unsigned = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    units_per: float
    order: int
    present: int


def encode(columns: Mapping[str, tuple[Ints, float]]) -> bytes:
    """The blob of the columns: name → (int32 values of equal length, integers per unit). `MISSING` marks a gap.

    Raises ValueError for columns of unequal length, another type, or too many for a blob.
    """
    rows = _common_length(columns)
    table, bodies = [_COUNTS.pack(len(columns), rows)], []
    for name, (values, units_per) in columns.items():
        is_there = values != MISSING
        complete = bool(is_there.all())
        kept = values if complete else values[is_there]
        order = 2 if name in STEADY else 1
        label = name.encode()
        table.append(_COLUMN.pack(len(label), units_per, order, len(kept)) + label)
        bodies.append(b"" if complete else np.packbits(is_there).tobytes())
        bodies.append(_planes(_differences(kept, order)))
    body = b"".join(table + bodies)
    if len(body) > MAX_BYTES:
        raise ValueError(f"{rows} rows of {len(columns)} columns are too many for one blob")
    return _MAGIC + zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(body)


def decode(data: bytes, *, only: Collection[str] | None = None) -> dict[str, tuple[Ints, float]]:
    """What `encode` was given, in its order; with `only`, no more than the columns named there.

    Raises CorruptStreams where the bytes are not what was written.
    """
    body = _unpacked(data)
    try:
        rows, table, offset = _read_table(body)
        found: dict[str, tuple[Ints, float]] = {}
        for column in table:
            end = offset + _length(column, rows)
            if only is None or column.name in only:
                found[column.name] = (_read_column(body[offset:end], column, rows), column.units_per)
            offset = end
    except (struct.error, UnicodeDecodeError, ValueError, IndexError) as error:
        raise CorruptStreams("the stored streams hold other columns than they say") from error
    if offset != len(body):
        raise CorruptStreams("the stored streams are longer or shorter than they say")
    return found


def _common_length(columns: Mapping[str, tuple[Ints, float]]) -> int:
    lengths = {len(values) for values, _ in columns.values()}
    if len(lengths) > 1 or any(values.dtype != np.int32 or values.ndim != 1 for values, _ in columns.values()):
        raise ValueError("streams are int32 columns of one length")
    return lengths.pop() if lengths else 0


def _differences(values: Ints, order: int) -> Unsigned:
    differences = values.view(np.uint32) if values.flags.c_contiguous else values.astype(np.uint32)
    for _ in range(order):
        differences = np.diff(differences, prepend=np.uint32(0))
    return differences


def _planes(differences: Unsigned) -> bytes:
    signed = differences.view(np.int32)
    zigzag = (signed << 1) ^ (signed >> 31)
    return zigzag.astype("<i4", copy=False).view(np.uint8).reshape(-1, 4).T.tobytes()


def _unpacked(data: bytes) -> memoryview:
    if data[: len(_MAGIC)] != _MAGIC:
        raise CorruptStreams("these bytes are no stored streams of a known version")
    frame = data[len(_MAGIC) :]
    try:
        if not 0 <= zstandard.get_frame_parameters(frame).content_size <= MAX_BYTES:
            raise CorruptStreams("the stored streams claim an impossible size")
        return memoryview(zstandard.ZstdDecompressor().decompress(frame, allow_extra_data=False))
    except zstandard.ZstdError as error:
        raise CorruptStreams("the stored streams are damaged") from error


def _read_table(body: memoryview) -> tuple[int, list[_Column], int]:
    number, rows = _COUNTS.unpack_from(body)
    table, offset = [], _COUNTS.size
    for _ in range(number):
        length, units_per, order, present = _COLUMN.unpack_from(body, offset)
        offset += _COLUMN.size
        table.append(_Column(str(body[offset : offset + length], "utf-8"), units_per, order, present))
        offset += length
    return rows, table, offset


def _length(column: _Column, rows: int) -> int:
    return 4 * column.present + (0 if column.present == rows else -(-rows // 8))


def _read_column(body: memoryview, column: _Column, rows: int) -> Ints:
    planes = np.frombuffer(body[len(body) - 4 * column.present :], np.uint8).reshape(4, -1)
    zigzag = np.ascontiguousarray(planes.T).view("<u4").reshape(-1)
    values = (zigzag >> np.uint32(1)) ^ -(zigzag & np.uint32(1))
    for _ in range(column.order):
        values = np.cumsum(values, dtype=np.uint32)
    if column.present == rows:
        return values.view(np.int32)
    is_there = np.unpackbits(np.frombuffer(body[: -4 * column.present or None], np.uint8), count=rows).view(np.bool_)
    complete = np.full(rows, MISSING, np.int32)
    complete[is_there] = values.view(np.int32)
    return complete
