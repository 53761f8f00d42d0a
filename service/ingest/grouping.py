"""Which records are one activity: worked out anew whenever a record comes, goes, or is taken out.

All records of the activities concerned are put in a pool and told apart by `twins.runs_of`. Each run keeps the activity
of its richest record so far, the oldest where several claim it; a run without one gets a new activity. Only where the
record shown has changed is anything examined again, from stored streams, or from the original file where it was hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from parsers import Activity, Limits
from service import examine
from service.errors import Conflict, NotFound
from service.examine import Examined
from service.ingest import twins
from service.ingest.arrival import CALLER, Told
from service.ingest.knowledge import adopt, ask_about, examined, known_for
from service.ingest.restoring import put_streams, restore
from service.store import activities as rows
from service.store import athletes, records, tombstones
from service.store.activities import ActivityRow, Content
from service.store.blobs import Blobs, original_key
from service.store.ids import new_id
from service.store.records import RecordRow
from service.store.scope import Scope

Key = tuple[str, int]
Edits = Mapping[str, Any]

_TRUSTED: Final = Limits(unpacked_bytes=2**40, file_bytes=2**40)
"""An original was within the limits when it came; they may have been lowered since."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A record that has just come: the run in it, what was said with it, and the record that it takes the place of."""

    record: RecordRow
    run: Activity
    edits: Edits
    told: Told
    older: RecordRow | None = None


def superseded(db: Connection, athlete_id: str, record: RecordRow) -> RecordRow | None:
    """The record that a provider sent before under the same id: the new one is its correction."""
    if record.origin is None or record.origin == CALLER or record.external_id is None:
        return None
    return records.find(db, athlete_id, origin=record.origin, external_id=record.external_id)


def twins_of(db: Connection, athlete_id: str, record: RecordRow) -> list[RecordRow]:
    """The stored records of the same run."""
    near = records.overlapping(db, athlete_id, start=record.started_at, end=record.ended_at)
    return [other for other in near if twins.are_twins(record, other)]


def join(
    db: Connection, blobs: Blobs, athlete_id: str, *, newcomer: Newcomer, near: Iterable[RecordRow], now: datetime
) -> tuple[str, datetime]:
    """The activity that the newcomer is a part of now, and the earliest start of any run that changed."""
    older, record = newcomer.older, newcomer.record
    concerned = {other.activity_id for other in near} | ({older.activity_id} if older else set())
    pool = _Pool.of(db, blobs, athlete_id, concerned, now=now)
    if older is not None:
        records.forget(db, athlete_id, sha256=older.sha256, part=older.part, now=now)
        pool.records = [other for other in pool.records if other.key != older.key]
        record = replace(record, activity_id=older.activity_id)
    pool.records.append(record)
    pool.fresh[record.key] = replace(newcomer, record=record)
    return pool.settle()[record.key], pool.since()


def take_out(
    db: Connection, blobs: Blobs, before: ActivityRow, *, sha256: str, part: int, now: datetime
) -> tuple[str, datetime]:
    """The activity that the record taken out of a merged one is now, for good, and the earliest start that changed.

    Raises NotFound where the activity has no such record, Conflict where it has no other.
    """
    athletes.lock(db, before.athlete_id)
    pool = _Pool.of(db, blobs, before.athlete_id, {before.id}, now=now)
    leaving = next((record for record in pool.records if record.key == (sha256, part)), None)
    if leaving is None:
        raise NotFound("This activity has no such source.")
    if len(pool.records) == 1:
        raise Conflict("This is the only source of the activity; there is nothing to take it out of.")
    records.set_apart(db, before.athlete_id, sha256=sha256, part=part)
    pool.records = [replace(record, apart=record.apart or record is leaving) for record in pool.records]
    pool.leaving = leaving.key
    return pool.settle()[leaving.key], pool.since()


def drop(db: Connection, blobs: Blobs, record: RecordRow, *, athlete_id: str, now: datetime) -> datetime:
    """The earliest start of a run that changed, as the record went from a merged activity and lies under a stone.

    There have to be others in the activity; one that stands on this record alone is removed as a whole.
    """
    athletes.lock(db, athlete_id)
    pool = _Pool.of(db, blobs, athlete_id, {record.activity_id}, now=now)
    since = pool.since()
    stone = (record.sha256, record.part, record.origin, record.external_id)
    tombstones.bury(db, athlete_id, sources=[stone], now=now)
    records.forget(db, athlete_id, sha256=record.sha256, part=record.part, now=now)
    pool.records = [other for other in pool.records if other.key != record.key]
    pool.settle()
    return since


def give_way(
    db: Connection, blobs: Blobs, older: RecordRow, *, to: RecordRow, athlete_id: str, now: datetime
) -> datetime:
    """The earliest start of a run that changed, as a record went for good, without a stone, for its correction.

    The correction is there already. An activity that stood on the older record alone goes on with it.
    """
    athletes.lock(db, athlete_id)
    pool = _Pool.of(db, blobs, athlete_id, {older.activity_id, to.activity_id}, now=now)
    since = pool.since()
    records.forget(db, athlete_id, sha256=older.sha256, part=older.part, now=now)
    pool.records = [other for other in pool.records if other.key != older.key]
    pool.heirs[older.activity_id] = to.key
    pool.settle()
    return since


@dataclass(slots=True)
class _Pool:
    """The records of some activities, to be told apart anew, and those activities as they were before."""

    db: Connection
    blobs: Blobs
    athlete_id: str
    now: datetime
    before: Mapping[str, ActivityRow]
    shown_before: Mapping[str, Key]
    records: list[RecordRow]
    fresh: dict[Key, Newcomer] = field(default_factory=dict)
    leaving: Key | None = None
    heirs: dict[str, Key] = field(default_factory=dict)
    """The record that an activity goes on with which has lost its last."""

    @classmethod
    def of(cls, db: Connection, blobs: Blobs, athlete_id: str, activity_ids: set[str], *, now: datetime) -> _Pool:
        scope = Scope.of(athlete_id)
        found = records.of(db, activity_ids, scope=scope)
        shown = {
            activity_id: twins.shown(record for record in found if record.activity_id == activity_id).key
            for activity_id in {record.activity_id for record in found}
        }
        return cls(db, blobs, athlete_id, now, rows.some(db, activity_ids, scope=scope), shown, found)

    def since(self) -> datetime:
        """The earliest start of any of the runs, before or after."""
        return min(*(record.started_at for record in self.records), *(row.started_at for row in self.before.values()))

    def settle(self) -> dict[Key, str]:
        """The activity of each record, once every run has its own and shows its richest record."""
        runs = sorted(twins.runs_of(self.records), key=lambda run: (run[0].started_at, run[0].key))
        claims = [self._claims(run) for run in runs]
        homes: dict[Key, str] = {}
        for run, claimed in zip(runs, claims, strict=True):
            home = self._house(run, claimed) if claimed else self._found(run)
            homes |= {record.key: home for record in run}
        return homes

    def _claims(self, run: Sequence[RecordRow]) -> list[str]:
        """The activities that go on with this run, the oldest first: those whose richest record is in it."""
        keys = {record.key for record in run}
        return [activity_id for activity_id in sorted(self.before) if self._anchor(activity_id) in keys]

    def _anchor(self, activity_id: str) -> Key | None:
        own = [one for one in self.records if one.activity_id == activity_id and one.key != self.leaving]
        return twins.shown(own).key if own else self.heirs.get(activity_id)

    def _found(self, run: Sequence[RecordRow]) -> str:
        """A new activity for a run that has none."""
        content, found = self._content(run, claimed=[])
        home = new_id("act", self.now)
        content = replace(content, streams_digest=put_streams(self.blobs, self.athlete_id, home, found))
        rows.insert(self.db, self.athlete_id, activity_id=home, now=self.now, content=content)
        self._gather(run, home)
        adopt(self.db, self.athlete_id, home, found, now=self.now)
        ask_about(self.db, self.athlete_id, home, found, now=self.now)
        return home

    def _house(self, run: Sequence[RecordRow], claimed: Sequence[str]) -> str:
        """The oldest of the activities that claim the run, with all of its records; the others are a part of it now."""
        home, absorbed = claimed[0], claimed[1:]
        source = self._run_of(run[0])
        self._gather(run, home)
        for activity_id in absorbed:
            rows.absorb(self.db, activity_id, athlete_id=self.athlete_id, into=home, now=self.now)
        content, found = self._content(run, claimed=claimed, source=source)
        content = replace(content, streams_digest=put_streams(self.blobs, self.athlete_id, home, found))
        rows.replace(self.db, home, athlete_id=self.athlete_id, now=self.now, content=content)
        adopt(self.db, self.athlete_id, home, found, now=self.now)
        return home

    def _gather(self, run: Sequence[RecordRow], home: str) -> None:
        """Every record of the run is a part of that activity; a fresh one has its row from here on."""
        moving = [record.key for record in run if record.key not in self.fresh and record.activity_id != home]
        records.move(self.db, self.athlete_id, keys=moving, activity_id=home)
        for record in run:
            if record.key in self.fresh:
                records.add(self.db, self.athlete_id, replace(record, activity_id=home))

    def _content(
        self, run: Sequence[RecordRow], *, claimed: Sequence[str], source: Activity | None = None
    ) -> tuple[Content, Examined]:
        """What is to be stored of the run, its streams apart, and how it was examined: as its richest record tells."""
        source = source or self._run_of(run[0])
        said = [self.before[activity_id] for activity_id in claimed]
        edits = self._edits(run, said)
        known = known_for(self.db, self.athlete_id, source, activity_id=claimed[0] if claimed else None)
        found = examined(source, known, input_sha256=run[0].sha256, edits=edits)
        named = [row.external_id for row in said] + [one.told.callers_id for one in self._newcomers(run)]
        content = Content(
            document=found.activity,
            state=found.state,
            streams_digest="",
            edits=edits,
            note=next((row.note for row in said if row.note is not None), None),
            external_id=next((name for name in named if name is not None), None),
        )
        return content, found

    def _newcomers(self, run: Sequence[RecordRow]) -> list[Newcomer]:
        return [self.fresh[record.key] for record in run if record.key in self.fresh]

    def _edits(self, run: Sequence[RecordRow], said: Sequence[ActivityRow]) -> dict[str, Any]:
        """What a person said of the run: the newcomer's word before what was said earlier, an archive's last."""
        edits: dict[str, Any] = {}
        for row in reversed(said):
            edits |= row.edits
        for newcomer in self._newcomers(run):
            told = dict(newcomer.edits)
            edits = told | edits if newcomer.told.hint is not None else edits | told
        return edits

    def _run_of(self, record: RecordRow) -> Activity:
        """The Activity in a record: just parsed, out of the streams of the activity that showed it, or parsed again."""
        if record.key in self.fresh:
            return self.fresh[record.key].run
        row = next((row for one, row in self.before.items() if self.shown_before.get(one) == record.key), None)
        if row is not None:
            return restore(self.blobs, row, state=rows.state(self.db, row.id, scope=Scope.of(self.athlete_id)))
        original = self.blobs.get(original_key(self.athlete_id, record.sha256))
        return next(run for run in examine.read(original, limits=_TRUSTED) if run.part == record.part)
