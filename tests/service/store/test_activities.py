"""Activities: what is kept, what is shown, and what goes with them."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import Conflict, NotFound
from service.store import activities, assessments, files, tables, tombstones, uploads
from service.store.scope import Scope
from service.store.timeline import Filters
from service.store.uploads import NewItem

from .conftest import NOW, Seed, Source, sha

ALL = Scope.everyone()


def doomed(db: Connection) -> set[str]:
    return set(db.execute(sa.select(tables.blob_removals.c.key)).scalars())


def test_what_was_kept_comes_back(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id, state={"laps": [1.5]}, note="tired", external_id="r1")
    row = activities.get(db, activity_id, scope=ALL)
    assert (row.athlete_id, row.external_id, row.name, row.sport, row.note) == (
        athlete_id,
        "r1",
        "Morning run",
        "running",
        "tired",
    )
    assert (row.started_at, row.utc_offset_s, row.distance_m, row.moving_s) == (NOW, 7200, 10012.4, 3298)
    assert (row.status, row.score, row.level, row.warnings, row.revision) == (None, None, None, (), 1)
    assert row.document["summary"]["elapsed_s"] == row.elapsed_s == 3391
    assert activities.state(db, activity_id, scope=ALL) == {"laps": [1.5]}


def test_microseconds_and_times_before_1970_are_kept(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    for started_at in (NOW + timedelta(microseconds=1), NOW.replace(year=1969)):
        activity_id = seed.activity(db, athlete_id, started_at=started_at)
        assert activities.get(db, activity_id, scope=ALL).started_at == started_at


def test_what_a_person_said_outranks_the_file(db: Connection, seed: Seed) -> None:
    activity_id = seed.activity(db, seed.athlete(db), edits={"sport": "walking", "name": None})
    row = activities.get(db, activity_id, scope=ALL)
    assert (row.sport, row.name) == ("walking", None)
    assert (row.document["sport"], row.document["name"]) == ("running", "Morning run")


def test_an_activity_is_found_by_the_id_it_came_under(db: Connection, seed: Seed) -> None:
    athlete_id, other = seed.athlete(db), seed.athlete(db)
    sha256 = seed.file(db, athlete_id)
    activity_id = seed.activity(db, athlete_id, source=Source(sha256, 0, "caller", "r1"))
    seed.activity(db, athlete_id, source=Source(sha256, 1, "strava", "r1"))
    assert activities.find_by_external_id(db, athlete_id, external_id="r1") == activity_id
    assert activities.find_by_external_id(db, other, external_id="r1") is None
    with pytest.raises(Conflict):
        seed.activity(db, athlete_id, source=Source(sha256, 2, "caller", "r1"))
    seed.activity(db, other, source=Source(seed.file(db, other), 0, "caller", "r1"))


def test_the_same_part_of_the_same_file_is_one_activity_only(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    sha256 = seed.file(db, athlete_id)
    seed.activity(db, athlete_id, source=Source(sha256))
    with pytest.raises(sa.exc.IntegrityError), db.begin_nested():
        seed.activity(db, athlete_id, source=Source(sha256))


def test_an_activity_without_its_file_is_refused(db: Connection, seed: Seed) -> None:
    athlete_id, other = seed.athlete(db), seed.athlete(db)
    with pytest.raises(sa.exc.IntegrityError), db.begin_nested():
        seed.activity(db, athlete_id, source=Source(seed.file(db, other)))


def test_pages_go_back_in_time_and_equal_starts_keep_an_order(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    days = (3, 1, 2, 2, 2)
    made = {seed.activity(db, athlete_id, started_at=NOW + timedelta(days=day)): day for day in days}
    shown: list[str] = []
    cursor = None
    for _ in range(3):
        page = activities.page(db, athlete_id, filters=Filters(), limit=2, cursor=cursor)
        shown += [row.id for row in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert shown == sorted(made, key=lambda one: (made[one], one), reverse=True)


def test_replacing_content_counts_and_dooms_streams_that_are_not_named_any_more(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id, digest=sha(1))
    options: dict[str, Any] = {"athlete_id": athlete_id, "now": seed.tick()}
    activities.replace(db, activity_id, content=seed.content(digest=sha(1), edits={"name": "X"}), revision=1, **options)
    assert doomed(db) == set()
    activities.replace(db, activity_id, content=seed.content(digest=sha(2), note="n"), **options)
    row = activities.get(db, activity_id, scope=ALL)
    assert (row.revision, row.updated_at, row.name, row.note) == (3, seed.now, "Morning run", "n")
    assert doomed(db) == {f"streams/{athlete_id}/{activity_id}/{sha(1)}"}


def test_a_change_of_something_that_moved_on_is_refused(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id, assessed={})
    with pytest.raises(Conflict) as replaced:
        activities.replace(
            db, activity_id, athlete_id=athlete_id, now=seed.now, content=seed.content(note="n"), revision=1
        )
    with pytest.raises(Conflict) as deleted:
        activities.delete(db, activity_id, athlete_id=athlete_id, now=seed.now, revision=1)
    assert replaced.value.what == deleted.value.what == "precondition_failed"
    assert activities.get(db, activity_id, scope=ALL).note is None


def test_a_deleted_activity_leaves_a_stone_and_nothing_else(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    sha256 = seed.file(db, athlete_id)
    activity_id = seed.activity(db, athlete_id, source=Source(sha256, 0, "strava", "s1"), assessed={})
    uploads.start(db, athlete_id, upload_id="upl_1", now=NOW)
    uploads.add_items(db, "upl_1", athlete_id=athlete_id, items=[NewItem("a.fit", "created", 0, activity_id)])
    activities.delete(db, activity_id, athlete_id=athlete_id, now=seed.now)
    with pytest.raises(NotFound):
        activities.get(db, activity_id, scope=ALL)
    assert files.find(db, athlete_id, sha256=sha256) is None
    assert assessments.page(db, activity_id, scope=ALL, limit=5).items == ()
    assert [item.activity_id for item in uploads.items(db, "upl_1", scope=ALL, limit=5).items] == [None]
    assert doomed(db) == {f"streams/{athlete_id}/{activity_id}/", f"originals/{athlete_id}/{sha256}"}
    assert tombstones.is_buried(db, athlete_id, sha256=sha256, part=0)
    assert tombstones.is_buried_id(db, athlete_id, origin="strava", external_id="s1")
    with pytest.raises(NotFound):
        activities.delete(db, activity_id, athlete_id=athlete_id, now=seed.now)


def test_a_file_stays_as_long_as_one_of_its_activities_does(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    sha256 = seed.file(db, athlete_id)
    first, second = (seed.activity(db, athlete_id, source=Source(sha256, part)) for part in (0, 1))
    activities.delete(db, first, athlete_id=athlete_id, now=seed.now)
    assert files.activities_of(db, athlete_id, sha256=sha256) == {1: second}
    assert f"originals/{athlete_id}/{sha256}" not in doomed(db)
    activities.delete(db, second, athlete_id=athlete_id, now=seed.now)
    assert files.find(db, athlete_id, sha256=sha256) is None
    assert f"originals/{athlete_id}/{sha256}" in doomed(db)


def test_a_stone_is_lifted_and_can_be_laid_again(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    for _ in range(2):
        sha256 = seed.file(db, athlete_id, sha(5))
        activity_id = seed.activity(db, athlete_id, source=Source(sha256, 3))
        activities.delete(db, activity_id, athlete_id=athlete_id, now=seed.now)
        assert tombstones.parts_of(db, athlete_id, sha256=sha256)
        assert not tombstones.is_buried(db, athlete_id, sha256=sha256, part=0)
        tombstones.lift(db, athlete_id, sha256=sha256)
        assert not tombstones.parts_of(db, athlete_id, sha256=sha256)


def test_the_athletes_row_takes_every_row_of_the_athlete_with_it(db: Connection, seed: Seed) -> None:
    from service.store import athletes

    kept, gone = seed.athlete(db), seed.athlete(db)
    for athlete_id, upload_id in ((kept, "upl_1"), (gone, "upl_2")):
        activity_id = seed.activity(db, athlete_id, assessed={})
        buried = seed.activity(db, athlete_id)
        activities.delete(db, buried, athlete_id=athlete_id, now=seed.now)
        uploads.start(db, athlete_id, upload_id=upload_id, now=NOW)
        uploads.add_items(db, upload_id, athlete_id=athlete_id, items=[NewItem("a", "created", 0, activity_id)])
        seed.rest(db, athlete_id, activity_id=activity_id, upload_id=upload_id)
    nobodys = {"events", "audit_log", "api_keys", "idempotency_keys", "sessions"}
    nobodys |= {"inbox", "webhook_calls", "webhook_endpoints", "deliveries"}
    count = {
        name: sa.select(sa.func.count()).select_from(table)
        for name, table in tables.metadata.tables.items()
        if name not in nobodys
    }
    before = {name: db.execute(query).scalar_one() for name, query in count.items()}
    assert all(before.values())
    athletes.erase(db, gone, now=seed.now)
    after = {name: db.execute(query).scalar_one() for name, query in count.items()}
    after.pop("blob_removals")
    assert after == {name: number // 2 for name, number in before.items() if name != "blob_removals"}
    assert {f"originals/{gone}/", f"streams/{gone}/"} <= doomed(db)


def test_the_documents_of_many_activities_come_with_few_questions(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    ids = [seed.activity(db, athlete_id, assessed={}) for _ in range(6)]
    with counted(db) as asked:
        activities.page(db, athlete_id, filters=Filters(), limit=5)
        files.sources_of(db, ids, scope=ALL)
        assessments.current(db, ids, scope=ALL)
    assert next(asked) == 4


class counted:  # noqa: N801  # reads like the verb it is
    """Counts the statements sent meanwhile."""

    def __init__(self, db: Connection) -> None:
        self.db, self.number = db, itertools.count()

    def __enter__(self) -> itertools.count[int]:
        sa.event.listen(self.db, "before_cursor_execute", self.heard)
        return self.number

    def __exit__(self, *_: object) -> None:
        sa.event.remove(self.db, "before_cursor_execute", self.heard)

    def heard(self, *_: object) -> None:
        next(self.number)
