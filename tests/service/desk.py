"""A store with one athlete and a door to it: what tests of records and arrivals send their files through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from parsers import Limits
from service import ingest
from service.catchup import CatchUp
from service.errands import Errand
from service.ingest import Outcome, Told
from service.reception import Reception
from service.store import activities, assessments, athletes, files, migrate, removals
from service.store.activities import ActivityRow
from service.store.blobs import Blobs
from service.store.engine import make_engine, read, write
from service.store.history import Filters
from service.store.scope import Scope

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
EVERYONE = Scope.everyone()


@dataclass
class Desk:
    """A store with one athlete, and a door to it."""

    engine: Engine
    blobs: Blobs
    athlete_id: str
    errands: list[Errand]
    now: datetime = NOW
    noted: list[Outcome] = field(default_factory=list)

    def send(
        self, data: bytes, *, told: Told | None = None, via: str = "upload", bulk: bool = False
    ) -> list[tuple[str, str | None]]:
        """What became of each run of the file, and the activity that it is."""
        self.now += timedelta(seconds=1)
        reception = Reception(
            self.engine,
            self.blobs,
            Limits(),
            self.athlete_id,
            via,
            enqueue=lambda _, errand: self.errands.append(errand),
            sweep=lambda: None,
            bulk=bulk,
        )
        outcomes = reception.receive(data, name="run", told=told or Told(), now=self.now, note=self._note)
        return [(one.outcome, one.activity_id) for one in outcomes]

    def _note(self, _db: Connection, outcomes: Sequence[Outcome]) -> None:
        self.noted += outcomes

    def catch_up(self) -> None:
        assert CatchUp(self.engine, self.blobs, lambda: self.now).run(self.athlete_id)
        self.errands.clear()
        removals.sweep(self.engine, self.blobs)

    def remove(self, activity_id: str) -> None:
        with write(self.engine) as db:
            row = activities.get(db, activity_id, scope=EVERYONE)
            self.errands += ingest.remove(db, row, now=self.now)

    def unmerge(self, activity_id: str, sha256: str, part: int = 0) -> str:
        with write(self.engine) as db:
            row = activities.get(db, activity_id, scope=EVERYONE)
            taken = ingest.unmerge(db, self.blobs, row, sha256=sha256, part=part, now=self.now)
            self.errands += taken.errands
            return taken.activity_id

    def rows(self) -> list[ActivityRow]:
        with read(self.engine) as db:
            return activities.page(db, self.athlete_id, filters=Filters(), limit=200).items

    def hashes(self, activity_id: str) -> set[str]:
        with read(self.engine) as db:
            return {source.sha256 for source in files.sources_of(db, [activity_id], scope=EVERYONE)[activity_id]}

    def state(self) -> dict[Any, Any]:
        """All that matters of what is stored: ids, times and earlier assessments apart."""
        found: dict[Any, Any] = {}
        with read(self.engine) as db:
            for row in self.rows():
                sources = files.sources_of(db, [row.id], scope=EVERYONE)[row.id]
                current = assessments.current(db, [row.id], scope=EVERYONE)[row.id]
                keys = tuple(sorted({(source.sha256, source.part) for source in sources}))
                columns = {
                    name: (units, column.tobytes())
                    for name, (column, units) in ingest.columns_of(self.blobs, row).items()
                }
                found[keys] = (row.document, row.edits, row.sport, current.document, columns)
        return found


def opened(folder: Path) -> Desk:
    engine = make_engine(f"sqlite:///{folder}/test.db")
    migrate.upgrade(engine)
    with write(engine) as db:
        athlete_id = athletes.create(db, now=NOW, fields={"mass_kg": 70.0}).id
    return Desk(engine, Blobs(f"file://{folder}/blobs"), athlete_id, [])
