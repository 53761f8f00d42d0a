"""What is said to a runner who has just reported a cramp, a near one or a stitch. Calm, and never a diagnosis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from service.analysis.advice import panels
from service.analysis.athlete import CRAMPED, CrampReport

NEAR = "near"
URGENT = frozenset({"chest_pain", "fainting"})
"""The signs for which nobody should wait for an appointment."""

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "reported-red_flags": "You ticked a sign that a clinician should look at. Please do not run until it has been "
        "looked at.",
        "reported-after": "Cramps come after runs as well. Ease out of your runs, stretch gently and steadily, and eat "
        "and drink to thirst soon after.",
        "reported-stitch": "A stitch under the ribs is no muscle cramp: slow down and breathe out long. Two to three "
        "hours between a meal and a run keep it away for many, and so may a start that is not quite fasted (grade C).",
    }
)
"""Texts that belong to a report and to no panel."""

REFS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"reported-red_flags": ("A52",), "reported-after": ("A53",), "reported-stitch": ("A29",)}
)


def after_report(answer: str | None, report: CrampReport) -> list[dict[str, Any]]:
    """Text keys with their statements and safety texts, the most urgent first; none where nothing was reported."""
    return [_document(key, safety) for key, safety in _said(answer, report)]


def _said(answer: str | None, report: CrampReport) -> Iterator[tuple[str, tuple[str, ...]]]:
    if report.red_flags:
        urgent = bool(URGENT.intersection(report.red_flags))
        yield "reported-red_flags", ("emergency", "clinician") if urgent else ("clinician",)
    if answer in CRAMPED or answer == NEAR:
        if report.when == "after":
            yield "reported-after", ()
        yield "about-cramp", panels.PANELS["about-cramp"].safety_keys
    if report.stitch:
        yield "reported-stitch", ()


def _document(key: str, safety_keys: tuple[str, ...]) -> dict[str, Any]:
    panel = panels.PANELS.get(key)
    return {
        "text_key": key,
        "params": {},
        "article_refs": list(REFS[key] if panel is None else panel.article_refs),
        "safety_keys": list(safety_keys),
    }
