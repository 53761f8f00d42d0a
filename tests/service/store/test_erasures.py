"""Erased means: no row, no blob, no byte of it in the database's files, and not back with a backup either."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from service.store import activities, audit, erasures, keys, removals, scrub, tables, uploads
from service.store.blobs import Blobs, digest_of, erasure_key, original_key, streams_key
from service.store.engine import alone, make_engine, read, write
from service.store.ids import new_id
from service.store.scope import Scope
from service.store.uploads import NewItem
from tests import disk

from .conftest import NOW, Seed, Source

CANARY = "Kanarienvogel"


def settle(engine: Engine, blobs: Blobs, seed: Seed, *, mark: str = CANARY) -> str:
    """An athlete with a row in every table and a blob of each kind, the mark in each place that holds a text."""
    with write(engine) as db:
        athlete_id = seed.athlete(db, name=mark, external_id=f"{mark} {seed.files}", timezone="Europe/Zurich")
        sha256, digest = digest_of(mark.encode() + athlete_id.encode()), digest_of(athlete_id.encode())
        seed.file(db, athlete_id, sha256)
        activity_id = seed.activity(
            db,
            athlete_id,
            source=Source(sha256, 0, "caller", f"{mark} run"),
            assessed={"headline": {"text_key": mark}, "digest": {"score": 1, "x": mark}},
            name=mark,
            note=f"{mark} note " + "x" * 6000,
            edits={"name": mark},
            state={"laps": [mark]},
            digest=digest,
        )
        buried = seed.activity(db, athlete_id, source=Source(sha256, 1, "strava", f"{mark} strava"))
        activities.delete(db, buried, athlete_id=athlete_id, now=NOW)
        upload_id = new_id("upl", NOW)
        uploads.start(db, athlete_id, upload_id=upload_id, now=NOW)
        uploads.add_items(db, upload_id, athlete_id=athlete_id, items=[NewItem(mark, "created", 0, activity_id)])
        seed.rest(db, athlete_id, activity_id=activity_id, upload_id=upload_id)
        event = {"id": new_id("evt", NOW), "type": "activity.assessed", "athlete_id": athlete_id, "created_at": NOW}
        db.execute(sa.insert(tables.events).values(event | {"external_id": mark, "data": {"headline": mark}}))
        for number, answer in enumerate(
            ({"target": f"POST /v1/athletes/{athlete_id}/uploads", "body": None}, {"target": "POST /v1", "body": True})
        ):
            body = f'{{"athlete_id":"{athlete_id}","name":"{mark}"}}'.encode() if answer["body"] else None
            kept = {"caller": "local", "key": f"{mark}{athlete_id}{number}", "target": answer["target"], "body": body}
            db.execute(sa.insert(tables.idempotency_keys).values(kept | {"created_at": NOW, "held_until": NOW}))
        key, _ = keys.create(db, now=NOW, role="athlete", athlete_ids=[athlete_id], name=mark)
        signed_in = {"sha256": digest, "key_id": key.id, "created_at": NOW, "expires_at": NOW}
        db.execute(sa.insert(tables.sessions).values(signed_in))
        _sync(db, athlete_id, mark=mark)
    blobs.put(original_key(athlete_id, sha256), mark.encode() + athlete_id.encode())
    blobs.put(streams_key(athlete_id, activity_id, digest), mark.encode())
    return athlete_id


def _sync(db: Connection, athlete_id: str, *, mark: str) -> None:
    """What services sent of the athlete, and what is sent to subscribers."""
    account = f"{mark} {athlete_id}"
    mine = tables.connections.c.athlete_id == athlete_id
    db.execute(sa.update(tables.connections).where(mine).values(external_id=account))
    event = {"provider": "polar", "dedupe": account, "kind": "new", "user": account, "hint": {"name": mark}}
    times = {"received_at": NOW, "due_at": NOW}
    db.execute(sa.insert(tables.inbox).values({**event, **times, "state": "done", "attempts": 1}))
    call = {"provider": "polar", "received_at": NOW, "headers": [["x", "y"]], "events": 1, "users": account}
    body = f'{{"user": "{account}"}}'.encode()
    db.execute(sa.insert(tables.webhook_calls).values(call | {"body": body}))
    endpoint_id = new_id("whe", NOW)
    endpoint = {"id": endpoint_id, "owner": "local", "url": "https://a.example", "events": [], "secret": b"x"}
    listed = {"athletes": ["ath_other", athlete_id], "created_at": NOW, "sequence": 0, "revision": 1}
    db.execute(sa.insert(tables.webhook_endpoints).values(endpoint | listed))
    sent = {"id": new_id("dlv", NOW), "endpoint_id": endpoint_id, "athlete_id": athlete_id, "type": "x", "body": mark}
    state = {"state": "pending", "attempts": 0, "created_at": NOW, "due_at": NOW}
    db.execute(sa.insert(tables.deliveries).values(sent | state))


def erase(engine: Engine, blobs: Blobs, athlete_id: str) -> None:
    with write(engine) as db:
        erasures.erase(db, athlete_id, now=NOW, actor=audit.LOCAL)
    removals.sweep(engine, blobs)
    scrub.scrub(engine)


def on_disk(folder: Path, mark: str = CANARY) -> list[str]:
    """The files below the folder in whose bytes or name the mark stands."""
    return disk.holding(folder, mark)


def test_the_seed_fills_every_table_that_could_hold_something_of_an_athlete(
    engine: Engine, blobs: Blobs, seed: Seed
) -> None:
    settle(engine, blobs, seed)
    with read(engine) as db:
        counts = {
            name: db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in tables.metadata.tables.items()
        }
    assert {name for name, number in counts.items() if number == 0} == {"audit_log"}


def test_no_row_names_an_erased_athlete_but_the_audit_log(engine: Engine, blobs: Blobs, seed: Seed) -> None:
    other = settle(engine, blobs, seed, mark="somebody else")
    with read(engine) as db:
        before = {
            name: db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in tables.metadata.tables.items()
        }
    athlete_id = settle(engine, blobs, seed)
    erase(engine, blobs, athlete_id)
    with read(engine) as db:
        rows = {name: db.execute(sa.select(*table.c)).all() for name, table in tables.metadata.tables.items()}
    text = {name: repr(found) for name, found in rows.items()}
    assert [name for name in text if CANARY in text[name]] == []
    assert {name for name in text if athlete_id in text[name]} == {"audit_log", "events"}
    assert [row.type for row in rows["events"] if row.athlete_id == athlete_id] == ["athlete.erased"]
    assert [row.athletes for row in rows["webhook_endpoints"]] == [["ath_other", other], ["ath_other"]]
    assert {name: len(found) for name, found in rows.items() if name != "audit_log"} == {
        name: number for name, number in before.items() if name != "audit_log"
    } | {"blob_removals": 0, "events": 2, "webhook_endpoints": 2}
    assert len(list(blobs.list(f"originals/{other}/"))) == 1
    assert [row.action for row in rows["audit_log"]] == ["athlete.erased"]


def test_no_byte_of_an_erased_athlete_is_left_on_the_disk(
    engine: Engine, blobs: Blobs, seed: Seed, tmp_path: Path
) -> None:
    """Among many others in no order, so that pages of the file were split and cells moved: their old places count."""
    if engine.dialect.name != "sqlite":
        pytest.skip("what PostgreSQL keeps in its files is the operator's care")
    erased = [settle(engine, blobs, seed) for _ in range(3)]
    chance = random.Random(5)  # noqa: S311 - an order, no secret
    for number in range(900):
        mark = f"{chance.random():.15f} {CANARY if number % 3 == 0 else 'somebody else'} {'x' * chance.randrange(150)}"
        with write(engine) as db:
            athlete_id = seed.athlete(db, external_id=mark)
        if CANARY in mark:
            erased.append(athlete_id)
    with write(engine) as db:
        for athlete_id in erased:
            erasures.erase(db, athlete_id, now=NOW, actor=audit.LOCAL)
    removals.sweep(engine, blobs)
    with alone(engine) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert on_disk(tmp_path) == [Path(str(engine.url.database)).name], (
        "if deleting were enough, there would be no need to scrub"
    )
    assert scrub.scrub(engine)
    assert on_disk(tmp_path) == []
    assert on_disk(tmp_path, "somebody else")
    assert not scrub.is_due(engine)


def test_a_large_file_is_left_for_later_and_the_wish_is_not_forgotten(engine: Engine, blobs: Blobs, seed: Seed) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("only SQLite's file is written anew")
    athlete_id = settle(engine, blobs, seed)
    with write(engine) as db:
        erasures.erase(db, athlete_id, now=NOW, actor=audit.LOCAL)
    removals.sweep(engine, blobs)
    assert not scrub.scrub(engine, at_most_bytes=1000)
    assert scrub.is_due(engine)
    assert scrub.scrub(engine, at_most_bytes=100_000_000)


def test_a_reader_who_holds_on_to_the_old_state_only_puts_it_off(
    engine: Engine, blobs: Blobs, seed: Seed, tmp_path: Path
) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("only SQLite's file is written anew")
    athlete_id = settle(engine, blobs, seed)
    other = make_engine(str(engine.url))
    with read(other) as reader:
        assert reader.execute(sa.select(tables.athletes.c.name)).all()
        with write(engine) as db:
            erasures.erase(db, athlete_id, now=NOW, actor=audit.LOCAL)
        assert not scrub.scrub(engine, wait_s=0.05)
    assert scrub.scrub(engine)
    other.dispose()


@pytest.fixture
def restored(tmp_path: Path, engine: Engine, blobs: Blobs, seed: Seed) -> Iterator[tuple[Engine, str, str]]:
    """A database from before an erasure beside the blobs of today: the erased athlete, and another one."""
    if engine.dialect.name != "sqlite":
        pytest.skip("a backup of PostgreSQL is made with its own tools; the stones work the same")
    gone, other = settle(engine, blobs, seed), settle(engine, blobs, seed, mark="somebody else")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
    name = Path(str(engine.url.database)).name
    copies = [path for path in tmp_path.iterdir() if path.name.startswith(name)]
    (tmp_path / "backup").mkdir()
    for path in copies:
        shutil.copy(path, tmp_path / "backup" / path.name)
    erase(engine, blobs, gone)
    engine.dispose()
    for path in (*copies, tmp_path / f"{name}-wal", tmp_path / f"{name}-shm"):
        path.unlink(missing_ok=True)
    for path in (tmp_path / "backup").iterdir():
        shutil.move(path, tmp_path / path.name)
    again = make_engine(str(engine.url))
    yield again, gone, other
    again.dispose()


def test_a_restored_backup_honours_erasures(restored: tuple[Engine, str, str], blobs: Blobs, tmp_path: Path) -> None:
    engine, gone, other = restored
    assert blobs.exists(erasure_key(gone))
    assert on_disk(tmp_path)
    assert erasures.honour(engine, blobs, now=NOW) == [gone]
    removals.sweep(engine, blobs)
    assert scrub.scrub(engine)
    with read(engine) as db:
        assert db.execute(sa.select(tables.athletes.c.id)).scalars().all() == [other]
        deeds = audit.page(db, scope=Scope.everyone(), limit=9).items
    assert [(one.actor, one.action, one.athlete_id) for one in deeds] == [("system", "athlete.erased", gone)]
    assert on_disk(tmp_path) == []
    assert erasures.honour(engine, blobs, now=NOW) == []


def test_a_stone_is_no_forgotten_blob(engine: Engine, blobs: Blobs, seed: Seed) -> None:
    athlete_id = settle(engine, blobs, seed)
    erase(engine, blobs, athlete_id)
    later = datetime.now(UTC) + timedelta(days=1)
    assert removals.ask_for_forgotten(engine, blobs, before=later, now=later) == 0
    assert list(blobs.list()) == [erasure_key(athlete_id)]
