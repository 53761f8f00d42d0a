"""Every real file, cut at a few places, is refused or gives the beginning of the whole; and a difference is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

import parsers
from fixtures.fit_writer import fit
from fixtures.runs import Run, minutes
from fuzz.kinds import CORPUS, ROOT
from fuzz.prefixes import difference, of_path, places
from parsers import Activity, Pause

CUTS = 12
"""`make fuzz` cuts each file at 400 places."""
REAL = sorted(path for kind in ("fit", "gpx", "tcx") for path in CORPUS.glob(f"{kind}_*"))
MADE = sorted(
    path for kind in ("fit", "gpx", "tcx") for path in (ROOT / "fixtures" / kind / "valid").glob(f"*.{kind}*")
)


def test_there_are_made_files_to_cut() -> None:
    assert len(MADE) > 50


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_a_made_file_cut_anywhere_is_refused_or_a_prefix(path: Path, seed: int) -> None:
    found = of_path(path, cuts=CUTS, seed=seed)
    assert found.wrong == "", str(found)


@pytest.mark.skipif(not REAL, reason="no corpus of real files beside the project: set CRAMPWATCH_CORPUS")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_real_file_cut_anywhere_is_refused_or_a_prefix(path: Path, seed: int) -> None:
    found = of_path(path, cuts=CUTS, seed=seed)
    assert found.wrong == "", str(found)


def test_cuts_are_at_both_ends_and_between() -> None:
    found = places(10_000, 400, seed="a")
    assert found[:3] == [0, 1, 2]
    assert found[-2:] == [9998, 9999]
    assert 350 < len(found) <= 400
    assert places(10_000, 400, seed="b") != found
    assert places(0, 400, seed="a") == []


# --- a difference is seen


@pytest.fixture
def whole() -> Activity:
    return parsers.parse(fit(Run((minutes(3, 3.0),))))[0]


def first(activity: Activity, rows: int, **columns: np.ndarray) -> Activity:
    """The beginning of an activity, with some of its columns changed."""
    cut = {name: column[:rows] for name, column in activity.streams.items()}
    return replace(activity, streams=replace(activity.streams, **{**cut, **columns}))


def test_the_beginning_is_no_difference(whole: Activity) -> None:
    assert difference((first(whole, 50),), (whole,)) == ""
    assert difference((first(whole, 50),), None) == ""


def test_a_channel_that_the_last_leg_lacks_so_far_is_none(whole: Activity) -> None:
    later = replace(whole, started_at=whole.started_at + timedelta(hours=1))
    cut = (whole, replace(later, streams=replace(later.streams, cadence_spm=None)))
    assert difference(cut, (whole, later)) == ""
    cadence = np.array(whole.streams.cadence_spm)
    cadence[5] += 1
    other = replace(whole, streams=replace(whole.streams, cadence_spm=cadence))
    assert "cadence_spm" in difference((other, cut[1]), (whole, later))


def test_another_time_or_value_is_one(whole: Activity) -> None:
    late = first(whole, 50, time_s=whole.streams.time_s[:50] + 1.0)
    assert "instants" in difference((late,), (whole,))
    speed = whole.streams.speed_mps
    assert speed is not None
    assert "speed_mps" in difference((first(whole, 50, speed_mps=speed[:50] + 0.001),), (whole,))


def test_an_earlier_pause_that_the_whole_lacks_is_one(whole: Activity) -> None:
    paused = replace(first(whole, 50), pauses=(Pause(1.0, 2.0), Pause(3.0, 4.0)))
    assert "pauses" in difference((paused,), (whole,))
    assert difference((replace(paused, pauses=(Pause(1.0, 2.0),)),), (whole,)) == ""
