"""The errand of webhooks out: a round to one subscriber."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from service import sync
from service.errands import DELIVER
from service.jobs.post import Round
from service.jobs.workshop import CONTINUE, Outcome, Workshop, runs
from service.vault import Vault

SLICE_S: Final = 8.0


@runs(DELIVER)
def deliver(shop: Workshop, endpoint_id: str) -> Outcome | None:
    """Send what the feed has for the endpoint and what is due again; CONTINUE while there is more."""
    vault = Vault.of(shop.settings)

    async def turn() -> bool:
        post = sync.Deliveries.over(shop.settings.delivery_origins.split(","))
        try:
            return await Round(shop, vault, post, endpoint_id, time.monotonic() + SLICE_S).run()
        finally:
            await post.aclose()

    return CONTINUE if asyncio.run(turn()) else None
