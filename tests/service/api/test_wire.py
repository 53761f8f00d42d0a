"""Wire models: what may come in, to the letter."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from service.api.problems import invalid
from service.api.wire import ActivityPatch, AthleteIn, UploadOptions, instant, words
from service.ingest import is_plain, shown_name


def test_absent_and_null_are_two_things() -> None:
    assert AthleteIn().given() == {}
    assert AthleteIn(mass_kg=None).given() == {"mass_kg": None}
    assert ActivityPatch.model_validate({"conditions": {"sun": None}}).given()["conditions"].given() == {"sun": None}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400, "1", True, [1], {}])
def test_a_number_is_a_finite_number(value: Any) -> None:
    with pytest.raises(ValidationError):
        AthleteIn.model_validate({"mass_kg": value})


@pytest.mark.parametrize(
    "letter",
    ["\x00", "\x07", "\n", "\x7f", "\x9b", "\ud800", "\u202e", "\u2066", "\u200f", "\u2028", "\uffff"],
)
def test_odd_characters_are_no_part_of_a_name(letter: str) -> None:
    assert not is_plain(letter)
    with pytest.raises(ValidationError):
        AthleteIn.model_validate({"name": f"a{letter}b"})
    assert shown_name(f"a{letter}b.fit") == "ab.fit"


@pytest.mark.parametrize("letter", ["ä", "漢", "🏃", "’", "\u0301", "\u200d", " "])
def test_letters_of_every_language_are(letter: str) -> None:
    assert is_plain(letter)


def test_a_note_may_have_lines_but_no_other_controls() -> None:
    assert ActivityPatch(note="one\r\ntwo\tthree").note == "one\ntwo\tthree"
    with pytest.raises(ValidationError):
        ActivityPatch(note="one\x0btwo")


@pytest.mark.parametrize(("text", "value"), [("20", 20.0), ("-3.5", -3.5), ("+1", 1.0), ("0.0", 0.0)])
def test_a_form_field_is_read_as_a_number(text: str, value: float) -> None:
    assert UploadOptions.model_validate({"temperature_c": text}).temperature_c == value


@pytest.mark.parametrize("text", ["", " ", "1e2", "0x10", "1_0", "٣", "nan", "1,5", "--1", "1.", ".5", "9" * 400])
def test_a_form_field_that_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        UploadOptions.model_validate({"temperature_c": text})


@pytest.mark.parametrize(
    ("text", "end", "at"),
    [
        ("2026-10-04", False, "2026-10-03T22:00:00+00:00"),
        ("2026-10-04", True, "2026-10-04T22:00:00+00:00"),
        ("2026-10-25", True, "2026-10-25T23:00:00+00:00"),
        ("2026-10-04T07:00:12Z", False, "2026-10-04T07:00:12+00:00"),
        ("2026-10-04T07:00:12Z", True, "2026-10-04T07:00:12+00:00"),
        ("2026-10-04T07:00:12+02:00", False, "2026-10-04T05:00:12+00:00"),
        ("2026-10-04T07:00:12 02:00", False, "2026-10-04T05:00:12+00:00"),
        ("2026-10-04T07:00:12", False, "2026-10-04T05:00:12+00:00"),
    ],
)
def test_a_time_in_a_query(text: str, at: str, *, end: bool) -> None:
    """A date is a day of the zone, also the day of 25 hours; a plus that nobody escaped is still a plus."""
    assert instant(text, zone=ZoneInfo("Europe/Vienna"), field="from", end=end).isoformat() == at


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-10", "20261004", "2026-10-04T", "1969-12-31", "2201-01-01", "0001-01-01T00:00:00Z"]
)
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(RequestValidationError) as wrong:
        instant(text, zone=UTC, field="from")
    assert invalid(wrong.value.errors())["errors"][0]["field"] == "from"


def test_a_comma_list_knows_its_words() -> None:
    known = frozenset({"a", "b", "c"})
    assert words(None, known=known, field="f") is None
    assert words("b, a,b", known=known, field="f") == ("b", "a")
    for text in ("", ",", "a,d"):
        with pytest.raises(RequestValidationError) as wrong:
            words(text, known=known, field="f")
        assert invalid(wrong.value.errors())["detail"] == "f: has to be a comma list of a, b, c"
