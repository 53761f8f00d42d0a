"""Rows of the store as the documents of the contract: the fields and their names, nothing else.

What an assessment says in words is rendered here, at the last moment, in the caller's language and the athlete's units;
amounts go out of every text at once where the athlete, or a possible age, hides them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from service import wording
from service.api import problems
from service.api.access import Visit
from service.jobs.queue import Job
from service.store import activities, assessments, cramp_reports, files, run_logs
from service.store.activities import ActivityRow
from service.store.assessments import AssessmentRow
from service.store.athletes import AthleteRow
from service.store.cramp_reports import ReportRow
from service.store.files import SourceRow
from service.store.history import HistoryRow
from service.store.run_logs import LogRow
from service.store.uploads import ItemRow, UploadRow

ATHLETE_FIELDS = (
    "id",
    "external_id",
    "name",
    "birth_year",
    "mass_kg",
    "hr_rest_bpm",
    "hr_max_bpm",
    "sweat_rate_l_per_h",
    "cramp_history",
    "strength_training",
    "beginner",
    "hide_amounts",
    "units",
    "timezone",
)

HISTORY_FIELDS = (
    "activity_id",
    "external_id",
    "started_at",
    "sport",
    "name",
    "distance_m",
    "moving_s",
    "status",
    "score",
    "forecast_score",
    "level",
    "points_level",
    "level_source",
    "warnings",
    "cramp",
    "headline",
)
"""The columns of the risk history as a table; as JSON a row tells `utc_offset_s` besides."""


Voice = wording.Voice
utc = wording.utc
event = wording.event
"""Told by whoever sends webhooks as well."""


def athlete(row: AthleteRow) -> dict[str, Any]:
    """An Athlete."""
    document = {name: getattr(row, name) for name in ATHLETE_FIELDS}
    return document | {"created_at": utc(row.created_at), "updated_at": utc(row.updated_at)}


@dataclass(frozen=True, slots=True)
class Told:
    """What the athlete told of a run; None: nothing."""

    report: ReportRow | None
    log: LogRow | None


def activity(
    row: ActivityRow, sources: Sequence[SourceRow], assessment: Mapping[str, Any] | None, *, told: Told
) -> dict[str, Any]:
    """An Activity; `assessment` is the rendered one. Name and sport are the effective ones: a person's word first."""
    return {
        "id": row.id,
        "athlete_id": row.athlete_id,
        "external_id": row.external_id,
        "page": f"/activities/{row.id}",
        **row.document,
        "name": row.name,
        "sport": row.sport,
        "note": row.note,
        "sources": [_source(source) for source in sources],
        "assessment": assessment,
        "cramp_report": None if told.report is None else cramp_report(told.report),
        "cramp_prompt": _prompt(row.cramp_prompt),
        "log": None if told.log is None else run_log(told.log),
        "created_at": utc(row.created_at),
        "updated_at": utc(row.updated_at),
    }


def cramp_report(row: ReportRow) -> dict[str, Any]:
    """A CrampReport."""
    asked_at = None if row.asked_at is None else utc(row.asked_at)
    return {**row.document, "asked_at": asked_at, "answered_at": utc(row.answered_at)}


def run_log(row: LogRow) -> dict[str, Any]:
    """A RunLog."""
    return {**row.document, "updated_at": utc(row.updated_at)}


def _prompt(asked: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if asked is None else {**asked, "asked_at": utc(datetime.fromisoformat(asked["asked_at"]))}


def _source(row: SourceRow) -> dict[str, Any]:
    return {
        "format": row.format,
        "filename": row.filename,
        "part": row.part,
        "sha256": row.sha256,
        "bytes": row.bytes,
        "via": row.via,
        "received_at": utc(row.received_at),
    }


def activities_of(
    db: Connection, visit: Visit, rows: Iterable[ActivityRow], *, voice: Voice, with_assessment: bool
) -> list[dict[str, Any]]:
    """Activities of one athlete with sources, what was told and, if asked for, assessments: five queries."""
    listed = list(rows)
    ids = [row.id for row in listed]
    sources = files.sources_of(db, ids, scope=visit.scope)
    current = assessments.current(db, ids, scope=visit.scope) if with_assessment else {}
    reports = cramp_reports.some(db, ids, scope=visit.scope)
    logs = run_logs.some(db, ids, scope=visit.scope)
    documents = []
    for row in listed:
        found = current.get(row.id)
        rendered = None if found is None else voice.render(found.document)
        told = Told(reports.get(row.id), logs.get(row.id))
        document = activity(row, sources.get(row.id, ()), rendered, told=told)
        if not with_assessment:
            del document["assessment"]
        documents.append(document)
    return documents


def one_activity(db: Connection, visit: Visit, row: ActivityRow, *, voice: Voice) -> dict[str, Any]:
    """One Activity with its assessment."""
    return activities_of(db, visit, [row], voice=voice, with_assessment=True)[0]


def assessment(row: AssessmentRow, *, voice: Voice) -> dict[str, Any]:
    """One assessment of an activity's list, with its id, its age and whether it is the one that counts."""
    return {"id": row.id, "created_at": utc(row.created_at), "state": row.state, **voice.render(row.document)}


def history_row(row: HistoryRow, *, voice: Voice) -> dict[str, Any]:
    """One row of the risk history: HISTORY_FIELDS, danger signs, and how far the clock there was from UTC."""
    said = {
        "started_at": utc(row.started_at),
        "warnings": list(row.warnings),
        "headline": voice.headline(row.headline),
    }
    told = {name: said[name] if name in said else getattr(row, name) for name in HISTORY_FIELDS}
    return told | {"red_flags": list(row.red_flags), "utc_offset_s": row.utc_offset_s}


def history_cells(line: Mapping[str, Any]) -> list[Any]:
    """The same row for a table; the codes of the warnings stand in one column."""
    return [" ".join(line[name]) if name == "warnings" else line[name] for name in HISTORY_FIELDS]


def job(one: Job) -> dict[str, Any]:
    """A Job."""
    return {
        "id": one.id,
        "errand": one.errand,
        "args": list(one.args),
        "athlete_id": one.lane,
        "state": one.state,
        "attempt": one.attempt,
        "queued_at": utc(one.queued_at),
        "ended_at": None if one.ended_at is None else utc(one.ended_at),
        "error": one.error,
    }


def upload(row: UploadRow, items: Sequence[Mapping[str, Any]], next_cursor: str | None) -> dict[str, Any]:
    """An Upload; `next_cursor` leads on in its items, where there are more than fit."""
    return {
        "id": row.id,
        "athlete_id": row.athlete_id,
        "via": row.via,
        "import_name": row.import_name,
        "received_at": utc(row.received_at),
        "finished_at": None if row.finished_at is None else utc(row.finished_at),
        "status": row.status,
        "total": row.total,
        "created": row.created,
        "duplicates": row.duplicates,
        "merged": row.merged,
        "skipped": row.skipped,
        "rejected": row.rejected,
        "items": list(items),
        "next_cursor": next_cursor,
    }


def upload_items(
    db: Connection, visit: Visit, rows: Iterable[ItemRow], *, voice: Voice, brief: bool = False
) -> list[dict[str, Any]]:
    """Items of an upload, each with its activity as it is now; null where that has been deleted since, or `brief`."""
    listed = list(rows)
    wanted = () if brief else listed
    found = activities.some(db, {row.activity_id for row in wanted if row.activity_id is not None}, scope=visit.scope)
    documents = activities_of(db, visit, found.values(), voice=voice, with_assessment=True)
    by_id = {document["id"]: document for document in documents}
    return [
        {
            "name": row.name,
            "part": row.part,
            "outcome": row.outcome,
            "activity_id": row.activity_id,
            "activity": by_id.get(row.activity_id or ""),
            "problem": problems.of_outcome(row.problem),
        }
        for row in listed
    ]
