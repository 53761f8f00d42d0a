"""The feed: a reader who asks for what came after the last event it saw never misses one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Engine

from service.errors import Unavailable
from service.store import athletes, events
from service.store.engine import read, write
from service.store.events import EventRow
from service.store.scope import Scope

from .conftest import NOW, Seed

WRITERS, EACH = 6, 15


def after(engine: Engine, sequence: int, *, limit: int = 7) -> list[EventRow]:
    with read(engine) as db:
        return list(events.page(db, scope=Scope.everyone(), limit=limit, after=sequence).items)


def test_an_event_is_read_as_it_was_appended(engine: Engine, seed: Seed) -> None:
    with write(engine) as db:
        athlete_id = seed.athlete(db)
        told = {"headline": {"text_key": "headline-low", "params": {}}, "level": "low"}
        sequence = events.append(
            db, athlete_id, type="activity.assessed", activity_id="act_1", external_id="run-1", data=told, now=NOW
        )
    (row,) = after(engine, 0)
    assert (row.sequence, row.type, row.athlete_id) == (sequence, "activity.assessed", athlete_id)
    assert (row.activity_id, row.external_id, row.created_at, row.data) == ("act_1", "run-1", NOW, told)
    assert after(engine, sequence) == []


def test_a_word_that_is_no_event_is_refused(engine: Engine) -> None:
    with write(engine) as db, pytest.raises(ValueError, match=r"activity\.exploded"):
        events.append(db, "ath_x", type="activity.exploded", now=NOW)


def test_nobody_appends_while_an_earlier_event_is_not_committed(engine: Engine) -> None:
    """Else the later one could be seen first, and a reader that went on from it would never see the earlier."""
    with write(engine) as db:
        events.append(db, "ath_1", type="upload.done", now=NOW)
        with pytest.raises(Unavailable), write(engine, wait_s=0.1) as other:
            events.append(other, "ath_2", type="upload.done", now=NOW)
        assert after(engine, 0) == []
    assert [row.athlete_id for row in after(engine, 0)] == ["ath_1"]


def test_a_reader_who_follows_the_feed_misses_nothing_of_many_writers(engine: Engine) -> None:
    """Each reads on from the last it saw, while writers commit and some of them roll back."""
    started = threading.Barrier(WRITERS + 1)
    finished = threading.Event()

    def work(writer: int) -> None:
        started.wait()
        for number in range(EACH):
            with suppress(InterruptedError), write(engine, wait_s=30) as db:
                events.append(db, f"ath_{writer}", type="upload.done", now=NOW, data={"number": number})
                if number % 5 == 4:
                    raise InterruptedError

    def follow() -> list[EventRow]:
        seen: list[EventRow] = []
        started.wait()
        while True:
            over = finished.is_set()
            seen += (new := after(engine, seen[-1].sequence if seen else 0))
            if over and not new:
                return seen

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(follow)
        for one in [pool.submit(work, writer) for writer in range(WRITERS)]:
            one.result()
        finished.set()
        seen = reader.result()
    assert all(one.sequence < other.sequence for one, other in pairwise(seen))
    kept = [number for number in range(EACH) if number % 5 != 4]
    for writer in range(WRITERS):
        assert [row.data["number"] for row in seen if row.athlete_id == f"ath_{writer}"] == kept


def test_types_and_pages_narrow_the_feed_and_a_scope_hides_the_others(engine: Engine) -> None:
    with write(engine) as db:
        for number in range(6):
            kind = "upload.done" if number % 2 else "activity.assessed"
            events.append(db, f"ath_{number % 3}", type=kind, now=NOW, data={"number": number})

    def numbers(**more: object) -> list[int]:
        seen, cursor = [], None
        with read(engine) as db:
            while True:
                options = {"scope": Scope.everyone(), "limit": 2, **more}
                page = events.page(db, cursor=cursor, **options)  # type: ignore[arg-type]
                seen += [row.data["number"] for row in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    return seen

    assert numbers() == [0, 1, 2, 3, 4, 5]
    assert numbers(types=["upload.done"]) == [1, 3, 5]
    assert numbers(types=["upload.done", "activity.assessed"], scope=Scope.of("ath_0", "ath_1")) == [0, 1, 3, 4]
    assert numbers(scope=Scope.of()) == []


def test_an_event_is_kept_for_thirty_days_and_its_sequence_is_never_given_again(engine: Engine) -> None:
    with write(engine) as db:
        old = events.append(db, "ath_1", type="upload.done", now=NOW - timedelta(days=30, seconds=1))
        events.append(db, "ath_2", type="upload.done", now=NOW - timedelta(days=30))
        assert events.forget_old(db, now=NOW) == 1
    assert [row.athlete_id for row in after(engine, 0)] == ["ath_2"]
    with write(engine) as db:
        events.forget(db, "ath_2")
    with write(engine) as db:
        assert events.append(db, "ath_3", type="upload.done", now=NOW) == old + 2


def test_the_feed_forgets_who_is_erased(engine: Engine, seed: Seed) -> None:
    with write(engine) as db:
        gone, stays = seed.athlete(db), seed.athlete(db)
        for athlete_id in (gone, stays):
            events.append(db, athlete_id, type="upload.done", now=NOW)
    with write(engine) as db:
        athletes.erase(db, gone, now=NOW)
    assert [row.athlete_id for row in after(engine, 0)] == [stays]
