"""Athletes: made, found, changed, erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from service.errors import Conflict, NotFound
from service.store import athletes
from service.store.engine import write
from service.store.scope import Scope

from .conftest import NOW, Seed

FULL: Mapping[str, Any] = {
    "name": "Åsa ✓",
    "birth_year": 1980,
    "mass_kg": 70.5,
    "hr_rest_bpm": 48,
    "hr_max_bpm": 188.0,
    "sweat_rate_l_per_h": 1.1,
    "cramp_history": "ever",
    "strength_training": False,
    "beginner": True,
    "hide_amounts": True,
    "units": "imperial",
    "timezone": "Europe/Zurich",
}


def test_the_settable_fields_are_those_of_the_contract() -> None:
    assert set(FULL) == athletes.PROFILE_FIELDS


def test_what_was_told_comes_back_and_what_was_not_is_none(db: Connection, seed: Seed) -> None:
    told = athletes.get(db, seed.athlete(db, **FULL), scope=Scope.everyone())
    assert {name: getattr(told, name) for name in FULL} == FULL
    bare = athletes.get(db, seed.athlete(db), scope=Scope.everyone())
    assert {name for name in FULL if getattr(bare, name) is not None} == {"cramp_history", "hide_amounts", "units"}
    assert (bare.cramp_history, bare.hide_amounts, bare.units, bare.revision) == ("unknown", False, "metric", 1)
    assert bare.created_at == bare.updated_at == seed.now


def test_me_is_made_once(db: Connection, seed: Seed) -> None:
    assert athletes.find_me(db) is None
    me = athletes.ensure_me(db, now=seed.now)
    assert athletes.ensure_me(db, now=seed.tick()) == athletes.find_me(db) == me


def test_an_external_id_is_one_athletes_only(db: Connection, seed: Seed) -> None:
    first, second = seed.athlete(db, external_id="7"), seed.athlete(db)
    found = athletes.find_by_external_id(db, "7", scope=Scope.everyone())
    assert found is not None
    assert found.id == first
    with pytest.raises(Conflict):
        seed.athlete(db, external_id="7")
    with pytest.raises(Conflict):
        athletes.update(db, second, now=seed.now, fields={"external_id": "7"})
    assert athletes.update(db, first, now=seed.now, fields={"external_id": "7", "name": "A"}).name == "A"


def test_a_change_counts_and_one_that_changes_nothing_does_not(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db, **FULL)
    changed = athletes.update(db, athlete_id, now=seed.tick(), fields={"mass_kg": None, "name": "B"}, revision=1)
    assert (changed.mass_kg, changed.name, changed.birth_year) == (None, "B", 1980)
    assert (changed.revision, changed.updated_at) == (2, seed.now)
    assert athletes.update(db, athlete_id, now=seed.tick(), fields={"name": "B"}) == changed


def test_a_change_of_something_that_moved_on_is_refused(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    athletes.update(db, athlete_id, now=seed.tick(), fields={"name": "B"})
    with pytest.raises(Conflict) as caught:
        athletes.update(db, athlete_id, now=seed.tick(), fields={"name": "C"}, revision=1)
    assert caught.value.what == "precondition_failed"


@pytest.mark.parametrize("field", ["id", "alias", "revision", "password"])
def test_no_other_field_can_be_set(db: Connection, seed: Seed, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        athletes.create(db, now=seed.now, fields={field: "x"})


def test_pages_hold_who_the_caller_may_see(db: Connection, seed: Seed) -> None:
    ids = [seed.athlete(db, external_id=str(number)) for number in range(4)]
    seen = athletes.page(db, scope=Scope.of(ids[1], ids[3]), limit=10)
    assert [row.id for row in seen.items] == [ids[1], ids[3]]
    assert athletes.page(db, scope=Scope.of(), limit=10).items == ()
    named = athletes.page(db, scope=Scope.everyone(), limit=10, external_id="2")
    assert [row.id for row in named.items] == [ids[2]]


def test_who_is_gone_cannot_be_locked_or_erased_again(engine: Engine, seed: Seed) -> None:
    with write(engine) as db:
        athlete_id = seed.athlete(db)
        athletes.erase(db, athlete_id, now=seed.now)
        for call in (athletes.lock, lambda db, one: athletes.erase(db, one, now=seed.now)):
            with pytest.raises(NotFound):
                call(db, athlete_id)


def test_whoever_catches_up_is_sent_once_and_sees_what_came_in_between(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    assert athletes.stale(db, athlete_id) is None
    assert athletes.mark_stale(db, athlete_id, since=NOW)
    begun = athletes.stale(db, athlete_id)
    assert begun is not None
    assert begun.since == NOW
    assert not athletes.mark_stale(db, athlete_id, since=NOW - timedelta(days=3)), "somebody is on the way already"
    assert not athletes.caught_up(db, athlete_id, done=begun), "what came in between was not seen"
    again = athletes.stale(db, athlete_id)
    assert again is not None
    assert again.since == NOW - timedelta(days=3)
    assert athletes.caught_up(db, athlete_id, done=again)
    assert athletes.stale(db, athlete_id) is None
    assert athletes.mark_stale(db, athlete_id, since=NOW)
    with pytest.raises(NotFound):
        athletes.mark_stale(db, "ath_none", since=NOW)


def test_being_stale_is_no_change_of_the_profile(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    before = athletes.get(db, athlete_id, scope=Scope.of(athlete_id))
    athletes.mark_stale(db, athlete_id, since=NOW)
    assert athletes.get(db, athlete_id, scope=Scope.of(athlete_id)) == before
