"""From an answer to a fetched file, judged by its content alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.sync import content, reading
from service.sync.failures import NotReady, SyncError
from service.sync.provider import Event, Fetched

TEMPERATURES_C = (-60.0, 60.0)


def watch_file(body: bytes, event: Event, *, otherwise: SyncError | None = None) -> Fetched:
    """The file that the bytes are, with what the event says of the run.

    Raises `otherwise`, unless given NotReady, where they are none: a 200 with an apology or an empty body is common.
    """
    data = content.plain(body)
    kind = content.kind_of(data)
    if kind is None:
        raise otherwise or NotReady("The service answered with something that is no watch file yet.")
    return Fetched(f"{event.activity or 'activity'}.{kind}", data, kind, **about(event.hint))


def about(hint: Mapping[str, Any]) -> dict[str, Any]:
    """Title, sport and weather, as far as an event told them."""
    temperature_c = reading.number(hint.get("temperature_c"))
    believed = temperature_c is not None and TEMPERATURES_C[0] <= temperature_c <= TEMPERATURES_C[1]
    return {
        "title": reading.words(hint.get("title")),
        "sport": reading.words(hint.get("sport")),
        "conditions": {"temperature_c": temperature_c} if believed else {},
    }
