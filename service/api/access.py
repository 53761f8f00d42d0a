"""Who calls, and what they may see: every handler gets a `Visit` and asks the store through its scope.

`auth=local` knows one kind of caller, who may see everyone, and the athlete `me`. A key fills the same record with its
own scope (`service.api.gate` has let it in); no handler has to know.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from anyio import CapacityLimiter
from fastapi import Depends, Path, Request
from sqlalchemy import Connection, Engine
from structlog import get_logger

from service.api.problems import request_id_of
from service.api.rates import Rates
from service.api.sightings import Sightings
from service.errands import Enqueue, Errand
from service.errors import NoSpace, NotFound, Unavailable
from service.jobs.queue import Queue
from service.metrics import Metrics
from service.postbox import Postbox
from service.settings import Settings
from service.store import athletes, audit, engine, ids, keys, removals, scrub
from service.store.athletes import ME, AthleteRow
from service.store.blobs import Blobs
from service.store.ids import Prefix
from service.store.keys import KeyRow
from service.store.scope import Scope
from service.vault import Vault

CALLER = "crampwatch.caller"
"""Where in the scope of a request the gate puts who calls."""


@dataclass(slots=True)
class House:
    """What one process has open, made by the application's lifespan. `draining` is set when it is told to stop."""

    settings: Settings
    engine: Engine
    blobs: Blobs
    uploads: CapacityLimiter
    queue: Queue
    vault: Vault
    postbox: Postbox
    metrics: Metrics
    rates: Rates = field(default_factory=Rates)
    sightings: Sightings = field(default_factory=Sightings)
    draining: bool = False
    drained_at_s: float | None = None

    def drain(self) -> None:
        """Nothing; from now on no new work should be sent here, and what runs has `drain_timeout_s` left."""
        self.draining = True
        self.drained_at_s = self.drained_at_s or time.monotonic()

    def drain_left_s(self) -> float:
        """Seconds until what still runs is cut off."""
        since_s = 0.0 if self.drained_at_s is None else time.monotonic() - self.drained_at_s
        return max(0.0, self.settings.drain_timeout_s - since_s)

    @property
    def enqueue(self) -> Enqueue:
        """Where a door hands over what is to be done later."""
        return self.queue.enqueue

    def send(self, db: Connection, errands: Iterable[Errand]) -> None:
        """Nothing; the errands will be done, if and only if the transaction is committed."""
        for errand in errands:
            self.enqueue(db, errand)

    def owes_scrubbing(self) -> bool:
        """True where an erasure has left the database file to be written anew. Raises Unavailable."""
        return scrub.is_due(self.engine)

    def let_go_of(self, athlete_id: str) -> None:
        """Nothing; the jobs and blobs of an athlete whose erasure is committed are gone, or go with a later sweep.

        A job that is left by a fault finds nobody, and leaves nothing.
        """
        try:
            self.queue.forget_lane(athlete_id)
        except (NoSpace, Unavailable):
            get_logger().warning("jobs_left", exc_info=True)
        self.sweep()

    def sweep(self) -> None:
        """Nothing; what a transaction, now committed, asked to go is gone, or goes with a later sweep.

        So is what a process that died left half written, and what lies in the unused parts of a small database file:
        an erasure leaves nothing of anybody. A store that fails here must not make a call look failed whose work is
        done.
        """
        try:
            removals.sweep(self.engine, self.blobs)
            self.blobs.sweep_temporary()
            scrub.scrub(self.engine, at_most_bytes=scrub.AT_ONCE_BYTES, wait_s=self.settings.database_timeout_s)
        except (NoSpace, Unavailable):
            get_logger().warning("sweep_failed", exc_info=True)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: `id` is a key's, or `local`; `athlete_id` is who `me` is, where it is somebody of the caller's own."""

    id: str
    role: str
    scope: Scope
    athlete_id: str | None = None

    @classmethod
    def local(cls) -> Caller:
        """Somebody at this computer, who may do everything."""
        return cls(audit.LOCAL, keys.ADMIN, Scope.everyone())

    @classmethod
    def of(cls, row: KeyRow) -> Caller:
        """The holder of a valid key."""
        own = row.athlete_ids[0] if row.role == keys.ATHLETE and row.athlete_ids else None
        return cls(row.id, row.role, row.scope(), own)


@dataclass(frozen=True, slots=True)
class Visit:
    """One call: the open house, who calls and whose data they may see, and when it came."""

    house: House
    caller: Caller
    now: datetime
    request_id: str | None
    language: str

    @property
    def scope(self) -> Scope:
        """Whose data the caller may see."""
        return self.caller.scope

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads."""
        return engine.read(self.house.engine)

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that writes; the answer may be given once it is left."""
        return engine.write(self.house.engine, wait_s=self.house.settings.database_timeout_s)

    def demand_everyone(self) -> None:
        """Nothing, where the caller may see every athlete. Raises NotFound."""
        if self.scope.athlete_ids is not None:
            raise NotFound("There is no such thing here, or it is not yours; name an athlete of yours.")

    def athlete(self, db: Connection, name: str) -> AthleteRow:
        """The athlete of an address: an id, or `me`. Raises NotFound, also for somebody else's."""
        if name != ME:
            return athletes.get(db, checked(name, "ath"), scope=self.scope)
        if self.caller.athlete_id is not None:
            return athletes.get(db, self.caller.athlete_id, scope=self.scope)
        mine = self._of_this_computer(db)
        if mine is None:
            raise NotFound("There is no athlete `me` here.")
        return mine

    def my_id(self, db: Connection) -> str | None:
        """The id of `me`; None where there is nobody of the caller's own."""
        mine = None if self.caller.athlete_id is not None else self._of_this_computer(db)
        return self.caller.athlete_id if mine is None else mine.id

    def _of_this_computer(self, db: Connection) -> AthleteRow | None:
        return athletes.find_me(db) if self.house.settings.auth == "local" else None

    def note(self, db: Connection, action: str, *, athlete_id: str | None, subject: str | None = None) -> None:
        """Nothing; the deed stands in the audit log, in the transaction that does it."""
        audit.note(
            db,
            now=self.now,
            actor=self.caller.id,
            action=action,
            athlete_id=athlete_id,
            subject=subject,
            request_id=self.request_id,
        )


def checked(name: str, prefix: Prefix) -> str:
    """An id out of an address, once it has the shape of one. Raises NotFound, so that odd bytes never reach a query."""
    if not ids.is_id(name, prefix):
        raise NotFound("There is no such thing here, or it is not yours.")
    return name


def zone_of(athlete: AthleteRow) -> ZoneInfo:
    """The athlete's zone, UTC where none is told."""
    return ZoneInfo(athlete.timezone or "UTC")


def house_of(request: Request) -> House:
    """The open house of the application that serves `request`."""
    house: House = request.app.state.house
    return house


async def visit_of(request: Request) -> Visit:
    """The visit of a request; async only so that the framework spends no thread on it."""
    return Visit(
        house=house_of(request),
        caller=request.scope[CALLER],
        now=datetime.now(UTC),
        request_id=request_id_of(request),
        language=preferred_language(request.headers.get("accept-language", "")),
    )


def preferred_language(header: str) -> str:
    """The tag that an Accept-Language header likes best; `en` where it says nothing usable.

    >>> preferred_language("de;q=0.7, fr-CH, *;q=0.1"), preferred_language("x" * 500), preferred_language("")
    ('fr-CH', 'en', 'en')
    """
    ranked: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        if tag.replace("-", "").isalnum() and tag.isascii() and len(tag) <= 35:
            ranked.append((_weight(weight), tag))
    best = max(ranked, key=lambda pair: pair[0], default=(0.0, "en"))
    return best[1] if best[0] > 0 else "en"


def _weight(text: str) -> float:
    digits = text.replace(".", "", 1)
    return min(float(text), 1.0) if digits.isascii() and digits.isdigit() and len(text) <= 5 else float(not text)


Visiting = Annotated[Visit, Depends(visit_of)]
AthleteName = Annotated[str, Path(description="An athlete's id, or `me`.", max_length=64)]
ActivityName = Annotated[str, Path(description="An activity's id.", max_length=64)]
