"""Assessments are kept for years, as text keys with parameters: what was stored has to be said by every later program.

`said_before.json` holds keys and parameters of assessments of the golden scenarios, as an earlier program made them.
Nothing is taken out of it; a message that gets a parameter more names in `texts.LATER` what stands in for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.analysis import texts

SAID: list[tuple[str, dict[str, Any]]] = json.loads(
    Path(__file__).with_name("said_before.json").read_text(encoding="utf-8")
)


def test_there_is_something_to_be_said() -> None:
    assert len(SAID) > 100
    assert {"fade-headline", "fast_start-text", "hilly-climb_title"} <= {key for key, _ in SAID}


@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_what_was_stored_is_said_by_this_program(units: str) -> None:
    voice = texts.speaker(units=units)
    for key, params in SAID:
        assert voice.say(key, params) != ""


@pytest.mark.parametrize("key", texts.LATER)
def test_a_parameter_that_came_later_is_missing_in_what_was_stored(key: str) -> None:
    stored = [params for said, params in SAID if said == key]
    assert any(texts.LATER[key].keys() - params.keys() for params in stored)
