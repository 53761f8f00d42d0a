"""What a rule is, for whoever asks of a warning where it comes from: the record as a plain document."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from service.analysis.advice.statements import STATEMENTS
from service.analysis.rule import MARKS, Rule, all_rules
from service.analysis.texts import speaker


def rules() -> list[dict[str, Any]]:
    """Every rule in reading order: `code`, `version`, `summary`, `evidence_grade`."""
    return [_head(rule) for rule in all_rules()]


def rule(code: str) -> dict[str, Any] | None:
    """The rule of that code; None where there is none.

    Beside what `rules` tells: `evidence_text`, `paragraphs` (its documentation), `thresholds` (each with `name`,
    `value`, `unit`, `mark_text` and `source`), `points` by severity or minute, `reads` (what it stands on beside the
    file), `no_change` (why no smallest change is told, or None) and `statements` (each with `id`, `grade`, `text`).
    """
    found = next((one for one in all_rules() if one.code == code), None)
    return None if found is None else {**_head(found), **_body(found)}


def _head(one: Rule) -> dict[str, Any]:
    return {
        "code": one.code,
        "version": one.version,
        "summary": one.summary,
        "evidence_grade": one.evidence_grade,
    }


def _body(one: Rule) -> dict[str, Any]:
    return {
        "evidence_text": speaker().say(f"grade-{one.evidence_grade}"),
        "paragraphs": _paragraphs(one),
        "thresholds": [
            {
                "name": name,
                "value": each.value,
                "unit": each.unit,
                "mark_text": MARKS[each.mark],
                "source": each.source,
            }
            for name, each in one.thresholds.items()
        ],
        "points": dict(one.points),
        "reads": sorted(one.reads),
        "no_change": one.no_change,
        "statements": [
            {"id": ref, "grade": STATEMENTS[ref].grade, "text": STATEMENTS[ref].text} for ref in one.article_refs
        ],
    }


def _paragraphs(one: Rule) -> list[str]:
    """The documentation without its line ends and marks; the summary alone where a build has stripped it."""
    written = inspect.getdoc(sys.modules[one.check.__module__]) or one.summary
    return [" ".join(part.split()).replace("`", "") for part in written.split("\n\n")]
