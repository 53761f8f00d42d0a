"""Activities: what files say of a run, what its athlete says, and the place of both in lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import Conflict, NotFound
from service.store import arrivals, athletes, records, removals, summaries, tables, tombstones
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


def insert(db: Connection, athlete_id: str, *, activity_id: str, now: datetime, content: Content) -> None:
    """Nothing; the activity is there, without an assessment, and without the records that it is to stand on."""
    made = {"id": activity_id, "athlete_id": athlete_id, "warnings": "", "created_at": now, "updated_at": now}
    db.execute(sa.insert(_activities).values(made | _listed(content) | {"revision": 1}))
    db.execute(sa.insert(_details).values({"activity_id": activity_id} | _kept(content)))
    summaries.put_in(db, athlete_id, activity_id=activity_id)


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
    record = records.find(db, athlete_id, origin=origin, external_id=external_id)
    return None if record is None else record.activity_id


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


def rename(db: Connection, activity_id: str, *, athlete_id: str, name: str, by: str, now: datetime) -> bool:
    """Whether the activity has the name that a provider gives it now; a person's own word stays. Raises NotFound."""
    before = _locked(db, activity_id, athlete_id=athlete_id, revision=None)
    if before.edits.get("name") is not None and before.edits.get("name_by") is None:
        return False
    if before.edits.get("name") == name:
        return False
    edits = {**before.edits, "name": name, "name_by": by}
    changed = {"name": name, "updated_at": now, "revision": before.revision + 1}
    db.execute(sa.update(_activities).where(_activities.c.id == activity_id).values(changed))
    db.execute(sa.update(_details).where(_details.c.activity_id == activity_id).values(edits=edits))
    return True


def starts(
    db: Connection, athlete_id: str, *, filters: Filters, limit: int, cursor: str | None = None
) -> Page[tuple[str, datetime]]:
    """The ids and starts of the athlete's activities, the oldest first."""
    query = sa.select(_activities.c.id, _activities.c.started_at)
    chosen = query.where(_activities.c.athlete_id == athlete_id, *filters.conditions())
    return _ORDERS["asc"].page(db, chosen, limit=limit, cursor=cursor, make=lambda row: (row["id"], row["started_at"]))


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
    records.demand_free(db, athlete_id, origin=CALLER, external_id=external_id)
    changed = {"external_id": external_id, "updated_at": now, "revision": before.revision + 1}
    db.execute(sa.update(_activities).where(_activities.c.id == activity_id).values(changed))
    record = sa.and_(
        _sources.c.athlete_id == athlete_id,
        _sources.c.activity_id == activity_id,
        _sources.c.sha256 == sha256,
        _sources.c.origin.is_(None),
    )
    db.execute(sa.update(_sources).where(record).values(origin=CALLER, external_id=external_id))


def absorb(db: Connection, activity_id: str, *, athlete_id: str, into: str, now: datetime) -> None:
    """Nothing; the activity is gone, without a stone, for it is a part of another one of the athlete.

    What its owner said of cramps and drinks goes along where the other has nothing of the kind. Its records have to be
    moved before. Raises NotFound.
    """
    _locked(db, activity_id, athlete_id=athlete_id, revision=None)
    _locked(db, into, athlete_id=athlete_id, revision=None)
    with summaries.taken_out(db, athlete_id, activity_id=into):
        for said in (tables.cramp_reports, tables.run_logs):
            has = sa.select(said.c.activity_id).where(said.c.activity_id == into)
            if db.execute(has).first() is None:
                db.execute(sa.update(said).where(said.c.activity_id == activity_id).values(activity_id=into))
    items = tables.upload_items
    db.execute(sa.update(items).where(items.c.activity_id == activity_id).values(activity_id=into))
    with summaries.taken_out(db, athlete_id, activity_id=activity_id):
        db.execute(sa.delete(_activities).where(_activities.c.id == activity_id))
    removals.ask(db, athlete_id, keys=[f"streams/{athlete_id}/{activity_id}/"], now=now)


def delete(db: Connection, activity_id: str, *, athlete_id: str, now: datetime, revision: int | None = None) -> None:
    """Nothing; the activity is gone and buried by every id it came under, and the blobs that only it needed are to go.

    After the commit: `removals.sweep`. Raises what `replace` raises.
    """
    _locked(db, activity_id, athlete_id=athlete_id, revision=revision)
    own = sa.select(_sources.c.sha256, _sources.c.part, _sources.c.origin, _sources.c.external_id).where(
        _sources.c.athlete_id == athlete_id, _sources.c.activity_id == activity_id
    )
    buried = [(sha256, part, origin, external_id) for sha256, part, origin, external_id in db.execute(own)]
    further = arrivals.of(db, [activity_id], scope=Scope.of(athlete_id))
    again = [(*key[1:], one.origin, one.external_id) for key, rows in further.items() for one in rows]
    tombstones.bury(db, athlete_id, sources=[*buried, *again], now=now)
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


def _absent() -> NotFound:
    return NotFound("There is no such activity here.")
