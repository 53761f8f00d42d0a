"""Locks that live exactly as long as the process which holds them, so that others can tell whether it is still there.

On PostgreSQL an advisory lock of a session of its own, on SQLite a lock on a file beside the database: both are let go
by the operating system, whichever way a process ends. No time limit, no heartbeat, nothing to clear up after a crash.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

_TAKE: Final = text("SELECT pg_try_advisory_lock(:key)")
_LET_GO: Final = text("SELECT pg_advisory_unlock(:key)")
_ALIVE: Final = text("SELECT 1")
_NOTICE_SILENCE: Final = text(
    "SELECT set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false), "
    "set_config('tcp_keepalives_count', '3', false)"
)
"""A machine that falls silent is given up by the server after 11 s, and its locks with it."""


class Held(Protocol):
    """A lock that is held."""

    def is_alive(self) -> bool:
        """True while nobody else can have taken it; False once the session that held it, or its file, was lost."""

    def release(self) -> None:
        """Let it go."""


def try_hold(engine: Engine, name: str, *, for_life: bool = False) -> Held | None:
    """The lock of this name, or None where another holder has it, in this process or any other.

    `for_life`: it is to tell that its holder lives, so a machine that is cut off loses it within seconds.
    """
    digest = hashlib.sha256(name.encode()).digest()
    if engine.dialect.name == "sqlite":
        return _try_file(_folder(engine) / digest.hex()[:32])
    return _try_session(engine, int.from_bytes(digest[:8], "big", signed=True), for_life=for_life)


def _folder(engine: Engine) -> Path:
    database = Path(str(engine.url.database)).absolute()
    folder = database.with_name(f"{database.name}-locks")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


class _File:
    """A locked file."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def is_alive(self) -> bool:
        return _is_at(self._path, self._descriptor)

    def release(self) -> None:
        # unlinked while still locked: whoever has opened it meanwhile sees that it is no longer the one by that name
        if self.is_alive():
            self._path.unlink()
        os.close(self._descriptor)


def _try_file(path: Path) -> _File | None:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if _is_at(path, descriptor):
            return _File(path, descriptor)
        os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


class _Session:
    """A session of PostgreSQL that holds a lock."""

    def __init__(self, connection: Connection, key: int) -> None:
        self._connection = connection
        self._key = key

    def is_alive(self) -> bool:
        try:
            self._connection.execute(_ALIVE)
        except DBAPIError:
            return False
        return not self._connection.invalidated

    def release(self) -> None:
        try:
            self._connection.execute(_LET_GO, {"key": self._key})
        except DBAPIError:
            self._connection.invalidate()  # the session is gone, and its locks with it
        self._connection.close()


def _try_session(engine: Engine, key: int, *, for_life: bool) -> _Session | None:
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        if connection.execute(_TAKE, {"key": key}).scalar_one():
            if for_life:
                connection.execute(_NOTICE_SILENCE)
            return _Session(connection, key)
    except BaseException:
        connection.invalidate()
        connection.close()
        raise
    connection.close()
    return None
