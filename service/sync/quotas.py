"""When a provider's own headers say that calls are allowed again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

QUARTER_S = 900
NEARLY = 0.95
"""So much of a quota is used before a provider refuses: the rest is for those who wait for an answer."""
PAIRS = (("x-ratelimit-limit", "x-ratelimit-usage"), ("x-readratelimit-limit", "x-readratelimit-usage"))


def quarters(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to the next quarter of an hour, or to midnight UTC where the day's quota is spent.

    Headers as Strava and intervals.icu write them: "per quarter,per day".
    """
    if any(_spent_for_today(headers, *pair) for pair in PAIRS):
        tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (tomorrow - now).total_seconds() + 1
    return QUARTER_S - now.timestamp() % QUARTER_S + 1


def reset_seconds(headers: Mapping[str, str], now: datetime) -> float | None:  # noqa: ARG001 - one signature for all
    """What `RateLimit-Reset` states in seconds, or None. Of several windows the longest that is stated."""
    found = [part for part in headers.get("ratelimit-reset", "").replace(" ", "").split(",") if part.isdigit()]
    return max((float(part[:9]) for part in found), default=None)


def nearly_spent(headers: Mapping[str, str]) -> bool:
    """Whether an answer says that the quota is as good as used up, of whatever window, in either way of saying it.

    >>> nearly_spent({"x-ratelimit-limit": "200,2000", "x-ratelimit-usage": "190,800"})
    True
    >>> nearly_spent({"ratelimit-limit": "520, 5100", "ratelimit-remaining": "300, 4000"})
    False
    """
    used = [
        (usage, limit)
        for pair in PAIRS
        for limit, usage in zip(*(_numbers(headers, name) for name in pair), strict=False)
    ]
    left = zip(_numbers(headers, "ratelimit-limit"), _numbers(headers, "ratelimit-remaining"), strict=False)
    used += [(limit - remaining, limit) for limit, remaining in left]
    return any(limit > 0 and usage >= NEARLY * limit for usage, limit in used)


def _numbers(headers: Mapping[str, str], name: str) -> list[int]:
    words = [part.strip() for part in headers.get(name, "").split(",")]
    return [int(word[:12]) for word in words] if all(word.isascii() and word.isdigit() for word in words) else []


def _spent_for_today(headers: Mapping[str, str], limit: str, usage: str) -> bool:
    most, used = _of_the_day(headers.get(limit)), _of_the_day(headers.get(usage))
    return most is not None and used is not None and used >= most


def _of_the_day(value: str | None) -> int | None:
    word = (value or "").partition(",")[2].strip()
    return int(word[:12]) if word.isascii() and word.isdigit() else None
