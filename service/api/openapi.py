"""The OpenAPI document: what FastAPI cannot know by itself is put in here."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from service.api import permissions
from service.api.permissions import ANYONE
from service.api.problems import MEDIA_TYPE
from service.api.shapes import Problem
from service.api.wire import UploadOptions

Responses = dict[int | str, dict[str, Any]]

_FILE = {"type": "string", "format": "binary"}
_OPTIONS: dict[str, Any] = UploadOptions.model_json_schema()["properties"]

UPLOAD_REQUEST: dict[str, Any] = {
    "parameters": [
        {
            "name": "filename",
            "in": "query",
            "schema": {"type": "string"},
            "description": "Name of the file in a raw body.",
        },
        *({"name": name, "in": "query", "schema": schema} for name, schema in _OPTIONS.items()),
    ],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "array", "items": _FILE}, **_OPTIONS},
                }
            },
            "application/octet-stream": {"schema": _FILE},
        },
    },
}
"""Body and options of an upload, which its handler reads from the stream itself."""


def json_of(status: int, model: type[BaseModel], description: str = "As described") -> Responses:
    """The declaration of a JSON answer."""
    return {status: {"model": model, "description": description}}


def csv_too(responses: Responses) -> Responses:
    """The same answer, also as CSV."""
    return {status: {**spec, "content": {"text/csv": {}}} for status, spec in responses.items()}


def tagged(responses: Responses) -> Responses:
    """The same answers with an entity tag; a GET that has it honours If-None-Match, which `describe` then says."""
    return {status: {**spec, "headers": {"ETag": _ETAG}} for status, spec in responses.items()}


_ETAG = {"schema": {"type": "string"}, "description": "Names this version of it."}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The ETag of what you have; 304 where it is still the same.",
}
_NOT_MODIFIED = {"description": "You have it already", "headers": {"ETag": _ETAG}}

IF_MATCH: dict[str, Any] = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "schema": {"type": "string"},
            "description": "The ETag of what you mean to change; 412 where somebody was faster.",
        }
    ]
}
"""Belongs to every route that asks `answers.expected_revision`."""

NO_CONTENT: Responses = {204: {"description": "Done; nothing is left"}}


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` the contract's document: every error is a Problem, and nothing else."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                webhooks=app.webhooks.routes,
                tags=app.openapi_tags,
            )
            app.openapi_schema = _with_keys(_with_tags(_with_problems(document)))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend the document


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update({name: schema for name, schema in own.pop("$defs", {}).items() if name not in schemas})
    schemas["Problem"] = own
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operations in document.get("webhooks", {}).values():
        for operation in operations.values():
            operation["responses"] = {word: said for word, said in operation["responses"].items() if word != "422"}
    schema = {"$ref": "#/components/schemas/Problem"}
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {
                "description": "A problem (RFC 9457)",
                "content": {MEDIA_TYPE: {"schema": schema}},
            }
    return document


def _with_tags(document: dict[str, Any]) -> dict[str, Any]:
    """The document, in which each GET of something with an entity tag takes If-None-Match and may answer 304."""
    for operations in document["paths"].values():
        responses = operations.get("get", {}).get("responses", {})
        if "ETag" in responses.get("200", {}).get("headers", {}):
            operations["get"].setdefault("parameters", []).append(_IF_NONE_MATCH)
            responses["304"] = _NOT_MODIFIED
    return document


_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "A name for this very call: repeated under it within 24 hours, it is done once and answered alike.",
}
_REPLAYED = {
    "schema": {"type": "string", "const": "true"},
    "description": "There where the answer is the kept one of an earlier call with the same `Idempotency-Key`.",
}


def _with_keys(document: dict[str, Any]) -> dict[str, Any]:
    """The document, in which each POST of somebody known takes an Idempotency-Key, and says which answers repeat."""
    for operations in document["paths"].values():
        if "post" in operations and permissions.roles_of(operations["post"]["operationId"]) != ANYONE:
            operations["post"].setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
            for response in operations["post"]["responses"].values():
                response.setdefault("headers", {})["Idempotent-Replayed"] = _REPLAYED
    return document
