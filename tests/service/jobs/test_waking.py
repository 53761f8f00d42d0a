"""Somebody is sent to an inbox where there is work, once, and not to a service that wants to be left alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from service.errands import DRAIN, Errand, drain_of
from service.errors import Unavailable
from service.jobs.drain import LINES, Line
from service.jobs.waking import Waking
from service.postbox import CALM_S, Postbox
from service.settings import providers_in
from service.store import inbox
from service.store.engine import read, write
from service.store.inbox import NewEvent
from service.sync import Breaker

from .conftest import Jobs

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
POLAR = providers_in(
    {
        "CRAMPWATCH_POLAR_CLIENT_ID": "waking",
        "CRAMPWATCH_POLAR_CLIENT_SECRET": "waking",
        "CRAMPWATCH_POLAR_WEBHOOK_SECRET": "waking",
    }
)


def event(number: int, provider: str = "polar") -> NewEvent:
    return NewEvent(provider, f"run{number}", "created", "475", f"run{number}", None, {})


@dataclass
class Lookout:
    """A look at the inboxes of a database in which one service, Polar's, is set up."""

    jobs: Jobs
    waking: Waking
    now: datetime = START

    def arrive(self, *events: NewEvent) -> None:
        with write(self.jobs.engine) as db:
            inbox.add(db, events, now=self.now)

    def sent(self) -> list[tuple[str, tuple[str, ...], str | None]]:
        """Who is under way after one more look."""
        self.waking.look()
        return [(job.errand, job.args, job.lane) for job in self.jobs.list("queued")]


@pytest.fixture
def lookout(jobs: Jobs) -> Iterator[Lookout]:
    shop = replace(
        jobs.workshop, settings=jobs.workshop.settings.model_copy(update={"providers": POLAR}), now=lambda: made.now
    )
    made = Lookout(jobs, Waking(shop))
    yield made
    LINES.clear()


ONE = [(DRAIN, ("polar",), "sync polar")]


def test_one_is_sent_however_much_has_come_and_however_often_one_looks(lookout: Lookout) -> None:
    assert lookout.sent() == []
    lookout.arrive(*map(event, range(50)))
    assert lookout.sent() == ONE
    lookout.arrive(*map(event, range(50, 60)))
    assert lookout.sent() == ONE


def test_what_is_closed_or_of_a_service_that_is_not_set_up_wakes_nobody(lookout: Lookout) -> None:
    lookout.arrive(event(1), event(2, "coros"))
    with read(lookout.jobs.engine) as db:
        (row,) = inbox.due(db, "polar", now=START, limit=9)
    with write(lookout.jobs.engine) as db:
        inbox.close(db, row.id, state="done", now=START)
    assert lookout.sent() == []


def test_what_waits_wakes_somebody_when_its_time_has_come(lookout: Lookout) -> None:
    lookout.arrive(event(1))
    with read(lookout.jobs.engine) as db:
        (row,) = inbox.due(db, "polar", now=START, limit=9)
    with write(lookout.jobs.engine) as db:
        inbox.postpone(db, row.id, due_at=START + timedelta(minutes=2), problem="not_ready")
    assert lookout.sent() == []
    lookout.now += timedelta(minutes=2)
    assert lookout.sent() == ONE


def test_a_service_with_a_limit_is_left_alone_until_it_is_over(lookout: Lookout) -> None:
    lookout.arrive(event(1))
    LINES["polar"] = Line(not_before=START + timedelta(minutes=15))
    assert lookout.sent() == []
    lookout.now += timedelta(minutes=15)
    assert lookout.sent() == ONE


def test_a_service_that_is_down_is_left_alone_while_the_breaker_is_open(lookout: Lookout) -> None:
    lookout.arrive(event(1))
    LINES["polar"] = Line(Breaker(failures=5, open_until_s=time.monotonic() + 600))
    assert lookout.sent() == []
    LINES["polar"] = Line(Breaker(failures=5, open_until_s=time.monotonic() - 1))
    assert lookout.sent() == ONE


def test_a_burst_is_written_whole_and_sends_one_and_the_next_after_a_calm_sends_another(
    lookout: Lookout, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_s = 100.0
    monkeypatch.setattr("service.postbox.time", SimpleNamespace(monotonic=lambda: clock_s))
    postbox = Postbox(lookout.jobs.engine, lookout.jobs.queue.enqueue, now=lambda: lookout.now, wait_s=5.0)

    def put(numbers: range) -> int:
        async def together() -> None:
            await asyncio.gather(*(postbox.put([event(number)]) for number in numbers))

        asyncio.run(together())
        return len(lookout.jobs.list("queued"))

    assert put(range(200)) == 1
    assert put(range(200, 300)) == 1
    clock_s += CALM_S
    assert put(range(300, 301)) == 2
    postbox.close()
    with read(lookout.jobs.engine) as db:
        assert len(inbox.due(db, "polar", now=START, limit=1000)) == 301


def test_what_could_not_be_written_sends_nobody_and_what_is_written_then_does(lookout: Lookout) -> None:
    failing = [Unavailable("no database")]

    def enqueue(db: object, errand: Errand) -> None:
        if failing:
            raise failing.pop()
        lookout.jobs.queue.enqueue(db, errand)  # type: ignore[arg-type]  # the postbox's own transaction

    postbox = Postbox(lookout.jobs.engine, enqueue, now=lambda: lookout.now, wait_s=5.0)
    with pytest.raises(Unavailable):
        asyncio.run(postbox.put([event(1)]))
    with read(lookout.jobs.engine) as db:
        assert inbox.due(db, "polar", now=START, limit=9) == []
    asyncio.run(postbox.put([event(1)]))
    postbox.close()
    assert [job.args for job in lookout.jobs.list("queued")] == [drain_of("polar").args]
    with read(lookout.jobs.engine) as db:
        assert len(inbox.due(db, "polar", now=START, limit=9)) == 1


def test_what_a_database_keeps_in_no_text_spoils_nobody_elses_event(lookout: Lookout) -> None:
    postbox = Postbox(lookout.jobs.engine, lookout.jobs.queue.enqueue, now=lambda: lookout.now, wait_s=5.0)
    odd = NewEvent("polar", "run\0x", "created", "475\0", "run\0", None, {"title": "a\0b", "file": ["\0"]})

    async def together() -> None:
        await asyncio.gather(postbox.put([odd]), postbox.put([event(1)]))

    asyncio.run(together())
    postbox.close()
    with read(lookout.jobs.engine) as db:
        found = inbox.due(db, "polar", now=START, limit=9)
    assert sorted((row.dedupe, row.user) for row in found) == [("run1", "475"), ("runx", "475")]
    assert next(row.hint for row in found if row.dedupe == "runx") == {"title": "ab", "file": [""]}


def test_one_letter_that_cannot_be_written_fails_alone(lookout: Lookout) -> None:
    postbox = Postbox(lookout.jobs.engine, lookout.jobs.queue.enqueue, now=lambda: lookout.now, wait_s=5.0)
    wrong = NewEvent("polar", "wrong", "created", "475", "wrong", None, {"title": object()})

    async def together() -> list[BaseException | None]:
        return await asyncio.gather(
            *(postbox.put([one]) for one in (event(1), wrong, event(2))), return_exceptions=True
        )

    told = asyncio.run(together())
    postbox.close()
    assert [type(one) for one in (told[0], told[2])] == [type(None)] * 2
    assert isinstance(told[1], Exception)
    with read(lookout.jobs.engine) as db:
        assert sorted(row.dedupe for row in inbox.due(db, "polar", now=START, limit=9)) == ["run1", "run2"]
