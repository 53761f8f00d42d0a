"""Figures for a template: numbers of one athlete's units, ready to be written down. None stays None.

The words around them are the catalogue's; what counts here is `service.figures`, which the command line uses too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Self

from service import figures

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """The figures in `units` (`metric` or `imperial`), with times in `zone` where a file tells no offset."""

    units: str
    zone: str | None = None

    def within(self, zone: str | None) -> Self:
        """The same figures of an athlete of another zone, for a page about several."""
        return replace(self, zone=zone)

    @property
    def long_unit(self) -> str:
        """`km` or `mi`."""
        return figures.long_unit(self.units)

    @property
    def pace_unit(self) -> str:
        """`/km` or `/mi`."""
        return f"/{self.long_unit}"

    @property
    def height_unit(self) -> str:
        """`m` or `ft`."""
        return figures.height_unit(self.units)

    def bare(self, figure: str | None) -> str | None:
        """A figure without its unit, for a column that has it in its head.

        >>> Shown("metric").bare("5:29 /km")
        '5:29'
        """
        return None if figure is None else figure.partition(" ")[0]

    def is_full(self, metres: float) -> bool:
        """Whether a split is a whole kilometre or mile, and not what was left at the end."""
        return metres >= 0.995 * figures.long_unit_m(self.units)

    def distance(self, metres: float | None) -> str | None:
        """Kilometres or miles with two decimals."""
        return figures.distance(metres, self.units)

    def height(self, metres: float | None) -> str | None:
        """Whole metres or feet."""
        return figures.height(metres, self.units)

    def pace(self, s_per_km: float | None) -> str | None:
        """Minutes and seconds a kilometre or mile."""
        return figures.pace(s_per_km, self.units)

    def speed(self, mps: float | None) -> str | None:
        """Kilometres or miles an hour."""
        return figures.speed(mps, self.units)

    def temperature(self, celsius: float | None) -> str | None:
        """Degrees Celsius or Fahrenheit."""
        return figures.temperature(celsius, self.units)

    def wind(self, kmh: float | None) -> str | None:
        """Kilometres or miles an hour, whole."""
        return figures.wind(kmh, self.units)

    def measure(self, value: float | None, unit: str | None) -> str | None:
        """A finding's value or threshold in its unit."""
        return figures.measure(value, unit, self.units)

    def mass(self, kg: float) -> str:
        """Whole kilograms or pounds."""
        return figures.mass(kg, self.units)

    def clock(self, seconds: float | None) -> str | None:
        """`m:ss` or `h:mm:ss`."""
        return figures.clock(seconds)

    def whole(self, value: float | None) -> str | None:
        """A whole number, with commas."""
        return None if value is None else f"{int(figures.half_up(value)):,}"

    def signed(self, value: float) -> str:
        """A whole number with its sign; a minus as a typesetter has it.

        >>> Shown("metric").signed(7), Shown("metric").signed(-3), Shown("metric").signed(0)
        ('+7', '−3', '0')
        """
        number = int(figures.half_up(value))
        return f"+{number}" if number > 0 else f"−{-number}" if number < 0 else "0"

    def percent(self, ratio: float | None) -> str | None:
        """`12 %` of 0.119."""
        return None if ratio is None else figures.percent(ratio)

    def start(self, run: Document) -> str:
        """The day and time of the run's start where it was run: `Sunday 4 October 2026, 09:00`."""
        return figures.local_time(run["started_at"], utc_offset_s=run.get("utc_offset_s"), zone=self.zone)

    def day(self, run: Document) -> str:
        """The same, as short as a table needs it: `4 Oct 2026`."""
        return self.day_of(run["started_at"], utc_offset_s=run.get("utc_offset_s"))

    def day_of(self, at: str, *, utc_offset_s: int | None = None) -> str:
        """The day of any moment where the athlete is, or where the clock was so far from UTC.

        >>> Shown("metric", "America/Los_Angeles").day_of("2026-09-01T02:00:00Z")
        '31 Aug 2026'
        """
        told = figures.local_time(at, utc_offset_s=utc_offset_s, zone=self.zone)
        _, number, month, year = told.partition(",")[0].split(" ")
        return f"{number} {month[:3]} {year}"

    def date(self, day: str) -> str:
        """`2026-10-04` as `4 Oct 2026`."""
        return f"{date.fromisoformat(day):%-d %b %Y}"

    def moment(self, at: str) -> str:
        """`2026-10-04T07:00:12Z` as `4 Oct 2026, 07:00:12 UTC`."""
        return f"{datetime.fromisoformat(at):%-d %b %Y, %H:%M:%S} UTC"

    def place(self, part: Document) -> str | None:
        """`km 0.1–1.0`: the same stretch without its times."""
        return figures.span(part.get("start_m"), part.get("end_m"), self.units)

    def where(self, part: Document) -> str | None:
        """`km 0.1–1.0, 0:30–4:58`: the stretch of a warning or question."""
        place = figures.span(part.get("start_m"), part.get("end_m"), self.units)
        when = figures.time_span(part.get("start_s"), part.get("end_s"))
        return ", ".join(words for words in (place, when) if words) or None

    def words(self, code: str | None) -> str:
        """A code of the contract for people."""
        return figures.words(code)

    def amount(self, amount: Document | None) -> str | None:
        """`400–600 ml/h`; fluid in fluid ounces where units are imperial, rounded down as an upper bound has to be.

        >>> Shown("metric").amount({"min": 400, "max": 600, "unit": "ml/h"})
        '400–600 ml/h'
        >>> Shown("imperial").amount({"min": 400, "max": 600, "unit": "ml/h"})
        '13–20 fl oz/h'
        """
        if amount is None:
            return None
        unit, ends = amount["unit"], [amount[name] for name in ("min", "max") if amount[name] is not None]
        if self.units == "imperial" and unit in ("ml", "ml/h"):
            ends, unit = [int(end / figures.ML_PER_FLUID_OUNCE) for end in ends], unit.replace("ml", "fl oz")
        return f"{'–'.join(dict.fromkeys(figures.half_up(end) for end in ends))} {unit}"
