"""A copy of a store at work: whole, whatever was added and deleted meanwhile, and good to go on from."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from service.errors import BadCall, Unavailable
from service.store import activities, backup, removals, tables, wholeness
from service.store.blobs import Blobs
from service.store.engine import make_engine, read, write
from service.store.wholeness import Tally

from .conftest import NOW, Seed
from .test_wholeness import store_run

WRITERS = 3
BEFORE = 30


@pytest.fixture
def backend() -> str:
    """An embedded store is SQLite."""
    return "sqlite"


def ids(engine: Engine) -> set[str]:
    with read(engine) as db:
        return set(db.execute(sa.select(tables.activities.c.id)).scalars())


@contextmanager
def copied(target: Path) -> Iterator[tuple[Engine, Blobs]]:
    """The copy, opened as a service would."""
    engine = backup.engine_on(target)
    yield engine, backup.blobs_in(target)
    engine.dispose()


@contextmanager
def at_work(engine: Engine, blobs: Blobs) -> Iterator[list[str]]:
    """Writers who add runs and delete every third, until the block is left; how many came is told by the list."""
    over, added = threading.Event(), []

    def work(writer: int) -> None:
        seed = Seed(files=100_000 * (writer + 1))
        with write(engine, wait_s=30) as db:
            athlete_id = seed.athlete(db)
        while not over.is_set():
            with write(engine, wait_s=30) as db:
                run = store_run(db, blobs, seed, athlete_id)
            added.append(run.activity_id)
            if len(added) % 3 == 0:
                with write(engine, wait_s=30) as db:
                    activities.delete(db, run.activity_id, athlete_id=athlete_id, now=seed.tick())
                removals.sweep(engine, blobs)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield added
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_a_copy_made_under_writes_is_whole_and_has_all_that_was_there_before(
    engine: Engine, blobs: Blobs, seed: Seed, tmp_path: Path
) -> None:
    with write(engine) as db:
        athlete_id = seed.athlete(db)
        for _ in range(BEFORE):
            store_run(db, blobs, seed, athlete_id)
    before, target = ids(engine), tmp_path / "100% safe"
    with at_work(engine, blobs) as added:
        for _ in range(3):  # the later ones renew the first
            came = len(added)
            backup.copy(engine, blobs, target, now=NOW)
            with copied(target) as (there, kept):
                tally = Tally()
                assert list(wholeness.faults(there, kept, tally=tally)) == []
                assert ids(there) >= before
            assert len(added) > came, "nobody wrote meanwhile"
    assert tally.streams >= BEFORE
    assert list(wholeness.faults(engine, blobs, tally=Tally())) == []


def test_a_restored_copy_is_a_store_that_goes_on(engine: Engine, blobs: Blobs, seed: Seed, tmp_path: Path) -> None:
    with write(engine) as db:
        athlete_id = seed.athlete(db)
        run = store_run(db, blobs, seed, athlete_id)
    backup.copy(engine, blobs, tmp_path / "copy", now=NOW)
    with write(engine) as db:
        activities.delete(db, run.activity_id, athlete_id=athlete_id, now=seed.tick())
    removals.sweep(engine, blobs)
    shutil.copytree(tmp_path / "copy", tmp_path / "restored")
    with copied(tmp_path / "restored") as (there, kept):
        assert ids(there) == {run.activity_id}
        assert kept.get(run.original)
        with write(there) as db:
            store_run(db, kept, seed, athlete_id)
        assert list(wholeness.faults(there, kept, tally=Tally())) == []


def test_a_run_that_was_added_and_deleted_meanwhile_is_deleted_in_the_copy(
    engine: Engine, blobs: Blobs, seed: Seed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came after the first round of blobs and went before the second, and the database was copied between."""
    with write(engine) as db:
        athlete_id = seed.athlete(db)
        stays = store_run(db, blobs, seed, athlete_id)
    genuine = backup._copy_database

    def with_a_guest(source: Path, target: Path) -> None:
        with write(engine) as db:
            guest = store_run(db, blobs, seed, athlete_id)
        genuine(source, target)
        with write(engine) as db:
            activities.delete(db, guest.activity_id, athlete_id=athlete_id, now=seed.tick())
        removals.sweep(engine, blobs)

    monkeypatch.setattr(backup, "_copy_database", with_a_guest)
    assert backup.copy(engine, blobs, tmp_path / "copy", now=NOW).deleted == 1
    with copied(tmp_path / "copy") as (there, kept):
        assert ids(there) == {stays.activity_id}
        assert list(wholeness.faults(there, kept, tally=Tally())) == []


def test_only_what_is_new_is_copied_the_second_time(engine: Engine, blobs: Blobs, seed: Seed, tmp_path: Path) -> None:
    with write(engine) as db:
        athlete_id = seed.athlete(db)
        store_run(db, blobs, seed, athlete_id)
    assert backup.copy(engine, blobs, tmp_path / "copy", now=NOW).blobs == 2
    with write(engine) as db:
        store_run(db, blobs, seed, athlete_id)
    assert backup.copy(engine, blobs, tmp_path / "copy", now=NOW).blobs == 2
    assert backup.copy(engine, blobs, tmp_path / "copy", now=NOW).blobs == 0


def test_what_is_no_store_is_not_copied(empty: Engine, blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        backup.copy(empty, blobs, tmp_path / "copy", now=NOW)
    assert not (tmp_path / "copy").exists()


def test_a_database_server_is_left_to_its_own_tools(blobs: Blobs, tmp_path: Path) -> None:
    engine = make_engine("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(BadCall, match="pg_dump"):
        backup.copy(engine, blobs, tmp_path / "copy", now=NOW)
    engine.dispose()
