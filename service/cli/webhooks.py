"""`crampwatch webhooks`: where each sync service is to call, secrets included, for whoever sets it there."""

from __future__ import annotations

import sys


def command() -> None:
    """Print the webhook address of each sync service that is on, and say which are off. They hold secrets."""
    from service import consents, settings  # noqa: PLC0415 - the services are loaded by the commands that need them
    from service.cli.terminal import harmless, remark  # noqa: PLC0415 - likewise
    from service.vault import Vault  # noqa: PLC0415 - likewise

    chosen = settings.load()
    vault = Vault.of(chosen)
    base_url = chosen.public_url or f"http://{chosen.host}:{chosen.port}"
    for name, (_, setup) in sorted(vault.services.items()):
        sys.stdout.write(f"{name}  {harmless(consents.webhook_address(base_url, name, setup))}\n")
    if not chosen.public_url:
        remark("CRAMPWATCH_PUBLIC_URL is not set: from outside the beginning of the addresses is another.")
    if vault.off:
        remark(f"Off, as not all that they need is set: {', '.join(vault.off)}.")
