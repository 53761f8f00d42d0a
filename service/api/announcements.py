"""What webhooks carry, for the OpenAPI document: one entry under `webhooks` for each type of event.

Nobody runs these routes or models. Bodies are the documents of `GET /v1/events`, made by `service.wording`; tests
validate what was really sent against them.
"""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Header
from pydantic import ConfigDict, Field, create_model

from service.api.events import Event
from service.api.shapes import Shape
from service.store.events import TYPES
from service.subscribers import TEST


class Counts(Shape):
    """What became of the files of an upload, or of all uploads of an import."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True, populate_by_name=True)

    upload_id: str | None = None
    """Null: nothing of it could be read, and no upload was kept."""
    import_name: str | None = Field(default=None, alias="import")
    uploads: list[str] | None = None
    """Ids of the uploads of an import."""
    total: int
    created: int = 0
    duplicates: int = 0
    merged: int = 0
    skipped: int = 0
    rejected: int = 0
    codes: list[str] | None = None
    """Why nothing could be read."""


class Broken(Shape):
    """Which account cannot be used any more, and why."""

    provider: str
    because: str


class Tested(Shape):
    """The endpoint that is tried."""

    endpoint_id: str


class Nothing(Shape):
    """Nothing more belongs to this type of event."""


_ABOUT: dict[str, tuple[str, type[Shape]]] = {
    "activity.assessed": ("A new run has its assessment.", Nothing),
    "activity.updated": ("A person, or a service, has changed what is known of a run.", Nothing),
    "activity.deleted": ("A run is gone.", Nothing),
    "activity.merged": ("Another record of a run that was here has come.", Nothing),
    "activity.reassessed": ("A run was assessed again, and the outcome is another.", Nothing),
    "cramp_report.created": ("An athlete told whether there was a cramp.", Nothing),
    "upload.done": ("A queued upload has been worked off.", Counts),
    "upload.rejected": ("Nothing of an upload could be read.", Counts),
    "import.done": ("An import, of however many files, has been worked off.", Counts),
    "connection.broken": ("An account at a sync service cannot be used any more.", Broken),
    "athlete.erased": ("Everything of an athlete is gone.", Nothing),
}


def _model(name: str, data: type[Shape]) -> type[Event]:
    title = "".join(word.capitalize() for word in name.replace("_", ".").split("."))
    kind: Any = Literal[name]
    return create_model(f"{title}Event", __base__=Event, __doc__=_ABOUT[name][0], type=(kind, ...), data=(data, ...))


BODIES: dict[str, type[Shape]] = {name: _model(name, data) for name, (_, data) in _ABOUT.items()}
"""The body of each type of event."""


class TestEvent(Shape):
    """An event that never happened: it shows whether deliveries arrive."""

    sequence: None
    id: str
    type: Literal["endpoint.test"]
    created_at: str
    athlete_id: None
    activity_id: None
    external_id: None
    headline: None
    previous_level: None
    level: None
    data: Tested


BODIES[TEST] = TestEvent

_ANSWERS: dict[int | str, dict[str, Any]] = {
    "2XX": {"description": "Taken; anything else is tried again"},
    410: {"description": "Nothing more is wanted: the endpoint is disabled"},
}


def router() -> APIRouter:
    """The entries of the document. Raises ValueError where the feed knows a type that has none."""
    if BODIES.keys() - {TEST} != TYPES:
        raise ValueError(f"without a description: {sorted(TYPES ^ (BODIES.keys() - {TEST}))}")
    routes = APIRouter(tags=["webhooks"])
    for name, model in BODIES.items():
        routes.add_api_route(
            name,
            _taking(model),
            methods=["POST"],
            operation_id=f"on_{name.replace('.', '_')}",
            summary=name,
            description=_ABOUT[name][0] if name in _ABOUT else "Sent when somebody asks for it.",
            responses=_ANSWERS,
        )
    return routes


def _taking(model: type[Shape]) -> Any:
    """A function that says what a subscriber gets; nobody calls it."""

    def take(
        body: Any,  # noqa: ARG001 - it is only read for its signature
        webhook_id: str = Header(description="The event's id, in every repetition."),  # noqa: ARG001 - likewise
        webhook_timestamp: int = Header(description="When it was sent, in seconds since 1970."),  # noqa: ARG001 - likewise
        webhook_signature: str = Header(  # noqa: ARG001 - likewise
            description="`v1,` and HMAC-SHA256 in base64, as Standard Webhooks say; two while a secret is rotated."
        ),
    ) -> None:
        return None

    take.__annotations__["body"] = model
    return take
