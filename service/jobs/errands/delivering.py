"""The errand of webhooks out: a round to every subscriber with work, side by side.

One turn at a time, over all workers (its lane), and in it every subscriber has a coroutine of its own: one that lets us
wait holds up nobody, neither the others nor a second thread. A turn lasts some seconds; while it waits for the last
answers of the slow, the quick are still served.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from structlog import get_logger

from service import sync
from service.errands import DELIVER
from service.errors import ServiceError
from service.jobs.post import SLOW_S, Round
from service.jobs.workshop import CONTINUE, Outcome, Workshop, runs
from service.store import endpoints
from service.store.engine import read
from service.sync import Deliveries
from service.vault import Vault

SLICE_S: Final = 8.0
MOST_ROUNDS: Final = 32
"""As many as the clients make connections."""

_LOOK_EVERY_S: Final = 0.25


@runs(DELIVER)
def deliver(shop: Workshop) -> Outcome | None:
    """Send what the feed has for each endpoint and what is due again; CONTINUE while there is more."""
    vault = Vault.of(shop.settings)

    async def turn() -> bool:
        post = sync.Deliveries.over(shop.settings.delivery_origins.split(","))
        try:
            return await Turn(shop, vault, post, time.monotonic() + SLICE_S).run()
        finally:
            await post.aclose()

    return CONTINUE if asyncio.run(turn()) else None


@dataclass(slots=True)
class Turn:
    """One turn of the deliveries, until `ends_s` of the monotonic clock; `rounds` are under way, by endpoint."""

    shop: Workshop
    vault: Vault
    post: Deliveries
    ends_s: float
    rounds: dict[str, asyncio.Task[bool]] = field(default_factory=dict)
    served_s: dict[str, float] = field(default_factory=dict)
    slow: set[str] | None = None
    """The endpoints whose answer was waited for when the time was over, and for longer; None until then."""
    failed: set[str] = field(default_factory=set)
    failure: BaseException | None = None

    async def run(self) -> bool:
        """Whether there is more to send. Raises what a round raised, once the others are done."""
        while True:
            waiting = self._waiting()
            if self._may_start():
                self._start(waiting)
            if not self.rounds:
                break
            await asyncio.wait(self.rounds.values(), timeout=_LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
            self._gather()
        if self.failure is not None:
            raise self.failure
        return bool(waiting)

    def _waiting(self) -> list[str]:
        """The endpoints with work and without a round; who was served longest ago before the others."""
        with read(self.shop.engine) as db:
            found = endpoints.with_work(db, now=self.shop.now())
        return sorted(set(found) - self.rounds.keys() - self.failed, key=lambda one: self.served_s.get(one, 0.0))

    def _may_start(self) -> bool:
        """Whether rounds may be begun: while there is time, and after it as long as the slow are waited for."""
        if self.failure is not None or self.shop.stopping.is_set():
            return False
        if time.monotonic() < self.ends_s:
            return True
        if self.slow is None:
            self.slow = set(self.rounds)
        return not self.slow.isdisjoint(self.rounds)

    def _start(self, waiting: list[str]) -> None:
        slow = self.slow or set()
        for endpoint_id in [one for one in waiting if one not in slow][: MOST_ROUNDS - len(self.rounds)]:
            ends_s = max(self.ends_s, time.monotonic() + _LOOK_EVERY_S)
            going = Round(self.shop, self.vault, self.post, endpoint_id, ends_s)
            self.rounds[endpoint_id] = asyncio.create_task(going.run())

    def _gather(self) -> None:
        for endpoint_id, task in [(name, task) for name, task in self.rounds.items() if task.done()]:
            del self.rounds[endpoint_id]
            self.served_s[endpoint_id] = time.monotonic()
            self._see(endpoint_id, task.exception())
            if self.slow is not None and time.monotonic() < self.ends_s + SLOW_S:
                self.slow.discard(endpoint_id)

    def _see(self, endpoint_id: str, failure: BaseException | None) -> None:
        """A database that is away fails the turn; a mistake of ours costs one endpoint its place in this turn."""
        if failure is None:
            return
        if isinstance(failure, ServiceError) or not isinstance(failure, Exception):
            self.failure = self.failure or failure
            return
        get_logger().error("delivery_mistake", exc_info=failure)
        if self.shop.metrics is not None:
            self.shop.metrics.bug()
        self.failed.add(endpoint_id)
