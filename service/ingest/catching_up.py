"""Catching up: the runs after one that came late, went, or changed are assessed again, in the order of time.

An assessment reads the runs of the 180 days before it. So whoever changes a run marks its athlete (`follow_up`), and
one errand goes through what lies behind: up to 180 days after the last run whose digest came out different, for only
digests are read by later runs. That ends in the same assessments whatever the order of arrival.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from parsers import Activity
from service.errands import CATCH_UP, Errand
from service.examine import Examined
from service.ingest import telling
from service.ingest.knowledge import Known, adopt, examined, known_for
from service.ingest.restoring import restore
from service.store import activities as rows
from service.store import assessments, athletes, history, reassessments
from service.store.activities import ActivityRow
from service.store.assessments import AssessmentRow
from service.store.blobs import Blobs
from service.store.reassessments import Proposal
from service.store.scope import Scope

REACH: Final = timedelta(days=history.DIGEST_DAYS)
"""How far the assessments of later runs look back."""


def follow_up(db: Connection, athlete_id: str, *, since: datetime) -> tuple[Errand, ...]:
    """What is to be done about the runs after the moment `since`, where there are any: at most one errand.

    None where somebody is on the way already, who looks again at the end.
    """
    if not history.any_between(db, athlete_id, after=since, until=since + REACH):
        return ()
    return (
        (Errand(CATCH_UP, (athlete_id,), lane=athlete_id),) if athletes.mark_stale(db, athlete_id, since=since) else ()
    )


def late_catch_up(db: Connection, athlete_id: str, *, events: bool) -> tuple[Errand, ...]:
    """What is to be done, once many files have come, about all the runs that they have marked.

    Without `events` the feed hears nothing of single runs.
    """
    if athletes.stale(db, athlete_id) is None:
        return ()
    return (Errand(CATCH_UP, (athlete_id,) if events else (athlete_id, "quiet"), lane=athlete_id),)


@dataclass(frozen=True, slots=True)
class Again:
    """A stored run with all that it takes to assess it again, read at one moment."""

    row: ActivityRow
    current: AssessmentRow
    digest: Mapping[str, Any] | None
    run: Activity
    known: Known

    def examine(self) -> Examined:
        """The run examined by the present rules and with what is known now."""
        named = self.current.document["receipt"]["input_sha256"]
        return examined(self.run, self.known, input_sha256=named, edits=self.row.edits)

    def is_as_before(self, found: Examined) -> bool:
        """Whether the assessment is the one there was, and later runs would read the same of this one."""
        return self.current.document == found.assessment and self.digest == found.digest


def assess_again(
    db: Connection, blobs: Blobs, athlete_id: str, activity_id: str, *, proposed: str | None = None
) -> Again | None:
    """The stored run, ready to be examined; None where it is gone or was never assessed.

    With `proposed`, the runs before are read as that reassessment proposes.
    """
    scope = Scope.of(athlete_id)
    row = rows.some(db, [activity_id], scope=scope).get(activity_id)
    current = assessments.current(db, [activity_id], scope=scope).get(activity_id)
    if row is None or current is None:
        return None
    run = restore(blobs, row, state=rows.state(db, row.id, scope=scope))
    digest = history.digest_of(db, activity_id, scope=scope)
    known = known_for(db, athlete_id, run, activity_id=row.id, proposed=proposed)
    return Again(row, current, digest, run, known)


def take_in_again(db: Connection, again: Again, found: Examined, *, now: datetime, events: bool) -> bool:
    """Whether the new assessment counts from now on; False where run, profile or history have changed since.

    Raises NotFound where the athlete is gone.
    """
    row, athlete_id = again.row, again.row.athlete_id
    athletes.lock(db, athlete_id)
    present = rows.some(db, [row.id], scope=Scope.of(athlete_id)).get(row.id)
    if present is None or present.revision != row.revision:
        return False
    if known_for(db, athlete_id, again.run, activity_id=row.id) != again.known:
        return False
    adopt(db, athlete_id, row.id, found, now=now)
    after = rows.get(db, row.id, scope=Scope.of(athlete_id))
    if events and (after.level, after.warnings) != (row.level, row.warnings):
        Reassessed(row, found.assessment, now).tell(db)
    return True


@dataclass(frozen=True, slots=True)
class Reassessed:
    """What the feed is to hear of a run that came out different."""

    row: ActivityRow
    assessment: Mapping[str, Any]
    now: datetime

    def tell(self, db: Connection) -> None:
        """Tell it, as the last thing in the transaction."""
        telling.tell(
            db,
            self.row.athlete_id,
            what="activity.reassessed",
            activity_id=self.row.id,
            external_id=self.row.external_id,
            assessment=self.assessment,
            previous_level=self.row.level,
            now=self.now,
        )


def take_in_proposal(db: Connection, reassessment_id: str, proposal: Proposal, *, now: datetime) -> Reassessed | None:
    """What the feed is to hear, once the proposed assessment counts; None where nothing that people see changed.

    A run that was assessed anew since the proposal was made keeps what it has. The athlete has to be locked.
    """
    athlete_id, activity_id = proposal.athlete_id, proposal.activity_id
    scope = Scope.of(athlete_id)
    row = rows.some(db, [activity_id], scope=scope).get(activity_id)
    current = assessments.current(db, [activity_id], scope=scope).get(activity_id)
    reassessments.withdraw(db, reassessment_id, activity_id=activity_id, athlete_id=athlete_id)
    if row is None or current is None or current.created_at > proposal.created_at:
        return None
    assessments.adopt(
        db,
        activity_id,
        athlete_id=athlete_id,
        now=now,
        document=proposal.document,
        digest=proposal.digest,
        reassessment_id=reassessment_id,
    )
    after = rows.get(db, activity_id, scope=scope)
    seen = (after.level, after.score, after.warnings) != (row.level, row.score, row.warnings)
    return Reassessed(row, proposal.document, now) if seen else None
