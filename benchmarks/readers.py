"""How each reader turns the bytes of a FIT file into columns: ours, and its peers as their own pages tell it.

Runs in the environment of the peer, so a peer is imported only by its own function, and nothing of ours by theirs.
Each function takes bytes and gives nine float64 columns (fewer where the file has fewer): time, latitude, longitude,
altitude, distance, speed, heart rate, cadence, temperature.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

FIELDS = (
    ("timestamp",),
    ("position_lat",),
    ("position_long",),
    ("enhanced_altitude", "altitude"),
    ("distance",),
    ("enhanced_speed", "speed"),
    ("heart_rate",),
    ("cadence",),
    ("temperature",),
)
Columns = list[Any]


def _from_rows(rows: Sequence[Mapping[str, Any]], fields: Sequence[tuple[str, ...]] = FIELDS) -> Columns:
    columns = []
    for names in fields:
        values = [next((row[name] for name in names if row.get(name) is not None), None) for row in rows]
        if any(value is not None for value in values):
            columns.append(np.array([_number(value) for value in values], dtype=np.float64))
    return columns


def _number(value: Any) -> float:
    if value is None:
        return float("nan")
    return float(value.timestamp()) if hasattr(value, "timestamp") else float(value)


def crampwatch(data: bytes) -> Columns:
    """Ours: the decoder, checksums included."""
    from parsers.format import Limits  # noqa: PLC0415 - only where this reader lives
    from parsers.formats.fit import profile  # noqa: PLC0415 - only where this reader lives
    from parsers.formats.fit.messages import read  # noqa: PLC0415 - only where this reader lives
    from parsers.formats.fit.records import record_columns  # noqa: PLC0415 - only where this reader lives

    columns: Columns = []
    for file in read(data, Limits())[0]:
        if profile.RECORD in file:
            columns += [file.times(profile.RECORD), *record_columns(file.tables[profile.RECORD])[0].values()]
    return columns


def crampwatch_parse(data: bytes) -> Columns:
    """Ours: everything, from bytes to a tidied activity with laps, pauses and notes."""
    from parsers import parse  # noqa: PLC0415 - only where this reader lives

    return [activity.streams.time_s for activity in parse(data)]


def fitparse(data: bytes) -> Columns:
    """Fitparse and python-fitparse, which share a name: message by message."""
    from fitparse import FitFile  # noqa: PLC0415 - only where this reader lives

    return _from_rows([message.get_values() for message in FitFile(io.BytesIO(data)).get_messages("record")])


def fitdecode(data: bytes) -> Columns:
    """fitdecode: frame by frame."""
    import fitdecode as library  # noqa: PLC0415 - only where this reader lives

    with library.FitReader(io.BytesIO(data)) as reader:
        records = (frame for frame in reader if frame.frame_type == library.FIT_FRAME_DATA and frame.name == "record")
        return _from_rows([{field.name: field.value for field in frame.fields} for frame in records])


def garmin_fit_sdk(data: bytes) -> Columns:
    """Garmin's own SDK, with its defaults."""
    from garmin_fit_sdk import Decoder, Stream  # noqa: PLC0415 - only where this reader lives

    messages, _ = Decoder(Stream.from_byte_array(bytearray(data))).read()
    return _from_rows(cast("list[dict[str, Any]]", messages["record_mesgs"]))


def fitfast(data: bytes) -> Columns:
    """Fitfast (Rust): its columns, of which it makes all that the records have."""
    import fitfast as library  # noqa: PLC0415 - only where this reader lives

    return list(library.records(data).values())


def pyfitparsernative(data: bytes) -> Columns:
    """Pyfitparsernative (Rust): its messages, times as text that is still to be read."""
    import pyfitparsernative as library  # noqa: PLC0415 - only where this reader lives

    rows = [row for row in library.parse_fit_bytes(data) if row["message_type"] == "record"]
    times = np.array([row.get("timestamp") for row in rows], dtype="datetime64[s]").astype(np.float64)
    return [times, *_from_rows(rows, FIELDS[1:])]


READERS: dict[str, Callable[[bytes], Columns]] = {
    "crampwatch": crampwatch,
    "crampwatch, whole parse": crampwatch_parse,
    "fitparse": fitparse,
    "python-fitparse": fitparse,
    "fitdecode": fitdecode,
    "garmin-fit-sdk": garmin_fit_sdk,
    "fitfast": fitfast,
    "pyfitparsernative": pyfitparsernative,
}
