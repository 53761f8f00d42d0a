"""Answers: plain documents as JSON or CSV, with entity tags. No model stands between a document and the wire.

`ETag` is `"<revision>-<hash of the body>"`. `If-None-Match` compares the whole, `If-Match` the revision, which counts
the changes that a person can make: an assessment that was renewed meanwhile does not stand in the way of an edit.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from service.errors import Conflict

JSON = "application/json"
CSV = "text/csv; charset=utf-8"
_TAG = re.compile(r'"(\d{1,18})-[0-9a-f]{32}"')
_FORMULA = (*("=", "+", "-", "@", "\t", "\r", "\n"), *("\uff1d", "\uff0b", "\uff0d", "\uff20"))
"""What a cell begins with that some spreadsheet may run, by OWASP's list; the last four are the full-width signs."""


def document(content: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; NaN cannot get out (orjson writes null)."""
    return Response(orjson.dumps(content), status, headers, JSON)


class ShownOnce(Response):
    """A JSON answer with a secret in it. What is kept for repetition has null in its place."""

    def __init__(
        self, content: Mapping[str, Any], *, field: str, headers: Mapping[str, str], status: int = 201
    ) -> None:
        super().__init__(orjson.dumps(content), status, headers, JSON)
        self.kept_body = orjson.dumps({**content, field: None})


def listed(items: Iterable[object], next_cursor: str | None) -> Response:
    """A page of a list."""
    return document({"items": list(items), "next_cursor": next_cursor})


def stored(request: Request, content: object, *, revision: int, status: int = 200, **headers: str) -> Response:
    """A stored thing as JSON with its entity tag, or 304 where the caller has it already."""
    return tagged(request, orjson.dumps(content), revision=revision, media_type=JSON, status=status, **headers)


def tagged(
    request: Request, body: bytes, *, revision: int, media_type: str, status: int = 200, **headers: str
) -> Response:
    """A body with its entity tag, or 304 where `If-None-Match` names it; `headers` with `_` for `-`."""
    tag = tag_of(body, revision=revision)
    named = {name.replace("_", "-").title(): value for name, value in headers.items()} | {"ETag": tag}
    if status == 200 and unchanged(request, tag):
        return Response(None, 304, named)
    return Response(body, status, named, media_type)


def tag_of(body: bytes, *, revision: int) -> str:
    """The entity tag of a body."""
    return f'"{revision}-{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def unchanged(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` of a reading request names `tag`."""
    told = request.headers.get("if-none-match")
    if told is None or request.method not in ("GET", "HEAD"):
        return False
    return told.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in told.split(",")]


def expected_revision(request: Request) -> int | None:
    """The revision that `If-Match` demands; None where it demands none.

    Raises Conflict (`precondition_failed`) for a tag that was never given out.
    """
    told = request.headers.get("if-match")
    if told is None or told.strip() == "*":
        return None
    found = _TAG.fullmatch(told.strip())
    if found is None:
        raise Conflict("If-Match names no version of this; get it again and repeat.", code="precondition_failed")
    return int(found[1])


def wants_csv(request: Request) -> bool:
    """Whether the caller asks for CSV rather than JSON."""
    accepted = request.headers.get("accept", "").lower()
    return "text/csv" in accepted and JSON not in accepted


def as_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows under a line of names (RFC 4180); a text that a spreadsheet would run as a formula gets an apostrophe."""
    return csv_lines([names]) + csv_lines(rows)


def csv_lines(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows alone, for a table that is made a piece at a time."""
    out = io.StringIO()
    csv.writer(out).writerows([[_cell(value) for value in row] for row in rows])
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
