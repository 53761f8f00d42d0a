"""The errands of the sync services: drain an inbox, ask for what no event told of, forget what has to be forgotten."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from structlog import get_logger

from service import ingest, sync
from service.accounts import ask_again, break_
from service.errands import BACKFILL, DRAIN, FORGET_RECORDS, RECONCILE, drain_of
from service.errors import NotFound, ServiceError
from service.jobs.drain import LINES, SLICE_S, Drain, Line
from service.jobs.tokens import RowKeeper, connection_of
from service.jobs.workshop import CONTINUE, Outcome, Workshop, runs
from service.store import connections, files, inbox, records, tombstones
from service.store.connections import ConnectionRow
from service.store.engine import BUSY_TIMEOUT_S, read, write
from service.store.inbox import NewEvent
from service.store.scope import Scope
from service.sync import Connection, Event, Provider, Setup
from service.sync.failures import NeedsReauth, ProviderDown, RateLimited
from service.sync.outgoing import Wire
from service.vault import Vault

RECONCILE_EVERY: Final = timedelta(days=1)
_CONNECTIONS_AT_ONCE: Final = 50
_RECORDS_AT_ONCE: Final = 50


@runs(DRAIN)
def drain(shop: Workshop, name: str) -> Outcome | None:
    """Work off what the service has told and is due. When the time of what waits has come, `waking` sends somebody."""
    vault = Vault.of(shop.settings)
    if name not in vault.services:
        return None
    provider, setup = vault.services[name]
    line = LINES.setdefault(name, Line())

    async def turn() -> None:
        async with sync.client() as http:
            wire = sync.wire(provider, setup, http, now=shop.now, spent=_pausing(shop, line))
            await Drain(shop, vault, provider, setup, wire, line, time.monotonic() + SLICE_S).run()

    asyncio.run(turn())
    with read(shop.engine) as db:
        is_left = bool(inbox.with_work(db, [name], now=shop.now()))
    return CONTINUE if is_left and line.may_call(shop.now()) else None


def _pausing(shop: Workshop, line: Line) -> Callable[[float], None]:
    """What has a service left alone for so many seconds."""

    def pause(wait_s: float) -> None:
        line.pause(shop.now() + timedelta(seconds=wait_s * shop.settings.sync_wait_scale))

    return pause


@runs(BACKFILL)
def backfill(shop: Workshop, athlete_id: str, name: str) -> None:
    """Put every past run that the service knows into the inbox; those that are here already are not fetched again."""
    with read(shop.engine) as db:
        try:
            account = connections.find(db, athlete_id, provider=name)
        except NotFound:
            return
    _ask(shop, account, sync.backfill)


@runs(RECONCILE)
def reconcile(shop: Workshop) -> Outcome | None:
    """Compare the connections that were not compared for a day with their services; CONTINUE while there are more.

    A service that wants to be left alone is: whoever was not compared comes first another time.
    """
    vault = Vault.of(shop.settings)
    before, ends_s = shop.now() - RECONCILE_EVERY, time.monotonic() + SLICE_S
    for name in vault.services:
        line = LINES.setdefault(name, Line())
        with read(shop.engine) as db:
            accounts = connections.unreconciled(
                db, provider=name, before=before, limit=_CONNECTIONS_AT_ONCE, scope=Scope.everyone()
            )
        for account in accounts:
            if time.monotonic() > ends_s or shop.stopping.is_set():
                return CONTINUE
            if not line.may_call(shop.now()) or not _compared(shop, account, line):
                break
        else:
            if len(accounts) == _CONNECTIONS_AT_ONCE:
                return CONTINUE
    return None


def _compared(shop: Workshop, account: ConnectionRow, line: Line) -> bool:
    """Whether the next account may be asked. One that fails in another way than by the service waits for tomorrow."""
    try:
        _ask(shop, account, sync.reconcile)
    except RateLimited as limited:
        _pausing(shop, line)(limited.after_s)
        return False
    except ProviderDown:
        line.breaker = line.breaker.failed(time.monotonic(), scale=shop.settings.sync_wait_scale)
        return False
    except Exception as failure:  # noqa: BLE001 - the others are not to wait for this one, whatever it is
        code = failure.what if isinstance(failure, ServiceError) else "internal"
        get_logger().warning("reconcile_failed", provider=account.provider, code=code, exc_info=failure)
        _mark(shop, account)
    return True


_Asking = Callable[[Provider, Connection, Setup, Wire], Awaitable[list[Event]]]


def _ask(shop: Workshop, account: ConnectionRow, asking: _Asking) -> None:
    """The runs that the service lists are in the inbox, and somebody is sent to work it off."""
    vault = Vault.of(shop.settings)
    if account.provider not in vault.services or account.state != "active":
        return
    provider, setup = vault.services[account.provider]

    async def asked() -> list[Event]:
        async with sync.client() as http:
            line = LINES.setdefault(account.provider, Line())
            wire = sync.wire(provider, setup, http, now=shop.now, spent=_pausing(shop, line))
            keeper = RowKeeper(shop, vault, account.athlete_id, account.provider)

            async def work(connection: Connection) -> list[Event]:
                return await asking(provider, connection, setup, wire)

            connection = connection_of(vault, account)
            return await sync.with_tokens(provider, connection, setup, wire, keeper=keeper, work=work)

    try:
        found = asyncio.run(asked())
    except NeedsReauth:
        with write(shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            break_(db, account, because="needs_reauth", now=shop.now())
        return
    _mark(shop, account, found)


def _mark(shop: Workshop, account: ConnectionRow, found: list[Event] | None = None) -> None:
    now = shop.now()
    named = ("provider", "dedupe", "kind", "user", "activity", "at", "hint")
    fresh = [NewEvent(**{name: getattr(event, name) for name in named}) for event in found or ()]
    with write(shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
        try:
            connections.reconciled(db, account.athlete_id, provider=account.provider, now=now)
        except NotFound:
            return
        inbox.add(db, fresh, now=now)
        if fresh:
            shop.enqueue(db, drain_of(account.provider))


@runs(FORGET_RECORDS)
def forget_records(shop: Workshop, athlete_id: str, name: str) -> Outcome | None:
    """Remove what the service sent; a run that came from elsewhere, too, even by the same file, goes on without it."""
    until_s = time.monotonic() + SLICE_S
    while time.monotonic() < until_s:
        with read(shop.engine) as db:
            found = records.from_origin(db, athlete_id, origin=name, limit=_RECORDS_AT_ONCE)
        if not found:
            _welcome_back(shop, athlete_id, name)
            return None
        for external_id in found:
            _forget(shop, athlete_id, name, external_id, now=shop.now())
    return CONTINUE


def _welcome_back(shop: Workshop, athlete_id: str, name: str) -> None:
    """Ask for the past of an athlete who connected anew while this was going on: some of it may have gone as well."""
    with write(shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
        for account in connections.of(db, athlete_id):
            if account.provider == name and account.state == "active":
                ask_again(db, shop.enqueue, athlete_id, provider=name, user=account.external_id, now=shop.now())


def _forget(shop: Workshop, athlete_id: str, name: str, external_id: str, *, now: datetime) -> None:
    """One run; no stone is left, for the athlete did not delete it and may connect again."""
    with write(shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
        record = records.find(db, athlete_id, origin=name, external_id=external_id)
        errands = ingest.remove_record(db, shop.blobs, athlete_id, origin=name, external_id=external_id, now=now)
        tombstones.lift_id(db, athlete_id, origin=name, external_id=external_id)
        if record is not None and record.part not in files.activities_of(db, athlete_id, sha256=record.sha256):
            tombstones.lift(db, athlete_id, sha256=record.sha256)
        for errand in errands:
            shop.enqueue(db, errand)
