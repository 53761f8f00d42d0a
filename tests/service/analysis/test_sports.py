"""Sports by FIT's names for them, the file's or the caller's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fixtures.runs import Run, Stretch, activity, km
from parsers.activity import Activity
from service.analysis.sports import identify

JOG = Run((km(5, 3.0),))
RIDE_SPEED = Run((km(20, 8.0),))


@pytest.mark.parametrize(
    ("sport", "sub_sport", "override", "expected"),
    [
        ("running", "generic", None, ("running", "generic", "run")),
        ("running", "trail", None, ("running", "trail", "run")),
        ("running", "trail", "running", ("running", "trail", "run")),
        ("cycling", "road", "running", ("running", None, "run")),
        ("cycling", "road", None, ("cycling", "road", "wheel")),
        (None, None, "running/trail", ("running", "trail", "run")),
        ("running", "street", "running/trail", ("running", "trail", "run")),
        ("cycling", "road", "running/virtual_activity", ("running", "virtual_activity", "run")),
        ("hiking", None, None, ("hiking", None, "walk")),
        ("walking", None, None, ("walking", None, "walk")),
        ("swimming", "open_water", None, ("swimming", "open_water", "water")),
        ("e_biking", None, None, ("e_biking", None, "wheel")),
        ("tennis", None, None, ("tennis", None, "other")),
    ],
)
def test_sport_and_family(
    sport: str | None, sub_sport: str | None, override: str | None, expected: tuple[str | None, str | None, str]
) -> None:
    found = identify(activity(replace(JOG, sport=sport, sub_sport=sub_sport)), override)
    assert (found.sport, found.sub_sport, found.family) == expected
    assert not found.assumed


@pytest.mark.parametrize("sport", [None, "generic", "unknown", ""])
def test_a_file_without_a_sport_is_taken_for_a_run_up_to_6_metres_a_second(sport: str | None) -> None:
    slow = identify(activity(replace(JOG, sport=sport, sub_sport=None)), None)
    assert (slow.sport, slow.family, slow.assumed) == ("running", "run", True)
    fast = identify(activity(replace(RIDE_SPEED, sport=sport, sub_sport=None)), None)
    assert (fast.sport, fast.family, fast.assumed) == (None, "other", False)


def test_a_file_that_goes_nowhere_is_not_assumed_to_be_a_run() -> None:
    still = activity(Run((Stretch(0.0, seconds=600.0),), sport=None, sub_sport=None))
    assert identify(still, None).sport is None


@pytest.mark.parametrize("sub_sport", ["treadmill", "indoor_running", "virtual_activity"])
def test_indoor_and_virtual_runs_follow_treadmill_rules(sub_sport: str) -> None:
    assert identify(activity(replace(JOG, sub_sport=sub_sport)), None).treadmill


def test_a_file_without_positions_follows_treadmill_rules(with_columns: Callable[..., Activity]) -> None:
    run = activity(JOG)
    assert not identify(run, None).treadmill
    assert identify(activity(replace(JOG, with_position=False)), None).treadmill
    few = np.array(run.streams.lat_deg)
    few[10:] = np.nan
    assert identify(with_columns(run, lat_deg=few), None).treadmill
