"""The report of one run on a terminal: what a runner reads after `crampwatch analyse`.

Takes the document that the API would answer (an Activity with its rendered assessment) and its streams; knows nothing
of files, rules or databases.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType

from service.cli.report.limits import limits_section
from service.cli.report.look import Look
from service.cli.report.reminders import reminders_section
from service.cli.report.run import headline, on_foot, what_happened
from service.cli.report.score import score
from service.cli.report.strip import strip_chart
from service.cli.report.warnings import questions_section, warnings_section, windows
from service.cli.terminal import harmless_document
from service.ranking import Numbered, numbered

__all__ = ["Look", "report"]


def report(activity: Mapping[str, Any], streams: Mapping[str, Any], *, title: str, look: Look) -> RenderableType:
    """The whole report of the API's Activity with texts, its streams document, and the file's name for a title."""
    document = harmless_document(activity, plain=look.plain)
    assessment = document["assessment"]
    listed = numbered(assessment.get("warnings") or ())
    questions = assessment.get("questions") or ()
    sections = [
        headline(document, title=title, look=look),
        what_happened(document, look),
        _glance(document, streams, listed, look),
        score(assessment, look),
        warnings_section(listed, look) if assessment.get("score") is not None else None,
        questions_section(questions, look),
        reminders_section(document, look),
        *limits_section(assessment, look),
        _foot(assessment, look),
    ]
    return Group(*(part for section in sections if section is not None for part in (section, "")))


def _glance(
    activity: Mapping[str, Any], streams: Mapping[str, Any], listed: list[Numbered], look: Look
) -> RenderableType | None:
    if activity["assessment"].get("status") == "too_short":
        return None
    questions = activity["assessment"].get("questions") or ()
    lines = strip_chart(streams, windows(listed, questions), look, foot=on_foot(activity))
    return Group(look.rule("The run at a glance"), *lines) if lines else None


def _foot(assessment: Mapping[str, Any], look: Look) -> RenderableType:
    receipt = assessment.get("receipt") or {}
    rules = receipt.get("ruleset_version") or assessment.get("ruleset_version")
    stamp = f"Rules {rules}, file {str(receipt.get('input_sha256') or '')[:12]}" if rules else ""
    return Group(look.rule(""), look.indented(assessment.get("disclaimer") or ""), look.indented(stamp, "dim"))
