"""Sweat by the scales: what one weighing tells, and when there are enough of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fixtures.runs import Run, minutes
from service.analysis.athlete import History, Log, PastRun, Profile
from service.analysis.weighing import sweat_l_per_h, weighed_l_per_h

START = datetime(2026, 5, 3, 6, 0, tzinfo=UTC)
HOUR_S = 3600.0


def weighed(litres: float, **changes: Any) -> Log:
    """The log of an hour in which so much was sweated and half a litre drunk."""
    return Log(**{"fluid_ml": 500.0, "mass_before_kg": 70.0, "mass_after_kg": 70.5 - litres, **changes})


def history(*logs: Log | None, sport: str = "running", moving_s: float = HOUR_S) -> History:
    return History(
        tuple(
            PastRun(START - timedelta(days=7 * back), sport, 10_000.0, moving_s, log=log)
            for back, log in zip(range(len(logs), 0, -1), logs, strict=True)
        )
    )


@pytest.mark.parametrize(
    ("log", "moving_s", "rate"),
    [
        (weighed(1.0), HOUR_S, 1.0),
        (weighed(1.0), 2 * HOUR_S, 0.5),
        (weighed(1.0, urine_ml=200.0), HOUR_S, 0.8),
        (weighed(1.0, fluid_ml=0.0), HOUR_S, 0.5),
        (weighed(1.0, fluid_ml=None), HOUR_S, None),
        (weighed(1.0, mass_before_kg=None), HOUR_S, None),
        (weighed(1.0, mass_after_kg=None), HOUR_S, None),
        (weighed(1.0), 1790.0, None),  # the scales are off by as much
        (weighed(-0.1), HOUR_S, None),  # nobody gains by sweating
        (weighed(10.5), HOUR_S, None),  # 70 typed as 60
        (Log(), HOUR_S, None),
    ],
)
def test_what_one_weighing_tells(log: Log, moving_s: float, rate: float | None) -> None:
    assert sweat_l_per_h(log, moving_s) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("before", "this", "rate"),
    [
        (history(weighed(1.0), weighed(1.4), weighed(0.8)), Log(), 1.0),
        (history(weighed(1.0), weighed(1.4)), weighed(0.8), 1.0),  # this run's own counts
        (history(weighed(1.0), weighed(1.4)), Log(), None),
        (history(weighed(1.0), weighed(1.4), weighed(9.0)), Log(), None),
        (history(weighed(1.0), None, weighed(1.2), weighed(1.4), weighed(1.6)), Log(), 1.3),
        (history(weighed(1.0), weighed(1.2), weighed(1.4), sport="cycling"), Log(), None),
    ],
)
def test_the_median_counts_from_three_on(before: History, this: Log, rate: float | None) -> None:
    assert weighed_l_per_h(before, START, sport="running", this=(this, HOUR_S)) == pytest.approx(rate)


def test_weighings_after_the_run_do_not_count() -> None:
    later = history(weighed(1.0), weighed(1.2), weighed(1.4))
    assert weighed_l_per_h(later, START - timedelta(days=10), sport="running", this=(Log(), HOUR_S)) is None


@pytest.mark.parametrize(
    ("profile", "rate", "by"),
    [
        (Profile(), 1.2, "weighings"),
        (Profile(mass_kg=70.0), 1.2, "weighings"),
        (Profile(mass_kg=70.0, sweat_rate_l_per_h=0.9), 0.9, "profile"),
    ],
)
def test_weighings_replace_the_estimate_and_the_profile_outranks_them(facts_of, profile, rate, by) -> None:  # type: ignore[no-untyped-def]
    before = history(weighed(1.2), weighed(1.2), weighed(1.2))
    sweat = facts_of(Run((minutes(90, 2.8),), started_at=START), profile=profile, history=before).sweat
    assert (sweat.rate_l_per_h, sweat.by, sweat.measured) == (pytest.approx(rate), by, True)
    assert sweat.sodium_mg_per_h == pytest.approx(rate * 825)
