"""Whether an assessment can be trusted: its receipt held against it, and its numbers worked out again from the streams.

`receipt_holds` needs the document alone, as stored or as the API gave it. `recompute` needs what the assessment was
made from, and compares number by number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from service.analysis.assess import result_sha256

TEXTS = frozenset({"text", "title", "evidence_text", "safety_texts"})
AROUND = frozenset({"disclaimer", "id", "created_at", "state"})
"""What rendering and storing put beside the fields that were hashed."""

CLOSE = 1e-6


def receipt_holds(document: Mapping[str, Any]) -> bool:
    """Whether the receipt's hash is that of the document, with or without its texts."""
    stated = document.get("receipt", {}).get("result_sha256")
    return bool(stated) and stated == result_sha256(bare(document))


def bare(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as it was before it was rendered.

    >>> bare({"score": 4, "id": "asm_1", "headline": {"text_key": "k", "params": {}, "text": "Hello."}})
    {'score': 4, 'headline': {'text_key': 'k', 'params': {}}}
    """
    return {key: _without_texts(value) for key, value in document.items() if key not in AROUND}


def recompute(stored: Mapping[str, Any], again: Mapping[str, Any]) -> dict[str, Any]:
    """The stored assessment against one made again from the stored streams by the same or later rules.

    `same` is true where every number agrees; `numbers` has a row for the score and for the value of each warning and
    question: what was stored, what came out now (None: no such finding), and whether they agree.
    """
    rows = [*_scores(stored, again), *_values(stored, again)]
    return {
        "same": all(row["same"] for row in rows),
        "receipt": receipt_holds(stored),
        "ruleset_version": {"stored": stored["ruleset_version"], "now": again["ruleset_version"]},
        "numbers": rows,
    }


def _scores(stored: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("score", "score_low", "score_high", "forecast_score"):
        yield _row(name, None, stored[name], again[name])


def _values(stored: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    now = {_place(found): found["value"] for found in (*again["warnings"], *again["questions"])}
    places = set()
    for found in (*stored["warnings"], *stored["questions"]):
        places.add(_place(found))
        yield _row(found["code"], found["start_m"], found["value"], now.get(_place(found)))
    for found in (*again["warnings"], *again["questions"]):
        if _place(found) not in places:
            yield _row(found["code"], found["start_m"], None, found["value"])


def _place(found: Mapping[str, Any]) -> tuple[str, bool, float | None, float | None]:
    return found["code"], bool(found.get("segment", False)), found["start_m"], found["end_m"]


def _row(name: str, start_m: float | None, stored: float | None, now: float | None) -> dict[str, Any]:
    same = stored == now or (stored is not None and now is not None and abs(stored - now) <= CLOSE)
    return {"number": name, "start_m": start_m, "stored": stored, "now": now, "same": same}


def _without_texts(value: object) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_texts(inner) for key, inner in value.items() if key not in TEXTS}
    if isinstance(value, list):
        return [_without_texts(inner) for inner in value]
    return value
