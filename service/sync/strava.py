"""Strava: thin unsigned events, a handshake, streams instead of a file.

Events prove nothing by themselves: the path holds a secret, the subscription has to be ours, and what counts is what
Strava answers to the athlete's own token. A signature is checked only where its key is set (docs/sync/strava.md).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import orjson

from service.sync import quotas, reading, signing
from service.sync.failures import Gone, NotReady, ProviderDown, Rejected
from service.sync.outgoing import Wire
from service.sync.provider import (
    Connection,
    Event,
    Fetched,
    Inbound,
    Kind,
    OAuth,
    Provider,
    Reply,
    Setup,
    Span,
    Subscription,
    Subscriptions,
    Tokens,
)

STREAMS = "time,latlng,distance,altitude,velocity_smooth,heartrate,cadence,watts,temp,moving,grade_smooth"
KEPT = (
    "id",
    "name",
    "sport_type",
    "type",
    "start_date",
    "start_date_local",
    "timezone",
    "utc_offset",
    "distance",
    "moving_time",
    "elapsed_time",
    "total_elevation_gain",
    "average_heartrate",
    "max_heartrate",
    "device_name",
    "trainer",
)
"""What of an activity goes into the stored document: the rest (likes, maps, people) changes with every look."""
KEPT_OF_LAPS = ("start_date", "elapsed_time", "moving_time", "distance")
KINDS: Mapping[str, Kind] = {"create": "created", "update": "updated", "delete": "deleted"}
PAGE = 200
MOST_PAGES = 100


def handshake(inbound: Inbound, setup: Setup) -> Reply | None:
    """The echo that makes a subscription; None for an event. Raises Rejected(403) for another's verify token."""
    if inbound.method != "GET":
        return None
    challenge = inbound.parameter("hub.challenge")
    known = reading.same(inbound.parameter("hub.verify_token"), setup.verify_token)
    if inbound.parameter("hub.mode") != "subscribe" or challenge is None or not known:
        raise Rejected(403, "This is not our subscription.")
    return Reply(200, orjson.dumps({"hub.challenge": challenge}))


def verify(inbound: Inbound, setup: Setup) -> None:
    """Nothing, where the subscription is ours and, with a signing key, the signature fits. Raises Rejected."""
    if setup.signing_secret is not None:
        _check_signature(inbound, setup.signing_secret)
    told = reading.text_id(reading.document(inbound.body).get("subscription_id"))
    if not reading.same(told, setup.subscription_id):
        raise Rejected(403, "This is not our subscription.")


def _check_signature(inbound: Inbound, secret: str) -> None:
    parts = dict(part.split("=", 1) for part in (inbound.header("x-strava-signature") or "").split(",") if "=" in part)
    stamp, given = parts.get("t", ""), parts.get("v1", "")
    signing.fresh(stamp, inbound.received_at)
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + inbound.body, hashlib.sha256).hexdigest()
    if not reading.same(given, expected):
        raise Rejected(401, "No signature fits.")


def events(inbound: Inbound) -> list[Event]:
    """The one event of a call, or none."""
    told = reading.document(inbound.body)
    aspect, about = told.get("aspect_type"), told.get("object_type")
    thing, owner = reading.text_id(told.get("object_id")), reading.text_id(told.get("owner_id"))
    updates = reading.inner(told.get("updates"))
    if thing is None or not isinstance(aspect, str) or not isinstance(about, str):
        return []
    dedupe = f"{about}:{thing}:{aspect}:{told.get('event_time')}"[:300]
    at = reading.moment_of_seconds(told.get("event_time"))
    if about == "athlete":
        gone = aspect == "delete" or (aspect == "update" and str(updates.get("authorized")).lower() == "false")
        return [Event("strava", "deauthorized", owner or thing, None, dedupe, at)] if gone else []
    if about != "activity" or owner is None or aspect not in KINDS:
        return []
    hint = reading.hint(
        title=reading.words(updates.get("title")),
        sport=reading.words(updates.get("type")),
        file="if_unknown" if aspect == "update" else None,
    )
    return [Event("strava", KINDS[aspect], owner, thing, dedupe, at, hint)]


async def fetch(event: Event, connection: Connection, setup: Setup, wire: Wire) -> Fetched:
    """The activity and its streams as one document. Raises NotReady while there are no samples, and as `Wire.call`."""
    url = f"{setup.api_url}/activities/{event.activity}"
    later = NotReady("Strava does not know this activity yet.", then_gone=True)
    hidden = Gone("Strava does not show this activity to us.")
    activity = (await wire.get(url, bearer=connection.bearer)).needed(missing=later, forbidden=hidden).document()
    if activity.get("manual") is True:
        raise Gone("The activity was written in by hand and has no samples.")
    answer = await wire.get(f"{url}/streams", bearer=connection.bearer, params={"keys": STREAMS, "key_by_type": "true"})
    streams = _keyed(answer.needed(missing=later, forbidden=hidden).json())
    if not _has_samples(streams):
        raise NotReady("Strava has not worked out the samples of this activity yet.")
    kept = {name: activity[name] for name in KEPT if name in activity}
    laps = [{name: lap[name] for name in KEPT_OF_LAPS if name in lap} for lap in reading.entries(activity.get("laps"))]
    document = {"activity": kept | ({"laps": laps} if laps else {}), "streams": streams}
    return Fetched(
        f"{event.activity}.json",
        orjson.dumps(document, option=orjson.OPT_SORT_KEYS),
        "streams",
        title=reading.words(activity.get("name")),
        sport=reading.words(activity.get("sport_type")) or reading.words(activity.get("type")),
    )


def _keyed(streams: object) -> dict[str, Any]:
    """The streams by type, whether they came as an object or as a list."""
    if isinstance(streams, list):
        return {each["type"]: each for each in reading.entries(streams) if isinstance(each.get("type"), str)}
    if not isinstance(streams, dict):
        raise ProviderDown("Strava answered with another shape than it documents.")
    return streams


def _has_samples(streams: Mapping[str, Any]) -> bool:
    times = reading.inner(streams.get("time")).get("data")
    return isinstance(times, list) and len(times) > 0


async def listed(connection: Connection, setup: Setup, wire: Wire, span: Span) -> list[Event]:
    """The activities between two moments."""
    found: list[Event] = []
    for page in range(1, MOST_PAGES + 1):
        params = {
            "after": str(int(span.since.timestamp())),
            "before": str(int(span.until.timestamp()) + 1),
            "per_page": str(PAGE),
            "page": str(page),
        }
        answer = await wire.get(f"{setup.api_url}/athlete/activities", bearer=connection.bearer, params=params)
        each = reading.entries(answer.needed(missing=Gone("Strava has no such list.")).json())
        found += [event for activity in each if (event := _of_list(activity, connection.user)) is not None]
        if len(each) < PAGE:
            break
    return found


def _of_list(activity: Mapping[str, Any], user: str) -> Event | None:
    activity_id = reading.text_id(activity.get("id"))
    if activity_id is None or activity.get("manual") is True:
        return None
    hint = reading.hint(title=reading.words(activity.get("name")), file="if_unknown")
    at = reading.moment_of_text(activity.get("start_date"))
    return Event("strava", "created", user, activity_id, f"activity:{activity_id}:listed", at, hint)


async def identify(granted: Mapping[str, Any], tokens: Tokens, setup: Setup, wire: Wire) -> str:
    """The athlete's id: in the answer itself, else asked for."""
    found = reading.text_id(reading.inner(granted.get("athlete")).get("id"))
    if found is not None:
        return found
    answer = await wire.get(f"{setup.api_url}/athlete", bearer=tokens.access)
    found = reading.text_id(answer.needed(missing=Gone("Strava does not know the athlete.")).document().get("id"))
    if found is None:
        raise ProviderDown("Strava did not say whose the token is.")
    return found


async def disconnect(connection: Connection, setup: Setup, wire: Wire) -> None:
    """Give our access back. One that is gone already is well."""
    answer = await wire.post(setup.deauthorize_url, form={"access_token": connection.bearer}, bearer=connection.bearer)
    if answer.status not in {400, 401, 404}:
        answer.needed(missing=Gone("Strava knows of no access."))


async def subscribe(setup: Setup, wire: Wire, callback_url: str) -> Subscription:
    """The app's one subscription, made. Strava calls the address before it answers. Raises Unusable if it refuses."""
    client_id, client_secret = setup.client
    form = {
        "client_id": client_id,
        "client_secret": client_secret,
        "callback_url": callback_url,
        "verify_token": setup.verify_token or "",
    }
    answer = await wire.post(f"{setup.api_url}/push_subscriptions", form=form)
    found = reading.text_id(answer.needed(missing=Gone("Strava has no subscriptions.")).document().get("id"))
    if found is None:
        raise ProviderDown("Strava gave the subscription no id.")
    return Subscription(found, callback_url)


async def subscriptions(setup: Setup, wire: Wire) -> list[Subscription]:
    """The subscription of the app, if there is one."""
    answer = await wire.get(f"{setup.api_url}/push_subscriptions", params=_client_parameters(setup))
    found = reading.entries(answer.needed(missing=Gone("Strava has no subscriptions.")).json())
    return [
        Subscription(number, reading.words(each.get("callback_url")))
        for each in found
        if (number := reading.text_id(each.get("id"))) is not None
    ]


async def unsubscribe(setup: Setup, wire: Wire, subscription_id: str) -> None:
    """Take the subscription away; Strava wants id and secret as query parameters here."""
    url = f"{setup.api_url}/push_subscriptions/{subscription_id}"
    answer = await wire.call("DELETE", url, params=_client_parameters(setup))
    if answer.status != 404:
        answer.needed(missing=Gone("Strava has no such subscription."))


def _client_parameters(setup: Setup) -> dict[str, str]:
    return dict(zip(("client_id", "client_secret"), setup.client, strict=True))


PROVIDER = Provider(
    name="strava",
    title="Strava",
    ack_within_s=2,
    handshake=handshake,
    verify=verify,
    events=events,
    fetch=fetch,
    needs=("client_id", "client_secret", "path_secret"),
    signed=False,
    api_url="https://www.strava.com/api/v3",
    token_url="https://www.strava.com/oauth/token",  # noqa: S106 - an address
    authorize_url="https://www.strava.com/oauth/authorize",
    deauthorize_url="{oauth}/deauthorize",
    oauth=OAuth(scope="activity:read_all", identify=identify),
    disconnect=disconnect,
    subscriptions=Subscriptions(subscribe, subscriptions, unsubscribe),
    listed=listed,
    not_ready_waits_s=(300.0, 900.0, 2700.0),
    quota=quotas.quarters,
)
