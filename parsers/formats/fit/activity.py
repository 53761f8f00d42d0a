"""The messages of a FIT file assembled to activities: one for each leg of each file of the chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from parsers.activity import Activity, Column, Device, DeviceTotals, Note
from parsers.errors import Corrupt, NotUsable, ParseError
from parsers.format import Limits
from parsers.formats.fit import heart, profile
from parsers.formats.fit.altitude import altitude_kind
from parsers.formats.fit.clock import jumped
from parsers.formats.fit.developer import Developer, developer_fields
from parsers.formats.fit.device import device
from parsers.formats.fit.laps import RawLap, is_workout, laps
from parsers.formats.fit.messages import Messages, read
from parsers.formats.fit.profile import EPOCH_S, RECORD_FIELDS
from parsers.formats.fit.records import fill, record_columns
from parsers.formats.fit.sessions import Leg, legs, sessions
from parsers.formats.fit.timer import Timer, timer
from parsers.tidy import RawSamples, Tidied, both_feet, tidy

SHORTEST_SALVAGE_S = 60.0
"""A damaged file must give a minute, or it is refused with the name of its damage."""
START_LEAD_S = 3600.0
"""A session that says it began so long before its first record is believed only if the timer explains it."""
WHEELS_MPS = 5.5
"""Median speed above which a recording of unknown sport is taken for a ride: 3:02 a kilometre. Chosen by us."""
MOST_MPS = 1e6
"""The mean of two speeds past this would overflow; they are dropped as impossible later."""
_QUARTER_S = 900
_OFFSETS_S = (-12 * 3600, 14 * 3600)
_CLOCK_SLACK_S = 2.0


@dataclass(frozen=True, slots=True)
class _Recording:
    """One file's records and what goes with all of its legs."""

    file: Messages
    times_s: Column
    columns: dict[str, Column]
    provenance: Mapping[str, str]
    timer: Timer
    laps: tuple[RawLap, ...]
    legs: tuple[Leg, ...]
    developer: Developer
    device: Device
    utc_offset_s: int | None
    notes: tuple[Note, ...]


def activities(data: bytes, limits: Limits) -> tuple[Activity, ...]:
    """Every activity of the file, in order, at least one.

    A leg without two usable moments (a transition of a second) is left out where others remain.

    Raises:
        Corrupt: no header, or less than a usable minute in a file that is damaged.
        NotUsable: a sound file without an activity (`not_activity`) or without usable records (`no_usable_points`,
            `no_time`).
        TooManyMessages: over the limits.

    """
    files, links = read(data, limits)
    _refuse_courses(files)
    beats = heart.beats(files)
    found: list[Activity] = []
    refusals: list[NotUsable] = []
    sound = False
    for file in files:
        if profile.RECORD in file:
            made = _of_file(_recording(file, beats), refusals)
            sound = sound or bool(made and file.damage is None)
            found += made
    if not found or not (sound or _longest_s(found) >= SHORTEST_SALVAGE_S):
        raise _nothing(files, refusals, empty=links.empty_files)
    if links.trailing_bytes:
        found[-1] = replace(found[-1], notes=(*found[-1].notes, Note("trailing_bytes", count=links.trailing_bytes)))
    return tuple(replace(activity, part=part) if part else activity for part, activity in enumerate(found))


def _recording(file: Messages, beats: heart.Beats | None) -> _Recording:
    table, stated = file.tables[profile.RECORD], sessions(file)
    columns, provenance = record_columns(table)
    developer = developer_fields(file)
    _add_native(columns, provenance, developer)
    times_s, notes = file.times(profile.RECORD), _file_notes(file)
    clock = jumped(times_s, table.offsets, stated)
    if clock is not None:
        times_s = clock.mended(times_s, table.offsets)
        notes += (Note("time_repaired", count=clock.count(table.offsets), detail="clock_jump"),)
    if beats is not None:
        fill(columns, provenance, "heart_rate_bpm", heart.at(times_s, beats), "hr.filtered_bpm")
    return _Recording(
        file=file,
        times_s=times_s,
        columns=columns,
        provenance=provenance,
        timer=timer(file, clock),
        laps=laps(file),
        legs=legs(file, times_s, stated),
        developer=developer,
        device=device(file),
        utc_offset_s=_utc_offset_s(file),
        notes=notes,
    )


def _of_file(recording: _Recording, refusals: list[NotUsable]) -> list[Activity]:
    """The legs that are usable; why the others are not goes to `refusals`. What is missing is noted on the last one."""
    found = []
    for leg in recording.legs:
        try:
            found.append(_activity(recording, leg))
        except NotUsable as error:
            refusals.append(_few_points() if np.isfinite(recording.times_s).any() else error)
    if found and recording.file.damage == "truncated":
        last = found[-1]
        note = Note("truncated", start_s=float(last.streams.time_s[-1]), detail=_how_truncated(recording.file))
        found[-1] = replace(last, notes=(note, *last.notes))
    return found


def _activity(recording: _Recording, leg: Leg) -> Activity:
    session = leg.session
    columns = {name: column[leg.rows] for name, column in recording.columns.items()}
    if leg is recording.legs[-1]:
        recording.columns.clear()  # so that a long recording is not in memory twice while it is tidied
    if "cadence_spm" in columns:
        columns["cadence_spm"] = _steps(columns, session.sport)
    times_s = recording.times_s[leg.rows]
    own_laps = [lap for lap in recording.laps if leg.since_s <= lap.start_s < leg.until_s]
    totals = _with_laps(session.totals, own_laps) if recording.file.damage != "truncated" else session.totals
    start_s, start_notes = _start(recording, leg, times_s)
    tidied = tidy(
        RawSamples(times_s + EPOCH_S, columns, recording.provenance),
        started_epoch_s=None if start_s is None else start_s + EPOCH_S,
        sport=session.sport,
        distance_total_m=totals.distance_m,
    )
    first_s = tidied.started_epoch_s - EPOCH_S
    last_s = first_s + float(tidied.streams.time_s[-1])
    device_ = recording.device
    kind, kind_by = altitude_kind(tidied.streams, manufacturer=device_.manufacturer, product=device_.product)
    return Activity(
        format="fit",
        started_at=tidied.started_at,
        streams=tidied.streams,
        sport=session.sport,
        sub_sport=session.sub_sport,
        name=session.name,
        utc_offset_s=recording.utc_offset_s,
        device=device_,
        totals=totals,
        laps=tuple(lap.since(first_s) for lap in own_laps if lap.start_s <= last_s),
        pauses=recording.timer.pauses(
            since_s=max(first_s, leg.since_s), until_s=min(last_s + 1.0, leg.until_s), start_s=first_s
        ),
        notes=(*recording.notes, *session.notes, *start_notes, *tidied.notes),
        altitude_kind=kind,
        altitude_kind_by=kind_by,
        record_count=len(times_s),
        workout=is_workout(recording.file, own_laps),
        provenance=tidied.provenance,
        developer=_developer(recording.developer, leg, tidied),
    )


def _with_laps(totals: DeviceTotals, own: list[RawLap]) -> DeviceTotals:
    """The totals with the laps' distances summed up, where the session says nothing of its own."""
    known = [lap.distance_m for lap in own if lap.distance_m is not None]
    return (
        replace(totals, distance_m=sum(known)) if totals.distance_m is None and len(known) == len(own) > 0 else totals
    )


def _steps(columns: Mapping[str, Column], sport: str | None) -> Column:
    """Cadence as steps of both feet where the sport is one of feet or, unknown, not so fast as to be on wheels.

    `generic` says as little as a session that was cut off: both must give the same.
    """
    if sport in {None, "generic"} and "speed_mps" in columns:
        speed = columns["speed_mps"][columns["speed_mps"] > 0]
        if len(speed) and float(np.median(np.minimum(speed, MOST_MPS))) > WHEELS_MPS:
            return columns["cadence_spm"]
    return both_feet(columns["cadence_spm"], None if sport == "generic" else sport)


def _start(recording: _Recording, leg: Leg, times_s: Column) -> tuple[float | None, tuple[Note, ...]]:
    """When the leg began: its session's word unless absurd, else the timer's first start, else None."""
    known = times_s[~np.isnan(times_s)]
    if not len(known):
        return None, ()
    first = float(known[0])
    if leg.session.start_s is not None:
        early = first - leg.session.start_s > START_LEAD_S
        if not early or leg.since_s <= leg.session.start_s < leg.until_s < np.inf:
            return leg.session.start_s, ()
        pauses = recording.timer.pauses(since_s=leg.session.start_s, until_s=first + 1.0, start_s=0.0)
        if pauses and first - pauses[-1].end_s < START_LEAD_S:
            return leg.session.start_s, ()
        return None, (Note("time_repaired", detail="start"),)
    started = recording.timer.first_start()
    return (started if started is not None and 0 <= first - started <= START_LEAD_S else None), ()


def _add_native(columns: dict[str, Column], provenance: dict[str, str], developer: Developer) -> None:
    """Developer fields that stand in for a field of the profile, where the file has no column of its own."""
    for field in RECORD_FIELDS:
        if field.column not in columns and field.number in developer.native:
            columns[field.column] = developer.native[field.number]
            provenance[field.column] = f"developer.{field.name}"


def _developer(developer: Developer, leg: Leg, tidied: Tidied) -> dict[str, tuple[str | None, Column]]:
    kept = tidied.kept_rows if isinstance(leg.rows, slice) else leg.rows[tidied.kept_rows]
    return {name: (units, column[kept]) for name, (units, column) in developer.columns.items()}


def _file_notes(file: Messages) -> tuple[Note, ...]:
    notes = []
    if file.extent.crc_ok is False:
        notes.append(Note("crc_mismatch"))
    if not file.extent.header_crc_ok:
        notes.append(Note("crc_mismatch", detail="header"))
    return tuple(notes)


def _how_truncated(file: Messages) -> str:
    if file.walk.stopped == "undefined_message":
        return "undefined_message"
    return file.extent.truncated or "cut"


def _utc_offset_s(file: Messages) -> int | None:
    """Local minus UTC from the activity message, where it is a quarter of an hour's multiple that some place keeps."""
    local = file.values(profile.ACTIVITY, profile.LOCAL_TIMESTAMP)
    if not local or local[0] is None:
        return None
    told = float(file.times(profile.ACTIVITY)[0])
    if not np.isfinite(told):
        return None
    offset_s = round((local[0] - told) / _QUARTER_S) * _QUARTER_S
    plausible = abs(local[0] - told - offset_s) <= _CLOCK_SLACK_S and _OFFSETS_S[0] <= offset_s <= _OFFSETS_S[1]
    return offset_s if plausible else None


def _longest_s(found: Iterable[Activity]) -> float:
    return max((float(np.ptp(activity.streams.time_s)) for activity in found), default=0.0)


def _refuse_courses(files: tuple[Messages, ...]) -> None:
    """Nothing, or NotUsable for a file that calls itself a course: its records are a plan, their times invented."""
    kinds = {kind for file in files for kind in file.values(profile.FILE_ID, 0) if kind is not None}
    if kinds == {profile.COURSE_FILE}:
        raise NotUsable("not_activity", "The file is a course to follow, not the recording of a run.", format="fit")


_DAMAGES = {
    "corrupt_definition": "The file describes more than it holds.",
    "corrupt_data": "The file has a header, but nothing readable behind it.",
    "truncated": "The file ends before a usable minute was recorded.",
    "crc_mismatch": "The file is damaged and holds no usable minute.",
}


def _nothing(files: tuple[Messages, ...], refusals: list[NotUsable], *, empty: int) -> ParseError:
    """Why no activity came of the files: no activity at all, damage, or records of no use."""
    kinds = [kind for file in files for kind in file.values(profile.FILE_ID, 0) if kind is not None]
    if kinds and profile.ACTIVITY_FILE not in kinds and not any(profile.RECORD in file for file in files):
        return NotUsable("not_activity", "The file comes from a watch, but holds no activity.", format="fit")
    damage = _damage(files, empty=empty)
    if damage is not None:
        return Corrupt(damage, _DAMAGES[damage], format="fit")
    return refusals[0] if refusals else _few_points()


def _damage(files: tuple[Messages, ...], *, empty: int) -> str | None:
    """The code of what is wrong with the files as a whole, the most telling first; None where they are sound."""
    if any(file.walk.stopped == "cut_definition" and file.extent.truncated is None for file in files):
        return "corrupt_definition"
    if not files and empty == 1:
        return "truncated"
    if not any(len(file.walk.offsets) for file in files):
        return "corrupt_data"
    damages = {file.damage for file in files}
    return next((code for code in ("truncated", "crc_mismatch") if code in damages), None)


def _few_points() -> NotUsable:
    return NotUsable("no_usable_points", "The file has no two moments with usable values.", format="fit")
