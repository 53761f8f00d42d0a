"""The pure half of the hall: plain documents out, and the same again from what was stored."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from fixtures.runs import SCENARIOS, W18, Run, Stretch, activity, km, minutes
from parsers.activity import Activity, Lap, Note
from parsers.formats.fit.profile import name_of
from service import examine as room
from service.examine import INT32_MISSING, Examined

RUNNER = {"mass_kg": 70.0, "birth_year": 1986, "hr_rest_bpm": 55.0, "name": "not read", "units": "metric"}
HEART = ((0.0, 120.0), (600.0, 142.0), (3000.0, 162.0))
RICH = Run(
    (km(1, 3.36), km(2, 2.8, grade=0.05), km(2, 3.0, grade=-0.05), Stretch(0.0, seconds=40), km(5, 3.0)),
    heart_rate=HEART,
    temperature_c=21.0,
    stops=((5200.0, 90.0),),
    lap_marks=((1000.0, "manual"), (5000.0, "distance")),
    missing=((1200.0, 1230.0),),
)


def examined(what: Run | Activity, **known: Any) -> Examined:
    return room.examine(
        activity(what) if isinstance(what, Run) else what,
        input_sha256="ab" * 32,
        profile=known.get("profile", RUNNER),
        history=known.get("history", ()),
        conditions=known.get("conditions", W18),
        program_version="1.2.3",
    )


def holed(what: Activity) -> Activity:
    """The activity with missing values in its columns."""
    columns = {name: np.array(column) for name, column in what.streams.items()}
    columns["heart_rate_bpm"][100:160] = np.nan
    columns["lat_deg"][:20] = np.nan
    columns["lon_deg"][:20] = np.nan
    return replace(what, streams=type(what.streams)(**columns), notes=(Note("truncated"), Note("crc_mismatch")))


@pytest.mark.parametrize("what", [RICH, SCENARIOS["S10"].run, SCENARIOS["S16"].run, holed(activity(RICH))])
def test_what_was_stored_gives_the_same_examination_to_the_bit(what: Run | Activity) -> None:
    before = activity(what) if isinstance(what, Run) else what
    first = examined(before)
    again = room.restore(json.loads(json.dumps(first.state, allow_nan=False)), first.columns)
    for name, column in before.streams.items():
        assert np.array_equal(getattr(again.streams, name), column, equal_nan=True)
    assert replace(again, streams=before.streams) == before
    second = examined(again)
    assert (second.activity, second.assessment, second.digest, second.state) == (
        first.activity,
        first.assessment,
        first.digest,
        first.state,
    )
    assert all(np.array_equal(second.columns[name][0], column) for name, (column, _) in first.columns.items())


def test_columns_are_integers_and_missing_is_marked() -> None:
    columns = examined(holed(activity(RICH))).columns
    assert {"grade", "gap_mps", "time_s", "distance_m"} <= set(columns)
    assert all(column.dtype == np.int32 for column, _ in columns.values())
    assert int((columns["heart_rate_bpm"][0] == INT32_MISSING).sum()) == 60


def test_everything_is_plain_json() -> None:
    got = examined(RICH)
    for document in (got.activity, got.assessment, got.digest, got.state):
        assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_the_activity_has_the_fields_of_the_contract() -> None:
    got = examined(RICH).activity
    assert {"name", "sport", "sub_sport", "started_at", "utc_offset_s", "device", "summary", "conditions"} <= set(got)
    assert set(got["summary"]) == {
        *("distance_m", "elapsed_s", "moving_s", "paused_s", "speed_mps", "pace_s_per_km", "gap_s_per_km", "ascent_m"),
        *("descent_m", "altitude_min_m", "altitude_max_m", "heart_rate_avg_bpm", "heart_rate_max_bpm"),
        *("cadence_avg_spm", "temperature_avg_c", "device"),
    }
    assert got["started_at"] == "2026-05-03T06:00:00Z"
    assert set(got["conditions"]) == {"temperature_c", "humidity_pct", "wind_kmh", "sun", "wbgt_c", "source"}


def test_the_summary_tells_the_truth_of_the_run() -> None:
    got = examined(RICH).activity["summary"]
    assert got["distance_m"] == pytest.approx(10_000, abs=10)
    assert got["paused_s"] == pytest.approx(90, abs=2)
    assert got["moving_s"] == pytest.approx(got["elapsed_s"] - 90 - 40, abs=8)
    assert got["ascent_m"] == pytest.approx(98, abs=8)
    assert got["pace_s_per_km"] == pytest.approx(1000 / got["speed_mps"], abs=0.2)
    assert got["device"]["timer_s"] == pytest.approx(got["elapsed_s"] - 90, abs=2)


def test_the_own_ascent_is_told_beside_the_devices_and_without_it() -> None:
    run = activity(RICH)
    stated = replace(run, totals=replace(run.totals, ascent_m=150.0))
    silent = replace(run, totals=replace(run.totals, ascent_m=None))
    first, second = (examined(one).activity["summary"] for one in (stated, silent))
    assert first["ascent_m"] == second["ascent_m"] == pytest.approx(98, abs=8)
    assert (first["device"]["ascent_m"], second["device"]["ascent_m"]) == (150.0, None)


def test_what_is_missing_is_null() -> None:
    bare = Run((km(5, 3.0),), with_altitude=False, with_cadence=False)
    got = examined(bare, conditions={}).activity
    for name in ("ascent_m", "gap_s_per_km", "heart_rate_avg_bpm", "heart_rate_max_bpm", "cadence_avg_spm"):
        assert got["summary"][name] is None
    assert got["conditions"] == {
        **dict.fromkeys(("temperature_c", "humidity_pct", "wind_kmh", "sun", "wbgt_c")),
        "source": "none",
    }


def test_device_totals_are_null_where_the_device_says_nothing() -> None:
    silent = replace(activity(RICH), totals=type(activity(RICH).totals)())
    assert examined(silent).activity["summary"]["device"] is None


def test_an_implausible_device_distance_is_not_believed() -> None:
    run = activity(Run((km(10, 3.0),)))
    wrong = replace(run, totals=replace(run.totals, distance_m=952_000.0))
    assert examined(wrong).activity["summary"]["distance_m"] == pytest.approx(10_000, abs=10)


def test_a_distance_stated_for_more_ground_than_the_samples_cover_leaves_the_pace_alone() -> None:
    run = activity(Run((km(10, 3.0),)))
    plain = examined(run).activity["summary"]
    longer = examined(replace(run, totals=replace(run.totals, distance_m=11_200.0))).activity["summary"]
    assert longer["distance_m"] == 11_200.0
    assert longer["pace_s_per_km"] == pytest.approx(plain["pace_s_per_km"], abs=0.2)


def test_averages_are_weighted_by_time() -> None:
    """140 bpm in ten minutes of one record a second, 160 in ten minutes of one in nine: 150, not 142."""
    dense = activity(
        Run((minutes(20, 3.0),), heart_rate=((0.0, 140.0), (600.0, 140.0), (600.1, 160.0), (1200.0, 160.0)))
    )
    time_s = dense.streams.time_s
    keep = (time_s <= 600) | (time_s % 9 == 0)
    thin = replace(dense, streams=type(dense.streams)(**{n: np.array(c[keep]) for n, c in dense.streams.items()}))
    assert examined(thin).activity["summary"]["heart_rate_avg_bpm"] == 150


@pytest.mark.parametrize(("unit", "rows"), [("km", 10), ("mi", 7)])
def test_splits_cover_the_run(unit: str, rows: int) -> None:
    got = room.splits(activity(RICH), unit=unit)
    assert len(got) == rows
    assert sum(row["distance_m"] for row in got) == pytest.approx(10_000, abs=2)
    assert {
        *("distance_m", "moving_s", "pace_s_per_km", "gap_s_per_km", "ascent_m", "descent_m", "heart_rate_avg_bpm")
    } <= set(got[0])


def test_the_first_kilometre_has_its_own_pace() -> None:
    assert room.splits(activity(RICH))[0]["pace_s_per_km"] == pytest.approx(1000 / 3.36, abs=2)


def test_laps_climbs_and_zones_have_rows() -> None:
    run = activity(RICH)
    laps = room.laps(run)
    assert [row["trigger"] for row in laps] == ["manual", "distance", "session_end"]
    assert [round(row["distance_m"], -2) for row in laps] == [1000, 4000, 5000]
    assert [row["kind"] for row in room.climbs(run)] == ["climb", "descent"]
    zones = room.zones(run, profile=RUNNER)
    assert [row["from_bpm"] for row in zones] == [None, 118, 130, 143, 155, 168]
    assert sum(row["minutes"] for row in zones) == pytest.approx(len(run.streams) / 60, abs=2)
    assert room.zones(run, profile={}) == []


def test_a_file_without_laps_has_no_lap_rows() -> None:
    assert room.laps(replace(activity(RICH), laps=())) == []
    assert len(room.laps(replace(activity(RICH), laps=(Lap(0.0, 600.0),)))) == 1


def test_rendering_may_hide_the_amounts_of_an_older_assessment() -> None:
    got = examined(SCENARIOS["S13"].run).assessment
    shown, hidden = room.render(got), room.render(got, hide_amounts=True)
    assert any(one["amount"] for one in shown["reminders"])
    assert not any(one["amount"] or one["per_mark"] for one in hidden["reminders"])
    assert "ask your clinician" in " ".join(one["text"] for one in hidden["reminders"])
    words = " ".join(one["text"] for one in (*hidden["reminders"], *hidden["warnings"])).lower()
    assert not any(word in words for word in (" ml", " mg", "salt", "potassium", "magnesium", "tablet"))


def test_standing_advice_is_rendered() -> None:
    at = datetime(2026, 5, 10, 12, tzinfo=UTC)
    got = room.standing_advice(profile=RUNNER, history=[examined(RICH).digest], at=at)
    assert {one["phase"] for one in got} == {"daily", "weekly", "monthly"}
    assert all(one["text"] for one in got)
    assert sum(one["primary"] for one in got) <= 5


def test_history_may_carry_the_answers_about_cramps() -> None:
    digest = {**examined(RICH).digest, "cramp": "cramp_stopped", "activity_id": "not read"}
    (run,) = room.history_of([digest]).runs
    assert (run.cramp, run.started_at) == ("cramp_stopped", datetime(2026, 5, 3, 6, tzinfo=UTC))


def test_an_earlier_activity_of_unknown_sport_is_part_of_the_history() -> None:
    odd = replace(activity(Run((km(2, 9.0),))), sport=None)
    digest = examined(odd).digest
    assert digest["sport"] is None
    (run,) = room.history_of([digest]).runs
    assert run.sport is None
    assert examined(RICH, history=[digest]).assessment["status"] == "scored"


def test_given_conditions_are_given() -> None:
    assert room.conditions_of({"temperature_c": 20.0}).source == "given"
    assert room.conditions_of({"temperature_c": 20.0, "source": "provider"}).source == "provider"
    assert room.conditions_of({}).source == "none"


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("running", "running"),
        ("Running", "running"),
        ("run", "running"),
        ("TrailRun", "running/trail"),
        ("trail_running", "running/trail"),
        ("trail running", "running/trail"),
        ("VirtualRun", "running/virtual_activity"),
        ("treadmill_running", "running/treadmill"),
        ("Walk", "walking"),
        ("Ride", "cycling"),
        ("EBikeRide", "e_biking"),
        ("stand_up_paddleboarding", "stand_up_paddleboarding"),
        ("tennis", "tennis"),
    ],
)
def test_every_usual_name_of_a_sport_is_known(word: str, named: str) -> None:
    assert room.sport_named(word) == named


@pytest.mark.parametrize("word", ["runing", "", "generic", "Other", "all", "läufe", "running/trail"])
def test_a_word_for_no_sport_is_refused_with_those_that_are_known(word: str) -> None:
    with pytest.raises(ValueError, match=r"known are .*cycling, .*running, "):
        room.sport_named(word)


def test_every_sport_of_fit_can_be_named() -> None:
    """What a file may say, a person may say: else a filter could not find it."""
    words = (name_of("sport", float(number)) for number in range(254))
    for sport in {word for word in words if word is not None} - {"generic", "all"}:
        assert room.sport_named(sport) == sport
