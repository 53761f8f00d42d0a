"""Gzip undone within limits: several members, a cut tail, and no more than the limits allow.

What is kept of a broken wrapping is the bytes before the break: whether they make an activity is for the format to say.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from parsers.activity import Note
from parsers.errors import ArchiveUnsafe, Corrupt, TooLarge
from parsers.format import DEFAULT_LIMITS, MIB, Limits

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
STEP = 16 * 1024
"""Bytes fed to and taken from the inflater at a time: what a break in the stream costs at most."""
MOST_GZIP_MEMBERS = 10_000


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The plain bytes of a file, and what its wrapping lacked."""

    data: bytes
    notes: tuple[Note, ...] = ()


def unwrap(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The file without its gzip wrapping: what is hashed and parsed. Plain bytes come back as they are.

    Raises TooLarge past `unpacked_bytes` or the compression ratio, Corrupt where not a byte could be had, and
    ArchiveUnsafe where another wrapping is inside.
    """
    return unwrapped(data, limits=limits).data


def unwrapped(data: bytes, *, limits: Limits) -> Unwrapped:
    """Like `unwrap`, with the notes `truncated` and `crc_mismatch` where the gzip was cut or its check failed."""
    if not is_gzip(data):
        return Unwrapped(data)
    inner = _gunzip(data, limits)
    if is_gzip(inner.data) or is_zip(inner.data):
        raise ArchiveUnsafe("archive_unsafe", "The file is wrapped more than once.")
    return inner


def is_gzip(head: bytes) -> bool:
    """Whether bytes begin like a gzip file."""
    return head.startswith(GZIP_MAGIC)


def is_zip(head: bytes) -> bool:
    """Whether bytes begin like a ZIP archive."""
    return head.startswith(ZIP_MAGICS)


def check_unpacked(unpacked: int, packed: int, limits: Limits) -> None:
    """Refuse sizes past the limits of one file: raises TooLarge."""
    if unpacked > limits.unpacked_bytes:
        raise TooLarge("too_large_unpacked", f"The file unpacks to more than {limits.unpacked_bytes // MIB} MiB.")
    check_ratio(unpacked, packed, limits)


def check_ratio(unpacked: int, packed: int, limits: Limits) -> None:
    """Refuse what grows beyond reason: raises TooLarge."""
    if unpacked > limits.ratio_from_bytes and unpacked > limits.compression_ratio * max(packed, 1):
        raise TooLarge(
            "too_large_unpacked", f"The file unpacks to more than {limits.compression_ratio} times its size."
        )


def _gunzip(data: bytes, limits: Limits) -> Unwrapped:
    """Member after member until the bytes end or are no gzip any more (padding is ignored)."""
    out = bytearray()
    at = 0
    for _ in range(MOST_GZIP_MEMBERS):
        fault, at = _member(data, at, out, limits)
        if fault is not None:
            if not out:
                raise Corrupt("corrupt_data", "The gzip wrapping is broken, nothing could be unpacked.")
            return Unwrapped(bytes(out), (Note(fault),))
        if data[at : at + 2] != GZIP_MAGIC:
            return Unwrapped(bytes(out))
    raise ArchiveUnsafe("archive_unsafe", "The gzip file has too many members.")


def _member(data: bytes, at: int, out: bytearray, limits: Limits) -> tuple[str | None, int]:
    """Append the member that begins at `at`; the code of what was wrong with it or None, and where it ends."""
    begun = len(out)
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    pending = b""
    try:
        at = _after_header(data, at)
        while not inflater.eof:
            if not pending:
                pending = data[at : at + STEP]
                at += len(pending)
            chunk = inflater.decompress(pending, STEP)
            pending = inflater.unconsumed_tail
            out += chunk
            check_unpacked(len(out), at - len(pending), limits)
            if not chunk and not pending and at >= len(data) and not inflater.eof:
                return "truncated", at
    except (zlib.error, IndexError, ValueError):
        return "truncated", at
    at -= len(inflater.unused_data)
    trailer = data[at : at + 8]
    if len(trailer) < 8:
        return "truncated", at
    whole = struct.unpack("<II", trailer) == (zlib.crc32(memoryview(out)[begun:]), (len(out) - begun) & 0xFFFFFFFF)
    return (None if whole else "crc_mismatch"), at + 8


def _after_header(data: bytes, at: int) -> int:
    """Where the deflate stream of a gzip member begins (RFC 1952, 2.3); IndexError or ValueError where it is cut."""
    flags = data[at + 3]
    at += 10
    if flags & 4:
        at += 2 + data[at] + 256 * data[at + 1]
    for name_or_comment in (8, 16):
        if flags & name_or_comment:
            at = data.index(0, at) + 1
    return at + (2 if flags & 2 else 0)
