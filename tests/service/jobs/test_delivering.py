"""Deliveries to a real receiver over HTTP: in order, once, again over days, and never where they are not wanted.

The errand is called as the worker calls it, with a clock that the test sets. The library of Standard Webhooks verifies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
from anyio.from_thread import BlockingPortal, start_blocking_portal

from service import subscribers
from service.fakes.server import Answer, Request, Server
from service.jobs import post
from service.jobs.errands import delivering
from service.jobs.errands.delivering import deliver
from service.jobs.errands.keeping import forget_deliveries
from service.jobs.waking import LANE, Waking
from service.jobs.workshop import CONTINUE, Workshop
from service.settings import Settings
from service.store import athletes, deliveries, endpoints, events, keys
from service.store.deliveries import DeliveryRow
from service.store.endpoints import EndpointRow
from service.store.engine import read, write
from service.store.scope import Scope
from service.sync import signing
from service.sync.provider import Inbound
from service.vault import Vault
from tests.service.jobs.conftest import Jobs

START = datetime.now(UTC).replace(microsecond=0)
"""The library knows no other clock than that of the machine."""


@dataclass
class Receiver:
    """A subscriber: `says` answers one request after the other, then 204 for ever."""

    portal: BlockingPortal
    server: Server = field(init=False)
    says: list[Answer] = field(default_factory=list)
    picky: Callable[[Request], Answer | None] = lambda _: None

    @property
    def seen(self) -> list[Request]:
        return self.server.seen

    @property
    def url(self) -> str:
        return f"{self.server.url}/hook"

    async def answer(self, request: Request) -> Answer:
        return self.picky(request) or (self.says.pop(0) if self.says else Answer(204))

    def sequences(self) -> list[int]:
        return [request.json["sequence"] for request in self.seen]


@dataclass
class Desk:
    """A store with athletes, and the errand, at a moment that the test moves on."""

    jobs: Jobs
    shop: Workshop
    vault: Vault
    athlete_id: str
    now: datetime = START

    def subscribe(self, url: str, **more: Any) -> tuple[EndpointRow, str]:
        wanted = {"owner": "local", "types": ["*"], "athlete_ids": None} | more
        with write(self.shop.engine) as db:
            return subscribers.add(db, self.vault, url=url, now=self.now, **wanted)

    def happen(self, times: int = 1, *, what: str = "upload.done", athlete_id: str | None = None, **more: Any) -> None:
        with write(self.shop.engine) as db:
            for _ in range(times):
                events.append(db, athlete_id or self.athlete_id, type=what, now=self.now, **more)

    def athlete(self, **profile: Any) -> str:
        with write(self.shop.engine) as db:
            return athletes.create(db, now=self.now, fields=profile).id

    def round(self) -> None:
        """The errand until it has no more to do."""
        for _ in range(1000):
            if self.turn() is None:
                return
        raise AssertionError("it did not end")

    def turn(self) -> Any:
        """What one call of the errand answers; in a thread of its own, as an event loop may run in this one."""
        told: list[Any] = []
        thread = threading.Thread(target=lambda: told.append(deliver(self.shop)))
        thread.start()
        thread.join()
        assert told, "the errand failed"
        return told[0]

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)

    def log(self, endpoint: EndpointRow, scope: Scope | None = None) -> list[DeliveryRow]:
        with read(self.shop.engine) as db:
            found = deliveries.page(db, endpoint.id, scope=scope or Scope.everyone(), limit=200)
        return list(reversed(found.items))

    def endpoint(self, row: EndpointRow) -> EndpointRow:
        with read(self.shop.engine) as db:
            return endpoints.get(db, row.id, owner=None)


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as opened:
        yield opened


@pytest.fixture
def receiver(portal: BlockingPortal) -> Iterator[Receiver]:
    made = Receiver(portal)
    made.server = Server(made.answer)
    with portal.wrap_async_context_manager(made.server):
        yield made


@pytest.fixture
def desk(jobs: Jobs, receiver: Receiver, tmp_path: Path) -> Desk:
    settings = Settings(data_dir=tmp_path, database_url=jobs.url, delivery_origins=receiver.server.url)
    made = Desk(jobs, jobs.workshop, Vault.of(settings), "")
    made.shop = replace(jobs.workshop, settings=settings, now=lambda: made.now)
    made.athlete_id = made.athlete()
    jobs.patch.setattr(post.random, "random", lambda: 0.5)
    return made


def headline(**params: Any) -> dict[str, Any]:
    return {"headline": {"text_key": "headline-low", "params": params}, "previous_level": None, "level": "low"}


def test_the_library_verifies_what_comes_and_it_is_what_the_feed_has(desk: Desk, receiver: Receiver) -> None:
    endpoint, secret = desk.subscribe(receiver.url)
    desk.happen(what="upload.done", data={"upload_id": "upl_1", "total": 3})
    desk.round()
    (came,) = receiver.seen
    told = standardwebhooks.Webhook(secret).verify(came.body, dict(came.headers))
    with read(desk.shop.engine) as db:
        (event,) = events.page(db, scope=Scope.everyone(), limit=9).items
    assert told == came.json
    assert (told["id"], told["sequence"], told["type"]) == (event.id, event.sequence, "upload.done")
    assert told["data"] == {"upload_id": "upl_1", "total": 3}
    assert came.headers["webhook-id"] == event.id
    assert came.headers["content-type"] == "application/json"
    (sent,) = desk.log(endpoint)
    assert (sent.state, sent.attempts, sent.last_status, sent.problem) == ("delivered", 1, 204, None)
    assert sent.took_ms is not None
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(signing.new_secret()).verify(came.body, dict(came.headers))


def test_the_secret_lies_locked_in_the_database(desk: Desk, receiver: Receiver) -> None:
    endpoint, secret = desk.subscribe(receiver.url)
    other, _ = desk.subscribe(receiver.url)
    assert secret.removeprefix("whsec_").encode() not in endpoint.secret
    assert subscribers.secrets_of(desk.vault, endpoint, now=desk.now) == [secret]
    from service.sync.tokens import CannotUnlock

    with pytest.raises(CannotUnlock):
        subscribers.secrets_of(desk.vault, replace(other, secret=endpoint.secret), now=desk.now)


def test_only_what_happens_from_now_on_is_sent_and_only_the_wanted_types(desk: Desk, receiver: Receiver) -> None:
    desk.happen(3)
    endpoint, _ = desk.subscribe(receiver.url, types=["import.done", "activity.deleted"])
    desk.happen(what="activity.assessed", data=headline(km=10))
    desk.happen(what="import.done")
    desk.happen(what="activity.deleted")
    desk.happen()
    desk.round()
    assert [request.json["type"] for request in receiver.seen] == ["import.done", "activity.deleted"]
    assert desk.endpoint(endpoint).sequence == 7


def test_named_athletes_alone_are_told_of_and_none_whom_the_key_may_not_see(desk: Desk, receiver: Receiver) -> None:
    from sqlalchemy import insert, update

    from service.store.tables import api_key_athletes, api_keys

    second, third = desk.athlete(), desk.athlete()
    with write(desk.shop.engine) as db:
        key = {"id": "key_1", "prefix": "cw_", "sha256": "0" * 64, "role": "coach", "all_athletes": False}
        db.execute(insert(api_keys).values(**key, created_at=desk.now))
        for one in (second, third):
            db.execute(insert(api_key_athletes).values(key_id="key_1", athlete_id=one))
    desk.subscribe(receiver.url + "/everyone")
    desk.subscribe(receiver.url + "/named", athlete_ids=[desk.athlete_id, second])
    desk.subscribe(receiver.url + "/coach", owner="key_1")
    desk.subscribe(receiver.url + "/narrow", owner="key_1", athlete_ids=[desk.athlete_id, second])
    desk.subscribe(receiver.url + "/gone", owner="key_2")
    names = {desk.athlete_id: "first", second: "second", third: "third"}

    def heard() -> dict[str, list[str]]:
        receiver.seen.clear()
        for one in names:
            desk.happen(athlete_id=one)
        found: dict[str, list[str]] = {}
        desk.round()
        for request in receiver.seen:
            found.setdefault(request.path.rpartition("/")[2], []).append(names[request.json["athlete_id"]])
        return found

    first = {"everyone": ["first", "second", "third"], "named": ["first", "second"]}
    assert heard() == first | {"coach": ["second", "third"], "narrow": ["second"]}
    with write(desk.shop.engine) as db:
        db.execute(update(api_keys).values(revoked_at=desk.now))
    assert heard() == first


def test_many_events_come_in_order_and_each_once(desk: Desk, receiver: Receiver) -> None:
    """Several pages of the feed and many batches; `benchmarks.deliveries` sends ten thousand."""
    endpoint, _ = desk.subscribe(receiver.url)
    desk.happen(700)
    desk.round()
    assert receiver.sequences() == list(range(1, 701))
    with read(desk.shop.engine) as db:
        assert deliveries.due(db, endpoint.id, now=desk.now, limit=1) == []


def test_a_failure_holds_what_comes_after_it_and_all_is_heard_in_order(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = desk.subscribe(receiver.url)
    receiver.says = [Answer(204), Answer(500), Answer(302, b"", {"location": "/elsewhere"})]
    desk.happen(4)
    desk.round()
    assert receiver.sequences() == [1, 2]
    failing = desk.endpoint(endpoint)
    assert failing.failing_since == START
    assert timedelta(seconds=2.5) <= failing.not_before - START <= timedelta(seconds=5)
    desk.later(seconds=5)
    desk.round()
    assert receiver.sequences() == [1, 2, 2]
    desk.later(seconds=300)
    desk.round()
    assert receiver.sequences() == [1, 2, 2, 2, 3, 4]
    assert {request.path for request in receiver.seen} == {"/hook"}, "no redirect is followed"
    assert [row.attempts for row in desk.log(endpoint)] == [1, 3, 1, 1]
    assert (desk.endpoint(endpoint).failing_since, desk.endpoint(endpoint).not_before) == (None, None)
    ids = [request.headers["webhook-id"] for request in receiver.seen]
    assert ids[1] == ids[2] == ids[3], "a repetition is known by its id"
    assert len(set(ids)) == 4
    assert len({request.body for request in receiver.seen if request.json["sequence"] == 2}) == 1


def test_one_event_that_is_never_taken_steps_aside(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = desk.subscribe(receiver.url)
    receiver.picky = lambda request: Answer(500) if request.json["sequence"] == 1 else None
    desk.happen(3)
    for _ in range(3):
        desk.round()
        desk.later(seconds=300)
    assert receiver.sequences() == [1, 1, 1, 2, 3]
    assert [row.state for row in desk.log(endpoint)] == ["pending", "delivered", "delivered"]
    for _ in range(9):
        desk.later(days=1)
        desk.happen()
        desk.round()
    first = desk.log(endpoint)[0]
    assert (first.state, first.attempts, first.problem, first.last_status) == ("dead", 10, "delivery_refused", 500)
    assert desk.endpoint(endpoint).disabled_at is None, "the others are taken"


def test_who_asks_for_time_is_left_alone_for_it(desk: Desk, receiver: Receiver) -> None:
    desk.subscribe(receiver.url)
    receiver.says = [Answer(429, b"", {"retry-after": "3600"})]
    desk.happen(2)
    desk.round()
    desk.later(minutes=59)
    desk.round()
    assert receiver.sequences() == [1]
    desk.later(minutes=1)
    desk.round()
    assert receiver.sequences() == [1, 1, 2]


def test_who_takes_nothing_for_days_is_disabled_and_hears_the_rest_when_enabled(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = desk.subscribe(receiver.url)
    receiver.picky = lambda _: Answer(500)
    desk.happen(2)
    for _ in range(40):
        desk.round()
        desk.later(hours=6)
    disabled = desk.endpoint(endpoint)
    assert disabled.disabled_because == "failing"
    assert timedelta(days=1.5) < disabled.disabled_at - START < timedelta(days=4.5)
    assert disabled.revision > endpoint.revision
    attempts = len(receiver.seen)
    desk.happen()
    desk.round()
    assert len(receiver.seen) == attempts
    receiver.picky = lambda _: None
    with write(desk.shop.engine) as db:
        fields = subscribers.enabling(disabled, enabled=True, now=desk.now)
        endpoints.change(db, endpoint.id, owner="local", fields=fields)
    desk.round()
    assert receiver.sequences()[attempts:] == [2, 3]
    assert [row.state for row in desk.log(endpoint)] == ["dead", "delivered", "delivered"]


def test_a_waits_scale_shortens_the_days_too(desk: Desk, receiver: Receiver) -> None:
    def ticking() -> datetime:
        desk.later(milliseconds=20)
        return desk.now

    settings = desk.shop.settings.model_copy(update={"sync_wait_scale": 0.001})
    desk.shop = replace(desk.shop, settings=settings, now=ticking)
    endpoint, _ = desk.subscribe(receiver.url)
    receiver.picky = lambda _: Answer(503, b"", {"retry-after": "60"})
    desk.happen()
    for _ in range(12):
        desk.round()
        desk.later(seconds=87)
    assert len(receiver.seen) == 10
    assert desk.endpoint(endpoint).disabled_because == "failing"


def test_gone_is_taken_at_its_word(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = desk.subscribe(receiver.url)
    receiver.says = [Answer(410)]
    desk.happen(3)
    desk.round()
    assert receiver.sequences() == [1]
    assert desk.endpoint(endpoint).disabled_because == "gone"


def test_while_a_secret_is_rotated_either_verifies_and_after_a_day_the_new_one_alone(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint, old = desk.subscribe(receiver.url)
    with write(desk.shop.engine) as db:
        _, new = subscribers.rotate(db, desk.vault, endpoint.id, owner="local", now=desk.now)
    desk.happen()
    desk.round()
    for secret in (old, new):
        standardwebhooks.Webhook(secret).verify(receiver.seen[0].body, dict(receiver.seen[0].headers))
    desk.later(hours=24)
    desk.happen()
    desk.round()
    came = receiver.seen[1]
    assert came.headers["webhook-signature"].count("v1,") == 1
    inbound = Inbound("POST", "", desk.now, came.body, headers=tuple(came.headers.items()))
    assert signing.check(inbound, [new]) == came.headers["webhook-id"]


def test_a_test_overtakes_what_waits_and_is_tried_once(desk: Desk, receiver: Receiver) -> None:
    endpoint, secret = desk.subscribe(receiver.url)
    receiver.says = [Answer(500), Answer(204), Answer(204), Answer(500)]
    desk.happen()
    desk.round()

    def test() -> None:
        with write(desk.shop.engine) as db:
            subscribers.ask_for_test(db, desk.endpoint(endpoint), now=desk.now)

    test()
    desk.round()
    assert receiver.seen[1].json["type"] == "endpoint.test"
    standardwebhooks.Webhook(secret).verify(receiver.seen[1].body, dict(receiver.seen[1].headers))
    desk.later(seconds=5)
    desk.round()
    test()
    desk.round()
    desk.later(days=3)
    desk.round()
    tests = [row for row in desk.log(endpoint) if row.sequence is None]
    assert [(row.state, row.attempts) for row in tests] == [("delivered", 1), ("dead", 1)]
    assert desk.endpoint(endpoint).failing_since is None, "a test says nothing of the events"


def test_a_delivery_is_sent_again_on_demand(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = desk.subscribe(receiver.url)
    desk.happen(2)
    desk.round()
    first = desk.log(endpoint)[0]
    with write(desk.shop.engine) as db:
        subscribers.ask_again(db, first.id, owner=None, scope=Scope.everyone(), now=desk.now)
    desk.round()
    assert receiver.sequences() == [1, 2, 1]
    assert receiver.seen[0].headers["webhook-id"] == receiver.seen[2].headers["webhook-id"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "https://localhost/"])
def test_an_address_that_may_not_be_called_any_more_is_not(desk: Desk, address: str) -> None:
    """It was allowed when the endpoint was made; the name leads to this computer, or the setting is another."""
    vault = replace(desk.vault, subscribers=once_allowed())
    with write(desk.shop.engine) as db:
        endpoint, _ = subscribers.add(
            db, vault, owner="local", url=address, types=["*"], athlete_ids=None, now=desk.now
        )
    desk.happen()
    desk.round()
    (row,) = desk.log(endpoint)
    assert (row.state, row.problem, row.last_status) == ("pending", "sync_unsafe_url", None)


def once_allowed() -> Any:
    from service.sync import places_of

    return places_of(["http://127.0.0.1:9", "https://localhost"])


def test_a_crash_between_an_answer_and_its_row_repeats_that_one_delivery(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = desk.subscribe(receiver.url)
    desk.happen(5)
    kept, crashes = deliveries.note, [3]

    def dies(*args: Any, **more: Any) -> bool:
        if len(receiver.seen) in crashes:
            crashes.clear()
            raise KeyboardInterrupt
        return kept(*args, **more)

    monkeypatch.setattr(post.deliveries, "note", dies)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with pytest.raises(AssertionError, match="the errand failed"):
        desk.round()
    desk.round()
    assert receiver.sequences() == [1, 2, 3, 3, 4, 5]
    assert len(desk.log(endpoint)) == 5


def test_a_crash_while_the_feed_is_walked_leaves_one_row_an_event(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = desk.subscribe(receiver.url)
    desk.happen(250)
    for number in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(subscribers.endpoints, "looked_at", _dying)
            with pytest.raises(KeyboardInterrupt), write(desk.shop.engine) as db:
                subscribers.fan_out(db, endpoint.id, now=desk.now)
        with write(desk.shop.engine) as db:
            assert subscribers.fan_out(db, endpoint.id, now=desk.now), number
    with write(desk.shop.engine) as db:
        endpoints.looked_at(db, endpoint.id, sequence=0)
        assert subscribers.fan_out(db, endpoint.id, now=desk.now), "the same stretch once more"
    desk.round()
    assert receiver.sequences() == list(range(1, 251))


def _dying(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_texts_are_worded_as_the_athlete_wishes(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.subscribe(receiver.url)
    told = {"headline": {"text_key": "interrupt-headline", "params": {"at_m": 16093.44}}, "level": "low"}
    for units in ("metric", "imperial"):
        desk.happen(what="activity.assessed", athlete_id=desk.athlete(units=units), data=told)
    desk.round()
    metric, imperial = (request.json for request in receiver.seen)
    assert "16.1 km" in metric["headline"]
    assert "10 mi" in imperial["headline"]
    assert (metric["previous_level"], metric["level"], metric["data"]) == (None, "low", {})


def test_amounts_are_hidden_where_the_athlete_wants_them_to_be(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service import examine

    asked: list[bool] = []

    def rendered(_: Any, *, hide_amounts: bool, **more: Any) -> str:
        asked.append(hide_amounts)
        return "a sentence"

    monkeypatch.setattr(examine, "render_headline", rendered)
    desk.subscribe(receiver.url)
    for hides in (True, False):
        whose = desk.athlete(hide_amounts=hides, birth_year=1980)
        desk.happen(what="activity.assessed", athlete_id=whose, data=headline(km=10))
    desk.round()
    assert asked == [True, False]


def test_nothing_of_an_erased_athlete_is_sent_or_kept_but_that_they_are_erased(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = desk.subscribe(receiver.url)
    leaving = desk.athlete()
    desk.happen(2, athlete_id=leaving)
    with write(desk.shop.engine) as db:
        subscribers.fan_out(db, endpoint.id, now=desk.now)
    with write(desk.shop.engine) as db:
        athletes.erase(db, leaving, now=desk.now)
        events.append(db, leaving, type="athlete.erased", now=desk.now)
    desk.happen()
    desk.round()
    assert [request.json["type"] for request in receiver.seen] == ["athlete.erased", "upload.done"]
    assert receiver.seen[0].json["athlete_id"] == leaving
    assert [row.type for row in desk.log(endpoint)] == ["athlete.erased", "upload.done"]


def test_the_log_is_kept_for_as_long_as_the_feed(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = desk.subscribe(receiver.url)
    desk.happen()
    desk.round()
    desk.later(days=30)
    forget_deliveries(desk.shop)
    assert len(desk.log(endpoint)) == 1
    desk.later(seconds=1)
    forget_deliveries(desk.shop)
    assert desk.log(endpoint) == []


def test_somebody_is_sent_where_there_is_work_and_nobody_where_there_is_none(desk: Desk, receiver: Receiver) -> None:
    desk.subscribe(receiver.url)
    waking = Waking(desk.shop)

    def woken() -> int:
        waking.look()
        found = len(desk.jobs.list("queued"))
        desk.shop.queue.forget_lane(LANE)
        return found

    assert woken() == 0
    desk.happen()
    waking.look()
    assert woken() == 1, "one under way is enough"
    desk.round()
    assert woken() == 0
    receiver.says = [Answer(500)]
    desk.happen()
    desk.round()
    assert woken() == 0, "it is left alone until its time comes"
    desk.later(seconds=5)
    assert woken() == 1


def test_a_silent_subscriber_holds_up_nobody(desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even while a turn that is over still waits for its answer."""
    receiver.picky = lambda request: Answer(204, wait_s=4.0) if request.path == "/hook/silent" else None
    monkeypatch.setattr(delivering, "SLICE_S", 0.5)
    quick, _ = desk.subscribe(receiver.url + "/quick")
    for _ in range(5):
        desk.subscribe(receiver.url + "/silent")
    desk.happen(250)
    desk.turn()
    heard = [request.path for request in receiver.seen]
    assert heard.count("/hook/silent") == 5
    assert heard.count("/hook/quick") > 20
    assert desk.endpoint(quick).failing_since is None


def test_a_fault_at_one_subscriber_lets_the_others_end(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, _ = desk.subscribe(receiver.url + "/bad")
    good, _ = desk.subscribe(receiver.url + "/good")
    desk.happen(3)
    kept = subscribers.fan_out

    def breaks(db: Any, endpoint_id: str, **more: Any) -> bool:
        if endpoint_id == bad.id:
            raise RuntimeError("a fault")
        return kept(db, endpoint_id, **more)

    with monkeypatch.context() as patch:
        patch.setattr(subscribers, "fan_out", breaks)
        assert desk.turn() is None, "and holds up nobody's next turn"
    assert {row.state for row in desk.log(good)} == {"delivered"}
    desk.round()
    assert [row.state for row in desk.log(bad)] == ["delivered"] * 3


def test_an_answer_that_says_nonsense_is_a_failed_attempt_like_others(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = desk.subscribe(receiver.url)
    receiver.says = [Answer(429, headers={"retry-after": "Mon, 01 Jan 2024 00:00:00 +99999999999999"})]
    desk.happen()
    assert desk.turn() is None
    (row,) = desk.log(endpoint)
    assert (row.state, row.attempts) == ("pending", 1)


def test_a_mistake_of_ours_is_a_failed_attempt_like_others(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = desk.subscribe(receiver.url)

    def mistaken(*_: object, **__: object) -> None:
        raise KeyError("a mistake")

    monkeypatch.setattr(subscribers, "secrets_of", mistaken)
    desk.happen()
    assert desk.turn() is None
    (row,) = desk.log(endpoint)
    assert (row.state, row.attempts, row.problem) == ("pending", 1, "internal")


def test_what_waits_for_an_owner_who_lost_the_athlete_is_not_sent(desk: Desk, receiver: Receiver) -> None:
    """Nor what waits for a key that was revoked: it may have waited for days."""
    other = desk.athlete()
    with write(desk.shop.engine) as db:
        key, _ = keys.create(db, role="coach", athlete_ids=[desk.athlete_id, other], now=desk.now)
    endpoint, _ = desk.subscribe(receiver.url, owner=key.id)
    receiver.says = [Answer(500)]
    desk.happen(2)
    desk.turn()
    assert len(receiver.seen) == 1
    with write(desk.shop.engine) as db:
        keys.revoke(db, key.id, now=desk.now)
    desk.later(minutes=10)
    desk.round()
    assert len(receiver.seen) == 1
    assert desk.log(endpoint) == []


def test_a_turn_ends_and_another_goes_on(desk: Desk, receiver: Receiver) -> None:
    desk.subscribe(receiver.url)
    desk.happen(3)
    desk.shop.stopping.set()
    assert desk.turn() is CONTINUE
    assert receiver.seen == []
    desk.shop.stopping.clear()
    desk.round()
    assert receiver.sequences() == [1, 2, 3]
