"""Names and other texts from outside, made harmless: they are shown to people and never become a path."""

from __future__ import annotations

import unicodedata
from typing import Final

NAME_LENGTH: Final = 200
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_plain(letter: str, *, line_breaks: bool = False) -> bool:
    """Whether a character may stand in a text from outside: no control, surrogate, private or bidirectional one."""
    if line_breaks and letter in "\n\t":
        return True
    return letter not in _BIDI and unicodedata.category(letter) not in ("Cc", "Cs", "Cn", "Zl", "Zp")


def shown_name(name: str | None) -> str:
    r"""A client's file name as a harmless text of at most 200 characters: the last step, without odd characters.

    >>> shown_name('../../etc/pass\x00wd'), shown_name('C:\\runs\\a.fit'), shown_name(None)
    ('passwd', 'a.fit', '')
    """
    last = (name or "").replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = "".join(letter for letter in last if is_plain(letter))
    return unicodedata.normalize("NFC", plain)[:NAME_LENGTH]
