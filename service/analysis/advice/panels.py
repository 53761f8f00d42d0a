"""Panels: short background texts that belong to no single run, for a page that explains, or for an answered cramp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Panel:
    """One background text, with the statements it carries and the safety texts that go with it."""

    text: str
    article_refs: tuple[str, ...]
    safety_keys: tuple[str, ...] = ()


PANELS: Mapping[str, Panel] = MappingProxyType(
    {
        "about-causes": Panel(
            "Why do muscles cramp? Tired muscle, cramps in the past and a pace above the usual are best supported. "
            "Lost "
            "fluid and minerals are named most often, but runners with and without cramps hardly differ in them. So "
            "drink "
            "to thirst, eat enough, and give muscles time to recover.",
            ("A01", "A02", "A04", "A73"),
        ),
        "about-cramp": Panel(
            "A cramp is feedback, not a failure. Look at how the run was paced, what you ate and drank, and how "
            "rested you "
            "were. It can come some hours after a run as well.",
            ("A06", "A53"),
            ("cramps", "clinician"),
        ),
        "about-habits": Panel(
            "A few minutes more of warming up, a drink carried on long runs, a short log of what you drank and ate: "
            "small "
            "habits are what runners report to have helped them (grade D).",
            ("A18", "A26", "A27", "A72"),
        ),
    }
)
