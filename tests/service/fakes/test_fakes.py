"""The fakes play their services over real HTTP, strictly: whoever answers wrongly gets no subscription and no peace."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from service import sync
from service.fakes import FAKES, Answer, Server, deliver
from service.fakes.playing import FakeRun
from service.settings import providers_in
from service.sync.failures import Rejected, Unusable

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
FIT = bytes(8) + b".FIT" + bytes(40)


@asynccontextmanager
async def house(fake, *, spoil=None):
    """A small house of ours at the webhook address: what it received, and where it is."""
    provider = sync.providers()[fake.name]
    setup = sync.settled(provider, providers_in(fake.variables())[fake.name])
    events = []

    async def answer(request):
        inbound = sync.Inbound(
            request.method,
            request.path.rpartition("/")[2],
            NOW,
            request.body,
            tuple(request.query.items()),
            tuple(request.headers.items()),
        )
        try:
            received = sync.receive(provider, setup, inbound)
        except Rejected as wrong:
            return Answer(wrong.status)
        events.extend(received.events)
        made = Answer(received.reply.status, received.reply.body, {"content-type": received.reply.media_type})
        return spoil(made) if spoil else made

    async with Server(answer) as server, sync.client() as http:
        wire = sync.wire(provider, setup, http, now=lambda: NOW)
        yield provider, setup, wire, f"{server.url}/v1/webhooks/{fake.name}/{fake.path_secret}", events


@pytest.mark.parametrize("name", sorted(FAKES))
async def test_a_message_of_each_service_is_taken_at_the_first_attempt(name):
    async with FAKES[name]() as fake:
        fake.now = lambda: NOW
        run = fake.add(FakeRun("475", "16234567890", FIT))
        async with house(fake) as (_, _, _, url, events):
            assert [attempt.status for attempt in await deliver(url, fake.created(run))] == [200]
            assert [event.activity for event in events] == [run.activity]
            wrong = await deliver(f"{url}x", fake.created(run), waits_s=(0.0, 0.0))
            assert [attempt.status for attempt in wrong] == [404, 404, 404]


async def test_strava_makes_a_subscription_after_a_true_echo_lists_it_and_lets_it_go():
    async with FAKES["strava"]() as fake:
        fake.subscription = None
        async with house(fake) as (provider, setup, wire, url, _):
            made = await provider.subscriptions.create(setup, wire, url)
            assert (made.id, made.url) == ("120475", url)
            assert await provider.subscriptions.present(setup, wire) == [made]
            with pytest.raises(Unusable):
                await provider.subscriptions.create(setup, wire, url)
            await provider.subscriptions.delete(setup, wire, made.id)
            await provider.subscriptions.delete(setup, wire, made.id)
            assert await provider.subscriptions.present(setup, wire) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: replace(answer, body=b'{"hub.challenge":"other"}'),
        lambda answer: replace(answer, body=orjson.loads(answer.body)["hub.challenge"].encode()),
        lambda answer: replace(answer, headers={"content-type": "text/plain"}),
        lambda answer: replace(answer, status=201),
        lambda answer: replace(answer, body=orjson.dumps(orjson.loads(answer.body) | {"more": 1})),
    ],
)
async def test_strava_refuses_the_id_to_an_echo_that_is_not_exact(spoil):
    async with FAKES["strava"]() as fake:
        fake.subscription = None
        async with house(fake, spoil=spoil) as (provider, setup, wire, url, _):
            with pytest.raises(Unusable):
                await provider.subscriptions.create(setup, wire, url)
        assert fake.subscription is None


async def test_strava_delivers_three_times_to_who_does_not_answer_in_time():
    slow = []

    async def answer(request):
        slow.append(request.path)
        return Answer(200, wait_s=5.0)

    async with FAKES["strava"]() as fake, Server(answer) as server:
        run = FakeRun("1", "2", FIT)
        attempts = await deliver(server.url, fake.created(run), waits_s=(0.0, 0.0), within_s=0.1)
        assert [attempt.status for attempt in attempts] == [None, None, None]
        assert len(slow) == 3


async def test_polar_pings_before_it_shows_the_key_once_and_takes_a_webhook_up_again():
    async with FAKES["polar"]() as fake, house(fake) as (provider, setup, wire, url, events):
        made = await provider.subscriptions.create(setup, wire, url)
        assert made.secret == fake.webhook_secret
        assert fake.pings == [200]
        with pytest.raises(Unusable):
            await provider.subscriptions.create(setup, wire, url)
        fake.webhook["active"] = False
        (shown,) = await provider.subscriptions.present(setup, wire)
        assert (shown.secret, shown.active) == (None, False)
        await provider.subscriptions.activate(setup, wire)
        (shown,) = await provider.subscriptions.present(setup, wire)
        assert shown.active
        await provider.subscriptions.delete(setup, wire, made.id)
        assert await provider.subscriptions.present(setup, wire) == []
        assert events == []


async def test_polar_makes_nothing_where_its_ping_is_not_answered():
    async with FAKES["polar"]() as fake:
        async with house(fake, spoil=lambda answer: replace(answer, status=204)) as (provider, setup, wire, url, _):
            with pytest.raises(Unusable):
                await provider.subscriptions.create(setup, wire, url)
        assert fake.webhook is None


async def test_ten_thousand_pings_of_garmin_fit_into_one_body_and_are_all_taken():
    async with FAKES["garmin"]() as fake:
        runs = [FakeRun(f"user-{n % 700}", str(5_000_000_000 + n), FIT) for n in range(10_000)]
        message = fake.batch(runs)
        assert 2_500_000 < len(message.body) < 10 * 2**20
        async with house(fake) as (_, _, _, url, events):
            assert (await deliver(url, message, within_s=20.0))[0].status == 200
            assert len({event.dedupe for event in events}) == 10_000
