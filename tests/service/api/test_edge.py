"""The edge: ids, headers, the total handler, and what a log may hold."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
import structlog
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from service import logs
from service.api.edge import Edge
from service.api.headers import SECURITY

ATHLETE = "ath_01k6p7e5000000000000000000"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged, as JSON lines; the logging of the other tests is put back."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, structlog.get_config())
    stream = io.StringIO()
    logs.configure(level="info", style="json", stream=stream)
    yield stream
    root.handlers[:], root.level = before[0], before[1]
    structlog.configure(**before[2])


def call(app: FastAPI, path: str = "/") -> httpx.Response:
    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return await client.get(path)

    return anyio.run(run)


def app_that(error: Exception) -> FastAPI:
    app = FastAPI(middleware=[Middleware(Edge)])

    @app.get("/")
    def fail() -> None:
        raise error

    return app


@pytest.mark.parametrize(
    "error",
    [
        KeyError("47.8095"),
        RuntimeError("SELECT * FROM athletes"),
        sqlite3.OperationalError("no such table: /srv/data/crampwatch.db"),
        RecursionError(),
        MemoryError(),
        AssertionError(),
        ExceptionGroup("several", [ValueError("secret"), OSError(5, "secret", "/srv/secret")]),
    ],
)
def test_a_stray_exception_is_a_problem_with_an_id_and_nothing_of_itself(
    error: Exception, problem_of: Any, logged: io.StringIO
) -> None:
    answer = call(app_that(error))
    problem_of(answer, 500, "internal")
    for leak in (type(error).__name__, "Traceback", "secret", "SELECT", "/srv", "47.8095", ".py"):
        assert leak not in answer.text
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [line["request_id"] for line in lines] == [answer.headers["x-request-id"]] * 2
    assert lines[0]["error"] == type(error).__name__
    assert any("test_edge.py" in place for place in lines[0]["where"])
    assert "secret" not in logged.getvalue()
    assert "47.8095" not in logged.getvalue()


def test_an_error_in_a_librarys_own_words_becomes_a_problem(problem_of: Any) -> None:
    app = FastAPI(middleware=[Middleware(Edge)])

    @app.get("/")
    def fail() -> Response:
        return PlainTextResponse("Content Too Large in /srv/app", 413, {"Retry-After": "3", "Server": "x"})

    answer = call(app)
    problem_of(answer, 413, "too_large")
    assert answer.headers["retry-after"] == "3"
    assert "/srv" not in answer.text


def test_a_failure_after_the_first_byte_is_not_turned_into_a_second_answer() -> None:
    app = FastAPI(middleware=[Middleware(Edge)])

    async def pieces() -> Any:
        yield b"half"
        raise RuntimeError

    @app.get("/")
    def half() -> StreamingResponse:
        return StreamingResponse(pieces())

    with pytest.raises(RuntimeError):
        call(app)


PROBES = [
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/problems/empty"),
    ("GET", "/nothing"),
    ("DELETE", "/healthz"),
    ("POST", "/v1/athletes"),
    ("GET", "/v1/athletes"),
    ("GET", "/v1/athletes/me"),
    ("GET", f"/v1/athletes/{ATHLETE}"),
    ("PUT", "/v1/athletes/by-external-id/x"),
    ("POST", "/v1/athletes/me/uploads"),
    ("GET", "/v1/athletes/me/activities"),
    ("GET", "/v1/athletes/me/activities?limit=x"),
    ("GET", "/v1/athletes/me/risk-history"),
]


@pytest.mark.parametrize(("method", "path"), PROBES)
def test_every_answer_bears_the_security_headers_and_an_id(api: Any, method: str, path: str) -> None:
    answer = api.request(method, path)
    assert {name.decode() for name in SECURITY} - set(answer.headers) == set()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-request-id"].startswith("req_")
    assert "server" not in answer.headers


def test_ids_differ_and_are_our_own(api: Any) -> None:
    given = {"X-Request-Id": "mine\r\nSet-Cookie: x"}
    found = {api.get("/healthz", headers=given).headers["x-request-id"] for _ in range(20)}
    assert len(found) == 20


def test_logs_hold_no_names_positions_or_tokens(api: Any, watch_file: Any, logged: io.StringIO) -> None:
    """Canaries in every place that a caller can fill; none may turn up in a log line."""
    canary = "Kanarienvogel"
    athlete = api.athlete(name=canary, external_id=f"{canary}-1")
    api.put(f"/v1/athletes/by-external-id/{canary}-2", json={"name": canary})
    headers = {"Authorization": f"Bearer {canary}", "User-Agent": canary, "Referer": f"http://localhost:8000/{canary}"}
    made = api.post(
        f"/v1/athletes/{athlete}/uploads?filename={canary}.fit",
        content=watch_file("fit/valid/fast_start.fit"),
        headers=headers,
    )
    assert made.status_code == 201
    api.post(f"/v1/athletes/{athlete}/uploads?filename={canary}.fit", content=canary.encode())
    api.get(f"/v1/activities/{canary}?{canary}=1", headers=headers)
    logging.getLogger("uvicorn.error").warning("Invalid request", extra={"path": canary})
    structlog.get_logger().info("event", name=canary, lat_deg=48.2, token=canary)
    assert logged.getvalue().count("\n") >= 7
    assert canary not in logged.getvalue()
    assert "48.2" not in logged.getvalue()


def test_control_characters_in_a_log_are_escaped(logged: io.StringIO) -> None:
    structlog.get_logger().info("two\nlines\x1b[31m")
    assert json.loads(logged.getvalue())["event"] == "two\\nlines\\x1b[31m"


def test_one_line_is_logged_for_a_request(api: Any, logged: io.StringIO) -> None:
    answer = api.get("/v1/athletes/me")
    line = json.loads(logged.getvalue())
    assert line["event"] == "request"
    assert line["route"] == "/v1/athletes/{athlete}"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["duration_ms"] > 0
