"""Courses: the way to run, read from a GPX, TCX or FIT file that need not hold a single time.

A plan for a race starts from one. The same files that `parse` refuses as `no_time` or `not_activity` are welcome here;
a recorded run is a course too, its times left aside.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parsers import distance
from parsers.activity import Column
from parsers.errors import Corrupt, NotUsable, UnknownType
from parsers.format import DEFAULT_LIMITS, Limits
from parsers.formats import fit, gpx, tcx, xml
from parsers.formats.fit import profile
from parsers.formats.fit.messages import read
from parsers.formats.fit.records import record_columns
from parsers.reader import HEAD, bounded, guarded
from parsers.stamps import numbers
from parsers.tidy import BOUNDS, MEANS_MISSING

NAME_CHARACTERS = 200
MOST_POINTS = 1_000_000
SURE = 100
JOIN_M = 100.0
"""A longer step from one segment to the next is no part of the way: tracks of several places. Chosen by us."""


@dataclass(frozen=True, slots=True)
class Course:
    """A way over the ground: n rows of positions in order, at least two, all columns float64.

    `distance_m` is cumulative along the way by great circles, from 0 and never falling; `altitude_m` is None where the
    file has none, NaN at the points that lack it. `format` is the id of the file's format.
    """

    format: str
    name: str | None
    lat_deg: Column
    lon_deg: Column
    distance_m: Column
    altitude_m: Column | None

    def __len__(self) -> int:
        return len(self.lat_deg)


def course(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Course:
    """The way that a file describes, plain or gzipped: tracks, a route, a course, or a recorded run.

    Raises ParseError and nothing else: `no_usable_points` below two positions, and what `parse` raises for bytes that
    are none of the formats, malformed or too large.
    """
    plain = bounded(data, limits).data
    kind = next((one.FORMAT.id for one in (fit, gpx, tcx) if one.sniff(plain[:HEAD]) == SURE), None)
    if kind is None:
        raise UnknownType("unknown_type", "This is none of the file types that hold a course: FIT, GPX or TCX.")
    return guarded(kind, lambda: _of_fit(plain, limits) if kind == "fit" else _of_xml(kind, plain, limits))


def _of_fit(data: bytes, limits: Limits) -> Course:
    files, _ = read(data, limits)
    found: dict[str, list[Column]] = {"lat_deg": [], "lon_deg": [], "altitude_m": []}
    for file in files:
        if profile.RECORD in file:
            columns = record_columns(file.tables[profile.RECORD])[0]
            missing = np.full(len(file.tables[profile.RECORD]), np.nan)
            for name, pieces in found.items():
                pieces.append(columns.get(name, missing))
    whole = {name: np.concatenate(pieces) for name, pieces in found.items() if pieces}
    return _made("fit", None, whole, segment=np.zeros(len(whole.get("lat_deg", ())), dtype=np.int64))


class _Points:
    """The points of an XML file as texts, one list a channel; a point without a channel has an empty text in it."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {"lat_deg": [], "lon_deg": [], "altitude_m": []}
        self.segment = array("q")
        self.name: str | None = None
        self.inside = False
        self.recorded = False
        self._segments = 0

    def next_segment(self, _: Mapping[str, str]) -> None:
        self._segments += 1

    def open(self, attributes: Mapping[str, str]) -> None:
        if len(self.texts["lat_deg"]) >= MOST_POINTS:
            raise NotUsable("no_usable_points", "The file has more points than a course can have.")
        self.inside = True
        self.texts["lat_deg"].append(attributes.get("lat", ""))
        self.texts["lon_deg"].append(attributes.get("lon", ""))
        self.texts["altitude_m"].append("")
        self.segment.append(self._segments)

    def close(self) -> None:
        self.inside = False

    def taker(self, channel: str) -> Callable[[str], None]:
        texts = self.texts[channel]

        def take(text: str) -> None:
            if self.inside:
                texts[-1] = text

        return take

    def named(self, text: str) -> None:
        """The first name outside a point; a TCX recording names its device only, so it counts as nameless."""
        if not self.inside and not self.recorded:
            self.name = self.name or text

    def recording(self, _: Mapping[str, str]) -> None:
        self.recorded = True


def _of_xml(kind: str, data: bytes, limits: Limits) -> Course:
    """Track points and, where a GPX file has none, its route points; waypoints are places, not a way."""
    track = _walked(data, limits, "trkpt" if kind == "gpx" else "trackpoint")
    if kind == "gpx" and not track.texts["lat_deg"]:
        track = _walked(data, limits, "rtept")
    columns = {name: numbers(texts) for name, texts in track.texts.items()}
    name = xml.clean(track.name or "", NAME_CHARACTERS)
    return _made(kind, name, columns, segment=np.array(track.segment, dtype=np.int64))


def _walked(data: bytes, limits: Limits, element: str) -> _Points:
    points = _Points()
    reader = xml.Reader(
        opens={
            element: points.open,
            "activity": points.recording,
            **dict.fromkeys(("trkseg", "rte", "track"), points.next_segment),
        },
        texts={
            "ele": points.taker("altitude_m"),
            "altitudemeters": points.taker("altitude_m"),
            "latitudedegrees": points.taker("lat_deg"),
            "longitudedegrees": points.taker("lon_deg"),
            "name": points.named,
        },
        ends={element: points.close},
    )
    if not xml.walk(data, reader, limits=limits):
        raise Corrupt("truncated", "The file ends in the middle of the course.")
    return points


def _made(kind: str, name: str | None, columns: Mapping[str, Column], *, segment: NDArray[np.int64]) -> Course:
    columns = {channel: _believed(channel, column) for channel, column in columns.items()}
    kept = np.zeros(0, dtype=np.bool_)
    if columns:
        kept = ~(np.isnan(columns["lat_deg"]) | np.isnan(columns["lon_deg"]))
    if np.count_nonzero(kept) < 2:
        raise NotUsable("no_usable_points", "The file has no two points with a position, so it shows no way to run.")
    lat, lon, altitude = (columns[channel][kept] for channel in ("lat_deg", "lon_deg", "altitude_m"))
    steps_m = distance.haversine_steps_m(lat, lon)
    steps_m[(np.diff(segment[kept]) != 0) & (steps_m > JOIN_M)] = 0.0
    metres = np.concatenate(([0.0], np.cumsum(steps_m)))
    return Course(kind, name, lat, lon, metres, None if np.isnan(altitude).all() else altitude)


def _believed(channel: str, column: Column) -> Column:
    """The column without values outside the bounds that hold for recordings."""
    low, high = BOUNDS[channel]
    return np.where((column >= low) & (column <= high) & (column != MEANS_MISSING.get(channel)), column, np.nan)
