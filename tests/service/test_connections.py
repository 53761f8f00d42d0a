"""An athlete connects an account in a browser, runs arrive, and it ends: every service, over real HTTP."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog

from service import accounts, logs, sync
from service.errors import NotFound
from service.fakes.playing import FakeRun
from service.fakes.server import Answer
from service.jobs.tokens import RowKeeper
from service.jobs.workshop import Workshop
from service.store import connections, tables
from service.store.engine import read, write
from service.sync.failures import NeedsReauth
from service.sync.tokens import CannotUnlock
from tests import disk
from tests.service.scene import BASE, Scene, play
from tests.service.sync.stage import USERS

BY_CONSENT = sorted(name for name, provider in sync.providers().items() if provider.oauth)


def of_late(on_stage: Scene, number: int = 0, *, day: int = 60) -> FakeRun:
    """A run that the service lists among the past ones."""
    return on_stage.add(number, day=day, started_at=datetime.now(UTC) - timedelta(days=5 - number))


async def told_once_more(on_stage: Scene, run: FakeRun) -> None:
    """Garmin has no list: it sends its pings once more for the time that it was asked for."""
    if on_stage.name == "garmin":
        await on_stage.until(lambda: on_stage.fake.asked_again)
        await on_stage.told(on_stage.fake.created(run))


async def runs_here(on_stage: Scene, number: int) -> None:
    async def enough() -> bool:
        return len(await on_stage.activities()) == number

    await on_stage.until(enough)


@pytest.mark.parametrize("name", BY_CONSENT)
def test_from_consent_to_goodbye(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        assert (await on_stage.connections())["items"] == []
        past = of_late(on_stage)
        url = await on_stage.begun()
        assert url.startswith(f"{on_stage.fake.url}/oauth/authorize?")
        answer = await on_stage.back(await on_stage.agreed(url))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/html")
        assert "is connected" in answer.text
        await told_once_more(on_stage, past)
        await runs_here(on_stage, 1)

        await on_stage.told(on_stage.fake.created(of_late(on_stage, 1, day=63)))
        await runs_here(on_stage, 2)
        told = await on_stage.connections()
        (item,) = told["items"]
        assert (item["provider"], item["external_id"], item["state"]) == (name, USERS[name][0], "active")
        assert item["last_event_at"] is not None
        assert [(one["provider"], one["connects_by"]) for one in told["available"]] == [(name, "consent")]
        assert not [token for token in [*on_stage.fake.access, *on_stage.fake.renewal] if token in str(told)]

        sent = on_stage.kept_calls()[0]
        assert (sent.provider, sent.events, sent.body != b"") == (name, 1, True)
        gone = await on_stage.http.delete(f"{BASE}/v1/athletes/{on_stage.athlete_id}/connections/{name}")
        assert gone.status_code == 204
        assert on_stage.kept_calls() == []
        assert USERS[name][0] not in on_stage.fake.access.values(), "given back at the service"
        assert (await on_stage.connections())["items"] == []
        await runs_here(on_stage, 0)
        again = await on_stage.http.delete(f"{BASE}/v1/athletes/{on_stage.athlete_id}/connections/{name}")
        assert again.status_code == 404

    play(story, name, tmp_path, monkeypatch, connected=False)


def test_who_connects_again_after_leaving_gets_the_past_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though every run of it was told of once: the keys of those events count for nothing any more."""

    async def story(on_stage: Scene) -> None:
        of_late(on_stage)
        await on_stage.consented()
        await runs_here(on_stage, 1)
        await on_stage.http.delete(f"{BASE}/v1/athletes/{on_stage.athlete_id}/connections/polar")
        await runs_here(on_stage, 0)
        await on_stage.consented()
        await runs_here(on_stage, 1)

    play(story, "polar", tmp_path, monkeypatch, connected=False)


@pytest.mark.parametrize("name", ["polar", "strava"])
def test_connecting_again_mends_a_broken_connection_and_brings_what_was_missed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        on_stage.fake.revoke(USERS[name][0])
        first, second = of_late(on_stage), of_late(on_stage, 1, day=63)
        await on_stage.told(on_stage.fake.created(first))
        await on_stage.settled()
        (item,) = (await on_stage.connections())["items"]
        assert (item["state"], item["broken_because"]) == ("broken", "needs_reauth")
        assert (await on_stage.feed()).count("connection.broken") == 1
        await on_stage.told(on_stage.fake.created(second))
        await on_stage.settled()
        assert await on_stage.activities() == []

        await on_stage.consented()
        (item,) = (await on_stage.connections())["items"]
        assert (item["state"], item["broken_because"]) == ("active", None)
        await runs_here(on_stage, 2)

    play(story, name, tmp_path, monkeypatch)


def test_another_account_takes_the_place_of_the_first_which_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        first, second = USERS["strava"]
        await on_stage.consented()
        on_stage.fake.users[:1] = [second]
        await on_stage.consented()
        (item,) = (await on_stage.connections())["items"]
        assert item["external_id"] == second
        assert set(on_stage.fake.access.values()) == {second}
        assert first not in on_stage.fake.renewal.values()

    play(story, "strava", tmp_path, monkeypatch, connected=False)


def test_an_account_that_somebody_else_here_has_is_not_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        await on_stage.consented()
        first = on_stage.athlete_id
        on_stage.athlete_id = (await on_stage.http.post(f"{BASE}/v1/athletes", json={})).json()["id"]
        await on_stage.consented()
        await on_stage.http.delete(f"{BASE}/v1/athletes/{first}/connections/strava")
        assert on_stage.fake.access
        erased = await on_stage.http.delete(f"{BASE}/v1/athletes/{on_stage.athlete_id}")
        assert erased.status_code == 204
        assert not on_stage.fake.access, "the last one's goes with the athlete"

    play(story, "strava", tmp_path, monkeypatch, connected=False)


def test_a_service_that_does_not_answer_keeps_nobody_connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        on_stage.fake.troubles += [Answer(500)] * 3
        gone = await on_stage.http.delete(f"{BASE}/v1/athletes/{on_stage.athlete_id}/connections/polar")
        assert gone.status_code == 204
        assert (await on_stage.connections())["items"] == []

    play(story, "polar", tmp_path, monkeypatch)


def changed(url: str, **changes: str | None) -> str:
    """The address with other parameters; None takes one away."""
    path, _, query = url.partition("?")
    told = {key: values[0] for key, values in parse_qs(query).items()} | changes
    return path + "?" + "&".join(f"{key}={value}" for key, value in told.items() if value is not None)


FORGERIES: dict[str, tuple[dict[str, str | None], int, str]] = {
    "a state that nobody was given": ({"state": "x" * 43}, 404, "not_found"),
    "no state": ({"state": None}, 400, "bad_request"),
    "an endless state": ({"state": "x" * 5000}, 400, "bad_request"),
    "a state with odd bytes": ({"state": "%ff%00%ed%a0%80"}, 404, "not_found"),
    "no code": ({"code": None}, 400, "bad_request"),
    "a code that the service never gave": ({"code": "stolen"}, 409, "sync_needs_reauth"),
    "a refusal": ({"code": None, "error": "access_denied"}, 403, "consent_refused"),
}


@pytest.mark.parametrize("case", FORGERIES)
@pytest.mark.parametrize("name", ["garmin", "strava"])
def test_what_is_no_good_return_connects_nobody(
    name: str, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes, status, code = FORGERIES[case]

    async def story(on_stage: Scene) -> None:
        back = await on_stage.agreed(await on_stage.begun())
        answer = await on_stage.back(changed(back, **changes))
        assert answer.status_code == status
        assert f"<code>{code}</code>" in answer.text
        assert (await on_stage.connections())["items"] == []

    play(story, name, tmp_path, monkeypatch, connected=False)


def test_a_state_is_good_once_for_one_service_and_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        back = await on_stage.agreed(await on_stage.begun())
        assert (await on_stage.back(back.replace("/strava/", "/polar/"))).status_code == 404
        assert (await on_stage.back(back)).status_code == 200
        assert (await on_stage.back(back)).status_code == 404

        refused = await on_stage.agreed(await on_stage.begun())
        assert (await on_stage.back(changed(refused, code=None, error="access_denied"))).status_code == 403
        assert (await on_stage.back(refused)).status_code == 404, "used up by the refusal"

        late = await on_stage.agreed(await on_stage.begun())
        with write(on_stage.engine) as db:
            gone_by = datetime.now(UTC) - timedelta(seconds=1)
            db.execute(tables.oauth_states.update().values(expires_at=gone_by))
        assert (await on_stage.back(late)).status_code == 404

    play(story, "strava", tmp_path, monkeypatch, connected=False)


def test_who_cannot_be_sent_to_a_page_of_consent_is_told_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        for provider, status, code in (
            ("standard", 409, "not_by_consent"),
            ("polar", 404, "not_found"),
            ("nobody", 404, "not_found"),
        ):
            answer = await on_stage.http.post(f"{BASE}/v1/athletes/{on_stage.athlete_id}/connections/{provider}")
            assert (answer.status_code, answer.json()["code"]) == (status, code)
        (told,) = (await on_stage.connections())["available"]
        assert told["connects_by"] == "operator"

    play(story, "standard", tmp_path, monkeypatch)


def test_the_public_address_is_where_browsers_are_sent_back_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        query = parse_qs(urlsplit(await on_stage.begun()).query)
        assert query["redirect_uri"] == ["https://runs.example.org/crampwatch/v1/oauth/strava/callback"]

    public = "https://runs.example.org/crampwatch/"
    play(story, "strava", tmp_path, monkeypatch, connected=False, CRAMPWATCH_PUBLIC_URL=public)


def test_two_workers_renew_a_token_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        house = on_stage.app.state.house
        shop = Workshop(house.settings, house.engine, house.blobs, house.queue, lambda: datetime.now(UTC))
        provider, setup = house.vault.services["strava"]
        with read(house.engine) as db:
            account = connections.find(db, on_stage.athlete_id, provider="strava")
        before = house.vault.tokens_of(account)
        started = asyncio.Event()

        async def work(connection: sync.Connection) -> str:
            if connection.tokens == before:
                started.set()
                raise NeedsReauth("refused", may_refresh=True)
            return connection.bearer

        async def worker() -> str:
            async with sync.client() as http:
                wire = sync.wire(provider, setup, http, now=shop.now)
                keeper = RowKeeper(shop, house.vault, on_stage.athlete_id, "strava")
                connection = sync.Connection(on_stage.athlete_id, "strava", account.external_id, before)
                return await sync.with_tokens(provider, connection, setup, wire, keeper=keeper, work=work)

        found = await asyncio.gather(*(worker() for _ in range(4)))
        assert len(set(found)) == 1
        assert on_stage.fake.refreshes == 1

    play(story, "strava", tmp_path, monkeypatch)


def test_a_row_that_is_copied_to_another_athlete_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        with read(on_stage.engine) as db:
            account = connections.find(db, on_stage.athlete_id, provider="strava")
        vault = on_stage.app.state.house.vault
        assert vault.tokens_of(account) is not None
        for stolen in (
            replace(account, athlete_id="ath_01k6p7e5000000000000000000"),
            replace(account, provider="polar"),
            replace(account, access_token=account.refresh_token[:-1] + b"\x00"),
        ):
            with pytest.raises(CannotUnlock):
                vault.tokens_of(stolen)

    play(story, "strava", tmp_path, monkeypatch)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, structlog.get_config())
    stream = io.StringIO()
    logs.configure(level="debug", style="json", stream=stream)
    yield stream
    root.handlers[:], root.level = before[0], before[1]
    structlog.configure(**before[2])


@pytest.mark.parametrize("name", BY_CONSENT)
def test_no_token_state_or_verifier_lies_in_the_clear(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    """Neither in the database and its log of changes, nor in any other file or line of the log."""

    async def story(on_stage: Scene) -> None:
        of_late(on_stage)
        url = await on_stage.begun()
        state = parse_qs(urlsplit(url).query)["state"][0]
        on_disk(tmp_path, without=[state])
        back = await on_stage.agreed(url)
        assert (await on_stage.back(back)).status_code == 200
        assert (await on_stage.back(back)).status_code == 404
        await told_once_more(on_stage, next(iter(on_stage.fake.runs.values())))
        await runs_here(on_stage, 1)
        exchange = next(one for one in on_stage.fake.server.seen if one.path == "/oauth/token")
        secrets = [state, exchange.form["code"], *on_stage.fake.access, *on_stage.fake.renewal]
        secrets += [exchange.form["code_verifier"]] if on_stage.fake.pkce else []
        on_disk(tmp_path, without=secrets)
        written = logged.getvalue()
        assert '"event"' in written
        assert not [secret for secret in secrets if secret in written]
        assert on_stage.fake.client_secret not in written

    play(story, name, tmp_path, monkeypatch, connected=False)


def on_disk(folder: Path, *, without: list[str]) -> None:
    assert {"crampwatch.db", "crampwatch.db-wal"} <= {path.name for path in disk.files(folder)}
    assert disk.holding(folder, *without) == []


def test_tokens_that_were_renewed_meanwhile_are_not_kept_over_those_of_a_new_consent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        house: Any = on_stage.app.state.house
        shop = Workshop(house.settings, house.engine, house.blobs, house.queue, lambda: datetime.now(UTC))
        keeper = RowKeeper(shop, house.vault, on_stage.athlete_id, "strava")
        fresh = sync.Tokens("of-the-new-consent")
        async with keeper.held() as stored:
            assert stored is not None
            named = {"athlete_id": on_stage.athlete_id, "provider": "strava"}
            with write(house.engine) as db:
                sealed = accounts.locked(house.vault, fresh, **named)
                accounts.join(db, house.enqueue, user="134816", tokens=sealed, now=datetime.now(UTC), **named)
            with pytest.raises(NotFound):
                await keeper.keep(sync.Tokens("of-the-old-one"))
        with read(house.engine) as db:
            row = connections.find(db, on_stage.athlete_id, provider="strava")
        assert house.vault.tokens_of(row) == fresh

    play(story, "strava", tmp_path, monkeypatch)
