"""What has to stay secret: the keys that tokens are stored under, and the sync services as they are set up here.

What no setting names is made at the first start and kept in a file of the data folder that only its owner may read.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from service.errors import BadSettings
from service.sync import Provider, Setup, Tokens, places_of, providers, settled
from service.sync.addresses import Place
from service.sync.tokens import Keyring, new_key

if TYPE_CHECKING:
    from datetime import datetime

    from service.settings import Settings
    from service.store.connections import ConnectionRow

FILE: Final = "secrets.json"


@dataclass(frozen=True, slots=True)
class Vault:
    """The keys, and each sync service that is on: its record and how it is set up."""

    keyring: Keyring = field(repr=False)
    services: Mapping[str, tuple[Provider, Setup]] = field(repr=False)
    off: tuple[str, ...] = ()
    subscribers: tuple[Place, ...] = ()
    """Where webhooks may go besides public https addresses."""

    @classmethod
    def of(cls, settings: Settings) -> Vault:
        """The vault of the settings; its file is made where it is not there. Raises BadSettings."""
        kept = _kept(settings.data_dir)
        try:
            keyring = Keyring.of((settings.secret_keys or kept["token_key"]).split(","))
        except ValueError as wrong:
            raise BadSettings(f"CRAMPWATCH_SECRET_KEYS: {wrong}") from None
        try:
            subscribers = places_of(settings.delivery_origins.split(","))
        except ValueError as wrong:
            raise BadSettings(f"CRAMPWATCH_DELIVERY_ORIGINS: {wrong}") from None
        services: dict[str, tuple[Provider, Setup]] = {}
        for name, provider in providers().items():
            given = settings.providers.get(name)
            if given is None:
                continue
            own = {"path_secret": kept["path_secrets"].get(name), "verify_token": kept["verify_token"]}
            filled = replace(given, **{key: value for key, value in own.items() if getattr(given, key) is None})
            setup = settled(provider, filled)
            if setup is not None:
                services[name] = (provider, setup)
        return cls(keyring, services, tuple(sorted(providers().keys() - services.keys())), subscribers)

    def lock(self, tokens: Tokens, *, athlete_id: str, provider: str) -> dict[str, Any]:
        """The tokens as they are stored: access, refresh, expires_at and scope by name."""
        bound = {"athlete_id": athlete_id, "provider": provider}
        return {
            "access": self.keyring.lock(tokens.access, **bound),
            "refresh": None if tokens.refresh is None else self.keyring.lock(tokens.refresh, **bound),
            "expires_at": tokens.expires_at,
            "scope": tokens.scope,
        }

    def unlock(
        self,
        *,
        athlete_id: str,
        provider: str,
        access: bytes | None,
        refresh: bytes | None,
        expires_at: datetime | None,
        scope: str | None,
    ) -> Tokens | None:
        """The tokens that `lock` was given; None where there are none. Raises CannotUnlock."""
        if access is None:
            return None
        bound = {"athlete_id": athlete_id, "provider": provider}
        opened = None if refresh is None else self.keyring.unlock(refresh, **bound)
        return Tokens(self.keyring.unlock(access, **bound), opened, expires_at, scope)

    def tokens_of(self, row: ConnectionRow) -> Tokens | None:
        """The tokens of a stored connection. Raises CannotUnlock."""
        return self.unlock(
            athlete_id=row.athlete_id,
            provider=row.provider,
            access=row.access_token,
            refresh=row.refresh_token,
            expires_at=row.expires_at,
            scope=row.scope,
        )


def _kept(folder: Path) -> dict[str, Any]:
    """What the file holds; it is made, whole and once, where it is not there."""
    path = folder / FILE
    if not path.exists():
        _make(folder)
    found: dict[str, Any] = orjson.loads(path.read_bytes())
    return found


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    made = {
        "token_key": new_key(),
        "path_secrets": {name: secrets.token_urlsafe(24) for name in sorted(providers())},
        "verify_token": secrets.token_urlsafe(24),
    }
    handle, name = tempfile.mkstemp(dir=folder)  # readable by its owner alone
    with os.fdopen(handle, "wb") as file:
        file.write(orjson.dumps(made, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(name, folder / FILE)  # of several that start at once, one wins
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
