"""Deliberate faults: each is put into the house in turn, and the check that is there for it has to fail.

A check that passes whatever the code does proves nothing; this is how the contract itself is tested.
"""

from __future__ import annotations

import gzip
import hmac
import ipaddress
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace

import httpx
import pytest

from service.sync import (
    consent,
    content,
    coros,
    garmin,
    outgoing,
    reading,
    reception,
    renewal,
    signing,
    strava,
    vetting,
)
from service.sync.addresses import Place, parsed
from service.sync.failures import SyncError
from service.sync.outgoing import Answer, Wire
from service.sync.provider import Reply
from tests.service.sync import contract, deliveries
from tests.service.sync.stage import Stage, staged

pytestmark = pytest.mark.anyio
Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Mutant:
    """A fault, how it is made, and the check of a provider that catches it."""

    name: str
    make: Callable[[Patch, Stage], None]
    provider: str
    check: str


def changed(**more: object) -> Callable[[Patch, Stage], None]:
    """A provider whose record says something else."""

    def make(patch: Patch, stage: Stage) -> None:
        stage.provider = replace(stage.provider, **more)

    return make


def patched(module: object, name: str, made: object) -> Callable[[Patch, Stage], None]:
    """A function of the house that does something else."""
    return lambda patch, stage: patch.setattr(module, name, made)


def trusting(patch: Patch, stage: Stage) -> None:
    patch.setattr(reception, "reading", SimpleNamespace(same=lambda given, expected: True))


def origins_off(patch: Patch, stage: Stage) -> None:
    patch.setattr(outgoing, "allowed", lambda url, places: httpx.URL(url) if url.startswith("http") else parsed(url))


def prefix_off(patch: Patch, stage: Stage) -> None:
    patch.setattr(
        Place, "holds", lambda self, url: (self.scheme, self.host, self.port) == (url.scheme, url.host, url.port or 80)
    )


def bearer_everywhere(patch: Patch, stage: Stage) -> None:
    sent = Wire.file
    patch.setattr(
        Wire, "file", lambda self, url, **more: sent(self, url, **(more | {"bearer": stage.connection.bearer}))
    )


def deauthorised_on_delete_only(patch: Patch, stage: Stage) -> None:
    real = stage.provider.events

    def events(inbound):
        return [event for event in real(inbound) if event.kind != "deauthorized" or b'"delete"' in inbound.body]

    stage.provider = replace(stage.provider, events=events)


def follows(patch: Patch, stage: Stage) -> None:
    async def exchanged(http, request, **more):
        response = await http.send(request, follow_redirects=True)
        return Answer(response.status_code, dict(response.headers), response.content)

    patch.setattr(outgoing, "exchanged", exchanged)


def new_key_each_time(patch: Patch, stage: Stage) -> None:
    real, numbers = stage.provider.events, itertools.count()
    stage.provider = replace(
        stage.provider,
        events=lambda inbound: [replace(event, dedupe=f"{event.dedupe}{next(numbers)}") for event in real(inbound)],
    )


def forgets_new_refresh_token(patch: Patch, stage: Stage) -> None:
    real = consent.tokens_of

    def tokens_of(document, *, now, before=None):
        fresh = real(document, now=now, before=before)
        return replace(fresh, refresh=before.refresh) if before else fresh

    patch.setattr(consent, "tokens_of", tokens_of)


def never_keeps(patch: Patch, stage: Stage) -> None:
    async def renewed(provider, connection, setup, wire, *, keeper):
        async with keeper.held() as stored:
            return replace(connection, tokens=await consent.refresh(provider, setup, wire, stored))

    patch.setattr(renewal, "renewed", renewed)


def refreshes_without_looking(patch: Patch, stage: Stage) -> None:
    async def renewed(provider, connection, setup, wire, *, keeper):
        fresh = await consent.refresh(provider, setup, wire, connection.tokens)
        await keeper.keep(fresh)
        return replace(connection, tokens=fresh)

    patch.setattr(renewal, "renewed", renewed)


def list_is_a_token(given: object, expected: str | None) -> bool:
    text = given[0] if isinstance(given, list) and given else given
    return isinstance(text, str) and bool(expected) and text == expected


def compares_texts(given: object, expected: str | None) -> bool:
    return isinstance(given, str) and bool(expected) and hmac.compare_digest(given, expected)


async def takes_everything(response, most_bytes):
    return b"".join([part async for part in response.aiter_raw()])


def legs_are_one(patch: Patch, stage: Stage) -> None:
    real = stage.provider.events
    stage.provider = replace(
        stage.provider,
        events=lambda inbound: [replace(event, dedupe=event.dedupe.partition(":")[0]) for event in real(inbound)],
    )


def for_ever(patch: Patch, stage: Stage) -> None:
    real = stage.provider.events
    stage.provider = replace(
        stage.provider,
        events=lambda inbound: [replace(event, dedupe=event.dedupe.partition("T")[0][:-10]) for event in real(inbound)],
    )


def no_pkce(patch: Patch, stage: Stage) -> None:
    stage.provider = replace(stage.provider, oauth=replace(stage.provider.oauth, pkce=False))


def as_number(value: object) -> str | None:
    found = reading.number(value)
    return str(int(found)) if found is not None else value if isinstance(value, str) else None


def key_forgotten(patch: Patch, stage: Stage) -> None:
    from service.sync import suunto

    patch.setattr(suunto, "_key", lambda setup: {})


SIGNATURE_OFF = changed(verify=lambda inbound, setup: None)
FORGED = "what_proves_nothing_is_refused"
EVIL = "an_address_from_an_event_is_called_only_if_it_is_the_services_own"
OPEN = "no_token_goes_to_an_open_host"
RENEWED = "a_refused_token_is_renewed_once_and_kept_or_the_athlete_is_asked"

MUTANTS = (
    *(
        Mutant("signature check off", SIGNATURE_OFF, name, FORGED)
        for name in ("strava", "garmin", "polar", "suunto", "coros", "wahoo", "intervals", "standard")
    ),
    Mutant("path secret not looked at", trusting, "strava", "another_path_is_not_there"),
    Mutant("origin check off", origins_off, "garmin", EVIL),
    Mutant("origin check off", origins_off, "wahoo", EVIL),
    Mutant("origin check off", origins_off, "coros", EVIL),
    Mutant("origin check off", origins_off, "standard", EVIL),
    Mutant("path prefix not looked at", prefix_off, "wahoo", EVIL),
    Mutant("bearer sent to a CDN", bearer_everywhere, "wahoo", OPEN),
    Mutant("bearer sent to a CDN", bearer_everywhere, "coros", OPEN),
    Mutant(
        "empty streams accepted",
        patched(strava, "_has_samples", lambda s: True),
        "strava",
        "streams_without_samples_are_not_ready",
    ),
    Mutant(
        "deauthorisation on delete only",
        deauthorised_on_delete_only,
        "strava",
        "a_consent_that_was_taken_back_is_told_in_every_form",
    ),
    *(
        Mutant("redirects followed", follows, name, "nothing_leads_us_to_another_host")
        for name in ("garmin", "wahoo", "coros", "strava")
    ),
    Mutant(
        "timestamps ignored",
        patched(signing, "fresh", lambda stamp, now: None),
        "standard",
        "a_signature_out_of_its_time_is_refused",
    ),
    Mutant(
        "timestamps ignored",
        patched(signing, "fresh", lambda stamp, now: None),
        "strava",
        "a_signature_is_demanded_only_where_its_key_is_set",
    ),
    Mutant("dedupe key dropped", new_key_each_time, "polar", "copies_of_a_message_have_one_key_and_other_runs_another"),
    Mutant(
        "dedupe key dropped", new_key_each_time, "garmin", "copies_of_a_message_have_one_key_and_other_runs_another"
    ),
    Mutant(
        "compressed bomb accepted",
        patched(content, "inflated", lambda data, **more: gzip.decompress(data)),
        "polar",
        "a_compressed_bomb_is_not_unpacked",
    ),
    *(
        Mutant(
            "200 is a file",
            patched(content, "kind_of", lambda data: "fit"),
            name,
            "an_answer_of_200_that_is_no_file_is_not_believed",
        )
        for name in ("garmin", "polar", "intervals", "wahoo")
    ),
    Mutant(
        "half a file is a file",
        patched(content, "fit_is_whole", lambda data: True),
        "suunto",
        "a_fit_file_that_is_cut_or_a_husk_is_not_ready",
    ),
    Mutant("new refresh token not stored", forgets_new_refresh_token, "strava", RENEWED),
    Mutant("new tokens not stored", never_keeps, "wahoo", RENEWED),
    Mutant("refreshed by everybody at once", refreshes_without_looking, "suunto", RENEWED),
    Mutant("list as a token accepted", patched(reading, "same", list_is_a_token), "wahoo", FORGED),
    Mutant("list as a token accepted", patched(reading, "same", list_is_a_token), "intervals", FORGED),
    Mutant("secrets compared as texts", patched(reading, "same", compares_texts), "garmin", FORGED),
    Mutant("secrets compared as texts", patched(reading, "same", compares_texts), "wahoo", FORGED),
    Mutant(
        "anything is an access token",
        patched(consent, "is_token", lambda value: True),
        "garmin",
        "an_answer_without_a_usable_token_is_no_consent",
    ),
    Mutant(
        "Retry-After not read",
        patched(outgoing, "wait_s", lambda headers, now, quota=None: 60.0),
        "polar",
        "too_many_calls_wait_as_long_as_was_asked_for",
    ),
    Mutant(
        "answers of any size", patched(outgoing, "_capped", takes_everything), "suunto", "a_huge_answer_is_not_taken"
    ),
    Mutant(
        "bodies of any size",
        changed(max_body_bytes=2**30),
        "polar",
        "a_body_past_the_limit_is_refused_before_it_is_read",
    ),
    Mutant(
        "parameters twice",
        patched(garmin, "callback", lambda event: event.hint["file_url"]),
        "garmin",
        "an_address_that_says_a_thing_twice_is_not_called",
    ),
    Mutant(
        "error in a 200 not read",
        patched(coros, "judged", lambda answer: answer.document()),
        "coros",
        "an_error_inside_an_answer_of_200_is_one",
    ),
    Mutant("legs of a multisport are one", legs_are_one, "coros", "every_leg_of_a_multisport_is_an_event_of_its_own"),
    Mutant(
        "ids as floating point",
        patched(reading, "text_id", as_number),
        "coros",
        "a_new_run_is_one_event_and_its_file_is_fetched_whole",
    ),
    Mutant("empty acknowledgement", changed(ack=Reply()), "coros", "a_status_check_is_answered_as_an_event_is"),
    Mutant(
        "verify token not looked at",
        changed(handshake=lambda inbound, setup: Reply() if inbound.method == "GET" else None),
        "strava",
        "a_handshake_is_echoed_to_whom_knows_the_word",
    ),
    Mutant(
        "ping needs a signature", changed(handshake=None), "polar", "a_ping_is_answered_without_a_key_and_does_nothing"
    ),
    Mutant("one deregistration for ever", for_ever, "garmin", "a_second_deregistration_another_day_is_another_event"),
    Mutant("no PKCE", no_pkce, "garmin", "an_athlete_connects_by_consent"),
    Mutant(
        "subscription key forgotten", key_forgotten, "suunto", "every_call_bears_the_subscription_key_beside_the_token"
    ),
)
CASES = [pytest.param(mutant, id=f"{mutant.provider}-{mutant.name}".replace(" ", "_")) for mutant in MUTANTS]


def test_there_are_enough_faults_of_enough_kinds():
    assert len({mutant.name for mutant in MUTANTS}) >= 13
    assert {mutant.check for mutant in MUTANTS} <= set(contract.FACTS)


@pytest.mark.parametrize("mutant", CASES)
async def test_a_fault_is_caught(mutant, monkeypatch):
    """With the fault the check fails as a check does; that it holds without is told by test_contract."""
    async with staged(mutant.provider) as stage:
        mutant.make(monkeypatch, stage)
        with pytest.raises((AssertionError, SyncError)):
            await contract.FACTS[mutant.check](stage)


def _global_only(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False


async def _by_name(self, host, port, timeout=None, local_address=None, socket_options=None):
    """Look, and then connect to the name: which may answer otherwise by then."""
    if not all(map(is_public, await self._resolve(host, port))):
        raise vetting.Refused
    (address, *_) = await self._resolve(host, port)
    return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)


async def _first_only(self, host, port, timeout=None, local_address=None, socket_options=None):
    (address, *_) = await self._resolve(host, port)
    if not is_public(address):
        raise vetting.Refused
    return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)


is_public = vetting.is_public
DELIVERY_MUTANTS = (
    (vetting, "is_public", _global_only, deliveries.no_address_but_a_public_one_is_connected_to),
    (vetting, "is_public", lambda text: True, deliveries.no_address_but_a_public_one_is_connected_to),
    (vetting.VettingBackend, "connect_tcp", _first_only, deliveries.no_address_but_a_public_one_is_connected_to),
    (
        vetting.VettingBackend,
        "connect_tcp",
        _by_name,
        deliveries.a_name_that_answers_otherwise_the_second_time_gains_nothing,
    ),
    (vetting.Deliveries, "vet", lambda self, url: httpx.URL(url), deliveries.a_spelling_of_loopback_is_refused),
    (
        vetting.Deliveries,
        "vet",
        lambda self, url: parsed(url),
        deliveries.a_named_origin_is_called_as_it_is_and_its_neighbour_is_not,
    ),
)


@pytest.mark.parametrize(("where", "name", "made", "check"), DELIVERY_MUTANTS)
async def test_a_fault_of_deliveries_is_caught(where, name, made, check, monkeypatch):
    monkeypatch.setattr(where, name, made)
    with pytest.raises((AssertionError, httpx.InvalidURL)):
        await check()
