"""Deliveries go to public https addresses, vetted as the connection is made, and to origins the operator named."""

from __future__ import annotations

import ipaddress

import httpcore
import pytest

from service.sync.failures import ProviderDown
from service.sync.vetting import Refused, VettingBackend, is_public
from tests.service.sync.deliveries import DELIVERY_CHECKS, NOT_PUBLIC, PUBLIC, Wanted, answers, over

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("check", DELIVERY_CHECKS, ids=lambda check: check.__name__)
async def test_a_delivery(check):
    await check()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_known(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1", "172.32.0.1"])
def test_a_public_address_is_known(address):
    assert is_public(address)


def test_the_library_alone_would_let_some_pass():
    """Why the list is ours."""
    passed = [text for text in NOT_PUBLIC if _is_global(text)]
    assert {"224.0.0.1", "2002:7f00:1::", "fec0::1"} & set(passed)


def _is_global(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False


async def test_the_next_vetted_address_is_tried_where_one_does_not_answer():
    class Deaf(Wanted):
        async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
            self.asked.append((host, port))
            raise httpcore.ConnectError("deaf")

    deaf = Deaf()
    with pytest.raises(httpcore.ConnectError):
        await VettingBackend(resolve=answers((PUBLIC, "8.8.8.8")), inner=deaf).connect_tcp("hook.example", 443)
    assert deaf.asked == [(PUBLIC, 443), ("8.8.8.8", 443)]


async def test_a_name_that_does_not_resolve_is_tried_again_later():
    async def nothing(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    made = over(nothing, Wanted())
    with pytest.raises(ProviderDown):
        await made.post("https://hook.example/", b"", {})
    await made.aclose()


async def test_no_socket_file_is_opened():
    with pytest.raises(Refused):
        await VettingBackend().connect_unix_socket("/tmp/x")  # noqa: S108 - never opened


async def test_of_an_answer_of_a_subscriber_no_more_is_read_than_its_head():
    """Nobody needs its body, however long it is and whatever it is packed with."""
    from service.fakes import Answer, Server

    asked = []

    async def answer(request):
        asked.append(request.headers["accept-encoding"])
        return Answer(200, bytes(26 * 2**20), {"content-encoding": "gzip", "x-told": "yes"})

    async with Server(answer) as server:
        made = over(answers((PUBLIC,)), Wanted(), [server.url])
        found = await made.post(server.url, b"", {})
        await made.aclose()
    assert (found.status, found.headers["x-told"], found.body) == (200, "yes", b"")
    assert asked == ["identity"]


@pytest.mark.parametrize(
    "origin", ["ftp://a", "https://", "https://u@a", "https://a?x=1", "a.example", "https://a/../b"]
)
def test_an_origin_that_is_none_stops_the_start(origin):
    with pytest.raises(ValueError, match="address"):
        over(answers((PUBLIC,)), Wanted(), [origin])


async def test_origins_are_taken_as_the_setting_has_them():
    made = over(answers((PUBLIC,)), Wanted(), [" http://127.0.0.1:9 ", "", "https://b.example/x"])
    assert [(place.scheme, place.host, place.port, place.path) for place in made.origins] == [
        ("http", "127.0.0.1", 9, "/"),
        ("https", "b.example", 443, "/x"),
    ]
    await made.aclose()
