"""The warnings of an assessment in order of weight, numbered, with their segments, for report and page alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

SEVERITIES = ("low", "moderate", "high", "very_high")


@dataclass(frozen=True, slots=True)
class Numbered:
    """One warning with its number in the list and the segments that belong to it."""

    number: int
    warning: Document
    segments: tuple[Document, ...] = ()


def weight(warning: Document) -> tuple[int, int]:
    """By what warnings are sorted: severity, then points."""
    severity = warning.get("severity", "")
    return (SEVERITIES.index(severity) if severity in SEVERITIES else -1, warning.get("points") or 0)


def numbered(warnings: Sequence[Document]) -> list[Numbered]:
    """The warnings in order of weight; a segment (one climb) stands under its rule's whole-run warning, if any."""
    whole = sorted((one for one in warnings if not one.get("segment")), key=weight, reverse=True)
    codes = {one["code"] for one in whole}
    orphans = sorted(
        (one for one in warnings if one.get("segment") and one["code"] not in codes), key=weight, reverse=True
    )
    listed = []
    for number, warning in enumerate([*whole, *orphans], start=1):
        own = () if warning.get("segment") else tuple(_segments(warnings, warning["code"]))
        listed.append(Numbered(number, warning, own))
    return listed


def _segments(warnings: Iterable[Document], code: str) -> list[Document]:
    found = [one for one in warnings if one.get("segment") and one["code"] == code]
    return sorted(found, key=lambda one: one.get("start_m") or 0.0)
