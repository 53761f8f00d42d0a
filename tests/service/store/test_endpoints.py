"""Endpoints: whose they are, what changes them, and which of them have work, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import Conflict, NotFound
from service.store import deliveries, endpoints, events
from service.store.deliveries import Attempt, NewDelivery
from service.store.endpoints import EndpointRow
from service.store.scope import Scope

from .conftest import NOW, Seed


def make(db: Connection, *, owner: str = "local", **more: Any) -> EndpointRow:
    wanted = {"url": "https://a.example/", "types": ["*"], "athletes": None, "secret": b"locked", "now": NOW} | more
    return endpoints.add(db, endpoints.new_endpoint_id(NOW), owner=owner, **wanted)


def test_an_endpoint_begins_where_the_feed_is(db: Connection, seed: Seed) -> None:
    events.append(db, seed.athlete(db), type="upload.done", now=NOW)
    row = make(db)
    assert (row.sequence, row.revision, row.disabled_at) == (endpoints.head(db), 1, None)


def test_somebody_elses_endpoint_looks_like_none(db: Connection) -> None:
    mine, theirs = make(db, owner="key_1"), make(db, owner="key_2")
    assert endpoints.page(db, owner="key_1", limit=9).items == (mine,)
    assert endpoints.page(db, owner=None, limit=9).items == (mine, theirs)
    for question in (
        lambda: endpoints.get(db, theirs.id, owner="key_1"),
        lambda: endpoints.change(db, theirs.id, owner="key_1", fields={"url": "https://b.example/"}),
        lambda: endpoints.remove(db, theirs.id, owner="key_1"),
    ):
        with pytest.raises(NotFound):
            question()
    assert endpoints.get(db, theirs.id, owner="key_2") == theirs


def test_a_change_counts_once_and_not_where_nothing_changes(db: Connection) -> None:
    row = make(db)
    changed = endpoints.change(db, row.id, owner=None, fields={"url": "https://b.example/"}, revision=1)
    assert (changed.url, changed.revision) == ("https://b.example/", 2)
    assert endpoints.change(db, row.id, owner=None, fields={"url": "https://b.example/"}) == changed
    for call in (endpoints.change, endpoints.remove):
        fields = {"fields": {}} if call is endpoints.change else {}
        with pytest.raises(Conflict) as refused:
            call(db, row.id, owner=None, revision=1, **fields)
        assert refused.value.what == "precondition_failed"


def test_an_endpoint_takes_its_deliveries_with_it(db: Connection) -> None:
    row = make(db)
    (delivery_id,) = deliveries.add(db, row.id, news=[NewDelivery(None, None, "endpoint.test", "{}")], now=NOW)
    endpoints.remove(db, row.id, owner=None)
    with pytest.raises(NotFound):
        deliveries.get(db, delivery_id, scope=Scope.everyone())


def test_an_event_has_one_delivery_at_an_endpoint(db: Connection, seed: Seed) -> None:
    row, other, athlete_id = make(db), make(db), seed.athlete(db)
    for body in ("first", "second"):
        for endpoint in (row, other):
            deliveries.add(db, endpoint.id, news=[NewDelivery(7, athlete_id, "upload.done", body)], now=NOW)
    for endpoint in (row, other):
        (one,) = deliveries.due(db, endpoint.id, now=NOW, limit=9)
        assert one.body == "first"


def test_there_is_work_where_the_feed_has_gone_on_or_something_is_due_and_nothing_stands_in_the_way(
    db: Connection, seed: Seed
) -> None:
    athlete_id, row = seed.athlete(db), make(db)
    later = NOW + timedelta(minutes=1)
    assert endpoints.with_work(db, now=NOW) == []
    events.append(db, athlete_id, type="upload.done", now=NOW)
    assert endpoints.with_work(db, now=NOW) == [row.id]
    endpoints.looked_at(db, row.id, sequence=endpoints.head(db))
    assert endpoints.with_work(db, now=NOW) == []
    (delivery_id,) = deliveries.add(db, row.id, news=[NewDelivery(1, athlete_id, "upload.done", "{}")], now=NOW)
    assert endpoints.with_work(db, now=NOW) == [row.id]
    failed = Attempt("pending", at=NOW, due_at=later, status=500, problem="delivery_refused", took_ms=3)
    assert deliveries.note(db, delivery_id, attempt=failed)
    assert endpoints.with_work(db, now=NOW) == []
    assert endpoints.with_work(db, now=later) == [row.id]
    assert endpoints.failed_one(db, row.id, now=NOW, not_before=later + timedelta(minutes=1)) == NOW
    assert endpoints.failed_one(db, row.id, now=later, not_before=later + timedelta(minutes=1)) == NOW
    assert endpoints.with_work(db, now=later) == []
    endpoints.free(db, row.id)
    assert endpoints.with_work(db, now=later) == [row.id]
    endpoints.disable(db, row.id, because="gone", now=later)
    assert endpoints.with_work(db, now=later) == []


def test_what_disabled_an_endpoint_first_stays_the_reason(db: Connection) -> None:
    row = make(db)
    for because in ("gone", "failing"):
        endpoints.disable(db, row.id, because=because, now=NOW)
    assert endpoints.get(db, row.id, owner=None).disabled_because == "gone"


def test_what_is_to_be_sent_is_found_without_reading_the_log_of_thirty_days(db: Connection) -> None:
    if db.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by the size of the table")
    pending = deliveries._pending("whe_1")
    table = deliveries._table
    asked = sa.select(table.c.id).where(pending, table.c.due_at <= sa.literal(NOW, table.c.due_at.type))
    text = str(asked.order_by(table.c.sequence).compile(db, compile_kwargs={"literal_binds": True}))
    plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
    assert "ix_deliveries_due (endpoint_id=? AND state=? AND due_at<?)" in str(plan)
