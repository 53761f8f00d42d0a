"""Who wakes the deliveries: a look once a second whether there is an endpoint to which something could be sent.

Events are appended in many places, by any process, and none of them knows of subscribers. So nobody has to remember to
wake anybody: whatever was committed is found here, a retry whose time has come as well, and so is what a crash left.
"""

from __future__ import annotations

from typing import Final

from service.errands import DELIVER, Errand
from service.jobs.workshop import Workshop
from service.store import endpoints
from service.store.engine import BUSY_TIMEOUT_S, read, write

LOOK_EVERY_S: Final = 1.0

LANE: Final = "deliveries"
"""One turn at a time: nobody hears two things at once, or one twice."""


class Waking:
    """Sends somebody where there is work and nobody is under way."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    def look(self) -> None:
        """Look once. Raises what the database raises; whoever looks again and again goes on."""
        with read(self._shop.engine) as db:
            found = endpoints.with_work(db, now=self._shop.now())
        if found and not self._shop.queue.is_awaited(LANE):
            with write(self._shop.engine, wait_s=BUSY_TIMEOUT_S) as db:
                self._shop.enqueue(db, Errand(DELIVER, lane=LANE))
