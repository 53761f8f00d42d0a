"""`crampwatch webhooks` on a store of its own: no server runs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service import consents, settings, subscribers
from service.cli import app
from service.errors import BadCall, Conflict, NotFound
from service.store import audit, calls, deliveries, endpoints, inbox
from service.store.engine import make_engine, read, write
from service.store.scope import Scope
from service.vault import Vault

HOOK = "https://hook.example/x"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRAMPWATCH_DATA_DIR", str(tmp_path))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["webhooks", *words], catch_exceptions=True)


def outgoing() -> list[dict[str, object]]:
    return list(json.loads(run("--json").stdout)["outgoing"])


def test_the_addresses_of_services_that_are_on_are_told_with_their_secrets(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(run("--json").stdout) == {"incoming": [], "outgoing": []}
    monkeypatch.setenv("CRAMPWATCH_POLAR_CLIENT_ID", "id")
    monkeypatch.setenv("CRAMPWATCH_POLAR_CLIENT_SECRET", "secret")
    monkeypatch.setenv("CRAMPWATCH_POLAR_WEBHOOK_SECRET", "word")
    monkeypatch.setenv("CRAMPWATCH_PUBLIC_URL", "https://runs.example/")
    (polar,) = json.loads(run("--json").stdout)["incoming"]
    kept = json.loads((folder / "secrets.json").read_text())["path_secrets"]["polar"]
    assert polar == {"provider": "polar", "url": f"https://runs.example/v1/webhooks/polar/{kept}"}
    assert run().stdout == f"polar  {polar['url']}\n"


def test_an_endpoint_is_made_tested_rotated_and_removed(folder: Path) -> None:
    secret = run("add", HOOK, "--event", "import.done").stdout.strip()
    assert secret.startswith("whsec_")
    (made,) = outgoing()
    assert (made["url"], made["events"], made["owner"]) == (HOOK, ["import.done"], "local")
    name = str(made["id"])
    assert run("test", name).exit_code == 0
    assert run("rotate", name).stdout.strip() not in {secret, ""}
    assert name in run().stdout
    engine = make_engine(f"sqlite:///{folder}/crampwatch.db")
    with read(engine) as db:
        (sent,) = deliveries.page(db, name, scope=Scope.everyone(), limit=9).items
        deeds = [row.action for row in audit.page(db, scope=Scope.everyone(), limit=9).items]
        assert endpoints.with_work(db, now=sent.due_at) == [name]
    assert (sent.type, sent.state) == ("endpoint.test", "pending")
    assert deeds == ["endpoint.rotated", "endpoint.created"]
    engine.dispose()
    assert run("remove", name).exit_code == 0
    assert outgoing() == []


def test_a_disabled_endpoint_is_enabled_again(folder: Path) -> None:
    run("add", HOOK)
    name = str(outgoing()[0]["id"])
    engine = make_engine(f"sqlite:///{folder}/crampwatch.db")
    with write(engine) as db:
        row = endpoints.get(db, name, owner=None)
        endpoints.disable(db, name, because="gone", now=row.created_at)
    engine.dispose()
    assert "disabled: gone" in run().stdout
    assert isinstance(run("test", name).exception, Conflict)
    assert run("enable", name).exit_code == 0
    assert outgoing()[0]["enabled"] is True


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("add", "http://hook.example/"), BadCall),
        (("add", "https://127.0.0.1/"), BadCall),
        (("add", HOOK, "--event", "activity.invented"), BadCall),
        (("add", HOOK, "--athlete", "nobody"), NotFound),
        (("remove", "whe_01k6p7e5000000000000000000"), NotFound),
        (("test", "x"), NotFound),
        (("rotate", "../x"), NotFound),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, words: tuple[str, ...], wrong: type[Exception]) -> None:
    assert isinstance(run(*words).exception, wrong)
    assert outgoing() == []


def test_secrets_go_under_the_first_key_with_the_tokens(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = consents.new_key(), consents.new_key()
    monkeypatch.setenv("CRAMPWATCH_SECRET_KEYS", old)
    secret = run("add", HOOK).stdout.strip()
    name = str(outgoing()[0]["id"])
    renewed = run("rotate", name).stdout.strip()

    def secrets_under(keys: str) -> list[str]:
        monkeypatch.setenv("CRAMPWATCH_SECRET_KEYS", keys)
        chosen = settings.load()
        engine = make_engine(chosen.database_url)
        with read(engine) as db:
            row = endpoints.get(db, name, owner=None)
        engine.dispose()
        return subscribers.secrets_of(Vault.of(chosen), row, now=row.created_at)

    monkeypatch.setenv("CRAMPWATCH_SECRET_KEYS", new)
    without = CliRunner().invoke(app, ["connection", "relock"])
    assert (without.exit_code, name in without.stderr) == (1, True)
    monkeypatch.setenv("CRAMPWATCH_SECRET_KEYS", f"{new},{old}")
    assert CliRunner().invoke(app, ["connection", "relock"]).exit_code == 0
    assert secrets_under(new) == [renewed, secret]


def keep(folder: Path, *sent: calls.NewCall) -> None:
    run("--json")
    engine = make_engine(f"sqlite:///{folder}/crampwatch.db")
    with write(engine) as db:
        calls.add(db, sent)
    engine.dispose()


def told(folder: Path) -> list[tuple[str, str, str]]:
    engine = make_engine(f"sqlite:///{folder}/crampwatch.db")
    with read(engine) as db:
        found = [(row.provider, row.kind, row.user) for row in inbox.page(db, limit=9).items]
    engine.dispose()
    return found


def polar(body: bytes, *, events: int = 0) -> calls.NewCall:
    headers = (("content-type", "application/json"), ("polar-webhook-event", "EXERCISE"))
    return calls.NewCall("polar", datetime(2026, 11, 1, 12, tzinfo=UTC), headers, body, events, frozenset())


EXERCISE = polar(
    b'{"event":"EXERCISE","user_id":475,"entity_id":"aQlC83","timestamp":"2026-11-01T12:00:00Z",'
    b'"url":"https://www.polaraccesslink.com/v3/exercises/aQlC83"}'
)


def test_a_kept_call_is_listed_and_read_again_as_the_program_understands_it_now(folder: Path) -> None:
    keep(folder, EXERCISE)
    assert re.search(r"1 +polar +2026-11-01 12:00:00Z +\d+ +0$", run("calls").stdout, re.MULTILINE)
    again = run("replay", "1")
    assert (again.exit_code, again.stdout) == (0, "call 1: 1 events, 0 when it came\n")
    assert told(folder) == [("polar", "created", "475")]
    assert run("replay", "--service", "polar").exit_code == 0
    assert told(folder) == [("polar", "created", "475")], "what is known changes nothing"


def test_a_call_that_cannot_be_read_is_told_and_the_others_are_read(folder: Path) -> None:
    keep(folder, polar(b"[]"), replace(EXERCISE, provider="gone"), EXERCISE)
    done = run("replay", "1", "2", "3")
    assert done.exit_code == 1
    assert "call 2: No sync service is called gone any more." in done.stderr
    assert "call 3: 1 events" in done.stdout
    assert told(folder) == [("polar", "created", "475")]


@pytest.mark.parametrize("words", [(), ("1", "--service", "polar"), ("7",)])
def test_what_is_to_be_read_again_has_to_be_named_and_there(folder: Path, words: tuple[str, ...]) -> None:
    keep(folder, EXERCISE)
    assert isinstance(run("replay", *words).exception, BadCall | NotFound)
