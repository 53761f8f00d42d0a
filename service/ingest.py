"""The hall's other half: a received file becomes an examined, stored activity, once; and is examined again on demand.

A door reads the bytes, then goes on: `unpack` (what the file is), `already` in a reading transaction (nothing is parsed
twice), `parse`, `known_of` in a reading transaction, `prepare` and `keep` outside any (no writer waits for the analysis
or the disk), and `store` inside its own writing transaction. What that returns is true once it is committed. If it is
not, no row is left, and `take_back` in a transaction of its own asks the blobs to go. A crash leaves them: the original
is found again under its key by the next try, the rest goes at a start (`removals.ask_for_forgotten`). Nothing here
commits, and nothing here knows of HTTP.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from sqlalchemy import Connection

import parsers
from parsers import Activity, Hint, Limits, Member
from parsers.errors import ParseError
from service import examine
from service.errors import Conflict, NotFound
from service.examine import Examined
from service.store import activities as rows
from service.store import assessments, athletes, files, history, removals, streams, tombstones
from service.store.activities import ActivityRow, Content, Source
from service.store.blobs import Blobs, digest_of, original_key, streams_key
from service.store.ids import new_id
from service.store.scope import Scope

if TYPE_CHECKING:
    from service.settings import Settings

PROGRAM_VERSION: Final = version("crampwatch")

CALLER: Final = "caller"
"""The origin of an `external_id` that whoever uploads has given."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told with a file: it outranks what the file says.

    `sport` is as `examine.sport_named` gives it; `conditions` has the field names of the API. `hint` is what an archive
    says of the file: it comes before the file, and after a person.
    """

    external_id: str | None = None
    sport: str | None = None
    conditions: Mapping[str, float] = field(default_factory=dict)
    hint: Hint | None = None

    def edits(self, found: Sequence[Activity]) -> dict[str, Any]:
        """The told values as a person's edits of each activity of the file."""
        sport, conditions = examine.told_with(self.hint, found, sport=self.sport, conditions=self.conditions)
        name = None if self.hint is None else self.hint.name
        given = {"name": name, **_sport_edits(sport), "conditions": conditions}
        return {name: value for name, value in given.items() if value}


def _sport_edits(sport: str | None) -> dict[str, str | None]:
    """A told sport as edits: the sport that lists show and filter by, and the sub-sport beside it."""
    named, _, sub_sport = (sport or "").partition("/")
    return {"sport": named or None, "sub_sport": sub_sport or None}


def _told_sport(edits: Mapping[str, Any]) -> str | None:
    """The sport of the edits as `examine` takes it."""
    return "/".join(filter(None, (edits.get("sport"), edits.get("sub_sport")))) or None


@dataclass(frozen=True, slots=True)
class Received:
    """One file out of its wrapping. `sha256` is of `content`: two gzips of the same bytes are the same file."""

    name: str
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Known:
    """What an assessment reads beside the file: the profile, and the digests of the runs before, oldest first."""

    profile: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]]


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one activity of a file, or of a file without any.

    `outcome` is `created`, `duplicate`, `skipped` or `rejected`; `error` says why not, for the last two.
    """

    name: str
    part: int
    outcome: str
    activity_id: str | None = None
    error: ParseError | None = None


def outcome_of(error: ParseError, *, name: str, archived: bool) -> str:
    """What one file of many is that could not be read: `skipped` where it never was to be an activity.

    A bulk export is full of settings, sleep, courses and photos; those are not errors. What is named like a watch file,
    or was sent by itself, and is none of the known formats inside, was meant to be one (apart from the `._` files that
    a Mac puts beside each).
    """
    if error.code == "not_activity" or (archived and error.code == "no_time"):
        return "skipped"
    named_so = name.lower().removesuffix(".gz").endswith((".fit", ".gpx", ".tcx"))
    meant = not archived or (named_so and not name.rpartition("/")[2].startswith("._"))
    return "skipped" if error.code in {"unknown_type", "empty"} and not meant else "rejected"


def refusal(error: ParseError, *, name: str, archived: bool) -> Outcome:
    """The outcome of a file that could not be read.

    The error is a fresh copy: the traceback of the one that was raised would keep the bytes of each refused file alive.
    """
    return Outcome(name, 0, outcome_of(error, name=name, archived=archived), error=copy(error))


def as_sent(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """The outcomes of one delivery: a course is passed over among others; by itself, it was sent to be a run."""
    only = outcomes[0] if len(outcomes) == 1 else None
    if only is None or only.error is None:
        return outcomes
    return (replace(only, outcome=outcome_of(only.error, name=only.name, archived=only.error.code != "no_time")),)


def limits_of(settings: Settings) -> Limits:
    """The parsers' limits as the operator has set them."""
    return Limits(
        file_bytes=settings.max_file_bytes,
        unpacked_bytes=settings.max_unpacked_bytes,
        archive_bytes=settings.max_archive_bytes,
        archive_entries=settings.max_archive_entries,
        compression_ratio=settings.max_compression_ratio,
        ratio_from_bytes=settings.ratio_from_bytes,
    )


def files_of(file: BinaryIO, *, name: str, limits: Limits, spool_dir: Path | None = None) -> Iterator[Member]:
    """The files in what was sent: itself, or the members of an archive; a member may be a ParseError instead of bytes.

    Raises ParseError where the archive as a whole is refused.
    """
    return parsers.members(file, name=name, limits=limits, spool_dir=spool_dir)


def unpack(data: bytes, *, name: str, limits: Limits) -> Received:
    """The file without its gzip, and its hash. Raises ParseError, also where no format knows the content.

    Such a file (a photo, a text: an archive may hold fifty thousand) has to cost no query and no hash.
    """
    content = parsers.unwrap(data, limits=limits)
    if parsers.sniff(content) is None:
        parsers.parse(content, name=name, limits=limits)  # says in its own words why not
    return Received(name, content, hashlib.sha256(content).hexdigest())


def known_hashes(db: Connection, athlete_id: str) -> set[str]:
    """The hashes of all files of the athlete: whoever has many to store asks `already` of these alone."""
    return files.hashes(db, athlete_id)


def already(db: Connection, athlete_id: str, received: Received) -> tuple[Outcome, ...]:
    """The duplicates, where the athlete has every activity of these bytes; empty where there is anything to do."""
    known = files.activities_of(db, athlete_id, sha256=received.sha256)
    if not known or tombstones.any_of(db, athlete_id, sha256=received.sha256):
        return ()
    return tuple(Outcome(received.name, part, "duplicate", known[part]) for part in sorted(known))


def claim(
    db: Connection, athlete_id: str, received: Received, *, duplicates: Sequence[Outcome], told: Told, now: datetime
) -> None:
    """Nothing; the first of the duplicates has the `external_id` that was told with the bytes, if one was.

    Raises Conflict where the file came under another one before, or another run has this one.
    """
    if told.external_id is None:
        return
    athletes.lock(db, athlete_id)
    ids = {one.activity_id for one in duplicates if one.activity_id is not None}
    present = rows.some(db, ids, scope=Scope.of(athlete_id)).values()
    named = {row.external_id for row in present if row.external_id is not None}
    if named and told.external_id not in named:
        raise Conflict("This very run is known by another external_id already.")
    if present and not named:
        first = min(present, key=lambda row: (row.started_at, row.id))
        rows.claim(
            db,
            first.id,
            athlete_id=athlete_id,
            sha256=received.sha256,
            external_id=told.external_id,
            now=now,
        )


def parse(received: Received, *, limits: Limits) -> tuple[Activity, ...]:
    """Every activity of the file, in its order. Raises ParseError."""
    return examine.read(received.content, name=received.name, limits=limits)


def known_of(db: Connection, athlete_id: str, found: Sequence[Activity]) -> tuple[Known, ...]:
    """What is known at the moment for the assessment of each run. Raises NotFound where the athlete is gone."""
    return tuple(_known(db, athlete_id, run) for run in found)


def _known(db: Connection, athlete_id: str, run: Activity) -> Known:
    profile = asdict(athletes.get(db, athlete_id, scope=Scope.of(athlete_id)))
    return Known(profile, history.digests(db, athlete_id, before=run.started_at))


def prepare(
    received: Received, found: Sequence[Activity], *, known: Sequence[Known], told: Told, now: datetime
) -> tuple[Prepared, ...]:
    """All that takes time, for each activity of the file, the earliest first; a later one knows of the earlier."""
    made: list[Prepared] = []
    edits = told.edits(found)
    for run, at_first in sorted(zip(found, known, strict=True), key=lambda pair: pair[0].started_at):
        told_now = _with_earlier(at_first, run, made)
        examined = _examine(run, told_now, input_sha256=received.sha256, edits=edits)
        packed = streams.encode(examined.columns)
        made.append(Prepared(run, new_id("act", now), edits, told_now, examined, packed, digest_of(packed)))
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
) -> tuple[Outcome, ...]:
    """The outcomes, in the order of the file, of storing what was prepared; an explicit upload lifts tombstones.

    Each activity is assessed with the profile and the history that this very transaction sees. Streams of what somebody
    else stored meanwhile are asked to go. Raises Conflict where `told.external_id` is another run's, NotFound where the
    athlete has been erased, NoSpace and Unavailable.
    """
    athletes.lock(db, athlete_id)
    known = files.activities_of(db, athlete_id, sha256=received.sha256)
    done = {part: Outcome(received.name, part, "duplicate", known[part]) for part in known}
    fresh = [one for one in prepared if one.run.part not in known]
    superfluous = [_folder(athlete_id, one) for one in prepared if one.run.part in known]
    removals.ask(db, athlete_id, keys=superfluous, now=now)
    if done:
        claim(db, athlete_id, received, duplicates=tuple(done.values()), told=told, now=now)
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
        done[one.run.part] = _create(db, blobs, one, athlete_id=athlete_id, received=received, told=told, now=now)
        told = replace(told, external_id=None)  # it names one run, the first of the file
    return tuple(done[part] for part in sorted(done))


def _create(
    db: Connection,
    blobs: Blobs,
    one: Prepared,
    *,
    athlete_id: str,
    received: Received,
    told: Told,
    now: datetime,
) -> Outcome:
    _keep_again(blobs, one.key(athlete_id), one.packed)
    known = _known(db, athlete_id, one.run)
    examined = one.examined
    if known != one.known:  # somebody changed the profile or stored an earlier run in between
        examined = _examine(one.run, known, input_sha256=received.sha256, edits=one.edits)
    rows.insert(
        db,
        athlete_id,
        activity_id=one.activity_id,
        now=now,
        content=Content(
            document=examined.activity,
            state=examined.state,
            streams_digest=one.digest,
            edits=one.edits,
            external_id=told.external_id,
        ),
        source=Source(
            sha256=received.sha256,
            part=one.run.part,
            origin=CALLER if told.external_id else None,
            external_id=told.external_id,
        ),
    )
    _adopt(db, athlete_id, one.activity_id, examined, now=now)
    return Outcome(received.name, one.run.part, "created", one.activity_id)


def change(
    db: Connection,
    blobs: Blobs,
    *,
    before: ActivityRow,
    given: Mapping[str, Any],
    now: datetime,
    revision: int | None = None,
) -> None:
    """Take a person's edits of an activity in: None takes one back, what is not given stays.

    A changed sport or changed conditions assess the run again, from its stored streams and with the history as it is
    now; a name or a note does not. Raises NotFound, and Conflict (`precondition_failed`) where `revision` is no
    longer the present one.
    """
    athlete_id = before.athlete_id
    athletes.lock(db, athlete_id)
    told: dict[str, Any] = dict(_sport_edits(given["sport"])) if "sport" in given else {}
    if given.get("conditions"):  # a person's word from here on, wherever it was from
        told["conditions"] = {name: value for name, value in given["conditions"].items() if name != "source"}
    merged = {**before.edits, **{name: value for name, value in given.items() if name != "note"}, **told}
    edits = {name: value for name, value in merged.items() if value is not None}
    note = given.get("note", before.note)
    state = rows.state(db, before.id, scope=Scope.of(athlete_id))
    content = Content(before.document, state, before.streams_digest, edits, note, before.external_id)
    if not {"sport", "conditions"} & given.keys():
        rows.replace(db, before.id, athlete_id=athlete_id, now=now, content=content, revision=revision)
        return
    examined = examine_again(db, blobs, before, state=state, edits=edits)
    digest = _put_streams(blobs, athlete_id, before.id, examined)
    content = replace(content, document=examined.activity, state=examined.state, streams_digest=digest)
    rows.replace(db, before.id, athlete_id=athlete_id, now=now, content=content, revision=revision)
    _adopt(db, athlete_id, before.id, examined, now=now)


def examine_again(
    db: Connection, blobs: Blobs, row: ActivityRow, *, state: Mapping[str, Any], edits: Mapping[str, Any]
) -> Examined:
    """The activity examined anew, from its stored streams: bit for bit what its file would give."""
    current = assessments.current(db, [row.id], scope=Scope.of(row.athlete_id))[row.id]
    run = restore(blobs, row, state=state)
    known = _known(db, row.athlete_id, run)
    return _examine(run, known, input_sha256=current.document["receipt"]["input_sha256"], edits=edits)


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
    known = _known(db, row.athlete_id, run)
    named = current.document["receipt"]["input_sha256"]
    original = blobs.get(original_key(row.athlete_id, named))
    found = examine.verify(
        current.document,
        run,
        profile=known.profile,
        history=known.history,
        conditions=row.edits.get("conditions", {}),
        sport=_told_sport(row.edits),
        input_sha256=hashlib.sha256(original).hexdigest(),
        stored_summary=row.document["summary"],
    )
    return {"activity_id": row.id, "assessment_id": current.id, **found}


def restore(blobs: Blobs, row: ActivityRow, *, state: Mapping[str, Any]) -> Activity:
    """The Activity as it was parsed, out of its stored streams and state."""
    return examine.restore(dict(state), columns_of(blobs, row))


def columns_of(blobs: Blobs, row: ActivityRow) -> examine.Encoded:
    """Every stored stream of an activity, grade and grade-adjusted speed among them."""
    return streams.decode(blobs.get(streams_key(row.athlete_id, row.id, row.streams_digest)))


def _examine(run: Activity, known: Known, *, input_sha256: str, edits: Mapping[str, Any]) -> Examined:
    return examine.examine(
        run,
        input_sha256=input_sha256,
        profile=known.profile,
        history=known.history,
        conditions=edits.get("conditions", {}),
        sport=_told_sport(edits),
        program_version=PROGRAM_VERSION,
    )


def _put_streams(blobs: Blobs, athlete_id: str, activity_id: str, examined: Examined) -> str:
    packed = streams.encode(examined.columns)
    digest = digest_of(packed)
    blobs.put(streams_key(athlete_id, activity_id, digest), packed)
    return digest


def _keep_again(blobs: Blobs, key: str, data: bytes) -> None:
    """Put the blob back where a removal swept it away between `keep` and this transaction."""
    if not blobs.exists(key):
        blobs.put(key, data)


def _adopt(db: Connection, athlete_id: str, activity_id: str, examined: Examined, *, now: datetime) -> None:
    assessments.adopt(
        db, activity_id, athlete_id=athlete_id, now=now, document=examined.assessment, digest=examined.digest
    )
