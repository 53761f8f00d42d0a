"""Where the tokens of one connection are kept: in its row, locked, with one refresh at a time over all workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from service.accounts import locked
from service.errors import Unavailable
from service.jobs.workshop import Workshop
from service.store import connections
from service.store.connections import ConnectionRow
from service.store.engine import BUSY_TIMEOUT_S, read, write
from service.sync import Connection, Tokens
from service.vault import Vault

_LOOK_EVERY_S: Final = 0.2
_LOOKS: Final = 300


def connection_of(vault: Vault, row: ConnectionRow) -> Connection:
    """The connection with its tokens in the clear. Raises CannotUnlock."""
    return Connection(row.athlete_id, row.provider, row.external_id, vault.tokens_of(row))


@dataclass(frozen=True, slots=True)
class RowKeeper:
    """The `service.sync.Keeper` of one connection."""

    shop: Workshop
    vault: Vault
    athlete_id: str
    provider: str

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Tokens | None]:
        """The tokens as they are stored, while nobody else refreshes them. Raises Unavailable, and NotFound."""
        for _ in range(_LOOKS):
            if await asyncio.to_thread(self._hold):
                break
            await asyncio.sleep(_LOOK_EVERY_S)
        else:
            raise Unavailable("Somebody else is renewing this token.", retry_after_s=30)
        try:
            yield await asyncio.to_thread(self._stored)
        finally:
            await asyncio.to_thread(self._let_go)

    async def keep(self, tokens: Tokens) -> None:
        """Store them for good."""
        await asyncio.to_thread(self._keep, tokens)

    def _hold(self) -> bool:
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            return connections.hold(db, self.athlete_id, provider=self.provider, now=self.shop.now())

    def _stored(self) -> Tokens | None:
        with read(self.shop.engine) as db:
            row = connections.find(db, self.athlete_id, provider=self.provider)
        return connection_of(self.vault, row).tokens

    def _keep(self, tokens: Tokens) -> None:
        stored = locked(self.vault, tokens, athlete_id=self.athlete_id, provider=self.provider)
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            connections.keep_tokens(db, self.athlete_id, provider=self.provider, tokens=stored, now=self.shop.now())

    def _let_go(self) -> None:
        with write(self.shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
            connections.let_go(db, self.athlete_id, provider=self.provider)
