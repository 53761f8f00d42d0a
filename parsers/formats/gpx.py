"""GPX 1.0 and 1.1: the tracks of a file as activities, extensions by local name.

What is read, tolerated and refused stands in docs/formats/gpx.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from parsers.activity import Activity, Device
from parsers.barometers import altitude_kind_of_text
from parsers.errors import BadXml, NotUsable
from parsers.format import Format, Limits
from parsers.formats import scan, xml
from parsers.formats.points import TIME, Block, Gatherer, Points, made_of, missing_times
from parsers.sports import maker_of, sport_of
from parsers.stamps import utc_offset_s
from parsers.tidy import tidy

CHANNELS: Mapping[str, str] = MappingProxyType(
    {
        "time": TIME,
        "ele": "altitude_m",
        "hr": "heart_rate_bpm",
        "heartrate": "heart_rate_bpm",
        "heartratebpm": "heart_rate_bpm",
        "cad": "cadence_spm",
        "cadence": "cadence_spm",
        "runcadence": "cadence_spm",
        "atemp": "temperature_c",
        "temp": "temperature_c",
        "temperature": "temperature_c",
        "speed": "speed_mps",
        "power": "power_w",
        "watts": "power_w",
        "powerinwatts": "power_w",
        "distance": "distance_m",
    }
)
"""Local names inside a track point, whatever their namespace: GPX itself, TrackPointExtension v1 and v2, gpxdata, …"""
ATTRIBUTES: Mapping[str, str] = MappingProxyType({"lat": "lat_deg", "lon": "lon_deg"})
NAME_CHARACTERS = 200
APART_S = 6 * 3600.0
"""Tracks that begin this long after the one before are another outing; chosen by us: longer than any rest in a race."""
OVERLAP_S = 5.0
MOST_TRACKS = 1000


@dataclass(slots=True)
class _Track:
    name: str | None = None
    type: str | None = None
    points: int = 0


@dataclass(slots=True)
class _Document:
    """What the stream has told so far. `segments[place]` is the number of the track that a stretch belongs to."""

    gathered: Gatherer = field(default_factory=lambda: Gatherer(format="gpx"))
    creator: str | None = None
    tracks: list[_Track] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    first_time: str | None = None
    blocks: tuple[Block, ...] = ()
    in_track: bool = False
    new_segment: bool = True

    def reader(self) -> xml.Reader:
        take = {name: self.gathered.taker(channel, name) for name, channel in CHANNELS.items()}
        return xml.Reader(
            opens={"gpx": self._root, "trk": self._track, "trkseg": self._segment, "trkpt": self._point()},
            texts={**take, "time": self._time(take["time"]), "name": self._name, "type": self._type},
            ends={"trk": self._track_end, "trkpt": self._point_end},
            marks={scan.MARK: self._taken_out} if self.blocks else {},
        )

    def _root(self, attributes: Mapping[str, str]) -> None:
        self.creator = attributes.get("creator")

    def _track(self, _: Mapping[str, str]) -> None:
        if self.gathered.inside:  # an extension of that name is no track
            return
        self.in_track = self.new_segment = True
        self.tracks.append(_Track())
        if len(self.tracks) > MOST_TRACKS:
            raise BadXml("xml_limit", "The file has too many tracks.")

    def _track_end(self) -> None:
        self.in_track = self.gathered.inside and self.in_track

    def _segment(self, _: Mapping[str, str]) -> None:
        self.new_segment = self.new_segment or not self.gathered.inside

    def _name(self, text: str) -> None:
        if self.in_track and not self.gathered.inside:
            self.tracks[-1].name = self.tracks[-1].name or text

    def _type(self, text: str) -> None:
        if self.in_track and not self.gathered.inside:
            self.tracks[-1].type = self.tracks[-1].type or text

    def _time(self, take: Callable[[str], None]) -> Callable[[str], None]:
        def time(text: str) -> None:
            take(text)
            if self.first_time is None and self.gathered.inside:
                self.first_time = text

        return time

    def _point(self) -> Callable[[Mapping[str, str]], None]:
        take_lat, take_lon = (self.gathered.taker(channel, name) for name, channel in ATTRIBUTES.items())

        def point(attributes: Mapping[str, str]) -> None:
            if self.new_segment:
                self._stretch()
            self.gathered.begin()
            if "lat" in attributes and "lon" in attributes:
                take_lat(attributes["lat"])
                take_lon(attributes["lon"])

        return point

    def _stretch(self) -> None:
        """The first point of a segment; a point outside any track has one of its own."""
        self.new_segment = False
        if not self.tracks:
            self.tracks.append(_Track())
        self.segments.append(len(self.tracks) - 1)

    def _point_end(self) -> None:
        self.tracks[-1].points += 1
        self.gathered.commit(len(self.segments) - 1)

    def _taken_out(self, number: str) -> None:
        """Points like the one that has just ended."""
        block = self.blocks[int(number)]
        self.tracks[-1].points += len(block.epoch_s)
        self.gathered.extend(block, len(self.segments) - 1)


POINT = scan.kind(
    b"trkpt", _Document().reader(), attributes=ATTRIBUTES, channels=CHANNELS, idle=frozenset({"name", "type"})
)


def parse(data: bytes, limits: Limits) -> tuple[Activity, ...]:
    """The tracks of a GPX file: one activity, or several where they lie hours apart.

    Raises NotUsable `no_time` for a course, `not_activity` without any track point; BadXml.
    """
    return _assembled(*_streamed(data, limits))


def _streamed(data: bytes, limits: Limits) -> tuple[_Document, Points, bool]:
    """What a pass over the document gives: tracks and names, the points, and whether the file is whole."""

    def through(text: bytes, blocks: tuple[Block, ...]) -> tuple[_Document, Points, bool]:
        document = _Document(blocks=blocks)
        whole = xml.walk(text, document.reader(), limits=limits)
        return document, document.gathered.points(), whole

    return scan.read(data, POINT, through, limits=limits)


def _assembled(document: _Document, points: Points, whole: bool) -> tuple[Activity, ...]:  # noqa: FBT001 - as `_streamed` gives it
    if points.count == 0 and whole:
        raise NotUsable("not_activity", "The file has no track points: waypoints or a route perhaps.")
    if len(points.epoch_s) < 2 and whole:
        raise NotUsable("no_time", "Fewer than two points of the file have a time: a course perhaps, but not a run.")
    return made_of(_outings(document, points), lambda tracks: _activity(document, points, tracks), whole=whole)


def _outings(document: _Document, points: Points) -> list[range]:
    """Ranges of tracks, each one outing, told by the times between successive tracks."""
    if not len(points.epoch_s):
        return []
    track = np.array(document.segments, dtype=np.int64)[points.place]
    change = np.flatnonzero(np.diff(track)) + 1
    step_s = points.epoch_s[change] - points.epoch_s[change - 1]
    begins = change[(step_s > APART_S) | (step_s < -OVERLAP_S)]
    firsts = [0, *(int(number) for number in track[begins])]
    return [range(first, last) for first, last in zip(firsts, [*firsts[1:], len(document.tracks)], strict=True)]


def _activity(document: _Document, points: Points, tracks: range) -> Activity:
    track = np.array(document.segments, dtype=np.int64)[points.place]
    chosen = (track >= tracks.start) & (track < tracks.stop)
    sport, sub_sport = _sport(document, tracks)
    tidied = tidy(points.rows(chosen, sport=sport), started_epoch_s=None, sport=sport, distance_total_m=None)
    count = sum(document.tracks[number].points for number in tracks)
    product = xml.clean(document.creator or "", 80)
    device = Device(maker_of(product), product)
    kind, kind_by = altitude_kind_of_text(device.manufacturer, product, there=tidied.streams.altitude_m is not None)
    return Activity(
        format=FORMAT.id,
        started_at=tidied.started_at,
        streams=tidied.streams,
        sport=sport,
        sub_sport=sub_sport,
        name=next((name for number in tracks if (name := _name(document.tracks[number]))), None),
        utc_offset_s=utc_offset_s(document.first_time or ""),
        device=device,
        pauses=tidied.pauses_from_segments,
        notes=(*missing_times(count, int(np.count_nonzero(chosen))), *tidied.notes),
        record_count=count,
        altitude_kind=kind,
        altitude_kind_by=kind_by,
        provenance=tidied.provenance,
    )


def _sport(document: _Document, tracks: range) -> tuple[str | None, str | None]:
    found = (sport_of(document.tracks[number].type) for number in tracks)
    return next((sport for sport in found if sport[0]), (None, None))


def _name(track: _Track) -> str | None:
    return xml.clean(track.name or "", NAME_CHARACTERS)


def sniff(head: bytes) -> int:
    """Sure of a gpx root; a bare claim on a document type, which is refused with a better reason than "unknown"."""
    root = xml.root_name(head)
    if root == "gpx":
        return 100
    return 1 if root == "!doctype" and b"html" not in head[:256].lower() else 0


FORMAT = Format(
    id="gpx",
    title="GPX (GPS exchange format)",
    extensions=(".gpx",),
    media_type="application/gpx+xml",
    sniff=sniff,
    parse=parse,
)
