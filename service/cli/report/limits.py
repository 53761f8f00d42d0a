"""What the assessment leaves open: candidates not stated, signals not assessed, and how good the data are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType

from service import figures
from service.cli.report.look import Look

Document = Mapping[str, Any]

MOST_ALIKE = 2
DETAIL_TOLD = frozenset({"altitude_jump", "altitude_kind", "distance_differs", "sport_assumed", "value_out_of_range"})
"""Notes whose text says their detail already."""
NO_TIMES = frozenset({"distance_differs", "trailing_bytes"})
"""Notes whose count is none of times: metres, bytes."""
CHANNELS = {
    "time_s": "time",
    "distance_m": "distance",
    "altitude_m": "height",
    "speed_mps": "speed",
    "heart_rate_bpm": "heart rate",
    "cadence_spm": "cadence",
    "temperature_c": "temperature",
    "power_w": "power",
    "lat_deg": "position",
    "lon_deg": "position",
}


def limits_section(assessment: Document, look: Look) -> list[RenderableType]:
    """The three lists, each only where it has something to say."""
    lists = (
        ("Seen, but not stated as a warning", [_suppressed(one, look) for one in assessment.get("suppressed") or ()]),
        ("Not assessed", [_not_assessed(one) for one in assessment.get("not_assessed") or ()]),
        ("Data quality", _quality(assessment.get("data_quality") or ())),
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
    """The suppressed candidates of an assessment bear no unit: those under 1 are shares."""
    return "ratio" if value is not None and abs(value) < 1 else None


def _not_assessed(one: Document) -> str:
    return f"{figures.words(one['signal'])}: {one.get('text') or figures.words(one.get('why'))}"


def _quality(notes: Sequence[Document]) -> list[str]:
    """One line a note, in order; many notes of one kind are one line that counts them."""
    kinds: dict[str, list[Document]] = {}
    for note in notes:
        kinds.setdefault(note["code"], []).append(note)
    return [line for alike in kinds.values() for line in _kind(alike)]


def _kind(notes: Sequence[Document]) -> list[str]:
    if len(notes) <= MOST_ALIKE:
        return [_note(note) for note in notes]
    seconds = [note["seconds"] for note in notes if note.get("seconds")]
    starts = [note["start_s"] for note in notes if note.get("start_s") is not None]
    extras = [
        f"{len(notes)} times",
        f"{figures.clock(sum(seconds))} in all" if seconds else None,
        f"first at {figures.clock(min(starts))}" if starts else None,
    ]
    return [_with_extras(notes[0], extras)]


def _note(note: Document) -> str:
    detail, count, seconds = note.get("detail"), note.get("count"), note.get("seconds")
    said = bool(note.get("text")) and note["code"] in DETAIL_TOLD
    extras = [
        figures.words(CHANNELS.get(detail, detail)) if isinstance(detail, str) and not said else None,
        ("once" if count == 1 else f"{count} times") if count and note["code"] not in NO_TIMES else None,
        f"{figures.clock(seconds)} long" if seconds else None,
        f"at {figures.clock(note['start_s'])}" if note.get("start_s") is not None else None,
    ]
    return _with_extras(note, extras)


def _with_extras(note: Document, extras: Sequence[str | None]) -> str:
    words = str(note.get("text") or figures.words(note["code"])).rstrip(".")
    known = [extra for extra in extras if extra]
    return f"{words} ({', '.join(known)})." if known else f"{words}."
