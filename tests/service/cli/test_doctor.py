"""The doctor finds what is wrong, says what to do, and touches nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.errands import Errand
from service.jobs.queue import Queue, migrate
from service.store.engine import make_engine, write
from service.store.migrate import downgrade, upgrade


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRAMPWATCH_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def look() -> tuple[int, dict[str, dict[str, Any]]]:
    answer = CliRunner().invoke(app, ["doctor", "--json"])
    return answer.exit_code, {one["what"]: one for one in json.loads(answer.stdout)}


def made(folder: Path) -> None:
    engine = make_engine(f"sqlite:///{folder}/crampwatch.db")
    upgrade(engine)
    migrate(engine)
    engine.dispose()


def test_a_fresh_installation_is_well_and_nothing_is_made_by_looking(folder: Path) -> None:
    code, found = look()
    assert code == 0
    assert {name for name, one in found.items() if one["verdict"] == "note"} == {"data folder", "database"}
    assert not folder.exists()


def test_a_store_in_use_is_well(folder: Path) -> None:
    made(folder)
    code, found = look()
    assert code == 0
    assert (found["database"]["verdict"], found["jobs"]["verdict"]) == ("well", "well")


def test_a_variable_that_cannot_be_used_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAMPWATCH_PORT", "many")
    code, found = look()
    assert code == 1
    assert "CRAMPWATCH_PORT" in found["settings"]["words"]


def test_an_older_schema_is_found(folder: Path) -> None:
    made(folder)
    engine = make_engine(f"sqlite:///{folder}/crampwatch.db")
    downgrade(engine, "0001")
    engine.dispose()
    code, found = look()
    assert (code, found["database"]["verdict"]) == (1, "wrong")
    assert "crampwatch migrate" in found["database"]["advice"]


def test_jobs_that_were_given_up_are_found(folder: Path) -> None:
    from dbos import DBOSClient

    made(folder)
    engine = make_engine(f"sqlite:///{folder}/crampwatch.db")
    queue = Queue(engine)
    with write(engine) as db:
        queue.enqueue(db, Errand("nobody_does_this"))
    client: DBOSClient = queue.client
    (job,) = queue.page(state="queued", limit=9, cursor=None).items
    client.cancel_workflow(job.id)
    queue.close()
    engine.dispose()
    code, found = look()
    assert (code, found["jobs"]["verdict"]) == (1, "wrong")
    assert found["jobs"]["words"] == "1 given up"


def test_a_service_that_lacks_a_secret_is_noted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(folder)
    monkeypatch.setenv("CRAMPWATCH_STRAVA_CLIENT_ID", "1")
    code, found = look()
    assert code == 0
    assert found["sync services"]["verdict"] == "note"
    assert "strava" in found["sync services"]["words"]


def test_a_folder_that_nobody_may_write_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAMPWATCH_DATA_DIR", "/proc/nowhere")
    code, found = look()
    assert (code, found["data folder"]["verdict"]) == (1, "wrong")


def test_a_person_reads_it_as_lines(folder: Path) -> None:
    answer = CliRunner().invoke(app, ["doctor"])
    assert answer.exit_code == 0
    assert f"{datetime.now(UTC).year}" not in answer.stdout
    assert "program: crampwatch" in answer.stdout + answer.stderr
