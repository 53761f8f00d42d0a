"""Sync services: who they are, what they send, how their files are fetched, and how events go out. No database here.

A module of this folder with a `PROVIDER` record is a provider; nothing has to be registered. A door calls `receive`, a
worker `fetch` inside `with_tokens`, and asks `next_step` when that fails; see docs/sync/README.md.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from service.errors import BadSettings
from service.sync.consent import Begun, Granted, begin, exchange, refresh
from service.sync.failures import SyncError
from service.sync.keeping import kept
from service.sync.outgoing import client
from service.sync.past import backfill, reconcile
from service.sync.provider import Connection, Event, Fetched, Inbound, Provider, Reply, Setup, Tokens
from service.sync.reception import Received, is_address, receive, told_again
from service.sync.renewal import Keeper, with_tokens
from service.sync.setting_up import settled, wire
from service.sync.signing import new_secret, signed
from service.sync.vetting import Deliveries, places_of, vetted
from service.sync.waiting import Again, Breaker, Delivered, GiveUp, Unsubscribed, after_delivery, next_step

if TYPE_CHECKING:
    from service.settings import ProviderSettings

__all__ = [
    "Again",
    "Begun",
    "Breaker",
    "Connection",
    "Delivered",
    "Deliveries",
    "Event",
    "Fetched",
    "GiveUp",
    "Granted",
    "Inbound",
    "Keeper",
    "Provider",
    "Received",
    "Reply",
    "Setup",
    "SyncError",
    "Tokens",
    "Unsubscribed",
    "after_delivery",
    "backfill",
    "begin",
    "client",
    "configured",
    "exchange",
    "is_address",
    "kept",
    "new_secret",
    "next_step",
    "places_of",
    "providers",
    "receive",
    "reconcile",
    "refresh",
    "settled",
    "signed",
    "told_again",
    "vetted",
    "wire",
    "with_tokens",
]

SHARED = frozenset(
    {
        "addresses",
        "arrival",
        "consent",
        "content",
        "failures",
        "keeping",
        "outgoing",
        "past",
        "provider",
        "quotas",
        "reading",
        "reception",
        "renewal",
        "setting_up",
        "signing",
        "tokens",
        "vetting",
        "waiting",
    }
)
"""Modules that providers share; every other one must have a record."""


@cache
def providers() -> dict[str, Provider]:
    """Every provider of this folder by name. Raises RuntimeError on a missing record or a name not the file's."""
    found: dict[str, Provider] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        if module.name in SHARED:
            continue
        record = getattr(importlib.import_module(f"{__name__}.{module.name}"), "PROVIDER", None)
        if not isinstance(record, Provider):
            raise RuntimeError(f"{__name__}.{module.name} has no PROVIDER")  # noqa: TRY004 - a broken installation
        if record.name != module.name or record.name in found:
            raise RuntimeError(f"{__name__}.{module.name}: the name {record.name!r} is taken or is not the file's")
        found[record.name] = record
    return found


def configured(given: Mapping[str, ProviderSettings]) -> dict[str, Setup]:
    """The providers that are on, by name, each as it is set up; the others are off.

    Raises BadSettings, naming the variable, for a service that there is not and for what cannot be used.
    """
    strange = sorted(set(given) - set(providers()))
    if strange:
        raise BadSettings(f"CRAMPWATCH_{strange[0].upper()}_…: there is no such sync service")
    found = {name: settled(providers()[name], said) for name, said in given.items()}
    return {name: setup for name, setup in found.items() if setup is not None}
