"""Cramp reports and run logs: kept, counted, changed by one at a time, and read by what is assessed later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Connection

from service.errors import Conflict, NotFound
from service.store import activities, cramp_reports, history, run_logs, summaries
from service.store.scope import Scope
from service.store.timeline import Filters

from .conftest import NOW, Seed

CRAMP = {"answer": "cramp_stopped", "episodes": [{"muscle": "calf", "side": None, "minute": 41.5, "at_m": 8000.0}]}
NONE = {"answer": "none", "episodes": []}
LOG = {"fluid_ml": 400.0, "fasted": False, "effort": 7}
LATER = NOW + timedelta(days=1)

SHEETS = [pytest.param(cramp_reports, CRAMP, NONE, id="report"), pytest.param(run_logs, LOG, {}, id="log")]


@pytest.mark.parametrize(("sheet", "first", "second"), SHEETS)
def test_what_is_told_is_kept_changed_and_taken_back(
    db: Connection, seed: Seed, sheet: ModuleType, first: dict[str, Any], second: dict[str, Any]
) -> None:
    athlete_id = seed.athlete(db)
    activity_id, scope = seed.activity(db, athlete_id), Scope.of(athlete_id)
    with pytest.raises(NotFound):
        sheet.get(db, activity_id, scope=scope)
    told = sheet.put(db, activity_id, athlete_id=athlete_id, document=first, now=NOW)
    assert (told.document, told.revision) == (first, 1)
    assert sheet.put(db, activity_id, athlete_id=athlete_id, document=first, now=LATER) == told
    told = sheet.put(db, activity_id, athlete_id=athlete_id, document=second, now=LATER)
    assert (told.document, told.revision) == (second, 2)
    assert sheet.some(db, [activity_id, "act_none"], scope=scope) == {activity_id: told}
    sheet.delete(db, activity_id, athlete_id=athlete_id, now=LATER)
    with pytest.raises(NotFound):
        sheet.get(db, activity_id, scope=scope)
    with pytest.raises(NotFound):
        sheet.delete(db, activity_id, athlete_id=athlete_id, now=LATER)


@pytest.mark.parametrize(("sheet", "first", "second"), SHEETS)
def test_who_read_an_older_one_changes_nothing(
    db: Connection, seed: Seed, sheet: ModuleType, first: dict[str, Any], second: dict[str, Any]
) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id)
    change: dict[str, Callable[[int], object]] = {
        "put": lambda read: sheet.put(db, activity_id, athlete_id=athlete_id, document=second, now=NOW, revision=read),
        "delete": lambda read: sheet.delete(db, activity_id, athlete_id=athlete_id, now=NOW, revision=read),
    }
    for again in change.values():
        with pytest.raises(Conflict) as refused:
            again(1)  # there is none at all yet
        assert refused.value.what == "precondition_failed"
    before = sheet.put(db, activity_id, athlete_id=athlete_id, document=first, now=NOW)
    for again in change.values():
        with pytest.raises(Conflict):
            again(2)
    assert sheet.get(db, activity_id, scope=Scope.everyone()) == before
    change["put"](1)
    change["delete"](2)


@pytest.mark.parametrize(("sheet", "first", "second"), SHEETS)
def test_an_activity_counts_as_changed_but_an_edit_of_it_still_goes_through(
    db: Connection, seed: Seed, sheet: ModuleType, first: dict[str, Any], second: dict[str, Any]
) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id)
    before = activities.get(db, activity_id, scope=Scope.of(athlete_id))
    for now, change in enumerate((first, second, None), start=1):
        at = LATER + timedelta(hours=now)
        if change is None:
            sheet.delete(db, activity_id, athlete_id=athlete_id, now=at)
        else:
            sheet.put(db, activity_id, athlete_id=athlete_id, document=change, now=at)
        after = activities.get(db, activity_id, scope=Scope.of(athlete_id))
        assert (after.updated_at, after.revision) == (at, before.revision)


@pytest.mark.parametrize(("sheet", "first", "second"), SHEETS)
def test_what_was_told_goes_with_its_activity(
    db: Connection, seed: Seed, sheet: ModuleType, first: dict[str, Any], second: dict[str, Any]
) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id)
    sheet.put(db, activity_id, athlete_id=athlete_id, document=first, now=NOW)
    activities.delete(db, activity_id, athlete_id=athlete_id, now=NOW)
    assert sheet.some(db, [activity_id], scope=Scope.everyone()) == {}


def test_the_totals_count_answers_and_the_cramps_among_them(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    first, second = seed.activity(db, athlete_id), seed.activity(db, athlete_id)

    def counted() -> tuple[int, int]:
        totals = summaries.some(db, [athlete_id], scope=Scope.of(athlete_id))[athlete_id]
        return totals.answers, totals.cramps

    def answer(activity_id: str, word: str) -> None:
        cramp_reports.put(db, activity_id, athlete_id=athlete_id, document={"answer": word}, now=NOW)

    assert counted() == (0, 0)
    answer(first, "near")
    answer(second, "cramp_continued")
    assert counted() == (2, 1)
    answer(first, "cramp_stopped")
    assert counted() == (2, 2)
    answer(second, "none")
    assert counted() == (2, 1)
    cramp_reports.delete(db, second, athlete_id=athlete_id, now=NOW)
    assert counted() == (1, 1)
    activities.delete(db, first, athlete_id=athlete_id, now=NOW)
    assert counted() == (0, 0)


def test_an_answer_remembers_when_it_was_asked_for_and_unasked_stays_unasked(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    asked, unasked = seed.activity(db, athlete_id), seed.activity(db, athlete_id)
    cramp_reports.ask(db, asked, athlete_id=athlete_id, reason="long_run", now=NOW)
    cramp_reports.ask(db, asked, athlete_id=athlete_id, reason="sample", now=LATER)
    told = cramp_reports.put(db, asked, athlete_id=athlete_id, document=NONE, now=LATER)
    assert (told.asked_at, told.answered_at) == (NOW, LATER)
    assert cramp_reports.put(db, unasked, athlete_id=athlete_id, document=NONE, now=LATER).asked_at is None
    shown = activities.some(db, [asked, unasked], scope=Scope.of(athlete_id))
    assert shown[asked].cramp_prompt == {"asked_at": NOW.isoformat(), "reason": "long_run"}
    assert shown[unasked].cramp_prompt is None


def test_the_history_shows_the_answer_and_later_assessments_read_all_that_was_told(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    runs = [
        seed.activity(
            db, athlete_id, started_at=NOW + timedelta(days=day), assessed={"digest": {"day": day, "cramp": None}}
        )
        for day in range(3)
    ]
    cramp_reports.put(db, runs[0], athlete_id=athlete_id, document=CRAMP, now=NOW)
    run_logs.put(db, runs[0], athlete_id=athlete_id, document=LOG, now=NOW)
    run_logs.put(db, runs[1], athlete_id=athlete_id, document=LOG, now=NOW)
    page = history.page(db, athlete_id, filters=Filters(), limit=9, order="asc")
    assert [row.cramp for row in page.items] == ["cramp_stopped", None, None]
    assert history.digests(db, athlete_id, before=NOW + timedelta(days=9)) == [
        {"day": 0, "cramp": "cramp_stopped", "cramp_report": CRAMP, "log": LOG},
        {"day": 1, "cramp": None, "log": LOG},
        {"day": 2, "cramp": None},
    ]
