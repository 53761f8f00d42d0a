"""Which records are of the same run: a plain function of what is known of each, the same in any order.

Two records are twins where they share most of their time, go about as far, and are of one kind of sport. A run is
everything that is connected by twins, so it does not matter which record came first; the richest is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from parsers import Activity
from service.store.records import RecordRow

SHARED_TIME: Final = 0.8
"""Share of the shorter record's time that both cover, at least."""

DISTANCE_WITHIN: Final = 0.10
"""By how much of the longer the distances may differ."""

_FORMATS: Final[Mapping[str, int]] = MappingProxyType({"fit": 0, "tcx": 1, "gpx": 2, "streams": 3})
_MOST_CHANNELS: Final = 99


def rank(run: Activity) -> int:
    """The place of a record among its twins, the richest lowest: by format, then by how many channels it brings.

    What was worked out of other channels does not count. Ties are told apart by the hash of the file (`shown`).
    """
    brought = sum(not run.provenance.get(name, "").startswith("derived") for name, _ in run.streams.items())
    channels = min(brought, _MOST_CHANNELS)
    return _FORMATS.get(run.format, len(_FORMATS)) * (_MOST_CHANNELS + 1) + _MOST_CHANNELS - channels


def are_twins(one: RecordRow, other: RecordRow) -> bool:
    """Whether two records are of the same run. Where a distance is not known, nothing is claimed."""
    if one.apart or other.apart or one.family != other.family:
        return False
    shared = min(one.ended_at, other.ended_at) - max(one.started_at, other.started_at)
    shorter = min(one.ended_at - one.started_at, other.ended_at - other.started_at)
    if shared.total_seconds() <= 0 or shared < SHARED_TIME * shorter:
        return False
    if one.distance_m is None or other.distance_m is None:
        return False
    longer_m = max(one.distance_m, other.distance_m)
    return abs(one.distance_m - other.distance_m) <= DISTANCE_WITHIN * longer_m


def runs_of(records: Iterable[RecordRow]) -> list[tuple[RecordRow, ...]]:
    """The records, those of one run together, the richest of each first."""
    left = sorted(records, key=_order)
    runs: list[tuple[RecordRow, ...]] = []
    while left:
        run, frontier = [left.pop(0)], 0
        while frontier < len(run):
            near = [record for record in left if are_twins(run[frontier], record)]
            left = [record for record in left if record not in near]
            run += near
            frontier += 1
        runs.append(tuple(sorted(run, key=_order)))
    return runs


def shown(records: Iterable[RecordRow]) -> RecordRow:
    """The richest of the records."""
    return min(records, key=_order)


def _order(record: RecordRow) -> tuple[int, str, int]:
    return record.rank, record.sha256, record.part
