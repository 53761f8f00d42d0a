"""Jobs over HTTP: what waits, what was given up, and to try that again; and the worker within the service."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from service.api.jobs import Job
from service.app import create_app, drain, has_ended
from service.errands import Errand
from service.jobs import running
from service.jobs.worker import Worker
from service.jobs.workshop import Workshop
from service.settings import Settings
from service.store.engine import write

PATIENCE_S = 60.0


@pytest.fixture
def house(small_api: Any) -> Any:
    return small_api.app.state.house


@pytest.fixture
def working(house: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker that gives up after one attempt."""
    monkeypatch.setattr(running, "ATTEMPTS", 1)
    worker = Worker(
        Workshop(house.settings, house.engine, house.blobs, house.queue, lambda: datetime.now(UTC)), threads=2
    )
    worker.start()
    yield
    worker.stop()


def send(house: Any, *errands: Errand) -> None:
    with write(house.engine) as db:
        house.send(db, errands)


def dead(api: Any) -> list[dict[str, Any]]:
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        items: list[dict[str, Any]] = api.get("/v1/jobs").json()["items"]
        if items:
            return items
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


@pytest.mark.usefixtures("working")
def test_a_job_that_was_given_up_is_listed_and_can_be_tried_again(small_api: Any, house: Any) -> None:
    send(house, Errand("nobody_does_this", ("upl_1",), lane="ath_1"))
    (found,) = dead(small_api)
    Job.model_validate(found)
    assert (found["errand"], found["args"], found["athlete_id"]) == ("nobody_does_this", ["upl_1"], "ath_1")
    assert (found["state"], found["attempt"]) == ("dead", 1)
    assert found["error"].startswith("LookupError")
    again = small_api.post(f"/v1/jobs/{found['id']}/retry")
    assert again.status_code == 200
    assert (again.json()["id"], again.json()["state"]) == (found["id"], "queued")
    assert dead(small_api)[0]["id"] == found["id"]


def test_jobs_are_listed_by_state_in_pages(small_api: Any, house: Any) -> None:
    send(house, *(Errand("note", (str(number),)) for number in range(3)))
    first = small_api.get("/v1/jobs", params={"state": "queued", "limit": 2}).json()
    rest = small_api.get("/v1/jobs", params={"state": "queued", "limit": 2, "cursor": first["next_cursor"]}).json()
    assert sorted(one["args"][0] for one in first["items"] + rest["items"]) == ["0", "1", "2"]
    assert rest["next_cursor"] is None
    assert small_api.get("/v1/jobs").json() == {"items": [], "next_cursor": None}


def test_only_dead_jobs_that_are_there_can_be_tried_again(small_api: Any, house: Any, problem_of: Any) -> None:
    send(house, Errand("note", ()))
    (queued,) = small_api.get("/v1/jobs", params={"state": "queued"}).json()["items"]
    problem_of(small_api.post(f"/v1/jobs/{queued['id']}/retry"), 409, "conflict")
    problem_of(small_api.post("/v1/jobs/job_01m423bp000000000000000000/retry"), 404, "not_found")
    problem_of(small_api.get("/v1/jobs", params={"state": "lost"}), 422, "invalid_field")
    problem_of(small_api.get("/v1/jobs", params={"cursor": "x"}), 400, "bad_cursor")


def test_the_service_runs_jobs_itself_unless_it_only_answers(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        house = app.state.house
        with write(house.engine) as db:
            house.send(
                db, [Errand("catch_up", ("ath_01m423bp000000000000000000",), lane="ath_01m423bp000000000000000000")]
            )
        deadline_s = time.monotonic() + PATIENCE_S
        while not house.queue.page(state="done", limit=1, cursor=None).items:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        drain(app)
        assert house.draining
        assert 0 < house.drain_left_s() <= 30
    assert has_ended(app)
