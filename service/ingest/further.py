"""The same bytes once more: through another door, or under another id. What is remembered of that, and let go again.

A record of a run came at first one way, which its row tells, and each further way is an arrival of it. Bytes that a
service sends again under an id that it had for others are a correction, whoever brought them before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from service.errands import Errand
from service.errors import Conflict
from service.ingest import grouping, telling
from service.ingest.arrival import CALLER, Outcome, Received, Stored, Told
from service.ingest.catching_up import follow_up
from service.store import activities as rows
from service.store import arrivals, athletes, records, tombstones
from service.store.arrivals import ArrivalRow
from service.store.blobs import Blobs
from service.store.records import RecordRow
from service.store.scope import Scope


def is_news(db: Connection, athlete_id: str, received: Received, *, told: Told, via: str) -> bool:
    """Whether known bytes came another way than ever before: `come_again` would remember something."""
    return bool(_news(db, athlete_id, received, told=told, via=via))


def come_again(
    db: Connection,
    blobs: Blobs,
    *,
    athlete_id: str,
    received: Received,
    duplicates: Sequence[Outcome],
    told: Told,
    via: str,
    now: datetime,
) -> Stored:
    """The duplicates as they are now that it is remembered how their bytes came this time.

    The first of them bears the `external_id` that a caller told with the bytes. What came the same way before leaves
    nothing. Raises Conflict where a caller gave the file another id before, or another run this one.
    """
    athletes.lock(db, athlete_id)
    if told.callers_id is not None:
        _claim(db, athlete_id, received, duplicates=duplicates, external_id=told.callers_id, now=now)
    errands: list[Errand] = []
    changed: set[str] = set()
    news = _news(db, athlete_id, received, told=told, via=via)
    for record, external_id in news:
        origin = None if external_id is None else told.origin
        holder = records.find(db, athlete_id, origin=told.origin, external_id=external_id) if external_id else None
        if holder is not None:
            changed.add(holder.activity_id)
            errands += _take_from(db, blobs, athlete_id, holder, to=record, told=told, now=now)
        arrivals.add(db, athlete_id, record, ArrivalRow(via, origin, external_id, now))
    homes = {record.part: record.activity_id for record in records.of_file(db, athlete_id, sha256=received.sha256)}
    for activity_id in sorted({homes[record.part] for record, _ in news}):
        rows.touch(db, activity_id, athlete_id=athlete_id, now=now)
        changed.add(activity_id)
    if told.events:
        tell_changed(db, athlete_id, changed, now=now)
    moved = (one if one.outcome != "duplicate" else replace(one, activity_id=homes.get(one.part)) for one in duplicates)
    return Stored(tuple(moved), tuple(errands))


def let_go(db: Connection, athlete_id: str, record: RecordRow, *, origin: str, external_id: str, now: datetime) -> bool:
    """Whether the record stays though this id of it goes, because it came another way, too. False: nothing is done."""
    if not arrivals.withdraw(db, athlete_id, record, origin=origin, external_id=external_id):
        return False
    rows.touch(db, record.activity_id, athlete_id=athlete_id, now=now)
    return True


def _news(
    db: Connection, athlete_id: str, received: Received, *, told: Told, via: str
) -> list[tuple[RecordRow, str | None]]:
    """The records of the file that came another way than before, each with the id that is new for it.

    An id names one run, the first of the file; what a service sent is its word on that run alone.
    """
    present = records.of_file(db, athlete_id, sha256=received.sha256)
    if told.external_id is not None and told.origin != CALLER:
        return [(one, told.external_id) for one in present[:1] if _is_new_id(db, athlete_id, one, told=told)]
    found: list[tuple[RecordRow, str | None]] = []
    for place, record in enumerate(present):
        if place == 0 and told.external_id is not None and _is_new_id(db, athlete_id, record, told=told):
            found.append((record, told.external_id))
        elif via not in arrivals.doors(db, athlete_id, sha256=record.sha256, part=record.part):
            found.append((record, None))
    return found


def _is_new_id(db: Connection, athlete_id: str, record: RecordRow, *, told: Told) -> bool:
    """Whether nobody knows the record by this id; a caller's stays where it is, a service's may move."""
    named = {"origin": told.origin, "external_id": str(told.external_id)}
    holder = records.find(db, athlete_id, **named)
    if holder is None:
        return not (told.repeats and tombstones.is_buried_id(db, athlete_id, **named))
    return told.origin != CALLER and holder.key != record.key


def _take_from(
    db: Connection, blobs: Blobs, athlete_id: str, holder: RecordRow, *, to: RecordRow, told: Told, now: datetime
) -> tuple[Errand, ...]:
    """What is to be done about later runs, as the record that had the id so far gives it up, or goes for the other."""
    if let_go(db, athlete_id, holder, origin=told.origin, external_id=str(told.external_id), now=now):
        return ()
    since = grouping.give_way(db, blobs, holder, to=to, athlete_id=athlete_id, now=now)
    return follow_up(db, athlete_id, since=since)


def tell_changed(db: Connection, athlete_id: str, activity_ids: Collection[str], *, now: datetime) -> None:
    """Nothing; the feed has heard of those of the activities that are still there: they are known by other ways now."""
    there = rows.some(db, activity_ids, scope=Scope.of(athlete_id)) if activity_ids else {}
    for activity_id in sorted(there):
        telling.tell_updated(db, there[activity_id], now=now)


def _claim(
    db: Connection,
    athlete_id: str,
    received: Received,
    *,
    duplicates: Sequence[Outcome],
    external_id: str,
    now: datetime,
) -> None:
    ids = {one.activity_id for one in duplicates if one.activity_id is not None}
    present = rows.some(db, ids, scope=Scope.of(athlete_id)).values()
    named = {row.external_id for row in present if row.external_id is not None}
    if named and external_id not in named:
        raise Conflict("This very run is known by another external_id already.")
    if present and not named:
        first = min(present, key=lambda row: (row.started_at, row.id))
        rows.claim(db, first.id, athlete_id=athlete_id, sha256=received.sha256, external_id=external_id, now=now)
