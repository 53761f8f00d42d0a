"""What the rows of a reassessment come to: the sums of what would change, and whether one is under way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from service.store import reassessments
from service.store.reassessments import Alike
from service.store.scope import Scope

from .conftest import NOW, Seed, assessment

RISES = {
    "warnings": {"added": ["heat"], "removed": [], "changed": ["fade"]},
    "before": {"status": "scored", "score": 11, "forecast_score": 11, "level": "low"},
    "after": {"status": "scored", "score": 50, "forecast_score": 50, "level": "high"},
}
UNSCORED = {
    "warnings": {"added": [], "removed": [], "changed": []},
    "before": {"status": "not_scored", "score": None, "forecast_score": None, "level": None},
    "after": {"status": "scored", "score": 50, "forecast_score": 50, "level": "high"},
}


def test_runs_that_would_change_alike_are_counted_together(db: Connection, seed: Seed) -> None:
    athlete_id, other = seed.athlete(db), seed.athlete(db)
    asked = reassessments.request(db, athlete_id=None, ruleset_version="2", now=NOW)
    for owner, difference in ((athlete_id, RISES), (athlete_id, RISES), (athlete_id, UNSCORED), (other, RISES)):
        run = {"activity_id": seed.activity(db, owner), "athlete_id": owner, "now": NOW}
        document = assessment(result=seed.files)
        reassessments.propose(db, asked.id, **run, document=document, digest={}, difference=difference)
    unscored = Alike(None, "high", UNSCORED["warnings"], 1)
    found = reassessments.alike(db, asked.id, scope=Scope.of(athlete_id))
    assert sorted(found, key=lambda one: one.runs) == [unscored, Alike("low", "high", RISES["warnings"], 2)]
    assert sum(one.runs for one in reassessments.alike(db, asked.id, scope=Scope.everyone())) == 4
    assert reassessments.alike(db, "rea_none", scope=Scope.everyone()) == []


@pytest.mark.parametrize(
    ("status", "asked", "is_found"),
    [
        ("queued", {}, True),
        ("running", {}, True),
        ("adopting", {}, True),
        ("done", {}, False),
        ("adopted", {}, False),
        ("queued", {"ruleset_version": "1"}, False),
        ("queued", {"since": NOW + timedelta(seconds=1)}, False),
    ],
)
def test_one_is_under_way_until_its_end(
    db: Connection, seed: Seed, status: str, asked: dict[str, Any], is_found: bool
) -> None:
    athlete_id, other = seed.athlete(db), seed.athlete(db)
    reassessments.request(db, athlete_id=other, ruleset_version="2", now=NOW)
    reassessments.request(db, athlete_id=None, ruleset_version="2", now=NOW)
    made = reassessments.request(db, athlete_id=athlete_id, ruleset_version="2", now=NOW)
    reassessments.mark(db, made.id, status=status)
    told: dict[str, Any] = {"ruleset_version": "2", "since": NOW} | asked
    found = reassessments.under_way(db, athlete_id, **told)
    assert (found is not None and found.id == made.id) == is_found
    assert is_found or found is None
