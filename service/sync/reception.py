"""One call to our webhook address, from its bytes to events: path, handshake, proof, events, answer.

The boundary of the room: whatever strangers send, an answer and events come out, or Rejected; never another exception.
The caller stores the events before it gives the answer, and answers 5xx only where it could not.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.sync import reading
from service.sync.failures import Rejected
from service.sync.provider import Event, Inbound, Provider, Reply, Setup

MOST_EVENTS = 50_000


@dataclass(frozen=True, slots=True)
class Received:
    """The answer, and what it is the answer to: no events where the call was a handshake or told nothing of use."""

    reply: Reply
    events: tuple[Event, ...] = ()


def is_address(setup: Setup, path_secret: str) -> bool:
    """Whether the last part of a webhook address is that of this installation."""
    return reading.same(path_secret, setup.path_secret)


def receive(provider: Provider, setup: Setup | None, inbound: Inbound) -> Received:
    """The events of a call and its answer. Raises Rejected and nothing else.

    `setup` None: the provider is off, and its address looks like one that does not exist. Wide on purpose: everything
    here was written by strangers. What escapes is our mistake all the same, so its cause stays chained, to be counted.
    """
    try:
        return _received(provider, setup, inbound)
    except Rejected:
        raise
    except Exception as stray:
        raise Rejected(400, "The call is malformed.") from stray


def _received(provider: Provider, setup: Setup | None, inbound: Inbound) -> Received:
    if setup is None or not is_address(setup, inbound.path_secret):
        raise Rejected(404, "There is nothing here.")
    if len(inbound.body) > provider.max_body_bytes:
        raise Rejected(413, "The body is larger than this service sends.")
    if provider.handshake is not None:
        reply = provider.handshake(inbound, setup)
        if reply is not None:
            return Received(reply)
    if inbound.method != "POST":
        raise Rejected(405, "Events come by POST.")
    provider.verify(inbound, setup)
    return Received(provider.ack, _events(provider, inbound))


def told_again(provider: Provider, kept: Inbound) -> tuple[Event, ...]:
    """The events of a call that was kept (`keeping.kept`), as this program reads them. Raises Rejected alone.

    Nothing is proved again: it was when the call came.
    """
    try:
        return _events(provider, kept)
    except Rejected:
        raise
    except Exception as stray:
        raise Rejected(400, "The call is malformed.") from stray


def _events(provider: Provider, inbound: Inbound) -> tuple[Event, ...]:
    events = tuple({event.dedupe: event for event in provider.events(inbound)}.values())
    if len(events) > MOST_EVENTS:
        raise Rejected(413, "The body holds more events than any service sends at once.")
    return events
