"""Migrations: from anywhere, by anybody, at the same time, and back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from service.store import activities, events, uploads
from service.store.engine import exclusive, make_engine, read, write
from service.store.ids import new_id
from service.store.migrate import SCRIPTS, config_for, downgrade, is_current, known, upgrade
from service.store.tables import UtcTime, metadata
from service.store.uploads import NewItem

from .conftest import NOW, Seed


@pytest.fixture
def engine(own_engine: Engine) -> Engine:
    """These tests change the schema."""
    return own_engine


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


Rows = dict[str, list[dict[str, Any]]]


def dump(engine: Engine) -> Rows:
    """Every row of our tables as it lies there."""
    columns = columns_of(engine)
    with read(engine) as db:
        found = {
            name: db.execute(sa.select(*map(sa.column, names)).select_from(sa.table(name))).mappings()
            for name, names in columns.items()
        }
        return shown({name: [dict(row) for row in rows] for name, rows in found.items()}, columns)


def columns_of(engine: Engine) -> dict[str, list[str]]:
    with read(engine) as db:
        there = sa.inspect(db)
        names = sorted(set(there.get_table_names()) & set(metadata.tables))
        return {name: sorted(column["name"] for column in there.get_columns(name)) for name in names}


def fill(engine: Engine, seed: Seed) -> None:
    """Three athletes with runs, and at least one row in every table."""
    with write(engine) as db:
        for number in range(3):
            athlete_id = seed.athlete(db, external_id=str(number))
            gone, *_, last = [seed.activity(db, athlete_id, assessed={"level": "moderate"}) for _ in range(4)]
            activities.delete(db, gone, athlete_id=athlete_id, now=seed.tick())
            upload_id = new_id("upl", seed.tick())
            uploads.start(db, athlete_id, upload_id=upload_id, now=seed.now)
            uploads.add_items(db, upload_id, athlete_id=athlete_id, items=[NewItem("a.fit", "created", 0, last)])
            seed.rest(db, athlete_id, activity_id=last, upload_id=upload_id)
            events.append(db, athlete_id, type="upload.done", now=seed.tick())
        for table in metadata.sorted_tables:
            if db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0:
                db.execute(sa.insert(table).values(a_row(db, table)))
    assert all(counts(engine).values())


def a_row(db: Connection, table: sa.Table) -> dict[str, Any]:
    """A row that the table takes, with something in every column that cannot be empty, or refers to something."""
    words = dict(re.findall(r"(\w+) IN \('(\w+)'", " ".join(str(check.sqltext) for check in checks(table))))
    return {
        column.name: words.get(column.name) or something(db, column)
        for column in table.columns
        if not column.nullable or column.foreign_keys
        if column is not table.autoincrement_column
    }


def checks(table: sa.Table) -> list[sa.CheckConstraint]:
    return [found for found in table.constraints if isinstance(found, sa.CheckConstraint)]


def something(db: Connection, column: sa.Column[Any]) -> Any:
    """A value for the column: of the row that it refers to, where it does."""
    for key in column.foreign_keys:
        return db.execute(sa.select(key.column).limit(1)).scalar_one()
    if isinstance(column.type, UtcTime):
        return NOW
    known: dict[type[Any], Any] = {str: "x" * 64, int: 1, bool: False, float: 1.0, bytes: b"x", object: {}}
    value = known[column.type.python_type]
    return value[: column.type.length] if isinstance(column.type, sa.String) else value


def reflected(engine: Engine) -> sa.MetaData:
    """Our tables as they are in the database at the moment: what the program of that revision knew."""
    found = sa.MetaData()
    found.reflect(engine, only=lambda name, _: name in metadata.tables)
    for column in (column for table in found.tables.values() for column in table.columns):
        if isinstance(column.type, sa.JSON):
            column.type = metadata.tables[column.table.name].columns[column.name].type  # None is NULL, not "null"
    return found


def shown(rows: Rows, columns: dict[str, list[str]]) -> Rows:
    """The same rows with those tables and columns alone."""
    return {
        name: sorted(({column: row[column] for column in names} for row in rows[name]), key=repr)
        for name, names in columns.items()
    }


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


def below() -> list[str]:
    """Every revision below the newest, the newest of them first."""
    return list(reversed(known()))[1:]


@pytest.mark.parametrize("revision", below())
def test_a_revision_goes_down_and_up_and_down_and_keeps_every_value_that_it_knows(
    engine: Engine, seed: Seed, revision: str
) -> None:
    """What a later revision added is lost on the way down; all else stays, to the last value."""
    fill(engine, seed)
    whole = dump(engine)
    downgrade(engine, revision)
    known = columns_of(engine)
    assert dump(engine) == shown(whole, known)
    upgrade(engine)
    assert shown(dump(engine), known) == shown(whole, known)
    assert all(counts(engine)[name] == len(whole[name]) for name in known)
    downgrade(engine, revision)
    assert dump(engine) == shown(whole, known)


def test_every_revision_goes_and_all_come_back_to_an_empty_database(engine: Engine, seed: Seed) -> None:
    fill(engine, seed)
    downgrade(engine, "base")
    assert columns_of(engine) == {}
    upgrade(engine)
    assert set(counts(engine).values()) == {0}


@pytest.mark.parametrize("revision", below())
def test_the_program_of_an_earlier_revision_goes_on_working_after_the_upgrade(
    engine: Engine, seed: Seed, revision: str
) -> None:
    """While machines are renewed one by one, the old program writes, changes, reads and deletes what it knows."""
    fill(engine, seed)
    downgrade(engine, revision)
    old, rows = reflected(engine), dump(engine)
    upgrade(engine)
    with write(engine) as db:
        written = {table: list(map(dict, db.execute(sa.select(table)).mappings())) for table in old.sorted_tables}
        for table in reversed(old.sorted_tables):
            db.execute(sa.delete(table))
        assert not any(db.execute(sa.select(table)).first() for table in old.sorted_tables)
        for table, lines in written.items():
            db.execute(sa.insert(table), lines)
        for table in old.sorted_tables:
            first = next(iter(table.primary_key.columns))
            db.execute(sa.update(table).values({first: first}))
    assert shown(dump(engine), {name: sorted(lines[0]) for name, lines in rows.items()}) == rows


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
    engine: Engine, command_line: list[str]
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-x", f"url={url}", *command_line],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    head = known()[-1]
    assert done.stdout.strip() in {f"{head} (head)", "No new upgrade operations detected."}


def test_the_names_of_the_scripts_tell_their_revisions() -> None:
    """So that a database that is current is recognised without the library that would change it."""
    walked = [script.revision for script in ScriptDirectory(SCRIPTS).walk_revisions()]
    assert list(known()) == walked[::-1]
