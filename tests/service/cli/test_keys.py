"""`key`, `athlete`, `export`, `scrub`, and `serve` with keys, as processes over one store."""

import json
import re
import signal
import socket
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests import disk

ROOT = Path(__file__).resolve().parents[3]


def _environment(tmp_path, **more):
    return {
        "CRAMPWATCH_DATA_DIR": str(tmp_path / "data"),
        "CRAMPWATCH_AUTH": "keys",
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def _run(tmp_path, *words, **more):
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        cwd=tmp_path,
        env=_environment(tmp_path, **more),
    )


def _ok(tmp_path, *words, **more):
    done = _run(tmp_path, *words, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def _served(tmp_path, **more):
    """A running service with keys: its address, and what it said at its start."""
    with (tmp_path / "log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=tmp_path,
            env=_environment(tmp_path, CRAMPWATCH_LOG_FORMAT="json", **more),
        )
    try:
        said = [process.stdout.readline() for _ in range(5)]
        found = re.search(r"listening on http://[^:]+:(\d+)", said[0])
        assert found, (said, (tmp_path / "log").read_text())
        yield f"http://127.0.0.1:{found[1]}", "".join(said)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


def _get(address, path, key, **headers):
    return httpx.get(address + path, headers={"Authorization": f"Bearer {key}", **headers}, timeout=30, trust_env=False)


def test_a_key_made_by_a_command_opens_the_service_until_it_is_revoked(tmp_path):
    athlete = _ok(tmp_path, "athlete", "add", "--name", "Zoë", "--external-id", "z-1").strip()
    admin = _ok(tmp_path, "key", "add", "--role", "admin", "--name", "mine").strip()
    own = _ok(tmp_path, "key", "add", "--role", "athlete", "--athlete", "z-1").strip()
    coach = _ok(tmp_path, "key", "add", "--role", "coach", "--athlete", athlete).strip()
    assert all(re.fullmatch(r"cw_[0-9A-Za-z]{36}", key) for key in (admin, own, coach))
    listed = _ok(tmp_path, "key", "list")
    assert not any(key in listed for key in (admin, own, coach))
    assert all(key[:9] in listed for key in (admin, own, coach))
    assert listed.count(athlete) == 2
    assert "Zoë" in _ok(tmp_path, "athlete", "list", PYTHONUTF8="1")
    with _served(tmp_path) as (address, said):
        assert "cw_" not in said
        assert _get(address, "/v1/athletes/me", own).json()["id"] == athlete
        assert _get(address, "/v1/keys", coach).status_code == 403
        [key_id] = re.findall(rf"(key_\w+) +{coach[:9]}", listed)
        _ok(tmp_path, "key", "revoke", key_id)
        assert _get(address, f"/v1/athletes/{athlete}", coach).status_code == 401
        deeds = _get(address, "/v1/audit", admin).json()["items"]
    assert [(one["actor"], one["action"]) for one in deeds] == [
        ("local", "key.revoked"),
        *[("local", "key.created")] * 3,
        ("local", "athlete.created"),
    ]
    assert _ok(tmp_path, "key", "list").count("20") > 3
    assert disk.holding(tmp_path / "data", admin[9:], own[9:]) == []


def test_the_first_start_prints_a_key_and_the_second_does_not(tmp_path):
    with _served(tmp_path, CRAMPWATCH_HOST="0.0.0.0") as (address, said):  # noqa: S104 - with keys it may
        key = re.search(r"key +(cw_\w+)", said)[1]
        assert _get(address, "/v1/athletes", key).json()["items"] == [], "nobody is `me` here"
        assert httpx.get(f"{address}/v1/athletes", trust_env=False).status_code == 401
        assert httpx.get(f"{address}/readyz", trust_env=False).status_code == 200
        tried = re.search(r"try +curl (.*)", said)[1]
        typed = f"curl -s {tried}".replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - likewise
        done = subprocess.run(["/bin/sh", "-c", typed], capture_output=True, check=True)
        assert json.loads(done.stdout)["items"][0]["name"] == "first start"
    with _served(tmp_path) as (address, said):
        assert "cw_" not in said
        assert _get(address, "/v1/athletes", key).status_code == 200
    assert key not in (tmp_path / "log").read_text()


def test_only_a_named_proxy_may_tell_whose_call_it_is(tmp_path):
    key = _ok(tmp_path, "key", "add", "--role", "ingest").strip()
    limits = {"CRAMPWATCH_ADDRESS_UPLOADS_PER_MINUTE": "2"}

    def answers(address):
        url = f"{address}/v1/athletes/ath_none/uploads"
        headers = {"Authorization": f"Bearer {key}"}
        return [
            httpx.post(
                url, headers={**headers, "X-Forwarded-For": f"192.0.2.{number}"}, content=b"x", trust_env=False
            ).status_code
            for number in range(4)
        ]

    with _served(tmp_path, **limits) as (address, _):
        assert answers(address) == [404, 404, 429, 429]
    with _served(tmp_path, **limits, CRAMPWATCH_TRUSTED_PROXIES="127.0.0.1") as (address, _):
        assert answers(address) == [404] * 4


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["key", "add", "--role", "athlete"], "exactly one athlete"),
        (["key", "add", "--role", "coach"], "one or more"),
        (["key", "add", "--role", "athlete", "--athlete", "nobody"], "no athlete"),
        (["key", "add", "--role", "athlete", "--athlete", "me"], "no athlete"),
        (["key", "revoke", "key_01k6p7e5000000000000000000"], "no such key"),
        (["key", "revoke", "\x1b]0;owned\x07"], "no id of a key"),
        (["export", "--athlete", "nobody"], "no athlete"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words, sentence, tmp_path):
    done = _run(tmp_path, *words)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "\x1b]" not in done.stderr


def test_an_external_id_that_is_taken_is_one_sentence(tmp_path):
    _ok(tmp_path, "athlete", "add", "--external-id", "7")
    done = _run(tmp_path, "athlete", "add", "--external-id", "7")
    assert (done.returncode, done.stdout) == (1, "")
    assert "external_id" in done.stderr


def test_an_export_is_the_archive_of_the_api(tmp_path):
    _run(tmp_path, "demo", CRAMPWATCH_AUTH="local", CRAMPWATCH_PORT=str(_free_port()))
    _ok(tmp_path, "export", "--output", "mine.zip")
    with zipfile.ZipFile(tmp_path / "mine.zip") as mine:
        assert mine.testzip() is None
        assert len(mine.read("activities.jsonl").splitlines()) > 20
        assert len([name for name in mine.namelist() if name.startswith("originals/")]) > 20
    piped = subprocess.run(
        [sys.executable, "-m", "service.cli", "export", "-o", "-"],
        capture_output=True,
        check=True,
        env=_environment(tmp_path),
        timeout=60,
    )
    assert piped.stdout.startswith(b"PK")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "mine.zip"]
    done = _run(tmp_path, "export", "--output", "no/such/folder/mine.zip")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_scrub_says_when_there_is_nothing_to_do(tmp_path):
    done = _run(tmp_path, "scrub")
    assert done.returncode == 0
    assert "nothing to do" in done.stderr


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
