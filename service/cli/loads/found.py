"""The files below what was named on the command line, in one order, whatever the file system's."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ZIP_MAGIC = b"PK"
WATCH_ENDINGS = (".fit", ".gpx", ".tcx")


@dataclass(frozen=True, slots=True)
class Found:
    """One file: where it is, what people call it (as they named its folder), and how large and old it was."""

    path: Path
    shown: str
    bytes: int
    changed_ns: int

    def is_archive(self) -> bool:
        """Whether it begins as a ZIP does. Raises OSError."""
        with self.path.open("rb") as file:
            return file.read(len(ZIP_MAGIC)) == ZIP_MAGIC

    def is_named_like_a_run(self) -> bool:
        """Whether its name says that it is a watch file or an archive."""
        return self.path.name.lower().removesuffix(".gz").endswith((*WATCH_ENDINGS, ".zip"))


def found_below(paths: Iterable[Path]) -> list[Found]:
    """Every file that was named or lies below a named folder, each once; hidden ones and linked folders left out."""
    seen: dict[Path, Found] = {}
    for path in paths:
        for one in sorted(_below(path)) if path.is_dir() else (path,):
            found = found_at(one, root=path)
            if found is not None:
                seen.setdefault(one.resolve(), found)
    return list(seen.values())


def found_at(path: Path, *, root: Path) -> Found | None:
    """The file as it is now, shown as it lies below the root; None where it is gone or no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    if not path.is_file():
        return None
    shown = path.name if path == root else str(path.relative_to(root))
    return Found(path, shown, status.st_size, status.st_mtime_ns)


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place) / name for name in names if not name.startswith("."))


@dataclass(frozen=True, slots=True)
class Table:
    """What Strava's export says in `activities.csv` of the files below its folder, where somebody has unpacked it."""

    path: Path
    named: dict[str, Path]
    """Paths of the files by their names below the folder, as the table has them."""


def tables_in(files: Sequence[Found], *, name: str) -> list[Table]:
    """The tables among the files, each with all that lies below its folder."""
    at = {one.path for one in files}
    return [
        Table(path, {one.relative_to(path.parent).as_posix(): one for one in at if one.is_relative_to(path.parent)})
        for path in sorted(at)
        if path.name.lower() == name
    ]


def digest_of(files: Iterable[Found]) -> str:
    """A name for exactly these files as they were found."""
    listed = hashlib.sha256()
    for one in files:
        listed.update(f"{one.shown}\0{one.bytes}\0{one.changed_ns}\n".encode("utf-8", "surrogateescape"))
    return listed.hexdigest()
