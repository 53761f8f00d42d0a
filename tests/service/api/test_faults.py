"""Faults below the door: a store that fails leaves nothing half done, and the answer says what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from service import examine, ingest
from service.app import create_app
from service.errors import NoSpace, Unavailable
from service.settings import Settings
from service.store import activities as activity_rows
from service.store import assessments, athletes, blobs, uploads
from service.store.engine import write
from service.store.ids import new_id
from tests import disk

FAST = "fit/valid/fast_start.fit"
HILLS = "fit/valid/hills.fit"


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
        broken.setattr(examine, "examine", bug)
        answer = api.upload(athlete, watch_file(FAST))
    assert "48.2" not in problem_of(answer, 500, "internal")["detail"]
    assert counts(api) == before


def test_a_bug_at_one_of_several_files_costs_that_one_alone(
    api: Any, athlete: str, watch_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, kept = [], examine.examine

    def bug(*positional: Any, **named: Any) -> Any:
        looked.append(True)
        if len(looked) == 1:
            raise KeyError("lat_deg=48.2")
        return kept(*positional, **named)

    files = [("file", (f"{name}.fit", watch_file(f"fit/valid/{name}.fit"))) for name in ("fast_start", "jog")]
    with monkeypatch.context() as broken:
        broken.setattr(examine, "examine", bug)
        answer = api.post(f"/v1/athletes/{athlete}/uploads", files=files)
    first, second = answer.json()["items"]
    assert (first["outcome"], first["problem"]["code"], second["outcome"]) == ("rejected", "internal", "created")
    assert "48.2" not in answer.text
    assert "crampwatch_bugs_total 0.0" not in api.get("/metrics").text


def test_a_full_disk_while_receiving_is_507(
    api: Any, athlete: str, problem_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.api import intake

    async def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/srv/tmp")

    monkeypatch.setattr(intake, "_write", full)
    assert "/srv" not in problem_of(api.upload(athlete, b"x"), 507, "no_space")["detail"]


def blobs_of(api: Any, athlete: str) -> set[str]:
    """The athlete's blobs on the disk."""
    folder = api.settings.data_dir / "blobs"
    return {str(path) for path in disk.paths(folder) if athlete in str(path)}


@pytest.mark.parametrize(("module", "name"), [(activity_rows, "insert"), (assessments, "adopt"), (uploads, "finish")])
def test_an_upload_that_fails_takes_its_blobs_back(
    *, api: Any, athlete: str, watch_file: Any, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise NoSpace("There is no space left to store this.", retry_after_s=60)

    with monkeypatch.context() as broken:
        broken.setattr(module, name, fail)
        assert api.upload(athlete, watch_file(FAST)).status_code == 507
    assert blobs_of(api, athlete) == set()


def test_a_taken_external_id_leaves_nothing_behind(api: Any, athlete: str, watch_file: Any, problem_of: Any) -> None:
    assert api.upload(athlete, watch_file(FAST), external_id="mine").status_code == 201
    before = blobs_of(api, athlete)
    problem_of(api.upload(athlete, watch_file(HILLS), external_id="mine"), 409, "conflict")
    assert blobs_of(api, athlete) == before
    assert len(before) == 2


def once_after(monkeypatch: pytest.MonkeyPatch, name: str, then: Any) -> None:
    """Do something after a step of `ingest`, as if another caller had come at that moment."""
    step = getattr(ingest, name)

    def call(*positional: Any, **named: Any) -> Any:
        made = step(*positional, **named)
        monkeypatch.setattr(ingest, name, step)
        then()
        return made

    monkeypatch.setattr(ingest, name, call)


@pytest.mark.parametrize("step", ["unpack", "already", "parse", "known_of", "prepare", "keep"])
def test_an_athlete_erased_during_an_upload_leaves_no_blob(
    *, api: Any, athlete: str, watch_file: Any, problem_of: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def erase() -> None:
        with write(api.app.state.house.engine) as db:
            athletes.erase(db, athlete, now=datetime.now(UTC))
        api.app.state.house.sweep()

    once_after(monkeypatch, step, erase)
    problem_of(api.upload(athlete, watch_file(FAST)), 404, "not_found")
    assert blobs_of(api, athlete) == set()


@pytest.mark.parametrize("erased", [False, True])
def test_what_is_deleted_while_its_duplicate_comes_in_is_no_bug(
    *, api: Any, athlete: str, watch_file: Any, problem_of: Any, monkeypatch: pytest.MonkeyPatch, erased: bool
) -> None:
    activity = api.run(athlete)["id"]

    def delete() -> None:
        with write(api.app.state.house.engine) as db:
            if erased:
                athletes.erase(db, athlete, now=datetime.now(UTC))
            else:
                activity_rows.delete(db, activity, athlete_id=athlete, now=datetime.now(UTC))

    once_after(monkeypatch, "already", delete)
    answer = api.upload(athlete, watch_file(FAST))
    if erased:
        problem_of(answer, 404, "not_found")
    else:
        assert answer.status_code == 200
        (item,) = answer.json()["items"]
        assert (item["outcome"], item["activity"]) == ("duplicate", None)


@pytest.mark.parametrize("method", ["delete", "delete_prefix"])
@pytest.mark.parametrize("what", ["activity", "athlete"])
def test_a_deletion_that_is_committed_is_done_though_the_blobs_cannot_go_yet(
    *, api: Any, athlete: str, monkeypatch: pytest.MonkeyPatch, what: str, method: str
) -> None:
    activity = api.run(athlete)["id"]
    address = f"/v1/activities/{activity}" if what == "activity" else f"/v1/athletes/{athlete}"

    def down(*_: object) -> None:
        raise Unavailable("The file store cannot be reached.")

    with monkeypatch.context() as broken:
        broken.setattr(blobs.Blobs, method, down)
        assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404
    assert blobs_of(api, athlete) != set() or method == "delete"
    api.delete(f"/v1/activities/{api.run(api.athlete())['id']}")
    assert blobs_of(api, athlete) == set(), "the next sweep did it"


def test_a_change_that_is_committed_is_answered_though_the_old_streams_cannot_go_yet(
    api: Any, athlete: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity = api.run(athlete, HILLS)["id"]

    def down(*_: object) -> None:
        raise Unavailable("The file store cannot be reached.")

    monkeypatch.setattr(blobs.Blobs, "delete", down)
    answer = api.patch(f"/v1/activities/{activity}", json={"sport": "cycling"})
    assert (answer.status_code, answer.json()["sport"]) == (200, "cycling")


def test_what_a_crash_left_goes_at_a_start_an_hour_later(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path, role="api"))
    athlete = new_id("ath", datetime.now(UTC))
    left, fresh = (blobs.original_key(athlete, blobs.digest_of(data)) for data in (b"left", b"fresh"))
    store = blobs.Blobs(f"file://{tmp_path}/blobs")
    for key in (left, fresh):
        store.put(key, b"")
    os.utime(tmp_path / "blobs" / left, times=(0, 0))
    old, young = tmp_path / "tmp" / "old", tmp_path / "tmp" / "young"
    old.parent.mkdir()
    for path in (old, young):
        path.write_bytes(b"half received")
    os.utime(old, times=(0, 0))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        assert set(store.list()) == {fresh}
        assert [path.name for path in young.parent.iterdir()] == ["young"]


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
    for path in disk.paths(api.settings.data_dir / "blobs"):
        if athlete in str(path):
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
