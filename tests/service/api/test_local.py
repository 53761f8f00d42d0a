"""auth=local: what is answered, and what is refused whatever the address it asks for."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.local import is_loopback_authority, refusal

GOOD_HOSTS = [
    "localhost",
    "localhost:8000",
    "LOCALHOST:1",
    "127.0.0.1",
    "127.0.0.1:8000",
    "127.255.1.9",
    "[::1]",
    "[::1]:80",
]
BAD_HOSTS = [
    "",
    "example.org",
    "localhost.example.org",
    "example.org:8000",
    "localhost@example.org",
    "127.0.0.1.nip.io",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "0.0.0.0",  # noqa: S104 - what must not be answered
    "10.0.0.1",
    "[::ffff:127.0.0.1]",
    "::1",
    "[::1",
    "localhost:",
    "localhost:99999",
    "localhost:80:80",
    "localhost, example.org",
]


@pytest.mark.parametrize("host", GOOD_HOSTS)
def test_a_loopback_host_is_answered(api: Any, host: str) -> None:
    assert api.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", BAD_HOSTS)
@pytest.mark.parametrize("path", ["/healthz", "/v1/athletes/me", "/docs", "/nothing"])
def test_any_other_host_is_refused_everywhere(api: Any, problem_of: Any, host: str, path: str) -> None:
    problem_of(api.get(path, headers={"Host": host}), 403, "not_local")


def test_two_hosts_are_refused(api: Any, problem_of: Any) -> None:
    answer = api.get("/healthz", headers=[("Host", "localhost"), ("Host", "example.org")])
    problem_of(answer, 403, "not_local")


@pytest.mark.parametrize(
    "header",
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "x-forwarded-anything",
        "X-Real-IP",
        "Via",
        "CF-Connecting-IP",
        "True-Client-IP",
        "X-Client-IP",
        "Client-IP",
    ],
)
def test_whatever_came_through_a_proxy_is_refused(api: Any, problem_of: Any, header: str) -> None:
    problem_of(api.get("/healthz", headers={header: "127.0.0.1"}), 403, "not_local")


@pytest.mark.parametrize(
    ("headers", "read", "change"),
    [
        ({}, True, True),
        ({"Origin": "http://localhost:8000"}, True, True),
        ({"Sec-Fetch-Site": "same-origin"}, True, True),
        ({"Sec-Fetch-Site": "none"}, True, True),
        ({"Origin": "http://localhost:3000"}, True, False),
        ({"Sec-Fetch-Site": "same-site"}, True, False),
        ({"Origin": "https://example.org"}, False, False),
        ({"Origin": "http://127.0.0.1:8000"}, False, False),
        ({"Origin": "null"}, False, False),
        ({"Origin": ""}, False, False),
        ({"Origin": "http://localhost.example.org"}, False, False),
        ({"Origin": "http://localhost:8000@example.org"}, False, False),
        ({"Origin": "file://localhost"}, False, False),
        ({"Origin": "http://[::1"}, False, False),
        ({"Sec-Fetch-Site": "cross-site"}, False, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"}, False, False),
        ({"Sec-Fetch-Site": "odd"}, False, False),
    ],
)
def test_a_page_may_call_only_its_own_origin(
    api: Any, problem_of: Any, headers: dict[str, str], *, read: bool, change: bool
) -> None:
    """Another site never; another port of this one may look, but not change anything."""
    reading = api.get("/v1/athletes/me", headers=headers)
    changing = api.patch("/v1/athletes/me", json={}, headers=headers)
    assert (reading.status_code == 200, changing.status_code == 200) == (read, change)
    for answer in (reading, changing):
        if answer.status_code != 200:
            problem_of(answer, 403, "not_local")


def test_a_refused_call_changes_nothing(api: Any, watch_file: Any) -> None:
    athlete = api.athlete()
    api.upload(athlete, watch_file("fit/valid/fast_start.fit"))
    before = api.get(f"/v1/athletes/{athlete}/activities").json()
    api.post(
        f"/v1/athletes/{athlete}/uploads",
        content=watch_file("fit/valid/even_run.fit"),
        headers={"Origin": "https://example.org"},
    )
    assert api.get(f"/v1/athletes/{athlete}/activities").json() == before


@pytest.mark.parametrize(
    ("client", "passes"), [(("127.0.0.1", 5), True), (("::1", 5), True), (None, True), (("192.168.1.5", 5), False)]
)
def test_a_caller_from_another_address_is_refused(client: tuple[str, int] | None, *, passes: bool) -> None:
    """Also where somebody started the app under a server that listens everywhere."""
    scope = {"type": "http", "method": "GET", "headers": [(b"host", b"localhost")], "client": client}
    assert (refusal(scope) is None) == passes


def test_a_host_is_read_to_the_letter() -> None:
    assert [is_loopback_authority(host) for host in GOOD_HOSTS] == [True] * len(GOOD_HOSTS)
    assert [host for host in BAD_HOSTS if is_loopback_authority(host)] == []


def test_a_browser_that_a_sync_service_sends_back_is_let_in_there_and_nowhere_else(api: Any, problem_of: Any) -> None:
    sent = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    problem_of(api.get("/v1/oauth/polar/callback?state=x", headers=sent), 404, "not_found")
    for path in ("/v1/athletes/me", "/v1/oauth/polar/callback/x", "/v1/oauth/../athletes/me"):
        problem_of(api.get(path, headers=sent), 403, "not_local")
    for other in ({"Sec-Fetch-Mode": "cors"}, {"Host": "example.org"}, {"X-Forwarded-For": "192.0.2.1"}):
        problem_of(api.get("/v1/oauth/polar/callback?state=x", headers=sent | other), 403, "not_local")
