"""The golden scenarios: made runs with known truth, and what an assessment must say of each.

The table is in `fixtures.golden`. `tests/golden` uploads the same runs as files, and holds the rates of noisy ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from fixtures.golden import TABLE
from fixtures.runs import FIRST_START, SCENARIOS, Run, activity
from service.analysis import pacing
from service.analysis.assess import Assessment, assess
from service.analysis.facts import Facts
from service.analysis.rules import fast_start
from service.examine import conditions_of, history_of, profile_of


def of(scenario: str, *, run: Run | None = None, **profile: object) -> Assessment:
    known = SCENARIOS[scenario]
    return assess(
        activity(run or known.run),
        profile=profile_of({**known.profile, **profile}),
        history=history_of(known.history),
        conditions=conditions_of(known.conditions),
    )


@pytest.fixture(scope="module")
def golden() -> Callable[[str], Assessment]:
    made: dict[str, Assessment] = {}

    def get(scenario: str) -> Assessment:
        if scenario not in made:
            made[scenario] = of(scenario)
        return made[scenario]

    return get


def warning(document: Mapping[str, Any], code: str) -> dict[str, Any] | None:
    """The whole-run warning of a rule, or None."""
    return next((one for one in document["warnings"] if one["code"] == code and not one["segment"]), None)


def reminder(document: Mapping[str, Any], code: str) -> dict[str, Any]:
    return next(one for one in document["reminders"] if one["code"] == code)


@pytest.mark.parametrize("scenario", TABLE)
def test_scenario(golden, scenario) -> None:  # type: ignore[no-untyped-def]
    expected, document = TABLE[scenario], golden(scenario).document
    found = {code: got["severity"] for code in expected.found if (got := warning(document, code))}
    assert found == dict(expected.found)
    assert [code for code in expected.absent if warning(document, code)] == []
    assert document["structured"] is expected.structured
    assert document["questions"] == []
    for name, value in (("score", expected.score), ("level", expected.level), ("level_source", expected.source)):
        assert value is None or document[name] == value


def test_every_scenario_of_the_table_is_told() -> None:
    assert set(SCENARIOS) - set(TABLE) == {"ultra"}


def test_s01_says_11_points_and_thirst(golden) -> None:  # type: ignore[no-untyped-def]
    document = golden("S01").document
    assert warning(document, "fast_start")["value"] == pytest.approx(0.119, abs=0.015)
    assert [(line["feature"], line["points"]) for line in document["explanation"]] == [
        ("fast_start", 7),
        ("duration", 4),
    ]
    assert (reminder(document, "fluid")["amount"], reminder(document, "fluid")["at_min"]) == (None, [])
    assert reminder(document, "fluid")["text_key"] == "fluid-thirst"


def test_s05_descends_40_m_in_one_leg(golden) -> None:  # type: ignore[no-untyped-def]
    altitude = golden("S05").facts.altitude
    assert altitude.descent_m == pytest.approx(40, abs=4)
    (leg,) = altitude.legs
    assert leg.mean_grade == pytest.approx(-0.039, abs=0.002)


def excesses(facts: Facts) -> tuple[float, float]:
    """How much faster the start was than what followed, after the energy model and after the heart-rate model."""
    early, following = (
        pacing.sums(facts, window) for window in fast_start._windows(pacing.effort(facts), fast_start.RULE)
    )
    return early.minetti_mps / following.minetti_mps - 1, early.heart_mps / following.heart_mps - 1


def test_s05_is_no_fast_start_after_either_model(golden) -> None:  # type: ignore[no-untyped-def]
    """A start that is fast by the clock alone: the two models disagree about it, and the smaller one counts."""
    assert excesses(golden("S05").facts) == (pytest.approx(-0.10, abs=0.015), pytest.approx(0.03, abs=0.015))
    assert golden("S05").digest["early_excess"] == pytest.approx(-0.10, abs=0.015)


def test_s19_has_one_climb_and_one_descent_in_the_middle(golden) -> None:  # type: ignore[no-untyped-def]
    altitude = golden("S19").facts.altitude
    up, down = altitude.legs
    assert altitude.ascent_m == pytest.approx(59, abs=3)
    assert (up.start_m, up.end_m, down.end_m) == (
        pytest.approx(4000, abs=80),
        pytest.approx(5000, abs=80),
        pytest.approx(6000, abs=80),
    )
    assert (up.gain_m, down.gain_m) == (pytest.approx(58, abs=3), pytest.approx(-58, abs=3))
    assert (up.mean_grade, down.mean_grade) == (pytest.approx(0.058, abs=0.003), pytest.approx(-0.058, abs=0.003))


def test_s32_is_a_negative_split(golden) -> None:  # type: ignore[no-untyped-def]
    facts = golden("S32").facts
    assert min(excesses(facts)) == pytest.approx(-0.052, abs=0.015)
    assert pacing.fade(facts) == pytest.approx(-0.112, abs=0.015)


def test_s33_walks_first_and_is_no_fast_start(golden) -> None:  # type: ignore[no-untyped-def]
    assert min(excesses(golden("S33").facts)) == pytest.approx(-0.29, abs=0.015)
    assert golden("S33").digest["early_excess"] == pytest.approx(-0.29, abs=0.015)


def test_s07_takes_fuel_at_minute_45_only(golden) -> None:  # type: ignore[no-untyped-def]
    document = golden("S07").document
    assert golden("S07").facts.structured.repeats == 6
    assert reminder(document, "carbs")["at_min"] == [45]


def test_s08_notes_the_gap_and_keeps_the_suppressed_start(golden) -> None:  # type: ignore[no-untyped-def]
    document = golden("S08").document
    gap = next(note for note in document["data_quality"] if note["code"] == "recording_gap")
    assert gap["seconds"] == pytest.approx(121, abs=1)
    (kept,) = document["suppressed"]
    assert (kept["code"], kept["suppressed_by"]) == ("fast_start", "recording_gap")
    assert kept["value"] >= 0.25
    assert excesses(golden("S08").facts)[0] == pytest.approx(0.0, abs=0.015)


def test_s10_suppresses_the_fast_start_of_a_treadmill(golden) -> None:  # type: ignore[no-untyped-def]
    assert {"fast_start": "treadmill"}.items() <= {
        one["code"]: one["suppressed_by"] for one in golden("S10").document["suppressed"]
    }.items()


def test_s11_needs_no_fuel(golden) -> None:  # type: ignore[no-untyped-def]
    codes = [one["code"] for one in golden("S11").document["reminders"]]
    assert "carbs" not in codes
    assert "sodium" not in codes
    assert reminder(golden("S11").document, "fluid")["amount"] is None


def test_s13_has_the_amounts_of_the_reference(golden) -> None:  # type: ignore[no-untyped-def]
    document = golden("S13").document
    assert golden("S13").facts.sweat.rate_l_per_h == pytest.approx(0.76, abs=0.01)
    fluid, carbs, sodium = (reminder(document, code) for code in ("fluid", "carbs", "sodium"))
    assert fluid["amount"] == {"min": 400, "max": 600, "unit": "ml/h"}
    assert fluid["per_mark"] == {"min": 130, "max": 200, "unit": "ml"}
    assert fluid["at_min"] == [20, 40, 60, 80, 100]
    assert (carbs["amount"], carbs["per_mark"]) == (
        {"min": 30, "max": 60, "unit": "g/h"},
        {"min": 20, "max": 40, "unit": "g"},
    )
    assert carbs["at_min"] == [40, 80]
    assert sodium["amount"] == {"min": 200, "max": 500, "unit": "mg/h"}
    assert reminder(document, "pre_fluid")["text_key"] == "pre_fluid-thirst"


def test_s14_is_a_wall_and_no_fast_start(golden) -> None:  # type: ignore[no-untyped-def]
    document = golden("S14").document
    assert warning(document, "fade")["params"]["fade"] == pytest.approx(0.21, abs=0.015)
    assert warning(document, "fade")["params"]["collapse"] == pytest.approx(0.364, abs=0.015)
    assert warning(document, "spike")["value"] == pytest.approx(1.32, abs=0.005)
    carbs = reminder(document, "carbs")
    assert (carbs["at_min"], carbs["per_mark"]) == (list(range(30, 241, 30)), {"min": 15, "max": 30, "unit": "g"})
    assert reminder(document, "eah_caution")["primary"]
    assert document["forecast_score"] == 38


def test_s15_sips_every_15_minutes_and_counts_recent_cramps(golden) -> None:  # type: ignore[no-untyped-def]
    document = golden("S15").document
    assert golden("S15").facts.environment.wbgt_c == pytest.approx(25.6, abs=0.05)
    assert {"feature": "cramp_history", "points": 20}.items() <= next(
        line for line in document["explanation"] if line["feature"] == "cramp_history"
    ).items()
    assert reminder(document, "fluid")["at_min"][:3] == [15, 30, 45]


def test_s16_has_twelve_legs(golden) -> None:  # type: ignore[no-untyped-def]
    altitude = golden("S16").facts.altitude
    assert 0.85 * 600 <= altitude.ascent_m <= 1.05 * 600
    assert altitude.eccentric_drop_m == pytest.approx(568, abs=10)
    assert sum(one["segment"] for one in golden("S16").document["warnings"]) == len(altitude.legs) == 12


@pytest.mark.parametrize("seed", [17, 18, 19])
def test_s17_gps_noise_climbs_nothing(seed) -> None:  # type: ignore[no-untyped-def]
    got = of("S17", run=replace(SCENARIOS["S17"].run, seed=seed))
    assert got.facts.altitude.ascent_m <= 20
    assert got.facts.altitude.legs == ()
    assert got.document["warnings"] == []


def test_s18_barometer_noise_climbs_nothing(golden) -> None:  # type: ignore[no-untyped-def]
    assert golden("S18").facts.altitude.ascent_m <= 5


def test_s24_misses_heart_rate_and_says_what_it_could_add(golden) -> None:  # type: ignore[no-untyped-def]
    document = golden("S24").document
    assert "heart_rate" in [gap["signal"] for gap in document["not_assessed"]]
    assert document["score_high"] >= 28


def test_s26_is_less_sure_without_altitude(golden) -> None:  # type: ignore[no-untyped-def]
    got = warning(golden("S26").document, "fast_start")
    assert got["confidence"] in {"medium", "low"}
    assert got["params"]["terrain"] == "unknown"


def test_s27_warns_of_heat_illness(golden) -> None:  # type: ignore[no-untyped-def]
    document = golden("S27").document
    assert warning(document, "heat")["value"] == 29.8
    fluid, sodium = reminder(document, "fluid"), reminder(document, "sodium")
    assert fluid["amount"] == {"min": 450, "max": 700, "unit": "ml/h"}
    assert fluid["at_min"] == [15, 30, 45, 60]
    assert sodium["amount"] == {"min": 300, "max": 600, "unit": "mg/h"}
    assert "heat" in reminder(document, "heat_care")["safety_keys"]


def test_s28_and_s33_speak_of_the_warm_up(golden) -> None:  # type: ignore[no-untyped-def]
    assert reminder(golden("S28").document, "warm_up")["text_key"] == "warm_up-cold"
    assert reminder(golden("S28").document, "cold_care")["reason_codes"] == ["cold"]
    assert reminder(golden("S33").document, "warm_up")["text_key"] == "warm_up-seen"


def test_tempo_runs_are_judged_between_their_easy_blocks(golden) -> None:  # type: ignore[no-untyped-def]
    main = golden("tempo").document["main_effort"]
    assert (main["start_m"], main["end_m"]) == pytest.approx((2000, 8000), abs=150)
    assert warning(golden("tempo_fast").document, "fast_start")["value"] == pytest.approx(0.114, abs=0.015)


def test_ground_that_differs_makes_the_fast_start_abstain(golden) -> None:  # type: ignore[no-untyped-def]
    reasons = {one["code"]: one["suppressed_by"] for one in golden("over_the_top").document["suppressed"]}
    assert reasons.get("fast_start") == "terrain_differs"


def test_an_ultra_brings_no_pacing_points(golden) -> None:  # type: ignore[no-untyped-def]
    lines = {line["feature"] for line in golden("ultra").document["explanation"]}
    assert lines & {"fast_start", "fade", "interrupt", "start_above_fitness"} == set()


def test_made_runs_begin_where_the_tests_think(golden) -> None:  # type: ignore[no-untyped-def]
    assert golden("S01").digest["started_at"] == FIRST_START.isoformat().replace("+00:00", "Z")
