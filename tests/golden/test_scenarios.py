"""Every golden scenario, made as a FIT file and uploaded: what the API answers is what the table expects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fixtures.golden import TABLE
from fixtures.runs import SCENARIOS

pytestmark = pytest.mark.golden

CLOSE = 0.015
"""Of an excess or a fade."""


def warning(activity: Mapping[str, Any], code: str) -> dict[str, Any] | None:
    """The whole-run warning of a rule, or None."""
    listed = activity["assessment"]["warnings"]
    return next((one for one in listed if one["code"] == code and not one["segment"]), None)


def found(activity: Mapping[str, Any], code: str) -> dict[str, Any]:
    got = warning(activity, code)
    assert got is not None, code
    return got


def reminder(activity: Mapping[str, Any], code: str) -> dict[str, Any]:
    return next(one for one in activity["assessment"]["reminders"] if one["code"] == code)


@pytest.mark.parametrize("scenario", TABLE)
def test_scenario(told, scenario) -> None:  # type: ignore[no-untyped-def]
    expected, document = TABLE[scenario], told(scenario)["assessment"]
    severities = {one["code"]: one["severity"] for one in document["warnings"] if not one["segment"]}
    assert {code: severities.get(code) for code in expected.found} == dict(expected.found)
    assert set(expected.absent) & set(severities) == set()
    assert document["structured"] is expected.structured
    assert document["questions"] == []
    for name, value in (("score", expected.score), ("level", expected.level), ("level_source", expected.source)):
        assert value is None or document[name] == value
    assert document["score"] == sum(line["points"] for line in document["explanation"])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_is_stored_of_a_scenario_can_be_verified(golden, told, scenario) -> None:  # type: ignore[no-untyped-def]
    verified = golden.get(told(scenario), "verify")
    assert (verified["verdict"], verified["differences"]) == ("holds", [])


@pytest.mark.parametrize(
    ("scenario", "excess"),
    [("S01", 0.119), ("S02", 0.06), ("S15", 0.098), ("S26", 0.119), ("S40", 0.114), ("S41", 0.122)],
)
def test_a_fast_start_is_as_fast_as_it_was_made(told, scenario, excess) -> None:  # type: ignore[no-untyped-def]
    assert found(told(scenario), "fast_start")["value"] == pytest.approx(excess, abs=CLOSE)


def test_s01_is_told_to_drink_to_thirst(told) -> None:  # type: ignore[no-untyped-def]
    fluid = reminder(told("S01"), "fluid")
    assert (fluid["amount"], fluid["at_min"], fluid["text_key"]) == (None, [], "fluid-thirst")


def test_s05_goes_down_40_m_in_one_descent(golden, told) -> None:  # type: ignore[no-untyped-def]
    assert told("S05")["summary"]["descent_m"] == pytest.approx(40, abs=4)
    (leg,) = golden.get(told("S05"), "climbs")["items"]
    assert (leg["kind"], leg["start_m"], leg["end_m"]) == (
        "descent",
        pytest.approx(0, abs=60),
        pytest.approx(1000, abs=60),
    )
    assert leg["mean_grade"] == pytest.approx(-0.039, abs=0.002)


def test_s07_takes_fuel_at_minute_45_only(told) -> None:  # type: ignore[no-untyped-def]
    assert reminder(told("S07"), "carbs")["at_min"] == [45]


def test_s08_notes_the_gap_and_keeps_what_it_did_not_say(told) -> None:  # type: ignore[no-untyped-def]
    document = told("S08")["assessment"]
    gap = next(note for note in document["data_quality"] if note["code"] == "recording_gap")
    assert gap["seconds"] == pytest.approx(121, abs=1)
    kept = next(one for one in document["suppressed"] if one["code"] == "fast_start")
    assert kept["suppressed_by"] == "recording_gap"
    assert kept["value"] >= 0.25 - CLOSE


def test_s10_says_why_a_treadmill_has_no_fast_start(told) -> None:  # type: ignore[no-untyped-def]
    suppressed = {one["code"]: one["suppressed_by"] for one in told("S10")["assessment"]["suppressed"]}
    assert suppressed["fast_start"] == "treadmill"


def test_s11_needs_no_fuel(told) -> None:  # type: ignore[no-untyped-def]
    codes = {one["code"] for one in told("S11")["assessment"]["reminders"]}
    assert not {"carbs", "sodium"} & codes
    assert reminder(told("S11"), "fluid")["amount"] is None


def test_s13_has_the_amounts_and_marks_of_two_hours(told) -> None:  # type: ignore[no-untyped-def]
    fluid, carbs, sodium = (reminder(told("S13"), code) for code in ("fluid", "carbs", "sodium"))
    assert fluid["amount"] == {"min": 400, "max": 600, "unit": "ml/h"}
    assert fluid["per_mark"] == {"min": 130, "max": 200, "unit": "ml"}
    assert fluid["at_min"] == [20, 40, 60, 80, 100]
    assert carbs["amount"] == {"min": 30, "max": 60, "unit": "g/h"}
    assert (carbs["per_mark"], carbs["at_min"]) == ({"min": 20, "max": 40, "unit": "g"}, [40, 80])
    assert sodium["amount"] == {"min": 200, "max": 500, "unit": "mg/h"}


def test_s14_is_a_wall_at_30_km_and_no_fast_start(told) -> None:  # type: ignore[no-untyped-def]
    fade, spike = found(told("S14"), "fade"), found(told("S14"), "spike")
    assert fade["params"]["fade"] == pytest.approx(0.21, abs=CLOSE)
    assert fade["params"]["collapse"] == pytest.approx(0.364, abs=CLOSE)
    assert fade["params"]["collapse_m"] == pytest.approx(30_000, abs=300)
    assert spike["value"] == pytest.approx(1.32, abs=0.005)
    carbs = reminder(told("S14"), "carbs")
    assert (carbs["at_min"], carbs["per_mark"]) == (list(range(30, 241, 30)), {"min": 15, "max": 30, "unit": "g"})
    assert reminder(told("S14"), "eah_caution")["primary"]


def test_s15_is_hot_and_sips_every_15_minutes(told) -> None:  # type: ignore[no-untyped-def]
    activity = told("S15")
    assert activity["conditions"]["wbgt_c"] == pytest.approx(25.6, abs=0.05)
    assert found(activity, "spike")["value"] == pytest.approx(1.51, abs=0.005)
    points = {line["feature"]: line["points"] for line in activity["assessment"]["explanation"]}
    assert points["cramp_history"] == 20
    marks = reminder(activity, "fluid")["at_min"]
    assert marks[:4] == [15, 30, 45, 60]


@pytest.mark.parametrize(("scenario", "ascent_m"), [("S16", 600), ("S19", 60)])
def test_ascent_is_what_was_climbed(told, scenario, ascent_m) -> None:  # type: ignore[no-untyped-def]
    assert 0.85 * ascent_m <= told(scenario)["summary"]["ascent_m"] <= 1.05 * ascent_m


def test_s16_has_twelve_legs_of_97_m(golden, told) -> None:  # type: ignore[no-untyped-def]
    legs = golden.get(told("S16"), "climbs")["items"]
    assert [leg["kind"] for leg in legs] == 6 * ["climb", "descent"]
    for leg in legs:
        assert abs(leg["gain_m"]) == pytest.approx(97, abs=4)
        assert abs(leg["mean_grade"]) == pytest.approx(0.078, abs=0.003)
    hilly = found(told("S16"), "hilly")
    assert hilly["params"]["ascent_m_per_km"] == pytest.approx(38.5, abs=2)
    assert hilly["params"]["eccentric_drop_m"] == pytest.approx(568, abs=15)


def test_s19_has_one_climb_and_one_descent_in_the_middle(golden, told) -> None:  # type: ignore[no-untyped-def]
    up, down = golden.get(told("S19"), "climbs")["items"]
    assert (up["start_m"], up["end_m"]) == (pytest.approx(4000, abs=80), pytest.approx(5000, abs=80))
    assert (up["gain_m"], down["gain_m"]) == (pytest.approx(58, abs=3), pytest.approx(-58, abs=3))
    assert up["mean_grade"] == pytest.approx(0.058, abs=0.003)


@pytest.mark.parametrize("seed", [17, 18, 19])
def test_s17_gps_noise_climbs_nothing(golden, with_noise, seed) -> None:  # type: ignore[no-untyped-def]
    activity = with_noise("S17", seed)
    assert activity["summary"]["ascent_m"] <= 20
    assert golden.get(activity, "climbs")["items"] == []
    assert activity["assessment"]["warnings"] == []


def test_s18_barometer_noise_climbs_nothing(told) -> None:  # type: ignore[no-untyped-def]
    assert told("S18")["summary"]["ascent_m"] <= 5


def test_s23_drifts_by_6_4_per_cent(told) -> None:  # type: ignore[no-untyped-def]
    assert found(told("S23"), "decoupling")["value"] == pytest.approx(0.064, abs=0.005)


def test_s24_says_what_the_missing_heart_rate_could_add(told) -> None:  # type: ignore[no-untyped-def]
    document = told("S24")["assessment"]
    assert "heart_rate" in {gap["signal"] for gap in document["not_assessed"]}
    assert document["score_high"] >= 28


def test_s26_does_not_know_the_terrain(told) -> None:  # type: ignore[no-untyped-def]
    got = found(told("S26"), "fast_start")
    assert got["confidence"] in {"medium", "low"}
    assert "terrain is unknown" in got["text"]


def test_s27_is_black_and_warns_of_heat_illness(told) -> None:  # type: ignore[no-untyped-def]
    activity = told("S27")
    assert found(activity, "heat")["value"] == 29.8
    fluid, sodium = reminder(activity, "fluid"), reminder(activity, "sodium")
    assert fluid["amount"] == {"min": 450, "max": 700, "unit": "ml/h"}
    assert fluid["at_min"] == [15, 30, 45, 60]
    assert sodium["amount"] == {"min": 300, "max": 600, "unit": "mg/h"}
    assert any("cool" in text.lower() for text in reminder(activity, "heat_care")["safety_texts"])


def test_s28_warms_up_longer_and_s33_was_seen_to(told) -> None:  # type: ignore[no-untyped-def]
    assert reminder(told("S28"), "warm_up")["text_key"] == "warm_up-cold"
    assert reminder(told("S33"), "warm_up")["text_key"] == "warm_up-seen"


def test_s30_is_half_again_as_long_as_the_longest(told) -> None:  # type: ignore[no-untyped-def]
    assert found(told("S30"), "spike")["value"] == pytest.approx(1.5, abs=0.005)


def test_tempo_runs_are_judged_between_their_easy_blocks(told) -> None:  # type: ignore[no-untyped-def]
    main = told("tempo")["assessment"]["main_effort"]
    assert (main["start_m"], main["end_m"]) == (pytest.approx(2000, abs=150), pytest.approx(8000, abs=150))
    assert found(told("tempo_fast"), "fast_start")["value"] == pytest.approx(0.114, abs=CLOSE)


def test_ground_that_differs_makes_the_fast_start_abstain(told) -> None:  # type: ignore[no-untyped-def]
    for scenario in ("hike", "over_the_top"):
        reasons = {one["code"]: one["suppressed_by"] for one in told(scenario)["assessment"]["suppressed"]}
        assert reasons.get("fast_start", "terrain_differs") == "terrain_differs"
        assert warning(told(scenario), "fast_start") is None


def test_an_ultra_brings_no_pacing_points(told) -> None:  # type: ignore[no-untyped-def]
    lines = {line["feature"] for line in told("ultra")["assessment"]["explanation"]}
    assert lines & {"fast_start", "fade", "interrupt", "start_above_fitness"} == set()
