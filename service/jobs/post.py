"""A round to one subscriber: what is due is sent in the order of the feed, signed, and what came of it written down.

The first two failures of a delivery hold all that come after it, so that a subscriber which was away for some minutes
hears everything in order; then it steps aside, and the others go on without it. So does a subscriber that says when to
come back. A crash between an answer and its row repeats one delivery, under the same `webhook-id`.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson
from structlog import get_logger

from service import subscribers, sync
from service.errors import ServiceError
from service.jobs.workshop import Workshop
from service.store import deliveries, endpoints
from service.store.deliveries import DEAD, DELIVERED, PENDING, Attempt, DeliveryRow
from service.store.endpoints import EndpointRow
from service.store.engine import BUSY_TIMEOUT_S, read, write
from service.store.scope import Scope
from service.sync import Again, Delivered, Deliveries, GiveUp, Unsubscribed
from service.sync.outgoing import Answer, wait_s
from service.sync.waiting import DISABLED_AFTER_S, scaled
from service.vault import Vault

REFUSED: Final = "delivery_refused"

_AT_ONCE: Final = 50
_HOLDING: Final = 2
"""Failures of a delivery, from the first, that hold those behind it."""

_STALE_AFTER_S: Final = 1.0
"""How long a batch is trusted: an endpoint may be changed, and an athlete erased, meanwhile."""

SLOW_S: Final = 1.0
"""An answer that takes longer is slow."""

_SHORT_S: Final = 0.3
"""What is due so soon is waited for rather than come back to."""

Step = Again | GiveUp | Delivered | Unsubscribed


def _may_hear(audience: Scope, row: DeliveryRow) -> bool:
    """Whether the endpoint may be told of it still: its owner may have lost the athlete since it was queued."""
    return row.athlete_id is None or audience.covers(row.athlete_id)


@dataclass(slots=True)
class Round:
    """One turn at one endpoint, until `ends_s` of the monotonic clock."""

    shop: Workshop
    vault: Vault
    post: Deliveries
    endpoint_id: str
    ends_s: float

    async def run(self) -> bool:
        """Whether there is more to send at once."""
        while time.monotonic() < self.ends_s and not self.shop.stopping.is_set():
            endpoint, rows = self._next()
            if endpoint is None:
                return False
            if rows:
                await self._send_all(endpoint, rows)
            elif self._is_held(endpoint) or not self._fan_out():
                pause_s = self._pause_s(endpoint)
                if pause_s is None or pause_s > _SHORT_S:
                    return False
                await asyncio.sleep(pause_s)
        return True

    def _next(self) -> tuple[EndpointRow | None, list[DeliveryRow]]:
        """The endpoint, unless it is gone or disabled, and what is to be sent to it now."""
        with read(self.shop.engine) as db:
            endpoint = endpoints.find(db, self.endpoint_id)
            if endpoint is None or endpoint.disabled_at is not None:
                return None, []
            if self._is_held(endpoint):
                return endpoint, []
            rows = deliveries.due(db, self.endpoint_id, now=self.shop.now(), limit=_AT_ONCE)
            audience = endpoints.audience(db, endpoint)
        lost = [row.id for row in rows if audience == Scope.of() or not _may_hear(audience, row)]
        if lost:
            with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
                deliveries.withdraw(db, lost)
        return endpoint, [row for row in rows if row.id not in lost]

    def _is_held(self, endpoint: EndpointRow) -> bool:
        return endpoint.not_before is not None and self.shop.now() < endpoint.not_before

    def _fan_out(self) -> bool:
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            return subscribers.fan_out(db, self.endpoint_id, now=self.shop.now())

    def _pause_s(self, endpoint: EndpointRow) -> float | None:
        """Seconds until something is due; None where nothing waits."""
        with read(self.shop.engine) as db:
            due_at = deliveries.next_due_at(db, self.endpoint_id)
        if due_at is None:
            return None
        at = max(due_at, endpoint.not_before or due_at)
        return max(0.0, (at - self.shop.now()).total_seconds())

    async def _send_all(self, endpoint: EndpointRow, rows: list[DeliveryRow]) -> None:
        """Send them one after the other, until one is not taken or the batch has grown old."""
        stale_s = time.monotonic() + _STALE_AFTER_S
        for row in rows:
            taken = await self._send(endpoint, row)
            if not taken or time.monotonic() >= min(stale_s, self.ends_s) or self.shop.stopping.is_set():
                return

    async def _send(self, endpoint: EndpointRow, row: DeliveryRow) -> bool:
        """Whether the subscriber took it. One that is slow gives up its place after each, where others wait for one."""
        began_s = time.perf_counter()
        answer, problem = await self._posted(endpoint, row)
        took_s = time.perf_counter() - began_s
        if took_s > SLOW_S:
            self.ends_s = time.monotonic()
        step = self._step(answer, row)
        status = None if answer is None else answer.status
        taken = isinstance(step, Delivered)
        now = self.shop.now()
        attempt = Attempt(
            state=PENDING if isinstance(step, Again) else DELIVERED if taken else DEAD,
            at=now,
            due_at=now + timedelta(seconds=step.after_s) if isinstance(step, Again) else now,
            status=status,
            problem=None if taken else problem or REFUSED,
            took_ms=round(took_s * 1000),
        )
        self._note(endpoint, row, attempt, step, until=self._asked_until(answer, now))
        return taken

    async def _posted(self, endpoint: EndpointRow, row: DeliveryRow) -> tuple[Answer | None, str | None]:
        """What the subscriber answered, or the code of what went wrong."""
        body = row.body.encode()
        try:
            keys = subscribers.secrets_of(self.vault, endpoint, now=self.shop.now())
            headers = sync.signed(orjson.loads(body)["id"], body, at=self.shop.now(), secrets=keys)
            return await self.post.post(endpoint.url, body, headers), None
        except ServiceError as error:
            return None, error.what
        except Exception:  # noqa: BLE001 - a mistake of ours is a failed attempt like others, and holds up nobody else
            get_logger().error("delivery_mistake", exc_info=True)
            if self.shop.metrics is not None:
                self.shop.metrics.bug()
            return None, "internal"

    def _step(self, answer: Answer | None, row: DeliveryRow) -> Step:
        """What follows; a test is tried once."""
        step = sync.after_delivery(
            None if answer is None else answer.status,
            attempt=row.attempts + 1,
            chance=random.random,
            asked_s=self._asked_s(answer),
            scale=self._scale,
        )
        return GiveUp() if row.sequence is None and isinstance(step, Again) else step

    def _asked_s(self, answer: Answer | None) -> float | None:
        """For how long the subscriber wants to be left alone; None where it does not say."""
        if answer is None or answer.status not in {429, 503} or "retry-after" not in answer.headers:
            return None
        return wait_s(answer.headers, self.shop.now())

    def _asked_until(self, answer: Answer | None, now: datetime) -> datetime | None:
        asked_s = self._asked_s(answer)
        return None if asked_s is None else now + timedelta(seconds=scaled(asked_s, self._scale))

    @property
    def _scale(self) -> float:
        return self.shop.settings.sync_wait_scale

    def _note(
        self, endpoint: EndpointRow, row: DeliveryRow, attempt: Attempt, step: Step, *, until: datetime | None
    ) -> None:
        """What came of it is known; `until`: the subscriber asked not to be called before."""
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            if not deliveries.note(db, row.id, attempt=attempt):
                return
            if isinstance(step, Delivered):
                if endpoint.failing_since is not None or endpoint.not_before is not None:
                    endpoints.took_one(db, endpoint.id)
                return
            because = endpoints.GONE if isinstance(step, Unsubscribed) else None
            if because is None and row.sequence is not None:
                holds = isinstance(step, Again) and row.attempts < _HOLDING
                not_before = attempt.due_at if holds else until
                since = endpoints.failed_one(db, endpoint.id, now=attempt.at, not_before=not_before)
                if isinstance(step, GiveUp) and self._is_for_days(since, attempt.at):
                    because = endpoints.FAILING
            if because is not None:
                endpoints.disable(db, endpoint.id, because=because, now=attempt.at)
        if because is not None:
            get_logger().warning("endpoint_disabled", code=because)

    def _is_for_days(self, since: datetime, now: datetime) -> bool:
        return (now - since).total_seconds() >= scaled(DISABLED_AFTER_S, self._scale)
