"""Hidden amounts: in no sentence of any assessment is there an amount, or a word that urges a mineral."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fixtures.runs import SCENARIOS, activity
from service import examine as room

AMOUNT = re.compile(r"\d[\d,.]* ?(ml|mg|g|l|litres?|fl oz|oz)\b", re.IGNORECASE)
URGED = re.compile(
    r"\b(salt\w*|potassium|magnesium|tablets?|electrolytes?|minerals?|sports drink|gels?)\b", re.IGNORECASE
)
LOGS: tuple[dict[str, Any] | None, ...] = (
    None,
    {"fluid_ml": 4000, "sodium_mg": 3000, "carbs_g": 10, "fasted": True, "mass_before_kg": 70.0, "mass_after_kg": 68.0},
    {"fluid_ml": 4000, "carbs_g": 0, "mass_before_kg": 70.0, "mass_after_kg": 71.0},
)


def sentences(value: Any) -> Iterator[str]:
    """Every string of a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from sentences(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from sentences(inner)


def examined(scenario: str, log: dict[str, Any] | None, **profile: Any) -> dict[str, Any]:
    known = SCENARIOS[scenario]
    return room.examine(
        activity(known.run),
        input_sha256="",
        profile={**known.profile, "mass_kg": 70.0, "cramp_history": "recent", "strength_training": False, **profile},
        history=known.history,
        conditions=known.conditions,
        log=log,
        program_version="",
    ).assessment


def checked(shown: dict[str, Any]) -> None:
    for reminder in shown["reminders"]:
        assert (reminder["amount"], reminder["per_mark"], reminder["at_min"]) == (None, None, [])
    told = [*sentences({name: shown[name] for name in shown if name != "receipt"})]
    assert [words for words in told if AMOUNT.search(words)] == []
    assert [words for words in told if URGED.search(words)] == []


@pytest.mark.parametrize("units", ["metric", "imperial"])
@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_sentence_of_an_assessment_has_one(scenario: str, log: dict[str, Any] | None, units: str) -> None:
    """Hidden afterwards: the stored assessment has amounts, what is shown of it has none."""
    checked(room.render(examined(scenario, log), units=units, hide_amounts=True))


@pytest.mark.parametrize("profile", [{"hide_amounts": True}, {"birth_year": 2008}])
@pytest.mark.parametrize("scenario", ["S13", "S14", "S15", "S27"])
def test_none_is_stored_where_they_were_hidden_from_the_start(scenario: str, profile: dict[str, Any]) -> None:
    made = examined(scenario, LOGS[1], **profile)
    checked(room.render(made))
    stored = json.dumps(made["reminders"])
    assert not re.search(r'"unit"|"least"|"most"|sodium', stored), stored


@pytest.mark.parametrize("cramp", ["none", "cramp_stopped"])
def test_no_standing_advice_has_one(cramp: str) -> None:
    report = {"answer": cramp, "episodes": [{"muscle": "calf", "at_m": 17_000}], "when": "during"}
    log = {"sodium_mg": 500, "fluid_ml": 900, "sleep_h": 5.5}
    digest = {"sport": "running", "distance_m": 20_000.0, "moving_s": 7_000.0, "cramp_report": report, "log": log}
    history = [{**digest, "started_at": f"2026-05-{day:02d}T06:00:00Z"} for day in range(1, 9)]
    for profile in ({"hide_amounts": True}, {"birth_year": 2010}):
        advice = room.standing_advice(profile=profile, history=history, at=datetime(2026, 5, 9, tzinfo=UTC))
        assert len(advice) >= 6
        told = [*sentences(advice)]
        assert [words for words in told if AMOUNT.search(words) or URGED.search(words)] == []


def test_shown_openly_the_same_runs_do_have_amounts_and_minerals() -> None:
    """So that the test above can fail."""
    told = [*sentences(room.render(examined("S14", LOGS[1]))["reminders"])]
    assert any(AMOUNT.search(words) for words in told)
    assert any(URGED.search(words) for words in told)
