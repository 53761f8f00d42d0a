"""COROS: lists of runs with two secrets in the headers, files at open addresses, and errors inside answers of 200."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from service.sync import content, reading
from service.sync.arrival import watch_file
from service.sync.failures import Gone, NeedsReauth, NotReady, ProviderDown, Rejected, UnsafeURL, Unusable
from service.sync.outgoing import Answer, Wire
from service.sync.provider import Connection, Event, Fetched, Inbound, OAuth, Provider, Reply, Setup, Span, Tokens

ACK = Reply(200, b'{"message":"ok","result":"0000"}')
FINE = "0000"
TOKEN_REFUSED, USER_REFUSED, TRY_AGAIN = "5006", "5010", "5016"
RENEWED_FOR = timedelta(days=30)


def handshake(inbound: Inbound, setup: Setup) -> Reply | None:
    """The same answer to a status check as to an event; None for an event."""
    del setup
    return ACK if inbound.method == "GET" else None


def verify(inbound: Inbound, setup: Setup) -> None:
    """Nothing, where both headers hold our credentials. Raises Rejected(401)."""
    ours = [
        reading.same(inbound.header("client"), setup.client_id),
        reading.same(inbound.header("secret"), setup.client_secret),
    ]
    if not all(ours):
        raise Rejected(401, "These are not our credentials.")


def events(inbound: Inbound) -> list[Event]:
    """An event for each run of the list; a multisport one is an event for each of its legs."""
    told = reading.document(inbound.body)
    return [
        event
        for run in reading.entries(told.get("sportDataList"))
        if (user := reading.text_id(run.get("openId"))) is not None
        for event in _of_run(run, user)
    ]


def _of_run(run: Mapping[str, Any], user: str, **more: Any) -> list[Event]:
    label = reading.text_id(run.get("labelId"))
    if label is None:
        return []
    legs: Sequence[Mapping[str, Any]] = reading.entries(run.get("triathlonItemList"))
    at = reading.moment_of_seconds(run.get("startTime"))
    return [
        Event(
            "coros",
            "created",
            user,
            f"{label}:{number}" if legs else label,
            f"{label}:{number}",
            at,
            {**_where(leg), "label": label, **more},
        )
        for number, leg in enumerate(legs or [run])
    ]


def _where(leg: Mapping[str, Any]) -> dict[str, Any]:
    url = leg.get("fitUrl")
    return reading.hint(
        file_url=url if isinstance(url, str) and url else None,
        mode=reading.text_id(leg.get("mode")),
        sub_mode=reading.text_id(leg.get("subMode")),
    )


async def fetch(event: Event, connection: Connection, setup: Setup, wire: Wire) -> Fetched:
    """The FIT file from its open address, without credentials.

    Where that is missing, gone or none of COROS', over the API. Raises as `Wire.file` and `Wire.call` do.
    """
    url = event.hint.get("file_url")
    if isinstance(url, str):
        try:
            answer = await wire.file(url)
        except UnsafeURL:
            answer = None
        if answer is not None and answer.status not in {403, 404, 410}:
            return watch_file(answer.needed(missing=Gone("The file is gone.")).body, event)
    return await _over_the_api(event, connection, setup, wire)


async def _over_the_api(event: Event, connection: Connection, setup: Setup, wire: Wire) -> Fetched:
    params = {
        "token": connection.bearer,
        "openId": connection.user,
        "labelId": str(event.hint.get("label") or event.activity),
        "mode": str(event.hint.get("mode", "")),
        "subMode": str(event.hint.get("sub_mode", "")),
    }
    answer = await wire.get(f"{setup.api_url}/sport/detail/fit", params=params)
    answer.needed(missing=NotReady("COROS has no file of this run yet.", then_gone=True))
    if content.kind_of(content.plain(answer.body)) is not None:
        return watch_file(answer.body, event)
    data = reading.inner(judged(answer).get("data"))
    url = data.get("fitUrl")
    if not isinstance(url, str):
        raise NotReady("COROS has no file of this run yet.", then_gone=True)
    return watch_file((await wire.file(url)).needed(missing=Gone("The file is gone.")).body, event)


def judged(answer: Answer) -> dict[str, Any]:
    """The document of an answer whose code inside says that all is well; 200 alone says nothing.

    Raises NeedsReauth, ProviderDown, Unusable by that code.
    """
    told = answer.document()
    result = told.get("result")
    if result == FINE:
        return told
    if result == TOKEN_REFUSED:
        raise NeedsReauth("COROS does not take the athlete's token.", may_refresh=True)
    if result == USER_REFUSED:
        raise NeedsReauth("COROS does not know this athlete any more.", may_refresh=False)
    if result == TRY_AGAIN:
        raise ProviderDown("COROS asks to try again.")
    raise Unusable("COROS answered with an error that is not documented to us.")


async def listed(connection: Connection, setup: Setup, wire: Wire, span: Span) -> list[Event]:
    """The runs of some days."""
    params = {
        "token": connection.bearer,
        "openId": connection.user,
        "startDate": span.since.strftime("%Y%m%d"),
        "endDate": span.until.strftime("%Y%m%d"),
    }
    answer = await wire.get(f"{setup.api_url}/sport/list", params=params)
    told = judged(answer.needed(missing=Gone("COROS has no list.")))
    each = reading.entries(told.get("data"))
    return [event for run in each for event in _of_run(run, connection.user, file="if_unknown")]


async def identify(granted: Mapping[str, Any], tokens: Tokens, setup: Setup, wire: Wire) -> str:
    """The athlete's open id, which comes with the token."""
    del tokens, setup, wire
    found = reading.text_id(granted.get("openId"))
    if found is None:
        raise ProviderDown("COROS did not say whose the token is.")
    return found


async def renew(tokens: Tokens, setup: Setup, wire: Wire, now: datetime) -> Tokens:
    """The same token, for another thirty days. Raises NeedsReauth."""
    client_id, client_secret = setup.client
    form = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": tokens.refresh or "",
    }
    answer = await wire.post(f"{setup.token_url.rpartition('/')[0]}/refresh-token", form=form)
    if not answer.ok or _result(answer) != FINE:
        raise NeedsReauth("COROS does not renew this consent; the athlete has to connect again.", may_refresh=False)
    return replace(tokens, expires_at=now + RENEWED_FOR)


def _result(answer: Answer) -> object:
    try:
        return reading.inner(orjson.loads(answer.body)).get("result")
    except orjson.JSONDecodeError as wrong:
        raise ProviderDown("COROS answered with something that is no JSON.") from wrong


async def disconnect(connection: Connection, setup: Setup, wire: Wire) -> None:
    """Give our access back. One that is gone already is well."""
    answer = await wire.post(setup.deauthorize_url, params={"token": connection.bearer})
    if answer.status not in {401, 403, 404} and _result(answer) not in {TOKEN_REFUSED, USER_REFUSED}:
        judged(answer.needed(missing=Gone("COROS knows of no access.")))


PROVIDER = Provider(
    name="coros",
    title="COROS",
    ack_within_s=10,
    handshake=handshake,
    verify=verify,
    events=events,
    fetch=fetch,
    needs=("client_id", "client_secret", "path_secret"),
    signed=False,
    ack=ACK,
    api_url="https://open.coros.com/v2/coros",
    token_url="https://open.coros.com/oauth2/accesstoken",  # noqa: S106 - an address
    authorize_url="https://open.coros.com/oauth2/authorize",
    deauthorize_url="{oauth}/deauthorize",
    files=("https://oss.coros.com/fit",),
    oauth=OAuth(scope="", identify=identify, refresh=renew),
    disconnect=disconnect,
    listed=listed,
    window_days=30,
)
