"""Kept calls of sync services read again, as the present program understands them."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection

from service import sync
from service.errands import Enqueue, drain_of
from service.errors import BadCall
from service.store import inbox
from service.store.calls import CallRow
from service.store.inbox import NewEvent
from service.sync.failures import Rejected

_NAMES = tuple(spec.name for spec in fields(NewEvent))


def again(db: Connection, enqueue: Enqueue, call: CallRow, *, now: datetime) -> int:
    """How many events the call tells; they are in the inbox, and somebody is sent to work them off.

    Events that came before change nothing. Raises BadCall where the call cannot be read.
    """
    record = sync.providers().get(call.provider)
    if record is None:
        raise BadCall(f"No sync service is called {call.provider} any more.")
    kept = sync.Inbound(
        method="POST",
        path_secret="",
        received_at=call.received_at,
        body=call.body,
        headers=tuple((name, value) for name, value in call.headers),
    )
    try:
        events = sync.told_again(record, kept)
    except Rejected as refused:
        raise BadCall(refused.message) from refused
    inbox.add(db, [NewEvent(**{name: getattr(event, name) for name in _NAMES}) for event in events], now=now)
    if events:
        enqueue(db, drain_of(call.provider))
    return len(events)
