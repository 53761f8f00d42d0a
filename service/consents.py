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
from service.sync.consent import is_token
from service.sync.outgoing import Wire
from service.sync.provider import Subscription, Subscriptions
from service.sync.tokens import CannotUnlock, new_key
from service.vault import Vault

__all__ = [
    "CannotUnlock",
    "Returned",
    "Webhook",
    "activate",
    "begin",
    "callback",
    "end",
    "give_all_back",
    "give_back",
    "is_token",
    "new_key",
    "redeem",
    "service_named",
    "subscribe",
    "subscriptions",
    "tokens",
    "unsubscribe",
    "user_id",
    "webhook_address",
]

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


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as the service has it. `secret` is known once, at its making; `active` None: it does not say."""

    id: str
    url: str | None
    active: bool | None
    secret: str | None = field(default=None, repr=False)

    def variables(self, name: str) -> list[tuple[str, str]]:
        """What has to be set here for its events to be believed: its secret, else its id."""
        prefix = f"CRAMPWATCH_{name.upper()}_"
        if self.secret is not None:
            return [(f"{prefix}WEBHOOK_SECRET", self.secret)]
        return [(f"{prefix}SUBSCRIPTION_ID", self.id)]


def _webhook(found: Subscription) -> Webhook:
    return Webhook(found.id, found.url, found.active, found.secret)


def webhook_address(base_url: str, name: str, setup: Setup) -> str:
    """Where the service is told to call."""
    return f"{base_url.rstrip('/')}/v1/webhooks/{name}/{setup.path_secret}"


async def subscribe(vault: Vault, name: str, *, base_url: str) -> Webhook:
    """The webhook, made. The service calls the address first. Raises as `_managed` does, and SyncError."""
    provider, setup, managed = _managed(vault, name)
    address = webhook_address(base_url, name, setup)
    return _webhook(await _asked(provider, setup, lambda wire: managed.create(setup, wire, address)))


async def subscriptions(vault: Vault, name: str) -> list[Webhook]:
    """The webhooks of our app. Raises likewise."""
    provider, setup, managed = _managed(vault, name)
    return [_webhook(one) for one in await _asked(provider, setup, lambda wire: managed.present(setup, wire))]


async def unsubscribe(vault: Vault, name: str, subscription_id: str) -> None:
    """Nothing; the webhook is gone. Raises likewise."""
    provider, setup, managed = _managed(vault, name)
    await _asked(provider, setup, lambda wire: managed.delete(setup, wire, subscription_id))


async def activate(vault: Vault, name: str) -> None:
    """Nothing; the webhook is active again. Raises likewise, also where the service knows no such call."""
    provider, setup, managed = _managed(vault, name)
    switch = managed.activate
    if switch is None:
        raise Conflict(f"{provider.title} switches no webhook off; make it anew instead.")
    await _asked(provider, setup, lambda wire: switch(setup, wire))


def _managed(vault: Vault, name: str) -> tuple[Provider, Setup, Subscriptions]:
    """Raises NotFound, and Conflict where a person sets the address on the service's pages."""
    provider, setup = service_named(vault, name)
    if provider.subscriptions is None:
        raise Conflict(f"{provider.title} has no API for webhooks; set the address on its own pages.")
    return provider, setup, provider.subscriptions


def user_id(name: str, told: str) -> str:
    """The service's id of a person in the form in which events name it. Raises NotFound."""
    provider = sync.providers().get(name)
    if provider is None:
        raise NotFound("there is no such sync service: " + ", ".join(sorted(sync.providers())) + " are known")
    return provider.user_id(told)


def tokens(access: str, refresh: str | None, expires_at: datetime | None) -> Tokens:
    """Tokens that came by another way than a consent."""
    return Tokens(access, refresh, expires_at)
