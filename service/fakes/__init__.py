"""Sync services to play with: a small server a provider that speaks its protocol over real HTTP on loopback.

For tests and for `crampwatch demo --sync`, written apart from `service.sync` on purpose: a fake that shared its code
would share its mistakes. Nothing but the command line and tests may import it.
"""

from __future__ import annotations

from collections.abc import Mapping

from service.fakes.coros import FakeCoros
from service.fakes.garmin import FakeGarmin
from service.fakes.intervals import FakeIntervals
from service.fakes.playing import Fake
from service.fakes.polar import FakePolar
from service.fakes.sender import Attempt, deliver
from service.fakes.server import Answer, Request, Server
from service.fakes.standard import FakeStandard
from service.fakes.strava import FakeStrava
from service.fakes.suunto import FakeSuunto
from service.fakes.wahoo import FakeWahoo

FAKES: Mapping[str, type[Fake]] = {
    fake.name: fake
    for fake in (FakeStrava, FakeGarmin, FakePolar, FakeSuunto, FakeWahoo, FakeCoros, FakeIntervals, FakeStandard)
}
"""Every fake by the provider's name."""

__all__ = ["FAKES", "Answer", "Attempt", "Fake", "Request", "Server", "deliver"]
