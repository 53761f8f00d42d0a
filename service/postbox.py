"""The postbox: what webhooks brought is written down in groups, and acknowledged once it is.

A thread takes whatever has come while it was writing, puts it into the inbox in one transaction, and wakes whoever
waits. So a burst costs a few commits, and nobody is told "got it" before it is on the disk. The first event after a
calm sends somebody to work it off; those that follow at once need no errand of their own, for whoever works off finds
them, and the workers look for what is left every second (`service.jobs.waking`).
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from service.errands import Enqueue, drain_of
from service.errors import ServiceError, Unavailable
from service.store import calls, inbox
from service.store.calls import NewCall
from service.store.engine import write
from service.store.inbox import NewEvent

MOST_AT_ONCE: Final = 5_000
"""Events of one transaction, beyond the first letter."""

CALM_S: Final = 1.0
"""So long after it has sent somebody to a service's inbox, the postbox leaves that to the workers."""

_Letter = tuple[tuple[NewEvent, ...], NewCall | None, Future[None]]


class Postbox:
    """Takes events from any number of callers until it is closed."""

    def __init__(self, engine: Engine, enqueue: Enqueue, *, now: Callable[[], datetime], wait_s: float) -> None:
        self._engine = engine
        self._enqueue = enqueue
        self._now = now
        self._wait_s = wait_s
        self._letters: queue.SimpleQueue[_Letter | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._sent_s: dict[str, float] = {}

    async def put(self, events: Sequence[NewEvent], *, call: NewCall | None = None) -> None:
        """Nothing; the events are in the inbox, and the call that told them is kept.

        Raises Unavailable and NoSpace where they could not be written down.
        """
        if not events and call is None:
            return
        done: Future[None] = Future()
        with self._guard:
            if self._closed:
                raise Unavailable("The service is about to stop; send this again.", retry_after_s=5)
            if self._thread is None:
                self._thread = threading.Thread(target=self._empty, name="crampwatch-postbox", daemon=True)
                self._thread.start()
            self._letters.put((tuple(events), call, done))
        await asyncio.wrap_future(done)

    def close(self) -> None:
        """What was put in is written down; nothing more is taken."""
        with self._guard:
            self._closed = True
            self._letters.put(None)
            thread = self._thread
        if thread is not None:
            thread.join()

    def _empty(self) -> None:
        while (first := self._letters.get()) is not None:
            letters, ended = self._gathered(first)
            self._deliver(letters)
            if ended:
                return

    def _gathered(self, first: _Letter) -> tuple[list[_Letter], bool]:
        """What waits, the first before the others, and whether that was all for ever."""
        letters, count = [first], len(first[0])
        while count < MOST_AT_ONCE:
            try:
                letter = self._letters.get_nowait()
            except queue.Empty:
                break
            if letter is None:
                return letters, True
            letters.append(letter)
            count += len(letter[0])
        return letters, False

    def _deliver(self, letters: list[_Letter]) -> None:
        events = [event for some, _, _ in letters for event in some]
        at_s = time.monotonic()
        calm = {event.provider for event in events if at_s - self._sent_s.get(event.provider, -CALM_S) >= CALM_S}
        try:
            with write(self._engine, wait_s=self._wait_s) as db:
                inbox.add(db, events, now=self._now())
                calls.add(db, [call for _, call, _ in letters if call is not None])
                for provider in sorted(calm):
                    self._enqueue(db, drain_of(provider))
        except Exception as failed:  # noqa: BLE001 - whatever it was, each caller has to hear of it and none may wait for ever
            if len(letters) > 1 and not isinstance(failed, ServiceError):
                for letter in letters:  # one that cannot be written is not to spoil the others
                    self._deliver([letter])
                return
            for *_, done in letters:
                with suppress(InvalidStateError):  # the caller has gone meanwhile
                    done.set_exception(failed)
            return
        self._sent_s.update(dict.fromkeys(calm, at_s))
        for *_, done in letters:
            with suppress(InvalidStateError):
                done.set_result(None)
