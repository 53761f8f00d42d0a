"""`crampwatch connection`, as processes over one store, with a sync service on loopback."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from service.fakes import FAKES
from service.store import connections
from service.store.engine import make_engine, read
from service.sync.tokens import Keyring, new_key
from tests import disk

ROOT = Path(__file__).resolve().parents[3]
SECRET = "a-personal-token-of-somebody"  # noqa: S105 - made up
RENEWAL = "a-renewal-token-of-somebody"


@dataclass
class Shell:
    """A store, and the variables that every command is given."""

    folder: Path
    variables: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        own = {"CRAMPWATCH_DATA_DIR": str(self.folder / "data"), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
        return own | self.variables

    def run(self, *words: str, said: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "service.cli", *words],
            input=said,
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
            cwd=self.folder,
            env=self.environment | more,
        )

    def ok(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        done = self.run(*words, **more)
        assert done.returncode == 0, done.stderr
        return done

    def rows(self) -> list[connections.ConnectionRow]:
        engine = make_engine(f"sqlite:///{self.folder}/data/crampwatch.db")
        with sqlite3.connect(self.folder / "data/crampwatch.db") as plain:
            ids = [row[0] for row in plain.execute("SELECT DISTINCT athlete_id FROM connections")]
        try:
            with read(engine) as db:
                return [row for one in ids for row in connections.of(db, one)]
        finally:
            engine.dispose()

    def opened(self, row: connections.ConnectionRow, key: str) -> list[str]:
        ring = Keyring.of([key])
        bound = {"athlete_id": row.athlete_id, "provider": row.provider}
        return [ring.unlock(one, **bound) for one in (row.access_token, row.refresh_token) if one is not None]


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as made:
        yield made


@contextmanager
def played(portal: BlockingPortal, name: str) -> Iterator[Any]:
    """A fake, at work in a thread of its own."""

    async def make() -> Any:
        return FAKES[name]()

    with portal.wrap_async_context_manager(portal.call(make)) as fake:
        yield fake


@contextmanager
def served(shell: Shell) -> Iterator[str]:
    """A running service: its address."""
    with (shell.folder / "log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=shell.folder,
            env=shell.environment,
        )
    try:
        assert process.stdout is not None
        said = re.search(r"http://\S+", process.stdout.readline())
        assert said is not None
        yield said[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def test_a_connection_is_added_shown_and_removed_and_its_token_is_nowhere_in_the_clear(
    tmp_path: Path, portal: BlockingPortal
) -> None:
    with played(portal, "intervals") as fake:
        token, _ = fake.grant("i2049151")
        shell = Shell(tmp_path, fake.variables())
        athlete = shell.ok("athlete", "add", "--external-id", "jo").stdout.strip()
        named = ("--athlete", "jo", "--provider", "intervals")
        words = (*named, "--external-id", "2049151", "--access-token", "-", "--expires-in", "3600")
        added = shell.ok("connection", "add", *words, said=f"{token}\n")
        assert token not in added.stdout + added.stderr
        (row,) = shell.rows()
        assert (row.athlete_id, row.external_id) == (athlete, "i2049151"), "in the form that events have"
        assert row.expires_at is not None
        assert 3000 < (row.expires_at - datetime.now(UTC)).total_seconds() <= 3600
        shown = shell.ok("connection", "list").stdout
        assert athlete in shown
        assert "i2049151" in shown
        assert disk.holding(tmp_path / "data", token) == []

        removed = shell.ok("connection", "remove", *named)
        assert "The service has taken our access back." in removed.stderr
        assert token not in fake.access
        assert shell.rows() == []
        assert shell.run("connection", "remove", *named).returncode == 1


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--provider", "nobody", "--external-id", "x"), 1),
        (("--provider", "polar", "--external-id", ""), 2),
        (("--provider", "polar", "--external-id", "7", "--access-token", "two words"), 2),
        (("--provider", "polar", "--external-id", "7", "--refresh-token", RENEWAL), 2),
        (("--provider", "polar", "--external-id", "7", "--access-token", SECRET, "--athlete", "nobody"), 1),
    ],
)
def test_what_cannot_be_a_connection_is_refused_in_one_line(
    tmp_path: Path, words: tuple[str, ...], status: int
) -> None:
    shell = Shell(tmp_path, {})
    shell.ok("athlete", "add", "--external-id", "jo")
    done = shell.run("connection", "add", "--athlete", "jo", *words)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert "two words" not in done.stderr
    assert SECRET not in done.stderr
    assert RENEWAL not in done.stderr


def test_a_new_key_takes_over_and_the_old_one_can_go(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {})
    old = new_key()
    new = shell.ok("connection", "new-key").stdout.strip()
    for who in ("jo", "mo"):
        shell.ok("athlete", "add", "--external-id", who, CRAMPWATCH_SECRET_KEYS=old)
        words = ("--athlete", who, "--provider", "strava", "--external-id", who, "--access-token", f"{SECRET}-{who}")
        shell.ok("connection", "add", *words, "--refresh-token", f"{RENEWAL}-{who}", CRAMPWATCH_SECRET_KEYS=old)

    without = shell.run("connection", "relock", CRAMPWATCH_SECRET_KEYS=new)
    assert without.returncode == 1
    assert "2 could not be opened" in without.stderr
    first = shell.ok("connection", "relock", CRAMPWATCH_SECRET_KEYS=f"{new},{old}")
    assert "2 connections locked anew, 0 were already" in first.stderr
    again = shell.ok("connection", "relock", CRAMPWATCH_SECRET_KEYS=new)
    assert "0 connections locked anew, 2 were already" in again.stderr
    found = sorted(shell.opened(row, new) for row in shell.rows())
    assert found == [[f"{SECRET}-{who}", f"{RENEWAL}-{who}"] for who in ("jo", "mo")]
    assert SECRET not in first.stdout + first.stderr


@pytest.mark.parametrize(
    ("name", "variable"),
    [("strava", "CRAMPWATCH_STRAVA_SUBSCRIPTION_ID"), ("polar", "CRAMPWATCH_POLAR_WEBHOOK_SECRET")],
)
def test_a_webhook_is_made_over_the_services_api_and_calls_the_running_service(
    tmp_path: Path, portal: BlockingPortal, name: str, variable: str
) -> None:
    with played(portal, name) as fake:
        if name == "strava":
            fake.subscription = None
        shell = Shell(tmp_path, fake.variables())
        told = ("connection", "subscribe", "--provider", name)
        alone = shell.run(*told)
        assert alone.returncode == 2
        assert "CRAMPWATCH_PUBLIC_URL" in alone.stderr
        with served(shell) as address:
            made = shell.ok(*told, CRAMPWATCH_PUBLIC_URL=address)
            wanted = "120475" if name == "strava" else fake.webhook_secret
            assert made.stdout == f"{variable}={wanted}\n"
            listed = shell.ok(*told, "--list").stdout
            assert f"{address}/v1/webhooks/{name}/{fake.path_secret}" in listed
            again = shell.run(*told, CRAMPWATCH_PUBLIC_URL=address)
            assert again.returncode == 1, "there is one already"
            switched = shell.run(*told, "--activate")
            assert switched.returncode == (0 if name == "polar" else 1), switched.stderr
            shell.ok(*told, "--delete", listed.split()[0])
            assert shell.ok(*told, "--list").stdout == ""


def test_a_service_without_an_api_for_webhooks_says_so(tmp_path: Path, portal: BlockingPortal) -> None:
    with played(portal, "garmin") as fake:
        done = Shell(tmp_path, fake.variables()).run("connection", "subscribe", "--provider", "garmin", "--list")
    assert done.returncode == 1
    assert "set the address on its own pages" in done.stderr


def test_the_addresses_to_be_called_are_shown_with_secrets_that_stay_the_same(tmp_path: Path) -> None:
    """One that no variable names is made once, and only its owner may read the file that keeps it."""
    named = {"CRAMPWATCH_STRAVA_CLIENT_ID": "1", "CRAMPWATCH_STRAVA_CLIENT_SECRET": "x"}
    shell = Shell(tmp_path, named | {"CRAMPWATCH_PUBLIC_URL": "https://runs.example.org/"})
    first, second = shell.ok("webhooks"), shell.ok("webhooks")
    assert re.fullmatch(r"strava  https://runs\.example\.org/v1/webhooks/strava/[\w-]{32}\n", first.stdout)
    assert first.stdout == second.stdout
    assert "garmin" in first.stderr
    assert (tmp_path / "data/secrets.json").stat().st_mode & 0o077 == 0
    own = shell.ok("webhooks", CRAMPWATCH_STRAVA_PATH_SECRET="mine")  # noqa: S106  # part of an address
    assert own.stdout == "strava  https://runs.example.org/v1/webhooks/strava/mine\n"
