"""From a webhook to an assessed run: every sync service, over real HTTP, with the worker inside the service.

The fakes speak the services' protocols on loopback; the application is the real one on SQLite.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fixtures.catalogue import on
from fixtures.fit_writer import fit
from fixtures.runs import km
from service.fakes.playing import FakeRun, Message
from service.fakes.server import Answer
from service.jobs.drain import LINES, Drain
from service.jobs.errands.syncing import reconcile
from service.jobs.workshop import Workshop
from service.store import connections, inbox
from service.store.connections import ConnectionRow
from service.store.engine import read, write
from service.store.inbox import NewEvent
from service.sync import Event
from tests.service.scene import ALL, BASE, Scene, connect, play, watch_file
from tests.service.sync.stage import RUNS, USERS


@pytest.mark.parametrize("name", ALL)
def test_a_run_arrives_by_itself_once_however_often_it_is_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        run = on_stage.add()
        message = on_stage.fake.created(run)
        for _ in range(3):
            await on_stage.told(message)
        (activity,) = await on_stage.until(on_stage.activities)
        await on_stage.settled()
        assert activity["assessment"]["status"] == "scored"
        assert activity["sources"][0]["via"] == name
        assert activity["external_id"] is None
        assert len(await on_stage.activities()) == 1
        assert len(on_stage.events()) == 1
        feed = (await on_stage.http.get(f"{BASE}/v1/events")).json()["items"]
        assert [event["type"] for event in feed].count("activity.assessed") == 1

    play(story, name, tmp_path, monkeypatch)


def deleted(on_stage: Scene, run: FakeRun) -> Message:
    if on_stage.name == "strava":
        return on_stage.fake.event(run, "delete")
    return on_stage.fake.message("activity.deleted", run)


@pytest.mark.parametrize("name", ["strava", "standard"])
def test_a_deleted_run_goes_and_a_late_copy_of_its_event_does_not_bring_it_back(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        run = on_stage.add()
        await on_stage.told(on_stage.fake.created(run))
        await on_stage.until(on_stage.activities)
        await on_stage.told(deleted(on_stage, run))
        await on_stage.until(lambda: _none(on_stage))
        await on_stage.told(on_stage.fake.created(run))
        await on_stage.settled()
        assert await on_stage.activities() == []

    play(story, name, tmp_path, monkeypatch)


async def _none(on_stage: Scene) -> bool:
    return not await on_stage.activities()


@pytest.mark.parametrize("keeps", ["true", "false"])
def test_consent_taken_back_takes_the_tokens_and_as_is_set_the_runs(
    keeps: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        await on_stage.told(on_stage.fake.created(on_stage.add()))
        await on_stage.until(on_stage.activities)
        await on_stage.told(on_stage.fake.deauthorised(USERS["strava"][0]))
        await on_stage.until(lambda: not on_stage.events())  # with the last who had the account goes all that was told
        with read(on_stage.engine) as db:
            assert connections.of(db, on_stage.athlete_id) == []
        if keeps == "true":
            await on_stage.until(lambda: _none(on_stage))
        else:
            assert len(await on_stage.activities()) == 1
        feed = (await on_stage.http.get(f"{BASE}/v1/events")).json()["items"]
        assert "connection.broken" in [event["type"] for event in feed]

    play(story, "strava", tmp_path, monkeypatch, CRAMPWATCH_FORGET_DEAUTHORIZED=keeps)


def test_a_file_that_was_taken_and_lost_is_told_of_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that died with it in its hands leaves an address that works no more."""

    async def story(on_stage: Scene) -> None:
        run = on_stage.add()
        on_stage.fake.taken.add(run.activity)
        await on_stage.told(on_stage.fake.created(run))
        await on_stage.until(lambda: on_stage.fake.asked_again)
        (waiting,) = on_stage.events()
        assert (waiting.state, waiting.problem) == ("waiting", "asked_again")
        await on_stage.told(on_stage.fake.created(run))
        await on_stage.until(on_stage.activities)
        assert [event.state for event in await on_stage.settled()] == ["done"]

    play(story, "garmin", tmp_path, monkeypatch)


def test_a_file_of_which_nobody_tells_again_is_given_up_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        run = on_stage.add()
        on_stage.fake.expired.add(run.activity)
        await on_stage.told(on_stage.fake.created(run))
        (event,) = await on_stage.settled()
        assert (event.state, event.problem) == ("dead", "sync_gone")
        assert len(on_stage.fake.asked_again) == 1
        assert await on_stage.activities() == []

    play(story, "garmin", tmp_path, monkeypatch, CRAMPWATCH_SYNC_WAIT_SCALE="0.00001")


@pytest.mark.parametrize("name", ["strava", "polar", "suunto", "intervals"])
def test_a_file_that_is_not_ready_is_waited_for(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        await on_stage.told(on_stage.fake.created(on_stage.add(after=2)))
        await on_stage.until(on_stage.activities)
        (event,) = await on_stage.settled()
        assert (event.state, event.attempts >= 1) == ("done", True)

    play(story, name, tmp_path, monkeypatch)


def test_a_limit_is_obeyed_and_a_service_that_is_down_is_come_back_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        on_stage.fake.troubles += [Answer(429, b"{}", {"retry-after": "60"}), Answer(500, b""), Answer(503, b"")]
        await on_stage.told(on_stage.fake.created(on_stage.add()))
        await on_stage.until(on_stage.activities)
        (event,) = await on_stage.settled()
        assert (event.state, event.attempts) == ("done", 2), "a limit is no failed attempt"

    play(story, "polar", tmp_path, monkeypatch)


def test_a_token_that_has_ended_is_renewed_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        on_stage.fake.access.clear()
        await on_stage.told(on_stage.fake.created(on_stage.add()))
        await on_stage.until(on_stage.activities)
        assert on_stage.fake.refreshes == 1
        await on_stage.told(on_stage.fake.created(on_stage.add(1, day=61)))
        await on_stage.until(lambda: _count(on_stage, 2))
        assert on_stage.fake.refreshes == 1

    play(story, "strava", tmp_path, monkeypatch)


async def _count(on_stage: Scene, number: int) -> bool:
    return len(await on_stage.activities()) == number


def test_who_has_to_connect_again_is_told_and_the_event_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        on_stage.fake.access.clear()
        on_stage.fake.renewal.clear()
        await on_stage.told(on_stage.fake.created(on_stage.add()))
        (event,) = await on_stage.settled()
        assert (event.state, event.problem) == ("dead", "sync_needs_reauth")
        with read(on_stage.engine) as db:
            (account,) = connections.of(db, on_stage.athlete_id)
        assert (account.state, account.broken_because) == ("broken", "needs_reauth")

    play(story, "strava", tmp_path, monkeypatch)


@pytest.mark.parametrize("name", ALL)
def test_strangers_and_forgeries_leave_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        run = on_stage.add()
        wrong = await on_stage.http.post(f"{BASE}/v1/webhooks/{name}/wrong", content=on_stage.fake.created(run).body)
        assert wrong.status_code == 404
        bare = await on_stage.http.post(f"{BASE}/v1/webhooks/{name}/{on_stage.fake.path_secret}", content=b"{")
        assert 400 <= bare.status_code < 500
        assert bare.headers["content-type"] == "application/problem+json"
        assert on_stage.events() == []

    play(story, name, tmp_path, monkeypatch)


def test_an_event_of_somebody_unknown_is_answered_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        stranger = on_stage.fake.add(FakeRun("999", "zz99", watch_file("polar")))
        await on_stage.told(on_stage.fake.created(stranger))
        (event,) = await on_stage.settled()
        assert (event.state, event.problem) == ("ignored", "unknown_user")

    play(story, "polar", tmp_path, monkeypatch)


def test_a_service_that_is_off_has_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        answer = await on_stage.http.post(f"{BASE}/v1/webhooks/garmin/{on_stage.fake.path_secret}", content=b"{}")
        assert answer.status_code == 404

    play(story, "polar", tmp_path, monkeypatch)


def test_a_hundred_copies_at_once_are_one_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        message = on_stage.fake.created(on_stage.add())
        answers = await asyncio.gather(*(on_stage.send(message) for _ in range(100)))
        assert {answer.status_code for answer in answers} == {200}
        await on_stage.until(on_stage.activities)
        await on_stage.settled()
        assert len(on_stage.events()) == 1
        assert len(await on_stage.activities()) == 1

    play(story, "polar", tmp_path, monkeypatch)


def test_the_same_run_by_two_services_is_one_activity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on_stage: Scene) -> None:
        await on_stage.told(on_stage.fake.created(on_stage.add()))
        await on_stage.until(on_stage.activities)
        uploaded = await on_stage.http.post(
            f"{BASE}/v1/athletes/{on_stage.athlete_id}/uploads", content=watch_file("polar")
        )
        assert uploaded.json()["items"][0]["outcome"] == "merged"
        (activity,) = await on_stage.activities()
        assert {source["via"] for source in activity["sources"]} == {"strava", "upload"}
        await on_stage.told(deleted(on_stage, on_stage.fake.runs[RUNS["strava"][0]]))
        await on_stage.settled()
        (left,) = await on_stage.activities()
        assert [source["via"] for source in left["sources"]] == ["upload"]

    play(story, "strava", tmp_path, monkeypatch)


def test_the_same_run_through_three_services_is_one_activity_with_three_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sends it in a form of its own, and all tell of it at the same moment."""

    async def story(on_stage: Scene) -> None:
        scenes = (on_stage, *on_stage.others)
        without_heart = fit(on(60, km(5, 3.0), step_s=2.0))
        files = {"strava": None, "polar": without_heart, "garmin": None}
        messages = [one.fake.created(one.add(file=files[one.name])) for one in scenes]
        await asyncio.gather(*(one.told(message) for one, message in zip(scenes, messages, strict=True)))

        async def all_three() -> bool:
            found = await on_stage.activities()
            return len(found) == 1 and len(found[0]["sources"]) == len(scenes)

        await on_stage.until(all_three)
        (activity,) = await on_stage.activities()
        assert {source["via"] for source in activity["sources"]} == {"strava", "polar", "garmin"}
        assert [event.state for event in await on_stage.settled()] == ["done"] * 3
        feed = await on_stage.feed()
        assert (feed.count("activity.merged"), feed.count("activity.deleted")) == (2, 0)

    play(story, "strava", tmp_path, monkeypatch, others=("polar", "garmin"))


def test_two_athletes_with_one_account_do_not_lose_it_to_each_others_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        first = on_stage.athlete_id
        on_stage.fake.access.clear()  # the tokens of the first are refused from now on
        on_stage.fake.renewal.clear()
        second = (await on_stage.http.post(f"{BASE}/v1/athletes", json={"mass_kg": 60})).json()["id"]
        connect(on_stage.app, on_stage.fake, on_stage.name, second)
        await on_stage.told(on_stage.fake.created(on_stage.add()))
        on_stage.athlete_id = second
        await on_stage.until(on_stage.activities)
        with read(on_stage.engine) as db:
            states = {one: connections.of(db, one)[0].state for one in (first, second)}
        assert states == {first: "broken", second: "active"}

    play(story, "strava", tmp_path, monkeypatch)


def test_what_was_said_before_a_new_consent_is_not_said_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The goodbye lay in the inbox while the athlete came back."""

    async def story(on_stage: Scene) -> None:
        with write(on_stage.engine) as db:
            user = USERS[on_stage.name][0]
            goodbye = NewEvent("strava", "bye", "deauthorized", user, None, None, {})
            inbox.add(db, [goodbye], now=datetime.now(UTC) - timedelta(hours=2))
        assert [event.state for event in await on_stage.settled()] == ["done"]
        with read(on_stage.engine) as db:
            assert [one.state for one in connections.of(db, on_stage.athlete_id)] == ["active"]

    play(story, "strava", tmp_path, monkeypatch)


def test_a_mistake_at_one_event_costs_the_others_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wants = Drain._wants
    mistaken = RUNS["strava"][0]

    def wanted(self: Drain, event: Event, account: ConnectionRow) -> bool:
        if event.activity == mistaken:
            raise KeyError("a mistake")
        return wants(self, event, account)

    monkeypatch.setattr(Drain, "_wants", wanted)

    async def story(on_stage: Scene) -> None:
        runs = [on_stage.add(number, day=60 + number) for number in range(2)]
        for run in runs:
            await on_stage.told(on_stage.fake.created(run))
        await on_stage.until(on_stage.activities)
        states = {event.activity: event.state for event in on_stage.events()}
        assert states[runs[1].activity] == "done"
        assert states[mistaken] in {"new", "waiting", "dead"}
        given_up = {event.activity: event.problem for event in await on_stage.settled()}
        assert given_up[mistaken] == "internal"
        text = (await on_stage.http.get(f"{BASE}/metrics")).text
        assert "crampwatch_bugs_total 0.0" not in text

    play(story, "strava", tmp_path, monkeypatch, CRAMPWATCH_SYNC_WAIT_SCALE="0.00001")


def test_comparing_stops_where_the_service_says_so_and_nobody_counts_as_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        house = on_stage.app.state.house
        later = datetime.now(UTC) + timedelta(days=2)
        shop = Workshop(house.settings, house.engine, house.blobs, house.queue, lambda: later)
        on_stage.fake.troubles.append(Answer(429, headers={"retry-after": "600"}))
        await asyncio.to_thread(reconcile, shop)
        with read(on_stage.engine) as db:
            assert connections.of(db, on_stage.athlete_id)[0].reconciled_at is None
        line = LINES[on_stage.name]
        assert line.not_before is not None
        line.not_before = None
        await asyncio.to_thread(reconcile, shop)
        with read(on_stage.engine) as db:
            assert connections.of(db, on_stage.athlete_id)[0].reconciled_at is not None

    play(story, "strava", tmp_path, monkeypatch)


def test_a_service_is_left_alone_before_its_quota_is_used_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only once it refuses: others of the same app may be waiting for it."""

    async def story(on_stage: Scene) -> None:
        usage = {"x-readratelimit-limit": "100,1000", "x-readratelimit-usage": "96,400"}
        on_stage.fake.troubles.append(Answer(404, headers=usage))
        await on_stage.told(on_stage.fake.created(on_stage.add()))
        await on_stage.until(lambda: on_stage.name in LINES and LINES[on_stage.name].not_before is not None)
        await on_stage.until(on_stage.activities)

    play(story, "strava", tmp_path, monkeypatch)
