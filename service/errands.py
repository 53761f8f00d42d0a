"""What is to be done later: the hall returns errands, a door hands them to the jobs in the same transaction.

An errand names its work and carries ids alone; how it is queued, repeated and run is the business of `service.jobs`.
Doing one twice must be as good as doing it once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

WORK_OFF: Final = "work_off_upload"
"""Store the files of a queued upload, one after the other; args: upload id."""

CATCH_UP: Final = "catch_up"
"""Assess the runs again that came after one that is new, gone or changed; args: athlete id."""

REASSESS: Final = "reassess"
"""Propose assessments by the present rules; args: reassessment id."""

ADOPT: Final = "adopt_reassessment"
"""Make proposed assessments the current ones; args: reassessment id."""


TAKE_IN: Final = "take_in_upload"
"""Like WORK_OFF, for the single file of a sync service: it does not queue behind archives; args: upload id."""

DRAIN: Final = "drain_inbox"
"""Work off what a sync service has told; args: its name."""

BACKFILL: Final = "backfill"
"""Ask a sync service for the past of an athlete who has just connected; args: athlete id, its name."""

RECONCILE: Final = "reconcile"
"""Ask the sync services for what no event told of. No args."""

DELIVER: Final = "deliver"
"""Send subscribers what the feed has for them and what is due again. No args."""

FORGET_RECORDS: Final = "forget_records"
"""Remove what a sync service sent of an athlete who took the consent back; args: athlete id, its name."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One piece of work for later. Errands of one `lane` (an athlete's id, mostly) are run one after the other.

    It is not begun before `delay_s` seconds have passed.
    """

    name: str
    args: tuple[str, ...] = ()
    lane: str | None = None
    delay_s: float = 0.0


def drain_of(provider: str, *, delay_s: float = 0.0) -> Errand:
    """The errand that works off what the sync service has told: one at a time for each service."""
    return Errand(DRAIN, (provider,), lane=f"sync {provider}", delay_s=delay_s)


Enqueue = Callable[[Connection, Errand], None]
"""How a door hands an errand over: it is there if and only if the transaction is committed."""
