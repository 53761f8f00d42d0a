"""Laps as the watch states them, and whether they show a structured workout."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from parsers.activity import Lap
from parsers.formats.fit import profile
from parsers.formats.fit.messages import Messages
from parsers.formats.fit.profile import name_of
from parsers.statements import MOST_DISTANCE_M, MOST_TIME_S, believed

_START, _ELAPSED, _TIMER, _DISTANCE, _INTENSITY, _TRIGGER = 2, 7, 8, 9, 23, 24
_WORK = frozenset({"active", "interval"})
_REST = frozenset({"rest", "recovery"})


@dataclass(frozen=True, slots=True)
class RawLap:
    """A lap in seconds as the file counts them."""

    start_s: float
    end_s: float
    timer_s: float | None
    distance_m: float | None
    trigger: str | None
    intensity: str | None

    def since(self, start_s: float) -> Lap:
        """The lap counted from an activity's start; rounded, so that no end comes before its begin by a hair."""
        return Lap(
            start_s=_thousandths(self.start_s - start_s),
            end_s=_thousandths(self.end_s - start_s),
            distance_m=self.distance_m,
            timer_s=self.timer_s,
            trigger=self.trigger,
            intensity=self.intensity,
        )


def laps(file: Messages) -> tuple[RawLap, ...]:
    """The laps of a file by their start; those without any time are left out."""
    if profile.LAP not in file:
        return ()
    stamps = [value if value == value else None for value in file.times(profile.LAP).tolist()]  # noqa: PLR0124 - NaN
    rows = zip(
        stamps,
        file.values(profile.LAP, _START),
        file.values(profile.LAP, _ELAPSED, scale=1000.0),
        file.values(profile.LAP, _TIMER, scale=1000.0),
        file.values(profile.LAP, _DISTANCE, scale=100.0),
        file.values(profile.LAP, _TRIGGER),
        file.values(profile.LAP, _INTENSITY),
        strict=True,
    )
    found = []
    for stamp, start, elapsed, timed, distance, trigger, intensity in rows:
        span = _span(stamp, start, elapsed if elapsed is not None else timed)
        if span is not None:
            words = name_of("lap_trigger", trigger), name_of("intensity", intensity)
            metres = believed(distance, MOST_DISTANCE_M)
            found.append(RawLap(*span, believed(timed, MOST_TIME_S), metres, *words))
    return tuple(sorted(found, key=lambda lap: lap.start_s))


def is_workout(file: Messages, own: Iterable[RawLap | Lap]) -> bool:
    """Whether the watch ran a structured workout: several workout steps, or laps both of work and of rest."""
    kinds = {lap.intensity for lap in own}
    return file.count(profile.WORKOUT_STEP) >= 2 or bool(kinds & _WORK and kinds & _REST)


def _thousandths(since_s: float) -> float:
    """Seconds since the start, none before it, in the milliseconds that the file counts."""
    return round(max(since_s, 0.0), 3)


def _span(stamp: float | None, start: float | None, elapsed: float | None) -> tuple[float, float] | None:
    """Start and end from whichever two of start, end and length are there; never the end first."""
    if start is None and stamp is not None and elapsed is not None:
        start = stamp - elapsed
    if start is None:
        return None
    if elapsed is None:
        elapsed = stamp - start if stamp is not None and stamp >= start else 0.0
    return start, start + max(elapsed, 0.0)
