"""Where a blob is written until it is whole: a folder for each process, which tells by a lock that the process lives.

A process that is killed leaves its folder with whatever lay half written in it. The system lets go of its lock, and so
the next start can tell the folder of the dead from that of another process at work, without asking for age or id (ids
are others in each container). A fork shares its parent's folder and lock.
"""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

_PIECE_BYTES: Final = 1024 * 1024


class Desk:
    """This process's folder below `room`, taken with the first thing that is written and given back at the end."""

    def __init__(self, room: Path) -> None:
        self._room = room
        self._own: Path | None = None
        self._guard = threading.Lock()

    def write(self, data: bytes) -> Path:
        """A new file with the bytes, on the disk. Raises OSError, and leaves nothing then."""
        return self.copy(io.BytesIO(data))

    def copy(self, source: BinaryIO) -> Path:
        """A new file with what the source has from here on, on the disk. Raises OSError, and leaves nothing then."""
        handle, name = tempfile.mkstemp(dir=self._folder())
        path = Path(name)
        with gone_on_error(path), os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(source, file, _PIECE_BYTES)
            file.flush()
            os.fsync(file.fileno())
        return path

    def _folder(self) -> Path:
        with self._guard:
            if self._own is None:
                with _locked(self._room, fcntl.LOCK_SH):
                    self._own = Path(tempfile.mkdtemp(dir=self._room))
                    handle = _opened(self._own)
                    fcntl.flock(handle, fcntl.LOCK_EX)
                weakref.finalize(self, _leave, self._own, handle)
            return self._own

    def sweep(self) -> int:
        """How many files went that processes left half written which are no longer alive."""
        with _locked(self._room, fcntl.LOCK_EX):  # so that nobody has a folder without its lock yet
            return sum(_swept(path) for path in self._room.iterdir() if path != self._own)


@contextmanager
def gone_on_error(path: Path) -> Iterator[None]:
    """A block; where it is left by an exception, the file is taken away."""
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _swept(path: Path) -> int:
    """How many files went with one thing in the room: none where its owner is alive."""
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return 1
    try:
        with _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
            count = sum(1 for _ in path.iterdir())
            shutil.rmtree(path)
            return count
    except (BlockingIOError, FileNotFoundError):
        return 0


@contextmanager
def _locked(folder: Path, kind: int) -> Iterator[None]:
    handle = _opened(folder)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)


def _opened(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _leave(folder: Path, handle: int) -> None:
    with suppress(OSError):
        folder.rmdir()
    os.close(handle)
