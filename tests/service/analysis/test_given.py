"""Documents with the API's names become what the analysis takes, however much else stands in them."""

from __future__ import annotations

from typing import Any

import pytest

from service.analysis.athlete import CrampReport, Episode, Log
from service.analysis.given import history_of, log_of

DIGEST = {"started_at": "2026-05-03T06:00:00Z", "sport": "running", "distance_m": 10_000.0, "moving_s": 3_400.0}
REPORT = {
    "answer": "cramp_stopped",
    "episodes": [
        {"muscle": "calf", "side": "left", "minute": None, "at_m": 17_200},
        {"muscle": None, "side": None, "minute": 95.0, "at_m": None},
    ],
    "stitch": False,
    "when": "during",
    "red_flags": ["dark_urine"],
}
LOG = {"fluid_ml": 500, "mass_before_kg": 70.2, "mass_after_kg": 69.4, "urine_ml": None, "fasted": False, "effort": 7}


def past(**told: Any) -> Any:
    return history_of([{**DIGEST, **told}]).runs[0]


def test_a_report_and_a_log_beside_the_digest_are_read() -> None:
    run = past(cramp="cramp_stopped", cramp_report=REPORT, log=LOG)
    assert run.cramp == "cramp_stopped"
    assert run.report == CrampReport(
        episodes=(Episode(muscle="calf", at_m=17_200), Episode(minute=95.0)),
        when="during",
        red_flags=("dark_urine",),
        stitch=False,
    )
    assert run.log == Log(fluid_ml=500, mass_before_kg=70.2, mass_after_kg=69.4, fasted=False, effort=7)


@pytest.mark.parametrize("nothing", [{}, {"cramp": None, "cramp_report": None, "log": None}])
def test_what_was_not_told_is_none(nothing: dict[str, Any]) -> None:
    run = past(**nothing)
    assert (run.cramp, run.report, run.log) == (None, None, None)


@pytest.mark.parametrize(("beside", "counts"), [({}, "cramp_stopped"), ({"cramp": "none"}, "none")])
def test_the_answer_of_the_report_counts_where_no_other_stands_beside_it(beside: dict[str, Any], counts: str) -> None:
    assert past(cramp_report=REPORT, **beside).cramp == counts


def test_a_report_may_say_nothing_but_its_answer() -> None:
    run = past(cramp_report={"answer": "none"})
    assert (run.cramp, run.report) == ("none", CrampReport())


def test_a_log_knows_0_from_nothing() -> None:
    assert log_of({"fluid_ml": 0, "carbs_g": None}) == Log(fluid_ml=0)
