"""What an errand works with, and the book that says which function does which errand.

A function of the book is told ids and nothing else, may be run more than once for the same errand, and must be as good
done twice as done once. One that has much to do stops after some seconds, or once `stopping` is set, and answers
CONTINUE: the rest queues up again behind what came meanwhile.
"""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from sqlalchemy import Engine

from service.errands import Enqueue
from service.jobs import errands as folder
from service.jobs.queue import Queue
from service.metrics import Metrics
from service.settings import Settings
from service.store.blobs import Blobs


@dataclass(frozen=True, slots=True)
class Workshop:
    """What one worker has open, handed to every errand."""

    settings: Settings
    engine: Engine
    blobs: Blobs
    queue: Queue
    now: Callable[[], datetime]
    metrics: Metrics | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def enqueue(self) -> Enqueue:
        """Where an errand hands over the errands that follow from it, in its own transaction."""
        return self.queue.enqueue


class Outcome(Enum):
    """What an errand may answer, besides None, which means that it is done."""

    CONTINUE = "continue"


CONTINUE: Final = Outcome.CONTINUE
"""There is more to do: call again with the same arguments, after the others in the lane."""

Doer = Callable[..., Outcome | None]
"""`function(workshop, *ids)`. What it raises is tried again later, unless it is a ServiceError that may not."""

BOOK: Final[dict[str, Doer]] = {}


def runs(name: str) -> Callable[[Doer], Doer]:
    """Enters the decorated function into the book under the errand's name. Raises ValueError where one is there."""

    def enter(function: Doer) -> Doer:
        if name in BOOK:
            raise ValueError(f"two functions for the errand {name}")
        BOOK[name] = function
        return function

    return enter


def read_book() -> None:
    """Nothing; every module of `service/jobs/errands` has been imported, and its functions stand in the book."""
    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{folder.__name__}.{module.name}")
