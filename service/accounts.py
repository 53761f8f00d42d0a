"""Accounts at sync services: what follows when an athlete connects one, leaves it, or it breaks.

Each function works in the transaction of its caller, so that a connection and the errands that follow from it are there
together or not at all. What is asked of a service over the wire is in `service.consents`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection as Db

from service.errands import BACKFILL, FORGET_RECORDS, Enqueue, Errand, drain_of
from service.errors import NotFound
from service.store import calls, connections, events, inbox
from service.store.connections import ConnectionRow, LockedTokens
from service.store.scope import Scope
from service.sync import Tokens
from service.vault import Vault

FOR_WANT_OF_CONSENT: Final = ("sync_needs_reauth", "token_locked")
"""Why an event may have been given up that a new connection brings back."""


def locked(vault: Vault, tokens: Tokens, *, athlete_id: str, provider: str) -> LockedTokens:
    """The tokens as the store takes them."""
    return LockedTokens(**vault.lock(tokens, athlete_id=athlete_id, provider=provider))


def join(
    db: Db,
    enqueue: Enqueue,
    athlete_id: str,
    *,
    provider: str,
    user: str,
    tokens: LockedTokens,
    now: datetime,
    asks_for_past: bool = True,
) -> ConnectionRow | None:
    """The connection to another account of the service that this one takes the place of; None where there was none.

    A broken connection is whole again. Unless `asks_for_past` is False the service is asked for what is missing here,
    also for what was missed meanwhile. Raises NotFound.
    """
    before = next((row for row in connections.of(db, athlete_id) if row.provider == provider), None)
    connections.put(db, athlete_id, provider=provider, external_id=user, tokens=tokens, now=now)
    ask_again(db, enqueue, athlete_id, provider=provider, user=user, now=now, past=asks_for_past)
    if before is None or before.external_id == user:
        return None
    _forget_what_was_told(db, before)
    return before


def ask_again(
    db: Db, enqueue: Enqueue, athlete_id: str, *, provider: str, user: str, now: datetime, past: bool = True
) -> None:
    """Nothing; the service is asked for the athlete's past, and its answers count as if nothing had been told before.

    Events that came while nobody was connected are closed: without this their keys would make the same runs nothing.
    With `past` False only what was given up for want of this connection is tried anew.
    """
    inbox.renew(db, provider, user=user, given_up_because=FOR_WANT_OF_CONSENT, now=now)
    if past:
        enqueue(db, Errand(BACKFILL, (athlete_id, provider), lane=athlete_id))
    enqueue(db, drain_of(provider))


def leave(db: Db, enqueue: Enqueue, account: ConnectionRow, *, forgets: bool) -> bool:
    """Whether nobody else here has this account; the connection and its tokens are gone.

    What the service told of an account that is nobody's any more is forgotten: once the athlete is erased, nothing
    would lead there. The runs that it sent go, too, where that is set. Raises NotFound.
    """
    connections.remove(db, account.athlete_id, provider=account.provider)
    if forgets:
        errand = Errand(FORGET_RECORDS, (account.athlete_id, account.provider), lane=account.athlete_id)
        enqueue(db, errand)
    return _forget_what_was_told(db, account)


def _forget_what_was_told(db: Db, account: ConnectionRow) -> bool:
    """Whether the account is nobody's any more, and so no event of it is left."""
    alone = is_nobodys(db, account)
    if alone:
        inbox.forget_user(db, account.provider, user=account.external_id)
        calls.forget_user(db, account.provider, user=account.external_id)
    return alone


def is_nobodys(db: Db, account: ConnectionRow) -> bool:
    """Whether no athlete here is connected to this account (any more)."""
    return not connections.of_user(db, account.provider, user=account.external_id, scope=Scope.everyone())


def break_(db: Db, account: ConnectionRow, *, because: str, now: datetime) -> None:
    """Nothing; the connection waits for the athlete, who is told once. One that is gone already is well."""
    try:
        was_whole = connections.break_(db, account.athlete_id, provider=account.provider, because=because)
    except NotFound:
        return
    if was_whole:
        tell_broken(db, account, because=because, now=now)


def tell_broken(db: Db, account: ConnectionRow, *, because: str, now: datetime) -> None:
    """Nothing; the event is in the feed."""
    data = {"provider": account.provider, "because": because}
    events.append(db, account.athlete_id, type="connection.broken", data=data, now=now)
