"""Calls of sync services are kept for two weeks, and go with whoever they tell of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from service.errors import NotFound
from service.store import calls
from service.store.calls import KEPT_DAYS, NewCall
from tests.service.store.conftest import NOW


def call(body: bytes, *users: str, provider: str = "polar", days_ago: float = 0, events: int = 1) -> NewCall:
    headers = (("content-type", "application/json"),)
    return NewCall(provider, NOW - timedelta(days=days_ago), headers, body, events, frozenset(users))


def bodies(db: Connection, **which: str) -> list[bytes]:
    return [row.body for row in calls.page(db, limit=50, **which).items]


def test_calls_are_listed_the_newest_first_and_had_one_by_one(db: Connection) -> None:
    calls.add(db, [call(b"{}"), call(b"[1]", provider="garmin")])
    assert bodies(db) == [b"[1]", b"{}"]
    (row,) = calls.page(db, limit=5, provider="garmin").items
    assert calls.get(db, row.id) == row
    assert (row.received_at, row.headers, row.events) == (NOW, [["content-type", "application/json"]], 1)
    with pytest.raises(NotFound):
        calls.get(db, row.id + 1)


def test_a_page_leads_on_to_the_next(db: Connection) -> None:
    calls.add(db, [call(b"%d" % number) for number in range(5)])
    first = calls.page(db, limit=3)
    second = calls.page(db, limit=3, cursor=first.next_cursor)
    assert [row.body for row in (*first.items, *second.items)] == [b"4", b"3", b"2", b"1", b"0"]
    assert second.next_cursor is None


def test_a_call_goes_with_each_person_it_tells_of_and_with_that_service_alone(db: Connection) -> None:
    told = [call(b'{"user_id":475}'), call(b'{"users":["475","911"]}'), call(b'{"user_id":911}')]
    calls.add(db, [*told, call(b'{"user_id":475}', provider="garmin"), call('{"user":"j\\"äne"}'.encode())])
    calls.forget_user(db, "polar", user="475")
    assert bodies(db) == ['{"user":"j\\"äne"}'.encode(), b'{"user_id":475}', b'{"user_id":911}']
    calls.forget_user(db, "polar", user='j"äne')
    assert bodies(db, provider="polar") == [b'{"user_id":911}']


def test_whom_a_call_names_in_another_form_or_not_at_all_is_forgotten_with_it(db: Connection) -> None:
    """A service may write an id with or without a letter; of what could not be read nobody knows whose it is."""
    calls.add(db, [call(b'{"athlete":5057}', "i5057", "a b%"), call(b'{"athlete":1}', "i1"), call(b"{}", events=0)])
    calls.add(db, [call(b'{"x":1}', events=0, provider="garmin")])
    calls.forget_user(db, "polar", user="i5057")
    assert bodies(db) == [b'{"x":1}', b'{"athlete":1}']
    calls.add(db, [call(b"[]", "a b%"), call(b"[2]", "a b_")])
    calls.forget_user(db, "polar", user="a b%")
    assert bodies(db, provider="polar") == [b"[2]", b'{"athlete":1}']


def test_a_call_is_kept_for_two_weeks(db: Connection) -> None:
    calls.add(db, [call(b"old", days_ago=KEPT_DAYS + 0.01), call(b"young", days_ago=KEPT_DAYS - 0.01)])
    assert calls.forget_old(db, now=NOW) == 1
    assert bodies(db) == [b"young"]
