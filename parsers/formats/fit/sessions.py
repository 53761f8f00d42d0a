"""Sessions as the watch states them, and which records belong to which: records bear no session number.

A multisport file has a session for each leg; its records are cut by the sessions' starts. Sessions lie: about their
length (27 days), about which of two durations is which, and a watch whose clock jumped lies about its records.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Column, DeviceTotals, Note
from parsers.errors import TooManyMessages
from parsers.formats.fit import profile
from parsers.formats.fit.columns import TIMESTAMP
from parsers.formats.fit.messages import Messages
from parsers.formats.fit.profile import name_of
from parsers.statements import MOST_ASCENT_M, MOST_DISTANCE_M, MOST_HEART_RATE_BPM, believed

_START, _SPORT, _SUB_SPORT, _ELAPSED, _TIMER, _DISTANCE = 2, 5, 6, 7, 8, 9
_HEART_AVG, _HEART_MAX, _ASCENT, _DESCENT, _PROFILE_NAME = 16, 17, 22, 23, 110
MOST_SESSIONS = 256
"""Real files hold at most 19 (a swimrun)."""
DAY_S = 86_400.0
LONGEST_S = 10 * DAY_S
SWAP_SLACK_S = 5.0
STAMP_SLACK_S = 1.5


@dataclass(frozen=True, slots=True)
class Session:
    """A session message; times in seconds as the file counts them, `offset` the byte at which it stands.

    `end_s` is the start and the longer of the two durations that the session states, absurd or not; its own timestamp
    where that is the same to a second.
    """

    start_s: float | None
    sport: str | None
    sub_sport: str | None
    name: str | None
    totals: DeviceTotals
    end_s: float | None = None
    offset: int = -1
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Leg:
    """The records (rows) of one activity, its session, and the time span [since_s, until_s) that is its own."""

    rows: NDArray[np.intp] | slice
    session: Session
    since_s: float = -np.inf
    until_s: float = np.inf


def sessions(file: Messages) -> tuple[Session, ...]:
    """The sessions of a file by their start, those without one last."""
    if file.count(profile.SESSION) > MOST_SESSIONS:
        raise TooManyMessages("too_many_messages", "The file holds more sessions than any watch writes.", format="fit")
    rows = zip(
        file.values(profile.SESSION, _START),
        file.values(profile.SESSION, _SPORT),
        file.values(profile.SESSION, _SUB_SPORT),
        file.texts(profile.SESSION, _PROFILE_NAME),
        file.values(profile.SESSION, TIMESTAMP),
        _totals(file),
        file.tables[profile.SESSION].offsets.tolist() if profile.SESSION in file else [],
        strict=True,
    )
    found = [
        _session(
            start,
            words=(name_of("sport", sport), name_of("sub_sport", sub)),
            name=name,
            stamp=stamp,
            totals=totals,
            offset=at,
        )
        for start, sport, sub, name, stamp, totals, at in rows
    ]
    return tuple(sorted(found, key=lambda session: (session.start_s is None, session.start_s or 0.0)))


def legs(file: Messages, times_s: Column, known: tuple[Session, ...]) -> tuple[Leg, ...]:
    """The records cut into activities: one for each session that has records, or a single one.

    Records between two sessions stay with the earlier. In a file cut short, the records after the last session that
    was written are a leg of their own, as its session message is among what is missing.
    """
    timed = [session for session in known if session.start_s is not None]
    tail = _tail(file, times_s, timed) if timed and file.damage == "truncated" else None
    if tail is not None:
        timed.append(tail)
    if len(timed) < 2:
        return (Leg(slice(None), (timed or list(known) or [_without_session(file, None)])[0]),)
    starts = np.array([session.start_s for session in timed])
    owner = np.maximum(np.searchsorted(starts, times_s, side="right") - 1, 0)
    bounds = [-np.inf, *starts[1:].tolist(), np.inf]
    cut = (Leg(np.flatnonzero(owner == i), session, bounds[i], bounds[i + 1]) for i, session in enumerate(timed))
    return tuple(leg for leg in cut if len(leg.rows))  # type: ignore[arg-type]  # an array here, never a slice


def _tail(file: Messages, times_s: Column, timed: list[Session]) -> Session | None:
    """A session for the records that were written after the last session message and run on past its end."""
    last = max(timed, key=lambda session: session.offset)
    end = max((session.end_s or -np.inf for session in timed), default=-np.inf)
    later = (file.tables[profile.RECORD].offsets > last.offset) & (times_s >= end)
    later &= times_s < end + LONGEST_S
    if not np.isfinite(end) or np.count_nonzero(later) < 2:
        return None
    return _without_session(file, end)


def _without_session(file: Messages, start_s: float | None) -> Session:
    """What is known of an activity whose session message is not there: its sport, perhaps, from a `sport` message."""
    sports, subs = file.values(profile.SPORT, 0), file.values(profile.SPORT, 1)
    at = -1 if start_s is not None else 0
    sport, sub = (name_of("sport", sports[at]), name_of("sub_sport", subs[at])) if sports else (None, None)
    return Session(start_s, sport, sub, None, DeviceTotals())


def _session(
    start_s: float | None,
    *,
    words: tuple[str | None, str | None],
    name: str | None,
    stamp: float | None,
    totals: DeviceTotals,
    offset: int,
) -> Session:
    mended, notes = _mended(totals)
    stated_s = max((value for value in (totals.elapsed_s, totals.timer_s) if value is not None), default=None)
    end_s = None if start_s is None or stated_s is None else start_s + stated_s
    if end_s is not None and stamp is not None and abs(stamp - end_s) < STAMP_SLACK_S:
        end_s = stamp  # the whole second at which the next leg begins
    return Session(start_s, *words, name, mended, end_s=end_s, offset=offset, notes=notes)


def _totals(file: Messages) -> list[DeviceTotals]:
    columns = zip(
        file.values(profile.SESSION, _DISTANCE, scale=100.0),
        file.values(profile.SESSION, _TIMER, scale=1000.0),
        file.values(profile.SESSION, _ELAPSED, scale=1000.0),
        file.values(profile.SESSION, _ASCENT),
        file.values(profile.SESSION, _DESCENT),
        file.values(profile.SESSION, _HEART_AVG),
        file.values(profile.SESSION, _HEART_MAX),
        strict=True,
    )
    return [
        DeviceTotals(
            believed(distance, MOST_DISTANCE_M),
            timer,
            elapsed,
            believed(ascent, MOST_ASCENT_M),
            believed(descent, MOST_ASCENT_M),
            believed(average, MOST_HEART_RATE_BPM) or None,
            believed(most, MOST_HEART_RATE_BPM) or None,
        )
        for distance, timer, elapsed, ascent, descent, average, most in columns
    ]


def _mended(totals: DeviceTotals) -> tuple[DeviceTotals, tuple[Note, ...]]:
    """Totals with timer and elapsed time put right: swapped where the timer ran longer than the clock; none absurd."""
    timer, elapsed = totals.timer_s, totals.elapsed_s
    notes: list[Note] = []
    if timer is not None and elapsed is not None and timer > elapsed * 1.01 + SWAP_SLACK_S:
        timer, elapsed = elapsed, timer
        notes.append(Note("time_repaired", detail="timer_elapsed_swapped"))
    if elapsed is not None and elapsed > LONGEST_S:
        elapsed = None
        notes.append(Note("time_repaired", detail="elapsed"))
    if timer is not None and timer > LONGEST_S:
        timer = None
        notes.append(Note("time_repaired", detail="timer"))
    return replace(totals, timer_s=timer, elapsed_s=elapsed), tuple(notes)
