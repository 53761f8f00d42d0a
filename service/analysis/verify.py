"""Whether an assessment can be trusted: its receipt held against it, and its numbers worked out again from the streams.

`receipt_holds` needs the document alone, as stored or as the API gave it. `compare` needs the assessment made again
from the same streams, and holds both against each other, field by field; texts are left out, as they are not evidence.
A field that came out otherwise is excused where its rule reads what is no longer known as it was (the profile, the
history, the weather), or where the rules themselves are others: that is told, and never called the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from service.analysis.receipt import PARTS, result_sha256
from service.analysis.rule import all_rules

TEXTS = frozenset({"text", "title", "evidence_text", "safety_texts"})
AROUND = frozenset({"disclaimer", "id", "created_at", "state"})
"""What rendering and storing put beside the fields that were hashed."""

APART = frozenset({"receipt", "ruleset_version", "warnings", "questions"})
"""Fields that are not compared as they stand: the receipt by itself, findings each with the one of its rule."""

FILE_ALONE = frozenset({"status", "reason", "structured", "main_effort"})
"""Fields beside the findings that the file alone decides."""

SCORES = ("score", "score_low", "score_high", "forecast_score")
CLOSE = 1e-6


def receipt_holds(document: Mapping[str, Any]) -> bool:
    """Whether the receipt's hash is that of the document, with or without its texts, and names the same rules."""
    receipt = document.get("receipt")
    if not isinstance(receipt, Mapping) or receipt.get("ruleset_version") != document.get("ruleset_version"):
        return False
    stated = receipt.get("result_sha256")
    return bool(stated) and stated == result_sha256(bare(document))


def bare(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as it was before it was rendered.

    >>> bare({"score": 4, "id": "asm_1", "headline": {"text_key": "k", "params": {}, "text": "Hello."}})
    {'score': 4, 'headline': {'text_key': 'k', 'params': {}}}
    """
    return {key: _without_texts(value) for key, value in document.items() if key not in AROUND}


def readable(document: object) -> bool:
    """Whether a value out of any JSON can be held against anything: it has the fields of an assessment."""
    if not isinstance(document, Mapping) or not isinstance(document.get("receipt"), Mapping):
        return False
    findings = [document.get(name) for name in ("warnings", "questions")]
    if not all(isinstance(listed, list) and all(map(_is_finding, listed)) for listed in findings):
        return False
    return {"ruleset_version", *SCORES} <= set(document)


def _is_finding(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("code"), str)


def on_its_own(stored: Mapping[str, Any], *, input_sha256: str | None = None) -> dict[str, Any]:
    """What can be said of an assessment without its streams: its receipt, and nothing of its numbers."""
    before = bare(stored)
    return _verdict(before, None, _receipt(before, input_sha256), changed=[], differences=[])


def compare(
    stored: Mapping[str, Any],
    again: Mapping[str, Any],
    *,
    input_sha256: str | None = None,
    summaries: tuple[object, object] = (None, None),
) -> dict[str, Any]:
    """The stored assessment against one made again from the same streams by the present rules.

    `verdict` is `holds` (every field came out again), `in_part` (some could not be worked out again here: `because`
    names what is known otherwise now, or `rules`), or `differs`. `receipt` says whether the document is the one that
    was hashed, and whether the input is the one it names (None: no input at hand). `numbers` has a row for each score
    and the value of each finding: stored, now (None: no such finding), and `same`, `differs` or `not_comparable`.
    `differences` has every field that is not the same, by its path. `summaries` are the totals of the activity, stored
    and worked out again, where they are to be held against each other too.
    """
    before = bare(stored)
    known, known_now = (one["receipt"].get("known") or {} for one in (before, again))
    changed = [part for part in PARTS if known.get(part) != known_now.get(part)]
    if before["ruleset_version"] != again["ruleset_version"]:
        changed.append("rules")
    differences = [
        *_differences(before, again, changed),
        *_of_field("/summary", *summaries, _outcome(frozenset(), changed)),
    ]
    return _verdict(before, again, _receipt(before, input_sha256), changed=changed, differences=differences)


def _receipt(stored: Mapping[str, Any], input_sha256: str | None) -> dict[str, bool | None]:
    same_input = None if input_sha256 is None else stored["receipt"].get("input_sha256") == input_sha256
    return {"result": receipt_holds(stored), "input": same_input}


def _verdict(
    stored: Mapping[str, Any],
    again: Mapping[str, Any] | None,
    receipt: Mapping[str, bool | None],
    *,
    changed: Sequence[str],
    differences: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    wrong = any(one["outcome"] == "differs" for one in differences)
    if wrong or False in receipt.values():
        verdict = "differs"
    else:
        verdict = "in_part" if differences or again is None else "holds"
    return {
        "verdict": verdict,
        "receipt": dict(receipt),
        "ruleset_version": {"stored": stored["ruleset_version"], "now": (again or {}).get("ruleset_version")},
        "because": list(changed) if differences else [],
        "numbers": [] if again is None else list(_numbers(stored, again, changed)),
        "differences": list(differences),
    }


# --- field by field -----------------------------------------------------------------------------------------------


def _differences(
    stored: Mapping[str, Any], again: Mapping[str, Any], changed: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys((*stored, *again)):
        if name not in APART:
            reads = frozenset({"sport"} if name in FILE_ALONE else PARTS)
            yield from _of_field(f"/{name}", stored.get(name), again.get(name), _outcome(reads, changed))
    for pointer, code, before, now in _pairs(stored, again):
        yield from _of_field(pointer, before, now, _outcome(_reads(code), changed))


def _of_field(pointer: str, stored: Any, now: Any, outcome: str) -> Iterator[dict[str, Any]]:
    """Where two plain values are not the same, down to the field."""
    if isinstance(stored, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys((*stored, *now)):
            yield from _of_field(f"{pointer}/{key}", stored.get(key), now.get(key), outcome)
    elif isinstance(stored, list) and isinstance(now, list) and len(stored) == len(now):
        for index, (before, after) in enumerate(zip(stored, now, strict=True)):
            yield from _of_field(f"{pointer}/{index}", before, after, outcome)
    elif not _same(stored, now):
        yield {"at": pointer, "stored": stored, "now": now, "outcome": outcome}


def _numbers(stored: Mapping[str, Any], again: Mapping[str, Any], changed: Sequence[str]) -> Iterator[dict[str, Any]]:
    for name in SCORES:
        yield _number(name, {"value": stored[name]}, {"value": again[name]}, _outcome(frozenset(PARTS), changed))
    for _, code, before, now in _pairs(stored, again):
        yield _number(code, before or {}, now or {}, _outcome(_reads(code), changed))


def _number(name: str, stored: Mapping[str, Any], now: Mapping[str, Any], otherwise: str) -> dict[str, Any]:
    there = stored or now
    return {
        "number": name,
        "unit": there.get("unit", "points"),
        "start_m": there.get("start_m"),
        "end_m": there.get("end_m"),
        "stored": stored.get("value"),
        "now": now.get("value"),
        "outcome": "same" if _same(stored.get("value"), now.get("value")) else otherwise,
    }


def _pairs(
    stored: Mapping[str, Any], again: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    """Findings stored and made again that belong together: pointer, code, either; None where it has no partner.

    They are paired by rule and order, never by window or value, which are what is to be proved.
    """
    for field in ("warnings", "questions"):
        before, now = (_by_key(document[field]) for document in (stored, again))
        for key in dict.fromkeys((*before, *now)):
            code, kind, number = key
            yield f"/{field}/{code}{kind}/{number}", code, before.get(key), now.get(key)


def _by_key(findings: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, int], Mapping[str, Any]]:
    counted: Counter[tuple[str, str]] = Counter()
    found = {}
    for one in findings:
        kind = (str(one["code"]), "/segment" if one.get("segment") else "")
        found[(*kind, counted[kind])] = one
        counted[kind] += 1
    return found


def _outcome(reads: frozenset[str], changed: Sequence[str]) -> str:
    """What a difference means: a rule that reads nothing of what is known otherwise now has to say the same again."""
    excused = {"rules", "sport"} | reads
    return "not_comparable" if excused & set(changed) else "differs"


def _reads(code: str) -> frozenset[str]:
    return next((rule.reads for rule in all_rules() if rule.code == code), frozenset())


def _same(stored: object, now: object) -> bool:
    if isinstance(stored, int | float) and isinstance(now, int | float):
        return isinstance(stored, bool) == isinstance(now, bool) and abs(stored - now) <= CLOSE
    return type(stored) is type(now) and stored == now


def _without_texts(value: object) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_texts(inner) for key, inner in value.items() if key not in TEXTS}
    if isinstance(value, list):
        return [_without_texts(inner) for inner in value]
    return value
