"""When a heart rate is believed, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from fixtures.runs import FIRST_START, Run, activity, km, minutes
from parsers.activity import Activity
from service.analysis.athlete import History, PastRun, Profile
from service.analysis.facts import Facts
from service.analysis.heart import ZONE_SHARES, Reserve, longest_flat_s, maximum

Gather = Callable[..., Facts]
Change = Callable[..., Activity]
STEADY = Run((minutes(60, 3.0),), heart_rate=((0, 120), (600, 145), (3600, 155)))
BORN_1986 = Profile(birth_year=1986, hr_rest_bpm=55.0)


def past(*highest: float | None, days_ago: float = 10) -> History:
    return History(
        tuple(
            PastRun(FIRST_START - timedelta(days=days_ago + i), "running", 10_000.0, 3600.0, heart_rate_p995_bpm=bpm)
            for i, bpm in enumerate(highest)
        )
    )


def test_zones_are_rounded_half_up() -> None:
    assert [Reserve(55.0, 180.0, "age").at(share) for share in ZONE_SHARES] == [118, 130, 143, 155, 168]


@pytest.mark.parametrize(
    ("profile", "history", "expected"),
    [
        (Profile(birth_year=1986, hr_max_bpm=191.0), past(185, 186, 187), (191.0, "profile")),
        (Profile(birth_year=1986), past(185, 186, 187), (187, "observed")),
        (Profile(), past(185, 186, 187), (187, "observed")),
        (Profile(birth_year=1986), past(185, 186), (180.0, "age")),  # two runs are too few
        (Profile(birth_year=1986), past(185, 186, None), (180.0, "age")),
        (Profile(birth_year=1986), past(150, 151, 152), (180.0, "age")),  # only easy runs so far
        (Profile(birth_year=1986), past(185, 186, 187, days_ago=200), (180.0, "age")),  # too long ago
        (Profile(birth_year=1986), past(223, 185, 186, 187), (187, "observed")),  # a spike is no maximum
        (Profile(), past(), None),
    ],
)
def test_where_the_maximum_comes_from(profile: Profile, history: History, expected: tuple[float, str] | None) -> None:
    assert maximum(activity(STEADY), profile, history) == expected


def test_decoupling_of_the_reference_run(facts_of: Gather) -> None:
    heart = facts_of("S23").heart
    assert heart.decoupling == pytest.approx(0.064, abs=0.005)
    assert heart.minutes_above_80 is not None
    assert 15 <= heart.minutes_above_80 < 30


def test_a_hard_race_has_half_an_hour_above_80_percent_and_no_decoupling_flag(facts_of: Gather) -> None:
    heart = facts_of("S43").heart
    assert heart.minutes_above_80 == pytest.approx(46.3, abs=0.2)
    assert heart.decoupling == pytest.approx(0.033, abs=0.005)


def test_without_heart_rate_nothing_is_said(facts_of: Gather) -> None:
    heart = facts_of("S24").heart
    assert (heart.usable, heart.why) == (False, "missing")
    assert heart.decoupling is None
    assert heart.minutes_above_80 is None


def test_a_heart_rate_that_follows_the_steps_is_discarded(with_columns: Change, facts_of: Gather) -> None:
    run = activity(STEADY)
    locked = np.where(run.streams.time_s < 2200, 171.0, np.array(run.streams.heart_rate_bpm))
    facts = facts_of(with_columns(run, heart_rate_bpm=locked))
    assert (facts.heart.usable, facts.heart.why) == (False, "cadence_lock")
    assert "cadence_lock" in {note.code for note in facts.notes}


def test_a_lock_of_less_than_half_the_run_is_let_pass(with_columns: Change, facts_of: Gather) -> None:
    run = activity(STEADY)
    locked = np.array(run.streams.heart_rate_bpm)
    locked[600:2000] = 170.0 + np.arange(1400) % 3
    assert facts_of(with_columns(run, heart_rate_bpm=locked)).heart.usable


@pytest.mark.parametrize(("rows", "usable"), [(599, True), (600, False)])
def test_ten_minutes_of_one_beat_are_discarded(rows: int, usable: bool, with_columns: Change, facts_of: Gather) -> None:
    run = activity(STEADY)
    frozen = 140.0 + np.arange(len(run.streams)) % 2
    frozen[1000 : 1000 + rows] = 133.0
    facts = facts_of(with_columns(run, heart_rate_bpm=frozen))
    assert facts.heart.usable is usable
    assert ("heart_rate_flat" in {note.code for note in facts.notes}) is not usable


def test_a_lock_that_is_also_flat_is_called_a_lock(with_columns: Change, facts_of: Gather) -> None:
    run = activity(STEADY)
    facts = facts_of(with_columns(run, heart_rate_bpm=np.full(len(run.streams), 170.0)))
    assert facts.heart.why == "cadence_lock"


@pytest.mark.parametrize(("missing", "why"), [(0.19, None), (0.25, "coverage"), (1.0, "missing")])
def test_less_than_four_fifths_of_the_run_is_too_little(
    missing: float, why: str | None, with_columns: Change, facts_of: Gather
) -> None:
    run = activity(STEADY)
    column = np.array(run.streams.heart_rate_bpm)
    column[: int(len(column) * missing)] = np.nan
    assert facts_of(with_columns(run, heart_rate_bpm=column)).heart.why == why


def test_impossible_beats_are_missing_beats(with_columns: Change, facts_of: Gather) -> None:
    run = activity(STEADY)
    column = np.array(run.streams.heart_rate_bpm)
    column[1000:1100], column[2000:2100] = 39.0, 231.0
    heart = facts_of(with_columns(run, heart_rate_bpm=column)).heart
    assert heart.usable
    assert heart.max_bpm == 155.0
    assert heart.coverage == pytest.approx(1 - 200 / 3600, abs=0.002)


def test_the_average_is_weighted_by_time(with_columns: Change, facts_of: Gather) -> None:
    run = activity(Run((minutes(60, 3.0),), heart_rate=((0, 120), (1800, 120), (1801, 160), (3600, 160))))
    index = np.concatenate((np.arange(0, 1800, 1), np.arange(1800, 3601, 9)))
    changing = with_columns(run, keep=index, heart_rate_bpm=run.streams.heart_rate_bpm + np.arange(3601) % 2)
    assert facts_of(changing).heart.average_bpm == pytest.approx(140.5, abs=0.6)


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (Run((minutes(39, 3.0),), heart_rate=((0, 120), (2340, 150))), "too_short"),
        (Run((*(6 * (minutes(6, 3.6), minutes(4, 2.6))),), heart_rate=((0, 120), (3600, 160))), "structured"),
        (Run((minutes(30, 3.6), minutes(30, 2.4)), heart_rate=((0, 120), (3600, 160))), "uneven"),
    ],
)
def test_decoupling_is_not_said_of_runs_that_cannot_show_it(run: Run, why: str, facts_of: Gather) -> None:
    heart = facts_of(run).heart
    assert heart.usable
    assert (heart.decoupling, heart.decoupling_why_not) == (None, why)


def test_without_resting_rate_there_are_no_zones(facts_of: Gather) -> None:
    heart = facts_of(STEADY, profile=Profile(birth_year=1986)).heart
    assert heart.zone_minutes is None
    assert (heart.max_reference_bpm, heart.max_reference_by) == (180.0, "age")


def test_zone_minutes_add_up_to_the_run(facts_of: Gather) -> None:
    heart = facts_of(STEADY, profile=BORN_1986).heart
    assert heart.zone_minutes is not None
    assert sum(heart.zone_minutes) == pytest.approx(60.0, abs=0.02)
    assert heart.minutes_above_80 == heart.zone_minutes[4] + heart.zone_minutes[5]


def test_efficiency_is_metres_per_beat(facts_of: Gather) -> None:
    heart = facts_of(STEADY).heart
    assert heart.efficiency == pytest.approx(180 / 150, abs=0.01)
    assert heart.p995_bpm == 155.0


def test_missing_values_end_a_flat_line() -> None:
    column = np.array([150.0] * 5 + [np.nan] * 9 + [150.0] * 3)
    assert longest_flat_s(column) == 5
    assert longest_flat_s(np.full(4, np.nan)) == 0


def test_a_bicycle_ride_has_a_heart_rate_too(facts_of: Gather) -> None:
    assert facts_of(Run((km(20, 8.0),), sport="cycling", heart_rate=((0, 120), (2500, 150)))).heart.usable
