"""What an athlete takes along that no other list gives as a whole: every file, cramp report and run log, in pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.store import tables
from service.store.cursor import Keyset, Page
from service.store.files import FileRow

_files: Final = tables.files
_activities: Final = tables.activities
_reports: Final = tables.cramp_reports
_logs: Final = tables.run_logs

_BY_HASH: Final = Keyset("export:files", (_files.c.sha256,))
_REPORTS: Final = Keyset("export:reports", (_reports.c.activity_id,))
_LOGS: Final = Keyset("export:logs", (_logs.c.activity_id,))


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What the athlete said of a cramp in one run."""

    activity_id: str
    started_at: datetime
    answer: str
    document: dict[str, Any]
    asked_at: datetime | None
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class LogRow:
    """What the athlete drank, ate, weighed and slept around one run."""

    activity_id: str
    started_at: datetime
    document: dict[str, Any]
    updated_at: datetime


def files(db: Connection, athlete_id: str, *, limit: int, cursor: str | None = None) -> Page[FileRow]:
    """The files that the athlete gave, by their hash."""
    query = sa.select(*_files.c).where(_files.c.athlete_id == athlete_id)
    return _BY_HASH.page(db, query, limit=limit, cursor=cursor, make=lambda row: FileRow(**row))


def reports(db: Connection, athlete_id: str, *, limit: int, cursor: str | None = None) -> Page[ReportRow]:
    """The athlete's cramp reports, by activity."""
    query = sa.select(_activities.c.started_at, *_named(_reports, ReportRow)).join_from(
        _reports, _activities, _reports.c.activity_id == _activities.c.id
    )
    own = query.where(_activities.c.athlete_id == athlete_id)
    return _REPORTS.page(db, own, limit=limit, cursor=cursor, make=lambda row: ReportRow(**row))


def logs(db: Connection, athlete_id: str, *, limit: int, cursor: str | None = None) -> Page[LogRow]:
    """The athlete's run logs, by activity."""
    query = sa.select(_activities.c.started_at, *_named(_logs, LogRow)).join_from(
        _logs, _activities, _logs.c.activity_id == _activities.c.id
    )
    own = query.where(_activities.c.athlete_id == athlete_id)
    return _LOGS.page(db, own, limit=limit, cursor=cursor, make=lambda row: LogRow(**row))


def _named(table: sa.Table, row: type[ReportRow | LogRow]) -> Iterator[sa.ColumnElement[Any]]:
    """The columns of the table that the row shows."""
    return (table.c[one.name] for one in fields_of(row) if one.name in table.c)
