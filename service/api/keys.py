"""API keys and the audit log: what an admin does over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query
from starlette.responses import Response

from service.api import answers, problems
from service.api.access import Visiting, checked
from service.api.documents import utc
from service.api.openapi import NO_CONTENT, json_of
from service.api.paging import Cursor, Limit
from service.api.parameters import strict_router
from service.api.shapes import Shape
from service.api.wire import KeyIn
from service.errors import BadCall, NotFound
from service.store import athletes, audit, keys
from service.store.audit import DeedRow
from service.store.keys import KeyRow

router = strict_router("operation")


class Key(Shape):
    """An API key as it can be seen again: everything but the key."""

    id: str
    prefix: str
    """The first letters of the key, to tell keys apart by."""
    role: str
    athletes: list[str] | None
    """Whose data it reaches; null: everybody's."""
    name: str | None
    created_at: str
    last_used_at: str | None
    """To the minute."""
    revoked_at: str | None


class NewKey(Key):
    """A key that was just made."""

    key: str | None
    """The key itself, shown this once; null where the call is repeated under its `Idempotency-Key`."""


class KeyPage(Shape):
    """Keys, the oldest first, revoked ones too."""

    items: list[Key]
    next_cursor: str | None


class Deed(Shape):
    """Who did what, and when."""

    id: str
    at: str
    actor: str
    """A key's id, `local` for somebody at the service's own computer, or `system`."""
    action: str
    athlete_id: str | None
    subject: str | None
    """The id of what it was done to, where that is not the athlete."""
    request_id: str | None
    details: dict[str, Any] | None


class DeedPage(Shape):
    """Deeds, the newest first."""

    items: list[Deed]
    next_cursor: str | None


@router.post("/v1/keys", operation_id="create_key", status_code=201, responses=json_of(201, NewKey))
def create(body: KeyIn, visit: Visiting) -> Response:
    """Make a key. It is in this answer and nowhere else: what is stored is its hash."""
    named = None if body.athletes is None else list(body.athletes)
    try:
        keys.demand_fitting(body.role, None if named is None else len(set(named)))
    except BadCall as wrong:
        raise problems.bad_field("athletes", wrong.message) from None
    with visit.writing() as db:
        for one in named or ():
            try:
                athletes.get(db, checked(one, "ath"), scope=visit.scope)
            except NotFound:
                raise problems.bad_field("athletes", "names somebody who is not here") from None
        row, key = keys.create(db, now=visit.now, role=body.role, athlete_ids=named, name=body.name)
        visit.note(db, "key.created", athlete_id=None, subject=row.id)
    location = {"Location": f"/v1/keys/{row.id}"}
    return answers.ShownOnce({**document(row), "key": key}, field="key", headers=location)


@router.get("/v1/keys", operation_id="list_keys", responses=json_of(200, KeyPage))
def page(visit: Visiting, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Every key that was made, with its last use; never the key itself."""
    with visit.reading() as db:
        found = keys.page(db, limit=limit, cursor=cursor)
    return answers.listed(map(document, found.items), found.next_cursor)


@router.delete("/v1/keys/{key}", operation_id="revoke_key", status_code=204, responses=NO_CONTENT)
def revoke(key: Annotated[str, Path(description="A key's id.", max_length=64)], visit: Visiting) -> Response:
    """Revoke a key: the next call with it is refused. It stays in the list."""
    with visit.writing() as db:
        row = keys.revoke(db, checked(key, "key"), now=visit.now)
        visit.note(db, "key.revoked", athlete_id=None, subject=row.id)
    return Response(status_code=204)


@router.get("/v1/audit", operation_id="list_audit", responses=json_of(200, DeedPage))
def deeds(
    visit: Visiting,
    athlete_id: Annotated[str | None, Query(max_length=64, description="Only what concerns this athlete.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Who made and revoked keys, and made, exported, erased and deleted what. It outlives whom it names."""
    with visit.reading() as db:
        found = audit.page(db, scope=visit.scope, limit=limit, cursor=cursor, of_athlete=athlete_id)
    return answers.listed(map(_deed, found.items), found.next_cursor)


def document(row: KeyRow) -> dict[str, Any]:
    """A Key."""
    return {
        "id": row.id,
        "prefix": row.prefix,
        "role": row.role,
        "athletes": None if row.all_athletes else list(row.athlete_ids),
        "name": row.name,
        "created_at": utc(row.created_at),
        "last_used_at": None if row.last_used_at is None else utc(row.last_used_at),
        "revoked_at": None if row.revoked_at is None else utc(row.revoked_at),
    }


def _deed(row: DeedRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": utc(row.at),
        "actor": row.actor,
        "action": row.action,
        "athlete_id": row.athlete_id,
        "subject": row.subject,
        "request_id": row.request_id,
        "details": row.details,
    }
