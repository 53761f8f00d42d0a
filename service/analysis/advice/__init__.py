"""Advice: reminders with amounts and minute marks, standing advice, and the catalogue of the article's statements.

`reminders` answers for one run, `standing` for the athlete, `conceal` takes every amount out, `take_back` those whose
basis is gone. Modules with reminders are found by folder scan: a new one touches no other file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from service.analysis.advice import panels, reported, safety, standing, statements
from service.analysis.advice.reminder import DROPPED, KEPT, WEIGHED, Advice, Reminder, Situation, Weeks

PRIMARY_AT_MOST = 5
RELEVANCE_FOR_A_REASON = 20
"""A reminder that this run gave a reason for goes before those that always hold: chosen by us, because it is news."""


@cache
def all_advice() -> tuple[Advice[Situation], ...]:
    """Every reminder for a run, by relevance. Raises RuntimeError at start for a code that is there twice."""
    found: dict[str, Advice[Situation]] = {}
    for info in pkgutil.iter_modules(__path__):
        for advice in getattr(importlib.import_module(f"{__name__}.{info.name}"), "ADVICE", ()):
            if advice.code in found:
                raise RuntimeError(f"the reminder {advice.code!r} is there twice")
            found[advice.code] = advice
    return tuple(sorted(found.values(), key=lambda advice: (-advice.relevance, advice.code)))


def all_texts() -> Iterable[Mapping[str, str]]:
    """The messages of every reminder, panel, statement and safety text, by key, in English."""
    yield from (advice.texts for advice in all_advice())
    yield from (advice.texts for advice in standing.STANDING)
    yield safety.TEXTS
    yield reported.TEXTS
    yield {key: panel.text for key, panel in panels.PANELS.items()}
    yield {f"statement-{key}": statement.text for key, statement in statements.STATEMENTS.items()}


def reminders(situation: Situation) -> list[dict[str, Any]]:
    """The reminders of one run as plain documents of the API's shape, without texts, the most relevant first.

    At most five are `primary`.
    """
    answered = [
        (advice, got)
        for advice in all_advice()
        if situation.facts.family in advice.families and (got := advice.check(situation)) is not None
    ]
    answered.sort(key=lambda pair: -_weight(*pair))
    return [_document(advice, got, primary=place < PRIMARY_AT_MOST) for place, (advice, got) in enumerate(answered)]


def standing_reminders(weeks: Weeks) -> list[dict[str, Any]]:
    """What the athlete's days, weeks and months ask for at this moment: plain documents, the most relevant first."""
    answered = [(advice, got) for advice in standing.STANDING if (got := advice.check(weeks)) is not None]
    answered.sort(key=lambda pair: -_weight(*pair))
    made = [_document(advice, got, primary=place < PRIMARY_AT_MOST) for place, (advice, got) in enumerate(answered)]
    return _concealed(made) if weeks.profile.amounts_hidden(weeks.at.year) else made


def conceal(document: Mapping[str, Any]) -> dict[str, Any]:
    """The assessment without an amount of fluid, sodium or carbohydrate, and without a text that urges minerals."""
    return {**document, "reminders": _concealed(document["reminders"])}


def take_back(document: Mapping[str, Any]) -> dict[str, Any]:
    """The assessment without the amounts that stood on a body mass or a sweat rate which the profile no longer has.

    Their reminders say what they say where neither is known. What stands on the run's own log stays, and so does what
    stands on weighings, which are the logs'.
    """
    replaced = {advice.code: advice.unfounded for advice in all_advice()}
    return {
        **document,
        "reminders": [_founded(reminder, replaced[reminder["code"]]) for reminder in document["reminders"]],
    }


def _founded(reminder: Mapping[str, Any], text_key: str | None) -> dict[str, Any]:
    params = reminder["params"]
    if text_key is None or reminder["amount"] is None or params.get("by") == WEIGHED:
        return dict(reminder)
    kept = {"family": params.get("family", "run"), "every": params.get("every", 0)}
    return {**_without_amounts(reminder, text_key), "params": kept}


def _concealed(made: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    everything: tuple[Advice[Any], ...] = (*all_advice(), *standing.STANDING)
    policies = {advice.code: advice.hidden for advice in everything}
    return [
        dict(reminder) if policies[reminder["code"]] == KEPT else _without_amounts(reminder, policies[reminder["code"]])
        for reminder in made
        if policies[reminder["code"]] != DROPPED
    ]


def _without_amounts(reminder: Mapping[str, Any], text_key: str) -> dict[str, Any]:
    return {**reminder, "amount": None, "per_mark": None, "at_min": [], "text_key": text_key, "params": {}}


def _weight(advice: Advice[Any], reminder: Reminder) -> int:
    return advice.relevance + (RELEVANCE_FOR_A_REASON if reminder.reason_codes else 0)


def _document(advice: Advice[Any], reminder: Reminder, *, primary: bool) -> dict[str, Any]:
    return {
        "code": advice.code,
        "phase": advice.phase,
        "basis": advice.basis,
        "primary": primary,
        "amount": None if reminder.amount is None else asdict(reminder.amount),
        "at_min": list(reminder.at_min),
        "per_mark": None if reminder.per_mark is None else asdict(reminder.per_mark),
        "reason_codes": list(reminder.reason_codes),
        "article_refs": list(advice.article_refs),
        "safety_keys": list(reminder.safety_keys),
        "text_key": reminder.text,
        "params": dict(reminder.params),
    }
