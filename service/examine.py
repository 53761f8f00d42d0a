"""The pure half of the hall: a file, a profile, a history and conditions in; plain documents in the API's shape out.

Upload, webhook, command line and worker all call this. Nothing here knows of HTTP, a database or a clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

import parsers
from parsers import Activity, Hint, Limits, Member, ParseError
from parsers.activity import UNITS_PER, Column, Device, DeviceTotals, Lap, Note, Pause, Streams, as_document
from service.analysis import advice, cramps, signals, summary, texts
from service.analysis.advice.reminder import Weeks
from service.analysis.assess import Assessment, assess, ruleset_version
from service.analysis.athlete import Conditions, History, Profile
from service.analysis.facts import Facts
from service.analysis.given import conditions_of, history_of, log_of, profile_of, report_of
from service.analysis.outing import overlapping, together
from service.analysis.rulebook import rule, rules
from service.analysis.sports import family_of
from service.analysis.texts import Speaker
from service.analysis.verify import compare, on_its_own, readable, receipt_holds

__all__ = [
    "DERIVED_UNITS_PER",
    "INT32_MISSING",
    "Examined",
    "Speaker",
    "after_report",
    "climbs",
    "compare",
    "conditions_of",
    "cramp_positions",
    "examine",
    "family_of",
    "history_of",
    "laps",
    "log_of",
    "on_its_own",
    "overlapping",
    "profile_of",
    "read",
    "readable",
    "receipt_holds",
    "render",
    "render_headline",
    "restore",
    "rule",
    "rules",
    "ruleset_version",
    "splits",
    "sport_named",
    "standing_advice",
    "together",
    "told_with",
    "verify",
    "zones",
]

_KNOWN_SPORTS = ", ".join(sorted(parsers.SPORTS))

Integers = NDArray[np.int32]
Encoded = dict[str, tuple[Integers, float]]

INT32_MISSING = -(2**31)
ON_DISK = Limits(archive_bytes=2**63)
DERIVED_UNITS_PER: Mapping[str, float] = MappingProxyType({"grade": 10_000.0, "gap_mps": 1_000.0})


@dataclass(frozen=True, slots=True)
class Examined:
    """All that is to be kept of one activity, in plain values.

    `activity` has the fields of the API's Activity that come from the file; `assessment` carries text keys and
    parameters, no texts (see `render`); `digest` is what later assessments may read of this run. `columns` holds
    every stream, grade and grade-adjusted speed as (int32 column, integers per unit), INT32_MISSING where missing;
    `state` is the rest of the Activity, so that `restore(state, columns)` gives the same Activity back.
    """

    part: int
    activity: dict[str, Any]
    assessment: dict[str, Any]
    digest: dict[str, Any]
    columns: Encoded
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """One file out of its wrappings, read: with activities, or with the error that says why there are none.

    `sha256` and `size` are of the bytes without gzip: empty and None beside an error. `hint` is what its archive says.
    """

    name: str
    activities: tuple[Activity, ...] = ()
    error: ParseError | None = None
    sha256: str = ""
    size: int | None = None
    hint: Hint | None = None


def sources(file: BinaryIO, *, name: str, limits: Limits | None = None) -> Iterator[Source]:
    """Every file in what was opened, itself or the members of an archive, one after the other; never a ParseError.

    For who has files but no store; `service.ingest` reads the same steps one by one. Without `limits` an archive may be
    of any size: it lies on a disk already.
    """
    bounds = limits or ON_DISK
    try:
        for member in parsers.members(file, name=name, limits=bounds):
            yield _source(member, bounds)
    except ParseError as error:
        yield Source(name, error=error)


def _source(member: Member, limits: Limits) -> Source:
    if isinstance(member.data, ParseError):
        return Source(member.name, error=member.data)
    try:
        plain = parsers.unwrap(member.data, limits=limits)
        activities = read(plain, name=member.name, limits=limits)
    except ParseError as error:
        return Source(member.name, error=error)
    return Source(member.name, activities, sha256=hashlib.sha256(plain).hexdigest(), size=len(plain), hint=member.hint)


def told_with(
    hint: Hint | None, found: Sequence[Activity], *, sport: str | None, conditions: Mapping[str, Any]
) -> tuple[str | None, dict[str, Any]]:
    """Sport and conditions for the activities of one file: a person's word, or else what the archive says of the file.

    An archive knows one sport of a file, so it says nothing of a file with several.
    """
    weather = {name: value for name, value in conditions.items() if value is not None}
    if hint is None:
        return sport, weather
    if not weather and hint.conditions():
        weather = {**hint.conditions(), "source": "archive"}
    said = hint.sport_over(found[0].sport, found[0].sub_sport) if len(found) == 1 else ()
    return sport or "/".join(filter(None, said)) or None, weather


def read(data: bytes, *, name: str = "", limits: Limits | None = None) -> tuple[Activity, ...]:
    """Every activity of one file, gzipped or plain, in file order. Raises ParseError and nothing else."""
    return parsers.parse(data, name=name, limits=limits or Limits())


def examine(
    activity: Activity,
    *,
    input_sha256: str,
    profile: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    conditions: Mapping[str, Any],
    log: Mapping[str, Any] | None = None,
    sport: str | None = None,
    program_version: str,
) -> Examined:
    """One activity examined: facts for the page, an assessment, a digest, and the columns to store.

    `profile`, `conditions` and `log`, what the athlete wrote down of this run, name their fields as the API does
    (others are ignored); `history` holds the digests of the earlier runs, oldest first, each with `cramp`,
    `cramp_report` and `log` where the athlete told them (`given.history_of`). `sport` overrides the file's, as
    `sport_named` gives it.
    """
    assessment = assess(
        activity,
        profile=profile_of(profile),
        history=history_of(history),
        conditions=conditions_of(conditions),
        log=log_of(log),
        sport=sport,
        input_sha256=input_sha256,
        program_version=program_version,
    )
    return Examined(
        part=activity.part,
        activity=_activity_document(activity, assessment),
        assessment=dict(assessment.document),
        digest=dict(assessment.digest),
        columns=_encode(activity.streams, assessment.columns),
        state=_state(activity),
    )


def render(
    assessment: Mapping[str, Any],
    *,
    language: str = "en",
    units: str = "metric",
    hide_amounts: bool = False,
    without_basis: bool = False,
) -> dict[str, Any]:
    """The assessment with its texts, in `language` (English where there is no translation) and `units`.

    `hide_amounts` takes every amount of fluid, sodium and carbohydrate out, also of an assessment made before it was
    set; `without_basis` those that stood on a mass or sweat rate that is no longer known.
    """
    return texts.render(
        assessment, language=language, units=units, hide_amounts=hide_amounts, without_basis=without_basis
    )


def render_headline(
    assessment: Mapping[str, Any], *, language: str = "en", units: str = "metric", hide_amounts: bool = False
) -> str:
    """The headline alone, at most 140 characters: for lists, which need no more."""
    return texts.headline(assessment, language=language, units=units, hide_amounts=hide_amounts)


def splits(activity: Activity, *, unit: str = "km") -> list[dict[str, Any]]:
    """One row a kilometre (`km`) or mile (`mi`), the last one shorter."""
    return summary.split_rows(_facts(activity), unit=unit)


def laps(activity: Activity) -> list[dict[str, Any]]:
    """One row a lap of the device."""
    return summary.lap_rows(_facts(activity))


def climbs(activity: Activity) -> list[dict[str, Any]]:
    """One row a climb or descent, in order of distance."""
    return summary.climb_rows(_facts(activity))


def zones(
    activity: Activity, *, profile: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Minutes in each heart rate zone; no rows where the resting or maximal heart rate is unknown."""
    facts = signals.gather(activity, profile=profile_of(profile), history=history_of(history), conditions=Conditions())
    return summary.zone_rows(facts)


def verify(
    assessment: Mapping[str, Any],
    activity: Activity,
    *,
    profile: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    conditions: Mapping[str, Any],
    log: Mapping[str, Any] | None = None,
    sport: str | None = None,
    input_sha256: str | None = None,
    stored_summary: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Every field of a stored assessment worked out again from the activity, beside what was stored, and the receipt.

    `input_sha256` is the hash of the original as it lies there, `stored_summary` the totals kept with it, where these
    are to be proved too. For the result see `service.analysis.verify.compare`; it names what is not known now as it
    was when the assessment was made.
    """
    again = assess(
        activity,
        profile=profile_of(profile),
        history=history_of(history),
        conditions=conditions_of(conditions),
        log=log_of(log),
        sport=sport,
    )
    summaries = (None, None) if stored_summary is None else (stored_summary, summary.summary(again.facts))
    return compare(assessment, again.document, input_sha256=input_sha256, summaries=summaries)


def standing_advice(
    *,
    profile: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    at: datetime,
    language: str = "en",
    units: str = "metric",
) -> list[dict[str, Any]]:
    """The athlete's daily, weekly and monthly reminders that hold at the moment `at`, with their texts."""
    weeks = Weeks(profile_of(profile), history_of(history), at)
    return texts.render_reminders(advice.standing_reminders(weeks), language=language, units=units)


def after_report(report: Mapping[str, Any], *, language: str = "en", units: str = "metric") -> list[dict[str, Any]]:
    """What is said to a runner who made this cramp report: texts with their safety texts, the most urgent first.

    It names no amount and urges no mineral, so it is for everybody; nothing is said where nothing was reported.
    """
    return texts.after_report(report.get("answer"), report_of(report), language=language, units=units)


def cramp_positions(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How many reported cramps came in each kilometre, or ten minutes where only those were told; as the API has it."""
    return [dict(row) for row in cramps.positions(history_of(history).runs)]


def _facts(activity: Activity) -> Facts:
    return signals.gather(activity, profile=Profile(), history=History(), conditions=Conditions())


def sport_named(word: str) -> str:
    """The sport that anybody's word for it means, as `examine` takes it: FIT's, with the sub-sport after a `/`.

    Raises ValueError, in words for the caller, for a word that is not known: a typing error must not cost a run its
    score.

    >>> sport_named("Run"), sport_named("trail running"), sport_named("TrailRun")
    ('running', 'running/trail', 'running/trail')
    """
    sport, sub_sport = parsers.sport_of(word)
    if sport is None:
        raise ValueError(f"is no sport that is known here, nor a usual name of one; known are {_KNOWN_SPORTS}")
    return sport if sub_sport is None else f"{sport}/{sub_sport}"


def restore(state: Mapping[str, Any], columns: Encoded) -> Activity:
    """The Activity that `examine` was given, from what it handed out: the same streams to the bit.

    Developer fields are not part of it: they stay in the original file.
    """
    streams = {name: _decoded(*columns[name]) for name in UNITS_PER if name in columns}
    plain = {
        name: state[name]
        for name in (
            "format",
            "part",
            "sport",
            "sub_sport",
            "name",
            "utc_offset_s",
            "altitude_kind",
            "altitude_kind_by",
            "record_count",
            "workout",
            "provenance",
        )
    }
    return Activity(
        started_at=datetime.fromisoformat(state["started_at"]),
        streams=Streams(**streams),
        device=Device(**state["device"]),
        totals=DeviceTotals(**state["totals"]),
        laps=tuple(Lap(**lap) for lap in state["laps"]),
        pauses=tuple(Pause(**pause) for pause in state["pauses"]),
        notes=tuple(Note(**note) for note in state["notes"]),
        **plain,
    )


def _state(activity: Activity) -> dict[str, Any]:
    return {
        "format": activity.format,
        "part": activity.part,
        "sport": activity.sport,
        "sub_sport": activity.sub_sport,
        "name": activity.name,
        "started_at": activity.started_at.astimezone(UTC).isoformat(),
        "utc_offset_s": activity.utc_offset_s,
        "device": as_document(activity.device),
        "totals": as_document(activity.totals),
        "laps": [as_document(lap) for lap in activity.laps],
        "pauses": [as_document(pause) for pause in activity.pauses],
        "notes": [as_document(note) for note in activity.notes],
        "altitude_kind": activity.altitude_kind,
        "altitude_kind_by": activity.altitude_kind_by,
        "record_count": activity.record_count,
        "workout": activity.workout,
        "provenance": dict(activity.provenance),
    }


def _encode(streams: Streams, derived: Mapping[str, Column]) -> Encoded:
    encoded = {name: (_integers(column, UNITS_PER[name]), UNITS_PER[name]) for name, column in streams.items()}
    return encoded | {
        name: (_integers(column, DERIVED_UNITS_PER[name]), DERIVED_UNITS_PER[name]) for name, column in derived.items()
    }


def _integers(column: Column, units_per: float) -> Integers:
    missing = ~np.isfinite(column)
    whole = np.rint(np.where(missing, 0.0, column) * units_per)
    return np.where(missing, INT32_MISSING, whole).astype(np.int32)


def _decoded(integers: Integers, units_per: float) -> Column:
    column = integers / units_per
    column[integers == INT32_MISSING] = np.nan
    return column


def _activity_document(activity: Activity, assessment: Assessment) -> dict[str, Any]:
    facts = assessment.facts
    return {
        "name": activity.name,
        "sport": facts.sport,
        "sub_sport": facts.sub_sport,
        "started_at": assessment.digest["started_at"],
        "utc_offset_s": activity.utc_offset_s,
        "device": {"manufacturer": activity.device.manufacturer, "product": activity.device.product},
        "format": activity.format,
        "record_count": activity.record_count,
        "summary": summary.summary(facts),
        "conditions": summary.conditions(facts),
    }
