"""Signatures, held to the library of Standard Webhooks in both directions, and to whatever strangers send."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
from hypothesis import given, settings
from hypothesis import strategies as st

from service.sync import signing
from service.sync.failures import Rejected
from service.sync.provider import Inbound

NOW = datetime.now(UTC).replace(microsecond=0)
"""The library knows no other clock than that of the machine."""
OLD, NEW = signing.new_secret(), signing.new_secret()
BODY = '{"type":"activity.created","data":{"name":"Läufe 🏃"}}'.encode()


def inbound(headers: dict[str, str], body: bytes = BODY, *, at: datetime = NOW) -> Inbound:
    return Inbound("POST", "", at, body, headers=tuple(headers.items()))


def by_library(secret: str, body: bytes = BODY, *, at: datetime = NOW) -> dict[str, str]:
    signature = standardwebhooks.Webhook(secret).sign("msg_1", at, body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def test_the_library_takes_what_we_sign():
    headers = signing.signed("msg_1", BODY, at=NOW, secrets=[NEW])
    assert standardwebhooks.Webhook(NEW).verify(BODY, headers) == {
        "type": "activity.created",
        "data": {"name": "Läufe 🏃"},
    }
    assert headers == by_library(NEW)


def test_the_library_takes_what_we_sign_with_two_secrets_whichever_it_holds():
    headers = signing.signed("msg_1", BODY, at=NOW, secrets=[NEW, OLD])
    for secret in (NEW, OLD):
        standardwebhooks.Webhook(secret).verify(BODY, headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(signing.new_secret()).verify(BODY, headers)


def test_we_take_what_the_library_signs():
    assert signing.check(inbound(by_library(NEW)), [OLD, NEW]) == "msg_1"
    assert signing.check(inbound(by_library(OLD)), [OLD, NEW]) == "msg_1"
    with pytest.raises(Rejected):
        signing.check(inbound(by_library(signing.new_secret())), [OLD, NEW])


def test_we_take_the_same_under_the_names_of_svix():
    headers = {name.replace("webhook", "svix"): value for name, value in by_library(NEW).items()}
    made = inbound(headers)
    assert signing.check(made, [NEW]) == "msg_1"
    assert signing.at_of(made) == NOW


@pytest.mark.parametrize("wait_s", [-300, 0, 300])
def test_five_minutes_of_difference_are_allowed(wait_s):
    assert signing.check(inbound(by_library(NEW), at=NOW + timedelta(seconds=wait_s)), [NEW])


@pytest.mark.parametrize("wait_s", [-301, 301, 86400, -86400])
def test_more_are_not(wait_s):
    with pytest.raises(Rejected):
        signing.check(inbound(by_library(NEW), at=NOW + timedelta(seconds=wait_s)), [NEW])


@pytest.mark.parametrize(
    "change", [lambda b: b + b" ", lambda b: b[:-1], lambda b: b"", lambda b: b.replace(b"a", b"b", 1)]
)
def test_another_body_is_not_what_was_signed(change):
    with pytest.raises(Rejected):
        signing.check(inbound(by_library(NEW), change(BODY)), [NEW])


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_the_id_and_the_time_are_signed_too(name):
    headers = by_library(NEW) | {name: by_library(NEW)[name].replace("1", "2")}
    with pytest.raises(Rejected):
        signing.check(inbound(headers), [NEW])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda mac: mac.partition(",")[2],
        lambda mac: f"{mac},{mac}",
        lambda mac: mac.replace("v1,", "v1a,"),
        lambda mac: mac.replace("v1,", "V1,"),
        lambda mac: mac + "A",
        lambda mac: mac[:-4],
        lambda mac: "v1,é",
        lambda mac: "v1,====",
        lambda mac: "",
        lambda mac: " ".join(["v1,AAAA"] * 30 + [mac]),
    ],
)
def test_a_malformed_signature_is_refused_like_a_wrong_one(spoil):
    headers = by_library(NEW)
    with pytest.raises(Rejected) as wrong:
        signing.check(inbound(headers | {"webhook-signature": spoil(headers["webhook-signature"])}), [NEW])
    assert wrong.value.status == 401


def test_a_good_one_among_malformed_ones_holds():
    headers = by_library(NEW)
    among = f"v1a,abc  v1, {headers['webhook-signature']} x v1,%%"
    assert signing.check(inbound(headers | {"webhook-signature": among}), [NEW])


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "svix-signature", "svix-timestamp"]
        ),
        st.text(max_size=60) | st.sampled_from([str(int(NOW.timestamp())), "v1,"]),
    ),
    st.binary(max_size=40),
)
def test_whatever_headers_hold_the_answer_is_that_it_is_refused(headers, body):
    with pytest.raises(Rejected):
        signing.check(inbound(headers, body), [NEW])


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_body_is_taken_as_it_is_signed_utf8_or_not(body):
    headers = signing.signed("msg_1", body, at=NOW, secrets=[NEW])
    assert signing.check(inbound(headers, body), [NEW]) == "msg_1"


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_short", "whsec_" + "A" * 20, "whsec_%%%", "whsec_é", "whsec_" + "A" * 200]
)
def test_a_secret_that_is_none_is_told(secret):
    with pytest.raises(ValueError, match="webhook secret"):
        signing.key_of(secret)


@pytest.mark.parametrize("upper", [False, True])
def test_a_hexadecimal_signature_fits_with_any_key_in_use(upper):
    mac = hmac.new(b"new", BODY, hashlib.sha256).hexdigest()
    signing.check_hex(mac.upper() if upper else mac, BODY, ["old", "new"])
    with pytest.raises(Rejected):
        signing.check_hex(mac, BODY, ["old", "other", ""])


@pytest.mark.parametrize(
    "given_", [None, "", "é" * 64, "0" * 63, "0" * 65, "g" * 64, base64.b64encode(b"x" * 32).decode(), "٣" * 64]
)
def test_what_is_no_hexadecimal_signature_is_refused(given_):
    with pytest.raises(Rejected):
        signing.check_hex(given_, BODY, ["new"])


def test_without_a_key_nothing_fits():
    with pytest.raises(Rejected):
        signing.check(inbound(by_library(NEW)), [])
    with pytest.raises(Rejected):
        signing.check_hex(hmac.new(b"", BODY, hashlib.sha256).hexdigest(), BODY, [""])
