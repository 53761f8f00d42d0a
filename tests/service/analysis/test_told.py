"""What the runner wrote down or reported comes back as advice: about drinking, fuel, sleep, and cramps that gather."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fixtures.runs import Run, activity, minutes
from service import examine as room
from service.analysis import advice
from service.analysis.advice import amounts
from service.analysis.advice.reminder import Situation, Weeks
from service.analysis.athlete import CrampReport, Episode, History, Log, PastRun, Profile
from service.analysis.texts import english, speaker

NOW = datetime(2026, 5, 3, 6, 0, tzinfo=UTC)
HOUR, TWO_HOURS = Run((minutes(60, 2.8),)), Run((minutes(120, 2.8),))
SHORT = Run((minutes(35, 2.8),))
RUNNER = Profile(mass_kg=70.0, birth_year=1986)


@pytest.fixture
def reminders(facts_of):  # type: ignore[no-untyped-def]
    def make(run: Run, log: Log, profile: Profile = RUNNER) -> dict[str, dict[str, Any]]:
        made = advice.reminders(Situation(facts_of(run, profile=profile, log=log)))
        return {one["code"]: one for one in made}

    return make


def said(reminder: dict[str, Any]) -> str:
    return speaker().say(reminder["text_key"], reminder["params"])


# --- drinking too much --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "log", "text"),
    [
        (HOUR, Log(fluid_ml=790), None),
        (HOUR, Log(fluid_ml=820), "eah_caution-drank_fast"),
        (TWO_HOURS, Log(fluid_ml=1590), None),
        (TWO_HOURS, Log(fluid_ml=1620), "eah_caution-drank_fast"),
        (TWO_HOURS, Log(fluid_ml=1620, mass_before_kg=70.0, mass_after_kg=68.6), "eah_caution-drank_within"),
        (TWO_HOURS, Log(fluid_ml=1620, mass_before_kg=70.0, mass_after_kg=70.0), "eah_caution-drank_within"),
        (TWO_HOURS, Log(fluid_ml=1620, urine_ml=400, mass_before_kg=70.0, mass_after_kg=69.9), "eah_caution-drank"),
        (TWO_HOURS, Log(fluid_ml=1620, mass_before_kg=70.0, mass_after_kg=63.0), "eah_caution-drank_fast"),
        (TWO_HOURS, Log(fluid_ml=1590, urine_ml=400, mass_before_kg=70.0, mass_after_kg=69.9), None),
        (TWO_HOURS, Log(mass_before_kg=70.0, mass_after_kg=70.0), None),
        (TWO_HOURS, Log(mass_before_kg=70.0, mass_after_kg=70.1), "eah_caution-gained"),
        (TWO_HOURS, Log(fluid_ml=2500, mass_before_kg=70.0, mass_after_kg=70.4), "eah_caution-gained"),
        (TWO_HOURS, Log(mass_after_kg=70.4), None),
        (SHORT, Log(mass_before_kg=70.0, mass_after_kg=70.4), "eah_caution-gained"),
        (TWO_HOURS, Log(), None),
    ],
)
def test_a_log_of_much_drinking_brings_the_caution(reminders, run, log, text) -> None:  # type: ignore[no-untyped-def]
    caution = reminders(run, log).get("eah_caution")
    assert (caution and caution["text_key"]) == text
    if caution is not None:
        assert "hyponatremia" in caution["safety_keys"]
        assert "log" in caution["reason_codes"]
        assert caution["primary"]


@pytest.mark.parametrize("profile", [Profile(), RUNNER])
@pytest.mark.parametrize("lost_kg", [0.0, 0.4, 1.4, 2.3, 4.0])
def test_who_lost_mass_is_not_told_to_drink_less(reminders, profile, lost_kg) -> None:  # type: ignore[no-untyped-def]
    log = Log(fluid_ml=1900, mass_before_kg=70.5, mass_after_kg=70.5 - lost_kg)
    told = [said(one).lower() for one in reminders(TWO_HOURS, log, profile).values()]
    assert [words for words in told if "drink less" in words or "clinician" in words] == []


# --- the scales ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lost_kg", "amount"),
    [
        (-0.3, None),
        (0.4, None),
        (0.5, {"min": 600, "max": 750, "unit": "ml"}),
        (1.2, {"min": 1500, "max": 1800, "unit": "ml"}),
        (5.0, {"min": 3000, "max": 3000, "unit": "ml"}),
        (7.0, None),  # a tenth of the body: 70 typed as 63
    ],
)
def test_what_the_scales_lost_is_made_up_after_and_within_bounds(reminders, lost_kg, amount) -> None:  # type: ignore[no-untyped-def]
    got = reminders(TWO_HOURS, Log(mass_before_kg=70.0, mass_after_kg=round(70.0 - lost_kg, 3)))["post_fluid"]
    assert got["amount"] == amount
    assert got["text_key"] == ("post_fluid-text" if amount is None else "post_fluid-weighed")
    assert "to_thirst" in got["safety_keys"]


def test_the_amount_after_is_never_more_than_one_and_a_half_litres_a_kilogram() -> None:
    for lost_g in range(0, 9_000, 37):
        got = amounts.after(lost_kg=lost_g / 1000, mass_kg=70.0)
        assert got is None or got.min <= got.max <= min(1.5 * lost_g, 3000)


# --- fuel ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "log", "text"),
    [
        (TWO_HOURS, Log(fasted=True), "pre_meal-fasted"),
        (TWO_HOURS, Log(fasted=False), "pre_meal-text"),
        (TWO_HOURS, Log(), "pre_meal-text"),
        (SHORT, Log(fasted=True), None),
    ],
)
def test_an_empty_stomach_is_a_subject_from_an_hour_on(reminders, run, log, text) -> None:  # type: ignore[no-untyped-def]
    meal = reminders(run, log).get("pre_meal")
    assert (meal and meal["text_key"]) == text


@pytest.mark.parametrize(
    ("carbs_g", "text", "begins"),
    [
        (None, "carbs-amount", "Carbohydrate: an estimated 30–60 g an hour"),
        (0, "carbs-logged", "By your log you took no carbohydrate"),
        (40, "carbs-logged", "By your log you took little carbohydrate"),
        (60, "carbs-amount", "Carbohydrate: an estimated 30–60 g an hour"),
    ],
)
def test_less_carbohydrate_than_the_lower_end_is_told(reminders, carbs_g, text, begins) -> None:  # type: ignore[no-untyped-def]
    got = reminders(TWO_HOURS, Log(carbs_g=carbs_g))["carbs"]
    assert got["text_key"] == text
    assert said(got).startswith(begins)
    assert got["amount"] == {"min": 30, "max": 60, "unit": "g/h"}


def test_without_mass_a_log_brings_no_amount_of_carbohydrate(reminders) -> None:  # type: ignore[no-untyped-def]
    assert reminders(TWO_HOURS, Log(carbs_g=0), Profile())["carbs"]["amount"] is None


# --- hidden amounts -----------------------------------------------------------------------------------------------

LOGS = (
    Log(fluid_ml=3000, sodium_mg=2000, carbs_g=0, fasted=True, sleep_h=5),
    Log(fluid_ml=100, mass_before_kg=70.0, mass_after_kg=68.5, carbs_g=20),
    Log(mass_before_kg=70.0, mass_after_kg=71.0),
)


@pytest.mark.parametrize("log", LOGS)
def test_no_log_brings_an_amount_or_a_mineral_past_hidden_amounts(reminders, log) -> None:  # type: ignore[no-untyped-def]
    made = {"reminders": list(reminders(TWO_HOURS, log).values())}
    for one in advice.conceal(made)["reminders"]:
        assert (one["amount"], one["per_mark"], one["at_min"]) == (None, None, [])
        words = said(one).lower()
        assert not re.search(r"\d+ ?(ml|mg|g|fl oz|litre)\b", words), words
        assert not any(word in words for word in ("salt", "potassium", "magnesium", "tablet")), words


# --- weeks --------------------------------------------------------------------------------------------------------


def weeks(*told: dict[str, Any], days_apart: float = 4.0, profile: Profile | None = None) -> dict[str, dict[str, Any]]:
    runs = tuple(
        PastRun(NOW - timedelta(days=days_apart * back), "running", 20_000.0, 7_000.0, **one)
        for back, one in zip(range(len(told), 0, -1), told, strict=True)
    )
    made = advice.standing_reminders(Weeks(profile or Profile(), History(runs), NOW))
    return {one["code"]: one for one in made}


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        ((6.0, 6.5, 6.9), "sleep-short"),
        ((6.0, 7.0, 8.0), "sleep-text"),
        ((5.0, 5.0), "sleep-text"),
        ((None, 6.0, 6.5, 6.9), "sleep-short"),
    ],
)
def test_short_nights_in_the_logs_are_told_from_three_on(hours: tuple[float | None, ...], text: str) -> None:
    got = weeks(*({"log": Log(sleep_h=one)} for one in hours), days_apart=3)["sleep"]
    assert got["text_key"] == text


def cramped(at_km: float | None = None, **more: Any) -> dict[str, Any]:
    episodes = () if at_km is None else (Episode("calf", at_m=1000 * at_km),)
    return {"cramp": "cramp_stopped", "report": CrampReport(episodes, "during"), **more}


@pytest.mark.parametrize(
    ("told", "part"),
    [
        (
            (cramped(), cramped()),
            "You reported 2 cramps in a month. Write down what you drink",
        ),
        ((cramped(log=Log(sodium_mg=300)), cramped()), "Look through your log of what you drank and ate"),
        ((cramped(17), cramped(16.4), cramped(18)), "In 3 runs they came within 2 km of 17 km"),
    ],
)
def test_the_review_speaks_of_place_and_log_where_cramps_come_back(told: tuple[dict[str, Any], ...], part: str) -> None:
    got = weeks(*told)["review"]
    assert got["text_key"] == "review-pattern"
    assert part in said(got)
    assert {"cramps", "clinician"} <= set(got["safety_keys"])


def test_a_place_from_earlier_months_is_told_without_cramps_in_this_one() -> None:
    got = weeks(cramped(17), cramped(16.4), cramped(18), {}, days_apart=35)["review"]
    assert got["text_key"] == "review-place"


def test_red_flags_come_before_all_else() -> None:
    flagged = {"cramp": "near", "report": CrampReport(red_flags=("dark_urine",))}
    got = weeks(flagged, cramped(), cramped())["review"]
    assert (got["text_key"], got["safety_keys"]) == ("review-red_flags", ["clinician"])


def test_the_young_keep_the_clinician_and_hear_of_no_sodium() -> None:
    got = weeks(cramped(), cramped(), profile=Profile(birth_year=2012))["review"]
    assert (got["text_key"], got["params"]) == ("review-hidden", {})
    assert "clinician" in got["safety_keys"]


# --- a report -----------------------------------------------------------------------------------------------------


def after(**report: Any) -> dict[str, dict[str, Any]]:
    return {one["text_key"]: one for one in room.after_report({"answer": "none", **report})}


@pytest.mark.parametrize(
    ("report", "keys"),
    [
        ({}, []),
        ({"answer": "near"}, ["about-cramp"]),
        ({"answer": "cramp_continued", "when": "during"}, ["about-cramp"]),
        ({"answer": "cramp_stopped", "when": "after"}, ["reported-after", "about-cramp"]),
        ({"stitch": True}, ["reported-stitch"]),
        (
            {"answer": "cramp_stopped", "red_flags": ["fever"], "stitch": True},
            ["reported-red_flags", "about-cramp", "reported-stitch"],
        ),
    ],
)
def test_a_report_is_answered_by_what_was_reported(report: dict[str, Any], keys: list[str]) -> None:
    assert list(after(**report)) == keys
    assert all(one["text"] for one in after(**report).values())


@pytest.mark.parametrize(
    ("flag", "urgent"), [("chest_pain", True), ("fainting", True), ("dark_urine", False), ("widespread", False)]
)
def test_red_flags_name_a_clinician_and_the_urgent_ones_the_emergency_number(flag: str, *, urgent: bool) -> None:
    got = after(answer="cramp_stopped", red_flags=[flag])["reported-red_flags"]
    assert ("emergency" in got["safety_keys"]) is urgent
    assert "clinician" in got["safety_keys"]
    assert any("emergency number" in text for text in got["safety_texts"]) is urgent


def test_no_answer_to_a_report_names_an_amount_or_a_mineral() -> None:
    keys = [key for key in english() if key.startswith(("reported-", "about-cramp"))]
    assert len(keys) >= 4
    for key in keys:
        assert not re.search(r"\d|salt|sodium|potassium|magnesium|tablet", english()[key].lower()), key


# --- from the documents, end to end ---------------------------------------------------------------------------------


def test_three_weighed_runs_in_the_documents_set_the_amounts_of_the_next() -> None:
    """70 kg at 10 km/h are estimated to sweat 0.75 l/h; the scales say 1.2."""

    def examined(history: list[dict[str, Any]], log: dict[str, Any] | None = None) -> room.Examined:
        return room.examine(
            activity(TWO_HOURS),
            input_sha256="",
            profile={"birth_year": 1986, "mass_kg": 70.0},
            history=history,
            conditions={},
            log=log,
            program_version="1",
        )

    weighing = {"fluid_ml": 800, "mass_before_kg": 70.0, "mass_after_kg": 68.4}
    digest = examined([]).digest
    past = [
        {**digest, "started_at": (NOW - timedelta(days=7 * back)).isoformat(), "log": weighing} for back in (3, 2, 1)
    ]
    amounts_given = [
        next(one for one in examined(history, log).assessment["reminders"] if one["code"] == "fluid")["amount"]
        for history, log in (([], None), (past, None), (past[:2], weighing))
    ]
    assert amounts_given == [
        {"min": 400, "max": 600, "unit": "ml/h"},
        {"min": 600, "max": 800, "unit": "ml/h"},
        {"min": 600, "max": 800, "unit": "ml/h"},
    ]


# --- without a body mass --------------------------------------------------------------------------------------------


def test_three_weighings_give_amounts_without_a_body_mass_and_keep_them() -> None:
    """A rate that was measured needs no mass; that the profile has none takes nothing back."""
    weighing = {"fluid_ml": 800, "mass_before_kg": 70.0, "mass_after_kg": 68.4}

    def examined(profile: dict[str, Any], history: list[dict[str, Any]]) -> room.Examined:
        return room.examine(
            activity(TWO_HOURS),
            input_sha256="",
            profile=profile,
            history=history,
            conditions={},
            log=weighing,
            program_version="1",
        )

    digest = {**examined({}, []).digest, "log": weighing}
    past = [{**digest, "started_at": (NOW - timedelta(days=7 * back)).isoformat()} for back in (2, 1)]
    made = examined({}, past).assessment
    shown = {one["code"]: one for one in room.render(made, without_basis=True)["reminders"]}
    assert shown["fluid"]["amount"] == {"min": 600, "max": 800, "unit": "ml/h"}
    assert [shown[code]["amount"] is None for code in ("sodium", "carbs", "post_fluid")] == [False, False, False]
    assert shown["post_meal"]["text_key"] == "post_meal-text"


def test_amounts_of_a_mass_that_was_taken_back_are_said_as_without_one() -> None:
    """And the log's own amount stays: what the scales lost is no matter of the profile."""
    log = {"fluid_ml": 800, "mass_before_kg": 70.0, "mass_after_kg": 68.4}

    def texts_of(profile: dict[str, Any]) -> dict[str, str]:
        made = room.examine(
            activity(TWO_HOURS),
            input_sha256="",
            profile=profile,
            history=[],
            conditions={},
            log=log,
            program_version="1",
        ).assessment
        shown = room.render(made, without_basis=True)["reminders"]
        return {one["code"]: one["text"] for one in shown}

    assert texts_of({"mass_kg": 70.0}) == texts_of({})
    assert "1,950" in texts_of({})["post_fluid"] or "2,000" in texts_of({})["post_fluid"]
    assert [words for words in texts_of({}).values() if "clinician" in words] == []
