"""A real server process on loopback: what it binds, whom it cuts off, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.api.headers import SECURITY

ROOT = Path(__file__).parents[3]
PATIENCE_S = 20
HEADER_TIMEOUT_S = 0.4


@dataclass
class Server:
    process: subprocess.Popen[str]
    port: int
    data: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def talk(self, *pieces: bytes) -> bytes:
        """Everything the server says until it closes the connection."""
        with self.connect() as line:
            for piece in pieces:
                line.sendall(piece)
            return until_closed(line)


def until_closed(line: socket.socket) -> bytes:
    heard = b""
    try:
        while piece := line.recv(65536):
            heard += piece
    except ConnectionResetError:
        pass
    return heard


def start(data: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CRAMPWATCH_")}
    return subprocess.Popen(
        [sys.executable, "-m", "service.cli", "serve", "--port", "0", *arguments],
        cwd=data,
        env={**clean, "PYTHONPATH": str(ROOT), "CRAMPWATCH_DATA_DIR": str(data / "data"), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("server")
    process = start(
        data,
        CRAMPWATCH_HEADER_TIMEOUT_S=str(HEADER_TIMEOUT_S),
        CRAMPWATCH_MIN_BODY_BYTES_PER_S="1000",
        CRAMPWATCH_LOG_FORMAT="json",
    )
    assert process.stdout is not None
    told = ""
    while (found := re.search(r"http://127\.0\.0\.1:(\d+)", told)) is None:
        line = process.stdout.readline()
        assert line, process.stderr and process.stderr.read()
        told += line
    yield Server(process, int(found[1]), data)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, (out, err)
    assert "Traceback" not in err


def problem_in(heard: bytes) -> tuple[int, dict[str, str], dict[str, Any]]:
    head, _, body = heard.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    assert headers["content-type"] == "application/problem+json"
    assert {name.decode() for name in SECURITY} - headers.keys() == set()
    document = json.loads(body)
    assert document["request_id"] == headers["x-request-id"]
    assert document["status"] == int(status.split()[1])
    return document["status"], headers, document


def request(path: str, *, method: str = "GET", headers: str = "", body: bytes = b"") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n".encode() + body


def test_it_answers(server: Server) -> None:
    heard = server.talk(request("/healthz"))
    assert heard.startswith(b"HTTP/1.1 200 OK")
    assert b"\r\nserver:" not in heard.lower()


def test_a_connection_that_says_nothing_is_closed(server: Server) -> None:
    assert server.talk() == b""


@pytest.mark.parametrize(
    "half", [b"GET /healthz HTTP/1.1\r\nHost: local", b"GET ", b"\r\n", b"POST / HTTP/1.1\r\nA: b\r\n"]
)
def test_half_a_head_is_answered_408_and_closed(server: Server, half: bytes) -> None:
    assert problem_in(server.talk(half))[0] == 408


def test_a_head_that_drips_is_closed_by_the_same_deadline(server: Server) -> None:
    """A byte now and then does not start the clock again."""
    with server.connect() as line:
        line.sendall(b"GET / HTTP/1.1\r\nX: ")
        line.settimeout(HEADER_TIMEOUT_S / 8)
        heard, drops = b"", 0
        while drops < 200:
            try:
                line.sendall(b"a")
                piece = line.recv(65536)
            except TimeoutError:
                drops += 1
                continue
            except ConnectionError:
                break
            heard += piece
            if not piece:
                break
    assert drops < 30
    assert b"408" in heard or heard == b""


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 40_000],
        [b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 8000 + b"\r\n"],
        [b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n\r\n"],
        [b"GET / HTTP/1.1\r\n", b"X: " + b"a" * 20_000, b"a" * 20_000],
    ],
)
def test_headers_over_the_limit_are_answered_431_and_closed(server: Server, pieces: list[bytes]) -> None:
    heard = server.talk(*pieces)
    assert heard == b"" or problem_in(heard)[0] == 431


def test_headers_below_the_limit_pass(server: Server) -> None:
    assert server.talk(request("/healthz", headers=f"X: {'a' * 30_000}\r\n")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HELO mail\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
def test_what_is_no_http_is_a_400_problem(server: Server, garbage: bytes) -> None:
    assert problem_in(server.talk(garbage))[0] == 400


@pytest.mark.parametrize("sent", [b"", b"x" * 100])
def test_a_body_that_stalls_is_answered_408_and_closed(server: Server, sent: bytes) -> None:
    head = request("/v1/athletes/me/uploads", method="POST", headers="Content-Length: 100000\r\n")
    assert problem_in(server.talk(head + sent))[0] == 408


def test_a_body_over_the_limit_is_answered_at_once_and_the_sender_cut_off(server: Server) -> None:
    head = request(
        "/v1/athletes", method="POST", headers="Content-Length: 1000000\r\nContent-Type: application/json\r\n"
    )
    heard = server.talk(head)
    assert problem_in(heard)[0] == 413


def test_an_upload_in_chunks_goes_through(server: Server) -> None:
    data = (ROOT / "fixtures" / "fit" / "valid" / "fast_start.fit").read_bytes()
    head = request("/v1/athletes/me/uploads", method="POST", headers="Transfer-Encoding: chunked\r\n")
    chunks = [b"%x\r\n%b\r\n" % (len(data[i : i + 8192]), data[i : i + 8192]) for i in range(0, len(data), 8192)]
    heard = server.talk(head, *chunks, b"0\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 201 Created")
    assert b'"outcome":"created"' in heard


def test_a_client_that_leaves_in_the_middle_harms_nobody(server: Server) -> None:
    with server.connect() as line:
        line.sendall(
            request("/v1/athletes/me/uploads", method="POST", headers="Content-Length: 100000\r\n") + b"x" * 5000
        )
    assert server.talk(request("/readyz")).startswith(b"HTTP/1.1 200")


def test_pipelined_requests_are_each_answered(server: Server) -> None:
    first = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert server.talk(first + first + request("/healthz")).count(b"HTTP/1.1 200 OK") == 3


def test_a_rebound_name_is_refused_on_the_wire(server: Server) -> None:
    heard = server.talk(b"GET /healthz HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n")
    assert problem_in(heard)[2]["code"] == "not_local"


@pytest.mark.parametrize(
    ("arguments", "variables", "sentence"),
    [
        (["--host", "0.0.0.0"], {}, "loopback"),  # noqa: S104 - what must not be bound
        ([], {"CRAMPWATCH_HOST": "::"}, "loopback"),
        ([], {"CRAMPWATCH_AUTH": "none"}, "CRAMPWATCH_AUTH"),
    ],
)
def test_it_refuses_to_start_where_it_would_stand_open(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], sentence: str
) -> None:
    process = start(tmp_path, *arguments, **variables)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode != 0
    assert sentence in out + err
    assert "Traceback" not in out + err
    assert not (tmp_path / "data").exists()


def test_sigterm_lets_the_running_request_end(server: Server, tmp_path: Path) -> None:
    """An upload of which half has arrived at SIGTERM is still received, stored and acknowledged."""
    process = start(tmp_path, CRAMPWATCH_LOG_FORMAT="json")
    assert process.stdout is not None
    told = ""
    while (found := re.search(r"http://127\.0\.0\.1:(\d+)", told)) is None:
        told += process.stdout.readline()
    data = (ROOT / "fixtures" / "fit" / "valid" / "fast_start.fit").read_bytes()
    head = request(
        "/v1/athletes/me/uploads", method="POST", headers=f"Content-Length: {len(data)}\r\nExpect: 100-continue\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(found[1])), timeout=PATIENCE_S) as line:
        line.sendall(head)
        assert b"100 Continue" in line.recv(65536)  # the handler has begun to read
        line.sendall(data[:1000])
        process.send_signal(signal.SIGTERM)  # later requests on open connections see /readyz at 503
        line.sendall(data[1000:])
        assert b"201 Created" in until_closed(line)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, (out, err)
