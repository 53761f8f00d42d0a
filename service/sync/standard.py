"""Any other service: Standard Webhooks, signed, with the file in the message or at an address the operator allows."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from service.sync import reading, signing
from service.sync.arrival import watch_file
from service.sync.failures import Gone, NotReady, Unusable
from service.sync.outgoing import Wire
from service.sync.provider import LARGE_BODY_BYTES, Connection, Event, Fetched, Inbound, Kind, Provider, Setup

KINDS: Mapping[str, Kind] = {
    "activity.created": "created",
    "activity.updated": "updated",
    "activity.deleted": "deleted",
    "user.deauthorized": "deauthorized",
}


def verify(inbound: Inbound, setup: Setup) -> None:
    """Nothing, where one of our secrets signed the body within five minutes. Raises Rejected(401)."""
    signing.check(inbound, setup.webhook_secrets)


def events(inbound: Inbound) -> list[Event]:
    """The event of a message; types that are none of ours are none."""
    told = reading.document(inbound.body)
    data, word = reading.inner(told.get("data")), told.get("type")
    user, activity = reading.text_id(data.get("user_id")), reading.text_id(data.get("activity_id"))
    message = inbound.header("webhook-id") or inbound.header("svix-id")
    if not isinstance(word, str) or word not in KINDS or user is None or message is None:
        return []
    kind = KINDS[word]
    if activity is None and kind != "deauthorized":
        return []
    url, inline = data.get("file_url"), data.get("file_base64")
    hint = reading.hint(
        title=reading.words(data.get("title")),
        sport=reading.words(data.get("sport")),
        file_url=url if isinstance(url, str) else None,
        file_base64=inline if isinstance(inline, str) else None,
    )
    if kind == "updated" and not {"file_url", "file_base64"} & hint.keys():
        hint["file"] = "never"
    return [Event("standard", kind, user, activity, message, reading.moment_of_text(told.get("timestamp")), hint)]


async def fetch(event: Event, connection: Connection, setup: Setup, wire: Wire) -> Fetched:
    """The file out of the message, else from its address, without credentials. Raises Unusable where there is none."""
    del connection, setup
    inline, url = event.hint.get("file_base64"), event.hint.get("file_url")
    nothing = Unusable("The file of the message is none that a watch writes.")
    if isinstance(inline, str):
        try:
            return watch_file(base64.b64decode(inline, validate=True), event, otherwise=nothing)
        except (binascii.Error, ValueError) as wrong:
            raise Unusable("The file of the message is not base64.") from wrong
    if not isinstance(url, str):
        raise Unusable("The message holds neither a file nor its address.")
    answer = await wire.file(url)
    later, closed = NotReady("The file is not at its address yet.", then_gone=True), Gone("The file is not for us.")
    return watch_file(answer.needed(missing=later, forbidden=closed).body, event)


def refuse(setup: Setup) -> str | None:
    """What is wrong with the secrets: one that is no base64 would be taken for a short key."""
    for secret in setup.webhook_secrets:
        try:
            signing.key_of(secret)
        except ValueError as wrong:
            return f"WEBHOOK_SECRET: {wrong}"
    return None


PROVIDER = Provider(
    name="standard",
    title="Standard Webhooks",
    ack_within_s=15,
    max_body_bytes=LARGE_BODY_BYTES,
    verify=verify,
    events=events,
    fetch=fetch,
    needs=("webhook_secrets",),
    signed=True,
    refuse=refuse,
)
