"""What an assessment reads beside the file: the profile, and the runs before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

from sqlalchemy import Connection

from parsers import Activity
from service import examine
from service.examine import Examined
from service.ingest.arrival import told_sport
from service.store import assessments, athletes, history
from service.store.scope import Scope

PROGRAM_VERSION: Final = version("crampwatch")


@dataclass(frozen=True, slots=True)
class Known:
    """What an assessment reads beside the file: the profile, and the digests of the runs before, oldest first."""

    profile: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]]


def known_of(db: Connection, athlete_id: str, found: Sequence[Activity]) -> tuple[Known, ...]:
    """What is known at the moment for the assessment of each run. Raises NotFound where the athlete is gone."""
    return tuple(known_for(db, athlete_id, run) for run in found)


def known_for(db: Connection, athlete_id: str, run: Activity) -> Known:
    """What is known at the moment for the assessment of one run. Raises NotFound where the athlete is gone."""
    profile = asdict(athletes.get(db, athlete_id, scope=Scope.of(athlete_id)))
    return Known(profile, history.digests(db, athlete_id, before=run.started_at))


def examined(run: Activity, known: Known, *, input_sha256: str, edits: Mapping[str, Any]) -> Examined:
    """The run examined with what is known and what a person said of it."""
    return examine.examine(
        run,
        input_sha256=input_sha256,
        profile=known.profile,
        history=known.history,
        conditions=edits.get("conditions", {}),
        sport=told_sport(edits),
        program_version=PROGRAM_VERSION,
    )


def adopt(db: Connection, athlete_id: str, activity_id: str, found: Examined, *, now: datetime) -> None:
    """Nothing; the activity is assessed so from now on."""
    assessments.adopt(db, activity_id, athlete_id=athlete_id, now=now, document=found.assessment, digest=found.digest)
