"""`crampwatch import` as a process: into the store and to a server, killed and begun again, and what it says."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.catalogue import on
from fixtures.fit_writer import fit
from fixtures.runs import minutes
from service.cli.loads.found import Found, found_below
from service.cli.loads.server import BATCH_FILES, Server, batches
from service.errors import Unavailable

ROOT = Path(__file__).resolve().parents[3]
ARCHIVES = ROOT / "fixtures" / "archives"
PATIENCE_S = 60.0


def environment(tmp_path: Path) -> dict[str, str]:
    return {"CRAMPWATCH_DATA_DIR": str(tmp_path / "data"), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "service.cli", *map(str, words)]


def run(tmp_path: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), capture_output=True, text=True, check=False, timeout=110, cwd=ROOT, env=environment(tmp_path)
    )


def brought(tmp_path: Path, *words: object) -> dict[str, Any]:
    """What the import of the paths says as JSON."""
    done = run(tmp_path, "import", "--json", *words)
    assert done.returncode in (0, 1), done.stderr
    found = dict(json.loads(done.stdout))
    assert done.returncode == (1 if found["rejected"] else 0)
    return found


def asked(tmp_path: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the store."""
    with closing(sqlite3.connect(tmp_path / "data" / "crampwatch.db", timeout=30)) as db:
        return db.execute(query).fetchall()


def until(true: Callable[[], Any]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline_s, "it did not happen"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty short runs of as many days, in folders, with other things between them."""
    folder = tmp_path_factory.mktemp("history")
    _days(folder, 60)
    (folder / "notes.txt").write_text("no run")
    (folder / ".hidden.fit").write_bytes(b"never looked at")
    return folder


def _days(folder: Path, days: int) -> None:
    for day in range(days):
        path = folder / f"month{day // 30}" / f"{day:02}.fit"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fit(on(500 + day, minutes(6, 2.8), step_s=10.0)))


@contextmanager
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a running service with its worker."""
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            command("serve", "--port", "0"),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            env=environment(tmp_path),
        )
    try:
        assert process.stdout is not None
        found = re.search(r"listening on (http://\S+)", process.stdout.readline())
        assert found, (tmp_path / "log").read_text()
        yield found[1]
    finally:
        process.kill()
        assert process.stdout is not None
        process.stdout.close()
        process.wait()


def test_folders_and_bulk_archives_come_in_once(tmp_path: Path, history: Path) -> None:
    first = brought(tmp_path, history, ARCHIVES)
    outcomes = {item["name"]: (item["outcome"], (item["problem"] or {}).get("code")) for item in first["items"]}
    assert first["created"] == 60 + 6
    assert outcomes["month1/59.fit"] == ("created", None)
    assert outcomes["notes.txt"] == ("skipped", "unknown_type")
    assert outcomes["strava_export.zip: 1005.fit.gz"] == ("rejected", "truncated")
    assert outcomes["strava_export.zip: 0a1b.jpg"] == ("skipped", "unknown_type")
    assert ".hidden.fit" not in outcomes
    names = asked(tmp_path, "SELECT json_extract(d.edits, '$.name') FROM activity_details d")
    assert ("Along the canal",) in names, "the table of Strava's export supplies the names"
    assert asked(tmp_path, "SELECT DISTINCT via FROM files") == [("import",)]
    again = brought(tmp_path, history, ARCHIVES)
    assert (again["created"], again["duplicates"]) == (0, first["created"])
    assert asked(tmp_path, "SELECT count(*) FROM activities") == [(66,)]


def test_an_unpacked_export_tells_as_much_as_the_archive(tmp_path: Path) -> None:
    packed, unpacked = tmp_path / "packed", tmp_path / "unpacked"
    export = ARCHIVES / "strava_export.zip"
    with zipfile.ZipFile(export) as archive:
        archive.extractall(unpacked / "export")
    assert brought(packed, export)["created"] == brought(unpacked, unpacked)["created"] > 0
    told = "SELECT started_at, name, sport, score, warnings FROM activities ORDER BY started_at, name"
    assert asked(packed, told) == asked(unpacked, told)
    assert any(name for _, name, *_ in asked(packed, told))


def test_an_import_is_one_event_and_its_runs_are_caught_up_with(tmp_path: Path, history: Path) -> None:
    """Folders go by name, so the runs of the second month come late once they are brought in backwards."""
    brought(tmp_path, history / "month1")
    brought(tmp_path, history / "month0")
    assert asked(tmp_path, "SELECT type FROM events ORDER BY sequence") == [("import.done",)] * 2
    assert asked(tmp_path, "SELECT count(*) FROM athletes WHERE assess_from IS NOT NULL") == [(0,)]
    other = tmp_path / "other"
    other.mkdir()
    brought(other, history)
    score = "SELECT a.started_at, a.score, a.warnings FROM activities a ORDER BY 1"
    assert asked(tmp_path, score) == asked(other, score)


def test_the_table_tells_each_outcome_and_why_a_file_was_rejected(tmp_path: Path) -> None:
    done = run(tmp_path, "import", ARCHIVES / "strava_export.zip", "--each")
    assert done.returncode == 1
    assert re.search(r"created +4 ", done.stdout)
    assert re.search(r"rejected +1 ", done.stdout)
    assert re.search(r"all +12 ", done.stdout)
    assert "rejected  strava_export.zip: 1005.fit.gz (truncated)" in done.stdout
    assert "Copy the" in done.stdout
    assert re.search(r"skipped +why +such as", done.stdout)
    assert re.search(r"\d+ +no watch file +strava_export\.zip:", done.stdout)
    assert done.stderr == ""


def test_skipped_is_well_and_a_wrong_call_is_no_work(tmp_path: Path, history: Path) -> None:
    assert run(tmp_path, "import", history / "notes.txt").returncode == 0
    assert run(tmp_path, "import", history / "absent").returncode == 2
    assert run(tmp_path, "import").returncode == 2
    nobody = run(tmp_path, "import", history, "--athlete", "ath_" + "0" * 26)
    assert nobody.returncode == 1
    assert "no such athlete" in nobody.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "there are no files" in run(tmp_path, "import", empty).stderr


def test_what_its_owner_deleted_does_not_come_back(tmp_path: Path, history: Path) -> None:
    path = history / "month0" / "00.fit"
    with served(tmp_path) as address:
        first = brought(tmp_path, path)["items"][0]["activity_id"]
        assert httpx.delete(f"{address}/v1/activities/{first}", trust_env=False).status_code == 204
        assert brought(tmp_path, path)["skipped"] == 1
        assert brought(tmp_path, path, "--server", address)["skipped"] == 1
    assert asked(tmp_path, "SELECT count(*) FROM activities") == [(0,)]


def test_killed_and_begun_again_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    history, days = tmp_path / "history", 240
    _days(history, days)
    for least in (5, 40, 80):
        process = subprocess.Popen(command("import", history), cwd=ROOT, env=environment(tmp_path))
        try:
            until((tmp_path / "data" / "crampwatch.db").exists)
            until(lambda least=least: _count(tmp_path) >= least)
        finally:
            process.kill()
            assert process.wait() == -signal.SIGKILL
        assert _count(tmp_path) < days
    stored = _count(tmp_path)
    last = brought(tmp_path, history)
    assert (last["duplicates"], last["created"]) == (stored, days - stored)
    assert asked(tmp_path, "SELECT count(*), count(DISTINCT started_at) FROM activities") == [(days, days)]
    assert asked(tmp_path, "SELECT count(*) FROM athletes WHERE assess_from IS NOT NULL") == [(0,)]


def _count(tmp_path: Path) -> int:
    try:
        return int(asked(tmp_path, "SELECT count(*) FROM activities")[0][0])
    except sqlite3.OperationalError:  # not migrated yet
        return 0


def test_stopped_by_hand_it_says_how_to_go_on(tmp_path: Path) -> None:
    history = tmp_path / "history"
    _days(history, 1000)
    process = subprocess.Popen(
        command("import", history),
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # a shell starts what it sends into the background with SIGINT ignored, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it touches nothing else
    )
    until(lambda: _count(tmp_path) >= 3)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert b"Start it again to go on" in said
    assert b"Traceback" not in said
    assert re.search(rb"created +\d+", out)


def test_a_service_on_the_same_store_goes_on_meanwhile(tmp_path: Path, history: Path) -> None:
    run_of_today = fit(on(700, minutes(6, 2.8), step_s=10.0))
    with served(tmp_path) as address:
        process = subprocess.Popen(command("import", history), cwd=ROOT, env=environment(tmp_path))
        try:
            until(lambda: _count(tmp_path) >= 5)
            answer = httpx.post(f"{address}/v1/athletes/me/uploads", content=run_of_today, timeout=30, trust_env=False)
            assert answer.status_code == 201
        finally:
            assert process.wait(timeout=PATIENCE_S) == 0
        assert _count(tmp_path) == 61


def test_a_server_takes_the_same_and_tells_the_same(tmp_path: Path, history: Path) -> None:
    with served(tmp_path) as address:
        first = brought(tmp_path, history, ARCHIVES, "--server", address)
        assert (first["created"], first["rejected"]) == (66, 1)
        outcomes = {item["name"]: (item["outcome"], (item["problem"] or {}).get("code")) for item in first["items"]}
        assert outcomes["month1/59.fit"] == ("created", None)
        assert outcomes["1005.fit.gz"] == ("rejected", "truncated")
        assert outcomes["notes.txt"] == ("skipped", "unknown_type")
        until(lambda: asked(tmp_path, "SELECT type FROM events") != [])
        assert asked(tmp_path, "SELECT type FROM events") == [("import.done",)], "one for all batches"
        uploads = asked(tmp_path, "SELECT count(*) FROM uploads")
        again = brought(tmp_path, history, ARCHIVES, "--server", address)
        assert again["items"] == first["items"], "the same files are the same calls, and not done again"
        assert asked(tmp_path, "SELECT count(*) FROM uploads") == uploads
    assert _count(tmp_path) == 66


def found(*sizes: int, name: str = "a.fit") -> list[Found]:
    return [Found(Path(f"{number}-{name}"), f"{number}-{name}", size, 0) for number, size in enumerate(sizes)]


def test_batches_keep_the_order_and_what_is_large_goes_alone() -> None:
    made = batches([*found(1, 2), *found(5, name="x.zip"), *found(1, 20 * 2**20, 1), *found(*[1] * BATCH_FILES)])
    assert [len(batch.files) for batch in made] == [2, 1, 1, 1, BATCH_FILES, 1]
    assert [batch.more for batch in made] == [True] * 5 + [False]
    assert len({batch.key() for batch in made}) == len(made)
    assert batches(found(1))[0].key() != batches(found(2))[0].key()


def test_a_server_that_puts_us_off_is_asked_again_when_it_says(tmp_path: Path) -> None:
    """A server of a few lines: too busy twice, then the whole way of an upload."""
    (tmp_path / "a.fit").write_bytes(b"x")
    item = {"name": "a.fit", "part": 0, "outcome": "created", "activity_id": "act_1", "problem": None}
    script = iter(
        [
            httpx.Response(429, headers={"Retry-After": "7"}),
            httpx.Response(503, headers={"Retry-After": "3"}),
            httpx.Response(409, headers={"Retry-After": "2"}, json={"code": "idempotency_running"}),
            httpx.Response(202, json={"id": "upl_1"}),
            httpx.Response(200, json={"status": "running", "total": 0}),
            httpx.Response(200, json={"status": "done", "total": 1}),
            httpx.Response(200, json={"items": [item], "next_cursor": None}),
        ]
    )
    keys: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers.get("idempotency-key"))
        return next(script)

    slept: list[float] = []
    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://here") as client:
        server = Server(client, athlete="me", name="n", sleep=slept.append, clock_s=lambda: 0.0)
        results = [one for _, some in server.receive(found_below([tmp_path]), tick=lambda _: None) for one in some]
    assert [(one.name, one.outcome, one.activity_id) for one in results] == [("a.fit", "created", "act_1")]
    assert slept[:3] == [7.0, 3.0, 2.0]
    assert len(set(keys[:4])) == 1
    assert keys[0] is not None


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "a.fit").write_bytes(b"x")
    time_s = iter(range(0, 100_000, 400))
    busy = httpx.MockTransport(lambda _: httpx.Response(503))
    with httpx.Client(transport=busy, base_url="http://here") as client:
        server = Server(client, athlete="me", name="n", sleep=lambda _: None, clock_s=lambda: float(next(time_s)))
        with pytest.raises(Unavailable, match="puts us off"):
            list(server.receive(found_below([tmp_path]), tick=lambda _: None))


def test_the_words_of_a_refusal_are_the_services(tmp_path: Path, history: Path) -> None:
    with served(tmp_path) as address:
        done = run(tmp_path, "import", history, "--server", address, "--athlete", "ath_" + "0" * 26)
    assert done.returncode == 1
    assert "the service refuses: There is no such athlete" in done.stderr
