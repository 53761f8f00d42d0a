"""Assessing what is stored by the present rules: proposed first, so that all see what would change, then adopted.

Each run's proposal reads the proposals of the runs before it, athlete by athlete and in the order of time, so that what
is adopted hangs together. Like `service.catchup` it opens its own, small transactions, and goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Engine

from service import ingest
from service.errands import CATCH_UP, Enqueue, Errand
from service.errors import NotFound
from service.store import athletes, reassessments
from service.store.blobs import Blobs
from service.store.engine import BUSY_TIMEOUT_S, read, write
from service.store.reassessments import Proposal, ReassessmentRow, Runner
from service.store.scope import Scope
from service.store.tables import as_micros

SLICE_S: Final = 8.0
"""After so long, some six hundred runs, somebody else in the queue may have a turn."""

_PAGE: Final = 50
_SETTLED_AT_ONCE: Final = 200
_WATCHED: Final = ("severity", "points", "value", "start_m", "end_m")
"""What makes a warning another one although its code is the same."""


@dataclass(frozen=True, slots=True)
class Reassessing:
    """What reassessing works with."""

    engine: Engine
    blobs: Blobs
    now: Callable[[], datetime]
    enqueue: Enqueue

    def propose(self, reassessment_id: str, *, slice_s: float = SLICE_S) -> bool:
        """Whether every run has been looked at; False where the time was over before. True for one that is gone."""
        deadline_s = time.monotonic() + slice_s
        while True:
            with read(self.engine) as db:
                row = _find(db, reassessment_id)
                runners = [] if row is None else reassessments.ahead(db, row, limit=_PAGE)
            if row is None or row.status not in ("queued", "running"):
                return True
            if not runners:
                with write(self.engine, wait_s=BUSY_TIMEOUT_S) as db:
                    reassessments.mark(db, reassessment_id, status="done", now=self.now())
                return True
            for runner in runners:
                self._look_at(reassessment_id, runner)
                if time.monotonic() > deadline_s:
                    return False

    def _look_at(self, reassessment_id: str, runner: Runner) -> None:
        """One run, and that it was looked at, in one transaction."""
        with read(self.engine) as db:
            again = ingest.assess_again(db, self.blobs, runner.athlete_id, runner.activity_id, proposed=reassessment_id)
        found = None if again is None else again.examine()
        differs = again is not None and found is not None and not again.is_as_before(found)
        with write(self.engine, wait_s=BUSY_TIMEOUT_S) as db:
            difference = None
            if differs and again is not None and found is not None:
                difference = difference_of(again.current.document, found.assessment)
                try:
                    reassessments.propose(
                        db,
                        reassessment_id,
                        activity_id=runner.activity_id,
                        athlete_id=runner.athlete_id,
                        document=found.assessment,
                        digest=found.digest,
                        difference=difference,
                        now=self.now(),
                    )
                except NotFound:  # deleted meanwhile: nothing to propose
                    difference = None
            reassessments.advance(
                db,
                reassessment_id,
                reached=[runner.athlete_id, as_micros(runner.started_at), runner.activity_id],
                done=1,
                changed=int(difference is not None),
                status="running",
            )

    def adopt(self, reassessment_id: str, *, slice_s: float = SLICE_S) -> bool:
        """Whether all that was proposed counts now; False where the time was over before.

        A run that was assessed anew since its proposal keeps that assessment. The runs after are caught up with.
        """
        deadline_s = time.monotonic() + slice_s
        while True:
            with read(self.engine) as db:
                row = _find(db, reassessment_id)
                waiting = reassessments.proposals(db, reassessment_id, scope=Scope.everyone(), limit=_PAGE)
            if row is None or row.status != "adopting":
                return True
            if not waiting:
                return self._settle(row, deadline_s=deadline_s)
            for athlete_id, proposals in groupby(waiting, key=lambda proposal: proposal.athlete_id):
                self._adopt_all(reassessment_id, athlete_id, list(proposals))
            if time.monotonic() > deadline_s:
                return False

    def _settle(self, row: ReassessmentRow, *, deadline_s: float) -> bool:
        """Whether all is adopted, with whatever came in between to be caught up with; False where the time was over.

        Some athletes at a time, for whoever else writes waits meanwhile; who was erased is left out.
        """
        with read(self.engine) as db:
            found = reassessments.adopted_from(db, row.id, scope=Scope.everyone(), after=row.settled_to)
        left = sorted(found.items())
        for first in range(0, len(left), _SETTLED_AT_ONCE):
            some = left[first : first + _SETTLED_AT_ONCE]
            with write(self.engine, wait_s=BUSY_TIMEOUT_S) as db:
                for athlete_id, since in some:
                    self._send_to_catch_up(db, athlete_id, since=since)
                reassessments.settled(db, row.id, to=some[-1][0])
            if time.monotonic() > deadline_s:
                return False
        with write(self.engine, wait_s=BUSY_TIMEOUT_S) as db:
            reassessments.mark(db, row.id, status="adopted", now=self.now())
        return True

    def _send_to_catch_up(self, db: Connection, athlete_id: str, *, since: datetime) -> None:
        try:
            if athletes.mark_stale(db, athlete_id, since=since):
                self.enqueue(db, Errand(CATCH_UP, (athlete_id, "quiet"), lane=athlete_id))
        except NotFound:  # erased meanwhile
            return

    def _adopt_all(self, reassessment_id: str, athlete_id: str, proposals: list[Proposal]) -> None:
        """Some proposals for one athlete's runs, in one transaction."""
        with write(self.engine, wait_s=BUSY_TIMEOUT_S) as db:
            try:
                athletes.lock(db, athlete_id)
            except NotFound:  # erased meanwhile, and the proposals with the athlete
                return
            told = [
                found
                for proposal in proposals
                if (found := ingest.take_in_proposal(db, reassessment_id, proposal, now=self.now())) is not None
            ]
            for event in told:
                event.tell(db)


def _find(db: Connection, reassessment_id: str) -> ReassessmentRow | None:
    try:
        return reassessments.get(db, reassessment_id, scope=Scope.everyone())
    except NotFound:
        return None


def difference_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any] | None:
    """What people would see: warnings added, removed and changed, score and level before and after; None: nothing.

    A warning is known by its code and, where it is one of a stretch, by where that begins.
    """
    old, new = _warnings(before), _warnings(after)
    changed = [key for key in old.keys() & new.keys() if _seen(old[key]) != _seen(new[key])]
    warnings = {
        "added": sorted({code for code, _ in new.keys() - old.keys()}),
        "removed": sorted({code for code, _ in old.keys() - new.keys()}),
        "changed": sorted({code for code, _ in changed}),
    }
    sides = [
        {name: side.get(name) for name in ("status", "score", "forecast_score", "level")} for side in (before, after)
    ]
    if sides[0] == sides[1] and not any(warnings.values()):
        return None
    return {"warnings": warnings, "before": sides[0], "after": sides[1]}


def _warnings(document: Mapping[str, Any]) -> dict[tuple[str, Any], Mapping[str, Any]]:
    return {
        (warning["code"], warning["start_m"] if warning.get("segment") else None): warning
        for warning in document.get("warnings") or ()
    }


def _seen(warning: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(warning.get(name) for name in _WATCHED)
