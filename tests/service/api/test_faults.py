"""Faults below the door: a store that fails leaves nothing half done, and the answer says what to do."""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service import ingest
from service.errors import NoSpace
from service.store import activities as activity_rows
from service.store import assessments, blobs, uploads

FAST = "fit/valid/fast_start.fit"


def counts(api: Any) -> dict[str, int]:
    """Rows of every table that an upload writes."""
    with sqlite3.connect(api.settings.data_dir / "crampwatch.db") as db:
        tables = ("files", "activities", "activity_details", "sources", "assessments", "uploads", "upload_items")
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608 - fixed names


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (blobs.Blobs, "put"),
        (activity_rows, "insert"),
        (assessments, "adopt"),
        (uploads, "start"),
        (uploads, "add_items"),
        (uploads, "finish"),
    ],
)
def test_a_failure_at_any_step_leaves_no_row_and_the_retry_works(
    *, api: Any, athlete: str, watch_file: Any, problem_of: Any, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    before = counts(api)

    def full(*_: object, **__: object) -> None:
        raise NoSpace("There is no space left to store this.", retry_after_s=60)

    with monkeypatch.context() as broken:
        broken.setattr(module, name, full)
        answer = api.upload(athlete, watch_file(FAST))
    problem_of(answer, 507, "no_space")
    assert answer.headers["retry-after"] == "60"
    assert counts(api) == before
    assert api.upload(athlete, watch_file(FAST)).status_code == 201
    assert counts(api)["activities"] == before["activities"] + 1


def test_a_bug_in_the_middle_is_a_500_that_leaves_nothing(
    api: Any, athlete: str, watch_file: Any, problem_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts(api)

    def bug(*_: object, **__: object) -> None:
        raise KeyError("lat_deg=48.2")

    with monkeypatch.context() as broken:
        broken.setattr(ingest, "_examine", bug)
        answer = api.upload(athlete, watch_file(FAST))
    assert "48.2" not in problem_of(answer, 500, "internal")["detail"]
    assert counts(api) == before


def test_a_full_disk_while_receiving_is_507(
    api: Any, athlete: str, problem_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.api import intake

    async def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/srv/tmp")

    monkeypatch.setattr(intake, "_write", full)
    assert "/srv" not in problem_of(api.upload(athlete, b"x"), 507, "no_space")["detail"]


@pytest.fixture
def locked(api: Any) -> Iterator[None]:
    """Another process holds the write lock."""
    other = sqlite3.connect(Path(api.settings.data_dir) / "crampwatch.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def test_a_locked_database_is_503_within_the_time_set(
    *, api: Any, athlete: str, watch_file: Any, problem_of: Any, locked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.app.state.house, "settings", api.settings.model_copy(update={"database_timeout_s": 0.2}))
    answer = api.upload(athlete, watch_file(FAST))
    problem_of(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert api.get(f"/v1/athletes/{athlete}").status_code == 200, "reading goes on"


def test_a_missing_blob_is_our_fault_and_says_no_path(api: Any, athlete: str, problem_of: Any) -> None:
    activity = api.run(athlete)["id"]
    for path in (api.settings.data_dir / "blobs").rglob("*"):
        if path.is_file() and athlete in str(path):
            path.unlink()
    for suffix in ("file", "streams", "splits"):
        answer = api.get(f"/v1/activities/{activity}/{suffix}")
        problem_of(answer, 500, "internal")
        assert athlete not in answer.text


def test_many_copies_at_once_make_one_activity(api: Any, athlete: str, watch_file: Any) -> None:
    answers: list[Any] = []
    senders = [
        threading.Thread(target=lambda: answers.append(api.upload(athlete, watch_file(FAST)))) for _ in range(12)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["items"][0]["activity"]["id"] for answer in answers}) == 1
    assert len(api.get(f"/v1/athletes/{athlete}/activities").json()["items"]) == 1
