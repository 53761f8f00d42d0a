"""Who did what: written with the deed, listed the newest first, never undone."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine

from service.store import athletes, audit
from service.store.engine import read, write
from service.store.scope import Scope

from .conftest import NOW, Seed


def test_deeds_are_listed_the_newest_first_and_outlive_whom_they_name(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    audit.note(db, now=seed.tick(), actor=audit.LOCAL, action="athlete.created", athlete_id=athlete_id)
    audit.note(db, now=seed.tick(), actor="key_1", action="key.created", athlete_id=None, subject="key_2")
    audit.note(
        db, now=seed.tick(), actor="key_1", action="activity.deleted", athlete_id=athlete_id, details={"count": 1}
    )
    athletes.erase(db, athlete_id, now=NOW)
    first = audit.page(db, scope=Scope.everyone(), limit=2)
    rest = audit.page(db, scope=Scope.everyone(), limit=2, cursor=first.next_cursor)
    assert [one.action for one in (*first.items, *rest.items)] == [
        "activity.deleted",
        "key.created",
        "athlete.created",
    ]
    assert first.items[0].details == {"count": 1}
    own = audit.page(db, scope=Scope.everyone(), limit=9, of_athlete=athlete_id)
    assert [one.action for one in own.items] == ["activity.deleted", "athlete.created"]


def test_a_deed_is_there_only_with_what_was_done(engine: Engine) -> None:
    def fail() -> None:
        with write(engine) as db:
            audit.note(db, now=NOW, actor=audit.SYSTEM, action="key.created", athlete_id=None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with read(engine) as db:
        assert audit.page(db, scope=Scope.everyone(), limit=9).items == ()
