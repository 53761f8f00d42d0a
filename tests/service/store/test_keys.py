"""API keys: made, found by their hash alone, revoked, and gone with whom they opened."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import BadCall, NotFound
from service.store import athletes, credentials, keys, tables
from service.store.scope import Scope

from .conftest import NOW, Seed


def test_a_key_is_found_by_its_hash_and_stored_nowhere(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    row, key = keys.create(db, now=NOW, role="athlete", athlete_ids=[athlete_id], name="watch")
    assert keys.find_by_digest(db, credentials.digest(key)) == row == keys.get(db, row.id)
    assert row.prefix == key[:9]
    assert (row.role, row.athlete_ids, row.all_athletes, row.name) == ("athlete", (athlete_id,), False, "watch")
    stored = [str(value) for one in db.execute(sa.select(*tables.api_keys.c)) for value in one]
    assert not any(key in value or key[9:] in value for value in stored)
    assert credentials.digest(key) in stored


def test_each_role_reaches_whom_it_names(db: Connection, seed: Seed) -> None:
    first, second, third = (seed.athlete(db) for _ in range(3))
    admin, _ = keys.create(db, now=NOW, role="admin", athlete_ids=None)
    coach, _ = keys.create(db, now=NOW, role="coach", athlete_ids=[first, second, first])
    machine, _ = keys.create(db, now=NOW, role="ingest", athlete_ids=None)
    assert admin.scope() == machine.scope() == Scope.everyone()
    assert coach.scope() == Scope.of(first, second)
    assert not coach.scope().covers(third)


@pytest.mark.parametrize(
    ("role", "athlete_ids"),
    [
        ("admin", []),
        ("admin", ["ath_1"]),
        ("coach", None),
        ("coach", []),
        ("athlete", None),
        ("athlete", []),
        ("athlete", ["ath_1", "ath_2"]),
        ("ingest", []),
        ("owner", None),
    ],
)
def test_a_role_that_does_not_go_with_so_many_athletes_is_refused(
    db: Connection, role: str, athlete_ids: list[str] | None
) -> None:
    with pytest.raises(BadCall):
        keys.create(db, now=NOW, role=role, athlete_ids=athlete_ids)
    assert not keys.any_made(db)


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(db: Connection, seed: Seed) -> None:
    row, key = keys.create(db, now=NOW, role="admin", athlete_ids=None)
    assert keys.revoke(db, row.id, now=NOW).revoked_at == NOW
    assert keys.find_by_digest(db, credentials.digest(key)) is None
    assert keys.revoke(db, row.id, now=NOW + timedelta(days=1)).revoked_at == NOW
    assert [one.id for one in keys.page(db, limit=9).items] == [row.id]
    assert keys.any_made(db)
    with pytest.raises(NotFound):
        keys.revoke(db, "key_none", now=NOW)


def test_the_list_pages_through_every_key_with_its_athletes(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    made = [keys.create(db, now=seed.tick(), role="coach", athlete_ids=[athlete_id])[0] for _ in range(3)]
    first = keys.page(db, limit=2)
    assert first.items == tuple(made[:2])
    assert keys.page(db, limit=2, cursor=first.next_cursor).items == tuple(made[2:])


def test_the_last_use_only_moves_on(db: Connection) -> None:
    row, _ = keys.create(db, now=NOW, role="admin", athlete_ids=None)
    assert row.last_used_at is None
    for shift_s, seen_s in ((60, 60), (30, 60), (90, 90)):
        keys.note_uses(db, {row.id: NOW + timedelta(seconds=shift_s), "key_none": NOW})
        assert keys.get(db, row.id).last_used_at == NOW + timedelta(seconds=seen_s)


def test_keys_of_an_erased_athlete_go_and_a_coach_keeps_hers_for_the_others(db: Connection, seed: Seed) -> None:
    gone, other = seed.athlete(db), seed.athlete(db)
    own, _ = keys.create(db, now=NOW, role="athlete", athlete_ids=[gone])
    watch, _ = keys.create(db, now=NOW, role="ingest", athlete_ids=[gone])
    both, _ = keys.create(db, now=NOW, role="ingest", athlete_ids=[gone, other])
    coach, _ = keys.create(db, now=NOW, role="coach", athlete_ids=[gone])
    admin, _ = keys.create(db, now=NOW, role="admin", athlete_ids=None)
    athletes.erase(db, gone, now=NOW)
    left = {one.id: one.athlete_ids for one in keys.page(db, limit=9).items}
    assert left == {both.id: (other,), coach.id: (), admin.id: ()}
    assert not {own.id, watch.id} & left.keys()
    assert keys.get(db, coach.id).scope() == Scope.of()
