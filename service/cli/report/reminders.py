"""The reminders: before, during and after a run like this one, with a time line, amounts as estimates, and safety."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType

from service import figures
from service.cli.report.look import Look
from service.cli.report.timeline import timeline

Document = Mapping[str, Any]

PHASES = (("pre", "Before"), ("during", "During"), ("post", "After"))


def reminders_section(activity: Document, look: Look) -> RenderableType | None:
    """The section; None where nothing is reminded of."""
    reminders: Sequence[Document] = activity["assessment"].get("reminders") or ()
    if not reminders:
        return None
    moving_s = activity["summary"].get("moving_s") or 0.0
    parts: list[RenderableType] = [look.rule("For the next run like this one")]
    for phase, title in PHASES:
        own = [one for one in reminders if one.get("phase") == phase]
        if own:
            parts.append(look.text(f"  {title}", "bold"))
            parts += timeline(own, look, moving_s=moving_s) if phase == "during" else []
            parts += [_bullet(one, look) for one in _by_weight(own)]
    known = {phase for phase, _ in PHASES}
    parts += [_bullet(one, look) for one in reminders if one.get("phase") not in known]
    parts += [look.indented(words, "bold") for words in safety_lines(reminders)]
    return Group(*parts)


def _by_weight(reminders: Iterable[Document]) -> list[Document]:
    return sorted(reminders, key=lambda one: not one.get("primary"))


def _bullet(reminder: Document, look: Look) -> RenderableType:
    """The reminder's words, starred where it is one of the most relevant."""
    words = reminder.get("text") or figures.words(reminder["code"])
    return look.bullet("*" if reminder.get("primary") else "-", f"{words} {_amounts(reminder)}".rstrip(), indent=4)


def _amounts(reminder: Document) -> str:
    """The numbers of a reminder whose text does not name them; its parameters it names, in whatever unit."""
    amount, text = reminder.get("amount"), reminder.get("text") or ""
    if not amount or figures.half_up(amount["max"]) in text:
        return ""
    if text and amount["max"] in (reminder.get("params") or {}).values():
        return ""
    return f"[estimate: {_range(amount)}{_marks(reminder)}]"


def _marks(reminder: Document) -> str:
    per, minutes = reminder.get("per_mark"), reminder.get("at_min") or ()
    if not per or not minutes:
        return ""
    return f"; {_range(per)} at minute {', '.join(figures.half_up(minute) for minute in minutes)}"


def _range(amount: Document) -> str:
    low, high = (None if amount.get(name) is None else figures.half_up(amount[name]) for name in ("min", "max"))
    numbers = "–".join(dict.fromkeys(number for number in (low, high) if number is not None))
    return f"{numbers} {amount.get('unit') or ''}".rstrip()


def safety_lines(reminders: Iterable[Document]) -> list[str]:
    """Every safety sentence of the reminders once, in order."""
    return list(dict.fromkeys(words for one in reminders for words in one.get("safety_texts") or ()))
