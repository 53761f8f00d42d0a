"""What came, judged by its bytes: gzip taken off within limits, the kind of file, and whether a FIT file is whole.

A status of 200, a declared type and a name prove nothing. Reading the file is the parsers' business.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Literal

from service.sync.failures import ProviderDown, Unusable

MOST_UNPACKED_BYTES = 100 * 1024 * 1024
MOST_RATIO = 200
RATIO_FROM_BYTES = 1_000_000
MOST_LAYERS = 2
GZIP = b"\x1f\x8b"
CHUNK = 64 * 1024
HEAD = 4096
SESSION_MESSAGE = 18
EMPTY_FIT_BYTES = 512
ROOT = re.compile(rb"<(?:[\w.-]+:)?(gpx|trainingcenterdatabase)[\s>/]")

FileKind = Literal["fit", "tcx", "gpx"]


def inflated(data: bytes, *, most_bytes: int = MOST_UNPACKED_BYTES) -> bytes:
    """The content of a gzip of any number of members.

    Raises Unusable as soon as there is more than `most_bytes` or a ratio that no watch file reaches, ProviderDown where
    it is cut or broken.
    """
    if not data.startswith(GZIP):
        raise ProviderDown("The service calls something compressed that is not.")
    parts, size, rest = [], 0, data
    try:
        while rest.startswith(GZIP):
            member = zlib.decompressobj(wbits=31)
            pending = rest
            while not member.eof:
                part = member.decompress(pending, CHUNK)
                pending = member.unconsumed_tail
                if not part and not pending and not member.eof:
                    raise ProviderDown("The service sent half of a compressed file.")
                size += len(part)
                if size > most_bytes or (size > RATIO_FROM_BYTES and size > MOST_RATIO * len(data)):
                    raise Unusable("The compressed file unpacks to more than the limit.")
                parts.append(part)
            rest = member.unused_data
    except zlib.error as wrong:
        raise ProviderDown("The service sent a broken compressed file.") from wrong
    return b"".join(parts)


def plain(data: bytes) -> bytes:
    """The bytes without their gzip, which may be there twice: as payload and by a careless transport."""
    for _ in range(MOST_LAYERS):
        if not data.startswith(GZIP):
            break
        data = inflated(data)
    return data


def kind_of(data: bytes) -> FileKind | None:
    """What the bytes look like: fit, tcx, gpx, or None.

    >>> kind_of(b'{"error": "try again"}') is None
    True
    """
    if data[8:12] == b".FIT":
        return "fit"
    head = data[:HEAD].replace(b"\0", b"").lower()  # a UTF-16 file shows its tags as well without the noughts
    root = ROOT.search(head)
    return None if root is None else "gpx" if root[1] == b"gpx" else "tcx"


def fit_is_whole(data: bytes) -> bool:
    """Whether a FIT file has all the bytes that its header states, and is not the husk of one still to be written.

    A husk is at most 512 bytes long and defines no session.
    """
    if len(data) < 14 or data[8:12] != b".FIT":
        return False
    (records_bytes,) = struct.unpack_from("<I", data, 4)
    stated = data[0] + records_bytes + 2
    return records_bytes > 0 and len(data) >= stated and (len(data) > EMPTY_FIT_BYTES or _defines_session(data))


def _defines_session(data: bytes) -> bool:
    """Whether a small FIT file holds the definition of a session, found by walking its records."""
    at = data[0]
    sizes: dict[int, int] = {}
    while at + 6 <= len(data) - 2:
        header = data[at]
        local = (header >> 5) & 0x03 if header & 0x80 else header & 0x0F
        if header & 0x80 or not header & 0x40:
            if local not in sizes:
                return False
            at += 1 + sizes[local]
            continue
        (number,) = struct.unpack_from(">H" if data[at + 2] else "<H", data, at + 3)
        if number == SESSION_MESSAGE:
            return True
        end, size = _definition(data, at)
        sizes[local] = size
        at = end
    return False


def _definition(data: bytes, at: int) -> tuple[int, int]:
    """Where a definition ends, and the size of the messages that it describes."""
    end, size = at + 6 + 3 * data[at + 5], 0
    size += sum(data[at + 7 : end : 3])
    if data[at] & 0x20 and end < len(data):
        first = end + 1
        end = first + 3 * data[end]
        size += sum(data[first + 1 : end : 3])
    return end, size
