"""Uploads and their items."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import NotFound
from service.store import activities, athletes, tables, uploads
from service.store.scope import Scope
from service.store.uploads import NewItem

from .conftest import NOW, Seed

ALL = Scope.everyone()


def test_every_outcome_is_counted_by_a_column_of_its_own() -> None:
    assert set(uploads.COUNTS) == set(tables.OUTCOMES)
    assert len(set(uploads.COUNTS.values())) == len(tables.OUTCOMES)


def test_counts_grow_with_the_items_and_their_sum_is_the_total(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id)
    uploads.start(db, athlete_id, upload_id="upl_1", now=NOW)
    first = [NewItem("a.fit", "created", 0, activity_id), NewItem("b.fit", "rejected", problem={"code": "empty"})]
    uploads.add_items(db, "upl_1", athlete_id=athlete_id, items=first)
    more = [NewItem("c" * 300, outcome) for outcome in ("duplicate", "skipped", "merged", "duplicate")]
    uploads.add_items(db, "upl_1", athlete_id=athlete_id, items=more)
    uploads.add_items(db, "upl_1", athlete_id=athlete_id, items=[])
    row = uploads.get(db, "upl_1", scope=ALL)
    assert (row.status, row.finished_at, row.received_at) == ("running", None, NOW)
    assert (row.total, row.created, row.duplicates, row.merged, row.skipped, row.rejected) == (6, 1, 2, 1, 1, 1)
    page = uploads.items(db, "upl_1", scope=ALL, limit=4)
    rest = uploads.items(db, "upl_1", scope=ALL, limit=4, cursor=page.next_cursor)
    items = page.items + rest.items
    assert [item.position for item in items] == list(range(6))
    assert (items[0].activity_id, items[0].problem) == (activity_id, None)
    assert (items[1].activity_id, items[1].problem) == (None, {"code": "empty"})
    assert len(items[2].name) == 200
    done = uploads.finish(db, "upl_1", athlete_id=athlete_id, now=seed.tick())
    assert (done.status, done.finished_at) == ("done", seed.now)


def test_an_upload_that_is_not_there_takes_no_items(db: Connection, seed: Seed) -> None:
    with pytest.raises(NotFound):
        uploads.add_items(db, "upl_0", athlete_id=seed.athlete(db), items=[NewItem("a", "created")])


def test_an_item_whose_activity_is_gone_keeps_its_outcome_and_names_none(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    gone, kept = seed.activity(db, athlete_id), seed.activity(db, athlete_id)
    activities.delete(db, gone, athlete_id=athlete_id, now=NOW)
    uploads.start(db, athlete_id, upload_id="upl_1", now=NOW)
    items = [NewItem("a.fit", "duplicate", 0, gone), NewItem("b.fit", "duplicate", 0, kept)]
    uploads.add_items(db, "upl_1", athlete_id=athlete_id, items=items)
    page = uploads.items(db, "upl_1", scope=ALL, limit=9)
    assert [(item.outcome, item.activity_id) for item in page.items] == [("duplicate", None), ("duplicate", kept)]


def test_no_upload_is_noted_for_an_athlete_who_was_erased(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    athletes.erase(db, athlete_id, now=NOW)
    with pytest.raises(NotFound):
        uploads.start(db, athlete_id, upload_id="upl_1", now=NOW)


def test_a_counter_that_lies_is_refused_by_the_database(db: Connection, seed: Seed) -> None:
    uploads.start(db, seed.athlete(db), upload_id="upl_1", now=NOW)
    with pytest.raises(sa.exc.IntegrityError), db.begin_nested():
        db.execute(sa.update(tables.uploads).values(created=1))
