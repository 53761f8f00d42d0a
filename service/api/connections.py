"""Connections: an athlete's accounts at sync services, begun in a browser, seen without their tokens, and ended.

Rows are `service.accounts`' business, calls to the services `service.consents`'; here they are put in order: a state is
used up before its code is, and tokens are gone here before a service is asked to forget them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import Path, Request
from starlette.responses import Response

from service import accounts, consents
from service.api import answers
from service.api.access import AthleteName, House, Visiting, house_of
from service.api.documents import utc
from service.api.openapi import NO_CONTENT, json_of
from service.api.parameters import strict_router
from service.api.rows import Whole
from service.api.shapes import Shape
from service.errors import BadCall, Forbidden
from service.store import audit, connections, engine
from service.store.connections import ConnectionRow
from service.sync import Granted
from service.vault import Vault

LONGEST_WORD: Final = 4096
"""No state of ours is longer, and no code that anybody gives out."""

router = strict_router("sync services")

ServiceName = Annotated[str, Path(max_length=32, description="Name of the sync service.")]


class Connection(Shape):
    """An account at a sync service. Its tokens are never shown."""

    id: str
    provider: str
    title: str
    """The name of the service for people."""
    external_id: str
    """The service's id of the athlete."""
    state: str
    """`active`, or `broken`: then the athlete has to connect again."""
    broken_because: str | None
    """`needs_reauth`: the token is refused; `permission_withdrawn`: the athlete lets us have no activities."""
    scope: str | None
    """What the athlete agreed to, where the service says it."""
    connected_at: str
    refreshed_at: str | None
    last_event_at: str | None
    """When the last run came by it."""
    reconciled_at: str | None
    """When the service was last asked for runs that it did not tell of."""


class SyncService(Shape):
    """A sync service that is set up here."""

    provider: str
    title: str
    connects_by: str
    """`consent`: in a browser; `operator`: by `crampwatch connection add`."""


class ConnectionPage(Whole):
    """Connections, and which services there are to connect."""

    items: list[Connection]
    available: list[SyncService]


class ConsentPage(Shape):
    """Where to send the athlete's browser."""

    authorize_url: str


@router.get(
    "/v1/athletes/{athlete}/connections", operation_id="list_connections", responses=json_of(200, ConnectionPage)
)
def page(athlete: AthleteName, visit: Visiting) -> Response:
    """The athlete's accounts at sync services, one a service, and the services that are set up here."""
    with visit.reading() as db:
        found = connections.of(db, visit.athlete(db, athlete).id)
    vault = visit.house.vault
    return answers.document(
        {"items": [document(vault, row) for row in found], "available": available(vault), "next_cursor": None}
    )


@router.post(
    "/v1/athletes/{athlete}/connections/{provider}",
    operation_id="begin_connection",
    responses=json_of(200, ConsentPage, "Good for fifteen minutes, and once"),
)
def begin(athlete: AthleteName, provider: ServiceName, visit: Visiting, request: Request) -> Response:
    """Where to send the athlete's browser; it comes back to this service, which connects the account.

    Connecting again mends a broken connection; with another account it takes the place of the first.
    """
    house = visit.house
    with visit.writing() as db:
        row = visit.athlete(db, athlete)
        url = consents.begin(db, house.vault, row.id, name=provider, base_url=_base_url(house, request), now=visit.now)
        visit.note(db, "connection.begun", athlete_id=row.id)
    return answers.document({"authorize_url": url})


@router.delete(
    "/v1/athletes/{athlete}/connections/{provider}",
    operation_id="remove_connection",
    status_code=204,
    responses=NO_CONTENT,
)
def remove(athlete: AthleteName, provider: ServiceName, visit: Visiting) -> Response:
    """Forget the tokens at once, and give our access back at the service, as far as it can be reached.

    Runs that the service sent go, too, unless the operator keeps them. Where another athlete here has the same account,
    the service is not told.
    """
    house = visit.house
    with visit.writing() as db:
        row = connections.find(db, visit.athlete(db, athlete).id, provider=provider)
        alone = accounts.leave(db, house.enqueue, row, forgets=house.settings.forget_deauthorized)
        visit.note(db, "connection.removed", athlete_id=row.athlete_id, subject=row.id)
    if alone:
        asyncio.run(consents.give_back(house.vault, row))
    return Response(status_code=204)


@dataclass(frozen=True, slots=True)
class Joined:
    """An account that was connected just now: whose, and at which service, by its name for people."""

    athlete_id: str
    title: str


async def finished(provider: str, request: Request) -> Joined:
    """What came of a browser that a sync service sends back with `state` and `code`, or with `error`.

    Raises ServiceError and SyncError for what went wrong there.
    """
    house = house_of(request)
    service, _ = consents.service_named(house.vault, provider)
    state = _only(request, "state")
    returned = await to_thread.run_sync(_state_used_up, house, provider, state)
    if "error" in request.query_params:
        raise Forbidden(f"{service.title} did not give its consent, so nothing was connected.", code="consent_refused")
    code, base_url = _only(request, "code"), _base_url(house, request)
    granted = await consents.redeem(house.vault, returned, name=provider, code=code, base_url=base_url)
    replaced = await to_thread.run_sync(_joined, house, provider, returned.athlete_id, granted)
    if replaced is not None:
        await consents.give_back(house.vault, replaced)
    return Joined(returned.athlete_id, service.title)


def _state_used_up(house: House, name: str, state: str) -> consents.Returned:
    """Who comes back; committed before anything else is done with the answer, so that no state counts twice."""
    with engine.write(house.engine, wait_s=house.settings.database_timeout_s) as db:
        return consents.end(db, house.vault, name=name, state=state, now=datetime.now(UTC))


def _joined(house: House, name: str, athlete_id: str, granted: Granted) -> ConnectionRow | None:
    """Another account that has to be told good-bye to, as nobody here is connected to it any more."""
    now = datetime.now(UTC)
    tokens = accounts.locked(house.vault, granted.tokens, athlete_id=athlete_id, provider=name)
    with engine.write(house.engine, wait_s=house.settings.database_timeout_s) as db:
        replaced = accounts.join(
            db, house.enqueue, athlete_id, provider=name, user=granted.user, tokens=tokens, now=now
        )
        row = connections.find(db, athlete_id, provider=name)
        audit.note(db, now=now, actor=audit.SYSTEM, action="connection.made", athlete_id=athlete_id, subject=row.id)
        return replaced if replaced is not None and accounts.is_nobodys(db, replaced) else None


def _only(request: Request, name: str) -> str:
    """The one value of a parameter. Raises BadCall."""
    told = request.query_params.getlist(name)
    if len(told) != 1 or not 0 < len(told[0]) <= LONGEST_WORD:
        raise BadCall(f"A sync service sends browsers here with one `{name}`; begin the connection again.")
    return told[0]


def _base_url(house: House, request: Request) -> str:
    return house.settings.public_url or str(request.base_url)


def document(vault: Vault, row: ConnectionRow) -> dict[str, Any]:
    """A Connection."""
    provider, _ = vault.services.get(row.provider, (None, None))
    return {
        "id": row.id,
        "provider": row.provider,
        "title": provider.title if provider is not None else row.provider,
        "external_id": row.external_id,
        "state": row.state,
        "broken_because": row.broken_because,
        "scope": row.scope,
        "connected_at": utc(row.connected_at),
        **{
            name: None if (at := getattr(row, name)) is None else utc(at)
            for name in ("refreshed_at", "last_event_at", "reconciled_at")
        },
    }


def available(vault: Vault) -> list[dict[str, Any]]:
    """Every SyncService, by name."""
    return [
        {"provider": name, "title": provider.title, "connects_by": "consent" if provider.oauth else "operator"}
        for name, (provider, _) in sorted(vault.services.items())
    ]
