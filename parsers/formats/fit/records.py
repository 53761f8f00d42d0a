"""Record messages to raw samples: which field fills which column, and from where it came."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from parsers.activity import Column
from parsers.formats.fit import profile
from parsers.formats.fit.columns import Table
from parsers.formats.fit.profile import RECORD_FIELDS

_SPEED_SCALE, _DISTANCE_SCALE = 100.0, 16.0
_TWELVE_BITS = 1 << 12


def record_columns(table: Table) -> tuple[dict[str, Column], dict[str, str]]:
    """The columns of Streams that the records fill, NaN where missing, and the provenance of each.

    Cadence counts as the device counts (one foot, or a crank); a column that is missing throughout is not there.
    """
    columns: dict[str, Column] = {}
    provenance: dict[str, str] = {}
    for field in RECORD_FIELDS:
        column = table.column(field.number, scale=field.scale, offset=field.offset)
        if column is not None:
            fill(columns, provenance, field.column, column, f"record.{field.name}")
    _add_compressed(table, columns, provenance)
    if provenance.get("cadence_spm") == "record.cadence":
        fraction = table.column(profile.FRACTIONAL_CADENCE.number, scale=profile.FRACTIONAL_CADENCE.scale)
        if fraction is not None:
            columns["cadence_spm"] = columns["cadence_spm"] + np.nan_to_num(fraction)
    return columns, provenance


def fill(columns: dict[str, Column], provenance: dict[str, str], name: str, column: Column, source: str) -> None:
    """Take the column where there is none yet; else let it serve where the one before it is silent.

    A heart rate of 0 is silence, too.
    """
    silent = np.isnan(column)
    if silent.all():
        return
    if name not in columns:
        columns[name], provenance[name] = column, source
        return
    wanted = np.isnan(columns[name]) & ~silent
    if wanted.any():
        columns[name] = np.where(wanted, column, columns[name])
        provenance[name] += f"+{source}"


def _add_compressed(table: Table, columns: dict[str, Column], provenance: dict[str, str]) -> None:
    """Speed and distance of old foot pods: twelve bits each in three bytes, the distance running on modulo 4096."""
    packed = table.matrix(profile.COMPRESSED_SPEED_DISTANCE)
    if packed is None or packed.shape[1] < 3:
        return
    low, middle, high = _bytes(packed)
    known = ~np.isnan(packed[:, :3]).all(axis=1)
    speed = np.where(known, (low + (middle & 15) * 256) / _SPEED_SCALE, np.nan)
    ticks = ((middle >> 4) + high * 16)[known]
    distance = np.full(len(packed), np.nan)
    if len(ticks):
        distance[known] = (ticks[0] + np.cumsum(np.diff(ticks, prepend=ticks[0]) % _TWELVE_BITS)) / _DISTANCE_SCALE
    fill(columns, provenance, "speed_mps", speed, "record.compressed_speed_distance")
    fill(columns, provenance, "distance_m", distance, "record.compressed_speed_distance")


def _bytes(packed: Column) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    whole = np.nan_to_num(np.clip(packed[:, :3], 0.0, 255.0), nan=255.0).astype(np.int64)
    return whole[:, 0], whole[:, 1], whole[:, 2]
