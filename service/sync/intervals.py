"""intervals.icu: lists of events for many athletes with a shared secret in the body, and originals of every watch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from service.sync import quotas, reading
from service.sync.arrival import watch_file
from service.sync.failures import Gone, NotReady, ProviderDown, Rejected
from service.sync.outgoing import Answer, Wire
from service.sync.provider import Connection, Event, Fetched, Inbound, Kind, OAuth, Provider, Setup, Span, Tokens

KINDS: Mapping[str, Kind] = {
    "ACTIVITY_UPLOADED": "created",
    "ACTIVITY_ANALYZED": "updated",
    "ACTIVITY_DELETED": "deleted",
}
SCOPE_CHANGED = "APP_SCOPE_CHANGED"
NO_FILE_OF = frozenset({"STRAVA"})
"""Sources whose terms forbid that intervals.icu hands the activity on."""
PERSONAL = "API_KEY"


def user_id(text: str) -> str:
    """An athlete's id with its `i`, which stands before some copies of it and is missing in others.

    >>> user_id("2049151"), user_id("i2049151")
    ('i2049151', 'i2049151')
    """
    return f"i{text}" if text.isdigit() else text


def verify(inbound: Inbound, setup: Setup) -> None:
    """Nothing, where the secret in the body is ours, and the header too if one was agreed. Raises Rejected."""
    known = reading.same_as_any(reading.document(inbound.body).get("secret"), setup.webhook_secrets)
    agreed = setup.authorization is None or reading.same(inbound.header("authorization"), setup.authorization)
    if not (known and agreed):
        raise Rejected(401, "This is not our secret.")


def events(inbound: Inbound) -> list[Event]:
    """An event for each entry that is about an activity or about our access."""
    told = reading.document(inbound.body)
    return [
        event
        for entry in reading.entries(told.get("events"))
        if (athlete := reading.text_id(entry.get("athlete_id"))) is not None
        for event in _of_entry(entry, user_id(athlete))
    ]


def _of_entry(entry: Mapping[str, Any], user: str) -> list[Event]:
    word, stamp = entry.get("type"), reading.words(entry.get("timestamp"))
    at = reading.moment_of_text(stamp)
    if word == SCOPE_CHANGED:
        ended = entry.get("deauthorized") is True
        kind: Kind = "deauthorized" if ended else "permissions"
        return [Event("intervals", kind, user, None, f"{user}:{word}:{stamp}", at)]
    activity = reading.inner(entry.get("activity"))
    activity_id = reading.text_id(activity.get("id")) or reading.text_id(entry.get("activity_id"))
    if not isinstance(word, str) or word not in KINDS or activity_id is None:
        return []
    if reading.words(activity.get("source")) in NO_FILE_OF:
        return []
    hint = _about(activity) | ({"file": "if_unknown"} if word == "ACTIVITY_ANALYZED" else {})
    return [Event("intervals", KINDS[word], user, activity_id, f"{activity_id}:{word}:{stamp}", at, hint)]


def _about(activity: Mapping[str, Any]) -> dict[str, Any]:
    return reading.hint(
        title=reading.words(activity.get("name")),
        sport=reading.words(activity.get("type")),
        temperature_c=reading.number(activity.get("average_weather_temp")),
    )


async def fetch(event: Event, connection: Connection, setup: Setup, wire: Wire) -> Fetched:
    """The original file; where there is none, a FIT file that intervals.icu writes. Raises NotReady without either."""
    base = f"{setup.api_url}/activity/{quote(event.activity or '', safe='')}"
    later = NotReady("intervals.icu has no file of this activity yet.", then_gone=True)
    for form in ("file", "fit-file"):
        answer = await _asked(wire, f"{base}/{form}", connection)
        if answer.status != 404:
            return watch_file(answer.needed(missing=later).body, event)
    raise later


async def _asked(wire: Wire, url: str, connection: Connection, params: Mapping[str, str] | None = None) -> Answer:
    """An answer, with a personal key (`API_KEY:…`) in the way that such a key is shown."""
    name, colon, key = connection.bearer.partition(":")
    if colon and name == PERSONAL:
        return await wire.get(url, basic=(PERSONAL, key), params=params)
    return await wire.get(url, bearer=connection.bearer, params=params)


async def listed(connection: Connection, setup: Setup, wire: Wire, span: Span) -> list[Event]:
    """The activities of some days, but for those that come from a source without files."""
    url = f"{setup.api_url}/athlete/{quote(user_id(connection.user), safe='')}/activities"
    params = {"oldest": span.since.strftime("%Y-%m-%d"), "newest": span.until.strftime("%Y-%m-%d")}
    answer = await _asked(wire, url, connection, params)
    each = reading.entries(answer.needed(missing=Gone("intervals.icu has no list.")).json())
    return [
        Event(
            "intervals",
            "created",
            user_id(connection.user),
            one,
            f"{one}:listed",
            None,
            _about(run) | {"file": "if_unknown"},
        )
        for run in each
        if (one := reading.text_id(run.get("id"))) is not None and reading.words(run.get("source")) not in NO_FILE_OF
    ]


async def identify(granted: Mapping[str, Any], tokens: Tokens, setup: Setup, wire: Wire) -> str:
    """The athlete's id, which comes with the token."""
    del tokens, setup, wire
    found = reading.text_id(reading.inner(granted.get("athlete")).get("id"))
    if found is None:
        raise ProviderDown("intervals.icu did not say whose the token is.")
    return found


async def disconnect(connection: Connection, setup: Setup, wire: Wire) -> None:
    """Give our access back. One that is gone already is well."""
    answer = await wire.call("DELETE", setup.deauthorize_url, bearer=connection.bearer)
    if answer.status not in {401, 403, 404}:
        answer.needed(missing=Gone("intervals.icu knows of no access."))


PROVIDER = Provider(
    name="intervals",
    title="intervals.icu",
    ack_within_s=10,
    verify=verify,
    events=events,
    fetch=fetch,
    needs=("client_id", "client_secret", "webhook_secrets", "path_secret"),
    signed=False,
    user_id=user_id,
    api_url="https://intervals.icu/api/v1",
    token_url="https://intervals.icu/api/oauth/token",  # noqa: S106 - an address
    authorize_url="https://intervals.icu/oauth/authorize",
    deauthorize_url="{api}/disconnect-app",
    oauth=OAuth(scope="ACTIVITY:READ", identify=identify, refreshes=False),
    disconnect=disconnect,
    listed=listed,
    quota=quotas.quarters,
)
