"""Real runs, each looked at by eye: what an assessment says of them reads sensibly to a runner, and stays so.

The files are not part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pytest

from fixtures.corpus import ABSENT, CORPUS
from service import examine as room

RUNNER = {"mass_kg": 70.0, "birth_year": 1986, "hr_rest_bpm": 55.0}

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=ABSENT)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What was found right by eye: the warnings of the whole run, and what was held back and why."""

    level: str
    warnings: dict[str, str]
    suppressed: dict[str, str]
    questions: int = 0
    structured: bool = False
    part: int = 0


REVIEWED = {
    "fit_garmin_fr910xt_mountain_run_28k.fit": Reviewed(
        "high",
        {"hilly": "high", "duration": "high", "intensity": "moderate"},
        {"fast_start": "terrain_differs", "fade": "terrain_differs"},
        questions=1,
    ),
    "fit_suunto9_ultra_50k.fit": Reviewed("high", {"hilly": "high", "duration": "high"}, {"fade": "terrain_differs"}),
    "fit_suunto9baro_trail_1800m.fit": Reviewed(
        "high", {"hilly": "high", "intensity": "moderate", "duration": "moderate"}, {}
    ),
    "gpx_strava_trail_30k.gpx": Reviewed(
        "high", {"hilly": "high", "duration": "high", "intensity": "moderate"}, {"fast_start": "inconsistent"}
    ),
    "fit_garmin_fr945_treadmill_10k.fit": Reviewed("low", {"intensity": "low"}, {}),
    "fit_garmin_fenix5x_run_devdata.fit": Reviewed(
        "low", {}, {"fast_start": "structured", "fade": "structured"}, structured=True
    ),
    "fit_garmin_fenix6_run_vo2.fit": Reviewed(
        "low", {"intensity": "moderate", "heat": "low", "duration": "low"}, {}, structured=True
    ),
    "fit_coros_apexpro_run_21k.fit": Reviewed(
        "moderate", {"fade": "high", "hilly": "moderate", "duration": "moderate"}, {}
    ),
    "fit_coros_apexpro_run_10k.fit": Reviewed("moderate", {"intensity": "moderate", "hilly": "moderate"}, {}),
    "fit_garmin_fr920_tri_chained4.fit": Reviewed("low", {"intensity": "moderate", "decoupling": "low"}, {}, part=4),
}


def examined(name: str, part: int = 0) -> room.Examined:
    data = (CORPUS / name).read_bytes()
    activity = next(one for one in room.read(data, name=name) if one.part == part)
    return room.examine(
        activity,
        input_sha256=hashlib.sha256(data).hexdigest(),
        profile=RUNNER,
        history=(),
        conditions={},
        program_version="test",
    )


@pytest.mark.parametrize("name", REVIEWED)
def test_a_real_run_is_told_as_it_was_reviewed(name: str) -> None:
    expected = REVIEWED[name]
    got = examined(name, expected.part).assessment
    assert {one["code"]: one["severity"] for one in got["warnings"] if not one["segment"]} == expected.warnings
    assert {one["code"]: one["suppressed_by"] for one in got["suppressed"]} == expected.suppressed
    assert (got["level"], got["structured"], len(got["questions"])) == (
        expected.level,
        expected.structured,
        expected.questions,
    )


@pytest.mark.parametrize("name", REVIEWED)
def test_a_real_run_comes_out_of_the_store_as_it_went_in(name: str) -> None:
    first = examined(name, REVIEWED[name].part)
    activity = room.restore(first.state, first.columns)
    again = room.verify(first.assessment, activity, profile=RUNNER, history=(), conditions={})
    assert (again["verdict"], again["differences"]) == ("holds", [])


@pytest.mark.parametrize("name", REVIEWED)
@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_a_real_run_is_said_in_words(name: str, units: str) -> None:
    said = room.render(examined(name, REVIEWED[name].part).assessment, units=units)
    assert 20 < len(said["headline"]["text"]) <= 140
    assert all(one["text"] for part in ("warnings", "reminders", "not_assessed", "data_quality") for one in said[part])
