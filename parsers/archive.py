"""Files out of a ZIP archive, one at a time and within limits; a plain file is an archive of one.

Streams from disk: never more than one member is in memory, and no member's name ever becomes a path. A hostile entry
costs itself; an archive that lies about its structure (overlaps, counts) is refused as a whole.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from parsers.errors import ArchiveUnsafe, Corrupt, ParseError, TooLarge, UnknownType
from parsers.format import DEFAULT_LIMITS, MIB, Limits
from parsers.formats import formats
from parsers.strava_export import STRAVA_TABLE, Hint, table_hints
from parsers.wrapping import check_ratio, check_unpacked, is_gzip, is_zip

CHUNK = 256 * 1024
HEAD = 4096
DIRECTORY_BYTES = 64 * MIB
"""Chosen by us: 50,000 entries with names of a thousand characters."""
SMALL_ARCHIVE_BYTES = MIB
"""Chosen by us: up to here an archive inside is looked into to count its files, which takes some milliseconds."""
LOCAL_HEADER_BYTES = 30
DIRECTORY_ENTRY_BYTES = 46
END_MAGIC = b"PK\x05\x06"
END_BYTES = 22
ZIP64_END_BYTES = 56
ENCRYPTED = 0x1 | 0x40 | 0x2000
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Others unpack through dictionaries whose size the archive chooses."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: its bytes as they lie there (perhaps gzipped), or why it cannot be had.

    `name` is the archive's word, untrusted text; the members of an archive inside bear that one's name and a `/` first.
    `hint` is what a table in the archive says of the file.
    """

    name: str
    data: bytes | ParseError
    hint: Hint | None = None


class _ArchiveTooLarge(TooLarge):
    """The archive as a whole grows beyond reason: no use in going on to its next entry."""


@dataclass(slots=True)
class _Budget:
    """How much has come out of an archive of `archive_bytes` so far, and how many entries it has, over all levels."""

    limits: Limits
    archive_bytes: int
    unpacked: int = 0
    spool_dir: Path | None = None
    entries: int = 0
    skip: int = 0

    def enter(self, count: int) -> None:
        self.entries += count
        if self.entries > self.limits.archive_entries:
            raise _too_many(self.limits)

    def spend(self, count: int) -> None:
        self.unpacked += count
        if self.unpacked > self.limits.ratio_from_bytes + self.limits.compression_ratio * self.archive_bytes:
            raise _ArchiveTooLarge("too_large_unpacked", "The archive unpacks to far more than its size.")


def members(
    file: IO[bytes], *, name: str = "", limits: Limits = DEFAULT_LIMITS, spool_dir: Path | None = None, skip: int = 0
) -> Iterator[Member]:
    """Each file of a ZIP in its order, folders left out, without the first `skip`; one member for anything else.

    Archives inside are opened one level deep, from a temporary file in `spool_dir` (None: where the system has its
    own). What is skipped is not unpacked. Raises ParseError, and nothing else, where the archive as a whole is refused:
    ArchiveUnsafe for overlapping or too many entries, TooLarge, Corrupt.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if is_zip(head):
        if size > limits.archive_bytes:
            raise TooLarge("too_large", f"The archive is larger than {limits.archive_bytes // MIB} MiB.")
        budget = _Budget(limits, size, spool_dir=spool_dir, skip=skip)
        yield from _zip_members(file, prefix="", budget=budget, inner=False)
    elif skip:
        return
    elif size > limits.file_bytes:
        yield Member(name, TooLarge("too_large", f"The file is larger than {limits.file_bytes // MIB} MiB."))
    else:
        yield Member(name, file.read())


def _zip_members(file: IO[bytes], *, prefix: str, budget: _Budget, inner: bool) -> Iterator[Member]:
    with _opened(file, budget.limits) as archive:
        budget.enter(len(archive.infolist()))
        told = {} if inner else _told(archive, budget)
        for entry in archive.infolist():
            if entry.filename.endswith("/"):  # `is_dir` fails on an empty name
                continue
            name = f"{prefix}{entry.filename}"
            try:
                if budget.skip and (inner or not _is_archive(archive, entry, budget)):
                    budget.skip -= 1
                    continue
                _check_entry(entry)
                chunks = _chunks(archive, entry, budget)
                first = next(chunks, b"")
                if not is_zip(first):
                    yield Member(name, _joined(first, chunks, entry, budget.limits), told.get(entry.filename))
                    continue
                if inner:
                    raise ArchiveUnsafe("archive_unsafe", "There are archives inside archives inside the archive.")
                yield from _nested(first, chunks, name=name, budget=budget)
            except _ArchiveTooLarge:
                raise
            except ParseError as error:
                if budget.skip:
                    budget.skip -= 1
                else:
                    yield Member(name, error)


def _is_archive(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget) -> bool:
    """Whether an entry is a ZIP itself, by its first bytes; one that cannot be had is none."""
    try:
        _check_entry(entry)
        return is_zip(next(_chunks(archive, entry, budget, size=len(END_MAGIC)), b""))
    except _ArchiveTooLarge:
        raise
    except ParseError:
        return False


@dataclass(frozen=True, slots=True)
class Outline:
    """What an archive says that it holds, before anything is unpacked: how many files, and their bytes altogether.

    Files that the limits will refuse are counted, but none of their bytes.
    """

    files: int
    bytes: int


def outline(file: IO[bytes], *, limits: Limits = DEFAULT_LIMITS) -> Outline:
    """What a ZIP says of itself, an archive inside it included if that is small; for anything else its size as it is.

    Raises ParseError where the archive as a whole is refused.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if not is_zip(head) or size > limits.archive_bytes:
        return Outline(1, size)
    with _opened(file, limits) as archive:
        found = Outline(*_counted(archive, _Budget(limits, size), inner=False))
    file.seek(0)
    return found


def _counted(archive: zipfile.ZipFile, budget: _Budget, *, inner: bool) -> tuple[int, int]:
    files = unpacked = 0
    for entry in archive.infolist():
        if entry.filename.endswith("/"):
            continue
        is_archive = not inner and entry.filename.lower().endswith(".zip")
        more = (1, entry.file_size if _may_pass(entry, budget.limits, is_archive=is_archive) else 0)
        if is_archive and 0 < more[1] <= SMALL_ARCHIVE_BYTES:
            more = _counted_inside(archive, entry, budget) or more
        files += more[0]
        unpacked += more[1]
    return files, unpacked


def _counted_inside(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget) -> tuple[int, int] | None:
    try:
        _check_entry(entry)
        data = io.BytesIO(b"".join(_chunks(archive, entry, budget)))
        with _opened(data, budget.limits) as inside:
            return _counted(inside, budget, inner=True)
    except ParseError:
        return None


def _may_pass(entry: zipfile.ZipInfo, limits: Limits, *, is_archive: bool) -> bool:
    try:
        check_ratio(entry.file_size, entry.compress_size, limits)
    except ParseError:
        return False
    return entry.file_size <= (limits.archive_bytes if is_archive else limits.unpacked_bytes)


def _told(archive: zipfile.ZipFile, budget: _Budget) -> dict[str, Hint]:
    """What the table of Strava's export says of the entries, by their names; nothing where there is no such table."""
    tables = [entry for entry in archive.infolist() if entry.filename.rpartition("/")[2].lower() == STRAVA_TABLE]
    if not tables:
        return {}
    table = min(tables, key=lambda entry: len(entry.filename))
    folder = table.filename[: -len(STRAVA_TABLE)]
    inside = [entry.filename for entry in archive.infolist() if entry.filename.startswith(folder)]
    names = [name.removeprefix(folder) for name in inside]
    found = table_hints(_while_sound(archive, table, budget), names=names)
    return {folder + name: hint for name, hint in found.items()}


def _while_sound(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget) -> Iterator[bytes]:
    """Pieces of an entry up to the first that cannot be had, or would be too much: its own outcome says why."""
    count = 0
    try:
        _check_entry(entry)
        for chunk in _chunks(archive, entry, budget):
            count += len(chunk)
            check_unpacked(count, count, budget.limits)
            yield chunk
    except _ArchiveTooLarge:
        raise
    except ParseError:
        return


def _nested(first: bytes, chunks: Iterator[bytes], *, name: str, budget: _Budget) -> Iterator[Member]:
    """The members of an archive inside, which is spooled to disk first."""
    with TemporaryFile(dir=budget.spool_dir) as spool:
        written = spool.write(first)
        for chunk in chunks:
            written += spool.write(chunk)
            if written > budget.limits.archive_bytes:
                raise TooLarge("too_large_unpacked", "The archive inside is too large.")
        spool.seek(0)
        yield from _zip_members(spool, prefix=f"{name}/", budget=budget, inner=True)


def _joined(first: bytes, chunks: Iterator[bytes], entry: zipfile.ZipInfo, limits: Limits) -> bytes:
    """The whole of an entry, unless it is large and surely no watch file (a video among Strava's media)."""
    if entry.file_size > limits.file_bytes and not _may_be_watch_file(first[:HEAD]):
        check_ratio(entry.file_size, entry.compress_size, limits)
        raise UnknownType("unknown_type", "This is none of the file types that watches write.")
    out = bytearray(first)
    for chunk in chunks:
        out += chunk
        check_unpacked(len(out), len(out), limits)
    return bytes(out)


def _may_be_watch_file(head: bytes) -> bool:
    return is_gzip(head) or any(record.sniff(head) > 0 for record in formats())


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget, *, size: int = CHUNK) -> Iterator[bytes]:
    """Pieces of one entry. Invariant: only ParseError leaves, and limits are held by the bytes that really came out.

    Wide because on a damaged entry zipfile and zlib raise BadZipFile, zlib.error, EOFError, NotImplementedError,
    RuntimeError, ValueError, struct.error and more.
    """
    count = 0
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(size):
                count += len(chunk)
                budget.spend(len(chunk))
                check_ratio(count, entry.compress_size, budget.limits)
                yield chunk
    except ParseError:
        raise
    except zipfile.BadZipFile as error:
        raise Corrupt("crc_mismatch", "The file is damaged inside the archive: its check sum is another.") from error
    except Exception as error:
        raise Corrupt("corrupt_data", "The file is damaged inside the archive.") from error


def _check_entry(entry: zipfile.ZipInfo) -> None:
    """Raises ArchiveUnsafe for an entry that no honest archive of watch files has."""
    parts = entry.orig_filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or parts[0].endswith(":") or "\0" in entry.orig_filename:
        raise ArchiveUnsafe("archive_unsafe", "A file of the archive wants to be written outside its folder.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ArchiveUnsafe("archive_unsafe", "A file of the archive is a link.")
    if entry.flag_bits & ENCRYPTED:
        raise ArchiveUnsafe("archive_unsafe", "A file of the archive is encrypted.")
    if entry.compress_type not in METHODS:
        raise ArchiveUnsafe("archive_unsafe", "A file of the archive is compressed in an unusual way.")


def _opened(file: IO[bytes], limits: Limits) -> zipfile.ZipFile:
    """The archive, its directory checked. Invariant: only ParseError leaves; wide for the same reason as `_chunks`."""
    try:
        _check_directory(file, limits)
        archive = zipfile.ZipFile(file)
        _check_overlaps(archive)
    except ParseError:
        raise
    except Exception as error:
        raise Corrupt("corrupt_header", "The ZIP archive is damaged, its list of files cannot be read.") from error
    return archive


def _check_directory(file: IO[bytes], limits: Limits) -> None:
    """Count the entries before zipfile makes an object of each: raises ArchiveUnsafe past the limit."""
    start, size = _directory(file)
    if size > DIRECTORY_BYTES:
        raise ArchiveUnsafe("archive_unsafe", "The archive's list of files is too long.")
    file.seek(start)
    directory = file.read(size)
    at = count = 0
    while directory[at : at + 4] == b"PK\x01\x02":
        at += DIRECTORY_ENTRY_BYTES + sum(struct.unpack_from("<3H", directory, at + 28))
        count += 1
        if count > limits.archive_entries:
            raise _too_many(limits)
    file.seek(0)


def _too_many(limits: Limits) -> ArchiveUnsafe:
    return ArchiveUnsafe("archive_unsafe", f"The archive has more than {limits.archive_entries} files.")


def _directory(file: IO[bytes]) -> tuple[int, int]:
    """Offset and size of the central directory (APPNOTE 4.3.14 to 4.3.16), where zipfile will look for it."""
    end = file.seek(0, 2)
    tail_start = max(0, end - END_BYTES - 65_535)
    file.seek(tail_start)
    tail = file.read()
    bare = tail[-END_BYTES:]
    at = len(tail) - END_BYTES if bare[:4] == END_MAGIC and bare[-2:] == b"\0\0" else tail.rfind(END_MAGIC)
    if at < 0:
        raise Corrupt("corrupt_header", "The ZIP archive is cut: its list of files is missing.")
    size = int(struct.unpack_from("<I", tail, at + 12)[0])
    ends_at = tail_start + at
    locator = tail[at - 20 : at] if at >= 20 else b""
    if locator[:4] == b"PK\x06\x07":
        ends_at -= 20 + ZIP64_END_BYTES
        file.seek(ends_at)
        size = int(struct.unpack_from("<Q", file.read(ZIP64_END_BYTES), 40)[0])
    return max(0, ends_at - size), size


def _check_overlaps(archive: zipfile.ZipFile) -> None:
    """Raises ArchiveUnsafe where entries share bytes (Python 3.11 reads such archives: 112 kB become 400 MB)."""
    spans = sorted((entry.header_offset, _end(entry)) for entry in archive.infolist())
    limit = [begin for begin, _ in spans[1:]] + [archive.start_dir]
    if any(end > following for (_, end), following in zip(spans, limit, strict=False)):
        raise ArchiveUnsafe("archive_unsafe", "Files of the archive overlap.")


def _end(entry: zipfile.ZipInfo) -> int:
    """The least offset at which what follows an entry can begin."""
    return entry.header_offset + LOCAL_HEADER_BYTES + len(entry.orig_filename) + entry.compress_size
