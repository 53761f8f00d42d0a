"""TCX (Garmin's Training Center XML): each Activity with its laps, points with and without a position.

What is read, tolerated and refused stands in docs/formats/tcx.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from parsers.activity import Activity, Column, Device, DeviceTotals, Lap
from parsers.barometers import altitude_kind_of_text
from parsers.errors import BadXml, NotUsable
from parsers.format import Format, Limits
from parsers.formats import scan, xml
from parsers.formats.points import TIME, Block, Gatherer, Points, made_of, missing_times
from parsers.sports import maker_of, sport_of
from parsers.stamps import epoch_seconds, numbers, utc_offset_s
from parsers.statements import MOST_DISTANCE_M, MOST_HEART_RATE_BPM, MOST_TIME_S
from parsers.tidy import Tidied, tidy

CHANNELS: Mapping[str, str] = MappingProxyType(
    {
        "latitudedegrees": "lat_deg",
        "longitudedegrees": "lon_deg",
        "altitudemeters": "altitude_m",
        "distancemeters": "distance_m",
        "value": "heart_rate_bpm",
        "cadence": "cadence_spm",
        "runcadence": "cadence_spm",
        "speed": "speed_mps",
        "watts": "power_w",
    }
)
"""Local names inside a Trackpoint, its TPX extension included; `value` stands only in HeartRateBpm there."""
SOURCES: Mapping[str, str] = MappingProxyType({"value": "heartratebpm"})
TRIGGERS: Mapping[str, str] = MappingProxyType(
    {"manual": "manual", "distance": "distance", "time": "time", "location": "position_lap"}
)
INTENSITIES: Mapping[str, str] = MappingProxyType({"active": "active", "resting": "rest"})
BELIEVED: Mapping[str, float] = MappingProxyType(
    {
        "seconds": MOST_TIME_S,
        "metres": MOST_DISTANCE_M,
        "average_bpm": MOST_HEART_RATE_BPM,
        "most_bpm": MOST_HEART_RATE_BPM,
    }
)
"""The most that a lap can state."""
MOST_ACTIVITIES = 1000
MOST_LAPS = 10_000
NAME_CHARACTERS = 80


@dataclass(slots=True)
class _Lap:
    start: str | None
    seconds: str = ""
    metres: str = ""
    average_bpm: str = ""
    most_bpm: str = ""
    intensity: str = ""
    trigger: str = ""
    tracks: int = 0
    whole: bool = False


@dataclass(slots=True)
class _Outing:
    """One Activity element. Its points lie in the places from `first_place` on."""

    sport: str | None
    first_place: int
    id: str = ""
    product: str = ""
    first_time: str | None = None
    points: int = 0
    whole: bool = False
    laps: list[_Lap] = field(default_factory=list)


@dataclass(slots=True)
class _Document:
    """What the stream has told so far. A place is a stretch without a pause; each Activity begins a new one."""

    gathered: Gatherer = field(default_factory=lambda: Gatherer(format="tcx"))
    outings: list[_Outing] = field(default_factory=list)
    places: int = 0
    laps: int = 0
    outing: _Outing | None = None
    lap: _Lap | None = None
    lap_value: str | None = None
    in_creator: bool = False
    blocks: tuple[Block, ...] = ()

    def reader(self) -> xml.Reader:
        take = {name: self.gathered.taker(channel, SOURCES.get(name, name)) for name, channel in CHANNELS.items()}
        texts = {
            "time": self._time(),
            "id": self._id,
            "name": self._name,
            "totaltimeseconds": self._lap_text("seconds"),
            "intensity": self._lap_text("intensity"),
            "triggermethod": self._lap_text("trigger"),
            "value": _both(take["value"], self._value),
            "distancemeters": _both(take["distancemeters"], self._lap_text("metres")),
        }
        return xml.Reader(
            opens={
                "activity": self._activity,
                "lap": self._open_lap,
                "track": self._track,
                "trackpoint": self._point,
                "creator": self._creator,
                "averageheartratebpm": self._value_of("average_bpm"),
                "maximumheartratebpm": self._value_of("most_bpm"),
            },
            texts={**take, **texts},
            ends={
                "activity": self._activity_end,
                "lap": self._lap_end,
                "trackpoint": self._point_end,
                "creator": self._creator_end,
                "averageheartratebpm": self._value_of(None),
                "maximumheartratebpm": self._value_of(None),
            },
            marks={scan.MARK: self._taken_out} if self.blocks else {},
        )

    def _activity(self, attributes: Mapping[str, str]) -> None:
        if self.gathered.inside:  # an extension of that name is no activity; likewise below
            return
        self.places += 1
        self.outing, self.lap = _Outing(attributes.get("Sport"), self.places), None
        self.outings.append(self.outing)
        if len(self.outings) > MOST_ACTIVITIES:
            raise BadXml("xml_limit", "The file has too many activities.")

    def _activity_end(self) -> None:
        if self.gathered.inside:
            return
        if self.outing is not None:
            self.outing.whole = True
        self.outing = self.lap = None

    def _open_lap(self, attributes: Mapping[str, str]) -> None:
        if self.outing is None or self.gathered.inside:
            return
        self.laps += 1
        if self.laps > MOST_LAPS:
            raise BadXml("xml_limit", "The file has too many laps.")
        self.lap = _Lap(attributes.get("StartTime"))
        self.outing.laps.append(self.lap)

    def _lap_end(self) -> None:
        if self.gathered.inside:
            return
        if self.lap is not None:
            self.lap.whole = True
        self.lap = None

    def _track(self, _: Mapping[str, str]) -> None:
        """A second Track within a lap says that the timer stood still; the first one of a lap says nothing."""
        if self.lap is not None and not self.gathered.inside:
            self.places += self.lap.tracks > 0
            self.lap.tracks += 1

    def _point(self, _: Mapping[str, str]) -> None:
        if self.outing is not None:
            self.gathered.begin()

    def _point_end(self) -> None:
        if self.outing is not None and self.gathered.inside:
            self.outing.points += 1
            self.gathered.commit(self.places)

    def _taken_out(self, number: str) -> None:
        """Points like the one that has just ended."""
        block = self.blocks[int(number)]
        if self.outing is not None:
            self.outing.points += len(block.epoch_s)
            self.gathered.extend(block, self.places)

    def _time(self) -> Callable[[str], None]:
        take = self.gathered.taker(TIME, "time")

        def time(text: str) -> None:
            take(text)
            if self.outing is not None and self.outing.first_time is None:
                self.outing.first_time = text

        return time

    def _id(self, text: str) -> None:
        if self.outing is not None and self.lap is None:
            self.outing.id = text

    def _name(self, text: str) -> None:
        if self.outing is not None and self.in_creator:
            self.outing.product = text

    def _creator(self, _: Mapping[str, str]) -> None:
        self.in_creator = True

    def _creator_end(self) -> None:
        self.in_creator = False

    def _value_of(self, name: str | None) -> Callable[..., None]:
        """A handler that says of which statement of the lap the next Value is."""

        def note(*_: object) -> None:
            self.lap_value = name

        return note

    def _value(self, text: str) -> None:
        if self.lap is not None and self.lap_value is not None:
            setattr(self.lap, self.lap_value, text)

    def _lap_text(self, name: str) -> Callable[[str], None]:
        def keep(text: str) -> None:
            if self.lap is not None and not self.gathered.inside:
                setattr(self.lap, name, text)

        return keep


def _both(first: Callable[[str], None], second: Callable[[str], None]) -> Callable[[str], None]:
    def both(text: str) -> None:
        first(text)
        second(text)

    return both


POINT = scan.kind(b"Trackpoint", _Document().reader(), attributes={}, channels={**CHANNELS, "time": TIME})


def parse(data: bytes, limits: Limits) -> tuple[Activity, ...]:
    """Every Activity of a TCX file that has two points with a time.

    Raises NotUsable `not_activity` for courses and workouts, `no_time`, `no_usable_points`; BadXml.
    """
    return _assembled(*_streamed(data, limits))


def _streamed(data: bytes, limits: Limits) -> tuple[_Document, Points, bool]:
    """What a pass over the document gives: laps and names, the points, and whether the file is whole."""

    def through(text: bytes, blocks: tuple[Block, ...]) -> tuple[_Document, Points, bool]:
        document = _Document(blocks=blocks)
        whole = xml.walk(text, document.reader(), limits=limits)
        return document, document.gathered.points(), whole

    return scan.read(data, POINT, through, limits=limits)


def _assembled(document: _Document, points: Points, whole: bool) -> tuple[Activity, ...]:  # noqa: FBT001 - as `_streamed` gives it
    if not document.outings and whole:
        raise NotUsable("not_activity", "The file holds no activity: a course or a workout perhaps.")
    ends = [*(outing.first_place for outing in document.outings), document.places + 1][1:]
    parts = [(outing, end) for outing, end in zip(document.outings, ends, strict=True) if whole or outing.points]
    return made_of(parts, lambda part: _made(part[0], points, end=part[1]), whole=whole)


def _made(outing: _Outing, points: Points, *, end: int) -> Activity:
    sport, sub_sport = sport_of(outing.sport)
    first, last = np.searchsorted(points.place, (outing.first_place, end))
    if outing.points == 0:
        raise NotUsable("no_usable_points", "The file has laps, but no points in them.")
    totals = _totals(outing)
    tidied = tidy(
        points.rows(slice(int(first), int(last)), sport=sport),
        started_epoch_s=_start(outing),
        sport=sport,
        distance_total_m=totals.distance_m,
    )
    product = xml.clean(outing.product, NAME_CHARACTERS)
    device = Device(maker_of(product), product)
    kind, kind_by = altitude_kind_of_text(device.manufacturer, product, there=tidied.streams.altitude_m is not None)
    return Activity(
        format=FORMAT.id,
        started_at=tidied.started_at,
        streams=tidied.streams,
        sport=sport,
        sub_sport=sub_sport,
        utc_offset_s=utc_offset_s(outing.first_time or ""),
        device=device,
        totals=totals,
        laps=_laps(outing, tidied),
        pauses=tidied.pauses_from_segments,
        notes=(*missing_times(outing.points, int(last - first)), *tidied.notes),
        record_count=outing.points,
        altitude_kind=kind,
        altitude_kind_by=kind_by,
        provenance=tidied.provenance,
    )


def _start(outing: _Outing) -> float | None:
    """The first lap's start, else the Id, which is a time too."""
    stamps = epoch_seconds([*(lap.start or "" for lap in outing.laps[:1]), outing.id])
    known = stamps[~np.isnan(stamps)]
    return float(known[0]) if len(known) else None


def _totals(outing: _Outing) -> DeviceTotals:
    """Sums over the laps; the heart rate is weighted by their time. Nothing where the file ends inside the activity."""
    if not outing.whole:
        return DeviceTotals()
    seconds, metres = _stated(outing, "seconds"), _stated(outing, "metres")
    average, most = _stated(outing, "average_bpm"), _stated(outing, "most_bpm")
    known = (average > 0) & (seconds > 0)
    return DeviceTotals(
        distance_m=_sum(metres),
        timer_s=_sum(seconds),
        heart_rate_avg_bpm=float(np.average(average[known], weights=seconds[known])) if known.any() else None,
        heart_rate_max_bpm=float(np.nanmax(most)) if np.any(most > 0) else None,
    )


def _stated(outing: _Outing, name: str) -> Column:
    """What the laps state under a name, NaN where nothing usable."""
    values = numbers([getattr(lap, name) for lap in outing.laps])
    return np.where((values >= 0) & (values <= BELIEVED[name]), values, np.nan)


def _sum(values: Column) -> float | None:
    return None if np.isnan(values).all() else float(np.nansum(values))


def _laps(outing: _Outing, tidied: Tidied) -> tuple[Lap, ...]:
    """The laps that are whole. One ends where the next begins, the last with its time or the last sample."""
    laps = [lap for lap in outing.laps if lap.whole]
    starts = epoch_seconds([lap.start or "" for lap in outing.laps]) - tidied.started_epoch_s
    seconds, metres = _stated(outing, "seconds"), _stated(outing, "metres")
    last_s = float(tidied.streams.time_s[-1])
    made = []
    for at, lap in enumerate(laps):
        start_s = float(starts[at])
        if math.isnan(start_s) or start_s < 0:
            continue
        timer_s = _or_none(seconds[at])
        own_end_s = start_s + (timer_s or 0.0)
        following = float(starts[at + 1]) if at + 1 < len(starts) else max(own_end_s, last_s)
        made.append(
            Lap(
                start_s=round(start_s, 3),
                end_s=round(following if following >= start_s else own_end_s, 3),
                distance_m=_or_none(metres[at]),
                timer_s=timer_s,
                trigger=TRIGGERS.get(lap.trigger.strip().lower()),
                intensity=INTENSITIES.get(lap.intensity.strip().lower()),
            )
        )
    return tuple(made)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def sniff(head: bytes) -> int:
    """Sure of a TrainingCenterDatabase root."""
    return 100 if xml.root_name(head) == "trainingcenterdatabase" else 0


FORMAT = Format(
    id="tcx",
    title="TCX (Training Center XML)",
    extensions=(".tcx",),
    media_type="application/vnd.garmin.tcx+xml",
    sniff=sniff,
    parse=parse,
)
