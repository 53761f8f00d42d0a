"""Raw samples of any format to the columns of an Activity: order, duplicates, bounds, distance, exact scales.

What is dropped or mended is counted in notes. Gaps, pauses that no device marked, smoothing and moving time are the
analyser's business, not this module's. Every row that comes out depends on the rows before it (and on the session's
start), so that a file cut short gives a prefix of what the whole file gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from parsers import distance
from parsers.activity import UNITS_PER, Column, Note, Pause, Streams
from parsers.errors import NotUsable

DAY_S = 86_400.0
EARLIEST_S = 0.0
"""1970: a watch that lost its clock writes such dates, and its run is as good as any other."""
LATEST_S = 4_102_444_800.0
"""2100-01-01."""
BEFORE_START_S = DAY_S
AFTER_START_S = 10 * DAY_S
"""Chosen by us: the longest races take six days; records further off come from a clock gone wrong (20 days, once)."""
AROUND_MEDIAN_S = 5 * DAY_S
MOST_CADENCE = 1e6
"""Doubled or averaged, a cadence past this would overflow; it is dropped as impossible either way."""
PAUSE_STEPS = 1.5
"""A new segment within this many normal steps is a lap, not a pause."""
INT32_MAX = 2.0**31 - 1

BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "distance_m": (0.0, 20_000_000.0),
        "altitude_m": (-500.0, 9_000.0),
        "heart_rate_bpm": (30.0, 240.0),
        "cadence_spm": (0.0, 400.0),
        "temperature_c": (-60.0, 70.0),
        "power_w": (0.0, 4_000.0),
        "lat_deg": (-90.0, 90.0),
        "lon_deg": (-180.0, 180.0),
    }
)
"""Lowest and highest value that is believed; chosen by us, wider than any athlete and narrower than any garbage."""
MEANS_MISSING: Mapping[str, float] = MappingProxyType({"heart_rate_bpm": 0.0, "altitude_m": -500.0})
"""Values by which devices say "nothing": a strap without contact, and the raw altitude 0 of TomTom."""
SILENT_IF_ALL_ZERO = frozenset({"speed_mps", "cadence_spm", "power_w"})
"""A column of nothing but 0 here is a sensor that was not there (Garmin Connect writes `cad` 0 throughout)."""


@dataclass(frozen=True, slots=True)
class RawSamples:
    """Samples as the file has them, in file order, equal lengths; NaN is missing.

    `epoch_s` are UTC seconds since 1970. `columns` bear the names of Streams without `time_s`, and `tidy` takes them
    over: it empties the mapping, as a long recording would not be in memory twice. `provenance` says for each where it
    came from. `segment` numbers the stretches that the file itself separates (trkseg, Track), or None.
    """

    epoch_s: Column
    columns: dict[str, Column]
    provenance: Mapping[str, str] = field(default_factory=dict)
    segment: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Tidied:
    """What `tidy` gives: streams on the scales of UNITS_PER, and what had to be done to get them.

    `kept_rows[i]` is the first raw row that went into row i.
    """

    streams: Streams
    started_epoch_s: float
    pauses_from_segments: tuple[Pause, ...]
    notes: tuple[Note, ...]
    provenance: Mapping[str, str]
    kept_rows: NDArray[np.intp]

    @property
    def started_at(self) -> datetime:
        """The instant at which `time_s` is 0, aware."""
        return moment(self.started_epoch_s)


def moment(epoch_s: float) -> datetime:
    """The aware UTC datetime of seconds since 1970, to the millisecond.

    >>> moment(1.5).isoformat()
    '1970-01-01T00:00:01.500000+00:00'
    """
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=round(epoch_s * 1000))


def tidy(
    raw: RawSamples, *, started_epoch_s: float | None, sport: str | None, distance_total_m: float | None
) -> Tidied:
    """Columns in strictly increasing time, every value plausible and on its stored scale.

    `started_epoch_s` is the start that the file states, `distance_total_m` the total that it states; both are believed
    only where the samples allow it. Raises NotUsable: `no_time` below two samples with a time, `no_usable_points` where
    fewer than two instants or no value at all are left.
    """
    notes: list[Note] = []
    rows, time_ms, start_ms = _ordered(raw.epoch_s, started_epoch_s, notes)
    limit_mps = distance.speed_limit_mps(sport)
    columns = _believed(raw.columns, None if _untouched(rows, raw.epoch_s) else rows, limit_mps, notes)
    repeated = np.diff(time_ms) == 0
    if repeated.any():
        first = np.concatenate(([0], np.flatnonzero(~repeated) + 1))
        notes.append(Note("duplicate_times", count=len(time_ms) - len(first)))
        columns = {name: _first_known(column, first) for name, column in columns.items()}
        rows, time_ms = rows[first], time_ms[first]
    columns = {name: column for name, column in columns.items() if not _is_silent(name, column)}
    time_ms -= start_ms
    time_s = np.divide(time_ms, UNITS_PER["time_s"], out=time_ms)
    segment = None if raw.segment is None else raw.segment[rows]
    provenance = {name: raw.provenance.get(name, "file") for name in columns}
    _add_distance(time_s, columns, provenance, notes, limit_mps=limit_mps, total_m=distance_total_m, segment=segment)
    if len(rows) < 2 or not columns:
        raise NotUsable("no_usable_points", "The file has no two moments with usable values.")
    if "heart_rate_bpm" not in columns:
        notes.append(Note("heart_rate_missing"))
    streams = Streams(time_s, **columns)
    return Tidied(streams, start_ms / 1000, _pauses(time_s, segment), tuple(notes), provenance, rows)


def quantised(name: str, column: Column) -> Column:
    """The column rounded to the scale at which it is stored; -0.0 becomes 0.0 and every NaN the same NaN."""
    units = UNITS_PER[name]
    whole = column * units
    np.rint(whole, out=whole)  # in place, like all that follows: columns of a week-long recording are large
    np.clip(whole, -INT32_MAX, INT32_MAX, out=whole)
    whole += 0.0
    whole /= units
    return whole


def both_feet(cadence: Column, sport: str | None) -> Column:
    """Steps a minute from a cadence that may count one foot only, by its median: nobody runs at 60 steps a minute.

    For foot sports and an unknown sport; wheels keep their revolutions.
    """
    bounded = np.minimum(cadence, MOST_CADENCE)
    turning = bounded[bounded > 0]
    if not len(turning) or not (sport is None or sport in distance.FOOT_SPORTS) or np.median(turning) >= 120.0:
        return cadence
    return bounded * 2.0


def _ordered(
    epoch_s: Column, started_epoch_s: float | None, notes: list[Note]
) -> tuple[NDArray[np.intp], NDArray[np.float64], float]:
    """Raw rows in time order, their milliseconds since 1970, and the start in the same."""
    known = (epoch_s >= EARLIEST_S) & (epoch_s <= LATEST_S)
    timed = epoch_s[known]
    if len(timed) < 2:
        raise NotUsable("no_time", "Fewer than two points of the file have a time: a course perhaps, but not a run.")
    low, high, started_epoch_s = _span(timed, started_epoch_s, notes)
    known &= (epoch_s >= low) & (epoch_s <= high)
    rows = np.flatnonzero(known)
    untimed = int(np.count_nonzero(np.isnan(epoch_s)))
    _count(notes, "time_missing", untimed)
    _count(notes, "value_out_of_range", len(epoch_s) - untimed - len(rows), "time_s")
    time_ms = np.rint(epoch_s[rows] * 1000.0)
    back = int(np.count_nonzero(np.diff(time_ms) < 0))
    if back:
        _count(notes, "time_repaired", back, "order")
        order = np.argsort(time_ms, kind="stable")
        rows, time_ms = rows[order], time_ms[order]
    if len(rows) < 2:
        raise NotUsable("no_usable_points", "The times of the file are too far apart to be one activity.")
    start_ms = float(time_ms[0])
    if started_epoch_s is not None:
        start_ms = min(start_ms, float(np.rint(started_epoch_s * 1000.0)))
    return rows, time_ms, start_ms


def _span(timed: Column, started_epoch_s: float | None, notes: list[Note]) -> tuple[float, float, float | None]:
    """The times that are believed, from the stated start or, where that is absurd, from the median; and that start."""
    middle = float(np.median(timed))
    if started_epoch_s is not None and np.isfinite(started_epoch_s):
        if started_epoch_s - BEFORE_START_S <= middle <= started_epoch_s + AFTER_START_S:
            first = float(np.min(timed[timed >= started_epoch_s - BEFORE_START_S]))
            return started_epoch_s - BEFORE_START_S, started_epoch_s + AFTER_START_S, _near(first, started_epoch_s)
        notes.append(Note("time_repaired", detail="start"))
    return middle - AROUND_MEDIAN_S, middle + AROUND_MEDIAN_S, None


def _near(first_s: float, started_s: float) -> float | None:
    """The stated start, unless the first sample comes a day later."""
    return started_s if first_s - started_s <= DAY_S else None


def _untouched(rows: NDArray[np.intp], epoch_s: Column) -> bool:
    """Whether `rows` are all the rows in their order, so that nothing has to be gathered."""
    return len(rows) == len(epoch_s) and bool((np.diff(rows) == 1).all())


def _believed(
    columns: dict[str, Column], rows: NDArray[np.intp] | None, limit_mps: float, notes: list[Note]
) -> dict[str, Column]:
    """Columns at `rows` (None: as they are) on their scales without impossible values; `columns` is emptied.

    Those with nothing left are gone, positions go by pairs.
    """
    kept: dict[str, Column] = {}
    for name in list(columns):
        column = columns.pop(name)
        if rows is not None:
            column = column[rows]
        low, high = BOUNDS.get(name, (0.0, limit_mps))
        missing = MEANS_MISSING.get(name)
        ok = (column >= low) & (column <= high)
        if not ok.all():
            silent = np.isnan(column) if missing is None else np.isnan(column) | (column == missing)
            _count(notes, "value_out_of_range", len(column) - int(np.count_nonzero(ok | silent)), name)
            column = np.where(ok, column, np.nan)
        column = quantised(name, column)
        if missing is not None:
            column[column == missing] = np.nan
        if not np.isnan(column).all():
            kept[name] = column
    return _paired(kept, notes)


def _is_silent(name: str, column: Column) -> bool:
    """Whether nothing but 0 says that there was no sensor."""
    return name in SILENT_IF_ALL_ZERO and not np.nanmax(column) > 0


def _paired(columns: dict[str, Column], notes: list[Note]) -> dict[str, Column]:
    """Latitude and longitude together or not at all; 0°, 0° is a receiver without a fix."""
    lat, lon = columns.pop("lat_deg", None), columns.pop("lon_deg", None)
    if lat is None or lon is None:
        return columns
    null = (lat == 0.0) & (lon == 0.0)
    _count(notes, "value_out_of_range", int(np.count_nonzero(null)), "position")
    gone = null | np.isnan(lat) | np.isnan(lon)
    if gone.all():
        return columns
    if gone.any():
        lat, lon = np.where(gone, np.nan, lat), np.where(gone, np.nan, lon)
    return {**columns, "lat_deg": lat, "lon_deg": lon}


def _first_known(column: Column, first: NDArray[np.intp]) -> Column:
    """One value a group of rows: the first that is not missing. Groups begin at `first`."""
    n = len(column)
    candidate = np.where(np.isnan(column), n, np.arange(n))
    found = np.minimum.reduceat(candidate, first)
    return np.asarray(np.where(found < n, column[np.minimum(found, n - 1)], np.nan))


def _add_distance(
    time_s: Column,
    columns: dict[str, Column],
    provenance: dict[str, str],
    notes: list[Note],
    *,
    limit_mps: float,
    total_m: float | None,
    segment: NDArray[np.int64] | None,
) -> None:
    """Mend or make `distance_m`, then `speed_mps` where the file has none.

    The device's distance comes first where it moves at all, then positions, then speed.
    """
    found: tuple[Column, str] | None = None
    odd = 0
    if "distance_m" in columns:
        column, odd = distance.mended(time_s, columns.pop("distance_m"), limit_mps=limit_mps, total_m=total_m)
        if np.count_nonzero(~np.isnan(column)) >= 2:
            found = column, provenance.pop("distance_m")
    if found is None or not np.nanmax(found[0]) > 0:
        found = _derived_distance(time_s, columns, limit_mps=limit_mps, segment=segment) or found
    provenance.pop("distance_m", None)
    if found is not None:
        far = found[0] > BOUNDS["distance_m"][1]  # parts that each are within it, added up
        odd += int(np.count_nonzero(far))
        found[0][far] = np.nan
    _count(notes, "value_out_of_range", odd, "distance_m")
    if found is None:
        return
    columns["distance_m"], provenance["distance_m"] = quantised("distance_m", found[0]), found[1]
    if "speed_mps" not in columns:
        speed = distance.speed_from(time_s, columns["distance_m"], limit_mps=limit_mps)
        if speed is not None:
            columns["speed_mps"], provenance["speed_mps"] = quantised("speed_mps", speed), "derived.distance"


def _derived_distance(
    time_s: Column, columns: Mapping[str, Column], *, limit_mps: float, segment: NDArray[np.int64] | None
) -> tuple[Column, str] | None:
    """Distance from positions, else from speed, and its provenance."""
    if "lat_deg" in columns:
        column = distance.from_positions(
            time_s, columns["lat_deg"], columns["lon_deg"], limit_mps=limit_mps, segment=segment
        )
        if column is not None:
            return column, "derived.haversine"
    if "speed_mps" in columns:
        return distance.from_speed(time_s, columns["speed_mps"]), "derived.speed"
    return None


def _pauses(time_s: Column, segment: NDArray[np.int64] | None) -> tuple[Pause, ...]:
    """A pause from the last row of each segment to the first of the next, where that is longer than a normal step."""
    if segment is None:
        return ()
    ends = np.flatnonzero(np.diff(segment))
    if not len(ends):
        return ()
    steps = np.diff(time_s)
    normal = float(np.median(steps))
    return tuple(
        Pause(float(time_s[end]), float(time_s[end + 1]), "segment")
        for end in ends
        if steps[end] > PAUSE_STEPS * normal
    )


def _count(notes: list[Note], code: str, count: int, detail: str | None = None) -> None:
    if count:
        notes.append(Note(code, count=count, detail=detail))
