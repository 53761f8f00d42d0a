"""What reaches a terminal: the two streams, their width, and text from files made harmless.

Everything that a file, a folder or a server says is untrusted: names may hold escape sequences. Nothing is printed
by this room that has not passed `harmless`.
"""

from __future__ import annotations

import codecs
import sys
import unicodedata
from typing import Any

from rich.console import Console

NAME_LENGTH = 200
WIDEST = 100
NARROWEST = 40

PLAIN = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "−": "-",
        "‑": "-",
        "·": "-",
        "•": "*",
        "…": "...",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "≥": ">=",
        "≤": "<=",
        "≈": "about ",
        "×": "x",
        "±": "+/-",
        "→": "->",
        "°": "",
        "½": "1/2",
        "⁻": "-",
        "²": "2",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
    }
)
"""Typographic characters in ASCII, for terminals that know no more."""

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
"""Unicode categories that steer a terminal or the direction of writing, or show nothing."""


def is_plain(stream: object) -> bool:
    """Whether the stream's encoding is none of Unicode's, so that block characters would not arrive."""
    encoding = getattr(stream, "encoding", None) or "ascii"
    try:
        return not codecs.lookup(encoding).name.startswith("utf")
    except LookupError:
        return True


def harmless(text: str, *, plain: bool = False) -> str:
    r"""The text without control, format and bidirectional characters; in ASCII where `plain`.

    Line ends and tabs become spaces. What ASCII cannot show becomes its base letter or `?`.

    >>> harmless("run\x1b[31m\u202egpj.fit\n")
    'run[31mgpj.fit '
    >>> harmless("18 °C – Zürich → Łódź", plain=True)
    '18 C - Zurich -> ?odz'
    """
    if text.isascii() and text.isprintable():
        return text
    spaced = (" " if mark in "\t\n\r" else mark for mark in text)
    seen = "".join(mark for mark in spaced if unicodedata.category(mark) not in UNSEEN)
    if not plain:
        return seen
    letters = unicodedata.normalize("NFKD", seen.translate(PLAIN))
    return "".join(mark for mark in letters if not unicodedata.combining(mark)).encode("ascii", "replace").decode()


def harmless_name(text: str, *, plain: bool = False) -> str:
    """A name for people: harmless, and cut at 200 characters."""
    clean = harmless(text, plain=plain).strip()
    return clean if len(clean) <= NAME_LENGTH else clean[: NAME_LENGTH - 3] + "..."


def harmless_document(value: Any, *, plain: bool = False) -> Any:
    """A copy of a plain document in which every string is harmless; keys and numbers are left as they are."""
    if isinstance(value, str):
        return harmless(value, plain=plain)
    if isinstance(value, dict):
        return {key: harmless_document(part, plain=plain) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [harmless_document(part, plain=plain) for part in value]
    return value


def console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A rich console on stdout or stderr that reads no markup, and obeys NO_COLOR, pipes and the window's width."""
    stream = sys.stderr if stderr else sys.stdout
    made = Console(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=False)
    made.width = width or max(NARROWEST, min(made.width, WIDEST))
    return made


def complain(sentence: str) -> None:
    """Write one sentence to stderr, harmless and unwrapped, so that it can be searched and copied."""
    console(stderr=True).print(harmless(sentence, plain=is_plain(sys.stderr)), style="red", soft_wrap=True)


def remark(sentence: str) -> None:
    """Write one sentence to stderr that is no complaint."""
    console(stderr=True).print(harmless(sentence, plain=is_plain(sys.stderr)), soft_wrap=True)
