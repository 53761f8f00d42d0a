"""Points of a text format gathered channel by channel into compact columns, and activities made of them.

Texts are turned into numbers a block at a time, so that a hostile file costs little more memory than its own size.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Activity, Column, Note
from parsers.errors import BadXml, NotUsable
from parsers.stamps import epoch_seconds, numbers
from parsers.tidy import RawSamples, both_feet

Part = TypeVar("Part")
BLOCK = 4096
TIME = "time"
USABLE_S = 60.0
"""A cut file is salvaged where at least this much of it is there."""


@dataclass(frozen=True, slots=True)
class Points:
    """Points with a time, in file order: seconds since 1970, one column a channel, and the stretch each lies in.

    `place` numbers the stretches of the file (trkseg, Track) as the format counted them; `count` includes the points
    without a time, which have no row.
    """

    epoch_s: Column
    columns: Mapping[str, Column]
    provenance: Mapping[str, str]
    place: NDArray[np.int64]
    count: int

    def rows(self, chosen: slice | NDArray[np.bool_], *, sport: str | None) -> RawSamples:
        """Some of the points as tidy wants them; cadence of foot sports in steps of both feet."""
        columns = {name: column[chosen] for name, column in self.columns.items()}
        if "cadence_spm" in columns:
            columns["cadence_spm"] = both_feet(columns["cadence_spm"], sport)
        return RawSamples(self.epoch_s[chosen], columns, self.provenance, self.place[chosen])


@dataclass(frozen=True, slots=True)
class Block:
    """Points of one stretch that were read at once: seconds since 1970, NaN where they have no time, and columns."""

    epoch_s: Column
    columns: Mapping[str, Column]


class Gatherer:
    """Takes the texts of one point after another; the first text of a channel within a point wins.

    Use: `taker` once for each name that the format knows, then for each point `begin`, its texts, and `commit`.
    """

    def __init__(self, *, format: str) -> None:  # noqa: A002 - the field's name on the wire
        self.format = format
        self.count = 0
        self._row = 0
        self._inside = False
        self._texts: dict[str, tuple[list[str], array[int]]] = {}
        self._sources: dict[str, str] = {}
        self._places = array("q")
        self._blocks: list[tuple[Column, dict[str, Column], NDArray[np.int64]]] = []

    def taker(self, channel: str, source: str) -> Callable[[str], None]:
        """What takes the text of an element `source` of the point being read; outside points it does nothing."""
        texts, rows = self._texts.setdefault(channel, ([], array("q")))
        sources, add_text, add_row = self._sources, texts.append, rows.append

        def take(text: str) -> None:
            if self._inside:
                if channel not in sources:
                    sources[channel] = f"{self.format}.{source}"
                add_text(text)
                add_row(self._row)

        return take

    def begin(self) -> None:
        """A point begins."""
        self._inside = True

    def commit(self, place: int) -> None:
        """The point is whole."""
        self._inside = False
        self.count += 1
        self._places.append(place)
        self._row += 1
        if self._row == BLOCK:
            self._flush()

    def extend(self, block: Block, place: int) -> None:
        """Points that follow the last one, with the same names for their values as points before them."""
        self._flush()
        self.count += len(block.epoch_s)
        self._keep(block.epoch_s, block.columns, np.full(len(block.epoch_s), place, np.int64))

    @property
    def inside(self) -> bool:
        """Whether a point is being read."""
        return self._inside

    def points(self) -> Points:
        """Everything that was committed; what was put after the last commit is forgotten."""
        self._flush()
        names = [name for name in self._texts if any(name in columns for _, columns, _ in self._blocks)]
        times = [block[0] for block in self._blocks]
        columns = {
            name: np.concatenate([columns.get(name, np.full(len(time), np.nan)) for time, columns, _ in self._blocks])
            for name in names
        }
        places = [block[2] for block in self._blocks]
        return Points(
            np.concatenate(times) if times else np.empty(0),
            columns,
            {name: self._sources[name] for name in columns},
            np.concatenate(places) if places else np.empty(0, np.int64),
            self.count,
        )

    def _flush(self) -> None:
        columns = {name: self._column(name, texts, rows) for name, (texts, rows) in self._texts.items() if texts}
        time = columns.pop(TIME, np.full(self._row, np.nan))
        self._keep(time, columns, np.array(self._places, dtype=np.int64))
        for texts, rows in self._texts.values():
            texts.clear()
            del rows[:]
        del self._places[:]
        self._row = 0

    def _keep(self, time: Column, columns: Mapping[str, Column], places: NDArray[np.int64]) -> None:
        """Note the points that have a time."""
        known = ~np.isnan(time)
        timed = slice(None) if known.all() else known
        if known.any():
            self._blocks.append((time[timed], {name: column[timed] for name, column in columns.items()}, places[timed]))

    def _column(self, name: str, texts: list[str], rows: array[int]) -> Column:
        values = epoch_seconds(texts) if name == TIME else numbers(texts)
        where = np.array(rows, dtype=np.int64)
        whole = where < self._row
        column = np.full(self._row, np.nan)
        # backwards, so that of several values of a point the first is written last
        column[where[whole][::-1]] = values[whole][::-1]
        return column


def missing_times(points: int, timed: int) -> tuple[Note, ...]:
    """The note on points without a readable time, if there are any."""
    return (Note("time_missing", count=points - timed),) if timed < points else ()


def made_of(parts: Iterable[Part], make: Callable[[Part], Activity], *, whole: bool) -> tuple[Activity, ...]:
    """The activities that `make` can make of the parts of a file, numbered; of a cut file what was salvaged.

    Raises NotUsable as `make` did for the first part where it can make none, BadXml `xml_malformed` where the file is
    cut and less than a minute of it is left.
    """
    made: list[Activity] = []
    first: NotUsable | None = None
    for part in parts:
        try:
            made.append(make(part))
        except NotUsable as error:
            first = first or error
    if not whole:
        made = _salvaged(made)
    elif not made and first is not None:
        raise first
    return tuple(replace(activity, part=part) for part, activity in enumerate(made))


def _salvaged(activities: list[Activity]) -> list[Activity]:
    """All but a last one of less than a minute; the last that stays bears the note."""
    if activities and _seconds(activities[-1]) < USABLE_S:
        activities = activities[:-1]
    if not activities:
        raise BadXml("xml_malformed", "The file is cut, and less than a minute of the activity is left.")
    last = activities[-1]
    note = Note("truncated", start_s=float(last.streams.time_s[-1]))
    return [*activities[:-1], replace(last, notes=(note, *last.notes))]


def _seconds(activity: Activity) -> float:
    time_s = activity.streams.time_s
    return float(time_s[-1] - time_s[0])
