"""What an assessment found, laid out for a page: warnings with their windows, and reminders with their minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service import figures
from service.ranking import Numbered, numbered

Document = Mapping[str, Any]

SEGMENTS = {"hilly-climb_text": "climb", "hilly-descent_text": "descent"}
"""The texts of warnings that are about one stretch of several, and what kind of stretch it is."""

_HEART_UNUSED = frozenset({"cadence_lock", "heart_rate_flat", "heart_rate_coverage"})

_FEW = 3

PHASES = ("pre", "during", "post")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the run that charts shade, under the fragment that links to it; `part` has its ends."""

    fragment: str
    label: str
    title: str
    severity: str
    part: Document
    is_whole: bool

    @property
    def kind(self) -> str | None:
        """`climb` or `descent` for a stretch of a hilly run; None for anything else."""
        return SEGMENTS.get(self.part["text_key"])


@dataclass(frozen=True, slots=True)
class Found:
    """One warning as it is shown, with its windows: its own, or those of its segments."""

    number: int
    warning: Document
    windows: tuple[Window, ...]

    @property
    def fragment(self) -> str:
        """Where it is in the page; a link to its first window leads into the charts."""
        return f"why-{self.windows[0].fragment}"

    @property
    def has_many(self) -> bool:
        """Whether there are too many windows to name each wherever the warning is told."""
        return len(self.windows) > _FEW


def found(warnings: Sequence[Document], *, distance_m: float | None) -> list[Found]:
    """The warnings, the weightiest first. The first window of a code bears its name, each further one a number too."""
    taken: dict[str, int] = {}
    return [Found(one.number, one.warning, tuple(_windows(one, taken, distance_m))) for one in numbered(warnings)]


def _windows(one: Numbered, taken: dict[str, int], distance_m: float | None) -> Iterable[Window]:
    for part in one.segments or (one.warning,):
        code = part["code"]
        taken[code] = taken.get(code, 0) + 1
        fragment = code if taken[code] == 1 else f"{code}-{taken[code]}"
        yield Window(fragment, str(one.number), part["title"], part["severity"], part, _is_whole(part, distance_m))


def _is_whole(part: Document, distance_m: float | None) -> bool:
    """True where the stretch is the run but for a hundredth; a warning without a stretch is one of the whole run."""
    start_m, end_m = part["start_m"], part["end_m"]
    if start_m is None or end_m is None:
        return start_m is None and part["start_s"] is None
    return distance_m is not None and end_m - start_m >= 0.99 * distance_m


def asked(questions: Sequence[Document]) -> list[Window]:
    """The place of each question to the runner."""
    return [
        Window(f"question-{at}", "?", one["text"], "question", one, is_whole=False)
        for at, one in enumerate(questions, start=1)
    ]


@dataclass(frozen=True, slots=True)
class Mark:
    """A minute of the next similar run, and what belongs there: code and amount of each reminder that has one."""

    minute: float
    things: tuple[tuple[str, Document], ...]


def marks(reminders: Iterable[Document]) -> list[Mark]:
    """The minutes at which reminders ask for an amount, in order; what is said without one is said in words alone."""
    by_minute: dict[float, list[tuple[str, Document]]] = {}
    for one in reminders:
        for minute in (one["at_min"] or ()) if one["per_mark"] is not None else ():
            by_minute.setdefault(minute, []).append((one["code"], one["per_mark"]))
    return [Mark(minute, tuple(things)) for minute, things in sorted(by_minute.items())]


def phases(reminders: Sequence[Document], *, primary: bool) -> list[tuple[str, list[Document]]]:
    """The first five reminders, or the rest, under before, during and after; phases without one are left out."""
    own = [one for one in reminders if bool(one["primary"]) is primary]
    return [(phase, listed) for phase in PHASES if (listed := [one for one in own if one["phase"] == phase])]


def safety(reminders: Iterable[Document]) -> list[str]:
    """Every safety sentence of the reminders once, in order."""
    return list(dict.fromkeys(words for one in reminders for words in one["safety_texts"]))


def quality(notes: Sequence[Document]) -> list[tuple[str, str | None]]:
    """Each kind of note once: its sentence, and how often and how long."""
    kinds: dict[str, list[Document]] = {}
    for note in notes:
        kinds.setdefault(note["text"], []).append(note)
    return [(text, _extent(alike)) for text, alike in kinds.items()]


def covered_m(notes: Iterable[Document], distance_m: float | None) -> float | None:
    """The metres that the samples cover, where the run's distance is one that the device states and another; else None.

    >>> covered_m([{"code": "distance_differs", "count": 704, "detail": "more"}], 5729.0)
    5025.0
    """
    signs = {"more": -1, "less": 1}
    for note in notes:
        if note["code"] == "distance_differs" and note["detail"] in signs and distance_m is not None:
            return distance_m + float(signs[note["detail"]] * note["count"])
    return None


def heart_unused(notes: Iterable[Document]) -> str | None:
    """The code of the note that tells why no rule read the heart rate; None where they did, or there is none."""
    return next((note["code"] for note in notes if note["code"] in _HEART_UNUSED), None)


def _extent(alike: Sequence[Document]) -> str | None:
    seconds = sum(note.get("seconds") or 0 for note in alike)
    starts = [note["start_s"] for note in alike if note.get("start_s") is not None]
    told = [
        f"{len(alike)} ×" if len(alike) > 1 else None,
        figures.clock(seconds) if seconds else None,
        f"{figures.clock(min(starts))}" if starts and not seconds else None,
    ]
    return ", ".join(one for one in told if one) or None
