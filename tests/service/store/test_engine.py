"""What a transaction promises, and what its faults become."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from service.errors import Conflict, NoSpace, Unavailable
from service.store import athletes
from service.store.engine import DOOR_WAIT_S, make_engine, ping, read, write
from service.store.scope import Scope
from service.store.tables import athletes as table

from .conftest import NOW, Seed


def count(db: Connection) -> int:
    return db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


@pytest.fixture
def sqlite(engine: Engine) -> Engine:
    if engine.dialect.name != "sqlite":
        pytest.skip("a fact about SQLite")
    return engine


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1), ("busy_timeout", 30_000)]
)
def test_sqlite_is_set_up_as_documented(sqlite: Engine, pragma: str, value: object) -> None:
    with read(sqlite) as db:
        assert db.execute(text(f"PRAGMA {pragma}")).scalar_one() == value


def test_a_fresh_file_can_be_opened_by_many_at_the_same_moment(tmp_path: Path) -> None:
    """SQLite's own waiting leaves out the switch to the write-ahead log."""
    failed: list[str] = []
    together = threading.Barrier(6)

    def open_all() -> None:
        for number in range(60):
            together.wait()
            engine = make_engine(f"sqlite:///{tmp_path}/{number}.db")
            try:
                ping(engine)
            except Unavailable as error:
                failed.append(repr(error.__cause__))
            engine.dispose()

    threads = [threading.Thread(target=open_all) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_faulty_file_is_not_taken_for_a_busy_one(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(sa.exc.DatabaseError, match="not a database"):
        ping(make_engine(f"sqlite:///{tmp_path}/x.db"))


def test_synchronous_can_be_full(tmp_path: Path) -> None:
    with read(make_engine(f"sqlite:///{tmp_path}/deep/er/x.db", synchronous="FULL")) as db:
        assert db.execute(text("PRAGMA synchronous")).scalar_one() == 2


def test_an_in_memory_database_is_refused() -> None:
    with pytest.raises(ValueError, match="give it a file"):
        make_engine("sqlite://")


def test_a_write_is_committed_on_leaving(engine: Engine, seed: Seed) -> None:
    with write(engine) as db:
        athlete_id = seed.athlete(db)
    with read(engine) as db:
        assert athletes.get(db, athlete_id, scope=Scope.everyone()).revision == 1


def test_an_exception_rolls_everything_back(engine: Engine, seed: Seed) -> None:
    def fail_after_writing() -> None:
        with write(engine) as db:
            seed.athlete(db)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_writing()
    with read(engine) as db:
        assert count(db) == 0


def test_a_reader_keeps_its_snapshot_and_does_not_wait_for_a_writer(sqlite: Engine, seed: Seed) -> None:
    with read(sqlite) as reader:
        assert count(reader) == 0
        with write(sqlite) as writer:
            seed.athlete(writer)
        assert count(reader) == 0
    with read(sqlite) as reader:
        assert count(reader) == 1


def test_two_writers_of_one_process_take_turns(engine: Engine, seed: Seed) -> None:
    def add() -> None:
        with write(engine) as db:
            before = count(db)
            athletes.create(db, now=NOW, fields={})
            seen.append((before, count(db)))

    seen: list[tuple[int, int]] = []
    threads = [threading.Thread(target=add) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with read(engine) as db:
        assert count(db) == 12
    if engine.dialect.name == "sqlite":
        assert sorted(seen) == [(n, n + 1) for n in range(12)]


@pytest.mark.parametrize("inside", [True, False], ids=["a thread of this process", "another process"])
def test_a_held_write_lock_is_unavailable_in_time_and_says_when_to_come_back(sqlite: Engine, *, inside: bool) -> None:
    other = make_engine(str(sqlite.url)) if not inside else sqlite
    waited_s = None
    with write(other):
        before = time.monotonic()
        with pytest.raises(Unavailable) as caught, write(sqlite, wait_s=0.2):
            pass
        waited_s = time.monotonic() - before
    assert caught.value.may_retry
    assert caught.value.retry_after_s is not None
    assert 0.15 < waited_s < 2
    with write(sqlite) as db:
        athletes.create(db, now=NOW, fields={})


def test_a_door_gives_up_before_six_seconds() -> None:
    assert DOOR_WAIT_S < 6


def test_a_full_disk_is_no_space_and_leaves_nothing(sqlite: Engine) -> None:
    def fill() -> None:
        with write(sqlite) as db:
            pages = db.execute(text("PRAGMA page_count")).scalar_one()
            db.execute(text(f"PRAGMA max_page_count = {pages}"))
            for _ in range(2000):
                athletes.create(db, now=NOW, fields={"name": "x" * 200})

    with pytest.raises(NoSpace):
        fill()
    with read(sqlite) as db:
        assert count(db) == 0


def test_a_file_that_is_no_folder_makes_the_database_unavailable(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/data/x.db")
    (tmp_path / "data").rmdir()
    with pytest.raises(Unavailable):
        ping(engine)


def test_a_database_that_nobody_serves_is_unavailable() -> None:
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    with pytest.raises(Unavailable):
        ping(make_engine("postgresql://nobody@127.0.0.1:1/none"))


def test_a_race_for_a_unique_value_is_a_conflict(engine: Engine, seed: Seed) -> None:
    row = {"id": "ath_x", "external_id": "7", **athletes.DEFAULTS, "created_at": NOW, "updated_at": NOW, "revision": 1}
    with write(engine) as db:
        seed.athlete(db, external_id="7")
    with pytest.raises(Conflict), write(engine) as db:
        db.execute(sa.insert(table).values(row))


def test_a_broken_check_is_our_bug_and_stays_one(engine: Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError), write(engine) as db:
        athletes.create(db, now=NOW, fields={"units": "furlongs"})


def test_a_reading_transaction_never_writes_on_postgresql(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("a fact about PostgreSQL")
    with pytest.raises(sa.exc.DBAPIError), read(engine) as db:
        athletes.create(db, now=NOW, fields={})


def test_the_driver_is_closed_with_the_engine(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/x.db")
    ping(engine)
    engine.dispose()
    with sqlite3.connect(tmp_path / "x.db") as plain:
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    plain.close()


def test_an_error_of_the_database_tells_nothing_of_the_values(engine: Engine) -> None:
    """It ends up in a log, which must not tell names, places or tokens."""
    with read(engine) as db, pytest.raises(DBAPIError) as raised:
        db.execute(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": "Canary"})
    assert "nowhere" in str(raised.value)
    assert "Canary" not in str(raised.value)
