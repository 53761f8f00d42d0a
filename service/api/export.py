"""Everything that is kept of an athlete as one ZIP archive: made while it is sent, never as a whole in memory.

    originals/<hash>-<name>   every watch file, byte for byte
    athlete.json              the profile
    activities.jsonl          one Activity a line, with its current assessment
    cramp_reports.jsonl       one report a line
    run_logs.jsonl            one run log a line
    history.csv               the risk history as a table

Names of files are made harmless and begin with their hash, so that no entry leads anywhere when it is unpacked.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson
from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from service.api import answers, documents
from service.api.access import AthleteName, Visit, Visiting
from service.api.documents import HISTORY_FIELDS, Voice, utc
from service.api.parameters import strict_router
from service.store import activities, exports, history
from service.store.athletes import AthleteRow
from service.store.blobs import original_key
from service.store.cursor import Page
from service.store.damage import BlobMissing
from service.store.files import FileRow
from service.store.timeline import Filters

router = strict_router("athletes")

_PIECE_BYTES: Final = 64 * 1024
_PAGE: Final = 100
_NAME_LENGTH: Final = 80

Row = TypeVar("Row")
Entry = tuple[str, Iterable[bytes]]


@router.get(
    "/v1/athletes/{athlete}/export",
    operation_id="export_athlete",
    responses={200: {"description": "Everything that is kept of the athlete", "content": {"application/zip": {}}}},
)
def export(athlete: AthleteName, visit: Visiting) -> Response:
    """Everything that is kept of an athlete as a ZIP: original files, profile, activities, reports, history."""
    with visit.writing() as db:
        row = visit.athlete(db, athlete)
        visit.note(db, "athlete.exported", athlete_id=row.id)
    headers = {
        "Content-Disposition": f'attachment; filename="crampwatch-{row.id}.zip"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return StreamingResponse(pieces(visit, row), 200, headers, "application/zip")


def pieces(visit: Visit, row: AthleteRow) -> Iterator[bytes]:
    """The archive, some tens of kilobytes at a time.

    Each page of rows has a transaction of its own: a slow reader holds none open. Raises Unavailable in between.
    """
    outlet = _Outlet()
    with ZipFile(outlet, "w") as archive:
        for name, chunks in _entries(visit, row):
            entry = ZipInfo(name)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            with archive.open(entry, "w", force_zip64=True) as out:
                for chunk in chunks:
                    out.write(chunk)
                    if outlet.held >= _PIECE_BYTES:
                        yield outlet.taken()
    yield outlet.taken()


class _Outlet(io.RawIOBase):
    """What has been written and not been taken yet; it cannot be wound back, and zipfile does without."""

    def __init__(self) -> None:
        self.held = 0
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Yes, and nothing else."""
        return True

    def write(self, data: Any) -> int:
        """Hold the bytes."""
        part = bytes(data)
        self._parts.append(part)
        self.held += len(part)
        return len(part)

    def taken(self) -> bytes:
        """What was held."""
        whole = b"".join(self._parts)
        self._parts.clear()
        self.held = 0
        return whole


def _entries(visit: Visit, row: AthleteRow) -> Iterator[Entry]:
    yield "athlete.json", [orjson.dumps(documents.athlete(row), option=orjson.OPT_INDENT_2)]
    yield "activities.jsonl", _lines(_activities(visit, row))
    yield "cramp_reports.jsonl", _lines(_reports(visit, row))
    yield "run_logs.jsonl", _lines(_logs(visit, row))
    yield "history.csv", _table(visit, row)
    missing: list[str] = []
    for file in _each(visit, lambda db, cursor: exports.files(db, row.id, limit=_PAGE, cursor=cursor)):
        try:
            yield entry_name(file), visit.house.blobs.stream(original_key(row.id, file.sha256))
        except BlobMissing:
            missing.append(file.sha256)
    if missing:
        yield "missing.txt", [("These files are known, but were not found: " + ", ".join(missing) + "\n").encode()]


def entry_name(file: FileRow) -> str:
    """Where a file lies in the archive: below `originals/`, its hash first, then what is harmless of its name."""
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in file.filename
    )
    return f"originals/{file.sha256[:16]}-{plain[-_NAME_LENGTH:] or f'activity.{file.format}'}"


def _each(visit: Visit, page: Callable[[Connection, str | None], Page[Row]]) -> Iterator[Row]:
    """The rows of all pages, each page read in a transaction of its own."""
    cursor: str | None = None
    while True:
        with visit.reading() as db:
            found = page(db, cursor)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


def _lines(found: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    return (orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in found)


def _activities(visit: Visit, row: AthleteRow) -> Iterator[dict[str, Any]]:
    voice = Voice.of(row, visit)

    def page(db: Connection, cursor: str | None) -> Page[dict[str, Any]]:
        found = activities.page(db, row.id, filters=Filters(), limit=_PAGE, cursor=cursor, order="asc")
        listed = documents.activities_of(db, visit, found.items, voice=voice, with_assessment=True)
        return Page(tuple(listed), found.next_cursor)

    return _each(visit, page)


def _reports(visit: Visit, row: AthleteRow) -> Iterator[dict[str, Any]]:
    for one in _each(visit, lambda db, cursor: exports.reports(db, row.id, limit=_PAGE, cursor=cursor)):
        yield {
            "activity_id": one.activity_id,
            "started_at": utc(one.started_at),
            **one.document,
            "answer": one.answer,
            "asked_at": None if one.asked_at is None else utc(one.asked_at),
            "answered_at": utc(one.answered_at),
        }


def _logs(visit: Visit, row: AthleteRow) -> Iterator[dict[str, Any]]:
    for one in _each(visit, lambda db, cursor: exports.logs(db, row.id, limit=_PAGE, cursor=cursor)):
        told = {"activity_id": one.activity_id, "started_at": utc(one.started_at)}
        yield {**told, **one.document, "updated_at": utc(one.updated_at)}


def _table(visit: Visit, row: AthleteRow) -> Iterator[bytes]:
    voice = Voice.of(row, visit)
    yield answers.csv_lines([HISTORY_FIELDS])
    rows = _each(
        visit,
        lambda db, cursor: history.page(db, row.id, filters=Filters(), limit=_PAGE, cursor=cursor, order="asc"),
    )
    for one in rows:
        yield answers.csv_lines([documents.history_cells(documents.history_row(one, voice=voice))])
