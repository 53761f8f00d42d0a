"""Tokens of athletes under lock: keys and text go in, bytes come out, and only for the same athlete and provider back.

AES-GCM-SIV, which forgives a nonce that comes twice. Athlete, provider and purpose are authenticated with the text, so
a row that is copied to another athlete cannot be opened. The first key locks, every key of the ring opens: a key is
rotated by putting a new one in front, locking everything anew, and taking the old one away.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from service.errors import ServiceError

KEY_BYTES = 32
NONCE_BYTES = 12
NAME_BYTES = 4
VERSION = b"\x01"


class CannotUnlock(ServiceError):
    """A stored token that none of the keys opens, or that was locked for somebody else."""

    code = "token_locked"


def new_key() -> str:
    """A fresh key, as it stands in a setting or a file."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys, the one in use first."""

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Keyring:
        """The ring of keys in base64. Raises ValueError, without repeating them."""
        try:
            keys = tuple(
                base64.b64decode(text.strip(), altchars=b"-_", validate=True) for text in texts if text.strip()
            )
        except (binascii.Error, ValueError):
            raise ValueError("a token key is base64 of 32 bytes") from None
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError("a token key is base64 of 32 bytes")
        return cls(keys)

    def lock(self, text: str, *, athlete_id: str, provider: str) -> bytes:
        """The text, readable again for this athlete and provider alone."""
        key, nonce = self.keys[0], os.urandom(NONCE_BYTES)
        sealed = AESGCMSIV(key).encrypt(nonce, text.encode(), _bound(athlete_id, provider))
        return VERSION + _name(key) + nonce + sealed

    def unlock(self, locked: bytes, *, athlete_id: str, provider: str) -> str:
        """The text. Raises CannotUnlock."""
        head = len(VERSION) + NAME_BYTES
        name, nonce, sealed = (
            locked[len(VERSION) : head],
            locked[head : head + NONCE_BYTES],
            locked[head + NONCE_BYTES :],
        )
        for key in self.keys:
            if locked[: len(VERSION)] != VERSION or _name(key) != name or len(nonce) != NONCE_BYTES:
                continue
            try:
                return AESGCMSIV(key).decrypt(nonce, sealed, _bound(athlete_id, provider)).decode()
            except (InvalidTag, ValueError):
                break
        raise CannotUnlock("A stored token cannot be read with the present keys; the athlete has to connect again.")

    def is_current(self, locked: bytes) -> bool:
        """Whether the key in use locked it; otherwise it wants locking anew."""
        return locked[: len(VERSION) + NAME_BYTES] == VERSION + _name(self.keys[0])


def _name(key: bytes) -> bytes:
    """A name for a key that tells nothing of it."""
    return hashlib.sha256(b"crampwatch key name" + key).digest()[:NAME_BYTES]


def _bound(athlete_id: str, provider: str) -> bytes:
    """What is authenticated with the text; the lengths keep (ab, c) apart from (a, bc)."""
    parts = (b"crampwatch token", athlete_id.encode(), provider.encode())
    return b"".join(len(part).to_bytes(2) + part for part in parts)
