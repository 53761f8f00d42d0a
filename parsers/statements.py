"""How much a device or a service can state of a whole activity or of a lap and be believed.

Chosen by us, wider than any athlete and narrower than what a text can hold: `1e308` is a number, too.
"""

from __future__ import annotations

from typing import Final

MOST_DISTANCE_M: Final = 20_000_000.0
"""As far as a column may go: half the earth's girth."""
MOST_TIME_S: Final = 10 * 86_400.0
"""The longest races take six days."""
MOST_ASCENT_M: Final = 200_000.0
MOST_HEART_RATE_BPM: Final = 240.0


def believed(value: float | None, most: float) -> float | None:
    """The value where it can be one, else None.

    >>> believed(12.5, MOST_DISTANCE_M), believed(1e308, MOST_DISTANCE_M), believed(float("nan"), 1.0)
    (12.5, None, None)
    """
    return value if value is not None and 0 <= value <= most else None
