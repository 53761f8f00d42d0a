"""Webhooks out: who is sent what happens, with which secret, and what became of each delivery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import orjson
from fastapi import Path, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from service import subscribers, sync
from service.api import answers, problems
from service.api.access import Visit, Visiting, checked
from service.api.documents import utc
from service.api.openapi import IF_MATCH, NO_CONTENT, json_of, tagged
from service.api.paging import Cursor, Limit
from service.api.parameters import strict_router
from service.api.shapes import Page, Shape
from service.api.wire import EndpointIn, EndpointPatch
from service.errors import NotFound
from service.store import deliveries, endpoints
from service.store.deliveries import DeliveryRow
from service.store.endpoints import EVERY_TYPE, PAUSED, EndpointRow
from service.sync.failures import UnsafeURL

router = strict_router("webhooks")

EndpointName = Annotated[str, Path(description="An endpoint's id.", max_length=64)]


class Endpoint(Shape):
    """An address that events are sent to."""

    id: str
    owner: str
    """The id of the key that made it, or `local`. It hears of nobody whom that key may not see."""
    url: str
    events: list[str]
    athletes: list[str] | None
    created_at: str
    enabled: bool
    disabled_at: str | None
    disabled_because: str | None
    """`paused` by its owner, `failing` for days, or `gone`: it answered 410."""
    failing_since: str | None
    """When it first failed since it last took something."""
    sequence: int
    """The last event of the feed that was looked at for it."""
    previous_secret_until: str | None
    """Until when deliveries are signed with the secret before the present one, too."""


class NewEndpoint(Endpoint):
    """An endpoint with its secret, which is shown this once."""

    secret: str


class EndpointPage(Page):
    """Endpoints, the oldest first."""

    items: list[Endpoint]


class Delivery(Shape):
    """One event on its way to one endpoint, and what came of the last attempt."""

    id: str
    endpoint_id: str
    sequence: int | None
    """Of the event in the feed; null for a test."""
    athlete_id: str | None
    type: str
    status: str
    """`pending`, `delivered` or `dead`."""
    attempts: int
    created_at: str
    next_attempt_at: str | None
    last_attempt_at: str | None
    response_status: int | None
    """What the endpoint answered; null where it gave no answer."""
    took_ms: int | None
    problem: str | None
    """The code of what went wrong; `/problems/{code}` explains it."""


class DeliveryPage(Page):
    """Deliveries, the newest first."""

    items: list[Delivery]


@router.post(
    "/v1/webhook-endpoints",
    operation_id="create_webhook_endpoint",
    status_code=201,
    responses=tagged(json_of(201, NewEndpoint)),
)
def create(body: EndpointIn, visit: Visiting) -> Response:
    """Have events sent to an address, from now on. The answer holds the secret that they are signed with."""
    with visit.writing() as db:
        named = _athletes(db, visit, body.athletes)
        try:
            row, secret = subscribers.add(
                db,
                visit.house.vault,
                owner=visit.caller.id,
                url=body.url,
                types=body.events,
                athlete_ids=named,
                now=visit.now,
            )
        except UnsafeURL as wrong:
            raise problems.bad_field("url", wrong.message) from None
        visit.note(db, "endpoint.created", athlete_id=None, subject=row.id)
    return _with_secret(row, secret, status=201, Location=f"/v1/webhook-endpoints/{row.id}")


@router.get("/v1/webhook-endpoints", operation_id="list_webhook_endpoints", responses=json_of(200, EndpointPage))
def page(visit: Visiting, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Your endpoints; those of everybody, where you may see everybody."""
    with visit.reading() as db:
        found = endpoints.page(db, owner=_asking(visit), limit=limit, cursor=cursor)
    return answers.listed(map(document, found.items), found.next_cursor)


@router.get(
    "/v1/webhook-endpoints/{endpoint}",
    operation_id="get_webhook_endpoint",
    responses=tagged(json_of(200, Endpoint)),
)
def get(endpoint: EndpointName, visit: Visiting, request: Request) -> Response:
    """One endpoint, without its secret."""
    with visit.reading() as db:
        row = endpoints.get(db, checked(endpoint, "whe"), owner=_asking(visit))
    return answers.stored(request, document(row), revision=row.revision)


@router.patch(
    "/v1/webhook-endpoints/{endpoint}",
    operation_id="patch_webhook_endpoint",
    responses=tagged(json_of(200, Endpoint)),
    openapi_extra=IF_MATCH,
)
def patch(endpoint: EndpointName, body: EndpointPatch, visit: Visiting, request: Request) -> Response:
    """Change where and what is sent, pause it, or send again to one that was disabled: from where it stopped.

    A new `url` enables an endpoint that was disabled because of the old one.
    """
    revision = answers.expected_revision(request)
    with visit.writing() as db:
        before = endpoints.get(db, checked(endpoint, "whe"), owner=_asking(visit))
        fields = _changes(db, visit, before, body)
        row = endpoints.change(db, before.id, owner=_asking(visit), fields=fields, revision=revision)
        visit.note(db, "endpoint.changed", athlete_id=None, subject=row.id)
    return answers.stored(request, document(row), revision=row.revision)


def _changes(db: Any, visit: Visit, before: EndpointRow, body: EndpointPatch) -> dict[str, Any]:
    given = body.given()
    fields: dict[str, Any] = {}
    if "url" in given:
        try:
            sync.vetted(given["url"], visit.house.vault.subscribers)
        except UnsafeURL as wrong:
            raise problems.bad_field("url", wrong.message) from None
        fields["url"] = given["url"]
        if given["url"] != before.url and before.disabled_because not in {None, PAUSED}:
            fields |= subscribers.enabling(before, enabled=True, now=visit.now)
    if "events" in given:
        fields["events"] = given["events"] or [EVERY_TYPE]
    if "athletes" in given:
        fields["athletes"] = _athletes(db, visit, given["athletes"])
    if "enabled" in given:
        fields |= subscribers.enabling(before, enabled=given["enabled"] is not False, now=visit.now)
    return fields


@router.delete(
    "/v1/webhook-endpoints/{endpoint}",
    operation_id="delete_webhook_endpoint",
    status_code=204,
    responses=NO_CONTENT,
    openapi_extra=IF_MATCH,
)
def delete(endpoint: EndpointName, visit: Visiting, request: Request) -> Response:
    """Send nothing there any more; its deliveries are forgotten."""
    revision = answers.expected_revision(request)
    with visit.writing() as db:
        endpoints.remove(db, checked(endpoint, "whe"), owner=_asking(visit), revision=revision)
        visit.note(db, "endpoint.deleted", athlete_id=None, subject=endpoint)
    return Response(status_code=204)


@router.post(
    "/v1/webhook-endpoints/{endpoint}/test",
    operation_id="test_webhook_endpoint",
    status_code=202,
    responses=json_of(202, Delivery, "On its way; the deliveries show what came of it"),
)
def test(endpoint: EndpointName, visit: Visiting) -> Response:
    """Send a test event, `endpoint.test`, once. It overtakes whatever else waits."""
    with visit.writing() as db:
        row = endpoints.get(db, checked(endpoint, "whe"), owner=_asking(visit))
        sent = subscribers.ask_for_test(db, row, now=visit.now)
    return answers.document(delivery(sent), status=202)


@router.post(
    "/v1/webhook-endpoints/{endpoint}/rotate",
    operation_id="rotate_webhook_secret",
    responses=tagged(json_of(200, NewEndpoint)),
    openapi_extra=IF_MATCH,
)
def rotate(endpoint: EndpointName, visit: Visiting, request: Request) -> Response:
    """Make a new secret. For 24 hours deliveries bear two signatures, one with each secret."""
    revision = answers.expected_revision(request)
    name = checked(endpoint, "whe")
    with visit.writing() as db:
        row, secret = subscribers.rotate(
            db, visit.house.vault, name, owner=_asking(visit), now=visit.now, revision=revision
        )
        visit.note(db, "endpoint.rotated", athlete_id=None, subject=row.id)
    return _with_secret(row, secret)


@router.get(
    "/v1/webhook-endpoints/{endpoint}/deliveries",
    operation_id="list_deliveries",
    responses=json_of(200, DeliveryPage),
)
def log(
    endpoint: EndpointName,
    visit: Visiting,
    status: Annotated[Literal["pending", "delivered", "dead"] | None, Query(description="Absent: all.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """What was sent there and what is to be, the newest first, for 30 days."""
    with visit.reading() as db:
        row = endpoints.get(db, checked(endpoint, "whe"), owner=_asking(visit))
        found = deliveries.page(db, row.id, scope=visit.scope, limit=limit, cursor=cursor, state=status)
    return answers.listed(map(delivery, found.items), found.next_cursor)


@router.post(
    "/v1/deliveries/{delivery}/retry",
    operation_id="retry_delivery",
    status_code=202,
    responses=json_of(202, Delivery, "On its way once more"),
)
def retry(
    name: Annotated[str, Path(alias="delivery", description="A delivery's id.", max_length=64)], visit: Visiting
) -> Response:
    """Send a delivery again, whatever became of it; under the same `webhook-id`, with the same body."""
    with visit.writing() as db:
        sent = subscribers.ask_again(db, checked(name, "dlv"), owner=_asking(visit), scope=visit.scope, now=visit.now)
    return answers.document(delivery(sent), status=202)


def _asking(visit: Visit) -> str | None:
    """Whose endpoints may be seen on this visit; None: everybody's."""
    return None if visit.scope.athlete_ids is None else visit.caller.id


def _athletes(db: Any, visit: Visit, names: Sequence[str] | None) -> list[str] | None:
    if names is None:
        return None
    try:
        return sorted({visit.athlete(db, name).id for name in names})
    except NotFound:
        raise _nobody() from None


def _nobody() -> RequestValidationError:
    return problems.bad_field("athletes", "names somebody who is not here")


def document(row: EndpointRow) -> dict[str, Any]:
    """An Endpoint."""
    return {
        "id": row.id,
        "owner": row.owner,
        "url": row.url,
        "events": row.events,
        "athletes": row.athletes,
        "created_at": utc(row.created_at),
        "enabled": row.disabled_at is None,
        "disabled_at": None if row.disabled_at is None else utc(row.disabled_at),
        "disabled_because": row.disabled_because,
        "failing_since": None if row.failing_since is None else utc(row.failing_since),
        "sequence": row.sequence,
        "previous_secret_until": None if row.previous_until is None else utc(row.previous_until),
    }


def _with_secret(row: EndpointRow, secret: str, *, status: int = 200, **headers: str) -> Response:
    """The endpoint and its secret, under the entity tag that it has without."""
    content = document(row)
    tag = answers.tag_of(orjson.dumps(content), revision=row.revision)
    shown = {**content, "secret": secret}
    return answers.ShownOnce(shown, field="secret", headers={**headers, "ETag": tag}, status=status)


def delivery(row: DeliveryRow) -> dict[str, Any]:
    """A Delivery."""
    return {
        "id": row.id,
        "endpoint_id": row.endpoint_id,
        "sequence": row.sequence,
        "athlete_id": row.athlete_id,
        "type": row.type,
        "status": row.state,
        "attempts": row.attempts,
        "created_at": utc(row.created_at),
        "next_attempt_at": utc(row.due_at) if row.state == deliveries.PENDING else None,
        "last_attempt_at": None if row.last_at is None else utc(row.last_at),
        "response_status": row.last_status,
        "took_ms": row.took_ms,
        "problem": row.problem,
    }
