"""Signatures: those of Standard Webhooks, made and checked, and the HMAC in hexadecimal that others send.

Every check works on the raw bytes, answers with Rejected(401) to anything that is not right, whatever was sent, and
compares bytes in constant time. The specification is Standard Webhooks 1.0.0; tests hold both directions to the
`standardwebhooks` library.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from service.sync.failures import Rejected
from service.sync.provider import Inbound

SECRET_PREFIX = "whsec_"  # noqa: S105 - the beginning of every secret
SECRET_BYTES = (24, 64)
TOLERANCE_S = 300
MOST_SIGNATURES = 20
PREFIXES = ("webhook", "svix")
HEX = re.compile(r"[0-9a-fA-F]{64}")
SECONDS = re.compile(r"[0-9]{1,12}")


def new_secret() -> str:
    """A fresh secret: `whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The key that a `whsec_…` stands for. Raises ValueError where it is not base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise ValueError("a webhook secret is `whsec_` and base64") from wrong
    if not SECRET_BYTES[0] <= len(key) <= SECRET_BYTES[1]:
        raise ValueError("a webhook secret holds 24 to 64 bytes")
    return key


def signed(message_id: str, body: bytes, *, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """The headers that go with a body sent at a moment: one signature for each secret, the newest first.

    While a secret is rotated both are in use, so that the receiver can change over when it likes. `at` is aware.
    """
    stamp = str(int(at.timestamp()))
    made = (base64.b64encode(_mac(key_of(each), message_id, stamp, body)).decode() for each in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{each}" for each in made),
    }


def check(inbound: Inbound, keys: Sequence[str]) -> str:
    """The message's id, if one of the secrets signed the body within five minutes. Raises Rejected(401).

    Headers may be called `webhook-…` or `svix-…`. Signatures of other versions are passed over, so are malformed ones.
    """
    found = next(
        (names for names in map(_named, PREFIXES) if inbound.header(names[0]) is not None), _named(PREFIXES[0])
    )
    message_id, stamp, given = (inbound.header(name) for name in found)
    if not message_id or not stamp or not given or not message_id.isprintable() or len(message_id) > 200:
        raise Rejected(401, "The headers of a signature are missing.")
    fresh(stamp, inbound.received_at)
    offered = [mac for each in given.split(" ")[:MOST_SIGNATURES] if (mac := _offered(each)) is not None]
    wanted = [_mac(key_of(each), message_id, stamp, inbound.body) for each in keys]
    if not sum(hmac.compare_digest(mac, expected) for mac in offered for expected in wanted):
        raise Rejected(401, "No signature fits.")
    return message_id


def fresh(stamp: str, now: datetime) -> None:
    """Nothing, where the seconds since 1970 are within five minutes of now. Raises Rejected(401)."""
    if not SECONDS.fullmatch(stamp) or abs(int(stamp) - now.timestamp()) > TOLERANCE_S:
        raise Rejected(401, "The signature's time is not within five minutes of ours.")


def check_hex(given: str | None, body: bytes, keys: Sequence[str]) -> None:
    """Nothing, where `given` is the HMAC-SHA256 of the body with one of the keys, in either case. Raises Rejected."""
    if given is None or not HEX.fullmatch(given):
        raise Rejected(401, "The signature is missing or malformed.")
    offered = bytes.fromhex(given)
    wanted = (hmac.new(key.encode(), body, hashlib.sha256).digest() for key in keys if key)
    if not sum(hmac.compare_digest(offered, expected) for expected in wanted):
        raise Rejected(401, "No signature fits.")


def at_of(inbound: Inbound) -> datetime:
    """The moment that a checked message says it was sent."""
    stamp = next(value for prefix in PREFIXES if (value := inbound.header(f"{prefix}-timestamp")) is not None)
    return datetime.fromtimestamp(int(stamp), UTC)


def _named(prefix: str) -> tuple[str, str, str]:
    return f"{prefix}-id", f"{prefix}-timestamp", f"{prefix}-signature"


def _mac(key: bytes, message_id: str, stamp: str, body: bytes) -> bytes:
    return hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()


def _offered(text: str) -> bytes | None:
    """The bytes of one `v1,<base64>`; None for any other version and for what is none."""
    version, comma, encoded = text.partition(",")
    if version != "v1" or not comma or len(encoded) > 128 or not encoded.isascii():
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
