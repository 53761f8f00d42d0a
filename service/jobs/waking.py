"""Who sends somebody where there is work: a look once a second at the inboxes and at the endpoints.

Events are appended in many places, by any process, and none of them knows of subscribers; in a burst an inbox is
written to many times a second, and one drain is enough. So nobody has to remember to wake anybody: whatever was
committed is found here, a retry whose time has come as well, and so is what a crash left.
"""

from __future__ import annotations

from typing import Final

from service.errands import DELIVER, Errand, drain_of
from service.jobs.drain import LINES
from service.jobs.workshop import Workshop
from service.store import endpoints, inbox
from service.store.engine import BUSY_TIMEOUT_S, read, write
from service.vault import Vault

LOOK_EVERY_S: Final = 1.0

LANE: Final = "deliveries"
"""One turn at a time: nobody hears two things at once, or one twice."""


class Waking:
    """Sends somebody where there is work and nobody is under way."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._services = tuple(Vault.of(shop.settings).services)

    def look(self) -> None:
        """Look once. Raises what the database raises; whoever looks again and again goes on."""
        with read(self._shop.engine) as db:
            told = inbox.with_work(db, self._services, now=self._shop.now())
            found = endpoints.with_work(db, now=self._shop.now())
        for name in told:
            if name not in LINES or LINES[name].may_call(self._shop.now()):
                self._send(drain_of(name))
        if found:
            self._send(Errand(DELIVER, lane=LANE))

    def _send(self, errand: Errand) -> None:
        if errand.lane is None or not self._shop.queue.is_awaited(errand.lane):
            with write(self._shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
                self._shop.enqueue(db, errand)
