"""What strangers write, read without trust: JSON of any shape goes in, the expected kind or None comes out."""

from __future__ import annotations

import hmac
import math
from datetime import UTC, datetime
from typing import Any

import orjson

from service.sync.failures import Rejected

LONGEST_ID = 200
LONGEST_TEXT = 200


def document(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is. Raises Rejected with 400."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as wrong:
        raise Rejected(400, "The body is no JSON.") from wrong
    if not isinstance(found, dict):
        raise Rejected(400, "The body is no JSON object.")
    return found


def entries(value: object) -> list[dict[str, Any]]:
    """The objects of a list; whatever else is in it, or is no list, is nothing."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def inner(value: object) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def text_id(value: object) -> str | None:
    r"""An id as text, whether it came as number or string; None for what is no id.

    >>> [text_id(v) for v in (418173315956375553, "a-1", True, 1.5, "", ["a"], "a\x00")]
    ['418173315956375553', 'a-1', None, None, None, None, None]
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable():
        return value
    return None


def words(value: object) -> str | None:
    """A short text without control characters, or None."""
    if not isinstance(value, str):
        return None
    clean = "".join(letter for letter in value if letter.isprintable()).strip()
    return clean[:LONGEST_TEXT] or None


def same(given: object, expected: str | None) -> bool:
    """Whether a secret that somebody gave is ours. Whatever is no text, and whatever we do not know, is not.

    Compared as bytes: `compare_digest` raises TypeError for a text with other letters than ASCII.
    """
    if not isinstance(given, str) or not expected:
        return False
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def same_as_any(given: object, expected: tuple[str, ...]) -> bool:
    """Whether a secret is one of ours; all are compared, whichever fits."""
    return bool(sum(same(given, each) for each in expected))


def moment_of_seconds(value: object) -> datetime | None:
    """The moment of a number of seconds since 1970, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def moment_of_text(value: object) -> datetime | None:
    """The moment of an ISO 8601 text with a zone (one without is taken for UTC), or None."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def number(value: object) -> float | None:
    """A finite number, also one that came as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def hint(**told: object) -> dict[str, Any]:
    """What was told, without what was not."""
    return {name: value for name, value in told.items() if value is not None}
