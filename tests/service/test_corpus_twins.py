"""One run in two files gives one assessment, within the tolerances of docs/formats/corpus.md."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.corpus import ABSENT, CORPUS
from service import examine as room

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=ABSENT)

RUNNER = {"mass_kg": 70.0, "birth_year": 1986, "hr_rest_bpm": 55.0}
TWINS = [
    ("fit_garmin_vivoactivehr_smart_4k.fit", "gpx_garmin_vivoactivehr_twin.gpx"),
    ("fit_garmin_fr945_treadmill_10k.fit", "tcx_garmin_fr945_treadmill_twin.tcx"),
    ("fit_suunto9baro_pause_records.fit", "fit_suunto9baro_no_pause_records.fit"),
]
NEAR = {
    "distance_m": {"rel": 0.025},
    "elapsed_s": {"abs": 10.0},
    "moving_s": {"rel": 0.03},
    "pace_s_per_km": {"rel": 0.01},
    "gap_s_per_km": {"rel": 0.01},
    "ascent_m": {"abs": 2.0},
    "descent_m": {"abs": 2.0},
    "heart_rate_avg_bpm": {"abs": 1.0},
    "heart_rate_max_bpm": {"abs": 1.0},
    "cadence_avg_spm": {"abs": 2.0},
}


def examined(name: str) -> room.Examined:
    (activity,) = room.read((CORPUS / name).read_bytes(), name=name)
    told: dict[str, Any] = {"profile": RUNNER, "history": (), "conditions": {}}
    return room.examine(activity, input_sha256="0" * 64, program_version="test", **told)


def of_rules(assessment: dict[str, Any]) -> dict[str, Any]:
    """What every rule said, without its numbers, and the words around it."""
    return {
        "words": {key: assessment[key] for key in ("status", "level", "points_level", "structured")},
        "warnings": [(one["code"], one["severity"], one["segment"]) for one in assessment["warnings"]],
        "suppressed": [(one["code"], one["suppressed_by"]) for one in assessment["suppressed"]],
        "reminders": {one["code"]: one["amount"] for one in assessment["reminders"]},
    }


@pytest.fixture(params=TWINS, ids=lambda pair: pair[1])
def pair(request: pytest.FixtureRequest) -> tuple[room.Examined, room.Examined]:
    one, other = request.param
    return examined(one), examined(other)


def test_every_rule_says_the_same_of_both(pair: tuple[room.Examined, room.Examined]) -> None:
    first, second = (one.assessment for one in pair)
    assert of_rules(first) == of_rules(second)
    assert first["status"] == "scored"


def test_scores_and_the_numbers_behind_warnings_are_near_each_other(pair: tuple[room.Examined, room.Examined]) -> None:
    first, second = (one.assessment for one in pair)
    for name in ("score", "score_low", "score_high"):
        assert first[name] == pytest.approx(second[name], abs=2), name
    for one, other in zip(first["warnings"], second["warnings"], strict=True):
        assert one["value"] == pytest.approx(other["value"], rel=0.05), one["code"]


def test_the_summaries_are_near_each_other(pair: tuple[room.Examined, room.Examined]) -> None:
    first, second = (one.activity["summary"] for one in pair)
    for name, within in NEAR.items():
        assert (first[name] is None) == (second[name] is None), name
        assert first[name] is None or first[name] == pytest.approx(second[name], **within), name
