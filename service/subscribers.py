"""Subscribers: how an endpoint is made and its secret kept, and how the feed becomes what is sent to it.

Doors make endpoints here, the worker asks here what to send and signs it. What may not live here: HTTP, and who may do
what: an owner is a word that the caller gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from service import sync, wording
from service.errors import Conflict, NotFound
from service.store import athletes, deliveries, endpoints, events
from service.store.deliveries import DeliveryRow, NewDelivery
from service.store.endpoints import EVERY_TYPE, EndpointRow
from service.store.events import EventRow
from service.store.ids import new_id
from service.store.scope import Scope
from service.vault import Vault
from service.wording import Listener, Voice

OLD_SECRET_HOLDS: Final = timedelta(hours=24)
"""How long deliveries are signed with the secret before the present one, too."""

TEST: Final = "endpoint.test"
ERASED: Final = "athlete.erased"

_EVENTS_AT_ONCE: Final = 200


def add(
    db: Connection,
    vault: Vault,
    *,
    owner: str,
    url: str,
    types: Sequence[str],
    athlete_ids: Sequence[str] | None,
    now: datetime,
) -> tuple[EndpointRow, str]:
    """The new endpoint, and its secret, which is told here and never again. Raises UnsafeURL."""
    sync.vetted(url, vault.subscribers)
    endpoint_id, secret = endpoints.new_endpoint_id(now), sync.new_secret()
    row = endpoints.add(
        db,
        endpoint_id,
        owner=owner,
        url=url,
        types=list(types),
        athletes=None if athlete_ids is None else sorted(set(athlete_ids)),
        secret=_locked(vault, secret, endpoint_id),
        now=now,
    )
    return row, secret


def rotate(
    db: Connection, vault: Vault, endpoint_id: str, *, owner: str | None, now: datetime, revision: int | None = None
) -> tuple[EndpointRow, str]:
    """The endpoint with a new secret, which is told here and never again; the one before holds for a day.

    Raises NotFound, and Conflict (`precondition_failed`).
    """
    before, secret = endpoints.get(db, endpoint_id, owner=owner), sync.new_secret()
    fields = {
        "secret": _locked(vault, secret, endpoint_id),
        "previous_secret": before.secret,
        "previous_until": now + OLD_SECRET_HOLDS,
    }
    return endpoints.change(db, endpoint_id, owner=owner, fields=fields, revision=revision), secret


def secrets_of(vault: Vault, endpoint: EndpointRow, *, now: datetime) -> list[str]:
    """The secrets to sign with now, the newest first. Raises CannotUnlock."""
    locked = [endpoint.secret]
    if endpoint.previous_secret is not None and endpoint.previous_until is not None and now < endpoint.previous_until:
        locked.append(endpoint.previous_secret)
    return [vault.keyring.unlock(one, **_bound(endpoint.id)) for one in locked]


def _locked(vault: Vault, secret: str, endpoint_id: str) -> bytes:
    return vault.keyring.lock(secret, **_bound(endpoint_id))


def _bound(endpoint_id: str) -> dict[str, str]:
    return {"athlete_id": "", "provider": f"endpoint:{endpoint_id}"}


def relock(db: Connection, vault: Vault, endpoint: EndpointRow, *, now: datetime) -> bool:
    """Whether a secret of the endpoint was locked anew, under the first key; one that holds no more goes.

    Raises CannotUnlock, and Conflict and NotFound where somebody changes the endpoint meanwhile.
    """
    if all(map(vault.keyring.is_current, filter(None, (endpoint.secret, endpoint.previous_secret)))):
        return False
    present, *before = [_locked(vault, one, endpoint.id) for one in secrets_of(vault, endpoint, now=now)]
    kept = {"previous_secret": before[0]} if before else {"previous_secret": None, "previous_until": None}
    fields = {"secret": present, **kept}
    endpoints.change(db, endpoint.id, owner=None, fields=fields, revision=endpoint.revision)
    return True


def ask_for_test(db: Connection, endpoint: EndpointRow, *, now: datetime) -> DeliveryRow:
    """A test event on its way to the endpoint. Raises Conflict where the endpoint is disabled."""
    _demand_enabled(endpoint)
    told = _test(endpoint, now=now)
    news = NewDelivery(None, None, TEST, orjson.dumps(told).decode())
    (delivery_id,) = deliveries.add(db, endpoint.id, news=[news], now=now)
    endpoints.free(db, endpoint.id)
    return deliveries.get(db, delivery_id, scope=Scope.of())


def _test(endpoint: EndpointRow, *, now: datetime) -> dict[str, Any]:
    """An event that never happened, in the shape of those that do."""
    nothing = ("athlete_id", "activity_id", "external_id", "headline", "previous_level", "level")
    return {
        "sequence": None,
        "id": new_id("evt", now),
        "type": TEST,
        "created_at": wording.utc(now),
        **dict.fromkeys(nothing),
        "data": {"endpoint_id": endpoint.id},
    }


def ask_again(db: Connection, delivery_id: str, *, owner: str | None, scope: Scope, now: datetime) -> DeliveryRow:
    """The delivery, on its way once more. Raises NotFound, and Conflict where the endpoint is disabled."""
    found = deliveries.get(db, delivery_id, scope=scope)
    try:
        endpoint = endpoints.get(db, found.endpoint_id, owner=owner)
    except NotFound:
        raise deliveries.absent() from None
    _demand_enabled(endpoint)
    row = deliveries.again(db, delivery_id, scope=scope, now=now)
    endpoints.free(db, endpoint.id)
    return row


def _demand_enabled(endpoint: EndpointRow) -> None:
    if endpoint.disabled_at is not None:
        raise Conflict("Nothing is sent to an endpoint that is disabled; enable it first.")


def enabling(endpoint: EndpointRow, *, enabled: bool, now: datetime) -> dict[str, Any]:
    """The fields that change where its owner enables or pauses an endpoint; none where it is so already."""
    if enabled == (endpoint.disabled_at is None):
        return {}
    if enabled:
        return dict.fromkeys(("disabled_at", "disabled_because", "failing_since", "not_before"))
    return {"disabled_at": now, "disabled_because": endpoints.PAUSED}


def fan_out(db: Connection, endpoint_id: str, *, now: datetime) -> bool:
    """Whether the endpoint has gone on along the feed: what it is to hear of that stretch stands among its deliveries.

    Everything that is to be sent is worded now, as the athlete wishes now. Somebody who is erased meanwhile is waited
    for, and left out.
    """
    endpoint = endpoints.hold(db, endpoint_id)
    if endpoint is None or endpoint.disabled_at is not None:
        return False
    head = endpoints.head(db)
    if head <= endpoint.sequence:
        return False
    scope = endpoints.audience(db, endpoint)
    found = events.page(db, scope=scope, limit=_EVENTS_AT_ONCE, after=endpoint.sequence, types=endpoint.types)
    there = deliveries.still_there(db, {row.athlete_id for row in found.items}, scope=scope)
    told = [row for row in found.items if row.athlete_id in there or row.type == ERASED]
    whose = athletes.some(db, there, scope=scope)
    voices = {name: Voice.of(row, Listener(now)) for name, row in whose.items()}
    deliveries.add(db, endpoint_id, news=[_news(row, voices.get(row.athlete_id)) for row in told], now=now)
    last = found.items[-1].sequence if found.items else 0
    endpoints.looked_at(db, endpoint_id, sequence=last if found.next_cursor else max(head, last))
    return True


def _news(row: EventRow, voice: Voice | None) -> NewDelivery:
    body = orjson.dumps(wording.event(row, voice=voice)).decode()
    return NewDelivery(row.sequence, row.athlete_id, row.type, body)


def demand_types(types: Sequence[str]) -> None:
    """Nothing, where an endpoint may ask for these types of events. Raises ValueError."""
    known = events.TYPES
    if not types or len(set(types)) < len(types):
        raise ValueError("names each type once, and at least one")
    if list(types) != [EVERY_TYPE] and not known.issuperset(types):
        raise ValueError(f'holds {", ".join(sorted(known))}, or is ["*"]')
