"""Webhooks at the services whose API manages them: made, shown, taken away, switched on again."""

from __future__ import annotations

import asyncio
import sys

from service import consents, settings
from service.cli.terminal import harmless, remark
from service.errors import BadSettings
from service.settings import Settings
from service.vault import Vault


def create(name: str) -> None:
    """Make the webhook and print the variables that it asks for. Raises BadSettings without a public address."""
    chosen, vault = _opened()
    if not chosen.public_url:
        raise BadSettings("CRAMPWATCH_PUBLIC_URL: has to be set, as the service is told to call that address")
    made = asyncio.run(consents.subscribe(vault, name, base_url=chosen.public_url))
    remark(f"{name} has the webhook {harmless(made.id)}. Set this and start everything anew:")
    sys.stdout.write("".join(f"{variable}={harmless(value)}\n" for variable, value in made.variables(name)))


def show(name: str) -> None:
    """Print the webhooks that the service has of our app."""
    _, vault = _opened()
    found = asyncio.run(consents.subscriptions(vault, name))
    for one in found:
        state = {True: "active", False: "switched off", None: ""}[one.active]
        sys.stdout.write("  ".join(harmless(part) for part in (one.id, one.url or "", state) if part) + "\n")
    if not found:
        remark(f"{name} has no webhook of this app.")


def delete(name: str, subscription_id: str) -> None:
    """Take a webhook away."""
    _, vault = _opened()
    asyncio.run(consents.unsubscribe(vault, name, subscription_id))
    remark(f"{name} sends nothing to that webhook any more.")


def activate(name: str) -> None:
    """Switch the webhook on again. Raises Conflict where the service knows no such call."""
    _, vault = _opened()
    asyncio.run(consents.activate(vault, name))
    remark(f"The webhook of {name} is active.")


def _opened() -> tuple[Settings, Vault]:
    chosen = settings.load()
    return chosen, Vault.of(chosen)
