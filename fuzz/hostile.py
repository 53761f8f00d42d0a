"""Files of up to 5 MB made to hurt, by what they do, each with the codes that are right answers."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

SIZE = 5_000_000
RECORD = 20
_GPX = '<gpx version="1.1" creator="x"><trk><trkseg>{}</trkseg></trk></gpx>'
_POINT = '<trkpt lat="46.0" lon="7.0"><time>2020-01-01T00:{:02d}:{:02d}Z</time></trkpt>'
_POINTS = "".join(_POINT.format(n // 60, n % 60) for n in range(120))


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file and the codes of a right answer; `ok` where it may be read. `archive`: it is read member by member."""

    data: Callable[[], bytes]
    codes: frozenset[str]
    archive: bool = False


def fit_file(body: bytes) -> bytes:
    """A header before the messages and no checksum behind them, which is legal."""
    return struct.pack("<BBHI4s", 12, 0x20, 2195, len(body), b".FIT") + body


def definition(number: int, *fields: tuple[int, int, int]) -> bytes:
    """A definition message of local type 0."""
    return struct.pack("<BBBHB", 0x40, 0, 0, number, len(fields)) + b"".join(map(bytes, fields))


def two_byte_messages() -> bytes:
    """2.5 million records of a header and one byte."""
    return fit_file(definition(RECORD, (3, 1, 2)) + b"\0\x50" * (SIZE // 2))


def zero_field_messages() -> bytes:
    """5 million records of nothing but a header."""
    return fit_file(definition(RECORD) + b"\0" * SIZE)


def many_definitions() -> bytes:
    """4,000 definitions of 255 fields, no two alike, each with a record."""
    parts = []
    for turn in range(4000):
        fields = [((turn + at) % 253, 1, 2) for at in range(254)] + [(turn // 253, 1, 2)]
        parts.append(definition(RECORD, *fields) + b"\0" + b"\x50" * 255)
    return fit_file(b"".join(parts))


def chained_empty_files() -> bytes:
    """1,000 headers and checksums one behind the other."""
    empty = fit_file(b"")
    return (empty + b"\0\0") * 1000


def laughs(root: str) -> bytes:
    """Entities made of entities: a billion letters."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY l0 "ha">{entities}]><{root}>&l9;</{root}>'.encode()


def quadratic_entity() -> bytes:
    """One long entity, used often."""
    bomb = f'<!DOCTYPE gpx [<!ENTITY a "{"x" * 50_000}">]>'
    return (bomb + _GPX.format(_POINTS).replace("<trk>", f"<trk><name>{'&a;' * 100_000}</name>")).encode()


def outside_entity() -> bytes:
    """An entity that wants a file of the machine, and one that wants to be fetched."""
    wants = '<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b SYSTEM "http://127.0.0.1:9/">'
    return f"<!DOCTYPE gpx [{wants}]>{_GPX.format(_POINTS).replace('<trk>', '<trk><name>&a;&b;</name>')}".encode()


def namespace_prefixes(*, one_element: bool) -> bytes:
    """100,000 namespace prefixes: on the root, or on an element each."""
    if one_element:
        declared = " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(100_000))
        return _GPX.format(_POINTS).replace("<gpx ", f"<gpx {declared} ").encode()
    inside = "".join(f'<n{n}:a xmlns:n{n}="u"/>' for n in range(100_000))
    return _GPX.format(_POINTS).replace("<trk>", f"<extensions>{inside}</extensions><trk>").encode()


def overlapping_zip() -> bytes:
    """5,000 entries that are one and the same compressed 80 kB: 100 kB and less that unpack to 400 MB."""
    plain = bytes(80_000)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(plain) + packer.flush()
    sizes = struct.pack("<3I", zlib.crc32(plain), len(packed), len(plain))
    local = struct.pack("<I5H", 0x04034B50, 20, 0, 8, 0, 33) + sizes + struct.pack("<2H", 1, 0) + b"a"
    entry = (
        struct.pack("<I6H", 0x02014B50, 20, 20, 0, 8, 0, 33) + sizes + struct.pack("<5H2I", 1, 0, 0, 0, 0, 0, 0) + b"a"
    )
    count = 5000
    end = struct.pack("<I4H2IH", 0x06054B50, 0, 0, count, count, len(entry) * count, len(local) + len(packed), 0)
    return local + packed + entry * count + end


def zipped_zeros() -> bytes:
    """One entry that unpacks to a thousand times its size."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("run.gpx", "w") as entry:
        for _ in range(2000):
            entry.write(bytes(1_000_000))
    return out.getvalue()


def gzipped_zeros() -> bytes:
    """A gzip of 2 GB of nothing."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(2000)), packer.flush()])


def _codes(*codes: str) -> frozenset[str]:
    return frozenset(codes)


HOSTILE: Mapping[str, Hostile] = MappingProxyType(
    {
        "two-byte messages": Hostile(two_byte_messages, _codes("too_many_messages", "no_time")),
        "zero-field messages": Hostile(zero_field_messages, _codes("too_many_messages")),
        "4,000 definitions of 255 fields": Hostile(many_definitions, _codes("no_time", "no_usable_points")),
        "1,000 chained empty files": Hostile(chained_empty_files, _codes("corrupt_data")),
        "entity bomb in GPX": Hostile(lambda: laughs("gpx"), _codes("xml_forbidden")),
        "entity bomb in TCX": Hostile(lambda: laughs("TrainingCenterDatabase"), _codes("xml_forbidden")),
        "quadratic entity bomb": Hostile(quadratic_entity, _codes("xml_forbidden")),
        "entities from outside": Hostile(outside_entity, _codes("xml_forbidden")),
        "100,000 prefixes on the root": Hostile(lambda: namespace_prefixes(one_element=True), _codes("xml_limit")),
        "100,000 prefixed elements": Hostile(lambda: namespace_prefixes(one_element=False), _codes("xml_limit")),
        "an overlapping ZIP": Hostile(overlapping_zip, _codes("archive_unsafe"), archive=True),
        "a ZIP of zeros": Hostile(zipped_zeros, _codes("too_large_unpacked"), archive=True),
        "a gzip of zeros": Hostile(gzipped_zeros, _codes("too_large_unpacked")),
    }
)
