"""Reminders: amounts within their bounds, marks that can still act, and nothing where nothing may be said."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.runs import SCENARIOS, Run, activity, minutes
from parsers.activity import Note
from service.analysis import advice
from service.analysis.advice import amounts, panels, safety, standing, statements
from service.analysis.advice.reminder import DROPPED, KEPT, PHASES, Situation, Weeks
from service.analysis.athlete import Conditions, History, PastRun, Profile
from service.analysis.rule import all_rules
from service.analysis.sweat import estimated_rate_l_per_h
from service.analysis.texts import english, speaker

EVERYTHING = (*advice.all_advice(), *standing.STANDING)
API_CODES = {
    *("fluid", "sodium", "carbs", "pre_meal", "pre_fluid", "warm_up", "cool_down", "post_meal", "post_fluid"),
    *("heat_care", "cold_care", "hills_care", "eah_caution"),
}
STANDING_CODES = {"strength", "stretch", "rest", "sleep", "progression", "mix", "day_fluid", "review"}
NOW = datetime(2026, 5, 3, 6, 0, tzinfo=UTC)


def by_code(reminders: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    return {str(reminder["code"]): reminder for reminder in reminders}


@pytest.fixture
def reminders(facts_of):  # type: ignore[no-untyped-def]
    def make(run, severities=(), **known):  # type: ignore[no-untyped-def]
        return by_code(advice.reminders(Situation(facts_of(run, **known), dict(severities))))

    return make


LONG = Run((minutes(120.5, 2.8),))
RUNNER = Profile(mass_kg=70.0)


def test_there_is_a_reminder_for_every_code() -> None:
    assert {each.code for each in advice.all_advice()} == API_CODES
    assert {each.code for each in standing.STANDING} == STANDING_CODES


@pytest.mark.parametrize("each", EVERYTHING, ids=lambda each: each.code)
def test_records_are_whole(each) -> None:  # type: ignore[no-untyped-def]
    assert each.phase in PHASES
    assert each.basis in {"this_run", "next_similar_run"}
    assert set(each.article_refs) <= set(statements.STATEMENTS)
    assert each.hidden in {KEPT, DROPPED} or each.hidden in english()
    assert all(key.startswith(f"{each.code}-") for key in each.texts)


def test_every_statement_of_the_article_is_carried_out_somewhere() -> None:
    carried = {ref for rule in all_rules() for ref in rule.article_refs}
    carried |= {ref for each in EVERYTHING for ref in each.article_refs}
    carried |= {ref for panel in panels.PANELS.values() for ref in panel.article_refs}
    assert carried == set(statements.STATEMENTS)
    assert {f"A{number:02d}" for number in range(1, 75)} <= carried


def test_statements_have_grades() -> None:
    assert {statement.grade for statement in statements.STATEMENTS.values()} == {"A", "B", "C", "D", None}


def test_fluid_never_exceeds_what_is_sweated() -> None:
    """35 to 110 kg, 4 to 20 km/h, -10 to 40 °C: at most 0.8 of the estimate, by the hour, by the sip, and in all."""
    given_any = given_before = 0
    for mass_kg, kmh, celsius in product(range(35, 111, 5), range(4, 21), range(-10, 41, 5)):
        rate = estimated_rate_l_per_h(mass_kg, kmh, celsius)
        for moving_min, hot in product((10, 61, 90, 300, 600), (False, True)):
            portions = amounts.fluid(sweat_l_per_h=rate, moving_min=moving_min, hot=hot)
            if portions is None:
                continue
            given_any += 1
            bound_ml = 0.8 * rate * 1000
            assert portions.amount.min <= portions.amount.max <= min(bound_ml, 800)
            sips = len(portions.at_min) * portions.per_mark.max
            before = amounts.before(sweat_l_per_h=rate, moving_min=moving_min, hot=hot)
            given_before += before is not None
            assert sips + (0 if before is None else before.max) <= bound_ml * moving_min / 60
            assert before is None or 250 <= before.min <= before.max <= 500
            assert portions.per_mark.max * 60 / amounts.sip_interval(hot=hot) <= bound_ml
            assert portions.per_mark.min <= portions.per_mark.max
            assert rate >= 0.4
    assert given_any > 1000
    assert given_before > 500


@given(st.floats(min_value=0.0, max_value=4.0), st.floats(min_value=60, max_value=900), st.booleans())
def test_sodium_stays_within_its_bounds(rate: float, moving_min: float, hot: bool) -> None:
    every = amounts.sip_interval(hot=hot)
    got = amounts.sodium(sweat_l_per_h=rate, loss_mg_per_h=rate * 825, moving_min=moving_min, hot=hot, every_min=every)
    assert 0 <= got.amount.min <= got.amount.max <= 600
    assert got.amount.max % 50 == got.amount.min % 50 == 0
    assert 0 <= got.per_mark.min <= got.per_mark.max
    assert got.per_mark.max * 60 / every <= got.amount.max


@given(st.floats(min_value=60, max_value=2000))
def test_no_mark_in_the_last_ten_minutes_and_the_first_after_one_interval(moving_min: float) -> None:
    for every in (15, 20, 30, 40, 45):
        got = amounts.marks(every, moving_min)
        assert all(mark <= moving_min - 10 for mark in got)
        assert got[:1] in {(), (every,)}
        assert list(got) == list(range(every, (got[-1] if got else 0) + 1, every))


@pytest.mark.parametrize(("moving_min", "every"), [(60, 45), (89.9, 45), (90, 40), (149.9, 40), (150, 30), (400, 30)])
def test_carbohydrate_comes_the_oftener_the_longer_the_run(moving_min: float, every: int) -> None:
    assert amounts.carb_interval(moving_min) == every


@pytest.mark.parametrize(
    ("moving_min", "text"), [(20, "fluid-short"), (30, "fluid-thirst"), (55, "fluid-thirst"), (75, "fluid-amount")]
)
def test_short_runs_drink_to_thirst(reminders, moving_min, text) -> None:  # type: ignore[no-untyped-def]
    fluid = reminders(Run((minutes(moving_min, 2.8),)), profile=RUNNER)["fluid"]
    assert fluid["text_key"] == text
    assert (fluid["amount"] is None) == (text != "fluid-amount")


@pytest.mark.parametrize("mass_kg", [50.0, 70.0, 90.0])
@pytest.mark.parametrize("moving_min", [61, 75, 120.5, 180])
def test_the_glass_before_and_the_sips_stay_within_what_is_sweated(reminders, facts_of, moving_min, mass_kg) -> None:  # type: ignore[no-untyped-def]
    run, profile = Run((minutes(moving_min, 3.3),)), Profile(mass_kg=mass_kg)
    got, sweat = reminders(run, profile=profile), facts_of(run, profile=profile).sweat
    before = got["pre_fluid"]["amount"] or {"max": 0}
    drunk = before["max"] + len(got["fluid"]["at_min"]) * got["fluid"]["per_mark"]["max"]
    assert drunk <= 0.8 * sweat.rate_l_per_h * 1000 * moving_min / 60


def test_where_the_sips_leave_less_than_a_glass_thirst_alone_counts_before(reminders) -> None:  # type: ignore[no-untyped-def]
    before = reminders(Run((minutes(61, 2.8),)), profile=Profile(mass_kg=70.0))["pre_fluid"]
    assert (before["text_key"], before["amount"]) == ("pre_fluid-thirst", None)


@pytest.fixture
def warm_watch(with_columns):  # type: ignore[no-untyped-def]
    """Two hours with a watch that shows so many degrees, and nobody else who tells the weather."""

    def make(shown_c: float):  # type: ignore[no-untyped-def]
        run = activity(LONG)
        return with_columns(run, temperature_c=np.full(len(run.streams.time_s), shown_c))

    return make


def test_a_watch_never_raises_the_red_flag(reminders, warm_watch) -> None:  # type: ignore[no-untyped-def]
    got = reminders(warm_watch(45.0), profile=RUNNER)
    cool = reminders(warm_watch(23.0), profile=RUNNER)
    assert got["fluid"]["at_min"] == cool["fluid"]["at_min"] == [20, 40, 60, 80, 100]
    assert (got["sodium"]["amount"], got["fluid"]["params"]["every"]) == ({"min": 200, "max": 500, "unit": "mg/h"}, 20)


def test_the_same_warmth_told_by_the_weather_does(reminders) -> None:  # type: ignore[no-untyped-def]
    got = reminders(LONG, profile=RUNNER, conditions=Conditions(temperature_c=40.0))
    assert got["sodium"]["amount"] == {"min": 300, "max": 600, "unit": "mg/h"}
    assert got["fluid"]["at_min"][:2] == [15, 30]


def test_without_mass_there_is_no_amount_at_all(reminders) -> None:  # type: ignore[no-untyped-def]
    got = reminders(LONG)
    assert all(reminder["amount"] is None and reminder["per_mark"] is None for reminder in got.values())
    assert got["carbs"]["at_min"] == [40, 80]


def test_a_measured_sweat_rate_stands_in_for_the_mass(reminders) -> None:  # type: ignore[no-untyped-def]
    got = reminders(LONG, profile=Profile(sweat_rate_l_per_h=1.0))
    assert got["fluid"]["amount"] == {"min": 500, "max": 800, "unit": "ml/h"}


@pytest.mark.parametrize(("birth_year", "asked"), [(None, True), (1986, False)])
def test_who_should_hide_amounts_is_asked_where_the_age_is_unknown(reminders, birth_year, asked) -> None:  # type: ignore[no-untyped-def]
    fluid = reminders(LONG, profile=Profile(mass_kg=70.0, birth_year=birth_year))["fluid"]
    assert ("vulnerable" in fluid["safety_keys"]) is asked


def test_a_light_slow_runner_in_the_cold_gets_thirst_and_a_caution(reminders) -> None:  # type: ignore[no-untyped-def]
    got = reminders(Run((minutes(120, 2.2),)), profile=Profile(mass_kg=50.0), conditions=Conditions(temperature_c=8.0))
    assert (got["fluid"]["text_key"], got["fluid"]["amount"]) == ("fluid-little", None)
    assert got["sodium"]["amount"] is None
    assert got["pre_fluid"]["amount"] is None
    assert "hyponatremia" in got["eah_caution"]["safety_keys"]


@pytest.mark.parametrize(
    ("run", "profile", "warned"),
    [
        (Run((minutes(239, 2.8),)), RUNNER, False),
        (Run((minutes(240, 2.8),)), RUNNER, True),
        (Run((minutes(149, 2.8),)), Profile(mass_kg=59.0), False),
        (Run((minutes(150, 3.2),)), Profile(mass_kg=59.0), True),
        (Run((minutes(150, 3.2),)), Profile(mass_kg=60.0), False),
        (Run((minutes(89, 2.2),)), Profile(mass_kg=50.0), False),
        (Run((minutes(91, 2.2),)), Profile(mass_kg=50.0), True),
    ],
)
def test_drinking_too_much_is_warned_of_where_it_threatens(reminders, run, profile, warned) -> None:  # type: ignore[no-untyped-def]
    assert ("eah_caution" in reminders(run, profile=profile)) is warned


@pytest.mark.parametrize(("severity", "red_flags"), [("low", False), ("moderate", True), ("high", True)])
def test_heat_brings_its_red_flags_from_the_red_flag_on(reminders, severity, red_flags) -> None:  # type: ignore[no-untyped-def]
    care = reminders(LONG, {"heat": severity})["heat_care"]
    assert ("heat" in care["safety_keys"]) is red_flags


def test_a_trail_run_speaks_of_hills_even_without_altitude(reminders) -> None:  # type: ignore[no-untyped-def]
    trail = Run((minutes(50, 2.8),), sub_sport="trail", with_altitude=False)
    assert reminders(trail)["hills_care"]["reason_codes"] == ["trail"]
    assert "hills_care" not in reminders(replace(trail, sub_sport="generic"))


@pytest.mark.parametrize("severity", [None, "low"])
def test_a_trail_run_is_told_to_train_for_hills_however_few_there_were(reminders, severity) -> None:  # type: ignore[no-untyped-def]
    trail = Run((minutes(50, 2.8),), sub_sport="trail")
    assert (
        reminders(trail, {} if severity is None else {"hilly": severity})["hills_care"]["text_key"] == "hills_care-text"
    )


@pytest.mark.parametrize(
    ("note", "text"),
    [
        (None, "cool_down-seen"),
        ("crc_mismatch", "cool_down-seen"),
        ("truncated", "cool_down-text"),
        ("too_long", "cool_down-text"),
    ],
)
def test_nothing_is_said_of_the_end_of_a_run_that_the_file_lacks(reminders, note, text) -> None:  # type: ignore[no-untyped-def]
    eased = activity(SCENARIOS["tempo"].run)
    cut = replace(eased, notes=() if note is None else (Note(note),))
    assert reminders(cut)["cool_down"]["text_key"] == text


def test_cycling_gets_fluid_and_carbohydrate_only(reminders) -> None:  # type: ignore[no-untyped-def]
    got = reminders(Run((minutes(120, 7.0),), sport="cycling"), profile=RUNNER)
    assert set(got) == {"fluid", "carbs"}
    assert got["fluid"]["amount"] is None


@pytest.mark.parametrize("family", ["run", "walk", "wheel"])
@pytest.mark.parametrize("moving_min", [20, 50, 120, 260])
@pytest.mark.parametrize("profile", [Profile(), RUNNER, Profile(sweat_rate_l_per_h=1.0)])
def test_nobody_is_told_of_another_sport(reminders, family, moving_min, profile) -> None:  # type: ignore[no-untyped-def]
    """A run's reminders speak of runs, a walk's of walks, a ride's of rides."""
    sport, speed_mps = {"run": ("running", 2.8), "walk": ("hiking", 1.4), "wheel": ("cycling", 7.0)}[family]
    got = reminders(Run((minutes(moving_min, speed_mps),), sport=sport), {"heat": "high"}, profile=profile)
    words = {"run": r"\bruns?\b", "walk": r"\bwalks?\b", "wheel": r"\brides?\b"}
    others = "|".join(pattern for name, pattern in words.items() if name != family)
    for reminder in got.values():
        said = speaker().say(reminder["text_key"], reminder["params"])
        assert not re.search(others, said.lower()), said


def test_a_cyclist_is_asked_for_a_measured_sweat_rate_and_not_for_the_mass_that_is_known(reminders) -> None:  # type: ignore[no-untyped-def]
    got = reminders(Run((minutes(120, 7.0),), sport="cycling"), profile=RUNNER)["fluid"]
    said = speaker().say(got["text_key"], got["params"])
    assert "sweat rate measured on a ride" in said
    assert "mass" not in said


@pytest.mark.parametrize(
    ("run", "profile", "text"),
    [
        (Run((minutes(120, 1.4),), sport="walking"), RUNNER, "eah_caution-little"),
        (Run((minutes(245, 1.4),), sport="walking"), RUNNER, "eah_caution-text"),
        (Run((minutes(245, 2.8),)), RUNNER, "eah_caution-text"),
        (Run((minutes(155, 3.2),)), Profile(mass_kg=55.0), "eah_caution-text"),
    ],
)
def test_the_caution_names_its_own_reason(reminders, run, profile, text) -> None:  # type: ignore[no-untyped-def]
    assert reminders(run, profile=profile)["eah_caution"]["text_key"] == text


def test_walking_gets_no_running_drills(reminders) -> None:  # type: ignore[no-untyped-def]
    got = reminders(Run((minutes(120, 1.4),), sport="hiking"), profile=RUNNER)
    assert "warm_up" not in got
    assert "fluid" in got


@pytest.mark.parametrize("scenario", ["S14", "S15", "S27", "S16", "S11"])
def test_at_most_five_are_primary_and_the_first_are(facts_of, scenario) -> None:  # type: ignore[no-untyped-def]
    got = advice.reminders(Situation(facts_of(scenario), {"heat": "high", "hilly": "high", "duration": "high"}))
    primary = [reminder["primary"] for reminder in got]
    assert sum(primary) <= 5
    assert primary == sorted(primary, reverse=True)


def test_concealing_takes_every_amount_and_every_mineral_out(reminders) -> None:  # type: ignore[no-untyped-def]
    got = list(reminders(LONG, {"heat": "high", "duration": "moderate"}, profile=RUNNER).values())
    hidden = by_code(advice.conceal({"reminders": got})["reminders"])
    assert "sodium" not in hidden
    assert all(reminder["amount"] is None and reminder["per_mark"] is None for reminder in hidden.values())
    assert {"fluid-hidden", "carbs-hidden", "post_meal-hidden", "pre_meal-hidden"} <= {
        reminder["text_key"] for reminder in hidden.values()
    }
    for reminder in hidden.values():
        words = english()[str(reminder["text_key"])].lower()
        assert not any(word in words for word in ("salt", "sodium", "potassium", "magnesium", "tablet")), words


def test_concealing_twice_is_concealing_once(reminders) -> None:  # type: ignore[no-untyped-def]
    got = {"reminders": list(reminders(LONG, profile=RUNNER).values())}
    assert advice.conceal(advice.conceal(got)) == advice.conceal(got)


def test_safety_keys_have_texts() -> None:
    assert {"to_thirst", "heat", "hyponatremia", "cramps", "clinician", "vulnerable", "emergency"} == safety.KEYS
    for panel in panels.PANELS.values():
        assert set(panel.safety_keys) <= safety.KEYS


def runs(*days_ago: float, cramp: str | None = None) -> History:
    return History(
        tuple(
            PastRun(NOW - timedelta(days=ago), "running", 10_000.0, 3400.0, cramp=cramp)
            for ago in sorted(days_ago, reverse=True)
        )
    )


@pytest.mark.parametrize(
    ("history", "code", "text"),
    [
        (runs(0, 1, 2, 3, 4, 5, 6), "rest", "rest-due"),
        (runs(0, 1, 2, 3, 4, 5, 7), "rest", "rest-text"),
        (runs(3, 4, 5, 6, 7, 8, 9), "rest", "rest-text"),
        (runs(2, 9), "review", "review-text"),
        (runs(2, 9, cramp="cramp_stopped"), "review", "review-pattern"),
        (runs(2, 39, cramp="cramp_stopped"), "review", "review-text"),
        (runs(1, 3, 5, 7, 9), "mix", "mix-text"),
    ],
)
def test_standing_advice_reads_the_history(history: History, code: str, text: str) -> None:
    got = by_code(advice.standing_reminders(Weeks(Profile(), history, NOW)))
    assert got[code]["text_key"] == text


def test_standing_advice_for_the_young_names_no_nutritionist() -> None:
    young = Profile(birth_year=2012)
    got = by_code(advice.standing_reminders(Weeks(young, runs(2, 9, cramp="cramp_stopped"), NOW)))
    assert got["review"]["text_key"] == "review-hidden"


def test_every_scenario_gets_a_fluid_reminder_with_its_safety_text(facts_of) -> None:  # type: ignore[no-untyped-def]
    for scenario in SCENARIOS:
        got = by_code(advice.reminders(Situation(facts_of(scenario), {})))
        assert "to_thirst" in got["fluid"]["safety_keys"]
