"""What an assessment reads beside the file: the profile, and the runs before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

from sqlalchemy import Connection

from parsers import Activity
from service import diary, examine
from service.examine import Examined
from service.ingest.arrival import told_sport
from service.store import assessments, athletes, history, run_logs
from service.store.scope import Scope

PROGRAM_VERSION: Final = version("crampwatch")


@dataclass(frozen=True, slots=True)
class Known:
    """What an assessment reads beside the file: profile, digests of the runs before, oldest first, and its own log."""

    profile: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]]
    log: Mapping[str, Any] | None = None


def known_of(db: Connection, athlete_id: str, found: Sequence[Activity]) -> tuple[Known, ...]:
    """What is known at the moment for the assessment of each run. Raises NotFound where the athlete is gone."""
    return tuple(known_for(db, athlete_id, run) for run in found)


def known_for(
    db: Connection, athlete_id: str, run: Activity, *, activity_id: str | None = None, proposed: str | None = None
) -> Known:
    """What is known at the moment for the assessment of one run, its log if it is stored as that activity.

    With `proposed`, the runs before are those of a reassessment. Raises NotFound where the athlete is gone.
    """
    scope = Scope.of(athlete_id)
    profile = asdict(athletes.get(db, athlete_id, scope=scope))
    log = None if activity_id is None else run_logs.some(db, [activity_id], scope=scope).get(activity_id)
    earlier = history.digests(db, athlete_id, before=run.started_at, proposed=proposed)
    return Known(profile, earlier, None if log is None else log.document)


def examined(run: Activity, known: Known, *, input_sha256: str, edits: Mapping[str, Any]) -> Examined:
    """The run examined with what is known and what a person said of it."""
    return examine.examine(
        run,
        input_sha256=input_sha256,
        profile=known.profile,
        history=known.history,
        conditions=edits.get("conditions", {}),
        log=known.log,
        sport=told_sport(edits),
        program_version=PROGRAM_VERSION,
    )


def adopt(db: Connection, athlete_id: str, activity_id: str, found: Examined, *, now: datetime) -> None:
    """Nothing; the activity is assessed so from now on."""
    assessments.adopt(db, activity_id, athlete_id=athlete_id, now=now, document=found.assessment, digest=found.digest)


def ask_about(db: Connection, athlete_id: str, activity_id: str, found: Examined, *, now: datetime) -> None:
    """Nothing; the athlete is asked whether there was a cramp in a run that is new, where there is a reason to."""
    diary.ask(
        db,
        athlete_id,
        activity_id=activity_id,
        assessment=found.assessment,
        moving_s=found.activity["summary"]["moving_s"],
        now=now,
    )
