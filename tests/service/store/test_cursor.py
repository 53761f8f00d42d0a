"""Cursors lead on, and only where they came from."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from service.errors import BadCall
from service.store import athletes
from service.store.cursor import MAX_LIMIT, decode, encode
from service.store.scope import Scope

from .conftest import Seed

GENUINE = encode("activities:desc", (1_791_097_212_000_000, "act_01k6p7e5000000000000000000"))


@given(st.integers(-(2**62), 2**62), st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_a_key_survives_the_way_out_and_back(number: int, word: str) -> None:
    assert decode("x", encode("x", (number, word)), (int, str)) == (number, word)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "ä",
        "null",
        GENUINE[:-1],
        GENUINE + "A",
        GENUINE + "==",
        " " + GENUINE,
        GENUINE[:10] + ("A" if GENUINE[10] != "A" else "B") + GENUINE[11:],
        encode("activities:asc", (1, "act_1")),
        encode("activities:desc", ("1", "act_1")),
        encode("activities:desc", (1,)),
        base64.urlsafe_b64encode(b'["activities:desc",1,"act_1"]').decode(),
        "\x00" * 40,
        "A" * 10_000,
    ],
)
def test_anything_but_a_cursor_of_this_list_is_a_bad_cursor(cursor: str) -> None:
    with pytest.raises(BadCall) as caught:
        decode("activities:desc", cursor, (int, str))
    assert caught.value.what == "bad_cursor"


@given(st.data())
def test_no_single_changed_character_passes(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GENUINE) - 1))
    other = data.draw(st.sampled_from("ABCabc019-_").filter(lambda letter: letter != GENUINE[at]))
    changed = GENUINE[:at] + other + GENUINE[at + 1 :]
    with pytest.raises(BadCall):
        decode("activities:desc", changed, (int, str))


@pytest.mark.parametrize("limit", [0, -1, MAX_LIMIT + 1, 2**63])
def test_a_list_is_never_asked_for_more_than_its_bounds(db: Connection, limit: int) -> None:
    with pytest.raises(BadCall):
        athletes.page(db, scope=Scope.everyone(), limit=limit)


def test_pages_show_every_row_once_while_rows_come_and_go(db: Connection, seed: Seed) -> None:
    ids = [seed.athlete(db) for _ in range(7)]
    first = athletes.page(db, scope=Scope.everyone(), limit=3)
    athletes.erase(db, ids[2], now=seed.now)  # the very row the cursor stands on
    late = seed.athlete(db)
    second = athletes.page(db, scope=Scope.everyone(), limit=3, cursor=first.next_cursor)
    third = athletes.page(db, scope=Scope.everyone(), limit=3, cursor=second.next_cursor)
    assert [[row.id for row in page.items] for page in (first, second, third)] == [ids[:3], ids[3:6], [ids[6], late]]
    assert third.next_cursor is None


def test_a_full_last_page_says_that_it_is_the_last(db: Connection, seed: Seed) -> None:
    for _ in range(3):
        seed.athlete(db)
    assert athletes.page(db, scope=Scope.everyone(), limit=3).next_cursor is None
