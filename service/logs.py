"""Logs: one line an event, made of fields from an allow-list and of nothing else.

A field that is not on the list is dropped, whoever logs it: no coordinates, heart rates, names, tokens or file names
can get into a log by accident. Of an exception only its class and the places in the source are kept, never its
message, which may quote a file. Libraries that log through the standard library come out in the same form.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "request_id",
        "method",
        "route",
        "status",
        "duration_ms",
        "code",
        "error",
        "where",
        "logger",
        "format",
        "outcome",
        "errand",
        "count",
        "bytes",
        "seconds",
        "host",
        "port",
        "version",
        "signal",
    }
)
_NOISY = ("uvicorn.access", "sqlalchemy", "alembic", "dbos", "httpx", "httpcore")
"""Libraries whose lines below a warning quote addresses, and with them ids, names or tokens."""

Event = MutableMapping[str, Any]


def configure(*, level: str, style: str, stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's events to `stream` (default stderr), as `console` or `json` lines."""
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *_shared()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(style)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _shared() -> list[Any]:
    return [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        places_only,
        allowed_only,
        printable_only,
    ]


def _renderer(style: str) -> Any:
    if style == "json":
        return structlog.processors.JSONRenderer(sort_keys=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)


def places_only(_logger: object, _method: str, event: Event) -> Event:
    """Turn exception information into `error` (the class) and `where` (file:line of the innermost frames)."""
    told = event.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else told
    if error is True:
        error = sys.exception()
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-5:]
        event["error"] = type(error).__name__
        event["where"] = [f"{_short(frame.filename)}:{frame.lineno}" for frame in frames]
    return event


def _short(path: str) -> str:
    """The last three steps of a source path: enough to find the file, not where this machine keeps it."""
    return "/".join(path.split("/")[-3:])


def allowed_only(_logger: object, _method: str, event: Event) -> Event:
    """Keep the fields of ALLOWED (and the formatter's own, which begin with an underscore)."""
    return {name: value for name, value in event.items() if name in ALLOWED or name.startswith("_")}


def printable_only(_logger: object, _method: str, event: Event) -> Event:
    """Escape control characters in texts, so that one event stays one line."""
    return {name: _escaped(value) if isinstance(value, str) else value for name, value in event.items()}


def _escaped(text: str) -> str:
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
