"""Real files: what the analysis makes of them, beside what the device says of itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

import parsers
from fixtures.corpus import ABSENT, CORPUS
from parsers.activity import Activity
from service.analysis.athlete import Conditions, History, Profile
from service.analysis.facts import Facts
from service.analysis.signals import gather
from service.analysis.splits import best_efforts

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=ABSENT)

BAROMETRIC = [
    "fit_coros_apexpro_run_10k.fit",
    "fit_coros_apexpro_run_21k.fit",
    "fit_garmin_fenix6_run_vo2.fit",
    "fit_garmin_fr910xt_mountain_run_28k.fit",
    "fit_garmin_fr945_run_14k_devfields.fit",
    "fit_garmin_fr965_stamina.fit",
    "fit_suunto9baro_trail_1800m.fit",
    "fit_hammerhead_karoo.fit",
]
SESSIONS = {
    "fit_garmin_fenix5x_run_devdata.fit": range(4, 7),
    "fit_garmin_fenix6_run_vo2.fit": range(9, 12),
    "fit_suunto9_run_nohr.fit": range(5, 6),
}
CONTINUOUS = [
    "fit_coros_apexpro_run_10k.fit",
    "fit_garmin_fr910xt_mountain_run_28k.fit",
    "fit_garmin_fr945_run_14k_devfields.fit",
    "fit_suunto9_ultra_50k.fit",
    "fit_suunto9baro_trail_1800m.fit",
    "gpx_strava_run.gpx.gz",
    "gpx_strava_trail_30k.gpx",
    "tcx_garmin_fr310xt_half.tcx.gz",
]


@cache
def read(name: str) -> tuple[Activity, ...]:
    return parsers.parse((CORPUS / name).read_bytes(), name=name)


def everything() -> list[Activity]:
    out = []
    for path in sorted(CORPUS.glob("*_*.*")):
        try:
            out.extend(read(path.name))
        except parsers.ParseError:
            continue
    return out


def of(activity: Activity) -> Facts:
    profile = Profile(mass_kg=70.0, birth_year=1986, hr_rest_bpm=55.0)
    return gather(activity, profile=profile, history=History(), conditions=Conditions())


def one(name: str) -> Facts:
    return of(read(name)[0])


def test_every_activity_of_the_corpus_has_facts_that_hold_together() -> None:
    activities = everything()
    assert len(activities) > 40
    for activity in activities:
        facts = of(activity)
        grid = facts.grid
        assert np.isfinite(grid.speed_mps).all()
        assert np.isfinite(grid.gap_heart_mps).all()
        assert np.isfinite(grid.gap_minetti_mps).all()
        assert (np.diff(grid.clock_s) > 0).all()
        assert (np.diff(grid.distance_m) >= 0).all()
        assert 0 <= facts.moving_s <= facts.elapsed_s - facts.paused_s + 1e-6
        assert facts.grid.speed_mps.min() >= 0
        if facts.altitude is not None:
            assert abs(facts.altitude.ascent_m - facts.altitude.descent_m) <= 1.5 * (
                abs(facts.altitude.profile_m[-1] - facts.altitude.profile_m[0]) + 20.0
            )


def test_timer_distance_and_heart_rate_agree_with_the_watch() -> None:
    runs = [activity for activity in everything() if activity.format == "fit" and activity.sport == "running"]
    checked = 0
    for activity in runs:
        facts, totals = of(activity), activity.totals
        cut_short = {"truncated", "crc_mismatch"} & {note.code for note in activity.notes}
        if cut_short or totals.timer_s is None or totals.distance_m is None or totals.distance_m < 500:
            continue
        checked += 1
        # What lies before the first and after the last record is the watch's own: a step of smart recording.
        step_s = float(np.median(np.diff(activity.streams.time_s)))
        assert facts.elapsed_s - facts.paused_s == pytest.approx(totals.timer_s, abs=2.0 + step_s), activity.device
        assert facts.distance_m == pytest.approx(totals.distance_m, rel=0.005), activity.device
        if totals.heart_rate_avg_bpm is not None and facts.heart.average_bpm is not None:
            assert facts.heart.average_bpm == pytest.approx(totals.heart_rate_avg_bpm, abs=1.0), activity.device
    assert checked >= 14


@pytest.mark.parametrize("name", BAROMETRIC)
def test_ascent_is_within_a_tenth_of_what_a_watch_with_a_barometer_says(name: str) -> None:
    facts = one(name)
    assert facts.altitude is not None
    assert facts.activity.totals.ascent_m is not None
    assert facts.altitude.kind == "barometric"
    assert facts.altitude.ascent_m == pytest.approx(facts.activity.totals.ascent_m, rel=0.10)


@pytest.mark.parametrize("name", SESSIONS)
def test_interval_sessions_are_seen_as_such(name: str) -> None:
    found = one(name).structured
    assert found.found
    assert found.repeats in SESSIONS[name]


@pytest.mark.parametrize("name", CONTINUOUS)
def test_races_and_mountain_runs_are_no_interval_sessions(name: str) -> None:
    assert not one(name).structured.found


def test_an_altitude_that_dives_under_the_sea_and_soars_makes_no_record_of_a_half_marathon() -> None:
    facts = one("tcx_garmin_fr310xt_half.tcx.gz")
    assert facts.altitude is not None
    assert facts.altitude.kind == "unknown"
    assert "altitude_implausible" in {note.code for note in facts.notes}
    efforts = dict(best_efforts(facts.grid))
    assert efforts[1000.0] > 180
    assert efforts[5000.0] > 1000


def test_records_during_a_pause_make_no_difference() -> None:
    with_records, without = one("fit_suunto9baro_pause_records.fit"), one("fit_suunto9baro_no_pause_records.fit")
    assert with_records.moving_s == pytest.approx(without.moving_s, abs=1)
    assert with_records.paused_s == pytest.approx(without.paused_s, abs=1)
    assert with_records.distance_m == pytest.approx(without.distance_m, abs=1)


def test_a_vertical_kilometre_is_one_long_climb() -> None:
    altitude = one("fit_suunto9baro_trail_1800m.fit").altitude
    assert altitude is not None
    (leg,) = altitude.legs
    assert leg.gain_m > 1700
    assert 0.2 < leg.mean_grade < 0.25


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("fit_garmin_fr945_treadmill_10k.fit", lambda facts: facts.treadmill and facts.altitude is None),
        ("fit_zwift_run_treadmill.fit", lambda facts: facts.treadmill and facts.heart.why == "missing"),
        ("fit_suunto9_ultra_50k.fit", lambda facts: facts.altitude.kind == "gps" and not facts.heart.usable),
        ("gpx_no_elevation_8seg.gpx", lambda facts: facts.altitude_why_not == "missing" and facts.sport_assumed),
        ("gpx_garmin_oregon_tpx_v2.gpx", lambda facts: facts.family == "other" and not facts.sport_assumed),
        ("fit_garmin_fr935_ironman_5sessions.fit", lambda facts: facts.family == "water"),
    ],
)
def test_what_is_known_of_odd_files(name: str, check: Callable[[Facts], bool]) -> None:
    assert check(one(name))
