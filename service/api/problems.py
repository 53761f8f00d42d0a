"""Problems: every answer that is no success, as RFC 9457 documents with a stable code.

`problem` builds the document, `answer` the response, `install` hands FastAPI its handlers. A document never repeats
file content, tokens, positions, class names, paths or SQL: it is made of the table of codes, of messages written for
people, and of field names.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from parsers.errors import ParseError
from service.api.codes import KINDS
from service.errors import ServiceError, Unauthorized

MEDIA_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="crampwatch"'
"""What a 401 asks for (RFC 6750)."""

_RETRY_AFTER_S = 2
_BY_STATUS = {
    400: "bad_request",
    401: "unauthorized",
    403: "not_local",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "unknown_type",
    422: "invalid_field",
    429: "rate_limited",
    431: "headers_too_large",
    503: "unavailable",
    507: "no_space",
}


def problem(code: str, detail: str = "", *, request_id: str | None = None, **more: object) -> dict[str, Any]:
    """The document of a code; `detail` defaults to the table's meaning, and of `more` what is None is left out."""
    kind = KINDS[code]
    document = {
        "type": f"/problems/{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.means,
        "code": code,
    }
    return document | {name: value for name, value in {**more, "request_id": request_id}.items() if value is not None}


def of_file(error: ParseError, *, filename: str | None, request_id: str | None = None) -> dict[str, Any]:
    """The document of a file that was refused: with its name, format and the offset of the trouble, where known."""
    return problem(
        error.code,
        error.message,
        filename=filename or None,
        format=error.format,
        offset=error.offset,
        request_id=request_id,
    )


def of_outcome(fault: Mapping[str, Any] | None, *, request_id: str | None = None) -> dict[str, Any] | None:
    """The document of what is kept of a file that was refused (`ingest.fault_of`); None where there is nothing."""
    if fault is None:
        return None
    named = {name: fault.get(name) or None for name in ("filename", "format")}
    return problem(fault["code"], fault.get("detail", ""), **named, offset=fault.get("offset"), request_id=request_id)


def answer(document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """The response of a document, with the document's own status."""
    return Response(orjson.dumps(document), document["status"], headers, MEDIA_TYPE)


def code_of(status: int) -> str:
    """The code that stands for a bare HTTP status of the framework."""
    return _BY_STATUS.get(status, "internal" if status >= 500 else "bad_request")


def install(app: FastAPI) -> None:
    """Make `app` answer every known failure as a problem; what is left over is `service.api.edge`'s."""
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)


def handler_of(error: Exception) -> Handler | None:
    """What makes an answer of a known failure; None for any other."""
    return next((handler for kind, handler in _HANDLERS.items() if isinstance(error, kind)), None)


async def _parse_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ParseError)  # noqa: S101 - registered for this type alone
    return answer(of_file(error, filename=None, request_id=request_id_of(request)))


async def _service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for this type alone
    document = problem(error.what, error.message, request_id=request_id_of(request))
    headers = {"WWW-Authenticate": CHALLENGE} if isinstance(error, Unauthorized) else {}
    retry_s = error.retry_after_s or (_RETRY_AFTER_S if error.may_retry else None)
    return answer(document, headers | ({"Retry-After": str(retry_s)} if retry_s else {}))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type alone
    return answer(invalid(error.errors(), request_id=request_id_of(request)))


def invalid(errors: Sequence[Any], *, request_id: str | None = None) -> dict[str, Any]:
    """The document of validation errors as pydantic lists them: which field and why, never the value that came."""
    if any(error["type"] == "json_invalid" for error in errors):
        return problem("bad_json", request_id=request_id)
    fields = [{"field": _field(error["loc"]), "message": _message(error)} for error in errors[:20]]
    detail = "; ".join(f"{field['field']}: {field['message']}" for field in fields[:3])
    return problem("invalid_field", detail, errors=fields, request_id=request_id)


def bad_field(field: str, message: str) -> RequestValidationError:
    """The refusal of a field that only a handler can judge, in the form in which the models refuse theirs."""
    return RequestValidationError([{"type": "value_error", "loc": (field,), "msg": message}])


def _field(loc: Sequence[object]) -> str:
    """`["body", "conditions", "sun"]` as `conditions.sun`; at most 64 plain letters, for a caller may make names up."""
    inner = [str(step) for step in loc if step not in ("body", "query", "path", "header")] or [str(loc[0])]
    plain = ".".join("".join(letter for letter in step if letter.isalnum() or letter in "_-") for step in inner)
    return plain[:64] or "body"


def _message(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "is no parameter of this address" if error["loc"][0] == "query" else "is no field of this request"
    return str(error["msg"]).removeprefix("Value error, ")


async def _of_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type alone
    code = "bad_json" if error.status_code == 400 and _is_json(request) else code_of(error.status_code)
    return answer(problem(code, request_id=request_id_of(request)), error.headers)


def _is_json(request: Request) -> bool:
    """FastAPI answers a body that breaks the JSON reader (depth, digits, bytes) with a bare 400."""
    return "json" in request.headers.get("content-type", "")


async def _gone(request: Request, _error: Exception) -> Response:
    """Nobody is listening any more; the answer only ends the request."""
    return answer(problem("request_timeout", request_id=request_id_of(request)))


Handler = Callable[[Request, Exception], Awaitable[Response]]

_HANDLERS: Mapping[type[Exception], Handler] = {
    ParseError: _parse_error,
    ServiceError: _service_error,
    RequestValidationError: _invalid,
    HTTPException: _of_framework,
    ClientDisconnect: _gone,
}


def request_id_of(request: Request) -> str | None:
    """The id that `service.api.edge` gave the request; None outside it."""
    found = request.scope.get("crampwatch.request_id")
    return found if isinstance(found, str) else None
