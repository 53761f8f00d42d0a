"""How `analyse` gives its findings: a report each for people, or JSON and nothing else for programs."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from service.cli.intake import Item
from service.cli.report import Look, report
from service.cli.terminal import complain, console, is_plain, remark


def as_reports(found: Iterable[Item], *, units: str, zone: str | None) -> set[str]:
    """A report for each activity on stdout, a sentence on stderr for each file without one; the outcomes there were."""
    paper = console()
    look = Look(width=paper.width, units=units, plain=is_plain(sys.stdout), zone=zone)
    tally: Counter[str] = Counter()
    for item in found:
        tally[item.outcome] += 1
        if item.activity is not None and item.streams is not None:
            paper.print(report(item.activity, item.streams, title=item.name, look=look))
        elif item.outcome == "rejected":
            complain(item.sentence)
        else:
            remark(item.sentence)
    if tally.total() > 1:
        remark(", ".join(f"{count} {outcome}" for outcome, count in tally.items()))
    return set(tally)


def as_json(found: Iterable[Item]) -> set[str]:
    """One document on stdout where there is one item, else a list of them; the outcomes there were."""
    outcomes = set()
    held: str | None = None
    listed = False
    for item in found:
        outcomes.add(item.outcome)
        if held is not None:
            sys.stdout.write(",\n" if listed else "[\n")
            sys.stdout.write(held)
            listed = True
        held = _json(item.document)
    if held is not None:
        sys.stdout.write(f",\n{held}\n]\n" if listed else f"{held}\n")
    return outcomes


def _json(document: Mapping[str, Any]) -> str:
    """The document in ASCII: no byte of it can steer a terminal, and every encoding of stdout can hold it."""
    return json.dumps(document, ensure_ascii=True, allow_nan=False, indent=2).replace("\x7f", "\\u007f")
