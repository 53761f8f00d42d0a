"""What is known beside the file: athlete, earlier runs, log, conditions. All of it given, nothing looked up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ADULT_AGE = 18
CRAMPED = frozenset({"cramp_continued", "cramp_stopped"})
"""The answers about a run that report a cramp; a near one is none."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The athlete as the API names the fields; None is "not told", never a guess.

    `sweat_rate_l_per_h` is a measured one. `cramp_history` is `unknown`, `never`, `ever` or `recent`.
    """

    birth_year: int | None = None
    mass_kg: float | None = None
    hr_rest_bpm: float | None = None
    hr_max_bpm: float | None = None
    sweat_rate_l_per_h: float | None = None
    cramp_history: str = "unknown"
    strength_training: bool | None = None
    beginner: bool | None = None
    hide_amounts: bool = False
    timezone: str | None = None

    def age_in(self, year: int) -> int | None:
        """The age reached in `year` (year arithmetic, so up to a year too high), or None."""
        return None if self.birth_year is None else year - self.birth_year

    def amounts_hidden(self, year: int) -> bool:
        """True where no amount may be shown: the athlete asked so, or may be under 18 in `year`.

        >>> Profile(birth_year=2009).amounts_hidden(2026), Profile(birth_year=2007).amounts_hidden(2026)
        (True, False)
        """
        age = self.age_in(year)
        return self.hide_amounts or (age is not None and age - 1 < ADULT_AGE)


@dataclass(frozen=True, slots=True)
class Log:
    """What the athlete wrote down of one run, as the API names the fields; None is "not told", 0 is none.

    `fluid_ml`, `sodium_mg` and `carbs_g` were taken on the way, `urine_ml` was passed between the two weighings;
    `fasted` is a run on an empty stomach, `sleep_h` the night before, `effort` from 1 to 10.
    """

    fluid_ml: float | None = None
    sodium_mg: float | None = None
    carbs_g: float | None = None
    mass_before_kg: float | None = None
    mass_after_kg: float | None = None
    urine_ml: float | None = None
    fasted: bool | None = None
    sleep_h: float | None = None
    effort: int | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """One cramp of a report: which muscle, and where in the run by metres or minutes; None: not told."""

    muscle: str | None = None
    at_m: float | None = None
    minute: float | None = None


@dataclass(frozen=True, slots=True)
class CrampReport:
    """What the athlete reported beside the answer: `when` is `during` or `after`; the words are the API's."""

    episodes: tuple[Episode, ...] = ()
    when: str | None = None
    red_flags: tuple[str, ...] = ()
    stitch: bool | None = None


@dataclass(frozen=True, slots=True)
class PastRun:
    """One earlier activity: what `Assessment.digest` wrote of it, and what the athlete told about it since.

    `best_efforts` holds (distance_m, time_s) of the fastest stretches at grade-adjusted speed. None: not known then.
    `cramp` is the answer of the report, `report` the rest of it, `log` the run's log: None where nothing was told.
    """

    started_at: datetime
    sport: str | None
    distance_m: float
    moving_s: float
    elapsed_s: float | None = None
    score: int | None = None
    early_excess: float | None = None
    eccentric_drop_m: float | None = None
    ascent_m: float | None = None
    gap_speed_mps: float | None = None
    efficiency: float | None = None
    heart_rate_p995_bpm: float | None = None
    best_efforts: tuple[tuple[float, float], ...] = ()
    cramp: str | None = None
    report: CrampReport | None = None
    log: Log | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The earlier activities of the athlete, oldest first, all begun before the one in hand (180 days suffice)."""

    runs: tuple[PastRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditions:
    """The weather of the run. `sun` runs from 0 (night, overcast) to 1 (clear), None unknown.

    `source` is `given`, `provider`, `archive`, `device`, `assumed` or `none`.
    """

    temperature_c: float | None = None
    humidity_pct: float | None = None
    wind_kmh: float | None = None
    sun: float | None = None
    source: str = "none"
