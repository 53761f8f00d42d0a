"""The database: one engine a process, and the two kinds of transaction that a door may open.

`read` and `write` are the only places where a fault of the database becomes an error of the call. What may not live
here: tables, queries, and anything that commits on behalf of somebody else.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from service.errors import Conflict, NoSpace, ServiceError, Unavailable

BUSY_TIMEOUT_S: Final = 30.0
"""How long a migration or a worker waits for another writer; a door owes an answer and waits less (`write`)."""

DOOR_WAIT_S: Final = 5.0
RETRY_AFTER_S: Final = 2

_LEAST_WAIT_S: Final = 0.05

_POOL_SIZE: Final = 10
_POOL_OVERFLOW: Final = 40
"""As many connections as a default thread pool of handlers can ask for at once (40), and a few for jobs."""

_MIGRATION_LOCK: Final = 0x6372616D70
"""PostgreSQL's advisory lock of a migration; every process must name the same number, which one does not matter."""

_WRITES = "crampwatch_writes"
_TURN = "crampwatch_turn"
_SYNCHRONOUS = "crampwatch_synchronous"


def make_engine(url: str, *, synchronous: str = "NORMAL") -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…`, set up as docs/storage.md says.

    The folder of a SQLite file is made. `synchronous` is SQLite's: with `NORMAL` a power cut may lose the last
    commits (never the file), `FULL` loses none.
    """
    target = _with_driver(make_url(url))
    if target.get_backend_name() == "sqlite":
        return _make_sqlite(target, synchronous=synchronous)
    return create_engine(
        target,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        pool_timeout=DOOR_WAIT_S,
        pool_pre_ping=True,
        connect_args={"connect_timeout": int(DOOR_WAIT_S)},
    )


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername in {"postgres", "postgresql"} else url


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()


def _make_sqlite(url: URL, *, synchronous: str) -> Engine:
    if url.database in {None, "", ":memory:"}:
        raise ValueError("an in-memory SQLite database is seen by one connection only: give it a file")
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        pool_timeout=DOOR_WAIT_S,
        connect_args={"timeout": BUSY_TIMEOUT_S},
        # SQLite knows one writer at a time and lets the others poll. Threads of one process take turns at this lock
        # instead: it wakes the next one at once, and nobody starves while another process is not writing either.
        execution_options={_TURN: threading.Lock(), _SYNCHRONOUS: synchronous},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver opens no transaction of its own: `begin` below does
        _enter_wal(connection)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten; see `service.store.scrub`

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def engine_for_jobs(engine: Engine) -> Engine:
    """A second engine on the same database, for the job library: where its habits are others than ours.

    It asks the database several times a second and tries again by itself where a connection was lost, so connections
    are not tried before each use. On SQLite it has the pragmas of ours, but reads and then writes within a transaction
    and begins some by hand: so only the first statement that writes begins one, and takes the write lock at once. With
    the library's own settings (a rollback journal) jobs are several times slower.
    """
    options: dict[str, Any] = {"pool_size": _POOL_SIZE, "max_overflow": _POOL_OVERFLOW, "pool_timeout": BUSY_TIMEOUT_S}
    if engine.dialect.name != "sqlite":
        return create_engine(engine.url, connect_args={"connect_timeout": int(DOOR_WAIT_S)}, **options)
    made = create_engine(engine.url, connect_args={"timeout": BUSY_TIMEOUT_S}, **options)

    synchronous: str = engine.get_execution_options()[_SYNCHRONOUS]

    @event.listens_for(made, "connect")
    def set_up(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = "IMMEDIATE"
        _enter_wal(connection)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")

    return made


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to its write-ahead log, where nobody has yet; it is a property of the file from then on.

    The switch is the one lock for which SQLite never calls its busy handler: of six processes that opened fresh files
    at once, 4 in 1,200 were told "database is locked". So the waiting is done here.
    """
    deadline_s = time.monotonic() + DOOR_WAIT_S
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline_s:
                raise
            time.sleep(_LEAST_WAIT_S)


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: on SQLite one unchanging snapshot, on PostgreSQL what was committed.

    Raises Unavailable where the database cannot be asked.
    """
    with translated(), engine.connect() as db:
        if engine.dialect.name == "postgresql":
            db = db.execution_options(postgresql_readonly=True)  # noqa: PLW2901  # the same connection, told to refuse writes
        with db.begin():
            yield db


@contextmanager
def write(engine: Engine, *, wait_s: float = DOOR_WAIT_S) -> Iterator[Connection]:
    """A transaction that writes: committed on leaving, rolled back where an exception leaves it.

    On SQLite it takes the write lock at once, so that what it reads cannot grow old under it; keep it short. `wait_s`
    is how long it waits for other writers, all in all. Raises Unavailable (busy, down; may be tried again), NoSpace,
    and Conflict where two writers made the same unique thing at the same moment.
    """
    deadline_s = time.monotonic() + wait_s
    with translated(), _turn(engine, wait_s), engine.connect() as connection:
        db = connection.execution_options(**{_WRITES: True})
        _limit_waiting(db, max(deadline_s - time.monotonic(), _LEAST_WAIT_S))
        with db.begin():
            if engine.dialect.name == "postgresql":
                db.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": f"{int(wait_s * 1000)}ms"})
            yield db


@contextmanager
def _turn(engine: Engine, wait_s: float) -> Iterator[None]:
    lock: threading.Lock | None = engine.get_execution_options().get(_TURN)
    if lock is None:
        yield
        return
    if not lock.acquire(timeout=wait_s):
        raise _busy()
    try:
        yield
    finally:
        lock.release()


def _limit_waiting(db: Connection, wait_s: float) -> None:
    if db.dialect.name == "sqlite":
        driver = db.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101  # the only driver this engine is made with
        driver.execute(f"PRAGMA busy_timeout = {int(wait_s * 1000)}")


@contextmanager
def exclusive(engine: Engine) -> Iterator[Connection]:
    """A transaction for changing the schema: no other process is in one at the same time.

    On SQLite foreign keys rest meanwhile (altering a table there means dropping and remaking it, and a drop would
    cascade) and are all checked before the commit. Raises what `write` raises.
    """
    with translated(), _turn(engine, BUSY_TIMEOUT_S), engine.connect() as connection:
        db = connection.execution_options(**{_WRITES: True})
        _limit_waiting(db, BUSY_TIMEOUT_S)
        with _foreign_keys_resting(db), db.begin():
            if engine.dialect.name == "postgresql":
                _take_advisory_lock(db)
            yield db
            if engine.dialect.name == "sqlite":
                _demand_foreign_keys(db)


@contextmanager
def alone(engine: Engine, *, wait_s: float = DOOR_WAIT_S) -> Iterator[sqlite3.Connection]:
    """SQLite's own connection without a transaction, while no other thread here writes: for care of the file.

    Raises what `write` raises.
    """
    with translated(), _turn(engine, wait_s), engine.connect() as db:
        _limit_waiting(db, wait_s)
        driver = db.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101  # asked for by nobody with another database
        try:
            yield driver
        except sqlite3.Error as error:
            meant = _of_sqlite(getattr(error, "sqlite_errorname", ""))
            if meant is None:
                raise
            raise meant from error


def _take_advisory_lock(db: Connection) -> None:
    """Wait long for another migration, but never for a table: a waiting ALTER would hold up every reader behind it."""
    set_timeout = text("SELECT set_config('lock_timeout', :wait, true)")
    db.execute(set_timeout, {"wait": f"{int(BUSY_TIMEOUT_S * 1000)}ms"})
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    db.execute(set_timeout, {"wait": f"{int(DOOR_WAIT_S * 1000)}ms"})


@contextmanager
def _foreign_keys_resting(db: Connection) -> Iterator[None]:
    driver = db.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.execute("PRAGMA foreign_keys = OFF")  # heard only outside a transaction
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _demand_foreign_keys(db: Connection) -> None:
    broken = db.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the migration would leave {len(broken)} rows without what they refer to: {broken[:3]}")


def ping(engine: Engine) -> None:
    """Nothing, where the database answers.

    Raises Unavailable where it does not.
    """
    with read(engine) as db:
        db.execute(text("SELECT 1"))


@contextmanager
def translated() -> Iterator[None]:
    """Within the block a fault of the database is an error of the call: Unavailable, NoSpace or Conflict."""
    try:
        yield
    except exc.TimeoutError as error:  # no connection of the pool came free
        raise _busy() from error
    except exc.DBAPIError as error:
        meant = _as_service_error(error)
        if meant is None:
            raise
        raise meant from error


def _as_service_error(error: exc.DBAPIError) -> ServiceError | None:
    cause: Any = error.orig
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(getattr(cause, "sqlite_errorname", ""))
    return _of_postgresql(
        getattr(cause, "sqlstate", None), lost=error.connection_invalidated or _never_connected(error)
    )


def _never_connected(error: exc.DBAPIError) -> bool:
    return isinstance(error, exc.OperationalError) and error.statement is None


def _of_sqlite(name: str) -> ServiceError | None:
    """The error of the call for SQLite's result code; names at https://www.sqlite.org/rescode.html."""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return _busy()
    if name == "SQLITE_FULL":
        return _full()
    if name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PROTOCOL")):
        return _down()
    if name in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}:
        return _raced()
    return None


def _of_postgresql(state: str | None, *, lost: bool) -> ServiceError | None:
    """The error of the call for a SQLSTATE; https://www.postgresql.org/docs/current/errcodes-appendix.html."""
    if state == "53100":
        return _full()
    if state in {"55P03", "40001", "40P01", "57014"}:
        return _busy()
    if state == "23505":
        return _raced()
    if lost or (state is not None and state[:2] in {"08", "53", "57", "58"}):
        return _down()
    return None


def _busy() -> Unavailable:
    return Unavailable("The database is busy; try again in a moment.", retry_after_s=RETRY_AFTER_S)


def _down() -> Unavailable:
    return Unavailable("The database cannot be reached or written; try again in a moment.", retry_after_s=RETRY_AFTER_S)


def _full() -> NoSpace:
    return NoSpace("There is no space left to store this.", retry_after_s=60)


def _raced() -> Conflict:
    return Conflict("Somebody stored the same thing at the same moment; ask again to see it.")
