"""Wahoo: a summary with a shared token in its body, and the file on a network of copies that must never see a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.sync import reading
from service.sync.arrival import watch_file
from service.sync.failures import Gone, NotReady, ProviderDown, Rejected
from service.sync.outgoing import Wire
from service.sync.provider import Connection, Event, Fetched, Inbound, Kind, OAuth, Provider, Setup, Span, Tokens

SUMMARY = "workout_summary"
LAST_OWN_APP = 1000
"""Higher numbers mean that Wahoo itself imported the workout from somebody else, who tells us as well."""
REDIRECTS = 3
NOWHERE = frozenset({403, 404, 410})
PAGE = 60
MOST_PAGES = 100


def verify(inbound: Inbound, setup: Setup) -> None:
    """Nothing, where the token in the body is one of ours. Raises Rejected(401)."""
    if not reading.same_as_any(reading.document(inbound.body).get("webhook_token"), setup.webhook_secrets):
        raise Rejected(401, "This is not our token.")


def events(inbound: Inbound) -> list[Event]:
    """The workout of a call, created or updated; an echo of somebody else's is none."""
    told = reading.document(inbound.body)
    user = reading.text_id(reading.inner(told.get("user")).get("id"))
    summary = reading.inner(told.get("workout_summary"))
    if told.get("event_type") != SUMMARY or user is None:
        return []
    return _of_summary(summary, reading.inner(summary.get("workout")), user=user)


def _of_summary(summary: Mapping[str, Any], workout: Mapping[str, Any], *, user: str, **more: Any) -> list[Event]:
    workout_id, updated = reading.text_id(workout.get("id")), reading.words(summary.get("updated_at"))
    app = reading.number(summary.get("fitness_app_id"))
    if workout_id is None or updated is None or (app is not None and app > LAST_OWN_APP):
        return []
    kind: Kind = "created" if summary.get("created_at") == summary.get("updated_at") else "updated"
    url = reading.inner(summary.get("file")).get("url")
    hint = reading.hint(
        title=reading.words(workout.get("name")), file_url=url if isinstance(url, str) else None, **more
    )
    at = reading.moment_of_text(updated)
    return [Event("wahoo", kind, user, workout_id, f"{workout_id}:{updated}"[:300], at, hint)]


async def fetch(event: Event, connection: Connection, setup: Setup, wire: Wire) -> Fetched:
    """The FIT file, asked for without any credentials.

    Where an event has no address, or one that leads nowhere any more, the workout is looked up. Raises NotReady where
    there is no file yet, and as `Wire.file`.
    """
    told = event.hint.get("file_url")
    url = told if isinstance(told, str) else await _looked_up(event, connection, setup, wire)
    answer = await wire.file(url, redirects=REDIRECTS)
    if answer.status in NOWHERE and isinstance(told, str):
        answer = await wire.file(await _looked_up(event, connection, setup, wire), redirects=REDIRECTS)
    later = NotReady("Wahoo has no file of this workout yet.", then_gone=True)
    return watch_file(answer.needed(missing=later, forbidden=later).body, event)


async def _looked_up(event: Event, connection: Connection, setup: Setup, wire: Wire) -> str:
    answer = await wire.get(f"{setup.api_url}/workouts/{event.activity}", bearer=connection.bearer)
    later = NotReady("Wahoo has no file of this workout yet.", then_gone=True)
    workout = answer.needed(missing=later).document()
    url = reading.inner(reading.inner(workout.get("workout_summary")).get("file")).get("url")
    if not isinstance(url, str):
        raise later
    return url


async def listed(connection: Connection, setup: Setup, wire: Wire, span: Span) -> list[Event]:
    """The workouts that began between two moments, newest first as Wahoo lists them."""
    found: list[Event] = []
    for page in range(1, MOST_PAGES + 1):
        params = {"page": str(page), "per_page": str(PAGE)}
        answer = await wire.get(f"{setup.api_url}/workouts", bearer=connection.bearer, params=params)
        each = reading.entries(answer.needed(missing=Gone("Wahoo has no list.")).document().get("workouts"))
        starts = [reading.moment_of_text(one.get("starts")) for one in each]
        for one, start in zip(each, starts, strict=True):
            if start is not None and span.since <= start <= span.until:
                summary = reading.inner(one.get("workout_summary"))
                found += _of_summary(summary, one, user=connection.user, file="if_unknown")
        known = [start for start in starts if start is not None]
        if len(each) < PAGE or (known and max(known) < span.since):
            break
    return found


async def identify(granted: Mapping[str, Any], tokens: Tokens, setup: Setup, wire: Wire) -> str:
    """The user's id, asked for."""
    del granted
    answer = await wire.get(f"{setup.api_url}/user", bearer=tokens.access)
    found = reading.text_id(answer.needed(missing=Gone("Wahoo does not know the user.")).document().get("id"))
    if found is None:
        raise ProviderDown("Wahoo did not say whose the token is.")
    return found


async def disconnect(connection: Connection, setup: Setup, wire: Wire) -> None:
    """Give our access back. One that is gone already is well."""
    answer = await wire.call("DELETE", setup.deauthorize_url, bearer=connection.bearer)
    if answer.status not in {401, 403, 404}:
        answer.needed(missing=Gone("Wahoo knows of no access."))


PROVIDER = Provider(
    name="wahoo",
    title="Wahoo",
    ack_within_s=10,
    verify=verify,
    events=events,
    fetch=fetch,
    needs=("client_id", "client_secret", "webhook_secrets", "path_secret"),
    signed=False,
    api_url="https://api.wahooligan.com/v1",
    token_url="https://api.wahooligan.com/oauth/token",  # noqa: S106 - an address
    authorize_url="https://api.wahooligan.com/oauth/authorize",
    deauthorize_url="{api}/permissions",
    files=("https://cdn.wahooligan.com",),
    oauth=OAuth(scope="user_read workouts_read offline_data", identify=identify),
    disconnect=disconnect,
    listed=listed,
)
