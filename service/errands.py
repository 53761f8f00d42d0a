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


@dataclass(frozen=True, slots=True)
class Errand:
    """One piece of work for later. Errands of one `lane` (an athlete's id, mostly) are run one after the other."""

    name: str
    args: tuple[str, ...]
    lane: str | None = None


Enqueue = Callable[[Connection, Errand], None]
"""How a door hands an errand over: it is there if and only if the transaction is committed."""
