"""Stored streams, and the Activity that they give back, bit for bit as its file gave it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parsers import Activity
from service import examine
from service.examine import Examined
from service.store import streams
from service.store.activities import ActivityRow
from service.store.blobs import Blobs, digest_of, streams_key


def restore(blobs: Blobs, row: ActivityRow, *, state: Mapping[str, Any]) -> Activity:
    """The Activity as it was parsed, out of its stored streams and state."""
    return examine.restore(dict(state), columns_of(blobs, row))


def columns_of(blobs: Blobs, row: ActivityRow) -> examine.Encoded:
    """Every stored stream of an activity, grade and grade-adjusted speed among them."""
    return streams.decode(blobs.get(streams_key(row.athlete_id, row.id, row.streams_digest)))


def put_streams(blobs: Blobs, athlete_id: str, activity_id: str, found: Examined) -> str:
    """The digest of the stored streams, now in their blob."""
    packed = streams.encode(found.columns)
    digest = digest_of(packed)
    blobs.put(streams_key(athlete_id, activity_id, digest), packed)
    return digest
