"""A job that fails is tried again with growing pauses, then put aside, listed, and tried again when somebody asks."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import structlog

from service import logs
from service.errands import Errand
from service.errors import BadCall, Conflict, NotFound, Unavailable
from service.jobs import running
from service.jobs.terms import ATTEMPTS, pause_s


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between attempts, so that a test need not wait for hours."""
    monkeypatch.setattr(running, "pause_s", lambda _attempt: 0.001)
    monkeypatch.setattr(running, "ATTEMPTS", 3)


@pytest.mark.usefixtures("impatient")
def test_a_failing_job_is_tried_again_until_it_is_dead_and_then_when_it_is_asked_for(jobs: Any) -> None:
    tried: list[str] = []
    is_mended: list[bool] = []

    def break_(_shop: Any, name: str) -> None:
        tried.append(name)
        if not is_mended:
            raise ValueError("with a secret")

    jobs.does("break", break_)
    jobs.send(Errand("break", ("upl_1",), lane="ath_1"))
    with jobs.working():
        jobs.until(lambda: jobs.list("dead"))
        (dead,) = jobs.list("dead")
        assert tried == ["upl_1"] * 3
        assert (dead.errand, dead.args, dead.lane, dead.attempt) == ("break", ("upl_1",), "ath_1", 3)
        assert dead.error.startswith("ValueError running.py:")
        assert "secret" not in dead.error
        assert dead.ended_at >= dead.queued_at
        is_mended.append(True)
        again = jobs.queue.retry(dead.id)
        assert (again.id, again.state, again.error) == (dead.id, "queued", None)
        jobs.until(lambda: dead.id in [job.id for job in jobs.list("done")])
    assert tried == ["upl_1"] * 4
    assert jobs.list("dead") == []


@pytest.mark.usefixtures("impatient")
def test_an_error_that_may_not_be_tried_again_is_dead_at_once(jobs: Any) -> None:
    def refuse(_shop: Any) -> None:
        raise BadCall("never")

    jobs.does("refuse", refuse)
    jobs.send(Errand("refuse", ()), Errand("nobody_does_this", ()))
    with jobs.working():
        jobs.until(lambda: len(jobs.list("dead")) == 2)
    found = {job.errand: (job.attempt, job.error.partition(" ")[0]) for job in jobs.list("dead")}
    assert found == {"refuse": (1, "bad_request"), "nobody_does_this": (3, "LookupError")}


def test_a_job_waits_as_long_as_the_failure_asks(jobs: Any) -> None:
    def busy(_shop: Any) -> None:
        raise Unavailable("later", retry_after_s=4000)

    jobs.does("busy", busy)
    jobs.send(Errand("busy", ()))
    with jobs.working():
        jobs.until(lambda: jobs.list("waiting"))
    (job,) = jobs.list("waiting")
    assert job.attempt == 2
    (row,) = jobs.queue.client.list_workflows(workflow_ids=[job.id])
    assert 3990 < (row.delay_until_epoch_ms - row.created_at) / 1000 < 4010


def test_pauses_grow_and_end_at_an_hour() -> None:
    pauses = [pause_s(attempt) for attempt in range(1, ATTEMPTS)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (5.0, 3600.0)


def test_only_a_dead_job_can_be_tried_again(jobs: Any) -> None:
    jobs.send(Errand("note", ()))
    (queued,) = jobs.list("queued")
    with pytest.raises(Conflict):
        jobs.queue.retry(queued.id)
    with pytest.raises(NotFound):
        jobs.queue.retry("job_01m423bp000000000000000000")


@pytest.mark.usefixtures("impatient")
def test_a_failed_job_is_logged_with_its_errand_and_without_what_it_said(
    jobs: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def break_(_shop: Any) -> None:
        raise ValueError("with a secret")

    jobs.does("break", break_)
    jobs.send(Errand("break", ()))
    try:
        logs.configure(level="info", style="json")
        logging.getLogger().addHandler(caplog.handler)
        with jobs.working():
            jobs.until(lambda: jobs.list("dead"))
    finally:
        logging.getLogger().removeHandler(caplog.handler)
        structlog.reset_defaults()
    assert "job_dead" in caplog.text
    assert "secret" not in caplog.text


def test_a_lane_that_cannot_be_asked_for_costs_no_attempt(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is away for a moment, a full pool: nothing of the errand was tried."""
    monkeypatch.setattr(running, "pause_s", lambda _attempt: 0.001)
    away, done = [True, True], []
    hold = running.try_hold

    def held(engine: Any, name: str) -> Any:
        if away:
            away.pop()
            raise OSError("no file may be opened")
        return hold(engine, name)

    monkeypatch.setattr(running, "try_hold", held)
    jobs.does("work", lambda _shop: done.append(True))
    jobs.send(Errand("work", (), lane="ath_1"))
    with jobs.working():
        jobs.until(lambda: done)
    assert jobs.list("dead") == []
