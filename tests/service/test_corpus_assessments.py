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
    """What was found right by eye.

    Score and level; the warnings of the whole run, each with the number it stands on; what was held back and why;
    metres climbed; and the most to drink in an hour (None: to thirst).
    """

    score: int
    level: str
    warnings: dict[str, tuple[str, float]]
    suppressed: dict[str, str]
    ascent_m: float | None
    fluid_ml: int | None
    questions_at_km: tuple[float, ...] = ()
    segments: int = 0
    structured: bool = False
    part: int = 0


REVIEWED = {
    # Five hours in the mountains, climbed hard throughout; a rest on the summit is no question.
    "fit_garmin_fr910xt_mountain_run_28k.fit": Reviewed(
        49,
        "high",
        {"hilly": ("high", 78.8), "duration": ("high", 300.3), "intensity": ("moderate", 194.5)},
        {"fast_start": "terrain_differs", "fade": "terrain_differs"},
        ascent_m=2247,
        fluid_ml=450,
        segments=11,
    ),
    # An ultra along a coast: no heart rate, GPS altitude, and a slowing that hills explain as well.
    "fit_suunto9_ultra_50k.fit": Reviewed(
        39,
        "high",
        {"hilly": ("high", 837.4), "duration": ("high", 327.3)},
        {"fade": "terrain_differs"},
        ascent_m=1142,
        fluid_ml=550,
        segments=12,
    ),
    # 1,800 m straight up: one climb, no descent.
    "fit_suunto9baro_trail_1800m.fit": Reviewed(
        39,
        "high",
        {"hilly": ("high", 219.6), "intensity": ("moderate", 127.7), "duration": ("moderate", 134.7)},
        {},
        ascent_m=1806,
        fluid_ml=550,
        segments=1,
    ),
    # A hilly trail race of 30 km, begun a little fast here and there, not throughout.
    "gpx_strava_trail_30k.gpx": Reviewed(
        45,
        "high",
        {"hilly": ("high", 746.9), "duration": ("high", 195.0), "intensity": ("moderate", 103.3)},
        {"fast_start": "inconsistent"},
        ascent_m=895,
        fluid_ml=600,
        segments=10,
    ),
    # Nearly five hours on trails without heart rate; the early part lay on other ground, the late one did not.
    "gpx_mytrails_2seg_40k.gpx": Reviewed(
        46,
        "high",
        {"hilly": ("high", 50.9), "duration": ("high", 285.3), "fade": ("moderate", 0.2484)},
        {"fast_start": "terrain_differs"},
        ascent_m=2080,
        fluid_ml=650,
        segments=10,
    ),
    # A treadmill: nothing of pace, hills or weather, twenty minutes of hard running.
    "fit_garmin_fr945_treadmill_10k.fit": Reviewed(
        9, "low", {"intensity": ("low", 20.5)}, {}, ascent_m=None, fluid_ml=None
    ),
    "tcx_garmin_fr945_treadmill_twin.tcx": Reviewed(
        9, "low", {"intensity": ("low", 20.5)}, {}, ascent_m=None, fluid_ml=None
    ),
    # Short intervals, whose pauses would look like a fade and whose first repeat like a fast start.
    "fit_garmin_fenix5x_run_devdata.fit": Reviewed(
        0,
        "low",
        {},
        {"fast_start": "structured", "fade": "structured"},
        ascent_m=32,
        fluid_ml=None,
        structured=True,
    ),
    # Long intervals near the limit on a warm day.
    "fit_garmin_fenix6_run_vo2.fit": Reviewed(
        22,
        "low",
        {"intensity": ("moderate", 61.7), "heat": ("low", 19.5), "duration": ("low", 67.2)},
        {},
        ascent_m=68,
        fluid_ml=800,
        structured=True,
    ),
    # Repeats on a track without heart rate.
    "fit_suunto9_run_nohr.fit": Reviewed(0, "low", {}, {}, ascent_m=10, fluid_ml=None, structured=True),
    # Repeats after an easy half hour.
    "fit_garmin_fr965_stamina.fit": Reviewed(
        13,
        "low",
        {"intensity": ("low", 17.1), "duration": ("low", 72.5)},
        {},
        ascent_m=52,
        fluid_ml=550,
        structured=True,
    ),
    # A long hilly run that fell to a walk at 17 km.
    "fit_coros_apexpro_run_21k.fit": Reviewed(
        35,
        "moderate",
        {"fade": ("high", 0.5328), "hilly": ("moderate", 23.3), "duration": ("moderate", 159.5)},
        {},
        ascent_m=502,
        fluid_ml=500,
        segments=8,
    ),
    "fit_coros_apexpro_run_10k.fit": Reviewed(
        19,
        "moderate",
        {"intensity": ("moderate", 37.9), "hilly": ("moderate", 101.0)},
        {},
        ascent_m=135,
        fluid_ml=None,
        segments=2,
    ),
    "fit_garmin_fr945_run_14k_devfields.fit": Reviewed(
        13,
        "moderate",
        {"hilly": ("moderate", 23.4), "duration": ("low", 79.7)},
        {},
        ascent_m=327,
        fluid_ml=700,
        segments=3,
    ),
    # The run of a triathlon.
    "fit_garmin_fr920_tri_chained4.fit": Reviewed(
        18,
        "low",
        {"intensity": ("moderate", 47.5), "decoupling": ("low", 0.0543)},
        {},
        ascent_m=2,
        fluid_ml=None,
        part=4,
    ),
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
    expected, found = REVIEWED[name], examined(name, REVIEWED[name].part)
    got = found.assessment
    whole = [one for one in got["warnings"] if not one["segment"]]
    assert {one["code"]: one["severity"] for one in whole} == {
        code: severity for code, (severity, _) in expected.warnings.items()
    }
    for one in whole:
        assert one["value"] == pytest.approx(expected.warnings[one["code"]][1], rel=0.03), one["code"]
    assert {one["code"]: one["suppressed_by"] for one in got["suppressed"]} == expected.suppressed
    assert (got["score"], got["level"], got["structured"]) == (expected.score, expected.level, expected.structured)
    assert [round(one["start_m"] / 1000, 1) for one in got["questions"]] == list(expected.questions_at_km)
    assert sum(one["segment"] for one in got["warnings"]) == expected.segments


@pytest.mark.parametrize("name", REVIEWED)
def test_its_totals_and_its_drink_are_those_that_were_reviewed(name: str) -> None:
    expected, found = REVIEWED[name], examined(name, REVIEWED[name].part)
    climbed = found.activity["summary"]["ascent_m"]
    assert climbed == (None if expected.ascent_m is None else pytest.approx(expected.ascent_m, rel=0.02))
    amounts = [one["amount"] for one in found.assessment["reminders"] if one["code"] == "fluid"]
    assert [None if amount is None else amount["max"] for amount in amounts] == [expected.fluid_ml]


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
