"""What athletes tell of their runs: whom it sends to work, and whom we ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from service import diary
from service.errands import CATCH_UP, Errand
from service.store import activities, athletes, cramp_reports, migrate
from service.store.engine import make_engine, write
from service.store.ids import new_id
from service.store.scope import Scope

from .store.conftest import Seed

START = datetime(2026, 10, 4, 7, tzinfo=UTC)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    engine = make_engine(f"sqlite:///{tmp_path}/test.db")
    migrate.upgrade(engine)
    with write(engine) as connection:
        yield connection
    engine.dispose()


def two_runs(db: Connection) -> tuple[activities.ActivityRow, activities.ActivityRow]:
    """The earlier and the later of an athlete's two runs."""
    seed = Seed()
    athlete_id = seed.athlete(db)
    ids = [seed.activity(db, athlete_id, started_at=START + timedelta(days=day)) for day in range(2)]
    found = activities.some(db, ids, scope=Scope.of(athlete_id))
    return found[ids[0]], found[ids[1]]


def since(db: Connection, athlete_id: str) -> datetime | None:
    found = athletes.stale(db, athlete_id)
    return None if found is None else found.since


def test_a_report_sends_somebody_to_the_runs_that_hear_of_it_and_nobody_twice(db: Connection) -> None:
    first, last = two_runs(db)
    errand = Errand(CATCH_UP, (first.athlete_id,), lane=first.athlete_id)
    told = diary.report(db, last, document={"answer": "near"}, now=NOW)
    assert (told.created, told.errands, since(db, first.athlete_id)) == (True, (errand,), last.started_at)
    told = diary.report(db, first, document={"answer": "near"}, now=NOW)
    assert (told.created, told.errands) == (True, ()), "somebody is on the way already"
    assert since(db, first.athlete_id) == first.started_at, "and will begin with the earliest"
    told = diary.report(db, first, document={"answer": "none"}, now=NOW)
    assert (told.created, told.errands) == (False, ())


def test_a_log_is_read_by_its_own_run_too(db: Connection) -> None:
    _, last = two_runs(db)
    assert len(diary.log(db, last, document={"fluid_ml": 900.0}, now=NOW).errands) == 1
    assert since(db, last.athlete_id) == last.started_at


@pytest.mark.parametrize("sheet", ["report", "log"])
def test_what_is_told_again_word_for_word_sends_nobody_and_what_is_taken_back_does(db: Connection, sheet: str) -> None:
    first, _ = two_runs(db)
    document: dict[str, Any] = {"answer": "near"} if sheet == "report" else {"effort": 3}
    tell, forget = getattr(diary, sheet), getattr(diary, f"forget_{sheet}")
    tell(db, first, document=document, now=NOW)
    done = athletes.stale(db, first.athlete_id)
    assert done is not None
    assert athletes.caught_up(db, first.athlete_id, done=done)
    assert tell(db, first, document=dict(document), now=NOW).errands == ()
    assert len(forget(db, first, now=NOW)) == 1


QUESTION = [{"code": "interrupt"}]


@pytest.mark.parametrize(
    ("status", "moving_s", "questions", "reason"),
    [
        ("scored", 2700.0, [], "long_run"),
        ("scored", 2699.9, QUESTION, "interrupt"),
        ("scored", 9000.0, QUESTION, "interrupt"),
        ("scored", 9000.0, [{"code": "other"}], "long_run"),
        ("not_scored", 9000.0, [], None),
        ("too_short", 200.0, [], None),
    ],
)
def test_one_is_asked_after_a_long_run_or_one_that_raises_the_question(
    status: str, moving_s: float, questions: list[dict[str, str]], reason: str | None
) -> None:
    assessment = {"status": status, "questions": questions}
    assert diary.prompt_for("act_a", assessment, moving_s=moving_s) == reason


@pytest.mark.parametrize("moving_s", [2699.9, 301.0, None])
def test_of_shorter_runs_a_fifth_is_asked_for_and_always_the_same_ones(moving_s: float | None) -> None:
    assessment: dict[str, Any] = {"status": "scored", "questions": []}
    ids = [new_id("act", NOW + timedelta(hours=hour)) for hour in range(2000)]
    first, again = (
        [diary.prompt_for(activity_id, assessment, moving_s=moving_s) for activity_id in ids] for _ in range(2)
    )
    assert first == again
    assert set(first) == {"sample", None}
    assert 0.15 < first.count("sample") / len(first) < 0.25


def test_who_is_asked_stays_asked_for_that_reason(db: Connection) -> None:
    run, _ = two_runs(db)
    long_run: dict[str, Any] = {"status": "scored", "questions": []}
    for assessment, moving_s in (({"status": "not_scored"}, 9000.0), (long_run, 9000.0), (long_run, 9000.0)):
        diary.ask(db, run.athlete_id, activity_id=run.id, assessment=assessment, moving_s=moving_s, now=NOW)
    shown = activities.get(db, run.id, scope=Scope.of(run.athlete_id))
    assert shown.cramp_prompt == {"asked_at": NOW.isoformat(), "reason": "long_run"}
    diary.report(db, run, document={"answer": "none"}, now=NOW + timedelta(hours=1))
    assert cramp_reports.get(db, run.id, scope=Scope.of(run.athlete_id)).asked_at == NOW
