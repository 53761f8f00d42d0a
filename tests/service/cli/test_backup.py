"""`crampwatch backup` and `crampwatch verify --all`: a store is copied and found whole, or what is wrong is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from service.cli import app
from service.store import backup, migrate
from service.store.engine import write
from tests.service.store.conftest import Seed
from tests.service.store.test_wholeness import Run, store_run


def call(*words: object) -> Result:
    return CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, named by the environment."""
    monkeypatch.setenv("CRAMPWATCH_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def runs(folder: Path) -> list[Run]:
    """Three runs in the store of the data folder."""
    engine, seed = backup.engine_on(folder), Seed()
    migrate.upgrade(engine)
    with write(engine) as db:
        athlete_id = seed.athlete(db)
        made = [store_run(db, backup.blobs_in(folder), seed, athlete_id) for _ in range(3)]
    engine.dispose()
    return made


def test_a_copy_is_made_and_is_a_data_folder(
    folder: Path, runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = call("backup", tmp_path / "copy")
    assert done.exit_code == 0, done.output
    assert "3 activities with their streams: all is there, and every hash is right." in done.stdout
    monkeypatch.setenv("CRAMPWATCH_DATA_DIR", str(tmp_path / "copy"))
    done = call("verify", "--all", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"athletes": 1, "files": 3, "streams": 3, "faults": []}


def test_what_is_wrong_is_said_and_counts_as_a_failure(folder: Path, runs: list[Run]) -> None:
    blobs = backup.blobs_in(folder)
    blobs.delete(runs[0].original)
    (folder / backup.BLOBS / runs[1].streams).write_bytes(b"other")
    done = call("verify", "--all")
    assert done.exit_code == 1
    assert f"{runs[0].original}: the file is not there." in done.stderr
    assert f"{runs[1].streams}: the file holds other bytes than its name says." in done.stderr
    assert "2 faults." in done.stdout
    told = json.loads(call("verify", "--all", "--json").stdout)["faults"]
    assert {(one["why"], one["key"]) for one in told} == {
        ("missing", runs[0].original),
        ("differs", runs[1].streams),
    }


def test_a_copy_of_what_is_not_whole_is_made_and_not_called_good(folder: Path, runs: list[Run], tmp_path: Path) -> None:
    (folder / backup.BLOBS / runs[1].streams).write_bytes(b"other")
    done = call("backup", tmp_path / "copy")
    assert done.exit_code == 1
    assert runs[1].streams in done.stderr


@pytest.mark.parametrize("words", [["verify"], ["verify", "--all", "run.fit"], ["backup"]])
def test_a_call_that_names_nothing_or_too_much_is_refused(folder: Path, words: list[str]) -> None:
    assert call(*words).exit_code == 2


def test_the_store_is_not_copied_onto_itself(folder: Path, runs: list[Run]) -> None:
    assert call("backup", folder).exit_code == 2
