"""How often: a minute's allowance for each key and each address, kept in memory by each process for itself.

The counting is the `limits` library's: a window that moves, so that never more than the allowance falls into any sixty
seconds.
"""

from __future__ import annotations

import ipaddress
import math
import time
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a minute's allowance after a call; `granted` False: the call was one too many."""

    granted: bool
    limit: int
    remaining: int
    reset_s: int

    def headers(self) -> dict[str, str]:
        """The headers that tell the caller, with `Retry-After` where it has to wait."""
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }
        return told if self.granted else told | {"Retry-After": str(max(1, self.reset_s))}


class Rates:
    """The allowances of one process."""

    def __init__(self) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def take(self, what: str, *, whose: str, limit: int) -> Allowance | None:
        """The allowance after taking one of it; None where there is no limit (0)."""
        if limit == 0:
            return None
        item = RateLimitItemPerMinute(limit, namespace=what)
        granted = self._window.hit(item, whose)
        reset_at_s, remaining = self._window.get_window_stats(item, whose)
        reset_s = math.ceil(max(0.0, reset_at_s - time.time()))
        return Allowance(granted, limit, max(0, int(remaining)), min(reset_s, 60))

    def is_spent(self, what: str, *, whose: str, limit: int) -> bool:
        """True where nothing is left of the allowance; nothing is taken."""
        return limit != 0 and not self._window.test(RateLimitItemPerMinute(limit, namespace=what), whose)


def neighbourhood(address: str) -> str:
    """The address to count by: of IPv6 the first 64 bits, as one household has all the rest.

    >>> neighbourhood("192.0.2.7"), neighbourhood("2001:db8:1:2:3:4:5:6"), neighbourhood("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8:1:2::', '192.0.2.7')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)
