"""Work that needs a token that holds: one refresh at a time for a connection, kept before it is used.

Where tokens lie is the caller's business: it hands in a `Keeper`. Refresh tokens of several providers work once, so two
refreshes at the same time would cost the athlete the connection.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Protocol, TypeVar

from service.sync import consent
from service.sync.failures import NeedsReauth
from service.sync.outgoing import Wire
from service.sync.provider import Connection, Provider, Setup, Tokens

BEFORE_THE_END = timedelta(seconds=60)
Made = TypeVar("Made")


class Keeper(Protocol):
    """Where the tokens of one connection are kept."""

    def held(self) -> AbstractAsyncContextManager[Tokens | None]:
        """A lock over all workers; inside it, the tokens as they are stored at that moment."""

    async def keep(self, tokens: Tokens) -> None:
        """Store them for good, while the lock is held."""


async def with_tokens(
    provider: Provider,
    connection: Connection,
    setup: Setup,
    wire: Wire,
    *,
    keeper: Keeper,
    work: Callable[[Connection], Awaitable[Made]],
) -> Made:
    """What `work` returns with tokens that are not about to end; once more with new ones where they are refused.

    Raises NeedsReauth where the athlete alone can help, and whatever `work` raises.
    """
    used = connection
    if _ends_soon(used.tokens, wire):
        used = await renewed(provider, used, setup, wire, keeper=keeper)
    try:
        return await work(used)
    except NeedsReauth as refused:
        if not refused.may_refresh:
            raise
    return await work(await renewed(provider, used, setup, wire, keeper=keeper))


async def renewed(
    provider: Provider, connection: Connection, setup: Setup, wire: Wire, *, keeper: Keeper
) -> Connection:
    """The connection with tokens other than those it has: what somebody else stored meanwhile, or a refresh.

    Raises NeedsReauth.
    """
    async with keeper.held() as stored:
        before = connection.tokens
        if stored is not None and before is not None and stored.access != before.access:
            return replace(connection, tokens=stored)
        if stored is None:
            raise NeedsReauth("The athlete has to connect again.", may_refresh=False)
        fresh = await consent.refresh(provider, setup, wire, stored)
        await keeper.keep(fresh)
    return replace(connection, tokens=fresh)


def _ends_soon(tokens: Tokens | None, wire: Wire) -> bool:
    """Whether it is better to renew first; where that is impossible, it is used until it is refused."""
    if tokens is None or tokens.expires_at is None or tokens.refresh is None:
        return False
    return tokens.expires_at - wire.now() < BEFORE_THE_END
