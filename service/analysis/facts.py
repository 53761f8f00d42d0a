"""Facts: every number the rules may read of one run, gathered once, in SI units. Numbers, no opinions.

`gather` (service.analysis.signals) builds it; rules and advice only read it. Nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Activity, Column, Note
from service.analysis.athlete import Conditions, History, Log, Profile

Mask = NDArray[np.bool_]

CUT_SHORT = frozenset({"truncated", "too_long"})
"""The remarks on the data that say that the end is missing."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The run at 1 Hz of unpaused time, n rows (docs/signals.md, cleaning); NaN is missing.

    `clock_s` is the elapsed time of each row since the start (pauses included), `distance_m` cumulative and never
    decreasing, `speed_mps` a 5 s centred mean, `moving` where it is at least 0.5 m/s, `bad` where a row may not enter a
    speed window (a recording gap, a jump, a climb at a rate nobody climbs). `altitude_m` is smoothed, `grade` rise over
    run, both None without altitude; `gap_minetti_mps` and `gap_heart_mps` are speed × cost factor (plain speed where
    the grade is unknown or not believed).
    """

    clock_s: Column
    distance_m: Column
    speed_mps: Column
    moving: Mask
    bad: Mask
    gap_minetti_mps: Column
    gap_heart_mps: Column
    altitude_m: Column | None = None
    grade: Column | None = None
    heart_rate_bpm: Column | None = None
    cadence_spm: Column | None = None

    def __len__(self) -> int:
        return len(self.clock_s)


@dataclass(frozen=True, slots=True)
class Leg:
    """One climb (gain_m > 0) or descent (gain_m < 0), trimmed of its flat ends."""

    start_m: float
    end_m: float
    start_s: float
    end_s: float
    gain_m: float
    mean_grade: float
    max_100m_grade: float


@dataclass(frozen=True, slots=True)
class Altitude:
    """The smoothed profile of the run.

    `kind` is `barometric`, `gps` or `unknown`, `trust` what a pace by it is worth (docs/signals.md). `profile_m` holds
    the smoothed altitude every 10 m of distance. `eccentric_drop_m`: metres of descent at -5 % or steeper. `turns` are
    the ends of the legs that ascent and descent sum up, as (index in `profile_m`, altitude).
    `kind_by` is how the kind is known: `product`, `noise` or `none`.
    """

    kind: str
    trust: float
    profile_m: Column
    ascent_m: float
    descent_m: float
    min_m: float
    max_m: float
    eccentric_drop_m: float
    legs: tuple[Leg, ...] = ()
    turns: tuple[tuple[int, float], ...] = ()
    kind_by: str = "none"


@dataclass(frozen=True, slots=True)
class Structured:
    """Whether the run is a structured session, and its repeats; `by` is `workout`, `laps`, `alternation` or `none`."""

    found: bool = False
    by: str = "none"
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Effort:
    """The main effort (docs/signals.md) by distance; `warm_up` and `cool_down` are (start_m, end_m) where trimmed."""

    start_m: float
    end_m: float
    warm_up: tuple[float, float] | None = None
    cool_down: tuple[float, float] | None = None

    @property
    def trimmed(self) -> bool:
        """Whether anything was cut off."""
        return self.warm_up is not None or self.cool_down is not None


@dataclass(frozen=True, slots=True)
class Environment:
    """The conditions worked out: wet-bulb globe temperature (estimate), heat index, wind chill; None: not computable.

    `device_only` marks a temperature that only the watch told (biased by body heat: never above "yellow").
    `humidity_assumed` says that 50 % was put in for an unknown humidity.
    """

    temperature_c: float
    humidity_pct: float
    wind_kmh: float | None
    wbgt_c: float
    heat_index_c: float | None
    wind_chill_c: float | None
    source: str
    device_only: bool = False
    humidity_assumed: bool = False


@dataclass(frozen=True, slots=True)
class Sweat:
    """Sweat rate and sodium loss. `by` is `estimate`, or where the athlete's own is from: `profile`, `weighings`."""

    rate_l_per_h: float
    sodium_mg_per_h: float
    by: str
    temperature_assumed: bool

    @property
    def measured(self) -> bool:
        """Whether the athlete's own rate replaced the estimate."""
        return self.by != "estimate"


@dataclass(frozen=True, slots=True)
class Heart:
    """Heart rate as far as it can be used: `usable` False with `why` (`missing`, `coverage`, `cadence_lock`, `flat`).

    `average_bpm` is weighted by time. `minutes_above_80` is None without resting and maximal rate. Zones are minutes
    at 50/60/70/80/90 % of the reserve: six numbers, below 50 first. `p995_bpm` is the 99.5th percentile over time.
    `efficiency` is grade-adjusted metres a minute (heart-rate model) per beat a minute, first ten minutes left out.
    `decoupling_why_not` is `heart_rate`, `structured`, `too_short` or `uneven`; `max_reference_by` is `profile`,
    `observed` or `age`.
    """

    usable: bool
    why: str | None = None
    coverage: float = 0.0
    average_bpm: float | None = None
    max_bpm: float | None = None
    max_reference_bpm: float | None = None
    max_reference_by: str | None = None
    minutes_above_80: float | None = None
    zone_minutes: tuple[float, ...] | None = None
    decoupling: float | None = None
    decoupling_why_not: str | None = None
    p995_bpm: float | None = None
    efficiency: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """One run, ready for the rules.

    `family` is `run`, `walk`, `wheel`, `water` or `other`; `sport` the sport the rules use (`running` where assumed,
    see `sport_assumed`), `sub_sport` FIT's word or what an override said (`trail`). `treadmill` covers every indoor or
    virtual sub-sport and every file without positions. `elapsed_s` runs from the stated start to the last sample: what
    went unrecorded before the first one, then moving, standing and paused time; `grid` has neither it nor `paused_s`.
    The share of bad rows belongs to a window: `bad_share` of service.analysis.windows. `notes` are those of the
    analysis; the file's own are `activity.notes`. The `…_why_not` words: altitude `missing`, `coverage`, `treadmill` or
    `too_short`; environment `missing` or `treadmill`; sweat `mass_unknown`, `sport` or `too_short`.
    """

    activity: Activity
    profile: Profile
    history: History
    conditions: Conditions
    sport: str | None
    family: str
    sport_assumed: bool
    treadmill: bool
    grid: Grid
    distance_m: float
    elapsed_s: float
    moving_s: float
    paused_s: float
    altitude: Altitude | None
    altitude_why_not: str | None
    structured: Structured
    effort: Effort
    heart: Heart
    environment: Environment | None
    environment_why_not: str | None
    sweat: Sweat | None
    sweat_why_not: str | None
    notes: tuple[Note, ...] = ()
    sub_sport: str | None = None
    log: Log = field(default_factory=Log)

    @property
    def cut_short(self) -> bool:
        """Whether the recording breaks off before the run did, so that nothing is known of how it ended."""
        return any(note.code in CUT_SHORT for note in (*self.activity.notes, *self.notes))
