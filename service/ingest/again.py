"""A stored run taken in hand again: edited, examined anew from its streams, or proved.

Nothing here reads a watch file: streams and state give back the very Activity that the file gave.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from service import examine
from service.errands import Errand
from service.errors import NotFound
from service.examine import Examined
from service.ingest import further, grouping, telling
from service.ingest.arrival import NAMED_BY, sport_edits, told_sport
from service.ingest.catching_up import follow_up
from service.ingest.knowledge import adopt, examined, known_for
from service.ingest.restoring import put_streams, restore
from service.store import activities as rows
from service.store import assessments, athletes, records, tombstones
from service.store.activities import ActivityRow, Content
from service.store.blobs import Blobs, original_key
from service.store.scope import Scope


def change(
    db: Connection,
    blobs: Blobs,
    *,
    before: ActivityRow,
    given: Mapping[str, Any],
    now: datetime,
    revision: int | None = None,
) -> tuple[Errand, ...]:
    """What is to be done about later runs, once a person's edits of an activity are taken in.

    None takes an edit back, what is not given stays.

    A changed sport or changed conditions assess the run again, from its stored streams and with the history as it is
    now; a name or a note does not. Raises NotFound, and Conflict (`precondition_failed`) where `revision` is no
    longer the present one.
    """
    athlete_id = before.athlete_id
    athletes.lock(db, athlete_id)
    told: dict[str, Any] = dict(sport_edits(given["sport"])) if "sport" in given else {}
    if given.get("conditions"):  # a person's word from here on, wherever it was from
        told["conditions"] = {name: value for name, value in given["conditions"].items() if name != "source"}
    named = {NAMED_BY: None} if "name" in given else {}
    merged = {**before.edits, **named, **{name: value for name, value in given.items() if name != "note"}, **told}
    edits = {name: value for name, value in merged.items() if value is not None}
    note = given.get("note", before.note)
    state = rows.state(db, before.id, scope=Scope.of(athlete_id))
    content = Content(before.document, state, before.streams_digest, edits, note, before.external_id)
    if not {"sport", "conditions"} & given.keys():
        rows.replace(db, before.id, athlete_id=athlete_id, now=now, content=content, revision=revision)
        telling.tell_updated(db, before, now=now)
        return ()
    found = examine_again(db, blobs, before, state=state, edits=edits)
    digest = put_streams(blobs, athlete_id, before.id, found)
    content = replace(content, document=found.activity, state=found.state, streams_digest=digest)
    rows.replace(db, before.id, athlete_id=athlete_id, now=now, content=content, revision=revision)
    adopt(db, athlete_id, before.id, found, now=now)
    errands = follow_up(db, athlete_id, since=before.started_at)
    telling.tell_updated(db, before, now=now)
    return errands


def remove(db: Connection, row: ActivityRow, *, now: datetime, revision: int | None = None) -> tuple[Errand, ...]:
    """What is to be done about later runs, once the activity is gone and buried with all of its records.

    After the commit: `removals.sweep`. Raises NotFound, and Conflict (`precondition_failed`).
    """
    rows.delete(db, row.id, athlete_id=row.athlete_id, now=now, revision=revision)
    errands = follow_up(db, row.athlete_id, since=row.started_at)
    telling.tell(
        db,
        row.athlete_id,
        what="activity.deleted",
        activity_id=row.id,
        external_id=row.external_id,
        previous_level=row.level,
        now=now,
    )
    return errands


def remove_record(
    db: Connection, blobs: Blobs, athlete_id: str, *, origin: str, external_id: str, now: datetime
) -> tuple[Errand, ...]:
    """What is to be done about later runs, once what a provider sent under its id is gone for good.

    A record that came another way, too, stays and was never sent by this one. An activity that stands on the record
    alone is removed; one with other sources goes on without it. A record that is not here is buried all the same, so
    that an event that comes late does not bring it.
    """
    athletes.lock(db, athlete_id)
    record = records.find(db, athlete_id, origin=origin, external_id=external_id)
    if record is None:
        tombstones.bury_id(db, athlete_id, origin=origin, external_id=external_id, now=now)
        return ()
    scope = Scope.of(athlete_id)
    row = rows.get(db, record.activity_id, scope=scope)
    if further.let_go(db, athlete_id, record, origin=origin, external_id=external_id, now=now):
        tombstones.bury_id(db, athlete_id, origin=origin, external_id=external_id, now=now)
        telling.tell_updated(db, row, now=now)
        return ()
    if len(records.of(db, [row.id], scope=scope)) == 1:
        return remove(db, row, now=now)
    errands = follow_up(db, athlete_id, since=grouping.drop(db, blobs, record, athlete_id=athlete_id, now=now))
    telling.tell_updated(db, row, now=now)
    return errands


def retitle(db: Connection, athlete_id: str, *, origin: str, external_id: str, title: str, now: datetime) -> bool:
    """Whether the athlete has a run that the provider knows by this id; it bears the title unless a person named it."""
    athletes.lock(db, athlete_id)
    record = records.find(db, athlete_id, origin=origin, external_id=external_id)
    if record is None:
        return False
    before = rows.get(db, record.activity_id, scope=Scope.of(athlete_id))
    if rows.rename(db, before.id, athlete_id=athlete_id, name=title, by=origin, now=now):
        telling.tell_updated(db, before, now=now)
    return True


@dataclass(frozen=True, slots=True)
class TakenOut:
    """The activity that a record taken out of another is now, and what is to be done about later runs."""

    activity_id: str
    errands: tuple[Errand, ...]


def unmerge(db: Connection, blobs: Blobs, before: ActivityRow, *, sha256: str, part: int, now: datetime) -> TakenOut:
    """The record, taken out of a merged activity for good. Raises NotFound and Conflict as `grouping.take_out` does."""
    activity_id, since = grouping.take_out(db, blobs, before, sha256=sha256, part=part, now=now)
    errands = follow_up(db, before.athlete_id, since=since)
    telling.tell_updated(db, before, now=now)
    return TakenOut(activity_id, errands)


def examine_again(
    db: Connection, blobs: Blobs, row: ActivityRow, *, state: Mapping[str, Any], edits: Mapping[str, Any]
) -> Examined:
    """The activity examined anew, from its stored streams: bit for bit what its file would give."""
    current = assessments.current(db, [row.id], scope=Scope.of(row.athlete_id))[row.id]
    run = restore(blobs, row, state=state)
    known = known_for(db, row.athlete_id, run, activity_id=row.id)
    return examined(run, known, input_sha256=current.document["receipt"]["input_sha256"], edits=edits)


def verify(db: Connection, blobs: Blobs, row: ActivityRow) -> dict[str, Any]:
    """The current assessment of an activity held against its stored streams and its original file; nothing is written.

    The shape is that of `examine.verify`, with the ids of both. Raises NotFound where it was never assessed, and
    Unavailable where the file or the streams cannot be read.
    """
    scope = Scope.of(row.athlete_id)
    current = assessments.current(db, [row.id], scope=scope).get(row.id)
    if current is None:
        raise NotFound("This activity has no assessment yet.")
    run = restore(blobs, row, state=rows.state(db, row.id, scope=scope))
    known = known_for(db, row.athlete_id, run, activity_id=row.id)
    named = current.document["receipt"]["input_sha256"]
    original = blobs.get(original_key(row.athlete_id, named))
    found = examine.verify(
        current.document,
        run,
        profile=known.profile,
        history=known.history,
        conditions=row.edits.get("conditions", {}),
        log=known.log,
        sport=told_sport(row.edits),
        input_sha256=hashlib.sha256(original).hexdigest(),
        stored_summary=row.document["summary"],
    )
    return {"activity_id": row.id, "assessment_id": current.id, **found}
