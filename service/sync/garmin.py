"""Garmin Connect: lists of pings for many users at once, and a file behind an address that works once.

Nothing is signed. The address of a ping is called with the athlete's token, so a forged ping would carry it off: only
Garmin's own download address is ever called (docs/sync/garmin.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from service.sync import reading
from service.sync.arrival import watch_file
from service.sync.failures import Gone, NotReady, ProviderDown, Rejected, UnsafeURL, Unusable
from service.sync.outgoing import Wire
from service.sync.provider import (
    LARGE_BODY_BYTES,
    Connection,
    Event,
    Fetched,
    Inbound,
    OAuth,
    Provider,
    Setup,
    Span,
    Tokens,
)

EXPORT = "ACTIVITY_EXPORT"
FILE_SUFFIX = "-file"
AROUND = timedelta(minutes=5)


def verify(inbound: Inbound, setup: Setup) -> None:
    """Nothing, where the one header that Garmin sends names our app. Raises Rejected(401)."""
    if not reading.same(inbound.header("garmin-client-id"), setup.client_id):
        raise Rejected(401, "This is not sent to our app.")


def events(inbound: Inbound) -> list[Event]:
    """An event for each entry of the lists we know; the rest of a batch does not suffer from a broken entry."""
    told = reading.document(inbound.body)
    return [
        event
        for name, read in LISTS.items()
        for entry in reading.entries(told.get(name))
        if (user := reading.text_id(entry.get("userId"))) is not None
        for event in read(entry, user, inbound)
    ]


def _file(entry: Mapping[str, Any], user: str, inbound: Inbound) -> Iterator[Event]:
    del inbound
    summary, url = reading.text_id(entry.get("summaryId")), entry.get("callbackURL")
    if summary is None or not isinstance(url, str):
        return
    at = reading.moment_of_seconds(entry.get("startTimeInSeconds"))
    hint = {**_run(entry), "file_url": url}
    yield Event("garmin", "created", user, _activity(entry, summary), summary, at, hint)


def _summary(entry: Mapping[str, Any], user: str, inbound: Inbound) -> Iterator[Event]:
    """A run's name and sport; its file comes on its own, before or after. A bare ping tells nothing of use."""
    del inbound
    summary = reading.text_id(entry.get("summaryId"))
    run = _run(entry)
    if summary is not None and run:
        digest = hashlib.sha256(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
        at = reading.moment_of_seconds(entry.get("startTimeInSeconds"))
        hint = {**run, "file": "never"}
        yield Event("garmin", "updated", user, _activity(entry, summary), f"{summary}:{digest}", at, hint)


def _deregistration(entry: Mapping[str, Any], user: str, inbound: Inbound) -> Iterator[Event]:
    """It has no time of its own. Copies within an hour are one; a second one, after a new consent, is not."""
    del entry
    hour = inbound.received_at.strftime("%Y-%m-%dT%H")
    yield Event("garmin", "deauthorized", user, None, f"deregistration:{user}:{hour}", inbound.received_at)


def _permissions(entry: Mapping[str, Any], user: str, inbound: Inbound) -> Iterator[Event]:
    del inbound
    given = entry.get("permissions")
    if isinstance(given, list):
        changed = entry.get("changeTimeInSeconds")
        dedupe = f"permissions:{user}:{changed}"[:300]
        yield Event(
            "garmin",
            "permissions",
            user,
            None,
            dedupe,
            reading.moment_of_seconds(changed),
            {"may_fetch": EXPORT in given},
        )


def _run(entry: Mapping[str, Any]) -> dict[str, Any]:
    return reading.hint(
        title=reading.words(entry.get("activityName")),
        sport=reading.words(entry.get("activityType")),
        started_at_s=reading.number(entry.get("startTimeInSeconds")),
    )


def _activity(entry: Mapping[str, Any], summary: str) -> str:
    return reading.text_id(entry.get("activityId")) or summary.removesuffix(FILE_SUFFIX)


LISTS: Mapping[str, Callable[[Mapping[str, Any], str, Inbound], Iterator[Event]]] = {
    "activityFiles": _file,
    "activities": _summary,
    "manuallyUpdatedActivities": _summary,
    "deregistrations": _deregistration,
    "userPermissionsChange": _permissions,
}


async def fetch(event: Event, connection: Connection, setup: Setup, wire: Wire) -> Fetched:
    """The file, which is given once: whoever calls keeps the bytes before anything else.

    Raises UnsafeURL for any other address, Gone where it was taken already or is a day old, and as `Wire.file`.
    """
    del setup
    answer = await wire.file(callback(event), bearer=connection.bearer)
    if answer.status in {400, 412}:
        raise Gone("Garmin does not give this file any more, or not to us.")
    answer.needed(missing=NotReady("Garmin does not have this file yet.", then_gone=True))
    return watch_file(answer.body, event, otherwise=ProviderDown("Garmin answered with something that is no file."))


def callback(event: Event) -> str:
    """The download address as it came, unchanged. Raises UnsafeURL where a parameter that decides is there twice."""
    url = event.hint.get("file_url")
    if not isinstance(url, str):
        raise UnsafeURL("The ping holds no address.")
    names = [name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    if any(names.count(name) > 1 for name in ("id", "token")):
        raise UnsafeURL("The address says the same thing twice.")
    return url


async def listed(connection: Connection, setup: Setup, wire: Wire, span: Span) -> list[Event]:
    """Nothing by itself: Garmin has no list, but it tells of a stretch of time once more when asked, as usual pings."""
    params = {
        "summaryStartTimeInSeconds": str(int(span.since.timestamp())),
        "summaryEndTimeInSeconds": str(int(span.until.timestamp())),
    }
    answer = await wire.get(f"{setup.api_url}/backfill/activities", bearer=connection.bearer, params=params)
    if answer.status != 409:  # 409: that stretch was asked for already
        answer.needed(missing=Gone("Garmin has no backfill."), forbidden=Unusable("Garmin allows no backfill."))
    return []


async def recover(event: Event, connection: Connection, setup: Setup, wire: Wire) -> None:
    """Ask for the run of an event again, by its time alone, so that a new address comes. Raises Gone without a time."""
    started_at = reading.moment_of_seconds(event.hint.get("started_at_s"))
    if started_at is None:
        raise Gone("The ping does not say when the run began.")
    await listed(connection, setup, wire, Span(started_at - AROUND, started_at + AROUND))


async def identify(granted: Mapping[str, Any], tokens: Tokens, setup: Setup, wire: Wire) -> str:
    """The user's id, asked for."""
    del granted
    answer = await wire.get(f"{setup.api_url}/user/id", bearer=tokens.access)
    found = reading.text_id(answer.needed(missing=Gone("Garmin does not know the user.")).document().get("userId"))
    if found is None:
        raise ProviderDown("Garmin did not say whose the token is.")
    return found


async def disconnect(connection: Connection, setup: Setup, wire: Wire) -> None:
    """Give our access back. One that is gone already is well."""
    answer = await wire.call("DELETE", setup.deauthorize_url, bearer=connection.bearer)
    if answer.status not in {401, 403, 404}:
        answer.needed(missing=Gone("Garmin knows of no access."))


PROVIDER = Provider(
    name="garmin",
    title="Garmin Connect",
    ack_within_s=30,
    max_body_bytes=LARGE_BODY_BYTES,
    verify=verify,
    events=events,
    fetch=fetch,
    needs=("client_id", "client_secret", "path_secret"),
    signed=False,
    api_url="https://apis.garmin.com/wellness-api/rest",
    token_url="https://diauth.garmin.com/di-oauth2-service/oauth/token",  # noqa: S106 - an address
    authorize_url="https://connect.garmin.com/oauth2Confirm",
    deauthorize_url="{api}/user/registration",
    files=("{api}/activityFile",),
    exact_files=True,
    oauth=OAuth(scope="", identify=identify, pkce=True),
    disconnect=disconnect,
    listed=listed,
    window_days=30,
    recover=recover,
)
