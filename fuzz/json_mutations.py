"""Activities as sync services send them, in JSON: `{"activity": {…}, "streams": {…}}` changed value by value.

The seeds are made here from runs, as no service's answers may be kept: keyed streams, and what a list of streams or an
activity without some of its fields looks like.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from fixtures.runs import SCENARIOS, Run, Samples, samples

MOST_POINTS = 150
VALUES: tuple[Any, ...] = (
    None, 0, -0.0, 1, -1, 0.5, 1e-320, 1e308, 2**31, 2**53 + 1, 2**63, -(2**63), 10**30, float("nan"), float("inf"),
    True, False, "", "5", "nan", "x" * 5000, "2020-01-01T00:00:00Z", "2020-01-01", "9999-12-31T23:59:59Z", "\ud800",
    "\0", [], [[]], {}, [None], [1, 2, 3], {"data": []}, {"data": [1]}, [[1, 2]], [[1], [2, 3, 4]], [[None, None]],
    10**400,
)  # fmt: skip
KEYS = (
    "activity", "streams", "data", "time", "latlng", "distance", "altitude", "velocity_smooth", "heartrate",
    "cadence", "watts", "temp", "moving", "grade_smooth", "start_date", "start_date_local", "utc_offset", "type",
    "sport_type", "name", "id", "elapsed_time", "moving_time", "series_type", "original_size", "resolution",
    "device_name", "",
)  # fmt: skip
LITERALS = (
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"1E400",
    b"-0",
    b"01",
    b"0x1",
    b"'a'",
    b"9" * 4000,
    b'"\\ud800"',
    b'"\\u0000"',
    b"tru",
)

Document = Any


def seeds() -> list[Document]:
    """What a service would send of a few runs, keyed, as a list, and with streams missing."""
    runs = [scenario.run for scenario in list(SCENARIOS.values())[:8]]
    keyed = [_document(run, samples(run)) for run in runs]
    listed = copy.deepcopy(keyed[0])
    listed["streams"] = [{"type": name, **stream} for name, stream in listed["streams"].items()]
    bare = {"activity": {"start_date": "2026-05-03T06:00:00Z"}, "streams": {"time": {"data": [0, 1, 90]}}}
    return [*keyed, listed, bare, {**keyed[1], "activity": {}}, {"activity": keyed[2]["activity"], "streams": {}}]


def _document(run: Run, got: Samples) -> Document:
    columns = {
        "time": got.time_s,
        "distance": got.distance_m,
        "altitude": got.altitude_m,
        "velocity_smooth": got.speed_mps,
        "heartrate": got.heart_rate_bpm,
        "cadence": None if got.cadence_spm is None else got.cadence_spm / 2,
        "temp": got.temperature_c,
    }
    streams: dict[str, Any] = {name: _stream(_listed(column)) for name, column in columns.items() if column is not None}
    if got.lat_deg is not None and got.lon_deg is not None:
        pairs = zip(_listed(got.lat_deg), _listed(got.lon_deg), strict=True)
        streams["latlng"] = _stream([[lat, lon] for lat, lon in pairs])
    streams["moving"] = _stream([True] * len(streams["time"]["data"]))
    activity = {
        "id": 16234567890,
        "name": "Morning run",
        "type": "Run",
        "sport_type": "TrailRun" if run.sub_sport == "trail" else "Run",
        "start_date": run.started_at.isoformat().replace("+00:00", "Z"),
        "start_date_local": run.started_at.replace(tzinfo=None).isoformat() + "Z",
        "utc_offset": 7200.0,
        "timezone": "(GMT+01:00) Europe/Vienna",
        "distance": float(got.distance_m[-1]),
        "elapsed_time": int(got.elapsed_s),
        "moving_time": int(got.timer_s),
        "total_elevation_gain": 12.0,
        "average_heartrate": 150.2,
        "device_name": "Watch",
    }
    return {"activity": activity, "streams": streams}


def _listed(column: np.ndarray) -> list[float | None]:
    rows = np.unique(np.linspace(0, len(column) - 1, MOST_POINTS).astype(int)) if len(column) > MOST_POINTS else ...
    return [None if np.isnan(value) else round(float(value), 6) for value in column[rows]]


def _stream(data: list[Any]) -> dict[str, Any]:
    return {"data": data, "series_type": "distance", "original_size": len(data), "resolution": "high"}


def mutated(documents: list[Document], rng: Random) -> bytes:
    """A document made of one of the seeds and a few changes, as bytes."""
    document = copy.deepcopy(rng.choice(documents))
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 5, 9))):
        rng.choice(CHANGES)(document, rng)
    try:
        text = json.dumps(
            document, ensure_ascii=rng.random() < 0.5, separators=(",", ":") if rng.random() < 0.5 else None
        )
    except ValueError:  # an integer of more digits than Python writes
        text = json.dumps({"activity": {}, "streams": {}})
    return _written(text, rng)


def _written(text: str, rng: Random) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.05:
        data = text.encode(rng.choice(("utf-8-sig", "utf-16", "utf-16-le", "utf-32")), "surrogatepass")
    if rng.random() < 0.1:
        at = rng.randrange(len(data) + 1)
        data = data[:at] + rng.choice(LITERALS) + data[at:]
    if rng.random() < 0.06:
        data = data.replace(b"[", b"[" * rng.choice((2, 1200, 100_000)), 1)
    if rng.random() < 0.06:
        data = data[: rng.randrange(len(data) + 1)]
    if rng.random() < 0.06:
        scratched = bytearray(data)
        for _ in range(rng.randrange(1, 6)):
            if scratched:
                scratched[rng.randrange(len(scratched))] = rng.randrange(256)
        data = bytes(scratched)
    return data


def _branch(document: Document, rng: Random) -> tuple[Any, Any]:
    """A container of the document, and one of its keys or places; (None, None) where all are empty."""
    at, key = document, None
    for _ in range(rng.choice((1, 2, 2, 3, 4, 5))):
        keys = list(at) if isinstance(at, dict) else range(len(at))
        if not keys:
            break
        chosen = rng.choice(keys)
        key, parent = chosen, at
        at = at[chosen]
        if not isinstance(at, dict | list):
            return parent, key
    return (parent, key) if key is not None else (None, None)


def _change_value(document: Document, rng: Random) -> None:
    parent, key = _branch(document, rng)
    if parent is not None:
        parent[key] = copy.deepcopy(rng.choice(VALUES))


def _change_stretch(document: Document, rng: Random) -> None:
    """Many values of one list."""
    parent, _ = _branch(document, rng)
    if isinstance(parent, list) and parent:
        value = rng.choice(VALUES)
        for at in range(rng.randrange(len(parent)), len(parent), rng.choice((1, 1, 2, 7))):
            parent[at] = copy.deepcopy(value)


def _drop(document: Document, rng: Random) -> None:
    parent, key = _branch(document, rng)
    if parent is not None:
        del parent[key]


def _add(document: Document, rng: Random) -> None:
    parent, _ = _branch(document, rng)
    value = copy.deepcopy(rng.choice(VALUES))
    if isinstance(parent, dict):
        parent[rng.choice(KEYS)] = value
    elif isinstance(parent, list):
        parent.insert(rng.randrange(len(parent) + 1), value)


def _rename(document: Document, rng: Random) -> None:
    parent, key = _branch(document, rng)
    if isinstance(parent, dict):
        parent[rng.choice(KEYS)] = parent.pop(key)


def _disorder(document: Document, rng: Random) -> None:
    parent, _ = _branch(document, rng)
    if isinstance(parent, list):
        rng.choice((rng.shuffle, list.reverse, list.clear))(parent)


def _cut_list(document: Document, rng: Random) -> None:
    parent, key = _branch(document, rng)
    if isinstance(parent, list):
        del parent[key:]


CHANGES: tuple[Callable[[Document, Random], None], ...] = (
    _change_value,
    _change_value,
    _change_value,
    _change_stretch,
    _drop,
    _add,
    _rename,
    _disorder,
    _cut_list,
)
