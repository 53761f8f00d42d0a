"""What an assessment was made from and what came out, as hashes: enough to hold it against its file years later.

Hashed is canonical JSON: keys sorted, no spaces, and whole numbers written without a fraction, so that a document
still fits its receipt after a program that knows one kind of number has read and written it (RFC 8785 does the same).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import orjson

from service.analysis.athlete import Conditions, History, Log, Profile

PARTS = ("profile", "history", "conditions", "log", "sport")
"""What may be known beside the file; `sport` is the one that somebody said instead of the file's."""

SHORT = 16
"""Characters of a part's hash: it tells whether something changed, and nothing rests on it."""


def result_sha256(document: Mapping[str, Any]) -> str:
    """The hash of an assessment document without its receipt.

    >>> result_sha256({"score": 11, "receipt": {}}) == result_sha256({"score": 11.0})
    True
    """
    kept = {key: value for key, value in document.items() if key != "receipt"}
    canonical = json.dumps(_plain(kept), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def known(*, profile: Profile, history: History, conditions: Conditions, log: Log, sport: str | None) -> dict[str, str]:
    """A short hash of each of PARTS: what the assessment was given beside the file."""
    given = {"profile": profile, "history": history, "conditions": conditions, "log": log, "sport": sport}
    return {name: _short(given[name]) for name in PARTS}


def _short(value: object) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:SHORT]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
