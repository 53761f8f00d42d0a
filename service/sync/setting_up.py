"""From what the operator said to what a provider works with: its own addresses filled in, its line laid, on or off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import httpx

from service.errors import BadSettings
from service.sync.addresses import Place
from service.sync.outgoing import Wire
from service.sync.provider import Provider, Setup

if TYPE_CHECKING:
    from service.settings import ProviderSettings

PATH_SECRET = re.compile(r"[A-Za-z0-9_-]{1,200}")


def settled(provider: Provider, given: ProviderSettings) -> Setup | None:
    """The provider as it is set up, or None: a secret that it needs is not set, so it is off.

    Raises BadSettings, naming the variable, for an address or a secret that cannot be used.
    """
    api_url = (given.api_url or provider.api_url).rstrip("/")
    token_url = given.token_url or provider.token_url
    setup = Setup(
        client_id=given.client_id,
        client_secret=given.client_secret,
        webhook_secrets=given.webhook_secrets,
        path_secret=given.path_secret,
        verify_token=given.verify_token,
        subscription_id=given.subscription_id,
        subscription_key=given.subscription_key,
        signing_secret=given.signing_secret,
        authorization=given.authorization,
        api_url=api_url,
        token_url=token_url,
        authorize_url=given.authorize_url or provider.authorize_url,
        deauthorize_url=given.deauthorize_url
        or provider.deauthorize_url.format(api=api_url, oauth=token_url.rpartition("/")[0]),
        files=given.origins or _own_files(provider, api_url),
    )
    _refuse(provider, setup)
    return setup if all(getattr(setup, name) for name in provider.needs) else None


def wire(
    provider: Provider,
    setup: Setup,
    http: httpx.AsyncClient,
    *,
    now: Callable[[], datetime],
    spent: Callable[[float], None] | None = None,
) -> Wire:
    """The line to a provider over a client. Its own list of files may be exact; the operator's is one of prefixes."""
    exact = provider.exact_files and setup.files == _own_files(provider, setup.api_url)
    calls = (setup.api_url, setup.deauthorize_url)
    return Wire(
        http,
        now,
        api=(*_places(calls), *_token_places(setup.token_url)),
        files=_places(setup.files, exact=exact),
        quota=provider.quota,
        spent=spent,
    )


def _own_files(provider: Provider, api_url: str) -> tuple[str, ...]:
    return tuple(each.format(api=api_url) for each in provider.files)


def _places(texts: Iterable[str], *, exact: bool = False) -> tuple[Place, ...]:
    return tuple(Place.of(text, exact=exact) for text in texts if text)


def _token_places(token_url: str) -> tuple[Place, ...]:
    """The folder of the token endpoint, where some providers have their renewal as well."""
    return (Place.of(token_url.rpartition("/")[0] + "/"),) if token_url else ()


def _refuse(provider: Provider, setup: Setup) -> None:
    prefix = f"CRAMPWATCH_{provider.name.upper()}_"
    named = (
        ("API_URL", setup.api_url),
        ("TOKEN_URL", setup.token_url),
        ("AUTHORIZE_URL", setup.authorize_url),
        ("DEAUTHORIZE_URL", setup.deauthorize_url),
        *(("ORIGINS", origin) for origin in setup.files),
    )
    for name, text in named:
        try:
            _places((text,))
        except ValueError as wrong:
            raise BadSettings(f"{prefix}{name}: {wrong}") from None
    if setup.path_secret is not None and not PATH_SECRET.fullmatch(setup.path_secret):
        raise BadSettings(f"{prefix}PATH_SECRET: letters, digits, - and _ only, as it is a part of an address")
    wrong_secret = provider.refuse(setup) if provider.refuse else None
    if wrong_secret:
        raise BadSettings(f"{prefix}{wrong_secret}")
