"""Assessing again what lies behind a run that came late, went or changed: with the transactions that it takes.

One run after the other, in the order of time, each as its own small transaction, so that nobody waits for all of them
and a crash costs nothing: the athlete's row says from where on to go on. `service.ingest.catching_up` says why it ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from service.errors import NotFound
from service.ingest import REACH, assess_again, take_in_again
from service.store import activities, athletes
from service.store.athletes import Stale
from service.store.blobs import Blobs
from service.store.engine import BUSY_TIMEOUT_S, read, write
from service.store.history import Filters

SLICE_S: Final = 8.0
"""After so long somebody else in the queue may have a turn."""

_PAGE: Final = 100
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What catching up works with. `events`: whether the feed is to hear of each run that came out different."""

    engine: Engine
    blobs: Blobs
    now: Callable[[], datetime]
    events: bool = True

    def run(self, athlete_id: str, *, slice_s: float = SLICE_S) -> bool:
        """Whether all is done; False where the time was over before. Done for an athlete who is gone."""
        deadline_s = time.monotonic() + slice_s
        try:
            while (stale := self._stale(athlete_id)) is not None:
                stopped_at = self._walk(athlete_id, stale.since, deadline_s)
                with write(self.engine, wait_s=BUSY_TIMEOUT_S) as db:
                    if stopped_at is not None:
                        athletes.caught_up(db, athlete_id, done=stale, next_at=stopped_at)
                        return False
                    athletes.caught_up(db, athlete_id, done=stale)
        except NotFound:
            return True
        return True

    def _stale(self, athlete_id: str) -> Stale | None:
        with read(self.engine) as db:
            return athletes.stale(db, athlete_id)

    def _walk(self, athlete_id: str, since: datetime, deadline_s: float) -> datetime | None:
        """The start of the run at which time was over, None where it sufficed."""
        horizon = since + REACH
        for activity_id, started_at in self._runs(athlete_id, since):
            if started_at > horizon:
                return None
            if time.monotonic() > deadline_s and started_at > since:
                return started_at
            if self._again(athlete_id, activity_id):
                horizon = started_at + REACH
        return None

    def _runs(self, athlete_id: str, since: datetime) -> Iterator[tuple[str, datetime]]:
        cursor: str | None = None
        while True:
            with read(self.engine) as db:
                page = activities.starts(db, athlete_id, filters=Filters(start=since), limit=_PAGE, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def _again(self, athlete_id: str, activity_id: str) -> bool:
        """Whether later runs have something new to read of this one, now that it is assessed again."""
        for _ in range(_TRIES):
            with read(self.engine) as db:
                again = assess_again(db, self.blobs, athlete_id, activity_id)
            if again is None:
                return False
            found = again.examine()
            if again.is_as_before(found):
                return False
            with write(self.engine, wait_s=BUSY_TIMEOUT_S) as db:
                if take_in_again(db, again, found, now=self.now(), events=self.events):
                    return bool(again.digest != found.digest)
        raise RuntimeError("a run was changed again and again while it was assessed")
