"""Activities: what files say of a run, what its athlete says, and the place of both in lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import Conflict, NotFound
from service.store import athletes, removals, summaries, tables, tombstones
from service.store.blobs import original_key, streams_key
from service.store.cursor import Page
from service.store.scope import Scope
from service.store.tables import LEVELS
from service.store.timeline import Filters, Order, orders

CALLER: Final = "caller"
"""The origin of an id that the uploading system gave; any other origin is a provider."""

_activities: Final = tables.activities
_details: Final = tables.activity_details
_sources: Final = tables.sources
_files: Final = tables.files
_ORDERS: Final = orders("activities")


@dataclass(frozen=True, slots=True)
class Content:
    """What is kept of an activity beside its assessment.

    `document` is what the file says, in the contract's shape of an Activity; `state` what else is needed to assess
    again without the file; `streams_digest` the SHA-256 of the blob of stored streams. `edits` is what a person said of
    the run (`name`, `sport`, `conditions`, …); it outranks the document.
    """

    document: Mapping[str, Any]
    state: Mapping[str, Any]
    streams_digest: str
    edits: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One record of a run: a part of a stored file, and, where it has one, its id with a caller or a provider.

    `family` (foot, wheel, water, other) and `rank` (the lowest of several is shown) tell how it goes with other
    records of the same run.
    """

    sha256: str
    part: int = 0
    origin: str | None = None
    external_id: str | None = None
    family: str = "other"
    rank: int = 0


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One activity with its documents; `name` and `sport` are the ones to show (edits over document).

    The columns from `status` to `warnings` are those of the current assessment, None and empty before there is one.
    `cramp_prompt` says when and why the athlete was asked for a cramp report, None where nobody asked.
    """

    id: str
    athlete_id: str
    external_id: str | None
    name: str | None
    sport: str | None
    sub_sport: str | None
    started_at: datetime
    utc_offset_s: int | None
    distance_m: float | None
    moving_s: float | None
    elapsed_s: float | None
    document: dict[str, Any]
    edits: dict[str, Any]
    note: str | None
    streams_digest: str
    cramp_prompt: dict[str, Any] | None
    status: str | None
    score: int | None
    forecast_score: int | None
    level: str | None
    points_level: str | None
    level_source: str | None
    warnings: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    revision: int


_COLUMNS: Final = (
    *(column for column in _activities.c if column.name not in {"headline", "digest"}),
    *(_details.c[name] for name in ("document", "edits", "note", "streams_digest", "cramp_prompt")),
)


def _select() -> sa.Select[Any]:
    return sa.select(*_COLUMNS).join_from(_activities, _details, _activities.c.id == _details.c.activity_id)


def _row(row: sa.RowMapping) -> ActivityRow:
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    values["warnings"] = tuple(values["warnings"].split())
    for name in ("level", "points_level"):
        values[name] = level_word(values[name])
    return ActivityRow(**values)


def level_word(rank: int | None) -> str | None:
    """The word for a stored level."""
    return None if rank is None else LEVELS[rank]


def insert(
    db: Connection, athlete_id: str, *, activity_id: str, now: datetime, content: Content, source: Source
) -> None:
    """Nothing; the activity is there, with its first source and without an assessment. The file must be there already.

    Raises Conflict where another activity of the athlete came under the source's id.
    """
    _demand_free(db, athlete_id, source)
    made = {"id": activity_id, "athlete_id": athlete_id, "warnings": "", "created_at": now, "updated_at": now}
    db.execute(sa.insert(_activities).values(made | _listed(content) | {"revision": 1}))
    db.execute(sa.insert(_details).values({"activity_id": activity_id} | _kept(content)))
    known_as = {name: getattr(source, name) for name in ("origin", "external_id", "family", "rank")}
    named = {"athlete_id": athlete_id, "sha256": source.sha256, "part": source.part, "activity_id": activity_id}
    db.execute(sa.insert(_sources).values(named | known_as | _span(content)))
    summaries.put_in(db, athlete_id, activity_id=activity_id)


def _span(content: Content) -> dict[str, Any]:
    """When the record begins and ends, and how far it goes."""
    listed = _listed(content)
    ended_at = listed["started_at"] + timedelta(seconds=listed["elapsed_s"] or 0.0)
    return {"started_at": listed["started_at"], "ended_at": ended_at, "distance_m": listed["distance_m"]}


def _listed(content: Content) -> dict[str, Any]:
    """The columns that lists read, picked out of the documents."""
    document, edits = content.document, content.edits
    summary = document.get("summary") or {}
    return {
        "external_id": content.external_id,
        "started_at": datetime.fromisoformat(document["started_at"]).astimezone(UTC),
        "utc_offset_s": document.get("utc_offset_s"),
        "sport": edits.get("sport", document.get("sport")),
        "sub_sport": document.get("sub_sport"),
        "name": edits.get("name", document.get("name")),
        **{name: summary.get(name) for name in ("distance_m", "moving_s", "elapsed_s")},
    }


def _kept(content: Content) -> dict[str, Any]:
    return {
        "streams_digest": content.streams_digest,
        "edits": dict(content.edits),
        "note": content.note,
        "document": dict(content.document),
        "state": dict(content.state),
    }


def get(db: Connection, activity_id: str, *, scope: Scope) -> ActivityRow:
    """The activity.

    Raises NotFound where there is none, or none that the caller may see.
    """
    query = _select().where(_activities.c.id == activity_id, scope.allows(_activities.c.athlete_id))
    found = db.execute(query).mappings().one_or_none()
    if found is None:
        raise _absent()
    return _row(found)


def some(db: Connection, activity_ids: Collection[str], *, scope: Scope) -> dict[str, ActivityRow]:
    """Those of the activities (a page of them, in one query) that are there and in scope, by id."""
    query = _select().where(_activities.c.id.in_(activity_ids), scope.allows(_activities.c.athlete_id))
    return {row["id"]: _row(row) for row in db.execute(query).mappings()}


def existing(db: Connection, athlete_id: str, *, ids: Collection[str]) -> set[str]:
    """Those of the ids that are activities of the athlete."""
    query = sa.select(_activities.c.id).where(_activities.c.athlete_id == athlete_id, _activities.c.id.in_(ids))
    return set(db.execute(query).scalars())


def state(db: Connection, activity_id: str, *, scope: Scope) -> dict[str, Any]:
    """What, with the stored streams, makes the activity again as it was read from the file. Raises NotFound."""
    query = sa.select(_details.c.state).join_from(_details, _activities, _activities.c.id == _details.c.activity_id)
    found = db.execute(
        query.where(_activities.c.id == activity_id, scope.allows(_activities.c.athlete_id))
    ).scalar_one_or_none()
    if found is None:
        raise _absent()
    return dict(found)


def find_by_external_id(db: Connection, athlete_id: str, *, external_id: str, origin: str = CALLER) -> str | None:
    """The id of the athlete's activity that a caller, or the provider `origin`, knows by this id."""
    query = sa.select(_sources.c.activity_id).where(
        _sources.c.athlete_id == athlete_id, _sources.c.origin == origin, _sources.c.external_id == external_id
    )
    return db.execute(query).scalar_one_or_none()


def page(
    db: Connection,
    athlete_id: str,
    *,
    filters: Filters,
    limit: int,
    cursor: str | None = None,
    order: Order = "desc",
) -> Page[ActivityRow]:
    """The athlete's activities by their start, the newest first."""
    query = _select().where(_activities.c.athlete_id == athlete_id, *filters.conditions())
    return _ORDERS[order].page(db, query, limit=limit, cursor=cursor, make=_row)


def replace(
    db: Connection,
    activity_id: str,
    *,
    athlete_id: str,
    now: datetime,
    content: Content,
    revision: int | None = None,
) -> None:
    """Nothing; the activity holds the new content, and stored streams that it no longer names are asked to go.

    Raises NotFound, and Conflict (`precondition_failed`) where `revision` is given and no longer the present one.
    """
    before = _locked(db, activity_id, athlete_id=athlete_id, revision=revision)
    changed = {"updated_at": now, "revision": before.revision + 1}
    with summaries.taken_out(db, athlete_id, activity_id=activity_id):
        db.execute(sa.update(_activities).where(_activities.c.id == activity_id).values(_listed(content) | changed))
    db.execute(sa.update(_details).where(_details.c.activity_id == activity_id).values(_kept(content)))
    if before.streams_digest != content.streams_digest:
        removals.ask(db, athlete_id, keys=[streams_key(athlete_id, activity_id, before.streams_digest)], now=now)


def touch(db: Connection, activity_id: str, *, athlete_id: str, now: datetime) -> None:
    """Nothing; the activity counts as changed now, since what hangs on it was; it is no edit that another could miss.

    Raises NotFound.
    """
    mine = sa.and_(_activities.c.id == activity_id, _activities.c.athlete_id == athlete_id)
    if db.execute(sa.update(_activities).where(mine).values(updated_at=now)).rowcount == 0:
        raise _absent()


def claim(db: Connection, activity_id: str, *, athlete_id: str, sha256: str, external_id: str, now: datetime) -> None:
    """Nothing; the activity, which had none, bears the caller's id from now on, and so does its record of that file.

    Raises NotFound, and Conflict where another activity of the athlete has this id.
    """
    before = _locked(db, activity_id, athlete_id=athlete_id, revision=None)
    _demand_free(db, athlete_id, Source(sha256, origin=CALLER, external_id=external_id))
    changed = {"external_id": external_id, "updated_at": now, "revision": before.revision + 1}
    db.execute(sa.update(_activities).where(_activities.c.id == activity_id).values(changed))
    record = sa.and_(
        _sources.c.athlete_id == athlete_id,
        _sources.c.activity_id == activity_id,
        _sources.c.sha256 == sha256,
        _sources.c.origin.is_(None),
    )
    db.execute(sa.update(_sources).where(record).values(origin=CALLER, external_id=external_id))


def delete(db: Connection, activity_id: str, *, athlete_id: str, now: datetime, revision: int | None = None) -> None:
    """Nothing; the activity is gone and buried, and the blobs that only it needed are asked to go.

    After the commit: `removals.sweep`. Raises what `replace` raises.
    """
    _locked(db, activity_id, athlete_id=athlete_id, revision=revision)
    own = sa.select(_sources.c.sha256, _sources.c.part, _sources.c.origin, _sources.c.external_id).where(
        _sources.c.athlete_id == athlete_id, _sources.c.activity_id == activity_id
    )
    buried = [(sha256, part, origin, external_id) for sha256, part, origin, external_id in db.execute(own)]
    tombstones.bury(db, athlete_id, sources=buried, now=now)
    with summaries.taken_out(db, athlete_id, activity_id=activity_id):
        db.execute(sa.delete(_activities).where(_activities.c.id == activity_id))
    orphans = _forget_files(db, athlete_id, hashes=sorted({sha256 for sha256, *_ in buried}))
    keys = [original_key(athlete_id, sha256) for sha256 in orphans]
    removals.ask(db, athlete_id, keys=[f"streams/{athlete_id}/{activity_id}/", *keys], now=now)


def _forget_files(db: Connection, athlete_id: str, *, hashes: list[str]) -> list[str]:
    """Those of the files that no activity stands on any more, now forgotten."""
    still = sa.select(_sources.c.sha256).where(_sources.c.athlete_id == athlete_id, _sources.c.sha256.in_(hashes))
    used = set(db.execute(still).scalars())
    orphans = [sha256 for sha256 in hashes if sha256 not in used]
    db.execute(sa.delete(_files).where(_files.c.athlete_id == athlete_id, _files.c.sha256.in_(orphans)))
    return orphans


def lock(db: Connection, activity_id: str, *, athlete_id: str) -> datetime:
    """When the activity began; no other writer touches the athlete's data until the transaction ends.

    Raises NotFound where there is no such activity of the athlete.
    """
    athletes.lock(db, athlete_id)
    mine = sa.and_(_activities.c.id == activity_id, _activities.c.athlete_id == athlete_id)
    started_at: datetime | None = db.execute(sa.select(_activities.c.started_at).where(mine)).scalar_one_or_none()
    if started_at is None:
        raise _absent()
    return started_at


def _locked(db: Connection, activity_id: str, *, athlete_id: str, revision: int | None) -> ActivityRow:
    athletes.lock(db, athlete_id)
    found = get(db, activity_id, scope=Scope.of(athlete_id))
    if revision is not None and revision != found.revision:
        raise Conflict("The activity was changed meanwhile; read again and repeat.", code="precondition_failed")
    return found


def _demand_free(db: Connection, athlete_id: str, source: Source) -> None:
    if source.origin is None or source.external_id is None:
        return
    if find_by_external_id(db, athlete_id, external_id=source.external_id, origin=source.origin) is not None:
        raise Conflict("Another activity of this athlete has this external_id.")


def _absent() -> NotFound:
    return NotFound("There is no such activity here.")
