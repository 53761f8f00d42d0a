"""Files beside the database: original watch files, stored streams, and what waits to be worked off.

They lie in a folder or in an object store. Keys say whose they are and what is in them (a SHA-256, or a place in an
upload), never a name that a client chose. A blob is written once and never changed. Locally `put` returns only when
file and folder are on the disk, so that a row may stand on it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from service.errors import NoSpace, Unavailable
from service.store.damage import BlobMissing
from service.store.desk import Desk, gone_on_error
from service.store.ids import is_id

CHUNK_BYTES: Final = 256 * 1024

ERASURES: Final = "erasures/"
RETRIES: Final = 2
RETRY_WAIT: Final = timedelta(seconds=4)
"""How long an object store is waited for. The library would try for three minutes while a caller holds the line."""

_TEMPORARY: Final = ".tmp"
_TRIES: Final = 20
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_POSITION: Final = re.compile(r"0|[1-9][0-9]{0,5}")


def digest_of(data: bytes) -> str:
    """The SHA-256 of the bytes, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def original_key(athlete_id: str, sha256: str) -> str:
    """Where the bytes of a watch file lie."""
    return checked_key(f"originals/{athlete_id}/{sha256}")


def streams_key(athlete_id: str, activity_id: str, digest: str) -> str:
    """Where the stored streams of an activity lie; `digest` is the SHA-256 of the blob."""
    return checked_key(f"streams/{athlete_id}/{activity_id}/{digest}")


def incoming_key(athlete_id: str, upload_id: str, position: int) -> str:
    """Where a file lies as it was sent, until it is worked off; `position` is its place in the upload."""
    return checked_key(f"{incoming_prefix(athlete_id, upload_id)}{position}")


def incoming_prefix(athlete_id: str, upload_id: str) -> str:
    """Where all lies that was sent in one upload and waits to be worked off."""
    return f"incoming/{athlete_id}/{upload_id}/"


def erasure_key(athlete_id: str) -> str:
    """Where it is written that the athlete was erased: beside the database, which a backup may bring back.

    By the hash of the id, so that nothing names the athlete any more.
    """
    return checked_key(f"{ERASURES}{digest_of(athlete_id.encode())}")


def checked_key(key: str) -> str:
    """`key`, which has the shape of one of the kinds of blob.

    Raises ValueError for any other: nothing that a client sent gets as far as a path.
    """
    match key.split("/"):
        case ["originals", athlete_id, sha256] if is_id(athlete_id, "ath") and _SHA256.fullmatch(sha256):
            return key
        case ["erasures", digest] if _SHA256.fullmatch(digest):
            return key
        case ["streams", athlete_id, activity_id, digest] if (
            is_id(athlete_id, "ath") and is_id(activity_id, "act") and _SHA256.fullmatch(digest)
        ):
            return key
        case ["incoming", athlete_id, upload_id, position] if (
            is_id(athlete_id, "ath") and is_id(upload_id, "upl") and _POSITION.fullmatch(position)
        ):
            return key
        case _:
            raise ValueError("not the key of a blob")


def _stands_on_a_row(path: str) -> bool:
    """Whether it is the key of a blob that is nothing without its row."""
    with suppress(ValueError):
        return not checked_key(path).startswith(ERASURES)
    return False


def checked_prefix(prefix: str) -> str:
    """`prefix`, which ends in `/` and bounds one athlete's blobs of a kind, one activity's, or one upload's.

    Raises ValueError for any other.
    """
    match prefix.split("/"):
        case ["originals" | "streams" | "incoming", athlete_id, ""] if is_id(athlete_id, "ath"):
            return prefix
        case ["incoming", athlete_id, upload_id, ""] if is_id(athlete_id, "ath") and is_id(upload_id, "upl"):
            return prefix
        case ["streams", athlete_id, activity_id, ""] if is_id(athlete_id, "ath") and is_id(activity_id, "act"):
            return prefix
        case _:
            raise ValueError("not the prefix of an athlete's blobs")


class Blobs:
    """The blob store at a URL: `file:///folder`, `memory:///`, `s3://bucket/prefix` and what else obstore knows.

    Every method may raise Unavailable (the store cannot be reached) and, where it writes, NoSpace.
    """

    def __init__(self, url: str) -> None:
        self._root = _folder(url)
        self._desk: Desk | None = None
        if self._root is not None:
            (self._root / _TEMPORARY).mkdir(parents=True, exist_ok=True)
            self._desk = Desk(self._root / _TEMPORARY)
        self._store: ObjectStore = _remote(url) if self._root is None else LocalStore(self._root)

    def put(self, key: str, data: bytes) -> bool:
        """True where the blob is new, False where it was there already; durable in either case."""
        with _translated():
            if self._root is None or self._desk is None:
                return self._put_remote(checked_key(key), data)
            return _put_local(self._root, checked_key(key), data, desk=self._desk)

    def _put_remote(self, key: str, data: bytes) -> bool:
        try:
            obstore.put(self._store, key, data, mode="create")
        except AlreadyExistsError:
            return False
        return True

    def put_file(self, key: str, file: BinaryIO) -> None:
        """Like `put`, from an open file, from its beginning on: no more than a piece of it lies in memory."""
        file.seek(0)
        with _translated():
            if self._root is None or self._desk is None:
                obstore.put(self._store, checked_key(key), file)
                return
            _move_local(self._root, checked_key(key), self._desk.copy(file))

    @contextmanager
    def opened(self, key: str, *, spool_dir: Path) -> Iterator[BinaryIO]:
        """The blob as a file to read and seek in: itself where it lies in a folder, else a copy on the local disk.

        Raises BlobMissing.
        """
        if self._root is not None:
            with _translated(), _missing(key):
                found = (self._root / checked_key(key)).open("rb")
            with found:
                yield found
            return
        with TemporaryFile(dir=spool_dir) as copy:
            for piece in self.stream(key):
                copy.write(piece)
            copy.seek(0)
            yield copy

    def exists(self, key: str) -> bool:
        """True where the blob is there."""
        with _translated():
            try:
                obstore.head(self._store, checked_key(key))
            except FileNotFoundError:
                return False
            return True

    def size(self, key: str) -> int:
        """The length of the blob in bytes. Raises BlobMissing."""
        with _translated(), _missing(key):
            return int(obstore.head(self._store, checked_key(key))["size"])

    def get(self, key: str) -> bytes:
        """The whole blob. Raises BlobMissing."""
        with _translated(), _missing(key):
            return bytes(obstore.get(self._store, checked_key(key)).bytes())

    def get_range(self, key: str, *, start: int, length: int) -> bytes:
        """`length` bytes (fewer at the end) from offset `start`. Raises BlobMissing."""
        with _translated(), _missing(key):
            return bytes(obstore.get_range(self._store, checked_key(key), start=start, length=length))

    def stream(self, key: str, *, chunk_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
        """The blob in pieces, for answers that should not lie in memory as a whole.

        Raises BlobMissing, at once.
        """
        with _translated(), _missing(key):
            found = obstore.get(self._store, checked_key(key)).stream(min_chunk_size=chunk_bytes)
        return self._pieces(found)

    @staticmethod
    def _pieces(found: Iterator[object]) -> Iterator[bytes]:
        with _translated():
            for piece in found:
                yield bytes(piece)  # type: ignore[call-overload]  # obstore's Bytes has the buffer protocol, its stub does not say so

    def delete(self, key: str) -> None:
        """Nothing; the blob is gone, also where it never was."""
        with _translated():
            try:
                obstore.delete(self._store, checked_key(key))
            except FileNotFoundError:
                return
            if self._root is not None:
                _remove_empty_folders(self._root, (self._root / key).parent)

    def delete_prefix(self, prefix: str) -> int:
        """How many blobs went: all of one athlete's, or all of one activity's."""
        with _translated():
            keys = list(self.list(checked_prefix(prefix)))
            for key in keys:
                self.delete(key)
            if self._root is not None:
                shutil.rmtree(self._root / prefix, ignore_errors=True)  # folders, and files half made
            return len(keys)

    def list(self, prefix: str = "") -> Iterator[str]:
        """Keys, in no order: all, or those below a prefix that ends in `/`."""
        with _translated():
            for found in obstore.list(self._store, prefix=prefix.rstrip("/") or None):
                yield from (meta["path"] for meta in found if not meta["path"].startswith(_TEMPORARY))

    def older_than(self, moment: datetime) -> Iterator[str]:
        """Keys, in no order, of the blobs written before the moment; what needs no row is left out."""
        with _translated():
            for found in obstore.list(self._store):
                for meta in found:
                    if meta["last_modified"] < moment and _stands_on_a_row(meta["path"]):
                        yield meta["path"]

    def sweep_temporary(self) -> int:
        """How many files went that a process which died left half written; what a living one is at work on stays."""
        if self._desk is None:
            return 0
        with _translated():
            return self._desk.sweep()

    def check(self) -> None:
        """Nothing, where the store takes writes (local) or answers (elsewhere)."""
        with _translated():
            if self._desk is None:
                next(iter(obstore.list(self._store, prefix="originals", chunk_size=1)), None)
            else:
                self._desk.write(bytes(4096)).unlink()


def _remote(url: str) -> ObjectStore:
    """The store of an address that is no folder. One that is down is given up soon: a call waits for the answer.

    Options of its client are left to its environment (`AWS_ALLOW_HTTP` and others): any given here put those aside.
    """
    if urlsplit(url).scheme == "memory":
        return MemoryStore()
    return from_url(url, retry_config={"max_retries": RETRIES, "retry_timeout": RETRY_WAIT})


def _folder(url: str) -> Path | None:
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    if parts.netloc not in {"", "localhost"}:
        raise ValueError("a file:// address names no host; write three slashes")
    return Path(unquote(parts.path))


def _put_local(root: Path, key: str, data: bytes, *, desk: Desk) -> bool:
    """Write beside, fsync, rename, fsync the folder: obstore's own local writer (0.12) never calls fsync.

    A rename over an existing blob would be harmless (the key is the hash), so two writers of one file need no lock.
    """
    target = root / key
    with suppress(FileNotFoundError):  # a removal was quicker: then it is written anew
        if target.stat().st_size == len(data):
            _sync_folder(target.parent)
            return False
    _move_local(root, key, desk.write(data))
    return True


def _move_local(root: Path, key: str, temporary: Path) -> None:
    """A finished file becomes the blob of that key."""
    target = root / key
    with gone_on_error(temporary):
        _into_place(root, temporary, target)
    with suppress(FileNotFoundError):  # a removal took it away at once, as it may at any later moment
        _sync_folder(target.parent)


def _into_place(root: Path, temporary: Path, target: Path) -> None:
    """Nothing; the file is at its target. A removal that empties the folder takes it away: then it is made again."""
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):
            _make_folders(root, target.parent)
            temporary.rename(target)
            return
    raise FileNotFoundError(errno.ENOENT, "the folder was taken away each time it was made")


def _make_folders(root: Path, folder: Path) -> None:
    if folder != root and not folder.exists():
        _make_folders(root, folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_empty_folders(root: Path, folder: Path) -> None:
    """Take the folders above a removed blob away as far as they are empty; somebody else's new blob keeps them."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


@contextmanager
def _missing(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise BlobMissing(key) from error


@contextmanager
def _translated() -> Iterator[None]:
    """The one place where a fault of the blob store becomes an error of the call."""
    try:
        yield
    except OSError as error:
        raise _as_service_error(error.errno) from error
    except BaseError as error:
        raise _as_service_error(None) from error


def _as_service_error(number: int | None) -> NoSpace | Unavailable:
    if number in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return NoSpace("There is no space left to store this file.", retry_after_s=60)
    return Unavailable("The file store cannot be reached or written; try again in a moment.", retry_after_s=2)
