"""Migrations: from anywhere, by anybody, at the same time, and back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import Engine

from service.store import migrate
from service.store.engine import exclusive, make_engine, read, write
from service.store.migrate import config_for, downgrade, is_current, upgrade
from service.store.tables import metadata

from .conftest import Seed

ROOT = Path(__file__).resolve().parents[3]

STARTER = """
import sys
from service.store.engine import make_engine
from service.store.migrate import is_current, upgrade
print("ready", flush=True)
sys.stdin.readline()
engine = make_engine(sys.argv[1])
upgrade(engine)
assert is_current(engine)
"""


def counts(engine: Engine) -> dict[str, int]:
    with read(engine) as db:
        return {
            name: db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }


def dump(engine: Engine, *, columns: dict[str, list[str]] | None = None) -> dict[str, list[tuple[object, ...]]]:
    """Every row of our tables as it lies there, or of those columns alone."""
    shown = columns or columns_of(engine)
    with read(engine) as db:
        return {
            name: sorted(
                (tuple(row) for row in db.execute(sa.select(*map(sa.column, names)).select_from(sa.table(name)))),
                key=repr,
            )
            for name, names in shown.items()
        }


def columns_of(engine: Engine) -> dict[str, list[str]]:
    with read(engine) as db:
        there = sa.inspect(db)
        names = sorted(set(there.get_table_names()) & set(metadata.tables))
        return {name: sorted(column["name"] for column in there.get_columns(name)) for name in names}


def fill(engine: Engine, seed: Seed) -> None:
    with write(engine) as db:
        for number in range(3):
            athlete_id = seed.athlete(db, external_id=str(number))
            for _ in range(4):
                seed.activity(db, athlete_id, assessed={"level": "moderate"})


def test_an_empty_database_is_not_current_and_an_upgraded_one_is(empty: Engine) -> None:
    assert not is_current(empty)
    upgrade(empty)
    assert is_current(empty)
    upgrade(empty)
    assert set(counts(empty).values()) == {0}


def test_the_tables_of_the_program_are_the_tables_of_the_migrations(engine: Engine) -> None:
    """`alembic check` is clean: it raises where autogenerate would find anything to do."""
    with exclusive(engine) as db:
        command.check(config_for(db))


def test_check_finds_a_column_that_no_migration_makes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with exclusive(engine) as db:
        db.execute(sa.text("ALTER TABLE athletes DROP COLUMN beginner"))
        with pytest.raises(Exception, match="beginner"):
            command.check(config_for(db))


def test_foreign_tables_in_the_same_database_are_left_alone(engine: Engine) -> None:
    with write(engine) as db:
        db.execute(sa.text("CREATE TABLE dbos_like (id INTEGER PRIMARY KEY)"))
    with exclusive(engine) as db:
        command.check(config_for(db))


def test_each_revision_goes_down_and_up_again_and_keeps_what_is_there(engine: Engine, seed: Seed) -> None:
    """What a revision adds is lost on the way down; what was there before it stays, to the last value."""
    revisions = [script.revision for script in migrate._scripts().walk_revisions()]
    fill(engine, seed)
    whole = dump(engine)
    for revision in revisions[1:]:
        downgrade(engine, revision)
        known = columns_of(engine)
        below = dump(engine, columns=known)
        upgrade(engine, revisions[revisions.index(revision) - 1])
        assert dump(engine, columns=known) == below
        downgrade(engine, revision)
    upgrade(engine)
    assert dump(engine) == whole
    downgrade(engine, "base")
    assert columns_of(engine) == {}
    upgrade(engine)
    assert set(counts(engine).values()) == {0}


def test_a_remade_table_does_not_take_its_children_with_it(engine: Engine, seed: Seed) -> None:
    """SQLite alters a table by dropping and remaking it; with foreign keys awake the drop would cascade."""
    if engine.dialect.name != "sqlite":
        pytest.skip("a fact about SQLite")
    fill(engine, seed)
    before = counts(engine)
    with exclusive(engine) as db:
        names = ", ".join(column.name for column in metadata.tables["athletes"].columns)
        db.execute(sa.text(f"CREATE TABLE copy AS SELECT {names} FROM athletes"))  # noqa: S608  # our own columns
        db.execute(sa.text("DROP TABLE athletes"))
        metadata.tables["athletes"].create(db)
        db.execute(sa.text(f"INSERT INTO athletes SELECT {names} FROM copy"))  # noqa: S608  # likewise
        db.execute(sa.text("DROP TABLE copy"))
    assert counts(engine) == before
    with write(engine) as db:
        db.execute(sa.delete(metadata.tables["athletes"]))
        assert db.execute(sa.select(sa.func.count()).select_from(metadata.tables["activities"])).scalar_one() == 0


def test_a_migration_that_would_break_a_reference_is_rolled_back(engine: Engine, seed: Seed) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("a fact about SQLite")
    fill(engine, seed)
    before = counts(engine)
    with pytest.raises(RuntimeError, match="without what they refer to"), exclusive(engine) as db:
        db.execute(sa.delete(metadata.tables["athletes"]))
    assert counts(engine) == before


def test_a_database_that_a_newer_program_migrated_is_left_alone_and_served(engine: Engine) -> None:
    with write(engine) as db:
        db.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    upgrade(engine)
    assert is_current(engine)
    with read(engine) as db:
        assert db.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def start(url: str, *, cwd: Path, path: Path) -> subprocess.Popen[str]:
    behind = [found] if (found := os.environ.get("PYTHONPATH")) else []
    return subprocess.Popen(
        [sys.executable, "-c", STARTER, url],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(path), *behind])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_six_processes_that_start_at_once_all_find_a_current_database(url: str, tmp_path: Path) -> None:
    starters = [start(url, cwd=tmp_path, path=ROOT) for _ in range(6)]
    for starter in starters:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "ready\n"
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("go\n")
        starter.stdin.flush()
    ends = [(starter.communicate()[1], starter.returncode) for starter in starters]
    assert ends == [("", 0)] * 6
    engine = make_engine(url)
    assert is_current(engine)
    engine.dispose()


def test_migrations_are_found_where_the_packages_lie_whatever_the_working_directory(tmp_path: Path) -> None:
    """As installed: the packages side by side, no pyproject.toml, and a decoy in the working directory."""
    site, elsewhere = tmp_path / "100% site", tmp_path / "elsewhere"
    for package in ("migrations", "service"):
        shutil.copytree(ROOT / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    (elsewhere / "migrations").mkdir(parents=True)
    starter = start(f"sqlite:///{tmp_path}/x.db", cwd=elsewhere, path=site)
    assert starter.communicate("go\n") == ("ready\n", "")
    assert starter.returncode == 0


@pytest.mark.parametrize("command_line", [["current"], ["check"]])
def test_alembic_itself_works_from_the_project_with_the_settings_of_pyproject(
    url: str, engine: Engine, command_line: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-x", f"url={url}", *command_line],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    head = migrate._scripts().get_current_head()
    assert done.stdout.strip() in {f"{head} (head)", "No new upgrade operations detected."}
