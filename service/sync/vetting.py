"""Addresses of subscribers: https only, to hosts that the whole internet reaches, vetted at the moment of connecting.

A name is resolved once, every address in the answer has to be public, and the connection goes to an address that was
looked at: a name that answers otherwise the second time gains nothing. TLS still asks for the name, and so does Host.
Origins that the operator named are called as they are.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import httpcore
import httpx

from service.sync import outgoing
from service.sync.addresses import Place, parsed
from service.sync.failures import UnsafeURL
from service.sync.outgoing import Answer

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

REFUSED = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "::/8",  # unspecified, loopback, v4-compatible, v4-mapped
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "100::/64",
            "2001::/23",  # Teredo, benchmarking, ORCHID
            "2001:db8::/32",
            "2002::/16",  # 6to4 carries any IPv4 address within
            "3fff::/20",
            "5f00::/16",
            "fc00::/7",
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",
        ),
    )
)
"""Ours, from the registries of special addresses: `ipaddress.is_global` lets several of them pass."""
GLOBAL_V6 = ipaddress.ip_network("2000::/3")
HTTPS_PORT = 443


def is_public(text: str) -> bool:
    """Whether an address is one that the whole internet reaches.

    >>> [is_public(a) for a in ("93.184.215.14", "2606:2800:21f::1", "192.0.0.192", "2002:7f00:1::", "127.1")]
    [True, True, False, False, False]
    """
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.version == 6 and (address not in GLOBAL_V6 or getattr(address, "scope_id", None)):
        return False
    return not any(address in network for network in REFUSED if network.version == address.version)


async def resolved(host: str, port: int) -> Sequence[str]:
    """Every address of a name, as the system resolves it. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class VettingBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses alone; otherwise as `inner` does."""

    def __init__(self, *, resolve: Resolve = resolved, inner: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._resolve = resolve
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to a vetted address of the host, in the order of the answer. Raises Refused, ConnectError."""
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolve(host, port)
        except (OSError, UnicodeError) as wrong:
            raise httpcore.ConnectError("the name does not resolve") from wrong
        if not found or not all(map(is_public, found)):
            raise Refused("not public")
        failed: Exception = httpcore.ConnectError("nothing answers")
        for address in found:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as wrong:
                failed = wrong
        raise failed

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 - the signature of httpcore
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - likewise
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 - likewise
    ) -> httpcore.AsyncNetworkStream:
        """Never: a socket file is no public host. Raises Refused."""
        raise Refused("not public")

    async def sleep(self, seconds: float) -> None:
        """As httpcore wants it."""
        await self._inner.sleep(seconds)


class Refused(Exception):
    """The host has an address that is not public. No error of httpcore, so that nothing translates it."""


class VettedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool that vets; the pool is the one thing it has no parameter for."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, *, tls: ssl.SSLContext | None = None) -> None:
        context = tls or outgoing.tls()
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context, max_connections=32, max_keepalive_connections=0, network_backend=backend
        )


@dataclass(frozen=True, slots=True)
class Deliveries:
    """How events go out to subscribers: `public` vets every connection, `named` goes to `origins` alone."""

    public: httpx.AsyncClient
    named: httpx.AsyncClient
    origins: tuple[Place, ...] = ()
    within_s: float = outgoing.WITHIN_S

    @classmethod
    def over(cls, origins: Iterable[str] = (), *, backend: httpcore.AsyncNetworkBackend | None = None) -> Deliveries:
        """Both clients, made here and closed by `aclose`. Raises ValueError for one that is none; "" is skipped."""
        places = places_of(origins)
        vetted = VettedTransport(backend or VettingBackend())
        return cls(outgoing.client(transport=vetted), outgoing.client(), places)

    def vet(self, url: str) -> httpx.URL:
        """The address, if it may be delivered to as far as its text tells. Raises UnsafeURL."""
        return vetted(url, self.origins)

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """What the subscriber answers, without its body, redirects unfollowed. Raises UnsafeURL and ProviderDown."""
        target = self.vet(url)
        http = self.named if any(place.holds(target) for place in self.origins) else self.public
        request = http.build_request(
            "POST",
            target,
            content=body,
            headers={"content-type": "application/json", "accept-encoding": "identity", **headers},
        )
        try:
            return await outgoing.heard(http, request, within_s=self.within_s)
        except Refused as wrong:
            raise UnsafeURL("The host has an address that the internet cannot reach.") from wrong

    async def aclose(self) -> None:
        """Close both clients."""
        await self.public.aclose()
        await self.named.aclose()


def places_of(origins: Iterable[str]) -> tuple[Place, ...]:
    """The places that an operator names; "" is skipped. Raises ValueError for one that is none."""
    return tuple(Place.of(origin.strip()) for origin in origins if origin.strip())


def vetted(url: str, origins: Iterable[Place]) -> httpx.URL:
    """The address, if it may be delivered to as far as its text tells. Raises UnsafeURL."""
    target = parsed(url)
    if any(place.holds(target) for place in origins):
        return target
    if target.scheme != "https" or target.port not in {None, HTTPS_PORT}:
        raise UnsafeURL("Deliveries go to https addresses on the usual port only.")
    if _looks_numeric(target.host) and not is_public(target.host):
        raise UnsafeURL("Deliveries go to hosts that the internet can reach only.")
    return target


def _looks_numeric(host: str) -> bool:
    """Whether a host is an address, or one in an old spelling: decimal, hexadecimal, octal, shortened."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    return ":" in host or last.isdigit() or (last.startswith("0x") and all(c in "0123456789abcdef" for c in last[2:]))
