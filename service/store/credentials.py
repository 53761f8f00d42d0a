"""What an API key looks like: how one is made, told apart from a typo, and recognised without being stored.

`cw_`, thirty random characters out of 62, and six that are a checksum (CRC-32) of what stands before them: 178 bits
that nobody guesses, and a cut or mistyped key is seen without asking the database.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from typing import Final

MARK: Final = "cw_"
SHOWN: Final = 9
"""How many letters of a key may be shown again, to tell keys apart: the mark and six of thirty-six."""

_LETTERS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM: Final = 30
_CHECK: Final = 6
_SHAPE: Final = re.compile(rf"{MARK}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}")


def make() -> str:
    """A fresh key; the only moment at which it is known here.

    >>> is_sound(make()), len(make())
    (True, 39)
    """
    body = MARK + "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return body + _check(body)


def is_sound(text: str) -> bool:
    """True where the text is a key as `make` makes them, mistyped nowhere; it says nothing of whether it is valid.

    >>> is_sound("cw_" + "0" * 36), is_sound("cw_short"), is_sound("Bearer")
    (False, False, False)
    """
    return _SHAPE.fullmatch(text) is not None and _check(text[:-_CHECK]) == text[-_CHECK:]


def digest(key: str) -> str:
    """What is stored of a key. One plain SHA-256 is enough: there is no dictionary of 178 random bits to try."""
    return hashlib.sha256(key.encode()).hexdigest()


def _check(body: str) -> str:
    number, letters = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_LETTERS))
        letters = _LETTERS[digit] + letters
    return letters
