"""Where sync services call: the raw bytes go to the provider's proof, its events into the inbox, then the answer.

5xx only where the events could not be written down; whom they are about is not looked up here, so that nobody learns
which athletes there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from service import sync
from service.api import problems
from service.api.access import house_of
from service.api.gate import GuardedRoute
from service.api.problems import request_id_of
from service.store.calls import NewCall
from service.store.inbox import NewEvent
from service.sync import Inbound, Received
from service.sync.failures import Rejected
from service.sync.provider import LARGE_BODY_BYTES

SMALL_BYTES: Final = 64 * 1024
"""Up to here a body is looked at on the event loop; a larger one would hold up everybody else's."""

KEPT_BYTES: Final = 1024 * 1024
"""Up to here a call is kept to be played again, without the files that lie in it."""


def router() -> APIRouter:
    """The one address of every service, for events and handshakes."""
    routes = APIRouter(tags=["sync services"], route_class=GuardedRoute)
    for method, operation_id in (("POST", "receive_webhook"), ("GET", "answer_webhook_handshake")):
        routes.add_api_route(
            "/v1/webhooks/{provider}/{secret}",
            call,
            methods=[method],
            operation_id=operation_id,
            max_body_size=LARGE_BODY_BYTES,
            response_class=Response,
            responses={200: {"description": "Taken in, or nothing of use; in the form that the service wants"}},
        )
    return routes


async def call(
    provider: Annotated[str, Path(max_length=32, description="Name of the sync service.")],
    secret: Annotated[str, Path(max_length=200, description="The secret of this installation for it.")],
    request: Request,
) -> Response:
    """For sync services alone: what they tell of runs, and how they prove that this address is ours."""
    house = house_of(request)
    record, setup = house.vault.services.get(provider, (None, None))
    if record is None or setup is None or not sync.is_address(setup, secret):
        return _refused(Rejected(404, "There is nothing here."), request)  # before a body of megabytes is read
    inbound = Inbound(
        method=request.method,
        path_secret=secret,
        received_at=datetime.now(UTC),
        body=await request.body(),
        query=tuple(request.query_params.multi_items()),
        headers=tuple((name.lower(), value) for name, value in request.headers.items()),
    )
    try:
        received = await _received(record, setup, inbound)
    except Rejected as refused:
        return _refused(refused, request)
    call = await _kept(inbound, provider=provider, events=received.events)
    await house.postbox.put([NewEvent(**_plain(event)) for event in received.events], call=call)
    reply = received.reply
    return Response(reply.body, reply.status, media_type=reply.media_type)


def _refused(refused: Rejected, request: Request) -> Response:
    problem = problems.problem("webhook_rejected", refused.message, request_id=request_id_of(request))
    return problems.answer(problem | {"status": refused.status})


async def _received(record: sync.Provider, setup: sync.Setup, inbound: Inbound) -> Received:
    if len(inbound.body) <= SMALL_BYTES:
        return sync.receive(record, setup, inbound)
    return await to_thread.run_sync(sync.receive, record, setup, inbound)


async def _kept(inbound: Inbound, *, provider: str, events: Sequence[sync.Event]) -> NewCall | None:
    """The call as it may be kept to be played again; None for a handshake and for what is too large or no document."""
    if inbound.method != "POST" or not inbound.body:
        return None
    small = len(inbound.body) <= SMALL_BYTES
    kept = sync.kept(inbound) if small else await to_thread.run_sync(sync.kept, inbound)
    if not 0 < len(kept.body) <= KEPT_BYTES:
        return None
    users = frozenset(event.user for event in events)
    return NewCall(provider, inbound.received_at, kept.headers, kept.body, len(events), users)


def _plain(event: sync.Event) -> dict[str, Any]:
    named = ("provider", "dedupe", "kind", "user", "activity", "at", "hint")
    return {name: getattr(event, name) for name in named}
