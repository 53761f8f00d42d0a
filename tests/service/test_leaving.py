"""Who leaves a sync service leaves nothing of it behind in the inbox, once nobody else has the account."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.store import inbox
from service.store.engine import write
from service.store.inbox import NewEvent
from tests.service.scene import BASE, Scene, play
from tests.service.sync.stage import USERS


def told_of(on_stage: Scene) -> list[str]:
    """The users of whom something stands in the inbox."""
    return sorted({event.user for event in on_stage.events()})


def given_up(on_stage: Scene, user: str) -> None:
    """An event of the user that came to nothing, with all that was needed to fetch its file."""
    now, hint = datetime.now(UTC), {"file_base64": "AAAA"}
    with write(on_stage.engine) as db:
        inbox.add(db, [NewEvent(on_stage.name, f"given up {user}", "created", user, "run-7", now, hint)], now=now)
        (row,) = (one for one in inbox.due(db, on_stage.name, now=now, limit=99) if one.user == user)
        inbox.close(db, row.id, state="dead", now=now, problem="sync_gone")


def test_what_was_told_of_an_account_goes_with_the_last_who_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an athlete who leaves a service and is then erased would be named by events until their time is over."""

    async def story(on_stage: Scene) -> None:
        (user, other), first = USERS["strava"], on_stage.athlete_id
        await on_stage.consented()
        on_stage.athlete_id = (await on_stage.http.post(f"{BASE}/v1/athletes", json={})).json()["id"]
        await on_stage.consented()
        given_up(on_stage, user)
        given_up(on_stage, other)
        await on_stage.http.delete(f"{BASE}/v1/athletes/{first}/connections/strava")
        assert told_of(on_stage) == sorted([user, other]), "somebody has the account yet"
        await on_stage.http.delete(f"{BASE}/v1/athletes/{on_stage.athlete_id}/connections/strava")
        assert told_of(on_stage) == [other]

    play(story, "strava", tmp_path, monkeypatch, connected=False)


def test_what_was_told_of_an_account_goes_when_another_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        first, second = USERS["strava"]
        await on_stage.consented()
        given_up(on_stage, first)
        on_stage.fake.users[:1] = [second]
        await on_stage.consented()
        assert told_of(on_stage) == []

    play(story, "strava", tmp_path, monkeypatch, connected=False)
