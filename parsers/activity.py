"""The Activity: what every format becomes, and all that the rest of the product knows of a file.

Facts as the device told them, in SI units, in columns. No opinion lives here: no smoothing, no moving time, no grade
(that is `service.analysis`). The module imports nobody of this project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

UNITS_PER: Mapping[str, float] = MappingProxyType(
    {
        "time_s": 1000.0,
        "distance_m": 100.0,
        "altitude_m": 100.0,
        "speed_mps": 1000.0,
        "heart_rate_bpm": 1.0,
        "cadence_spm": 64.0,
        "temperature_c": 10.0,
        "power_w": 1.0,
        "lat_deg": 2.0**31 / 180.0,
        "lon_deg": 2.0**31 / 180.0,
    }
)
"""Integers per unit at which a column is stored, and to which `parsers.tidy` rounds it first.

A column value is always `k / UNITS_PER[name]` for an int32 `k` (positions: the FIT semicircle), so
that an assessment from stored streams equals the one from the file to the bit."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Sample columns of equal length n, float64; NaN: the sample lacks the value; None: the file lacks the channel.

    `time_s` counts from `Activity.started_at`, is finite, not negative and strictly increasing; `distance_m` never
    decreases where it is finite. `cadence_spm` counts both feet (steps a minute) for foot sports, else revolutions.
    """

    time_s: Column
    distance_m: Column | None = None
    altitude_m: Column | None = None
    speed_mps: Column | None = None
    heart_rate_bpm: Column | None = None
    cadence_spm: Column | None = None
    temperature_c: Column | None = None
    power_w: Column | None = None
    lat_deg: Column | None = None
    lon_deg: Column | None = None

    def __post_init__(self) -> None:
        n = len(self.time_s)
        for name, column in self.items():
            if column.dtype != np.float64 or column.shape != (n,):
                raise ValueError(f"{name} is not a float64 column of {n} rows")
            column.setflags(write=False)

    def __len__(self) -> int:
        return len(self.time_s)

    def items(self) -> Iterator[tuple[str, Column]]:
        """The channels that are there, by name, `time_s` first."""
        for spec in fields(self):
            column = getattr(self, spec.name)
            if column is not None:
                yield spec.name, column


@dataclass(frozen=True, slots=True)
class Lap:
    """One lap as the device states it; `trigger` is a word of FIT's: `manual`, `distance`, `time`, `session_end`, …."""

    start_s: float
    end_s: float
    distance_m: float | None = None
    timer_s: float | None = None
    trigger: str | None = None
    intensity: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the device's timer stood still; `cause` is `manual`, `auto`, `segment` or `unknown`."""

    start_s: float
    end_s: float
    cause: str = "unknown"


@dataclass(frozen=True, slots=True)
class Device:
    """Maker and product as the FIT profile or the file names them; never a serial number."""

    manufacturer: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceTotals:
    """What the device itself states of the whole activity; None where it says nothing."""

    distance_m: float | None = None
    timer_s: float | None = None
    elapsed_s: float | None = None
    ascent_m: float | None = None
    descent_m: float | None = None
    heart_rate_avg_bpm: float | None = None
    heart_rate_max_bpm: float | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """One remark on the quality of the data: a stable `code`, and where and how much it concerns.

    Codes: `truncated`, `crc_mismatch`, `value_out_of_range`, `recording_gap`, `sport_assumed`, `altitude_kind`,
    `time_repaired`, `duplicate_times`, `heart_rate_missing`, … ; `detail` is a word of the code's own vocabulary (a
    channel, a kind), never file content.
    """

    code: str
    start_s: float | None = None
    seconds: float | None = None
    count: int | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One run, ride or swim from one part of one file.

    `started_at` is aware UTC; `utc_offset_s` the local offset where the file tells it. `sport` and `sub_sport` are
    FIT's words in lower snake case (`running`, `trail`, `treadmill`, …), `sport` None where unknown. `part` counts the
    activities of a file from 0. `record_count` is the number of samples the file held before tidying.
    `altitude_kind` is `barometric`, `gps` or `unknown`; `altitude_kind_by` is how that is known: `product`, `noise` or
    `none`.
    `provenance` names, for each column, where it came from: `record.enhanced_speed`, `derived.haversine`, `gpx.ele`, ….
    `workout` says that the watch ran a structured workout (workout steps or interval laps).
    """

    format: str
    started_at: datetime
    streams: Streams
    part: int = 0
    sport: str | None = None
    sub_sport: str | None = None
    name: str | None = None
    utc_offset_s: int | None = None
    device: Device = Device()
    totals: DeviceTotals = DeviceTotals()
    laps: tuple[Lap, ...] = ()
    pauses: tuple[Pause, ...] = ()
    notes: tuple[Note, ...] = ()
    altitude_kind: str = "unknown"
    altitude_kind_by: str = "none"
    record_count: int = 0
    workout: bool = False
    provenance: Mapping[str, str] = field(default_factory=dict)
    developer: Mapping[str, tuple[str | None, Column]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.started_at.tzinfo is None:
            raise ValueError("started_at must be aware")
        time_s = self.streams.time_s
        if len(time_s) and (time_s[0] < 0 or not np.all(np.diff(time_s) > 0)):
            raise ValueError("time_s must start at or after 0 and increase")


def as_document(value: object) -> Any:
    """A Lap, Pause, Device, DeviceTotals or Note as a plain dict, without the fields that are None.

    >>> as_document(Pause(10.0, 25.5, "manual"))
    {'start_s': 10.0, 'end_s': 25.5, 'cause': 'manual'}
    """
    return {spec.name: got for spec in fields(value) if (got := getattr(value, spec.name)) is not None}  # type: ignore[arg-type]  # any of this module's dataclasses
