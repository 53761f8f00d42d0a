"""CPU time and bytes of a stored run: our stream codec beside the ways that need no codec.

    python -m benchmarks --only columns

Four hours at 1 Hz in eight channels, as integers on their stored scales. Beside ours: JSON with zstd (what a document
store would keep) and numpy's own compressed archive. Rounds are interleaved; a figure is the best of them. It is missed
where a stream takes more than 6 bytes a row or more than 2 ms to decode.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import orjson
import zstandard
from numpy.typing import NDArray

from benchmarks import report
from parsers.activity import UNITS_PER
from service.store import streams

ROWS = 14_400
ROUNDS = 15
MOST_BYTES_A_ROW = 6.0
MOST_DECODE_MS = 2.0

Columns = dict[str, NDArray[np.int32]]


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to keep the columns."""

    name: str
    encode: Callable[[Columns], bytes]
    decode: Callable[[bytes], object]


def made_run(rows: int = ROWS) -> Columns:
    """A run with noise in every channel, from a fixed seed."""
    rng = np.random.default_rng(4)
    second = np.arange(rows)
    speed = 3000 + np.cumsum(rng.normal(0, 20, rows)).clip(-800, 800)
    raw = {
        "time_s": 1000 * second,
        "distance_m": np.cumsum(speed / 10),
        "altitude_m": 20 * np.round(np.cumsum(rng.normal(0, 1.2, rows)) / 2) + 50_000,
        "speed_mps": speed,
        "heart_rate_bpm": 150 + np.cumsum(rng.integers(-1, 2, rows)).clip(-40, 30),
        "cadence_spm": 64 * (170 + rng.integers(-2, 3, rows)),
        "lat_deg": 560_000_000 + np.cumsum(250 + rng.normal(0, 12, rows)),
        "lon_deg": 90_000_000 + np.cumsum(180 + rng.normal(0, 12, rows)),
    }
    return {name: values.astype(np.int32) for name, values in raw.items()}


def _archive(columns: Columns) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **columns)
    return file.getvalue()


def _unarchive(blob: bytes) -> object:
    with np.load(io.BytesIO(blob)) as file:
        return {name: file[name] for name in file.files}


def _json(columns: Columns) -> bytes:
    return zstandard.compress(orjson.dumps(columns, option=orjson.OPT_SERIALIZE_NUMPY))


def _unjson(blob: bytes) -> object:
    plain = orjson.loads(zstandard.decompress(blob))
    return {name: np.array(values, np.int32) for name, values in plain.items()}


CODECS = (
    Codec("crampwatch", lambda made: streams.encode({k: (v, UNITS_PER[k]) for k, v in made.items()}), streams.decode),
    Codec("JSON and zstd", _json, _unjson),
    Codec("numpy archive", _archive, _unarchive),
)


def _cpu_ms(call: Callable[[], object]) -> float:
    begun = time.process_time()
    call()
    return 1000 * (time.process_time() - begun)


def measure() -> dict[str, tuple[float, float, float]]:
    """Bytes a row, and the best CPU milliseconds to encode and to decode, by codec."""
    made = made_run()
    blobs = {codec.name: codec.encode(made) for codec in CODECS}
    spent: dict[str, list[tuple[float, float]]] = {codec.name: [] for codec in CODECS}
    for _ in range(ROUNDS):
        for codec in CODECS:
            encode_ms = _cpu_ms(partial(codec.encode, made))
            spent[codec.name].append((encode_ms, _cpu_ms(partial(codec.decode, blobs[codec.name]))))
    return {
        name: (len(blobs[name]) / ROWS, min(e for e, _ in rounds), min(d for _, d in rounds))
        for name, rounds in spent.items()
    }


def missed(found: dict[str, tuple[float, float, float]]) -> tuple[str, ...]:
    """What of ours is over its limit."""
    row_bytes, _, decode_ms = found["crampwatch"]
    lines = []
    if row_bytes > MOST_BYTES_A_ROW:
        lines.append(f"{row_bytes:.2f} bytes a row, at most {MOST_BYTES_A_ROW:g} wanted")
    if decode_ms > MOST_DECODE_MS:
        lines.append(f"{decode_ms:.2f} ms to decode, at most {MOST_DECODE_MS:g} wanted")
    return tuple(lines)


def table(found: dict[str, tuple[float, float, float]]) -> str:
    """The figures as a Markdown table."""
    _, our_encode_ms, our_decode_ms = found["crampwatch"]
    lines = ["| codec | bytes a row | encode, CPU ms | times ours | decode, CPU ms | times ours |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for name, (row_bytes, encode_ms, decode_ms) in found.items():
        lines.append(
            f"| {name} | {row_bytes:.2f} | {encode_ms:.2f} | {encode_ms / our_encode_ms:.1f} "
            f"| {decode_ms:.2f} | {decode_ms / our_decode_ms:.1f} |"
        )
    lines.append(f"| at most, for ours | {MOST_BYTES_A_ROW:g} | | | {MOST_DECODE_MS:g} | |")
    return "\n".join(lines)


def run(*, rounds: int, write: bool) -> report.Outcome:  # noqa: ARG001 - one way to call them all
    """Every codec in turn."""
    found = measure()
    return report.Outcome(table(found), missed(found))
