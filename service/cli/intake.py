"""Files named on the command line to examined activities, one item for each activity and each file without any."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from service import examine
from service.api.codes import KINDS
from service.cli.terminal import harmless_name

STDIN = "-"
CHART_CHANNELS = ("time_s", "distance_m", "altitude_m", "speed_mps")

ONLY_STORED = (
    "id",
    "athlete_id",
    "external_id",
    "page",
    "note",
    "cramp_report",
    "cramp_prompt",
    "log",
    "created_at",
    "updated_at",
)
"""Fields of the API's Activity that a run has only once it is stored; null here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say: the athlete, the weather, and how texts are to be."""

    profile: Mapping[str, Any]
    conditions: Mapping[str, Any]
    sport: str | None
    units: str
    language: str
    hide_amounts: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One activity, or one file without any. `outcome` is `assessed`, `skipped` or `rejected`.

    `document` is for programs, `sentence` for people where there is no activity; `activity` and `streams` are what the
    report draws.
    """

    name: str
    outcome: str
    document: Mapping[str, Any]
    sentence: str = ""
    activity: Mapping[str, Any] | None = None
    streams: Mapping[str, Any] | None = None


def items(path: str, asked: Asked) -> Iterator[Item]:
    """Everything in one file; a file that cannot be read is a rejected item, never an exception."""
    name = "stdin" if path == STDIN else Path(path).name
    try:
        with _opened(path) as file:
            for source in examine.sources(file, name=name):
                yield from _of_source(source, asked, archived=source.name != name)
    except OSError as wrong:
        yield _unreadable(name, wrong)


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """The file, or stdin copied to disk first: an archive has to be read from its end."""
    if path != STDIN:
        with Path(path).open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        yield copy


def _of_source(source: examine.Source, asked: Asked, *, archived: bool) -> Iterator[Item]:
    if source.error is not None:
        yield _refused(source, archived=archived)
        return
    for activity in source.activities:
        yield _assessed(source, activity, asked)


def _assessed(source: examine.Source, activity: Any, asked: Asked) -> Item:
    """One activity, examined with what the options say, and after that what its archive says."""
    sport, conditions = examine.told_with(
        source.hint, source.activities, sport=asked.sport, conditions=asked.conditions
    )
    found = examine.examine(
        activity,
        input_sha256=source.sha256,
        profile=asked.profile,
        history=(),
        conditions=conditions,
        sport=sport,
        program_version=version("crampwatch"),
    )
    texts = examine.render(
        found.assessment, language=asked.language, units=asked.units, hide_amounts=asked.hide_amounts
    )
    document = _document(found, texts, source=source, form=activity.format)
    streams = _streams(found.columns)
    title = f"{source.name}, part {activity.part + 1}" if len(source.activities) > 1 else source.name
    return Item(title, "assessed", document, activity=document, streams=streams)


def _streams(columns: examine.Encoded) -> dict[str, Any]:
    """The API's streams document of what the report draws."""
    channels = {name: _numbers(*columns[name]) for name in CHART_CHANNELS if name in columns}
    return {"points": len(columns["time_s"][0]), "channels": channels}


def _numbers(integers: examine.Integers, units_per: float) -> list[float | None]:
    return [None if whole == examine.INT32_MISSING else whole / units_per for whole in integers.tolist()]


def _document(
    found: examine.Examined, texts: Mapping[str, Any], *, source: examine.Source, form: str
) -> dict[str, Any]:
    """The API's Activity, with null for what only a stored one has."""
    origin = {
        "format": form,
        "filename": harmless_name(source.name),
        "part": found.part,
        "sha256": source.sha256,
        "bytes": source.size,
        "via": "command",
        "received_at": None,
    }
    stored = dict.fromkeys(ONLY_STORED)
    named = {"name": source.hint.name} if source.hint is not None and source.hint.name else {}
    return {**stored, **found.activity, **named, "sources": [origin], "assessment": texts}


def _refused(source: examine.Source, *, archived: bool) -> Item:
    from service.ingest import outcome_of  # noqa: PLC0415 - brings the database along, which good files do not need

    wrong = source.error
    assert wrong is not None  # noqa: S101 - the caller looked
    name = harmless_name(source.name)
    kind = KINDS[wrong.code]
    outcome = outcome_of(wrong, name=source.name, archived=archived)
    problem = {
        "type": f"/problems/{wrong.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": wrong.message,
        "code": wrong.code,
        "filename": name,
        "format": wrong.format,
        "offset": wrong.offset,
    }
    document = {"name": name, "part": None, "outcome": outcome, "activity": None, "problem": problem}
    sentence = f"{name}: {outcome} ({wrong.code}). {wrong.message} {kind.do if outcome == 'rejected' else ''}".rstrip()
    return Item(name, outcome, document, sentence)


def _unreadable(name: str, wrong: OSError) -> Item:
    """A file that the operating system does not hand out."""
    shown, why = harmless_name(name), wrong.strerror or "it cannot be read"
    sentence = f"{shown}: rejected (unreadable). {why}."
    problem = {"title": "Unreadable file", "code": "unreadable", "detail": why, "filename": shown}
    document = {"name": shown, "part": None, "outcome": "rejected", "activity": None, "problem": problem}
    return Item(shown, "rejected", document, sentence)
