"""Response headers that every answer bears, errors and refusals below the framework included."""

from __future__ import annotations

from starlette.types import Message

SECURITY: dict[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"content-security-policy": b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"geolocation=(), camera=(), microphone=()",
    b"cache-control": b"no-store",
}
"""A route that needs another policy (a page with a style, a download) sets its own header, which is then kept."""


def complete(message: Message, *, request_id: str) -> Message:
    """The `http.response.start` message with every header of SECURITY that it lacks, and the request's id."""
    given = list(message.get("headers", ()))
    present = {name.lower() for name, _ in given}
    added = [(name, value) for name, value in SECURITY.items() if name not in present]
    return {**message, "headers": [*given, *added, (b"x-request-id", request_id.encode("ascii"))]}
