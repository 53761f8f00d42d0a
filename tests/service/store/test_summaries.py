"""The totals of an athlete follow every change of a run."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from sqlalchemy import Connection

from service.store import activities, summaries
from service.store.scope import Scope

from .conftest import NOW, Seed


def totals(db: Connection, athlete_id: str) -> dict[str, float]:
    found = asdict(summaries.some(db, [athlete_id], scope=Scope.of(athlete_id))[athlete_id])
    return {name: value for name, value in found.items() if value and name != "athlete_id"}


def test_an_athlete_without_runs_has_totals_of_nought(db: Connection, seed: Seed) -> None:
    assert totals(db, seed.athlete(db)) == {}


def test_a_run_counts_from_the_moment_it_is_stored_until_it_is_deleted(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    kept = seed.activity(db, athlete_id, assessed={"score": 30})
    gone = seed.activity(db, athlete_id, assessed={"score": 12})
    assert totals(db, athlete_id) == pytest.approx(
        {"runs": 2, "distance_m": 20024.8, "moving_s": 6596, "scored": 2, "score_sum": 42}
    )
    activities.delete(db, gone, athlete_id=athlete_id, now=NOW)
    assert totals(db, athlete_id) == pytest.approx(
        {"runs": 1, "distance_m": 10012.4, "moving_s": 3298, "scored": 1, "score_sum": 30}
    )
    assert kept


def test_a_run_that_is_assessed_again_counts_with_its_new_score(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id, assessed={"score": 30})
    seed.assess(db, athlete_id, activity_id, score=41)
    assert (totals(db, athlete_id)["score_sum"], totals(db, athlete_id)["scored"]) == (41, 1)
    seed.assess(db, athlete_id, activity_id, score=None)
    assert totals(db, athlete_id).keys() == {"runs", "distance_m", "moving_s"}


def test_nobody_sees_the_totals_of_somebody_else(db: Connection, seed: Seed) -> None:
    mine, foreign = seed.athlete(db), seed.athlete(db)
    assert summaries.some(db, [mine, foreign], scope=Scope.of(mine)).keys() == {mine}
