"""Reassessing from the command line: told before it counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service import examine
from service.cli import app
from service.settings import load
from service.store.engine import make_engine, read
from tests.service.test_merging import fit
from tests.service.test_reassessing import other_rules  # noqa: F401  # a fixture

RUNS = ("easy_run", "fast_start")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with two runs; the name is the one that `other_rules` asks for."""
    monkeypatch.setenv("CRAMPWATCH_DATA_DIR", str(tmp_path / "data"))
    files = tmp_path / "runs"
    files.mkdir()
    for name in RUNS:
        (files / f"{name}.fit").write_bytes(fit(name))
    assert CliRunner().invoke(app, ["import", str(files)]).exit_code == 0
    return tmp_path


def scores() -> list[int]:
    engine = make_engine(load().database_url)
    try:
        with read(engine) as db:
            return [row[0] for row in db.exec_driver_sql("SELECT score FROM activities ORDER BY started_at")]
    finally:
        engine.dispose()


@pytest.mark.usefixtures("desk")
def test_the_present_rules_change_nothing() -> None:
    answer = CliRunner().invoke(app, ["reassess", "--json"])
    assert (answer.exit_code, json.loads(answer.stdout)) == (0, [])


@pytest.mark.usefixtures("other_rules")
def test_what_would_change_is_told_and_counts_only_with_adopt(desk: Path) -> None:
    before = scores()
    told = json.loads(CliRunner().invoke(app, ["reassess", "--athlete", "me", "--json"]).stdout)
    assert len(told) == 2
    assert scores() == before
    shown = CliRunner().invoke(app, ["reassess"])
    assert "fast_start" in shown.output
    assert "Nothing has changed yet" in shown.output
    assert CliRunner().invoke(app, ["reassess", "--adopt"]).exit_code == 0
    assert scores() == [score + 5 for score in before]
    assert examine.examine.__name__ == "other"


@pytest.mark.usefixtures("desk")
def test_an_athlete_who_is_not_there_is_one_sentence() -> None:
    answer = CliRunner().invoke(app, ["reassess", "--athlete", "nobody"])
    assert answer.exit_code != 0
