"""Files to measure on: a four-hour run as a watch would write it, made at once with numpy."""

from __future__ import annotations

import struct

import numpy as np
from fastcrc import crc16

BEGAN = 1_100_000_000  # seconds of the FIT clock: November 2024
SEMICIRCLES_PER_DEG = 2.0**31 / 180.0

_RECORD = (
    ("timestamp", 253, 0x86, "<u4"),
    ("position_lat", 0, 0x85, "<i4"),
    ("position_long", 1, 0x85, "<i4"),
    ("distance", 5, 0x86, "<u4"),
    ("enhanced_speed", 73, 0x86, "<u4"),
    ("enhanced_altitude", 78, 0x86, "<u4"),
    ("accumulated_power", 29, 0x86, "<u4"),
    ("power", 7, 0x84, "<u2"),
    ("vertical_oscillation", 39, 0x84, "<u2"),
    ("stance_time", 41, 0x84, "<u2"),
    ("step_length", 85, 0x84, "<u2"),
    ("heart_rate", 3, 0x02, "u1"),
    ("cadence", 4, 0x02, "u1"),
    ("temperature", 13, 0x01, "i1"),
    ("fractional_cadence", 53, 0x02, "u1"),
)


def steady_run(seconds: int) -> bytes:
    """A FIT activity of one record a second, 41 bytes each, with the channels that a watch of today writes."""
    at = np.arange(seconds)
    rows = np.zeros(seconds, dtype=[("head", "u1"), *((name, code) for name, _, _, code in _RECORD)])
    speed_mps = 3.0 + 0.3 * np.sin(at / 60.0)
    distance_m = np.cumsum(speed_mps)
    rows["head"] = 1
    rows["timestamp"] = BEGAN + at
    rows["position_lat"] = (48.0 + distance_m / 111_195.0) * SEMICIRCLES_PER_DEG
    rows["position_long"] = (11.0 + 0.001 * np.sin(at / 300.0)) * SEMICIRCLES_PER_DEG
    rows["distance"] = distance_m * 100.0
    rows["enhanced_speed"] = speed_mps * 1000.0
    rows["enhanced_altitude"] = (500.0 + 20.0 * np.sin(at / 600.0) + 500.0) * 5.0
    rows["accumulated_power"] = 250 * at
    rows["power"] = 250 + 20 * np.sin(at / 30.0)
    rows["vertical_oscillation"], rows["stance_time"], rows["step_length"] = 850, 2500, 11000
    rows["heart_rate"] = 145 + 10 * np.sin(at / 200.0)
    rows["cadence"], rows["temperature"], rows["fractional_cadence"] = 85, 18, at % 2 * 64
    return _file(
        _opening()
        + _definition(1, 20, [(number, base, code) for _, number, base, code in _RECORD])
        + rows.tobytes()
        + _closing(seconds, float(distance_m[-1]))
    )


def _opening() -> bytes:
    file_id = _definition(0, 0, [(0, 0x00, "u1"), (1, 0x84, "<u2"), (2, 0x84, "<u2"), (4, 0x86, "<u4")])
    event = _definition(2, 21, [(253, 0x86, "<u4"), (0, 0x00, "u1"), (1, 0x00, "u1"), (3, 0x86, "<u4")])
    return (
        file_id + b"\0" + struct.pack("<BHHI", 4, 1, 3113, BEGAN) + event + b"\2" + struct.pack("<IBBI", BEGAN, 0, 0, 0)
    )


def _closing(seconds: int, distance_m: float) -> bytes:
    summary = [(253, 0x86, "<u4"), (2, 0x86, "<u4"), (7, 0x86, "<u4"), (8, 0x86, "<u4"), (9, 0x86, "<u4")]
    values = struct.pack("<5I", BEGAN + seconds, BEGAN, seconds * 1000, seconds * 1000, round(distance_m * 100))
    lap = _definition(3, 19, summary) + b"\3" + values
    session = _definition(4, 18, [*summary, (5, 0x00, "u1"), (6, 0x00, "u1")]) + b"\4" + values + b"\1\0"
    stop = b"\2" + struct.pack("<IBBI", BEGAN + seconds - 1, 0, 4, 0)
    activity = _definition(5, 34, [(253, 0x86, "<u4"), (0, 0x86, "<u4"), (1, 0x84, "<u2"), (5, 0x86, "<u4")])
    return (
        stop + lap + session + activity + b"\5" + struct.pack("<IIHI", BEGAN + seconds, seconds * 1000, 1, BEGAN + 3600)
    )


def _definition(local: int, number: int, fields: list[tuple[int, int, str]]) -> bytes:
    sizes = [np.dtype(code).itemsize for _, _, code in fields]
    triples = b"".join(bytes((field, size, base)) for (field, base, _), size in zip(fields, sizes, strict=True))
    return bytes((0x40 | local, 0, 0)) + struct.pack("<HB", number, len(fields)) + triples


def _file(body: bytes) -> bytes:
    header = struct.pack("<BBHI4s", 14, 0x20, 2195, len(body), b".FIT")
    whole = header + struct.pack("<H", crc16.arc(header)) + body
    return whole + struct.pack("<H", crc16.arc(whole))
