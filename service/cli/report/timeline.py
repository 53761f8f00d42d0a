"""The reminders on a time line: one row a reminder, its marks at the minutes of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from service import figures
from service.cli.report.look import Look
from service.cli.report.strip import ruler

GUTTER = 11


def timeline(reminders: Sequence[Mapping[str, Any]], look: Look, *, moving_s: float) -> list[Text]:
    """The marks of the reminders that have some, over an axis of minutes; no lines where none has."""
    marked = [reminder for reminder in reminders if reminder.get("at_min")]
    if not marked:
        return []
    last = max(max(reminder["at_min"]) for reminder in marked)
    minutes = max(moving_s / 60, last)
    cells = look.width - GUTTER - 2
    lines = [_row(reminder, minutes, cells, look) for reminder in marked]
    return [look.text(line) for line in (*lines, f"{'minute':>{GUTTER - 1}} {ruler(minutes, cells)}")]


def _row(reminder: Mapping[str, Any], minutes: float, cells: int, look: Look) -> str:
    row = [look.axis] * (cells + 1)
    for minute in reminder["at_min"]:
        row[min(cells, int(minute / minutes * cells))] = look.mark
    return f"{figures.words(reminder['code']):>{GUTTER - 1}} {''.join(row)}"
