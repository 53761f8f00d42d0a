"""Receipts and recomputation: what is stored can be held against what comes out again."""

from __future__ import annotations

import copy
import json

import pytest

from fixtures.runs import SCENARIOS, activity
from service import examine as room


def made(scenario: str):  # type: ignore[no-untyped-def]
    known = SCENARIOS[scenario]
    return room.examine(
        activity(known.run),
        input_sha256="ab" * 32,
        profile=known.profile,
        history=known.history,
        conditions=known.conditions,
        program_version="1.2.3",
    )


def verified(scenario: str, assessment):  # type: ignore[no-untyped-def]
    known, got = SCENARIOS[scenario], made(scenario)
    return room.verify(
        assessment,
        room.restore(got.state, got.columns),
        profile=known.profile,
        history=known.history,
        conditions=known.conditions,
    )


@pytest.mark.parametrize("scenario", ["S01", "S14", "S16", "S23", "S11"])
def test_every_number_comes_out_again_from_the_stored_streams(scenario: str) -> None:
    stored = json.loads(json.dumps(made(scenario).assessment))
    got = verified(scenario, stored)
    assert got["same"]
    assert got["receipt"]
    assert len(got["numbers"]) == 4 + len(stored["warnings"])


def test_a_changed_number_is_found() -> None:
    stored = copy.deepcopy(made("S14").assessment)
    stored["warnings"][0]["value"] += 0.01
    got = verified("S14", stored)
    assert not got["same"]
    assert not got["receipt"]
    assert [row["number"] for row in got["numbers"] if not row["same"]] == [stored["warnings"][0]["code"]]


def test_a_warning_that_was_taken_out_is_found() -> None:
    stored = copy.deepcopy(made("S14").assessment)
    gone = stored["warnings"].pop()
    (row,) = [row for row in verified("S14", stored)["numbers"] if not row["same"]]
    assert (row["number"], row["stored"]) == (gone["code"], None)


@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_a_receipt_holds_for_the_rendered_document_too(units: str) -> None:
    rendered = {
        "id": "asm_1",
        "created_at": "…",
        "state": "current",
        **room.render(made("S16").assessment, units=units),
    }
    assert room.receipt_holds(rendered)
    assert not room.receipt_holds({**rendered, "score": 0})
    assert not room.receipt_holds({"score": 0})
