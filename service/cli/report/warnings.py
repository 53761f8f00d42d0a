"""The warnings, heaviest first: where, how much, against which threshold, how sure, and what would clear it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from service import figures
from service.cli.report.look import LEVEL_STYLES, Look
from service.cli.report.strip import Window
from service.ranking import Numbered, weight

Document = Mapping[str, Any]

COMPARATORS = {">=": "from", ">": "above", "<=": "down from", "<": "below"}
MOST_SEGMENTS = 12


def windows(listed: Sequence[Numbered], questions: Sequence[Document]) -> list[Window]:
    """What the strip chart marks: the stretch of each warning, or of its segments, and the place of each question."""
    found = []
    for one in listed:
        for part in one.segments or (one.warning,):
            found += _window(str(one.number), part)
    for question in questions:
        found += _window("?", question)
    return found


def _window(label: str, part: Document) -> list[Window]:
    start = part.get("start_m")
    if start is None:
        return []
    end = part.get("end_m")
    return [Window(label, start, start if end is None else end)]


def warnings_section(listed: Sequence[Numbered], look: Look) -> RenderableType:
    """Every warning, or one line that says there is none."""
    heading = look.rule(f"Warnings: {len(listed)}" if listed else "Warnings: none")
    if not listed:
        return Group(heading, look.indented("No rule that could look at this run found anything."))
    return Group(heading, *(part for one in listed for part in _warning(one, look)))


def _warning(one: Numbered, look: Look) -> list[RenderableType]:
    warning = one.warning
    parts: list[RenderableType] = [_title(one, look)]
    if warning.get("text"):
        parts.append(look.indented(warning["text"], indent=5))
    parts.append(look.rows(_evidence(warning, look), indent=5))
    parts += [look.indented(words, indent=7) for words in _segment_lines(one.segments, look)]
    return parts


def _title(one: Numbered, look: Look) -> Text:
    warning = one.warning
    severity = warning.get("severity", "")
    points = warning.get("points")
    return Text.assemble(
        look.text(f"{one.number:>3}. "),
        look.text(warning.get("title") or figures.words(warning["code"]), "bold"),
        look.text(": "),
        look.text(figures.words(severity).upper(), LEVEL_STYLES.get(severity, "")),
        look.text(f", {points:+d} points" if points else ", no points"),
    )


def _evidence(warning: Document, look: Look) -> list[tuple[str, str | Text | None]]:
    return [
        ("Where", _where(warning, look)),
        ("How much", _how_much(warning, look)),
        ("How sure", _how_sure(warning)),
        ("Source", _source(warning)),
        ("What if", (warning.get("counterfactual") or {}).get("text")),
    ]


def _where(part: Document, look: Look) -> str | None:
    place = figures.span(part.get("start_m"), part.get("end_m"), look.units)
    when = figures.time_span(part.get("start_s"), part.get("end_s"))
    return ", at ".join(words for words in (place, when) if words) or None


def _how_much(warning: Document, look: Look) -> str | None:
    value = figures.measure(warning.get("value"), warning.get("unit"), look.units)
    if value is None:
        return None
    measure = (warning.get("params") or {}).get("measure")
    value = f"{value} ({figures.words(measure).removesuffix(' per km')})" if measure else value
    limit = figures.measure(warning.get("threshold"), warning.get("unit"), look.units)
    if limit is None:
        return value
    comparator = warning.get("comparator") or ">="
    severity = warning.get("severity")
    band = (warning.get("params") or {}).get("band") or severity
    told = f"{value}; {figures.words(band)} {COMPARATORS.get(comparator, comparator)} {limit} on"
    return told if band == severity else f"{told}, {figures.words(severity)} by what is usual for you"


def _how_sure(warning: Document) -> str:
    """The evidence grade in words, and the confidence in this very measurement."""
    grade = warning.get("evidence_text") or f"Evidence grade {warning.get('evidence_grade') or 'unknown'}."
    return f"{grade} Confidence in this measurement: {figures.words(warning.get('confidence'))}."


def _source(warning: Document) -> str:
    refs = ", ".join(warning.get("article_refs") or ())
    rule = f"rule {warning['code']}, version {warning.get('rule_version')}: docs/rules/{warning['code']}.md"
    return f"the article, statement {refs}; {rule}" if refs else rule


def _segment_lines(segments: Sequence[Document], look: Look) -> list[str]:
    shown = sorted(
        sorted(segments, key=weight, reverse=True)[:MOST_SEGMENTS], key=lambda one: one.get("start_m") or 0.0
    )
    lines = [f"{_where(part, look)}: {part.get('text') or _how_much(part, look)}" for part in shown]
    left = len(segments) - len(shown)
    return [*lines, f"and {left} more, all of them in --json"] if left else lines


def questions_section(questions: Sequence[Document], look: Look) -> RenderableType | None:
    """What the trace cannot tell and only the runner can; None where nothing is asked."""
    if not questions:
        return None
    rows = [(_where(question, look) or "", question.get("text") or "") for question in questions]
    return Group(look.rule("A question to you"), *(look.indented(f"{where}: {words}") for where, words in rows))
