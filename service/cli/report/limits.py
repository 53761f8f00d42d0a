"""What the assessment leaves open: candidates not stated, signals not assessed, and how good the data are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType

from service.cli.report import figures
from service.cli.report.look import Look

Document = Mapping[str, Any]


def limits_section(assessment: Document, look: Look) -> list[RenderableType]:
    """The three lists, each only where it has something to say."""
    lists = (
        ("Seen, but not stated as a warning", [_suppressed(one, look) for one in assessment.get("suppressed") or ()]),
        ("Not assessed", [_not_assessed(one) for one in assessment.get("not_assessed") or ()]),
        ("Data quality", _quality(assessment.get("data_quality") or (), look)),
    )
    return [_list(title, lines, look) for title, lines in lists if lines]


def _list(title: str, lines: Sequence[str], look: Look) -> RenderableType:
    return Group(look.rule(title), *(look.bullet("-", line) for line in lines))


def _suppressed(one: Document, look: Look) -> str:
    if one.get("text"):
        return str(one["text"])
    value = figures.measure(one.get("value"), one.get("unit") or _guessed_unit(one.get("value")), look.units)
    because = figures.words(one.get("suppressed_by"))
    return f"{figures.words(one['code'])}{f' ({value})' if value else ''}: left out, because {because}"


def _guessed_unit(value: float | None) -> str | None:
    """The suppressed candidates of api.md bear no unit: those under 1 are shares."""
    return "ratio" if value is not None and abs(value) < 1 else None


def _not_assessed(one: Document) -> str:
    return f"{figures.words(one['signal'])}: {one.get('text') or figures.words(one.get('why'))}"


def _quality(notes: Sequence[Document], look: Look) -> list[str]:
    """One line a note; notes of one kind without a text of their own are counted."""
    del look
    told = [_note(note) for note in notes]
    return [words if times == 1 else f"{words} ({times} times)" for words, times in Counter(told).items()]


def _note(note: Document) -> str:
    words = str(note.get("text") or figures.words(note["code"])).rstrip(".")
    detail, count, seconds = note.get("detail"), note.get("count"), note.get("seconds")
    extras = [
        figures.words(detail) if isinstance(detail, str) else None,
        f"{count} times" if count else None,
        f"{figures.clock(seconds)} long" if seconds else None,
        f"at {figures.clock(note['start_s'])}" if note.get("start_s") is not None else None,
    ]
    known = [extra for extra in extras if extra]
    return f"{words} ({', '.join(known)})." if known else f"{words}."
