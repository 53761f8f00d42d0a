"""The texts of the pages: messages (Project Fluent) by key, a file a language, English where one is missing.

What an assessment says comes rendered from `service.examine`; here is only what stands around it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel import negotiate_locale

from service import examine

_FOLDER = Path(__file__).parent / "texts"
ENGLISH = "en"


@cache
def languages() -> tuple[str, ...]:
    """The languages there are pages in, English first."""
    return (ENGLISH, *sorted(path.stem for path in _FOLDER.glob("*.ftl") if path.stem != ENGLISH))


def negotiated(language: str) -> str:
    """The language of `languages()` that serves a tag best.

    >>> negotiated("en-US"), negotiated("tlh")
    ('en', 'en')
    """
    return negotiate_locale([language], languages(), sep="-") or ENGLISH


@cache
def speaker(language: str, units: str) -> examine.Speaker:
    """Who says the texts in a language of `languages()`, with measures in those units."""
    files = dict.fromkeys((ENGLISH, language))
    sources = [(_FOLDER / f"{name}.ftl").read_text(encoding="utf-8") for name in files]
    return examine.Speaker(sources, language=language, units=units)
