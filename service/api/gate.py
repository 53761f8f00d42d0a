"""The gate in front of every route: who calls, may they, and not too often. Before any body is read.

With `auth=local` whoever has come this far may do everything (`service.api.local` has looked at where from). With
`auth=keys` the key, or the session of a browser that was signed in with one, is looked up by its hash at each call, so
that a revoked one opens nothing from that moment on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from anyio import to_thread
from fastapi import Request
from starlette.responses import Response

from service.api import browsers, permissions
from service.api.access import CALLER, Caller, House, house_of
from service.api.idempotency import RepeatableRoute
from service.api.permissions import ANYONE, Roles
from service.api.problems import CHALLENGE, answer, problem, request_id_of
from service.api.rates import Allowance, neighbourhood
from service.errors import Forbidden, ServiceError, Unauthorized
from service.store import credentials, engine, keys, sessions
from service.store.keys import KeyRow

_BEARER: Final = re.compile(r"bearer +(\S{1,200})", re.IGNORECASE)
_FAILED: Final = "failed_keys"

_MISTYPED = "This is no API key as they are given out here: part of it is missing or mistyped."
_UNKNOWN = "This API key opens nothing here: it is unknown, or was revoked."
_CROSS_SITE = "A page of another site may not do this; open the page of this service itself."
_MISSING = "Send an API key: `Authorization: Bearer cw_…`."


class GuardedRoute(RepeatableRoute):
    """A route that lets in whom the table of permissions names; behind the gate, its POST may be repeated."""

    @property
    def is_repeatable(self) -> bool:
        """Not where anybody may call: strangers would fill the table of kept answers."""
        return super().is_repeatable and self.roles() != ANYONE

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the gate."""
        serve = super().get_route_handler()

        async def admit(request: Request) -> Response:
            house = house_of(request)
            if house.settings.auth == "local":
                request.scope[CALLER] = Caller.local()
                return await serve(request)
            told = await self._admitted(request, house)
            if isinstance(told, Response):
                return told
            response = await serve(request)
            response.headers.update(told)
            return response

        return admit

    def roles(self) -> Roles | None:
        """Who may call the route; None where nobody has said, and then nobody may."""
        return permissions.roles_of(self.operation_id or self.name)

    def is_metered(self) -> bool:
        """Whether calls are counted for each key and address."""
        return (self.operation_id or self.name) in permissions.METERED

    async def _admitted(self, request: Request, house: House) -> Response | Mapping[str, str]:
        """The headers to add where the caller may pass, else the refusal. Raises Unauthorized and Forbidden."""
        roles = self.roles()
        if roles == ANYONE or (self.operation_id == "metrics" and house.settings.metrics_access == "anyone"):
            return {}
        row = await holder_of(request, house, _told(request, house))
        if isinstance(row, Response):
            return row
        if roles is None or row.role not in roles:
            raise Forbidden(f"A key of the role {row.role} may not do this.")
        request.scope[CALLER] = Caller.of(row)
        return _metered(request, house, row, _address(request)) if self.is_metered() else {}


@dataclass(frozen=True, slots=True)
class Credential:
    """What somebody shows: the hash of a key or of a browser's session, and whether it can be one at all."""

    digest: str
    is_sound: bool
    is_session: bool = False

    @classmethod
    def key(cls, text: str) -> Credential:
        """A key, as somebody typed it."""
        return cls(credentials.digest(text), credentials.is_sound(text))


def _told(request: Request, house: House) -> Credential:
    """What the call shows: a key in its header, else a browser's session.

    Raises Unauthorized, and Forbidden (`cross_site`) where a page of another site made use of the session.
    """
    headers = request.headers.getlist("authorization")
    found = _BEARER.fullmatch(headers[0].strip()) if len(headers) == 1 else None
    if found is not None:
        return Credential.key(found[1])
    session = browsers.session_of(request) if not headers else None
    if session is None:
        house.metrics.refused_key("missing")
        raise Unauthorized(_MISSING)
    if not browsers.is_own(request):
        raise Forbidden(_CROSS_SITE, code="cross_site")
    return Credential(session, is_sound=True, is_session=True)


def _address(request: Request) -> str:
    return neighbourhood(request.client.host if request.client is not None else "unknown")


async def holder_of(request: Request, house: House, told: Credential) -> KeyRow | Response:
    """The valid key of a call, or the answer to too many that were not. Raises Unauthorized."""
    address, sound, digest = _address(request), told.is_sound, told.digest
    limit = house.settings.failed_keys_per_minute
    if house.rates.is_spent(_FAILED, whose=address, limit=limit) and not (sound and house.sightings.knows(digest)):
        spent = house.rates.take(_FAILED, whose=address, limit=limit)
        assert spent is not None  # noqa: S101 - there is a limit, or it could not be spent
        return _too_many(request, house, spent, _FAILED)
    row = await to_thread.run_sync(_look_up, house, told) if sound else None
    if row is None:
        house.rates.take(_FAILED, whose=address, limit=limit)
        house.metrics.refused_key("unknown" if sound else "mistyped")
        raise Unauthorized(_UNKNOWN if sound else _MISTYPED)
    house.sightings.note(row.id, digest=digest, at=datetime.now(UTC))
    return row


async def signed_in(request: Request) -> Caller | None:
    """Whoever's session the browser shows; None where it shows none that is good. Nothing is opened by it.

    For pages that no gate stands before, such as the answer to an address that is not there. Where nobody can say, as
    the database does not answer, it is nobody: such a page tells of that very failure.
    """
    house, session = house_of(request), browsers.session_of(request)
    if house.settings.auth == "local" or session is None:
        return None
    try:
        row = await to_thread.run_sync(_look_up, house, Credential(session, is_sound=True, is_session=True))
    except ServiceError:
        return None
    return None if row is None else Caller.of(row)


def _look_up(house: House, told: Credential) -> KeyRow | None:
    with engine.read(house.engine) as db:
        if told.is_session:
            return sessions.find(db, told.digest, now=datetime.now(UTC))
        return keys.find_by_digest(db, told.digest)


def _metered(request: Request, house: House, row: KeyRow, address: str) -> Response | Mapping[str, str]:
    """The headers of the tighter allowance, or the refusal of a call that is one too many."""
    settings = house.settings
    taken = {
        "uploads": house.rates.take("uploads", whose=row.id, limit=settings.uploads_per_minute),
        "address": house.rates.take("address", whose=address, limit=settings.address_uploads_per_minute),
    }
    counted = {name: one for name, one in taken.items() if one is not None}
    for name, one in counted.items():
        if not one.granted:
            return _too_many(request, house, one, name)
    tightest = min(counted.values(), key=lambda one: one.remaining, default=None)
    return {} if tightest is None else tightest.headers()


def _too_many(request: Request, house: House, spent: Allowance, limit: str) -> Response:
    house.metrics.limited(limit)
    headers = spent.headers()
    detail = f"Too many calls: {spent.limit} a minute are allowed. Try again in {headers['Retry-After']} s."
    document = problem("rate_limited", detail, request_id=request_id_of(request))
    return answer(document, headers | ({"WWW-Authenticate": CHALLENGE} if limit == _FAILED else {}))
