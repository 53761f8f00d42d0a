"""What is asked of a sync service while somebody waits for it: a consent begun, redeemed, given back; a webhook made.

For the doors, which know no HTTP client. Whatever happens to rows stands in `service.accounts`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

from sqlalchemy import Connection as Db
from structlog import get_logger

from service import sync
from service.errors import Conflict, NotFound, ServiceError
from service.store import connections
from service.store.connections import ConnectionRow
from service.store.scope import Scope
from service.sync import Connection, Granted, Provider, Setup, Tokens
from service.sync.outgoing import Wire
from service.sync.provider import Subscriptions
from service.vault import Vault

GIVEN_BACK_WITHIN_S: Final = 5.0
"""How long somebody who disconnects is kept waiting for the service."""

_VERIFIER: Final = "the verifier of a consent"

Made = TypeVar("Made")


def service_named(vault: Vault, name: str) -> tuple[Provider, Setup]:
    """The sync service and how it is set up here. Raises NotFound where it is off, or there is none."""
    found = vault.services.get(name)
    if found is None:
        raise NotFound("No sync service of this name is set up here.")
    return found


def callback(base_url: str, name: str) -> str:
    """Where the service sends browsers back to."""
    return f"{base_url.rstrip('/')}/v1/oauth/{name}/callback"


def begin(db: Db, vault: Vault, athlete_id: str, *, name: str, base_url: str, now: datetime) -> str:
    """The address of the page where the athlete agrees; who comes back from there is known by the hash of the state.

    Raises NotFound, and Conflict (`not_by_consent`) for a service that asks nobody.
    """
    provider, setup = service_named(vault, name)
    if provider.oauth is None:
        raise Conflict(
            f"{provider.title} is not connected by consent; the operator adds the connection with "
            "`crampwatch connection add`.",
            code="not_by_consent",
        )
    begun = sync.begin(provider, setup, redirect_uri=callback(base_url, name))
    digest = hashed(begun.state)
    sealed = None if begun.verifier is None else _sealed(vault, begun.verifier, athlete_id, digest)
    connections.begin_consent(db, athlete_id, provider=name, state_sha256=digest, verifier=sealed, now=now)
    return begun.url


@dataclass(frozen=True, slots=True)
class Returned:
    """Whose browser came back, and the half of PKCE that stayed here."""

    athlete_id: str
    verifier: str | None = field(repr=False)


def end(db: Db, vault: Vault, *, name: str, state: str, now: datetime) -> Returned:
    """Who comes back with the state. It is good once, for a while, and for this service. Raises NotFound."""
    digest = hashed(state)
    found = connections.end_consent(db, provider=name, state_sha256=digest, now=now, scope=Scope.everyone())
    if found.verifier is None:
        return Returned(found.athlete_id, None)
    opened = vault.keyring.unlock(found.verifier, athlete_id=found.athlete_id, provider=_bound(digest))
    return Returned(found.athlete_id, opened)


def hashed(state: str) -> str:
    """What is stored of a state."""
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()


def _sealed(vault: Vault, verifier: str, athlete_id: str, digest: str) -> bytes:
    return vault.keyring.lock(verifier, athlete_id=athlete_id, provider=_bound(digest))


def _bound(digest: str) -> str:
    return f"{_VERIFIER} {digest}"


async def redeem(vault: Vault, returned: Returned, *, name: str, code: str, base_url: str) -> Granted:
    """The tokens that the code stands for, and whose account it is. Raises SyncError."""
    provider, setup = service_named(vault, name)

    async def ask(wire: Wire) -> Granted:
        return await sync.exchange(
            provider,
            setup,
            wire,
            code=code,
            redirect_uri=callback(base_url, name),
            athlete_id=returned.athlete_id,
            verifier=returned.verifier,
        )

    return await _asked(provider, setup, ask)


async def _asked(provider: Provider, setup: Setup, ask: Callable[[Wire], Awaitable[Made]]) -> Made:
    async with sync.client() as http:
        return await ask(sync.wire(provider, setup, http, now=lambda: datetime.now(UTC)))


@dataclass(slots=True)
class _InHand:
    """A keeper of tokens that are stored nowhere any more."""

    tokens: Tokens | None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Tokens | None]:
        yield self.tokens

    async def keep(self, tokens: Tokens) -> None:
        self.tokens = tokens


async def give_back(vault: Vault, account: ConnectionRow, *, within_s: float = GIVEN_BACK_WITHIN_S) -> bool:
    """Whether the service has taken our access to the account back; best effort, once, and not for long.

    The row may be gone already. A service that is off or knows no such call is not asked, and that is no success.
    """
    provider, setup = vault.services.get(account.provider, (None, None))
    if provider is None or setup is None or provider.disconnect is None or account.access_token is None:
        return False
    hang_up = provider.disconnect

    async def ask(wire: Wire) -> None:
        async def work(connection: Connection) -> None:
            await hang_up(connection, setup, wire)

        tokens = vault.tokens_of(account)
        connection = Connection(account.athlete_id, account.provider, account.external_id, tokens)
        await sync.with_tokens(provider, connection, setup, wire, keeper=_InHand(tokens), work=work)

    try:
        async with asyncio.timeout(within_s):
            await _asked(provider, setup, ask)
    except TimeoutError:
        get_logger().warning("access_not_given_back", provider=account.provider, code=sync.SyncError.code)
        return False
    except ServiceError as error:
        get_logger().warning("access_not_given_back", provider=account.provider, code=error.what)
        return False
    return True


async def give_all_back(vault: Vault, left: Sequence[ConnectionRow]) -> None:
    """Nothing; every service has been asked to take our access back, all at the same time."""
    await asyncio.gather(*(give_back(vault, account) for account in left))


async def about_webhooks(vault: Vault, name: str, ask: Callable[[Subscriptions, Setup, Wire], Awaitable[Made]]) -> Made:
    """What `ask` returns of the webhooks of a service whose API manages them.

    Raises NotFound, Conflict where a person sets the address at the service, and SyncError.
    """
    provider, setup = service_named(vault, name)
    managed = provider.subscriptions
    if managed is None:
        raise Conflict(f"{provider.title} has no API for webhooks; set the address on its own pages.")

    async def asked(wire: Wire) -> Made:
        return await ask(managed, setup, wire)

    return await _asked(provider, setup, asked)
