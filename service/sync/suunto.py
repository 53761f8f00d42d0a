"""Suunto: one signed event a workout, and a FIT file that may still be written when it is asked for."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

import orjson

from service.sync import content, reading, signing
from service.sync.arrival import watch_file
from service.sync.failures import Gone, NotReady, ProviderDown, Rejected
from service.sync.outgoing import Wire
from service.sync.provider import Connection, Event, Fetched, Inbound, OAuth, Provider, Setup, Span, Tokens

SIGNATURE = "x-hmac-sha256-signature"
FORM = "application/x-www-form-urlencoded"
CREATED = "WORKOUT_CREATED"
PAGE = 100
MOST_PAGES = 100


def verify(inbound: Inbound, setup: Setup) -> None:
    """Nothing, where the signature over the raw body fits, or, for the older form, our credentials. Raises Rejected."""
    if inbound.header(SIGNATURE) is None and _is_form(inbound):
        if not reading.same(inbound.header("authorization"), _basic(setup)):
            raise Rejected(401, "These are not our credentials.")
        return
    signing.check_hex(inbound.header(SIGNATURE), inbound.body, setup.webhook_secrets)


def _is_form(inbound: Inbound) -> bool:
    kind = (inbound.header("content-type") or "").partition(";")[0].strip().lower()
    return kind == FORM or (not inbound.body and inbound.parameter("workoutid") is not None)


def _basic(setup: Setup) -> str | None:
    client_id, client_secret = setup.client
    if not client_id or not client_secret:
        return None
    return "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()


def events(inbound: Inbound) -> list[Event]:
    """The workout of a call; routes, sleep and the rest are none."""
    if _is_form(inbound):
        return _of_form(inbound)
    told = reading.document(inbound.body)
    workout = reading.inner(told.get("workout"))
    user, key = reading.text_id(told.get("username")), reading.text_id(workout.get("workoutKey"))
    if told.get("type") != CREATED or user is None or key is None:
        return []
    return [Event("suunto", "created", user, key, key, _moment_of_ms(workout.get("startTime")))]


def _of_form(inbound: Inbound) -> list[Event]:
    told = dict(parse_qsl(inbound.body.decode("utf-8", "replace"))) | dict(inbound.query)
    user, key = reading.text_id(told.get("username")), reading.text_id(told.get("workoutid"))
    return [Event("suunto", "created", user, key, key)] if user and key else []


def _moment_of_ms(value: object) -> Any:
    milliseconds = reading.number(value) if not isinstance(value, str) else None
    return reading.moment_of_seconds(milliseconds / 1000) if milliseconds is not None else None


async def fetch(event: Event, connection: Connection, setup: Setup, wire: Wire) -> Fetched:
    """The FIT file, once it is whole. Raises NotReady for whatever else Suunto sends with a 200."""
    later = NotReady("Suunto has no file of this workout yet.", then_gone=True)
    url = f"{setup.api_url}/workouts/{quote(event.activity or '', safe='')}/fit"
    answer = (await wire.get(url, bearer=connection.bearer, headers=_key(setup))).needed(missing=later)
    found = watch_file(answer.body, event)
    if found.format == "fit" and not content.fit_is_whole(found.data):
        raise NotReady("Suunto's file of this workout is not whole yet.")
    return found


def _key(setup: Setup) -> dict[str, str]:
    return {"ocp-apim-subscription-key": setup.subscription_key or ""}


async def listed(connection: Connection, setup: Setup, wire: Wire, span: Span) -> list[Event]:
    """The workouts since a moment; pages until one brings nothing new, as the offset is not in the documentation."""
    found: dict[str, Event] = {}
    for page in range(MOST_PAGES):
        params = {
            "since": str(int(span.since.timestamp() * 1000)),
            "limit": str(PAGE),
            "offset": str(page * PAGE),
        }
        answer = await wire.get(
            f"{setup.api_url}/workouts/", bearer=connection.bearer, headers=_key(setup), params=params
        )
        each = reading.entries(answer.needed(missing=Gone("Suunto has no list of workouts.")).document().get("payload"))
        fresh = {event.dedupe: event for one in each for event in _of_list(one, connection.user)}
        if not fresh.keys() - found.keys():
            break
        found |= fresh
        if len(each) < PAGE:
            break
    return list(found.values())


def _of_list(workout: Mapping[str, Any], user: str) -> list[Event]:
    key = reading.text_id(workout.get("workoutKey"))
    at = _moment_of_ms(workout.get("startTime"))
    return [Event("suunto", "created", user, key, key, at, {"file": "if_unknown"})] if key else []


async def identify(granted: Mapping[str, Any], tokens: Tokens, setup: Setup, wire: Wire) -> str:
    """The username, a claim within the access token. It came from Suunto over TLS, so its signature is not checked."""
    del granted, setup, wire
    try:
        part = tokens.access.split(".")[1]
        claims = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError) as wrong:
        raise ProviderDown("Suunto did not say whose the token is.") from wrong
    found = reading.text_id(reading.inner(claims).get("user"))
    if found is None:
        raise ProviderDown("Suunto did not say whose the token is.")
    return found


async def disconnect(connection: Connection, setup: Setup, wire: Wire) -> None:
    """Give our access back. One that is gone already is well."""
    params = {"client_id": setup.client_id or ""}
    answer = await wire.get(setup.deauthorize_url, bearer=connection.bearer, params=params, headers=_key(setup))
    if answer.status not in {401, 403, 404}:
        answer.needed(missing=Gone("Suunto knows of no access."))


PROVIDER = Provider(
    name="suunto",
    title="Suunto",
    ack_within_s=2,
    verify=verify,
    events=events,
    fetch=fetch,
    needs=("client_id", "client_secret", "webhook_secrets", "subscription_key"),
    signed=True,
    api_url="https://cloudapi.suunto.com/v3",
    token_url="https://cloudapi-oauth.suunto.com/oauth/token",  # noqa: S106 - an address
    authorize_url="https://cloudapi-oauth.suunto.com/oauth/authorize",
    deauthorize_url="{oauth}/deauthorize",
    oauth=OAuth(scope="workout", identify=identify, basic=True),
    disconnect=disconnect,
    listed=listed,
)
