"""Runs that no event told of: the daily poll for lost ones, and the past of an athlete who has just connected."""

from __future__ import annotations

from datetime import timedelta

from service.sync.outgoing import Wire
from service.sync.provider import Connection, Event, Provider, Setup, Span

RECONCILE_DAYS = 30
BACKFILL_DAYS = 365


def spans(provider: Provider, span: Span) -> list[Span]:
    """The stretches in which a provider may be asked, newest first, no further back than it reaches."""
    since = span.since
    if provider.listed_days is not None:
        since = max(since, span.until - timedelta(days=provider.listed_days))
    step = timedelta(days=provider.window_days) if provider.window_days else span.until - since
    found, until = [], span.until
    while until > since:
        found.append(Span(max(since, until - step), until))
        until = found[-1].since
    return found


async def reconcile(provider: Provider, connection: Connection, setup: Setup, wire: Wire) -> list[Event]:
    """Every run of the last thirty days that the provider knows, as events.

    Those already there are dropped by their key, or as their file is wished only if unknown. Empty where a provider has
    no list; raises as `Wire.call` does.
    """
    return await backfill(provider, connection, setup, wire, days=RECONCILE_DAYS)


async def backfill(
    provider: Provider, connection: Connection, setup: Setup, wire: Wire, *, days: int = BACKFILL_DAYS
) -> list[Event]:
    """Every run of the last so many days, as far back as the provider gives them, each once."""
    if provider.listed is None:
        return []
    until = wire.now()
    found: dict[str, Event] = {}
    for span in spans(provider, Span(until - timedelta(days=days), until)):
        found |= {event.dedupe: event for event in await provider.listed(connection, setup, wire, span)}
    return list(found.values())
