"""The client obeys no environment, keeps no cookie, and waits and takes within its limits; addresses are exact."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from service import sync
from service.fakes import Answer, Server
from service.sync import outgoing
from service.sync.addresses import Place, allowed, parsed
from service.sync.failures import Gone, NeedsReauth, ProviderDown, RateLimited, UnsafeURL, Unusable
from service.sync.outgoing import Wire

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def wire(http: httpx.AsyncClient, url: str) -> Wire:
    return Wire(http, lambda: NOW, api=(Place.of(f"{url}/api"),), files=(Place.of(f"{url}/files"),))


async def test_no_proxy_and_no_password_of_the_environment_is_used(monkeypatch, tmp_path):
    async def answer(request):
        return Answer(200, b"{}")

    async with Server(answer) as server, Server(answer) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login user password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        async with sync.client() as http:
            await wire(http, server.url).get(f"{server.url}/api/x")
        assert proxy.seen == []
        assert "authorization" not in server.seen[0].headers


async def test_a_cookie_of_one_answer_is_not_sent_with_the_next_call():
    async def answer(request):
        return Answer(200, b"{}", {"set-cookie": "session=of-another-athlete; Path=/"})

    async with Server(answer) as server, sync.client() as http:
        for _ in range(2):
            await wire(http, server.url).get(f"{server.url}/api/x")
        assert ["cookie" in request.headers for request in server.seen] == [False, False]


async def test_a_server_that_sends_drop_by_drop_is_left_after_the_time():
    async def answer(request):
        return Answer(200, b"x" * 1000, wait_s=30)

    async with Server(answer) as server, sync.client() as http:
        line = replace(wire(http, server.url), within_s=0.1)
        with pytest.raises(ProviderDown):
            await line.get(f"{server.url}/api/x")


async def test_nobody_there_is_a_provider_that_is_down():
    async with sync.client() as http:
        with pytest.raises(ProviderDown):
            await wire(http, "http://127.0.0.1:1").get("http://127.0.0.1:1/api/x")


@pytest.mark.parametrize(
    ("path", "taken"), [("/api", True), ("/api/x", True), ("/apix", False), ("/", False), ("/files/x", False)]
)
async def test_the_api_is_called_below_its_prefix_only(path, taken):
    async def answer(request):
        return Answer(200, b"{}")

    async with Server(answer) as server, sync.client() as http:
        line = wire(http, server.url)
        if taken:
            assert (await line.get(f"{server.url}{path}")).ok
        else:
            with pytest.raises(UnsafeURL):
                await line.get(f"{server.url}{path}")


async def test_an_address_of_the_api_is_no_address_of_a_file():
    async def answer(request):
        return Answer(200, b"{}")

    async with Server(answer) as server, sync.client() as http:
        with pytest.raises(UnsafeURL):
            await wire(http, server.url).file(f"{server.url}/api/x")
        assert server.seen == []


@pytest.mark.parametrize("token", ["", " ", "a\r\nX-Evil: 1", "é", "a\x00", "\x7f"])
async def test_a_token_that_no_header_may_hold_is_none(token):
    async with sync.client() as http:
        with pytest.raises(NeedsReauth):
            await wire(http, "http://127.0.0.1:1").get("http://127.0.0.1:1/api/x", bearer=token)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(200, b"not gzip", {"content-encoding": "gzip"}), ProviderDown),
        (Answer(200, b"x", {"content-encoding": "br"}), ProviderDown),
        (Answer(503, b"", {"retry-after": "3"}), RateLimited),
        (Answer(503), ProviderDown),
        (Answer(599), ProviderDown),
        (Answer(301, b"", {"location": "/api/y"}), UnsafeURL),
        (Answer(200, bytes(25 * 2**20 + 1)), Unusable),
    ],
)
async def test_an_answer_that_is_none(answer, kind):
    async def answers(request):
        return answer

    async with Server(answers) as server, sync.client() as http:
        with pytest.raises(kind):
            await wire(http, server.url).get(f"{server.url}/api/x")


async def test_an_answer_of_exactly_the_limit_is_taken():
    async def answer(request):
        return Answer(200, bytes(25 * 2**20))

    async with Server(answer) as server, sync.client() as http:
        assert len((await wire(http, server.url).get(f"{server.url}/api/x")).body) == 25 * 2**20


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Sun, 01 Nov 2026 09:00:30 GMT", 30.0),
        ("Sun, 01 Nov 2026 08:00:00 GMT", 0.0),
        ("99999999999", 86400.0),
        ("-5", 60.0),
        ("soon", 60.0),
        ("", 60.0),
        ("1e3", 60.0),
        ("٣", 60.0),
    ],
)
def test_retry_after_is_read_in_either_form_and_bounded(value, wait_s):
    assert outgoing.wait_s({"retry-after": value}, NOW) == wait_s


@pytest.mark.parametrize(
    ("status", "kind"), [(401, NeedsReauth), (403, NeedsReauth), (404, ProviderDown), (410, Gone), (418, Unusable)]
)
def test_a_status_is_judged_in_one_place(status, kind):
    with pytest.raises(kind):
        outgoing.Answer(status, {}, b"").needed(missing=ProviderDown("missing"))


def test_a_place_is_an_origin_and_a_prefix_of_whole_names():
    place = Place.of("https://a.example/fit/")
    for good in (
        "https://a.example/fit",
        "https://a.example/fit/1",
        "https://a.example:443/fit/x?y=1",
        "https://A.example/fit",
    ):
        assert allowed(good, [place])
    for bad in (
        "https://a.example/fitness",
        "http://a.example/fit",
        "https://a.example:444/fit",
        "https://a.example./fit",
        "https://b.a.example/fit",
        "https://a.example/fit/../x",
        "https://a.example/fit/%2e%2e/x",
        "https://a.example/fit%2f..",
        "https://a.example/FIT",
        "https://a.example",
    ):
        with pytest.raises(UnsafeURL):
            allowed(bad, [place])


def test_no_place_no_address():
    with pytest.raises(UnsafeURL):
        allowed("https://a.example/", [])


@pytest.mark.parametrize(
    "text",
    [None, 7, ["https://a.example"], b"https://a.example", "https://a.example/ü", "https://[::1", "https://a:99999/"],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(UnsafeURL):
        parsed(text)
