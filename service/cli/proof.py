"""Assessments proved: documents with the watch files they were made from, and activities of the local store.

A document finds its watch file by the hash in its receipt. Without that file only the receipt itself can be looked at.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from service import examine, figures
from service.cli.report import Look
from service.cli.terminal import complain, console, harmless_name, is_plain

REJECTED, DIFFERS = "rejected", "differs"
VERDICTS = {
    "holds": "holds",
    "in_part": "holds as far as it could be looked at",
    DIFFERS: "DIFFERS",
    REJECTED: "cannot be verified",
}
WHY = {
    "profile": "the athlete's profile",
    "history": "the earlier runs",
    "conditions": "the weather",
    "log": "the run's log",
    "sport": "the sport that was told",
    "rules": "the rules, which are others by now",
}
SHOWN = {"same": "same", DIFFERS: "DIFFERS", "not_comparable": "not comparable"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the options say of the athlete, the weather and the sport."""

    profile: Mapping[str, Any]
    conditions: Mapping[str, Any]
    sport: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """One assessment out of a document, and the activity around it where there is one."""

    name: str
    assessment: Mapping[str, Any]
    activity: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one assessment; `document` is for programs, `sentence` says why there is nothing to find."""

    name: str
    verdict: str
    document: Mapping[str, Any]
    sentence: str = ""


def of_files(paths: Iterable[Path], told: Told) -> list[Found]:
    """One finding for each assessment in the documents, and one for each file that is of no use."""
    claims: list[Claim] = []
    sources: list[examine.Source] = []
    found: list[Found] = []
    for path in paths:
        data, name = path.read_bytes(), harmless_name(path.name)
        if data.lstrip()[:1] in (b"{", b"["):
            listed = list(_claims(name, data))
            claims += listed
            found += [] if listed else [_useless(name, "there is no assessment in it")]
            continue
        with path.open("rb") as file:
            read = list(examine.sources(file, name=name))
        sources += [source for source in read if source.error is None]
        found += [_useless(source.name, source.error.message) for source in read if source.error is not None]
    if sources and not claims:
        found.append(_useless(harmless_name(sources[0].name), "no document was given that tells an assessment of it"))
    return [*found, *(_proved(claim, sources, told) for claim in claims)]


def _useless(name: str, why: str) -> Found:
    return Found(name, REJECTED, {"name": name, "verdict": None, "detail": why}, why)


def _claims(name: str, data: bytes) -> Iterator[Claim]:
    """Every assessment in a JSON document: bare, in an activity, in a list, a page or an upload."""
    try:
        document = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return
    listed = list(_within(document))
    for number, (assessment, activity) in enumerate(listed, start=1):
        yield Claim(f"{name}, number {number}" if len(listed) > 1 else name, assessment, activity)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _within(document: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    if isinstance(document, list):
        for one in document:
            yield from _within(one)
    elif isinstance(document, Mapping):
        if examine.readable(document):
            yield document, {}
        elif examine.readable(document.get("assessment")):
            yield document["assessment"], document
        else:
            yield from _within(document.get("items") or document.get("activity"))


def _proved(claim: Claim, sources: Sequence[examine.Source], told: Told) -> Found:
    named = claim.assessment["receipt"].get("input_sha256")
    fitting = [source for source in sources if source.sha256 == named]
    if not fitting and len(sources) == 1:
        fitting = list(sources)
    tried = [result for source in fitting for result in _tries(claim, source, told)]
    result = _best(tried) if tried else examine.on_its_own(claim.assessment)
    return Found(claim.name, result["verdict"], {"name": claim.name, **result})


def _best(tried: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The try that the document was made by: with its sport, else any; the part that fits, else the first."""
    likely = [one for one in tried if "sport" not in one["because"]] or tried
    return next((one for one in likely if one["verdict"] != DIFFERS), likely[0])


def _tries(claim: Claim, source: examine.Source, told: Told) -> Iterator[dict[str, Any]]:
    """The claim held against each activity that it may be of; a document says neither its part nor who told a sport."""
    around = claim.activity
    parts = [one.get("part") for one in around.get("sources") or () if isinstance(one, Mapping)]
    sports = [told.sport] if told.sport or not around.get("sport") else [None, str(around["sport"])]
    for activity in source.activities:
        for sport in sports if not parts or activity.part in parts else ():
            yield examine.verify(
                claim.assessment,
                activity,
                profile=told.profile,
                history=(),
                conditions=_conditions(around, told),
                log=_log(around),
                sport=sport,
                input_sha256=source.sha256,
                stored_summary=around.get("summary"),
            )


def _conditions(activity: Mapping[str, Any], told: Told) -> Mapping[str, Any]:
    """The weather that was told now, else the one that the document says was given."""
    if any(value is not None for value in told.conditions.values()):
        return told.conditions
    there = activity.get("conditions")
    if not isinstance(there, Mapping) or there.get("source") != "given":
        return {}
    return {name: there[name] for name in told.conditions if isinstance(there.get(name), int | float)}


def _log(activity: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The run's log, where the document has one."""
    log = activity.get("log")
    return log if isinstance(log, Mapping) else None


def of_store(ids: Iterable[str]) -> list[Found]:
    """What is found of activities in the store that the settings name, which is only read.

    Raises NotFound for an id that is not there, Unavailable where there is no store.
    """
    from service import ingest, settings  # noqa: PLC0415 - documents need no database
    from service.errors import Unavailable  # noqa: PLC0415 - likewise
    from service.store import activities, migrate  # noqa: PLC0415 - likewise
    from service.store.blobs import Blobs  # noqa: PLC0415 - likewise
    from service.store.engine import make_engine, read  # noqa: PLC0415 - likewise
    from service.store.scope import Scope  # noqa: PLC0415 - likewise

    chosen = settings.load()
    engine, blobs = make_engine(chosen.database_url), Blobs(chosen.blob_url)
    try:
        if not migrate.is_current(engine):
            raise Unavailable(
                "there is no store of this version where the settings say; `crampwatch migrate` makes one"
            )
        with read(engine) as db:
            rows = [activities.get(db, one, scope=Scope.everyone()) for one in ids]
            results = [(row.id, ingest.verify(db, blobs, row)) for row in rows]
    finally:
        engine.dispose()
    return [Found(name, result["verdict"], {"name": name, **result}) for name, result in results]


# --- what is printed ----------------------------------------------------------------------------------------------


def show(found: Sequence[Found], *, as_json: bool) -> int:
    """Print it; 1 where anything differs or was of no use, else 0."""
    if as_json:
        documents = [one.document for one in found]
        sys.stdout.write(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2) + "\n")
    else:
        for one in found:
            _print(one)
    return 1 if {DIFFERS, REJECTED} & {one.verdict for one in found} else 0


def _print(found: Found) -> None:
    if found.verdict == REJECTED:
        complain(f"{found.name}: {VERDICTS[REJECTED]}: {found.sentence}.")
        return
    paper = console()
    look = Look(width=paper.width, plain=is_plain(paper.file))
    style = "bold red" if found.verdict == DIFFERS else "bold green"
    paper.print(look.text(f"{found.name}: {VERDICTS[found.verdict]}", style), soft_wrap=True)
    for line in _remarks(found.document):
        paper.print(look.indented(line))
    if found.document["numbers"]:
        paper.print(_table(found.document["numbers"], look))
    for one in found.document["differences"]:
        paper.print(look.indented(f"{one['at']}: stored {_plain(one['stored'])}, now {_plain(one['now'])}"))


def _remarks(document: Mapping[str, Any]) -> Iterator[str]:
    receipt, versions = document["receipt"], document["ruleset_version"]
    yield "Receipt: " + ("fits the document." if receipt["result"] else "the document is not the one that was hashed.")
    if receipt["input"] is None:
        yield "File: none at hand with the hash that the receipt names, so no number was worked out again."
    else:
        yield "File: " + (
            "the one that the receipt names." if receipt["input"] else "not the one that the receipt names."
        )
    if document["because"]:
        known = ", ".join(WHY[part] for part in document["because"])
        yield f"Not comparable is what stands on things known otherwise here: {known}."
    if versions["now"] not in (None, versions["stored"]):
        yield f"Made by the rules {versions['stored']}, looked at by {versions['now']}."


def _table(numbers: Iterable[Mapping[str, Any]], look: Look) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, side in (("number", "left"), ("where", "left"), ("stored", "right"), ("now", "right"), ("", "left")):
        table.add_column(title, justify="right" if side == "right" else "left")
    for one in numbers:
        cells = (
            figures.words(one["number"]),
            figures.span(one["start_m"], one["end_m"], look.units) or "",
            _plain(one["stored"]),
            _plain(one["now"]),
            SHOWN[one["outcome"]],
        )
        table.add_row(*(look.text(cell) for cell in cells))
    return table


def _plain(value: object) -> str:
    return "nothing" if value is None else json.dumps(value) if isinstance(value, str | dict | list) else str(value)
