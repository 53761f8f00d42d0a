"""One current assessment, the earlier ones kept."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from service.errors import NotFound
from service.store import activities, assessments, tables
from service.store.scope import Scope

from .conftest import Seed, assessment

ALL = Scope.everyone()


def test_an_adopted_assessment_is_shown_by_its_activity(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    warnings = ["fast_start", "hilly", "hilly", "duration"]
    activity_id = seed.activity(
        db,
        athlete_id,
        assessed={"score": 42, "forecast_score": 40, "level": "high", "points_level": "moderate", "warnings": warnings},
    )
    row = activities.get(db, activity_id, scope=ALL)
    assert (row.status, row.score, row.forecast_score, row.level, row.points_level, row.level_source) == (
        "scored",
        42,
        40,
        "high",
        "moderate",
        "points",
    )
    assert row.warnings == ("fast_start", "hilly", "duration")
    assert row.revision == 2
    assert assessments.current(db, [activity_id], scope=ALL)[activity_id].document["score"] == 42


def test_a_run_that_is_not_scored_has_no_level(db: Connection, seed: Seed) -> None:
    nothing = dict.fromkeys(("score", "forecast_score", "level", "points_level", "level_source", "headline"))
    activity_id = seed.activity(db, seed.athlete(db), assessed={"status": "not_scored", **nothing})
    row = activities.get(db, activity_id, scope=ALL)
    assert (row.status, row.score, row.level, row.warnings) == ("not_scored", None, None, ())


def test_a_newer_assessment_supersedes_and_the_older_stays_as_it_was(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id, assessed={"score": 10, "result": 1})
    first = assessments.current(db, [activity_id], scope=ALL)[activity_id]
    second = seed.assess(db, athlete_id, activity_id, score=20, result=2)
    kept = assessments.page(db, activity_id, scope=ALL, limit=10).items
    assert [(row.id, row.state, row.document["score"]) for row in kept] == [
        (second, "current", 20),
        (first.id, "superseded", 10),
    ]
    assert kept[1].document == first.document
    assert activities.get(db, activity_id, scope=ALL).score == 20


@pytest.mark.parametrize(
    ("change", "kept"),
    [({}, 1), ({"result": 2}, 2), ({"ruleset_version": "2026.2"}, 2)],
    ids=["the same result", "another result", "other rules"],
)
def test_the_same_result_of_the_same_rules_is_kept_once(
    db: Connection, seed: Seed, change: dict[str, object], kept: int
) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id, assessed={})
    seed.assess(db, athlete_id, activity_id, **change)
    assert len(assessments.page(db, activity_id, scope=ALL, limit=10).items) == kept


def test_an_activity_never_has_two_current_assessments(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    seed.activity(db, athlete_id, assessed={})
    row = dict(db.execute(sa.select(tables.assessments)).mappings().one())
    with pytest.raises(sa.exc.IntegrityError), db.begin_nested():
        db.execute(sa.insert(tables.assessments).values(row | {"id": "asm_2"}))


def test_an_unknown_level_is_refused_whole(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id, assessed={})
    with pytest.raises(ValueError, match="not in tuple"):
        seed.assess(db, athlete_id, activity_id, level="extreme", result=3)
    assert activities.get(db, activity_id, scope=ALL).level == "low"


def test_an_activity_that_is_not_there_cannot_be_assessed(db: Connection, seed: Seed) -> None:
    with pytest.raises(NotFound):
        assessments.adopt(db, "act_none", athlete_id=seed.athlete(db), now=seed.now, document=assessment(), digest=None)
