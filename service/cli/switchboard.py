"""What the commands about connections do, in the database that the settings name. No token is ever printed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import typer
from rich.table import Table
from sqlalchemy import Engine

from service import accounts, consents, settings, subscribers
from service.cli import dispatch
from service.cli.database import athlete_named, opened
from service.cli.report import Look
from service.cli.roster import checked
from service.cli.terminal import complain, console, is_plain, remark
from service.jobs.queue import Queue
from service.settings import Settings
from service.store import audit, connections
from service.store.connections import ConnectionRow, LockedTokens
from service.store.cursor import MAX_LIMIT
from service.store.engine import read, write
from service.store.scope import Scope
from service.vault import Vault

REJECTED = 1


@dataclass(frozen=True, slots=True)
class _Desk:
    """What these commands have open."""

    settings: Settings
    engine: Engine
    vault: Vault
    queue: Queue


@contextmanager
def _desk() -> Iterator[_Desk]:
    chosen = settings.load()
    with opened(chosen) as engine:
        queue = Queue(engine)
        try:
            yield _Desk(chosen, engine, Vault.of(chosen), queue)
        finally:
            queue.close()


def add(
    *,
    athlete: str,
    provider: str,
    external_id: str,
    access: str | None,
    refresh: str | None,
    expires_in_s: int | None,
    backfill: bool,
) -> None:
    """Store a connection, in place of an earlier one to the service. Raises NotFound and typer's usage errors."""
    user = consents.user_id(provider, checked(external_id, "--external-id") or "")
    access, refresh = _token(access, "--access-token"), _token(refresh, "--refresh-token")
    if access is None and (refresh is not None or expires_in_s is not None):
        raise typer.BadParameter("there is none without an access token", param_hint="--refresh-token, --expires-in")
    now = datetime.now(UTC)
    ends_at = None if expires_in_s is None else now + timedelta(seconds=expires_in_s)
    with _desk() as desk, write(desk.engine) as db:
        row = athlete_named(db, athlete)
        named = {"athlete_id": row.id, "provider": provider}
        told = LockedTokens()
        if access is not None:
            told = accounts.locked(desk.vault, consents.tokens(access, refresh, ends_at), **named)
        accounts.join(db, desk.queue.enqueue, user=user, tokens=told, now=now, asks_for_past=backfill, **named)
        made = connections.find(db, row.id, provider=provider)
        audit.note(db, now=now, actor=audit.LOCAL, action="connection.made", athlete_id=row.id, subject=made.id)
        is_on = provider in desk.vault.services
    remark(f"Events of {provider} about {user} are {row.id}'s from now on.")
    if not is_on:
        remark(f"But {provider} is off: its variables are not all set. docs/sync tells which.")


def _token(told: str | None, option: str) -> str | None:
    """The token, from standard input where it says `-`. Raises typer's usage error, without repeating it."""
    token = sys.stdin.readline().strip() if told == "-" else told
    if token is not None and not consents.is_token(token):
        raise typer.BadParameter("is no token: visible ASCII characters without spaces", param_hint=option)
    return token


def show(athlete: str | None) -> None:
    """Print a table of connections."""
    paper = console(width=None if sys.stdout.isatty() else 200)
    look = Look(width=paper.width, plain=is_plain(paper.file))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("athlete", "service", "external id", "state", "because", "since", "last run"):
        table.add_column(title, no_wrap=title == "athlete")
    with opened(settings.load()) as engine:
        for row in _of(engine, athlete):
            times = (f"{at:%Y-%m-%d %H:%M}" if at else "" for at in (row.connected_at, row.last_event_at))
            cells = (row.athlete_id, row.provider, row.external_id, row.state, row.broken_because or "", *times)
            table.add_row(*(look.text(cell) for cell in cells))
    paper.print(table)


def _of(engine: Engine, athlete: str | None) -> Iterator[ConnectionRow]:
    if athlete is None:
        yield from _everybodys(engine)
        return
    with read(engine) as db:
        yield from connections.of(db, athlete_named(db, athlete).id)


def _everybodys(engine: Engine) -> Iterator[ConnectionRow]:
    cursor: str | None = None
    while True:
        with read(engine) as db:
            page = connections.page(db, scope=Scope.everyone(), limit=MAX_LIMIT, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def remove(*, athlete: str, provider: str) -> None:
    """Forget a connection here and give it back there. Raises NotFound."""
    now = datetime.now(UTC)
    with _desk() as desk:
        with write(desk.engine) as db:
            found = connections.find(db, athlete_named(db, athlete).id, provider=provider)
            forgets = desk.settings.forget_deauthorized
            alone = accounts.leave(db, desk.queue.enqueue, found, forgets=forgets)
            audit.note(
                db,
                now=now,
                actor=audit.LOCAL,
                action="connection.removed",
                athlete_id=found.athlete_id,
                subject=found.id,
            )
        is_back = alone and asyncio.run(consents.give_back(desk.vault, found))
    remark("The tokens are gone." + (" So are the runs that it sent, as soon as a worker runs." if forgets else ""))
    if is_back:
        remark("The service has taken our access back.")
    elif alone and found.access_token is not None:
        remark("The service did not take our access back; that can be done on its own pages.")


def relock() -> None:
    """Every stored token and webhook secret under the first key. Raises typer's Exit where one cannot be opened."""
    done, kept, lost = 0, 0, 0
    with _desk() as desk:
        for row in _everybodys(desk.engine):
            try:
                changed = _locked_anew(desk, row)
            except consents.CannotUnlock:
                complain(f"crampwatch: none of the keys opens {row.id} ({row.provider} of {row.athlete_id}).")
                lost += 1
                continue
            done, kept = done + changed, kept + (not changed)
        lost += _secrets_locked_anew(desk)
    remark(f"{done} connections locked anew, {kept} were already under the first key or have no token.")
    if lost:
        remark(f"{lost} could not be opened: set the missing key behind the others, or let the athletes connect again.")
        raise typer.Exit(REJECTED)


def _secrets_locked_anew(desk: _Desk) -> int:
    """How many endpoints of webhooks have a secret that none of the keys opens; the others are under the first."""
    lost, now = 0, datetime.now(UTC)
    for endpoint in dispatch.everybodys(desk.engine):
        try:
            with write(desk.engine) as db:
                subscribers.relock(db, desk.vault, endpoint, now=now)
        except consents.CannotUnlock:
            complain(f"crampwatch: none of the keys opens the secret of {endpoint.id} (webhooks out).")
            lost += 1
    return lost


def _locked_anew(desk: _Desk, row: ConnectionRow) -> bool:
    """Whether the tokens wanted it. What was renewed meanwhile is under the first key of whoever renewed it."""
    sealed = [one for one in (row.access_token, row.refresh_token) if one is not None]
    if all(desk.vault.keyring.is_current(one) for one in sealed):
        return False
    tokens = desk.vault.tokens_of(row)
    if tokens is None:
        return False
    anew = accounts.locked(desk.vault, tokens, athlete_id=row.athlete_id, provider=row.provider)
    with write(desk.engine) as db:
        return connections.relock(db, row, tokens=anew)


def make_key() -> None:
    """Print a key, and how it is used."""
    remark("Put it before the others in CRAMPWATCH_SECRET_KEYS, start everything anew, then `connection relock`:")
    sys.stdout.write(f"{consents.new_key()}\n")
