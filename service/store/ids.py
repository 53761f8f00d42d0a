"""Opaque names of stored things: a prefix that says the kind, and a ULID that sorts by time."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Literal

from ulid import ULID

Prefix = Literal["ath", "act", "upl", "asm", "evt", "key", "aud", "rea", "con", "whe", "dlv", "job"]

ID_LENGTH: Final = 30
"""Three letters, an underscore, 26 characters of Crockford's base 32."""

_SHAPE: Final = re.compile(r"[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}")


def new_id(prefix: Prefix, now: datetime) -> str:
    """A fresh id; ids of one process sort in the order they were made, also within one millisecond of `now`.

    >>> from datetime import UTC
    >>> new_id("act", datetime(2026, 10, 4, tzinfo=UTC))[:12]
    'act_01m423bp'
    """
    return f"{prefix}_{str(ULID.from_datetime(now)).lower()}"


def is_id(value: str, prefix: Prefix) -> bool:
    """True where `value` has the shape of an id of this kind; it says nothing of whether the thing exists.

    >>> is_id("act_01m423bp000000000000000000", "act"), is_id("act_../../etc", "act")
    (True, False)
    """
    return value.startswith(f"{prefix}_") and _SHAPE.fullmatch(value) is not None
