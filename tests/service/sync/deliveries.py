"""What has to hold of outgoing deliveries, as checks that a mutant can be held to. No check leaves loopback.

Connections are asked of a stub: it notes where a connection was wanted and makes none, or leads it to a local server.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

import httpcore

from service.fakes import Answer, Request, Server
from service.sync import vetting
from service.sync.failures import ProviderDown, UnsafeURL

PUBLIC = "93.184.215.14"
NOT_PUBLIC = (
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - what must not be called
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "4000::1",
    "",
    "name.example",
    "127.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
)
SPELLINGS = (
    "http://hook.example/x",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://user@hook.example/",
    "https://user:pass@hook.example/",
    "https://hook.example@127.0.0.1/",
    "https://hook.example:80/",
    "https://hook.example:8443/",
    "https://hook.example\\@127.0.0.1/",
    "https://hook.example /",
    "https://hook.example/\r\nX: y",
    "https://ⓔxample.com/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https:///x",
    "https://",
    "//hook.example/",
    "file:///etc/passwd",
    "gopher://hook.example/",
    "",
    "https://hook.example/#fragment",
)


@dataclass
class Wanted(httpcore.AsyncNetworkBackend):
    """A stub under the vetting: notes where a connection was wanted, and makes none."""

    asked: list[tuple[str, int]] = field(default_factory=list)
    tls: list[str | None] = field(default_factory=list)
    written: bytearray = field(default_factory=bytearray)

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.asked.append((host, port))
        return _Stream(self)

    async def sleep(self, seconds: float) -> None:
        return None


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    async def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        self._wanted.tls.append(server_hostname)
        return self

    def get_extra_info(self, info):
        return None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._wanted.written += buffer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        raise httpcore.ReadError("no connection is made in a test")

    async def aclose(self) -> None:
        return None


def answers(*rounds: Sequence[str]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A resolver that answers otherwise each time; the last answer stays."""
    left = list(rounds)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


def over(
    resolve: Callable[[str, int], Awaitable[Sequence[str]]], wanted: Wanted, origins: Iterable[str] = ()
) -> vetting.Deliveries:
    return vetting.Deliveries.over(origins, backend=vetting.VettingBackend(resolve=resolve, inner=wanted))


async def posted(made: vetting.Deliveries, url: str) -> str:
    """How a delivery ended: refused, down, or the status."""
    try:
        return str((await made.post(url, b"{}", {})).status)
    except UnsafeURL:
        return "refused"
    except ProviderDown:
        return "down"
    finally:
        await made.aclose()


async def no_address_but_a_public_one_is_connected_to() -> None:
    for address in NOT_PUBLIC:
        for answer in ((address,), (PUBLIC, address), (address, PUBLIC)):
            wanted = Wanted()
            assert await posted(over(answers(answer), wanted), "https://hook.example/x") == "refused", address
            assert wanted.asked == []


async def a_spelling_of_loopback_is_refused() -> None:
    for url in SPELLINGS:
        wanted = Wanted()
        resolved = ("127.0.0.1",)
        assert await posted(over(answers(resolved), wanted), url) == "refused", url
        assert wanted.asked == []


async def a_name_that_answers_otherwise_the_second_time_gains_nothing() -> None:
    wanted = Wanted()
    assert await posted(over(answers((PUBLIC,), ("127.0.0.1",)), wanted), "https://hook.example/x") == "down"
    assert wanted.asked == [(PUBLIC, 443)]
    assert wanted.tls == ["hook.example"]
    assert b"\r\nHost: hook.example\r\n" in bytes(wanted.written)


async def a_delivery_follows_no_redirect() -> None:
    async def answer(request: Request) -> Answer:
        return Answer(307, b"", {"location": "/elsewhere"})

    async with Server(answer) as server:
        assert await posted(over(answers((PUBLIC,)), Wanted(), [server.url]), f"{server.url}/hook") == "307"
        assert [request.path for request in server.seen] == ["/hook"]


async def a_named_origin_is_called_as_it_is_and_its_neighbour_is_not() -> None:
    async def answer(request: Request) -> Answer:
        return Answer(204)

    async with Server(answer) as server, Server(answer) as neighbour:
        assert await posted(over(answers((PUBLIC,)), Wanted(), [server.url]), f"{server.url}/hook") == "204"
        assert server.seen[0].body == b"{}"
        assert await posted(over(answers((PUBLIC,)), Wanted(), [server.url]), f"{neighbour.url}/hook") == "refused"
        assert neighbour.seen == []


DELIVERY_CHECKS = (
    no_address_but_a_public_one_is_connected_to,
    a_spelling_of_loopback_is_refused,
    a_name_that_answers_otherwise_the_second_time_gains_nothing,
    a_delivery_follows_no_redirect,
    a_named_origin_is_called_as_it_is_and_its_neighbour_is_not,
)
