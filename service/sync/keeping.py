"""What of a call is kept to be played again: the body and a few headers, without anything that opens a door.

A kept call tells its events again (`Provider.events`), but proves nothing: signatures and secrets are gone, and so are
the one-time tokens in addresses of files. It still holds personal data, and goes with the athlete.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from service.sync.provider import Inbound

REMOVED = "removed"
KEPT_HEADERS = frozenset(
    {
        "content-type",
        "content-length",
        "user-agent",
        "polar-webhook-event",
        "webhook-id",
        "webhook-timestamp",
        "svix-id",
        "svix-timestamp",
    }
)
SECRET_NAME = re.compile(r"secret|token|password|signature|authorization|api_?key|file_base64|hub\.", re.IGNORECASE)
SECRET_PARAMETER = re.compile(r"(?<=[?&])((?!id=)[^=&#]+)=[^&#\"]*")
DEEPEST = 32


def kept(inbound: Inbound) -> Inbound:
    """The call as it may be stored. A body that is neither JSON nor a known form is not stored at all."""
    return replace(
        inbound,
        path_secret="",
        body=_body(inbound),
        query=(),
        headers=tuple((name, value) for name, value in inbound.headers if name in KEPT_HEADERS),
    )


def _body(inbound: Inbound) -> bytes:
    try:
        return orjson.dumps(without_secrets(orjson.loads(inbound.body)))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return b""


def without_secrets(value: Any, *, depth: int = 0) -> Any:
    """The document, with each value under a telling name, and each parameter of an address, replaced by one word."""
    if depth > DEEPEST:
        return REMOVED
    if isinstance(value, Mapping):
        return {
            key: REMOVED if SECRET_NAME.search(str(key)) else without_secrets(inside, depth=depth + 1)
            for key, inside in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(inside, depth=depth + 1) for inside in value]
    if isinstance(value, str) and "://" in value:
        return SECRET_PARAMETER.sub(rf"\1={REMOVED}", value)
    return value
