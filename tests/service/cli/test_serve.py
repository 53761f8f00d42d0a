"""`serve` and `demo` as processes: what they say, what they take, and how they end."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.cli import server

ROOT = Path(__file__).resolve().parents[3]
START_S = 60.0


def _command(*words):
    return [sys.executable, "-m", "service.cli", *words]


def _environment(tmp_path, **more):
    return {"CRAMPWATCH_DATA_DIR": str(tmp_path / "data"), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **more}


def _run(tmp_path, *words, **more):
    return subprocess.run(
        _command(*words),
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        cwd=ROOT,
        env=_environment(tmp_path, **more),
    )


@contextmanager
def _served(tmp_path, *words):
    """A running service on a free port: the process, its address, and what it has said."""
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            _command("serve", "--port", "0", *words),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            env=_environment(tmp_path),
        )
    try:
        said = [process.stdout.readline() for _ in range(7)]
        found = re.search(r"listening on (http://\S+)", said[0])
        assert found, (said, (tmp_path / "log").read_text())
        yield process, found[1], "".join(said)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def _get(url):
    return httpx.get(url, timeout=30, trust_env=False).raise_for_status().json()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with _served(tmp_path_factory.mktemp("served")) as (_, address, said):
        yield address, said


def test_what_it_prints_can_be_tried_as_it_stands(service):
    address, said = service
    command = re.search(r"curl (.*)", said)[0]
    done = subprocess.run(["/bin/sh", "-c", f"{command} -s"], capture_output=True, text=True, check=True, cwd=ROOT)
    upload = json.loads(done.stdout)
    assert upload["items"][0]["activity"]["assessment"]["warnings"][0]["code"] == "fast_start"
    docs = re.search(r"docs +(\S+)", said)[1]
    assert httpx.get(docs, trust_env=False).status_code == 200
    history = re.search(r"history +(\S+)", said)[1]
    assert _get(history)["items"][0]["activity_id"] == upload["items"][0]["activity"]["id"]
    demo = re.search(r"demo +(.+) demo --server (\S+)", said)
    assert demo[2] == address
    version = subprocess.run(["/bin/sh", "-c", f"{demo[1]} --version"], capture_output=True, check=True, cwd=ROOT)
    assert version.stdout.startswith(b"crampwatch ")


def test_an_answer_does_not_wait_for_an_acknowledgement():
    """Connections have Nagle's algorithm off; with it and delayed acknowledgements each answer would take 40 ms."""

    async def nodelay():
        seen = asyncio.get_running_loop().create_future()

        async def greet(_reader, writer):
            seen.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listening = server.listen("127.0.0.1", 0)
        async with await asyncio.start_server(greet, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            found = await seen
            writer.close()
            await writer.wait_closed()
        return found

    assert asyncio.run(nodelay())


def test_the_json_of_analyse_is_the_documents_of_the_api(service, tmp_path):
    """What only a stored run has is null; all else is equal, for the same file under the same conditions."""
    address, _ = service
    client = httpx.Client(base_url=address, timeout=30, trust_env=False)
    athlete_id = client.post("/v1/athletes", json={}).json()["id"]
    for path in ("hills.fit", "intervals.fit", "treadmill.fit", "ride.fit"):
        data = (ROOT / "fixtures" / "fit" / "valid" / path).read_bytes()
        told = {"temperature_c": 15, "filename": path}
        upload = client.post(f"/v1/athletes/{athlete_id}/uploads", params=told, content=data).json()
        stored = upload["items"][0]["activity"]
        done = _run(tmp_path, "analyse", f"fixtures/fit/valid/{path}", "--temperature-c", "15", "--json")
        printed = json.loads(done.stdout)
        assert printed.keys() == stored.keys()
        only_stored = {name for name, value in printed.items() if value is None and stored[name] is not None}
        assert only_stored <= {"id", "athlete_id", "page", "created_at", "updated_at", "cramp_prompt"}
        assert {name for name in printed if printed[name] != stored[name]} - only_stored <= {"sources", "assessment"}
        own, other = printed["assessment"], stored["assessment"]
        assert own.keys() == other.keys()
        for part in (
            "score",
            "level",
            "warnings",
            "explanation",
            "reminders",
            "suppressed",
            "data_quality",
            "headline",
        ):
            assert own[part] == other[part], (path, part)
    client.close()


def test_demo_fills_the_history_of_a_running_service_and_again_changes_nothing(tmp_path):
    with _served(tmp_path) as (_, address, _said):
        first = _run(tmp_path, "demo", "--server", address)
        assert first.returncode == 0, first.stderr
        listed = json.loads((ROOT / "fixtures" / "demo.json").read_text())["files"]
        created = int(re.search(r"(\d+) created", first.stdout)[1])
        assert created >= len(listed) > 0
        assert "fast_start.fit" in first.stdout
        history = _get(f"{address}/v1/athletes/me/risk-history?limit=200")["items"]
        assert len(history) == created
        assert _get(f"{address}/v1/athletes/me")["mass_kg"] == 70.0
        worst = re.search(r"highest score +(\S+)(/activities/\S+)", first.stdout)
        assert worst[1] == address
        run = _get(f"{address}/v1{worst[2]}")
        assert run["assessment"]["score"] == max(row["score"] or 0 for row in history)
        assert run["page"] == worst[2]
        second = _run(tmp_path, "demo", "--server", address)
        assert (second.returncode, re.findall(r"\d+ \w+$", second.stdout, re.MULTILINE)[-1]) == (
            0,
            f"{created} duplicate",
        )


def test_demo_tells_who_runs_where_the_example_was_sent_before_and_leaves_a_runner_alone(tmp_path):
    def send(address, name, data):
        path = f"{address}/v1/athletes/me/uploads?filename={name}"
        assert httpx.post(path, content=data, timeout=30, trust_env=False).status_code == 201

    example = (ROOT / "fixtures/fit/valid/fast_start.fit").read_bytes()
    for folder in ("example", "own"):
        (tmp_path / folder).mkdir()
    with _served(tmp_path / "example") as (_, address, _said):
        send(address, "fast_start.fit", example)
        done = _run(tmp_path, "demo", "--server", address)
        assert (_get(f"{address}/v1/athletes/me")["mass_kg"], done.stderr) == (70.0, "")
    with _served(tmp_path / "own") as (_, address, _said):
        send(address, "own.gpx", (ROOT / "fixtures/gpx/valid/no_elevation.gpx").read_bytes())
        done = _run(tmp_path, "demo", "--server", address)
        assert _get(f"{address}/v1/athletes/me")["mass_kg"] is None
        assert "the made-up runs get no amounts" in " ".join(done.stderr.split())


def test_demo_without_a_service_fills_the_store_itself(tmp_path):
    port = _free_port()
    done = _run(tmp_path, "demo", CRAMPWATCH_PORT=str(port))
    assert done.returncode == 0, done.stderr
    assert "service.cli serve`" in done.stdout
    with _served(tmp_path) as (_, address, _said):
        assert len(_get(f"{address}/v1/athletes/me/risk-history?limit=200")["items"]) > 20


def test_demo_tells_what_a_bad_file_is_and_goes_on(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.fit").write_bytes(b"\0" * 100)
    (folder / "b.fit").write_bytes((ROOT / "fixtures/fit/valid/jog.fit").read_bytes())
    done = _run(tmp_path, "demo", "--from", str(folder), CRAMPWATCH_PORT=str(_free_port()))
    assert done.returncode == 1
    assert "a.fit: rejected (unknown_type)" in done.stderr
    assert "1 created" in done.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--server", "http://127.0.0.1:9"], "does not answer"),
        (["--server", "no address"], "does not answer"),
        (["--from", "no/such/folder"], "no files"),
    ],
)
def test_demo_says_in_a_sentence_why_it_cannot(words, sentence, tmp_path):
    done = _run(tmp_path, "demo", *words, CRAMPWATCH_PORT=str(_free_port()))
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_taken_port_is_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = _run(tmp_path, "serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "Address already in use" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_sigterm_ends_it_and_leaves_nothing_listening(tmp_path):
    with _served(tmp_path) as (process, address, _said):
        assert _get(f"{address}/healthz")
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        with pytest.raises(httpx.ConnectError):
            _get(f"{address}/healthz")
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log


def test_ctrl_c_is_a_good_end(tmp_path):
    with _served(tmp_path) as (process, _address, _said):
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_migrate_makes_the_database_and_may_be_run_again(tmp_path):
    for _ in range(2):
        done = _run(tmp_path, "migrate")
        assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "data" / "crampwatch.db").is_file()


@pytest.mark.parametrize("command", ["serve", "migrate", "demo"])
def test_a_setting_that_cannot_be_used_is_a_usage_error_that_names_it(command, tmp_path):
    done = _run(tmp_path, command, CRAMPWATCH_PORT="many")
    assert done.returncode == 2
    assert "CRAMPWATCH_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "data").write_text("a file stands here")
    done = _run(tmp_path, "migrate")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
