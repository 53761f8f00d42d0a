"""Gzip files and ZIP archives of small watch files, sound, cut, scratched, nested, lying about sizes and names."""

from __future__ import annotations

import gzip
import io
import warnings
import zipfile
from random import Random

from fuzz.fit_mutations import cut_or_scratched

NAMES = (
    "a.fit", "activities/1.fit.gz", "activities/2.gpx", "b.tcx", "UploadedFiles_0-_Part1.zip", "media/photo.jpg",
    "x", "", "../evil.fit", "/abs.fit", "C:\\a.fit", "a\\..\\b.fit", "folder/", "n\0l.fit", "é\u202e.fit",
    "__MACOSX/._a.fit", "export_1/activities/3.tcx.gz",
)  # fmt: skip
TABLE = "activities.csv"
HEADERS = (
    "Activity ID,Activity Date,Activity Name,Activity Type,Filename,Weather Temperature,Humidity,Distance,Distance",
    "Aktivitäts-ID,Name der Aktivität,Aktivitätsart,Dateiname",
    "a,b,c",
    '"',
    "",
)


def mutated(seeds: list[bytes], rng: Random) -> bytes:
    """A wrapped file or an archive of seeds."""
    made = _gzipped(seeds, rng) if rng.random() < 0.4 else _zipped(seeds, rng, depth=0)
    if rng.random() < 0.4:
        made = cut_or_scratched(made, rng)
    if rng.random() < 0.1:
        made = made[: rng.randrange(len(made) + 1)]
    return made


def _gzipped(seeds: list[bytes], rng: Random) -> bytes:
    """One gzip of one or more members; of a file, of a part, of another wrapping, of nothing."""
    inside = rng.choice(seeds)
    members = [inside] if rng.random() < 0.6 else [inside[: len(inside) // 2], inside[len(inside) // 2 :], b""]
    if rng.random() < 0.08:
        members = [gzip.compress(inside, 1, mtime=0)]
    made = b"".join(_with_flags(gzip.compress(member, 1, mtime=0), rng) for member in members)
    return made + (bytes(rng.randrange(600)) if rng.random() < 0.1 else b"")


def _with_flags(member: bytes, rng: Random) -> bytes:
    """The member with a name, a comment, extra bytes or a header checksum that may be wrong."""
    if rng.random() < 0.7:
        return member
    flags = rng.randrange(32)
    extra = b""
    if flags & 4:
        extra += b"\5\0hello"
    if flags & 8:
        extra += b"name.fit" + b"\0" * (rng.random() < 0.9)
    if flags & 16:
        extra += b"comment\0"
    if flags & 2:
        extra += rng.randbytes(2)
    return member[:3] + bytes((flags,)) + member[4:10] + extra + member[10:]


def _zipped(seeds: list[bytes], rng: Random, *, depth: int) -> bytes:
    """An archive of a few entries; archives inside it up to three deep; now and then with a table of activities."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # two entries of one name are meant
        for _ in range(rng.randrange(5)):
            name = rng.choice(NAMES)
            archive.writestr(_entry(name, rng), _content(seeds, rng, name=name, depth=depth))
        if rng.random() < 0.4:
            archive.writestr(_entry(TABLE, rng), _table(rng))
    return out.getvalue()


def _entry(name: str, rng: Random) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x", (2026, 1, 1, 0, 0, 0))
    info.filename = name  # as it is: the constructor would clean it
    info.compress_type = rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
    info.external_attr = rng.choice((0o100644, 0o100644, 0o100644, 0o120777, 0o040755)) << 16
    info.flag_bits = rng.choice((0, 0, 0, 0x800))
    return info


def _content(seeds: list[bytes], rng: Random, *, name: str, depth: int) -> bytes:
    chance = rng.random()
    if name.endswith(".zip") and depth < 3:
        return _zipped(seeds, rng, depth=depth + 1)
    if chance < 0.3 or name.endswith(".gz"):
        return _gzipped(seeds, rng)
    if chance < 0.35:
        return bytes(2_000_000)
    return rng.choice((rng.choice(seeds), b"", rng.randbytes(50)))


def _table(rng: Random) -> bytes:
    """A table of activities that is half right."""
    cells = [*NAMES, "1", "Run", '"a\nb"', '"', "18.5", "1e999", "nan", "-500", "3", "é", "\0", "x" * 200_000]
    lines = [",".join(rng.choice(cells) for _ in range(rng.randrange(12))) for _ in range(rng.randrange(6))]
    text = rng.choice(HEADERS) + rng.choice(("\n", "\r\n", "\r")) + "\n".join(lines)
    return text.encode(rng.choice(("utf-8", "utf-8-sig", "latin-1", "utf-16")), "replace")
