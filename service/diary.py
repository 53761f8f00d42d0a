"""The hall for what an athlete tells of a run: whom to ask, and what follows from an answer or a log.

A door opens the transaction and hands the errands on to the jobs in it. What was told is kept, the feed says so, and
the runs whose assessments read it are marked as behind: the run itself, whose own log counts, and those after it.
Nothing here commits, and nothing here knows of HTTP.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection

from service.errands import CATCH_UP, Errand
from service.store import assessments, athletes, cramp_reports, events, run_logs
from service.store.activities import ActivityRow
from service.store.cramp_reports import ReportRow
from service.store.run_logs import LogRow
from service.store.scope import Scope

LONG_S: Final = 45 * 60.0
"""After a run of so much moving time the athlete is always asked; chosen by us, as cramps come late in long runs."""

ONE_IN: Final = 5
"""Of shorter runs every fifth: asking after long runs alone would only hear of cramps where they are expected."""

Row = TypeVar("Row", ReportRow, LogRow)


@dataclass(frozen=True, slots=True)
class Told(Generic[Row]):
    """What counts now, whether it is the first of its run, and what is to be done later because of it."""

    row: Row
    created: bool
    errands: tuple[Errand, ...]


def prompt_for(activity_id: str, assessment: Mapping[str, Any], *, moving_s: float | None) -> str | None:
    """Why the athlete is to be asked for a cramp report of a run that is new; None: not this time.

    `interrupt` where the run itself raises the question, `long_run`, or `sample`: which of the shorter ones is decided
    by the id, so that the same run is never asked for by chance. Only what is scored is a run that can be learnt from.

    >>> prompt_for("act_1", {"status": "scored", "questions": []}, moving_s=2700)
    'long_run'
    """
    if assessment["status"] != "scored":
        return None
    if any(question["code"] == "interrupt" for question in assessment["questions"]):
        return "interrupt"
    if moving_s is not None and moving_s >= LONG_S:
        return "long_run"
    drawn = int.from_bytes(hashlib.sha256(activity_id.encode()).digest()[:8]) % ONE_IN == 0
    return "sample" if drawn else None


def ask(
    db: Connection,
    athlete_id: str,
    *,
    activity_id: str,
    assessment: Mapping[str, Any],
    moving_s: float | None,
    now: datetime,
) -> None:
    """Nothing; the athlete is asked for a cramp report of a run that is new, where `prompt_for` finds a reason."""
    reason = prompt_for(activity_id, assessment, moving_s=moving_s)
    if reason is not None:
        cramp_reports.ask(db, activity_id, athlete_id=athlete_id, reason=reason, now=now)


def report(
    db: Connection, run: ActivityRow, *, document: Mapping[str, Any], now: datetime, revision: int | None = None
) -> Told[ReportRow]:
    """The cramp report taken in. Raises NotFound, and Conflict where `revision` is not the present one."""
    before = cramp_reports.some(db, [run.id], scope=Scope.of(run.athlete_id)).get(run.id)
    row = cramp_reports.put(db, run.id, athlete_id=run.athlete_id, document=document, now=now, revision=revision)
    event = "cramp_report.created" if before is None else "activity.updated"
    return Told(row, before is None, _follows(db, run, event=event, now=now) if row != before else ())


def log(
    db: Connection, run: ActivityRow, *, document: Mapping[str, Any], now: datetime, revision: int | None = None
) -> Told[LogRow]:
    """The run's log taken in. Raises what `report` raises."""
    before = run_logs.some(db, [run.id], scope=Scope.of(run.athlete_id)).get(run.id)
    row = run_logs.put(db, run.id, athlete_id=run.athlete_id, document=document, now=now, revision=revision)
    return Told(row, before is None, _follows(db, run, event="activity.updated", now=now) if row != before else ())


def forget_report(
    db: Connection, run: ActivityRow, *, now: datetime, revision: int | None = None
) -> tuple[Errand, ...]:
    """What is to be done now that the cramp report is gone. Raises what `report` raises."""
    cramp_reports.delete(db, run.id, athlete_id=run.athlete_id, now=now, revision=revision)
    return _follows(db, run, event="activity.updated", now=now)


def forget_log(db: Connection, run: ActivityRow, *, now: datetime, revision: int | None = None) -> tuple[Errand, ...]:
    """What is to be done now that the log is gone. Raises what `report` raises."""
    run_logs.delete(db, run.id, athlete_id=run.athlete_id, now=now, revision=revision)
    return _follows(db, run, event="activity.updated", now=now)


def _follows(db: Connection, run: ActivityRow, *, event: str, now: datetime) -> tuple[Errand, ...]:
    first = athletes.mark_stale(db, run.athlete_id, since=run.started_at)
    current = assessments.current(db, [run.id], scope=Scope.of(run.athlete_id)).get(run.id)
    headline = None if current is None else current.document.get("headline")
    events.append(
        db,
        run.athlete_id,
        type=event,
        activity_id=run.id,
        external_id=run.external_id,
        data={"headline": headline, "previous_level": run.level, "level": run.level},
        now=now,
    )
    return (Errand(CATCH_UP, (run.athlete_id,), lane=run.athlete_id),) if first else ()
