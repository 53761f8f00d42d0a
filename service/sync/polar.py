"""Polar AccessLink: thin events signed over the raw body, files in three forms, tokens that are never renewed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from service.sync import quotas, reading, signing
from service.sync.arrival import watch_file
from service.sync.failures import Gone, NotReady, ProviderDown, Unusable
from service.sync.outgoing import Wire
from service.sync.provider import (
    Connection,
    Event,
    Fetched,
    Inbound,
    OAuth,
    Provider,
    Reply,
    Setup,
    Span,
    Subscription,
    Subscriptions,
    Tokens,
)

FORMS = ("fit", "tcx", "gpx")
EXERCISE = "EXERCISE"


def handshake(inbound: Inbound, setup: Setup) -> Reply | None:
    """200 to a PING, which comes before Polar has told us the key, and does nothing; None for an event."""
    del setup
    if inbound.method != "POST":
        return None
    try:
        told = orjson.loads(inbound.body)
    except orjson.JSONDecodeError:
        return None
    return Reply() if isinstance(told, dict) and told.get("event") == "PING" else None


def verify(inbound: Inbound, setup: Setup) -> None:
    """Nothing, where the signature over the raw body fits one of our keys. Raises Rejected(401)."""
    signing.check_hex(inbound.header("polar-webhook-signature"), inbound.body, setup.webhook_secrets)


def events(inbound: Inbound) -> list[Event]:
    """The exercise of a call; its `url` is not looked at."""
    told = reading.document(inbound.body)
    user, exercise = reading.text_id(told.get("user_id")), reading.text_id(told.get("entity_id"))
    if told.get("event") != EXERCISE or user is None or exercise is None:
        return []
    return [Event("polar", "created", user, exercise, exercise, reading.moment_of_text(told.get("timestamp")))]


async def fetch(event: Event, connection: Connection, setup: Setup, wire: Wire) -> Fetched:
    """The exercise as FIT, else as TCX, else as GPX. Raises NotReady where it is there in none of them."""
    later = NotReady("Polar has no file of this exercise yet.", then_gone=True)
    base = f"{setup.api_url}/exercises/{quote(event.activity or '', safe='')}"
    for form in FORMS:
        answer = await wire.get(f"{base}/{form}", bearer=connection.bearer)
        if answer.status not in {204, 404}:
            return watch_file(answer.needed(missing=later).body, event)
    raise later


async def listed(connection: Connection, setup: Setup, wire: Wire, span: Span) -> list[Event]:
    """The exercises of the last thirty days; Polar gives no others, and asks for no stretch."""
    del span
    answer = await wire.get(f"{setup.api_url}/exercises", bearer=connection.bearer)
    found = answer.needed(missing=Gone("Polar has no list of exercises."))
    each = reading.entries(found.json()) if found.status != 204 else []
    return [
        Event("polar", "created", connection.user, exercise, exercise, None, {"file": "if_unknown"})
        for one in each
        if (exercise := reading.text_id(one.get("id"))) is not None
    ]


async def identify(granted: Mapping[str, Any], tokens: Tokens, setup: Setup, wire: Wire) -> str:
    """The user's id, which comes with the token."""
    del tokens, setup, wire
    found = reading.text_id(granted.get("x_user_id"))
    if found is None:
        raise ProviderDown("Polar did not say whose the token is.")
    return found


async def register(athlete_id: str, tokens: Tokens, setup: Setup, wire: Wire) -> None:
    """Make the athlete a user of our app, without which Polar gives nothing. One who is a user already is well."""
    answer = await wire.post(f"{setup.api_url}/users", json={"member-id": athlete_id}, bearer=tokens.access)
    if answer.status != 409:
        answer.needed(missing=Gone("Polar does not register users."))


async def disconnect(connection: Connection, setup: Setup, wire: Wire) -> None:
    """Take the user off our app, which revokes the token. One who is gone already is well."""
    url = f"{setup.api_url}/users/{quote(connection.user, safe='')}"
    answer = await wire.call("DELETE", url, bearer=connection.bearer)
    if answer.status not in {401, 403, 404}:
        answer.needed(missing=Gone("Polar knows of no such user."))


async def create(setup: Setup, wire: Wire, callback_url: str) -> Subscription:
    """The app's one webhook, made. Polar pings the address first, and shows the key in this answer only."""
    asked = {"events": [EXERCISE], "url": callback_url}
    answer = await wire.post(f"{setup.api_url}/webhooks", json=asked, basic=setup.client)
    if answer.status == 409:
        raise Unusable("There is a webhook already: look at it, or delete it first.")
    made = reading.inner(answer.needed(missing=Gone("Polar has no webhooks.")).document().get("data"))
    webhook, key = reading.text_id(made.get("id")), made.get("signature_secret_key")
    if webhook is None or not isinstance(key, str) or not key:
        raise ProviderDown("Polar made a webhook without an id or a key.")
    return Subscription(webhook, callback_url, active=True, secret=key)


async def present(setup: Setup, wire: Wire) -> list[Subscription]:
    """The webhook of the app, if there is one, and whether Polar gave up on it."""
    answer = await wire.get(f"{setup.api_url}/webhooks", basic=setup.client)
    if answer.status in {204, 404}:
        return []
    data = answer.needed(missing=Gone("Polar has no webhooks.")).document().get("data")
    each = reading.entries(data) if isinstance(data, list) else reading.entries([data])
    return [
        Subscription(number, reading.words(one.get("url")), active=active if isinstance(active, bool) else None)
        for one in each
        for active in (one.get("active"),)
        if (number := reading.text_id(one.get("id"))) is not None
    ]


async def activate(setup: Setup, wire: Wire) -> None:
    """Have Polar ping the address again and take the webhook up once more."""
    answer = await wire.post(f"{setup.api_url}/webhooks/activate", basic=setup.client)
    answer.needed(missing=Gone("There is no webhook to activate."))


async def delete(setup: Setup, wire: Wire, subscription_id: str) -> None:
    """Take the webhook away."""
    url = f"{setup.api_url}/webhooks/{quote(subscription_id, safe='')}"
    answer = await wire.call("DELETE", url, basic=setup.client)
    if answer.status != 404:
        answer.needed(missing=Gone("There is no such webhook."))


PROVIDER = Provider(
    name="polar",
    title="Polar Flow",
    ack_within_s=10,
    handshake=handshake,
    verify=verify,
    events=events,
    fetch=fetch,
    needs=("client_id", "client_secret", "webhook_secrets"),
    signed=True,
    api_url="https://www.polaraccesslink.com/v3",
    token_url="https://polarremote.com/v2/oauth2/token",  # noqa: S106 - an address
    authorize_url="https://flow.polar.com/oauth2/authorization",
    oauth=OAuth(scope="accesslink.read_all", identify=identify, basic=True, refreshes=False, begin_member=register),
    disconnect=disconnect,
    subscriptions=Subscriptions(create, present, delete, activate),
    listed=listed,
    listed_days=30,
    quota=quotas.reset_seconds,
)
