"""Working the inbox of one sync service off: ask, fetch, put the bytes away, and hand them to the same way as uploads.

One drain a service runs at a time (its lane), so a rate limit or a breaker speaks for all. Whatever happens to an event
is written down before the next is taken: a crash repeats one event, and what it stores is known by then.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final, TypeVar

from sqlalchemy import Connection as Db
from structlog import get_logger

from service import ingest, sync
from service.accounts import ask_again, break_, leave, tell_broken
from service.errands import TAKE_IN, Errand
from service.errors import ServiceError
from service.ingest import Order
from service.jobs.tokens import RowKeeper, connection_of
from service.jobs.workshop import Workshop
from service.store import connections, inbox, records, tombstones, uploads, waiting
from service.store.blobs import incoming_key
from service.store.connections import ConnectionRow
from service.store.engine import BUSY_TIMEOUT_S, read, write
from service.store.ids import new_id
from service.store.inbox import InboxRow
from service.store.scope import Scope
from service.store.waiting import WaitingFile
from service.sync import Again, Breaker, Event, Fetched, Provider, Setup
from service.sync.failures import Gone, NeedsReauth, ProviderDown, RateLimited
from service.sync.outgoing import Wire
from service.vault import Vault

SLICE_S: Final = 8.0
_AT_ONCE: Final = 64
_CALLS_AT_ONCE: Final = 8
_TOLD_AGAIN_WITHIN_S: Final = 24 * 3600.0

_Made = TypeVar("_Made")

_EVERYONE: Final = Scope.everyone()


@dataclass(slots=True)
class Line:
    """What a process remembers of a service between drains: whether it is called at all, and not before when."""

    breaker: Breaker = field(default_factory=Breaker)
    not_before: datetime | None = None

    def pause(self, until: datetime) -> None:
        """Nothing; the service is not called before."""
        self.not_before = until if self.not_before is None else max(self.not_before, until)

    def may_call(self, now: datetime) -> bool:
        """Whether the service may be called now, as far as this process knows."""
        paused = self.not_before is not None and now < self.not_before
        return not paused and self.breaker.allows(time.monotonic())


LINES: Final[dict[str, Line]] = {}


@dataclass(slots=True)
class Drain:
    """One turn at the inbox of a service."""

    shop: Workshop
    vault: Vault
    provider: Provider
    setup: Setup
    wire: Wire
    line: Line
    ends_s: float

    async def run(self) -> None:
        """Work off what is due, until nothing is, the time is over, or the service wants to be left alone."""
        while (
            time.monotonic() < self.ends_s and not self.shop.stopping.is_set() and self.line.may_call(self.shop.now())
        ):
            with read(self.shop.engine) as db:
                rows = inbox.due(db, self.provider.name, now=self.shop.now(), limit=_AT_ONCE)
            if not rows:
                return
            rows = await asyncio.to_thread(self._without_strangers, rows)
            gate = asyncio.Semaphore(_CALLS_AT_ONCE)
            by_user = groupby(sorted(rows, key=lambda row: (row.user, row.id)), key=lambda row: row.user)
            async with asyncio.TaskGroup() as group:
                for _, of_user in by_user:
                    group.create_task(self._one_after_the_other(list(of_user), gate))

    def _without_strangers(self, rows: Sequence[InboxRow]) -> list[InboxRow]:
        """The events of people who are connected here; the others are closed together, for there may be thousands."""
        with read(self.shop.engine) as db:
            known = {
                user
                for user in {row.user for row in rows}
                if connections.of_user(db, self.provider.name, user=user, scope=_EVERYONE)
            }
        strange = [row for row in rows if row.user not in known]
        if strange:
            with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
                inbox.ignore(db, [row.id for row in strange], now=self.shop.now(), problem="unknown_user")
        return [row for row in rows if row.user in known]

    async def _one_after_the_other(self, rows: Sequence[InboxRow], gate: asyncio.Semaphore) -> None:
        """The events of one person, in the order they came."""
        for row in rows:
            async with gate:
                if not self.line.may_call(self.shop.now()):
                    return
                await self._work_off(row)

    async def _work_off(self, row: InboxRow) -> None:
        try:
            try:
                await self._act(row)
            except Gone as gone:
                await self._ask_once_more(row, gone)
        except ServiceError as error:
            await asyncio.to_thread(self._failed, row, error)
        except Exception:  # noqa: BLE001 - a mistake of ours costs one event, not all that come after it
            get_logger().error("sync_event_mistake", provider=row.provider, exc_info=True)
            if self.shop.metrics is not None:
                self.shop.metrics.bug()
            await asyncio.to_thread(self._failed, row, ServiceMistake("A mistake of this service."))

    async def _ask_once_more(self, row: InboxRow, gone: Gone) -> None:
        """A file that is given once may have gone with a process that died: the service is asked to tell of it again.

        The event waits for that a day, and is then given up. Raises Gone where the service cannot be asked or was
        asked already, and what the asking raises.
        """
        with read(self.shop.engine) as db:
            accounts = connections.of_user(db, self.provider.name, user=row.user, scope=_EVERYONE)
        account = next((account for account in accounts if account.state == "active"), None)
        recover = self.provider.recover
        if recover is None or account is None or row.problem == inbox.ASKED_AGAIN:
            raise gone

        async def ask(connection: sync.Connection) -> None:
            await recover(event_of(row), connection, self.setup, self.wire)

        await asyncio.to_thread(self._await_another, row)  # before it is asked for, for it may be quick
        await self._with_tokens(account, ask)

    def _await_another(self, row: InboxRow) -> None:
        due_at = self.shop.now() + timedelta(seconds=_TOLD_AGAIN_WITHIN_S * self.shop.settings.sync_wait_scale)
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            inbox.postpone(db, row.id, due_at=due_at, problem=inbox.ASKED_AGAIN)

    async def _with_tokens(self, account: ConnectionRow, work: Callable[[sync.Connection], Awaitable[_Made]]) -> _Made:
        """The work with a connection whose tokens hold. One whose tokens do not is broken, and NeedsReauth raised."""
        keeper = RowKeeper(self.shop, self.vault, account.athlete_id, account.provider)
        connection = connection_of(self.vault, account)
        try:
            return await sync.with_tokens(self.provider, connection, self.setup, self.wire, keeper=keeper, work=work)
        except NeedsReauth:
            await asyncio.to_thread(self._break, account)
            raise

    def _break(self, account: ConnectionRow) -> None:
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            break_(db, account, because="needs_reauth", now=self.shop.now())

    async def _act(self, row: InboxRow) -> None:
        with read(self.shop.engine) as db:
            accounts = connections.of_user(db, self.provider.name, user=row.user, scope=_EVERYONE)
        event = event_of(row)
        if not accounts:
            self._close(row, "ignored", problem="unknown_user")
        elif event.kind == "deauthorized":
            self._deauthorize(row, _older_than(row, accounts))
        elif event.kind == "permissions":
            self._permit(row, _older_than(row, accounts), may_fetch=event.may_fetch)
        elif event.kind == "deleted":
            self._delete(row, accounts)
        else:
            await self._take(row, event, accounts)

    def _close(self, row: InboxRow, state: str, *, problem: str | None = None) -> None:
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            inbox.close(db, row.id, state=state, now=self.shop.now(), problem=problem)

    def _deauthorize(self, row: InboxRow, accounts: Sequence[ConnectionRow]) -> None:
        """The tokens go at once; what the service sent goes where its terms demand it."""
        now = self.shop.now()
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            for account in accounts:
                leave(db, self.shop.enqueue, account, forgets=self.shop.settings.forget_deauthorized)
                tell_broken(db, account, because="deauthorized", now=now)
            inbox.close(db, row.id, state="done", now=now)

    def _permit(self, row: InboxRow, accounts: Sequence[ConnectionRow], *, may_fetch: bool | None) -> None:
        now = self.shop.now()
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            for account in accounts:
                if may_fetch is False:
                    break_(db, account, because="permission_withdrawn", now=now)
                elif may_fetch and account.broken_because == "permission_withdrawn":
                    connections.mend(db, account.athlete_id, provider=account.provider)
                    ask_again(
                        db,
                        self.shop.enqueue,
                        account.athlete_id,
                        provider=account.provider,
                        user=account.external_id,
                        now=now,
                    )
            inbox.close(db, row.id, state="done", now=now)

    def _delete(self, row: InboxRow, accounts: Sequence[ConnectionRow]) -> None:
        now = self.shop.now()
        for account in accounts:
            with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
                errands = ingest.remove_record(
                    db,
                    self.shop.blobs,
                    account.athlete_id,
                    origin=account.provider,
                    external_id=str(row.activity),
                    now=now,
                )
                for errand in errands:
                    self.shop.enqueue(db, errand)
        self._close(row, "done")

    async def _take(self, row: InboxRow, event: Event, accounts: Sequence[ConnectionRow]) -> None:
        """A run that is new or has changed: fetched once, for everybody who has this account."""
        wanting = [account for account in accounts if account.state == "active" and self._wants(event, account)]
        if not wanting:
            self._close(row, "done")
            return
        while True:
            try:
                fetched = await self._fetched(event, wanting[0])
                break
            except NeedsReauth:  # another athlete with this account may have tokens that hold
                if not (wanting := wanting[1:]):
                    raise
        await asyncio.to_thread(self._put_in, row, event, wanting, fetched)

    def _wants(self, event: Event, account: ConnectionRow) -> bool:
        """Whether the file is to be fetched: not where the run is buried, or there and only its name is another."""
        named = {"origin": account.provider, "external_id": str(event.activity)}
        with read(self.shop.engine) as db:
            if tombstones.is_buried_id(db, account.athlete_id, **named):
                return False
            known = records.find(db, account.athlete_id, **named) is not None
        title = event.hint.get("title")
        if known and isinstance(title, str) and title:
            with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
                ingest.retitle(db, account.athlete_id, **named, title=title[:200], now=self.shop.now())
        return event.file == "always" or (event.file == "if_unknown" and not known)

    async def _fetched(self, event: Event, account: ConnectionRow) -> Fetched:
        """The file. The breaker hears of every call: an answer of whatever kind shows that the service is there."""
        self.line.breaker = self.line.breaker.calling(time.monotonic())

        async def fetch(connection: sync.Connection) -> Fetched:
            return await self.provider.fetch(event, connection, self.setup, self.wire)

        try:
            found = await self._with_tokens(account, fetch)
        except ProviderDown:
            self.line.breaker = self.line.breaker.failed(time.monotonic(), scale=self.shop.settings.sync_wait_scale)
            raise
        except asyncio.CancelledError:
            self.line.breaker = self.line.breaker.released()
            raise
        except Exception:
            self.line.breaker = self.line.breaker.succeeded()
            raise
        self.line.breaker = self.line.breaker.succeeded()
        return found

    def _put_in(self, row: InboxRow, event: Event, accounts: Sequence[ConnectionRow], fetched: Fetched) -> None:
        """The bytes are put away first; then, in one transaction, the event is done and the file waits to be stored."""
        now = self.shop.now()
        weather: dict[str, Any] = {**fetched.conditions, "source": "provider"} if fetched.conditions else {}
        title = fetched.title or event.hint.get("title")
        order = Order(
            external_id=event.activity,
            origin=self.provider.name,
            title=title[:200] if isinstance(title, str) and title else None,
            conditions=weather,
            repeats=True,
        )
        put: list[tuple[ConnectionRow, str, str]] = []
        for account in accounts:
            upload_id = new_id("upl", now)
            key = incoming_key(account.athlete_id, upload_id, 0)
            self.shop.blobs.put(key, fetched.data)
            put.append((account, upload_id, key))
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            for account, upload_id, key in put:
                self._queue(db, account, upload_id=upload_id, key=key, order=order, fetched=fetched, now=now)
            inbox.close(db, row.id, state="done", now=now)

    def _queue(
        self,
        db: Db,
        account: ConnectionRow,
        *,
        upload_id: str,
        key: str,
        order: Order,
        fetched: Fetched,
        now: datetime,
    ) -> None:
        athlete_id = account.athlete_id
        uploads.start(
            db, athlete_id, upload_id=upload_id, now=now, via=account.provider, status="queued", told=order.document()
        )
        file = WaitingFile(0, ingest.shown_name(fetched.name), key, len(fetched.data))
        waiting.add(db, athlete_id, upload_id=upload_id, files=[file])
        connections.saw_event(db, athlete_id, provider=account.provider, now=now)
        self.shop.enqueue(db, Errand(TAKE_IN, (upload_id,), lane=athlete_id))

    def _failed(self, row: InboxRow, error: ServiceError) -> None:
        """What is to become of an event that could not be worked off now."""
        now, settings = self.shop.now(), self.shop.settings
        step = sync.next_step(
            error,
            attempt=row.attempts + 1,
            provider=self.provider,
            chance=random.random,
            scale=settings.sync_wait_scale,
        )
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            if isinstance(step, Again):
                due_at = now + timedelta(seconds=step.after_s)
                if isinstance(error, RateLimited):
                    self.line.pause(due_at)
                inbox.postpone(
                    db, row.id, due_at=due_at, problem=error.what, attempt=not isinstance(error, RateLimited)
                )
                return
            inbox.close(db, row.id, state="ignored" if step.quietly else "dead", now=now, problem=error.what)
        get_logger().warning("sync_event_given_up", provider=row.provider, code=error.what, count=row.attempts + 1)


class ServiceMistake(ServiceError):
    """Something that nothing foresaw; the same event may go well another time."""

    code = "internal"
    may_retry = True


def _older_than(row: InboxRow, accounts: Sequence[ConnectionRow]) -> list[ConnectionRow]:
    """The accounts that were there when this came: what came before a new consent is not said of it."""
    return [account for account in accounts if account.connected_at <= row.received_at]


def event_of(row: InboxRow) -> Event:
    """The event as it was told."""
    return Event(row.provider, row.kind, row.user, row.activity, row.dedupe, row.at, row.hint or {})  # type: ignore[arg-type]  # one of the kinds: it came out of an Event
