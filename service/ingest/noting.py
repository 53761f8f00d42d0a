"""What became of sent files, written down as the items of their upload, and told to the feed when all is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from parsers.errors import ParseError
from service.errors import ServiceError
from service.ingest.arrival import CALLER, Outcome, Told
from service.store import athletes, events, uploads, waiting
from service.store.uploads import COUNTS, NewItem, UploadRow

MANY_FILES: Final = 10
"""Past it an upload is an import: worked off in the background, and the feed hears of it as one."""

_BATCH: Final = 1000
"""Items that are made into rows at a time."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was told with an upload that is worked off later: how many files there are in it, and for each of them.

    `more`: others of the same import follow, and the feed hears of it when the last is done. `file` and `member` say
    how far it has been worked off: the place of a file in the upload, and how many members of it are noted.
    """

    files: int = 1
    more: bool = False
    file: int = 0
    member: int = 0
    external_id: str | None = None
    sport: str | None = None
    conditions: Mapping[str, float] = field(default_factory=dict)
    repeats: bool = False
    origin: str = CALLER
    title: str | None = None

    @classmethod
    def of(cls, row: UploadRow) -> Order:
        """As it stands in the upload's row."""
        return cls(**(row.told or {}))

    def told(self, *, events: bool) -> Told:
        """What is told with each file."""
        return Told(
            self.external_id,
            self.sport,
            self.conditions,
            origin=self.origin,
            title=self.title,
            repeats=self.repeats,
            events=events,
        )

    def document(self) -> dict[str, Any]:
        """As it is kept in the upload's row."""
        return asdict(self)


def is_import(row: UploadRow, order: Order) -> bool:
    """Whether the feed hears of the upload as one, and not of each run."""
    return row.import_name is not None or order.files > MANY_FILES


def note(db: Connection, athlete_id: str, upload_id: str, outcomes: Sequence[Outcome]) -> None:
    """Nothing; the outcomes are items of the upload, some at a time: an archive may have made fifty thousand.

    Raises NotFound where the upload is gone, and its athlete with it.
    """
    for first in range(0, len(outcomes), _BATCH):
        items = [
            NewItem(one.name, one.outcome, one.part, one.activity_id, fault_of(one))
            for one in outcomes[first : first + _BATCH]
        ]
        uploads.add_items(db, upload_id, athlete_id=athlete_id, items=items)


def fault_of(outcome: Outcome) -> dict[str, Any] | None:
    """Why there is no activity, as it is kept: the code, the sentence, and where in which file."""
    error = outcome.error
    if error is None:
        return None
    if isinstance(error, ServiceError):
        return {"code": error.what, "detail": error.message, "filename": outcome.name}
    found = {"code": error.code, "detail": error.message, "filename": outcome.name}
    return found | {"format": error.format, "offset": error.offset}


def finish(db: Connection, athlete_id: str, upload_id: str, *, now: datetime) -> UploadRow:
    """The upload, done; what waited for it is asked to go, and the feed has its event, as the last thing.

    Raises NotFound.
    """
    athletes.lock(db, athlete_id)
    row = uploads.finish(db, upload_id, athlete_id=athlete_id, now=now)
    waiting.forget(db, athlete_id, upload_id=upload_id, now=now)
    if row.import_name is None:
        _tell_one(db, row, now=now)
    else:
        _tell_import(db, row, now=now)
    return row


def _tell_one(db: Connection, row: UploadRow, *, now: datetime) -> None:
    many = is_import(row, Order.of(row))
    what = "upload.rejected" if row.rejected == row.total > 0 else "import.done" if many else "upload.done"
    data = {"upload_id": row.id, "total": row.total, **{name: getattr(row, name) for name in COUNTS.values()}}
    events.append(db, row.athlete_id, type=what, now=now, data=data)


def _tell_import(db: Connection, row: UploadRow, *, now: datetime) -> None:
    """One event for all uploads of an import, from whichever is done last, once the last of them has come."""
    parts = uploads.of_import(db, row.athlete_id, name=str(row.import_name))
    if any(part.status != "done" for part in parts) or all(Order.of(part).more for part in parts):
        return
    sums = {name: sum(getattr(part, name) for part in parts) for name in ("total", *COUNTS.values())}
    data = {"import": row.import_name, "uploads": [part.id for part in parts], **sums}
    events.append(db, row.athlete_id, type="import.done", now=now, data=data)


def tell_rejected(db: Connection, athlete_id: str, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Nothing; the feed has heard that nothing of an upload could be read, of which no row is kept."""
    codes = sorted({one.error.code for one in outcomes if isinstance(one.error, ParseError)})
    data = {"upload_id": None, "total": len(outcomes), "rejected": len(outcomes), "codes": codes}
    events.append(db, athlete_id, type="upload.rejected", now=now, data=data)
