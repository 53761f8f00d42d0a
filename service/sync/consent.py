"""The athlete's consent: the address to send the browser to, the code for tokens, a refreshed token for an old one.

The state and the PKCE verifier are made here and kept by the caller until the browser comes back.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson

from service.errors import BadCall
from service.sync import reading
from service.sync.failures import NeedsReauth, ProviderDown
from service.sync.outgoing import Answer, Wire
from service.sync.provider import OAuth, Provider, Setup, Tokens

LONGEST_TOKEN = 8192
LONGEST_LIFE_S = 100 * 366 * 86400


@dataclass(frozen=True, slots=True)
class Begun:
    """An authorisation that a browser was sent off to: `state` comes back with it, `verifier` is for the exchange."""

    url: str
    state: str = field(repr=False)
    verifier: str | None = field(default=None, repr=False)


def begin(provider: Provider, setup: Setup, *, redirect_uri: str) -> Begun:
    """Where to send the athlete, with a fresh state. Raises BadCall where the provider has no OAuth."""
    oauth = _oauth(provider)
    state = secrets.token_urlsafe(32)
    verifier = secrets.token_urlsafe(64) if oauth.pkce else None
    query = {
        "response_type": "code",
        "client_id": setup.client_id or "",
        "redirect_uri": redirect_uri,
        "scope": oauth.scope,
        "state": state,
        **oauth.extra,
        **({"code_challenge": _challenge(verifier), "code_challenge_method": "S256"} if verifier else {}),
    }
    return Begun(
        f"{setup.authorize_url}?{urlencode({key: text for key, text in query.items() if text})}", state, verifier
    )


@dataclass(frozen=True, slots=True)
class Granted:
    """What came of it: the tokens, and whose they are there."""

    tokens: Tokens
    user: str


async def exchange(
    provider: Provider,
    setup: Setup,
    wire: Wire,
    *,
    code: str,
    redirect_uri: str,
    athlete_id: str,
    verifier: str | None = None,
) -> Granted:
    """Tokens for the code that the browser brought back, and the athlete's id there.

    Raises NeedsReauth where the code is not taken, and as `Wire.call` does.
    """
    oauth = _oauth(provider)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if verifier:
        form["code_verifier"] = verifier
    answer = await _asked(oauth, setup, wire, form=form)
    document = _granted(answer)
    tokens = tokens_of(document, now=wire.now())
    user = provider.user_id(await oauth.identify(document, tokens, setup, wire))
    if oauth.begin_member is not None:
        await oauth.begin_member(athlete_id, tokens, setup, wire)
    return Granted(tokens, user)


async def refresh(provider: Provider, setup: Setup, wire: Wire, tokens: Tokens) -> Tokens:
    """New tokens for the old. Whoever calls keeps them at once: many providers take the old refresh token back.

    Raises NeedsReauth (for good) where there is nothing to refresh with, or it is not taken.
    """
    oauth = _oauth(provider)
    if not oauth.refreshes or tokens.refresh is None:
        raise NeedsReauth("The athlete has to connect again.", may_refresh=False)
    if oauth.refresh is not None:
        return await oauth.refresh(tokens, setup, wire, wire.now())
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
    return tokens_of(_granted(await _asked(oauth, setup, wire, form=form)), now=wire.now(), before=tokens)


def tokens_of(document: Mapping[str, Any], *, now: datetime, before: Tokens | None = None) -> Tokens:
    """The tokens of an answer; a refresh token that is not in it stays the one from before.

    Raises ProviderDown where the access token is none: only a text without spaces is.
    """
    access, renewal = document.get("access_token"), document.get("refresh_token")
    if not (isinstance(access, str) and is_token(access)):
        raise ProviderDown("The service gave no usable token.")
    scope = document.get("scope")
    return Tokens(
        access=access,
        refresh=renewal if is_token(renewal) else before.refresh if before else None,
        expires_at=_expiry(document, now),
        scope=scope if isinstance(scope, str) else before.scope if before else None,
    )


def is_token(value: object) -> bool:
    """Whether a value may be a token: a text that a header can carry."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TOKEN and all("!" <= letter <= "~" for letter in value)


def _expiry(document: Mapping[str, Any], now: datetime) -> datetime | None:
    life_s = reading.number(document.get("expires_in"))
    if life_s is not None and 0 <= life_s <= LONGEST_LIFE_S:
        return now + timedelta(seconds=life_s)
    return reading.moment_of_seconds(document.get("expires_at"))


def _oauth(provider: Provider) -> OAuth:
    if provider.oauth is None:
        raise BadCall(f"{provider.title} is not connected by consent.")
    return provider.oauth


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _blames_our_app(answer: Answer) -> bool:
    """Whether a refusal is about our id and secret: by the standard's words, or by Strava's."""
    try:
        told = reading.inner(orjson.loads(answer.body))
    except orjson.JSONDecodeError:
        return False
    of_app = any(each.get("resource") == "Application" for each in reading.entries(told.get("errors")))
    return of_app or told.get("error") in ("invalid_client", "unauthorized_client")


async def _asked(oauth: OAuth, setup: Setup, wire: Wire, *, form: Mapping[str, str]) -> Answer:
    if oauth.basic:
        return await wire.post(setup.token_url, form=form, basic=setup.client)
    client_id, client_secret = setup.client
    return await wire.post(setup.token_url, form={**form, "client_id": client_id, "client_secret": client_secret})


def _granted(answer: Answer) -> dict[str, Any]:
    """The document of a grant. Where the service does not know our app, that is no athlete's fault: ProviderDown."""
    if not answer.ok:
        if _blames_our_app(answer):
            raise ProviderDown("The service does not take the credentials of our app.")
        raise NeedsReauth(
            "The service does not renew this consent; the athlete has to connect again.", may_refresh=False
        )
    return answer.document()
