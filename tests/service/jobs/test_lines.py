"""Queues: one at a time in a lane, everything else side by side, no faster than a rate allows."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import Any

import pytest

from service.errands import Errand
from service.jobs import terms
from service.jobs.terms import BULK, QUICK, Line, Rate, line_of, lines
from service.jobs.workshop import CONTINUE


@pytest.fixture
def big(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(terms.ROUTES, "big", BULK)
    return "big"


def test_errands_of_one_lane_never_run_at_the_same_time_whatever_their_queues(jobs: Any, big: str) -> None:
    inside: defaultdict[str, int] = defaultdict(int)
    most: defaultdict[str, int] = defaultdict(int)
    done: list[str] = []
    guard = threading.Lock()

    def work(_shop: Any, lane: str, name: str) -> None:
        with guard:
            inside[lane] += 1
            most[lane] = max(most[lane], inside[lane])
        time.sleep(0.02)
        with guard:
            inside[lane] -= 1
            done.append(name)

    jobs.does("little", work)
    jobs.does(big, work)
    names = [f"{number}" for number in range(24)]
    for number, name in enumerate(names):
        lane = f"ath_{number % 3}"
        jobs.send(Errand(big if number % 6 > 3 else "little", (lane, name), lane=lane))
    with jobs.working():
        jobs.until(lambda: len(done) == len(names))
    assert sorted(done) == sorted(names)
    assert set(most.values()) == {1}


def test_errands_of_a_lane_are_run_in_the_order_in_which_they_were_queued(jobs: Any) -> None:
    done: list[str] = []
    jobs.does("note", lambda _shop, name: done.append(name))
    for name in "abcdefgh":
        jobs.send(Errand("note", (name,), lane="ath_1"))
    with jobs.working():
        jobs.until(lambda: len(done) == 8)
    assert done == list("abcdefgh")


def test_long_errands_leave_threads_to_the_quick_ones(jobs: Any, big: str) -> None:
    held, done = threading.Event(), threading.Event()
    begun: list[str] = []

    def long(_shop: Any, name: str) -> None:
        begun.append(name)
        held.wait(60)

    jobs.does(big, long)
    jobs.does("quick", lambda _shop: done.set())
    jobs.send(*(Errand(big, (str(number),), lane=f"ath_{number}") for number in range(8)))
    with jobs.working(threads=2):
        jobs.until(lambda: begun)
        jobs.send(Errand("quick", ()))
        assert done.wait(60)
        assert len(begun) == 1
        held.set()


def test_an_errand_that_goes_on_later_lets_others_of_its_lane_pass(jobs: Any) -> None:
    order: list[str] = []

    def slice_(shop: Any) -> Any:
        order.append("slice")
        if order.count("slice") == 1:
            jobs.send(Errand("note", (), lane="ath_1"))
        return CONTINUE if order.count("slice") < 3 else None

    jobs.does("sliced", slice_)
    jobs.does("note", lambda _shop: order.append("note"))
    jobs.send(Errand("sliced", (), lane="ath_1"))
    with jobs.working():
        jobs.until(lambda: len(order) == 4)
    assert order == ["slice", "note", "slice", "slice"]


def test_a_queue_with_a_rate_begins_no_more_jobs_than_that_in_its_time(
    jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(terms.ROUTES, "fetch", Line("rated", at_once=8, rate=Rate(3, per_s=3600)))
    begun: list[str] = []
    after = threading.Event()
    jobs.does("fetch", lambda _shop, name: begun.append(name))
    jobs.does("note", lambda _shop: after.set())
    jobs.send(*(Errand("fetch", (str(number),)) for number in range(8)))
    with jobs.working():
        jobs.until(lambda: len(begun) == 3)
        jobs.send(Errand("note", ()))
        assert after.wait(60), "only the queue with the rate waits"
        jobs.until(lambda: len(jobs.list("done")) == 4)
        assert (len(begun), len(jobs.list("queued"))) == (3, 5)


def test_every_errand_has_a_queue_by_its_name() -> None:
    assert line_of("anything") == QUICK
    assert {line_of(name) for name in ("work_off_upload", "reassess", "adopt_reassessment")} == {BULK}
    names = [line.name for line in lines()]
    assert sorted(names) == ["bulk", "quick"]
