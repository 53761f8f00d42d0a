"""What must hold for whatever a reader makes of a file: the promises of `parsers.activity`, and the chain behind it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

import numpy as np

from parsers import Activity, ParseError
from parsers.activity import UNITS_PER, Column, as_document
from parsers.reader import guarded
from parsers.tidy import BOUNDS
from service import examine

INT32 = 2**31
WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
MOST_NAME = 200
_NEVER_FALLING = ("time_s", "distance_m")


class Broken(Exception):
    """A promise that was not kept, in a sentence."""


def folded(error: ParseError) -> BaseException | None:
    """The stray exception behind a refusal that `parsers.reader` had to make of it, if it is one of those."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_code is not guarded.__code__ or isinstance(error.__cause__, EOFError):
        return None
    return error.__cause__


def check(found: tuple[Activity, ...]) -> None:
    """Nothing, or Broken for the first promise of `parsers` that the activities break."""
    _expect(len(found) > 0, "no activity and no refusal")
    for part, activity in enumerate(found):
        _expect(activity.part == part, f"part {activity.part} stands in place {part}")
        _check_words(activity)
        _check_streams(activity)
        _check_marks(activity)


def check_chain(activity: Activity) -> None:
    """Nothing, or Broken where the examination is no plain JSON, or is another one from what would be stored."""
    told = {"input_sha256": "", "profile": {"mass_kg": 70.0}, "history": (), "conditions": {}, "program_version": ""}
    examined = examine.examine(activity, **told)  # type: ignore[arg-type]  # the keywords by name
    try:
        json.dumps([examined.activity, examined.assessment, examined.digest, examined.state], allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Broken(f"the examination is no plain JSON: {error}") from error
    again = examine.examine(examine.restore(examined.state, examined.columns), **told)  # type: ignore[arg-type]  # likewise
    _expect(again.assessment == examined.assessment, "the stored streams give another assessment")
    _expect(bool(examine.render(examined.assessment)["headline"]["text"]), "no headline")


def _expect(kept: object, otherwise: str) -> None:
    if not kept:
        raise Broken(otherwise)


def _check_words(activity: Activity) -> None:
    for word in (activity.sport, activity.sub_sport, activity.altitude_kind, activity.altitude_kind_by):
        _expect(word is None or (word and set(word) <= WORD), f"{word!r} is no word")
    for name in (activity.name, activity.device.manufacturer, activity.device.product):
        _expect(name is None or (0 < len(name) <= MOST_NAME and name.isprintable()), f"a name of {name!r:.80}")
    _expect(
        activity.started_at.utcoffset() is not None and not activity.started_at.utcoffset(), "started_at is not UTC"
    )
    _expect(1969 <= activity.started_at.year <= 2100, f"it began in {activity.started_at.year}")
    offset = activity.utc_offset_s
    _expect(offset is None or abs(offset) <= 15 * 3600, f"an offset of {offset} s")


def _check_streams(activity: Activity) -> None:
    streams = activity.streams
    _expect(len(streams) >= 2, f"{len(streams)} rows")
    _expect(activity.record_count >= len(streams), f"{len(streams)} rows of {activity.record_count} records")
    _expect((streams.lat_deg is None) == (streams.lon_deg is None), "half a position")
    names = {name for name, _ in streams.items()}
    _expect(len(names) > 1, "times and nothing else")
    _expect(
        names - {"time_s"} == set(activity.provenance),
        f"sources of {sorted(activity.provenance)}, columns {sorted(names)}",
    )
    _expect(np.isfinite(streams.time_s).all() and streams.time_s[0] >= 0, "time_s is not finite, or negative")
    for name, column in streams.items():
        _check_column(name, column)
    for name, (_, column) in activity.developer.items():
        _expect(
            column.dtype == np.float64 and column.shape == (len(streams),),
            f"developer field {name!r:.40} has another length",
        )


def _check_column(name: str, column: Column) -> None:
    known = column[~np.isnan(column)]
    _expect(len(known) > 0, f"{name} is nothing but missing")
    _expect(np.isfinite(known).all(), f"{name} is infinite")
    _expect(not column.flags.writeable, f"{name} may be written to")
    whole = np.rint(known * UNITS_PER[name])
    _expect((np.abs(whole) < INT32).all(), f"{name} does not fit its stored scale")
    _expect((whole / UNITS_PER[name] == known).all(), f"{name} is not on its stored scale")
    _expect(name not in _NEVER_FALLING or (np.diff(known) >= 0).all(), f"{name} falls")
    if name in BOUNDS:
        low, high = BOUNDS[name]
        _expect(known.min() >= low and known.max() <= high, f"{name} from {known.min()} to {known.max()}")
    elif name == "speed_mps":
        _expect(known.min() >= 0, "speed_mps is negative")


def _check_marks(activity: Activity) -> None:
    for lap in activity.laps:
        _expect(
            math.isfinite(lap.start_s) and lap.end_s >= lap.start_s >= 0, f"a lap from {lap.start_s} to {lap.end_s}"
        )
    for pause in activity.pauses:
        _expect(
            math.isfinite(pause.start_s) and pause.end_s >= pause.start_s,
            f"a pause from {pause.start_s} to {pause.end_s}",
        )
    ends = [pause.end_s for pause in activity.pauses]
    begins = [pause.start_s for pause in activity.pauses]
    _expect(
        all(end <= begin for end, begin in zip(ends, begins[1:], strict=False)), "pauses overlap or are in disorder"
    )
    for told in (activity.totals, *activity.laps, *activity.pauses, *activity.notes):
        _check_numbers(as_document(told).values(), type(told).__name__)
    for told in (activity.totals, *activity.laps):
        for name, value in as_document(told).items():
            _expect(isinstance(value, str) or value >= 0, f"{type(told).__name__}.{name} is {value}")
    for note in activity.notes:
        _expect(note.count is None or note.count > 0, f"the note {note.code} counts {note.count}")
        _expect(note.code and set(note.code) <= WORD, f"a note of {note.code!r}")


def _check_numbers(values: Iterable[object], whose: str) -> None:
    for value in values:
        if isinstance(value, np.generic):
            raise Broken(f"{whose} holds a number of numpy")
        if isinstance(value, float):
            _expect(math.isfinite(value), f"{whose} holds {value}")
