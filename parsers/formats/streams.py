"""Streams as Strava sends them: an activity and its keyed streams, in one JSON document known by both keys.

What is read, tolerated and refused stands in docs/formats/streams.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from parsers.activity import Activity, Column, Device, DeviceTotals, Lap, Note
from parsers.barometers import altitude_kind_of_text
from parsers.errors import Corrupt, NotUsable, TooManyMessages
from parsers.format import Format, Limits
from parsers.formats.xml import clean
from parsers.sports import Sport, maker_of, sport_of
from parsers.stamps import epoch_seconds
from parsers.statements import MOST_ASCENT_M, MOST_DISTANCE_M, MOST_HEART_RATE_BPM, MOST_TIME_S, believed
from parsers.tidy import RawSamples, both_feet, moment, tidy

CHANNELS: Mapping[str, str] = MappingProxyType(
    {
        "distance": "distance_m",
        "altitude": "altitude_m",
        "velocity_smooth": "speed_mps",
        "heartrate": "heart_rate_bpm",
        "cadence": "cadence_spm",
        "temp": "temperature_c",
        "watts": "power_w",
    }
)
BOM = b"\xef\xbb\xbf"
WEIGHTS: Mapping[bytes, int] = MappingProxyType({b",": 53, b"[": 90, b"{": 220, b'"': 40})
"""Bytes of memory that a value behind each character costs in the end; measured."""
MOST_BYTES = 52_000_000
USUAL_BYTES = 5_000_000
BYTES_PER_BYTE = 13
"""What a document of up to 5 MB may need, and each byte above that; real ones need about ten times their size."""
MOST_LAPS = 10_000
NAME_CHARACTERS = 200
PRODUCT_CHARACTERS = 80
QUARTER_S = 900
OFFSETS_S = (-12 * 3600, 14 * 3600)

Document = Mapping[str, Any]


def parse(data: bytes, limits: Limits) -> tuple[Activity, ...]:
    """The one activity of a document `{"activity": {…}, "streams": {…}}`.

    Raises Corrupt `corrupt_data` or `truncated` for what is no JSON, TooManyMessages, NotUsable `not_activity` without
    both parts, `no_time` without times or a start, `no_usable_points`.
    """
    document = _loaded(data, limits)
    activity, streams = document.get("activity"), _keyed(document.get("streams"))
    if not isinstance(activity, dict) or streams is None:
        raise NotUsable("not_activity", "The document lacks an activity or its streams.")
    return (_activity(activity, streams),)


def _loaded(data: bytes, limits: Limits) -> Document:
    """The document, of which it is known beforehand that it cannot grow out of proportion."""
    data = data.removeprefix(BOM)
    weight = sum(data.count(mark) * cost for mark, cost in WEIGHTS.items())
    most = MOST_BYTES + BYTES_PER_BYTE * max(0, len(data) - USUAL_BYTES)
    if weight > most or data.count(b",") > limits.messages:
        raise TooManyMessages("too_many_messages", "The document holds more values than any activity has.")
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if error.doc and error.pos >= len(error.doc.rstrip()):
            raise Corrupt("truncated", "The document ends too early.", offset=error.pos) from error
        raise Corrupt("corrupt_data", "The document is no JSON.", offset=error.pos) from error
    return document if isinstance(document, dict) else {}


def _keyed(streams: object) -> dict[str, list[Any]] | None:
    """The values of each stream by its type, whether Strava was asked for them by key or sent a list."""
    if isinstance(streams, list):
        found = [(stream.get("type"), stream) for stream in streams if isinstance(stream, dict)]
    elif isinstance(streams, dict):
        found = list(streams.items())
    else:
        return None
    values = ((kind, stream.get("data") if isinstance(stream, dict) else stream) for kind, stream in found)
    return {kind: data for kind, data in values if isinstance(kind, str) and isinstance(data, list)}


def _activity(activity: Document, streams: Mapping[str, list[Any]]) -> Activity:
    started_s = _instant(activity.get("start_date"))
    if math.isnan(started_s):
        raise NotUsable("no_time", "The activity does not say when it began.")
    sport, sub_sport = _sport(activity)
    raw, notes = _samples(streams, started_s=started_s, sport=sport)
    totals = _totals(activity)
    tidied = tidy(raw, started_epoch_s=started_s, sport=sport, distance_total_m=totals.distance_m)
    product = _text(activity.get("device_name"), PRODUCT_CHARACTERS)
    device = Device(maker_of(product), product)
    kind, kind_by = altitude_kind_of_text(device.manufacturer, product, there=tidied.streams.altitude_m is not None)
    return Activity(
        format=FORMAT.id,
        started_at=tidied.started_at,
        streams=tidied.streams,
        sport=sport,
        sub_sport=sub_sport,
        name=_text(activity.get("name"), NAME_CHARACTERS),
        utc_offset_s=_utc_offset_s(activity, started_s),
        device=device,
        totals=totals,
        laps=_laps(activity.get("laps"), started_s=tidied.started_epoch_s),
        notes=(*notes, *tidied.notes),
        record_count=len(raw.epoch_s),
        altitude_kind=kind,
        altitude_kind_by=kind_by,
        provenance=tidied.provenance,
    )


def _samples(
    streams: Mapping[str, list[Any]], *, started_s: float, sport: str | None
) -> tuple[RawSamples, tuple[Note, ...]]:
    """The columns of the known streams, and a note on each that is not as long as the times and so fits nowhere."""
    time_s = _column(streams.get("time", []))
    columns = {CHANNELS[key]: (key, _column(streams[key])) for key in CHANNELS if key in streams}
    if "latlng" in streams:
        lat_deg, lon_deg = _positions(streams["latlng"])
        columns |= {"lat_deg": ("latlng", lat_deg), "lon_deg": ("latlng", lon_deg)}
    fitting = {name: found for name, found in columns.items() if len(found[1]) == len(time_s)}
    notes = tuple(
        Note("value_out_of_range", count=len(column), detail=name)
        for name, (_, column) in columns.items()
        if name not in fitting and len(column)
    )
    raw = RawSamples(
        started_s + time_s,
        {name: both_feet(column, sport) if name == "cadence_spm" else column for name, (_, column) in fitting.items()},
        {name: f"streams.{key}" for name, (key, _) in fitting.items()},
    )
    return raw, notes


def _column(values: list[Any]) -> Column:
    """The values as numbers: NaN for null, infinity, which is out of any range, for what is none."""
    try:
        column = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        column = np.array([_number(value) for value in values], dtype=np.float64)
    return column if column.ndim == 1 else np.full(len(values), math.inf)


def _positions(values: list[Any]) -> tuple[Column, Column]:
    """Latitudes and longitudes of pairs; null, and what is no pair, is missing."""
    pairs = [value if isinstance(value, list) and len(value) == 2 else (None, None) for value in values]
    return _column([pair[0] for pair in pairs]), _column([pair[1] for pair in pairs])


def _number(value: object) -> float:
    if value is None:
        return math.nan
    return float(value) if isinstance(value, int | float) else math.inf


def _instant(value: object) -> float:
    """Seconds since 1970, NaN where the value is no time."""
    return float(epoch_seconds([value])[0]) if isinstance(value, str) else math.nan


def _text(value: object, most: int) -> str | None:
    return clean(value, most) if isinstance(value, str) else None


def _sport(activity: Document) -> Sport:
    """Strava's newer `sport_type` before its `type`; a run or ride on a trainer is one on the spot."""
    words = (activity.get("sport_type"), activity.get("type"))
    found = (sport_of(word) for word in words if isinstance(word, str))
    sport, sub_sport = next((known for known in found if known[0]), (None, None))
    if activity.get("trainer") is True and sub_sport is None:
        sub_sport = {"running": "treadmill", "cycling": "indoor_cycling"}.get(sport or "")
    return sport, sub_sport


def _totals(activity: Document) -> DeviceTotals:
    return DeviceTotals(
        distance_m=_stated(activity, "distance", most=MOST_DISTANCE_M),
        timer_s=_stated(activity, "moving_time", most=MOST_TIME_S),
        elapsed_s=_stated(activity, "elapsed_time", most=MOST_TIME_S),
        ascent_m=_stated(activity, "total_elevation_gain", most=MOST_ASCENT_M),
        heart_rate_avg_bpm=_stated(activity, "average_heartrate", most=MOST_HEART_RATE_BPM) or None,
        heart_rate_max_bpm=_stated(activity, "max_heartrate", most=MOST_HEART_RATE_BPM) or None,
    )


def _stated(document: Document, key: str, *, most: float) -> float | None:
    """A number that can be believed and is not negative, else None."""
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or believed(value, most) is None:
        return None
    return float(value)


def _laps(laps: object, *, started_s: float) -> tuple[Lap, ...]:
    """The laps that say when they began and how long they took, in that order."""
    made = []
    for lap in laps[:MOST_LAPS] if isinstance(laps, list) else ():
        if not isinstance(lap, dict):
            continue
        start_s, elapsed_s = _instant(lap.get("start_date")) - started_s, _stated(lap, "elapsed_time", most=MOST_TIME_S)
        if start_s >= 0 and elapsed_s is not None:
            end_s = round(start_s + elapsed_s, 3)
            metres = _stated(lap, "distance", most=MOST_DISTANCE_M)
            made.append(Lap(round(start_s, 3), end_s, metres, _stated(lap, "moving_time", most=MOST_TIME_S)))
    return tuple(sorted(made, key=lambda lap: lap.start_s))


def _utc_offset_s(activity: Document, started_s: float) -> int | None:
    """The local offset: stated, else by the local start (which Strava writes as if it were UTC), else by the zone."""
    stated = activity.get("utc_offset")
    ways = (
        float(stated) if isinstance(stated, int | float) else math.nan,
        _instant(activity.get("start_date_local")) - started_s,
        _zone_offset_s(activity.get("timezone"), started_s),
    )
    believed = (way for way in ways if OFFSETS_S[0] <= way <= OFFSETS_S[1] and way % QUARTER_S == 0)
    found = next(believed, None)
    return None if found is None else int(found)


def _zone_offset_s(zone: object, at_s: float) -> float:
    """The offset of a zone such as `(GMT+01:00) Europe/Berlin` at a moment, NaN where nobody knows it.

    The name decides: what stands in brackets is the offset in winter.
    """
    name = zone.rpartition(" ")[2] if isinstance(zone, str) else ""
    try:
        offset = moment(at_s).astimezone(ZoneInfo(name)).utcoffset()
    except (
        KeyError,
        ValueError,
        OSError,
        OverflowError,
    ):  # ZoneInfo's refusals: unknown, malformed, a folder; a year 0
        return math.nan
    return math.nan if offset is None else offset.total_seconds()


def sniff(head: bytes) -> int:
    """Sure of an object that names both parts near its beginning, nearly so of one that names one of them."""
    if not head.removeprefix(BOM).lstrip().startswith(b"{"):
        return 0
    return 50 * ((b'"activity"' in head) + (b'"streams"' in head))


FORMAT = Format(
    id="streams",
    title="Streams of a sync service (Strava)",
    extensions=(".json",),
    media_type="application/json",
    sniff=sniff,
    parse=parse,
)
