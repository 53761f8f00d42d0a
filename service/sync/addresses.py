"""Which addresses may be called: exact origins with a path prefix, and what about an address is never innocent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from service.sync.failures import UnsafeURL

PORTS = {"http": 80, "https": 443}
NEVER = re.compile(r"[^\x21-\x7e]|\\")
"""No space, control character, backslash or letter beyond ASCII: readers of addresses disagree about all of them."""
HIDDEN_PATH = re.compile(r"%2e|%2f|%5c|%00", re.IGNORECASE)
LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """An origin and a path below it. `exact`: that path itself and nothing under it."""

    scheme: str
    host: str
    port: int
    path: str = "/"
    exact: bool = False

    @classmethod
    def of(cls, text: str, *, exact: bool = False) -> Place:
        """The place that `text` names, as `https://host[:port][/path]`. Raises ValueError."""
        try:
            url = parsed(text)
        except UnsafeURL as wrong:
            raise ValueError("not an address with a scheme, a host and at most a path") from wrong
        if url.query or "?" in text:
            raise ValueError("an address with a query cannot be a place")
        return cls(url.scheme, url.host, url.port or PORTS[url.scheme], url.path.rstrip("/") or "/", exact)

    def holds(self, url: httpx.URL) -> bool:
        """Whether the address lies here: scheme, host and port are the same, the path is this one or below it.

        >>> Place.of("https://a.example/fit").holds(httpx.URL("https://a.example/fit/1.fit"))
        True
        >>> Place.of("https://a.example/fit").holds(httpx.URL("https://a.example/fitness"))
        False
        """
        here = (self.scheme, self.host, self.port) == (url.scheme, url.host, url.port or PORTS[url.scheme])
        below = not self.exact and (self.path == "/" or url.path.startswith(f"{self.path}/"))
        return here and (url.path == self.path or below)


def parsed(text: str) -> httpx.URL:
    """The address, read by the library that will call it, once nothing about it is ambiguous. Raises UnsafeURL."""
    if not isinstance(text, str) or len(text) > LONGEST or NEVER.search(text):
        raise UnsafeURL("That is no address that could be called.")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as wrong:
        raise UnsafeURL("That is no address that could be called.") from wrong
    path = text.partition("?")[0].partition("#")[0]
    hidden = HIDDEN_PATH.search(path) or {".", ".."} & set(path.split("/")[3:])
    named = "@" in path.removeprefix(f"{url.scheme}://").partition("/")[0]
    port = url.port is None or 0 < url.port < 65536
    if url.scheme not in PORTS or not url.host or not port or named or "#" in text or hidden:
        raise UnsafeURL("The address holds a password, a fragment or a path that leads elsewhere.")
    return url


def allowed(text: str, places: Iterable[Place]) -> httpx.URL:
    """The address, if it lies in one of the places. Raises UnsafeURL."""
    url = parsed(text)
    if not any(place.holds(url) for place in places):
        raise UnsafeURL("The address is none of those that this service may be called at.")
    return url
