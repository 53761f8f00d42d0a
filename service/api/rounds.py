"""What the open house does once a minute while it is open, and a last time when it closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from anyio import to_thread
from structlog import get_logger

from service.api.access import House
from service.errors import NoSpace, Unavailable

EVERY_S = 60.0


@asynccontextmanager
async def rounds(house: House) -> AsyncIterator[None]:
    """A block during which keys' last uses are written, and erasures finished that something held up."""
    going = asyncio.create_task(_go(house))
    try:
        yield
    finally:
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going
        await to_thread.run_sync(once, house)


async def _go(house: House) -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        await to_thread.run_sync(once, house)


def once(house: House) -> None:
    """One round; a database that cannot be reached is asked again in the next."""
    try:
        house.sightings.write(house.engine)
        if house.owes_scrubbing():
            house.sweep()
    except (NoSpace, Unavailable):
        get_logger().warning("round_failed", exc_info=True)
