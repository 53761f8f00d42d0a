"""A file becomes examined, stored activities, once.

A door reads the bytes, then goes on: `unpack` (what the file is), `already` in a reading transaction (nothing is parsed
twice), `parse`, `known_of` in a reading transaction, `prepare` and `keep` outside any (no writer waits for the analysis
or the disk), and `store` inside its own writing transaction. What that returns is true once it is committed. If it is
not, no row is left, and `take_back` in a transaction of its own asks the blobs to go. A crash leaves them: the original
is found again under its key by the next try, the rest goes at a start (`removals.ask_for_forgotten`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from parsers import Activity
from service import examine
from service.errands import Errand
from service.examine import Examined
from service.ingest import further, grouping, telling
from service.ingest.arrival import Outcome, Received, Stored, Told
from service.ingest.catching_up import follow_up
from service.ingest.grouping import Newcomer
from service.ingest.knowledge import Known, adopt, ask_about, examined, known_for
from service.ingest.twins import rank
from service.store import activities as rows
from service.store import assessments, athletes, files, records, removals, streams, tombstones
from service.store.activities import Content
from service.store.blobs import Blobs, digest_of, original_key, streams_key
from service.store.ids import new_id
from service.store.records import RecordRow
from service.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Prepared:
    """One activity on its way into the store: examined with all that is known, its streams packed, its id chosen.

    The streams hold for whatever is known; the assessment only as long as that is the same.
    """

    run: Activity
    activity_id: str
    edits: Mapping[str, Any]
    known: Known
    examined: Examined
    packed: bytes
    digest: str

    def key(self, athlete_id: str) -> str:
        """Where the streams lie."""
        return streams_key(athlete_id, self.activity_id, self.digest)


def prepare(
    received: Received, found: Sequence[Activity], *, known: Sequence[Known], told: Told, now: datetime
) -> tuple[Prepared, ...]:
    """All that takes time, for each activity of the file, the earliest first; a later one knows of the earlier."""
    made: list[Prepared] = []
    edits = told.edits(found)
    for run, at_first in sorted(zip(found, known, strict=True), key=lambda pair: pair[0].started_at):
        told_now = _with_earlier(at_first, run, made)
        made_of = examined(run, told_now, input_sha256=received.sha256, edits=edits)
        packed = streams.encode(made_of.columns)
        made.append(Prepared(run, new_id("act", now), edits, told_now, made_of, packed, digest_of(packed)))
    return tuple(made)


def _with_earlier(known: Known, run: Activity, earlier: Sequence[Prepared]) -> Known:
    """What will be known of when the run's turn comes to be stored: the runs of its file before it, too."""
    before = [one.examined.digest for one in earlier if one.run.started_at < run.started_at]
    in_order = sorted([*known.history, *before], key=lambda digest: datetime.fromisoformat(digest["started_at"]))
    return replace(known, history=in_order) if before else known


def keep(blobs: Blobs, athlete_id: str, received: Received, prepared: Sequence[Prepared]) -> None:
    """Put original and streams away, durably; before the transaction, so that no other writer waits for the disk."""
    blobs.put(original_key(athlete_id, received.sha256), received.content)
    for one in prepared:
        blobs.put(one.key(athlete_id), one.packed)


def take_back(
    db: Connection, athlete_id: str, received: Received, prepared: Sequence[Prepared], *, now: datetime
) -> None:
    """Nothing; what `keep` put away for a `store` that failed is asked to go, unless a row needs it."""
    keys = [original_key(athlete_id, received.sha256), *(_folder(athlete_id, one) for one in prepared)]
    removals.ask(db, athlete_id, keys=keys, now=now)


def _folder(athlete_id: str, one: Prepared) -> str:
    return f"streams/{athlete_id}/{one.activity_id}/"


def store(
    db: Connection,
    blobs: Blobs,
    *,
    athlete_id: str,
    received: Received,
    prepared: Sequence[Prepared],
    told: Told,
    via: str,
    now: datetime,
) -> Stored:
    """What was prepared, stored; an explicit upload lifts tombstones, whoever merely repeats itself respects them.

    Each activity is assessed with the profile and the history that this very transaction sees. A record of a run that
    is there already goes together with it. Streams that are not needed after all are asked to go. Raises Conflict where
    `told.external_id` is another run's, NotFound where the athlete has been erased, NoSpace and Unavailable.
    """
    athletes.lock(db, athlete_id)
    known = files.activities_of(db, athlete_id, sha256=received.sha256)
    done = {part: Outcome(received.name, part, "duplicate", known[part]) for part in known}
    buried = _buried(db, athlete_id, received, prepared, told=told)
    done |= {part: Outcome(received.name, part, "skipped") for part in buried - done.keys()}
    fresh = [one for one in prepared if one.run.part not in done]
    superfluous = [_folder(athlete_id, one) for one in prepared if one.run.part in done]
    removals.ask(db, athlete_id, keys=superfluous, now=now)
    errands: list[Errand] = []
    if known:
        again = further.come_again(
            db,
            blobs,
            athlete_id=athlete_id,
            received=received,
            duplicates=tuple(done.values()),
            told=told,
            via=via,
            now=now,
        )
        done = {one.part: one for one in again.outcomes}
        errands += again.errands
        told = replace(told, external_id=None)
    if fresh:
        _keep_again(blobs, original_key(athlete_id, received.sha256), received.content)
        files.add(
            db,
            athlete_id,
            sha256=received.sha256,
            size=len(received.content),
            filename=received.name,
            format_id=fresh[0].run.format,
            via=via,
            now=now,
        )
        tombstones.lift(db, athlete_id, sha256=received.sha256)
    for one in fresh:
        done[one.run.part], since = _settle(
            db, blobs, one, athlete_id=athlete_id, received=received, told=told, now=now
        )
        errands += follow_up(db, athlete_id, since=since)
        told = replace(told, external_id=None)  # it names one run, the first of the file
    outcomes = tuple(done[part] for part in sorted(done))
    _tell(db, athlete_id, [one for one in outcomes if one.outcome in _NEWS], told=told, now=now)
    return Stored(outcomes, tuple(errands))


_NEWS: Final = {"created": "activity.assessed", "merged": "activity.merged"}


def _tell(db: Connection, athlete_id: str, news: Sequence[Outcome], *, told: Told, now: datetime) -> None:
    if not told.events or not news:
        return
    scope, ids = Scope.of(athlete_id), [str(one.activity_id) for one in news]
    present, current = rows.some(db, ids, scope=scope), assessments.current(db, ids, scope=scope)
    for one, activity_id in zip(news, ids, strict=True):
        telling.tell(
            db,
            athlete_id,
            what=_NEWS[one.outcome],
            activity_id=activity_id,
            external_id=present[activity_id].external_id,
            assessment=current[activity_id].document,
            now=now,
        )


def _buried(
    db: Connection, athlete_id: str, received: Received, prepared: Sequence[Prepared], *, told: Told
) -> set[int]:
    """The parts that their owner deleted, and which this sender may not bring back."""
    if not told.repeats:
        return set()
    parts = {one.run.part for one in prepared}
    return {part for part in parts if tombstones.is_buried(db, athlete_id, sha256=received.sha256, part=part)}


def _settle(
    db: Connection,
    blobs: Blobs,
    one: Prepared,
    *,
    athlete_id: str,
    received: Received,
    told: Told,
    now: datetime,
) -> tuple[Outcome, datetime]:
    """What became of one activity, and from when on later runs have something new before them."""
    record = _record(one, received, told=told)
    holder = grouping.superseded(db, athlete_id, record)
    stays = holder is not None and further.let_go(db, athlete_id, holder, **_id_of(record), now=now)
    older, thinner = (None, holder) if stays else (holder, None)
    near = grouping.twins_of(db, athlete_id, record)
    if not near and older is None:
        _create(db, blobs, one, athlete_id=athlete_id, record=record, told=told, now=now)
        if thinner is not None:
            further.tell_changed(db, athlete_id, [thinner.activity_id], now=now)
        return Outcome(received.name, one.run.part, "created", one.activity_id), one.run.started_at
    removals.ask(db, athlete_id, keys=[_folder(athlete_id, one)], now=now)
    newcomer = Newcomer(record, one.run, one.edits, told, older)
    home, since = grouping.join(db, blobs, athlete_id, newcomer=newcomer, near=near, now=now)
    if thinner is not None and thinner.activity_id != home:
        further.tell_changed(db, athlete_id, [thinner.activity_id], now=now)
    return Outcome(received.name, one.run.part, "merged", home), since


def _id_of(record: RecordRow) -> dict[str, str]:
    return {"origin": str(record.origin), "external_id": str(record.external_id)}


def _record(one: Prepared, received: Received, *, told: Told) -> RecordRow:
    summary = one.examined.activity["summary"]
    return RecordRow(
        activity_id=one.activity_id,
        sha256=received.sha256,
        part=one.run.part,
        started_at=one.run.started_at,
        ended_at=one.run.started_at + timedelta(seconds=summary["elapsed_s"] or 0.0),
        distance_m=summary["distance_m"],
        family=examine.family_of(one.examined.activity["sport"]),
        rank=rank(one.run),
        apart=False,
        origin=told.origin if told.external_id else None,
        external_id=told.external_id,
    )


def _create(
    db: Connection,
    blobs: Blobs,
    one: Prepared,
    *,
    athlete_id: str,
    record: RecordRow,
    told: Told,
    now: datetime,
) -> None:
    _keep_again(blobs, one.key(athlete_id), one.packed)
    known = known_for(db, athlete_id, one.run)
    found = one.examined
    if known != one.known:  # somebody changed the profile or stored an earlier run in between
        found = examined(one.run, known, input_sha256=record.sha256, edits=one.edits)
    content = Content(
        document=found.activity,
        state=found.state,
        streams_digest=one.digest,
        edits=one.edits,
        external_id=told.callers_id,
    )
    rows.insert(db, athlete_id, activity_id=one.activity_id, now=now, content=content)
    records.add(db, athlete_id, record)
    adopt(db, athlete_id, one.activity_id, found, now=now)
    ask_about(db, athlete_id, one.activity_id, found, now=now)


def _keep_again(blobs: Blobs, key: str, data: bytes) -> None:
    """Put the blob back where a removal swept it away between `keep` and this transaction."""
    if not blobs.exists(key):
        blobs.put(key, data)
