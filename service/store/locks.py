"""Locks that live exactly as long as the process which holds them, so that others can tell whether it is still there.

On PostgreSQL an advisory lock of a session of its own, on SQLite a lock on a file beside the database: both are let go
by the operating system, whichever way a process ends. No time limit, no heartbeat, nothing to clear up after a crash.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

_KEEPALIVE = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 2, "tcp_keepalives_count": 3}
"""Seconds, seconds, times: a machine that fell silent is given up by the server after 11 s."""


class Held(Protocol):
    """A lock that is held."""

    def is_alive(self) -> bool:
        """True while nobody else could have taken it; False after the connection to the server was lost."""

    def release(self) -> None:
        """Let it go."""


def try_hold(engine: Engine, name: str) -> Held | None:
    """The lock of this name, or None where another holder has it, in this process or any other."""
    if engine.dialect.name == "sqlite":
        return _try_file(_folder(engine) / hashlib.sha256(name.encode()).hexdigest()[:32])
    return _try_session(engine, int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True))


def _folder(engine: Engine) -> Path:
    database = Path(str(engine.url.database)).absolute()
    folder = database.with_name(f"{database.name}-locks")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


class _File:
    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def is_alive(self) -> bool:
        return True

    def release(self) -> None:
        # unlinked while it is still locked: whoever opened it meanwhile sees that it is no longer the one by that name
        self._path.unlink(missing_ok=True)
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
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def is_alive(self) -> bool:
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def release(self) -> None:
        self._connection.invalidate()  # the session ends, and its locks with it
        self._connection.close()


def _try_session(engine: Engine, key: int) -> _Session | None:
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    taken = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar_one()
    if not taken:
        connection.close()
        return None
    for setting, value in _KEEPALIVE.items():
        connection.execute(
            text("SELECT set_config(:setting, :value, false)"), {"setting": setting, "value": str(value)}
        )
    return _Session(connection)
