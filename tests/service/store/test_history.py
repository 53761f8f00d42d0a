"""The risk history: filters, order, pages, and what later assessments read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from service.store import activities, history
from service.store.engine import write
from service.store.tables import activities as table
from service.store.timeline import Filters, Order

from .conftest import NOW, Seed


def at(day: float) -> datetime:
    return NOW + timedelta(days=day)


RUNS: dict[str, dict[str, Any]] = {
    "low": {"day": 1, "level": "low", "points_level": "low"},
    "moderate": {"day": 2, "level": "moderate", "points_level": "low", "warnings": ["hilly"]},
    "high": {"day": 3, "level": "high", "points_level": "moderate", "warnings": ["fast_start", "hilly"]},
    "very high": {"day": 4, "level": "very_high", "points_level": "very_high", "warnings": ["fast_start"]},
    "walk": {"day": 5, "sport": "walking", "level": "low", "points_level": "low", "warnings": ["cold"]},
    "ride": {"day": 6, "sport": "cycling", "status": "not_scored", "score": None, "level": None, "points_level": None},
}


def fill(db: Connection, seed: Seed) -> str:
    athlete_id = seed.athlete(db)
    for name, run in RUNS.items():
        assessed = {key: value for key, value in run.items() if key not in {"day", "sport"}}
        sport = run.get("sport", "running")
        seed.activity(db, athlete_id, name=name, sport=sport, started_at=at(run["day"]), assessed=assessed)
    return athlete_id


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        (Filters(), ["ride", "walk", "very high", "high", "moderate", "low"]),
        (Filters(start=at(4)), ["ride", "walk", "very high"]),
        (Filters(end=at(3)), ["moderate", "low"]),
        (Filters(start=at(3), end=at(4)), ["high"]),
        (Filters(sport="walking"), ["walk"]),
        (Filters(sport="swimming"), []),
        (Filters(min_level="low"), ["walk", "very high", "high", "moderate", "low"]),
        (Filters(min_level="moderate"), ["very high", "high", "moderate"]),
        (Filters(min_level="high"), ["very high", "high"]),
        (Filters(min_level="very_high"), ["very high"]),
        (Filters(min_points_level="moderate"), ["very high", "high"]),
        (Filters(min_points_level="very_high"), ["very high"]),
        (Filters(warning="hilly"), ["high", "moderate"]),
        (Filters(warning="fast_start"), ["very high", "high"]),
        (Filters(warning="fast"), []),
        (Filters(warning="fast%"), []),
        (Filters(warning="fastxstart"), []),
        (Filters(warning="hil_y"), []),
        (Filters(warning=""), []),
        (Filters(min_level="moderate", warning="hilly", end=at(3)), ["moderate"]),
    ],
)
@pytest.mark.parametrize("order", ["desc", "asc"])
def test_filters_narrow_and_orders_turn(
    db: Connection, seed: Seed, filters: Filters, shown: list[str], order: Order
) -> None:
    page = history.page(db, fill(db, seed), filters=filters, limit=50, order=order)
    assert [row.name for row in page.items] == (shown if order == "desc" else shown[::-1])


def test_updated_since_shows_what_changed(db: Connection, seed: Seed) -> None:
    athlete_id = fill(db, seed)
    assert history.page(db, athlete_id, filters=Filters(updated_since=seed.now), limit=9).items[0].name == "ride"
    assert not history.page(db, athlete_id, filters=Filters(updated_since=seed.tick()), limit=9).items


def test_a_line_says_what_the_contract_names(db: Connection, seed: Seed) -> None:
    line = history.page(db, fill(db, seed), filters=Filters(min_level="high"), limit=1, order="asc").items[0]
    assert (line.sport, line.distance_m, line.moving_s, line.started_at) == ("running", 10012.4, 3298, at(3))
    assert (line.status, line.score, line.forecast_score, line.level, line.points_level, line.level_source) == (
        "scored",
        11,
        11,
        "high",
        "moderate",
        "points",
    )
    assert line.warnings == ("fast_start", "hilly")
    assert line.headline == {"text_key": "headline-low", "params": {"km": 10}}


Change = tuple[Literal["comes", "goes"], int]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(st.integers(0, 6), max_size=12),
    changes=st.lists(st.tuples(st.sampled_from(["comes", "goes"]), st.integers(0, 6)), max_size=6),
    limit=st.integers(1, 5),
    order=st.sampled_from(["desc", "asc"]),
)
def test_pages_stay_right_while_rows_come_and_go(
    engine: Engine, days: list[int], changes: list[Change], limit: int, order: Order
) -> None:
    """Every run that was there from first to last is shown exactly once, in order; the others at most once.

    Between two pages a run comes, or one goes, be it the very one behind which the next page begins.
    """
    seed, shown, cursor, gone = Seed(), [], None, set()
    seed.files = 10_000
    with write(engine) as db:
        athlete_id = seed.athlete(db)
        early = {seed.activity(db, athlete_id, started_at=at(day)): day for day in days}
        present, left = list(early), iter(changes)
        while True:
            page = history.page(db, athlete_id, filters=Filters(), limit=limit, order=order, cursor=cursor)
            shown += [(row.started_at, row.activity_id) for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
            kind, number = next(left, ("", 0))
            if kind == "comes":
                present.append(seed.activity(db, athlete_id, started_at=at(number)))
            elif kind == "goes" and present:
                last = shown[-1][1]
                goes = last if number < 3 and last in present else present[number % len(present)]
                present.remove(goes)
                gone.add(goes)
                activities.delete(db, goes, athlete_id=athlete_id, now=seed.tick())
    assert shown == sorted(set(shown), reverse=order == "desc")
    stayed = sorted(((at(day), one) for one, day in early.items() if one not in gone), reverse=order == "desc")
    assert [pair for pair in shown if pair[1] in early and pair[1] not in gone] == stayed


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (Filters(), "ix_activities_history "),
        (Filters(start=at(0), end=at(9), sport="running"), "ix_activities_history "),
        (Filters(min_level="moderate"), "ix_activities_history_moderate"),
        (Filters(min_level="very_high"), "ix_activities_history_moderate"),
    ],
)
def test_a_page_walks_an_index_and_sorts_nothing(engine: Engine, seed: Seed, filters: Filters, index: str) -> None:
    with write(engine) as db:
        athlete_id = many(db, seed)
        cursor = history.page(db, athlete_id, filters=filters, limit=5).next_cursor
        for place in (None, cursor):
            plan = plan_of(db, lambda place=place: history.page(db, athlete_id, filters=filters, limit=5, cursor=place))
            assert index.strip() in re.findall(r"ix_\w+", plan), plan
            assert not re.search("TEMP B-TREE|Sort|Seq Scan on activities|SCAN activities", plan), plan


def many(db: Connection, seed: Seed) -> str:
    """One of thirty athletes with a hundred runs each, of whose rows the database has statistics."""
    ids = [seed.athlete(db) for _ in range(30)]
    rows = [
        {
            "id": f"act_{number:026d}",
            "athlete_id": ids[number % 30],
            "started_at": at(number / 30),
            "sport": "running",
            "level": (3, 0, 0, 1)[number // 30 % 4],
            "warnings": "",
            "created_at": NOW,
            "updated_at": NOW,
            "revision": 1,
        }
        for number in range(3000)
    ]
    db.execute(sa.insert(table), rows)
    db.exec_driver_sql("ANALYZE")
    return ids[0]


def plan_of(db: Connection, ask: Callable[[], object]) -> str:
    """How the database goes about the first query of `ask`."""
    asked: list[tuple[str, Any]] = []

    def remember(*call: Any) -> None:
        asked.append((call[2], call[3]))

    sa.event.listen(db, "before_cursor_execute", remember)
    ask()
    sa.event.remove(db, "before_cursor_execute", remember)
    explain = "EXPLAIN QUERY PLAN" if db.dialect.name == "sqlite" else "EXPLAIN"
    return "\n".join(str(row[-1]) for row in db.exec_driver_sql(f"{explain} {asked[0][0]}", asked[0][1]))


def test_digests_are_those_of_runs_begun_before_and_not_long_ago_oldest_first(db: Connection, seed: Seed) -> None:
    athlete_id, other = seed.athlete(db), seed.athlete(db)
    for day in (-1, 0, -180, -181, -30, 1):
        seed.activity(db, athlete_id, started_at=at(day), assessed={"digest": {"day": day}})
    seed.activity(db, athlete_id, started_at=at(-2), assessed={"digest": None})
    seed.activity(db, athlete_id, started_at=at(-3))
    seed.activity(db, other, started_at=at(-4), assessed={"digest": {"day": 99}})
    assert [digest["day"] for digest in history.digests(db, athlete_id, before=NOW)] == [-180, -30, -1]
    assert [digest["day"] for digest in history.digests(db, athlete_id, before=NOW, days=10)] == [-1]


def test_a_reassessed_run_tells_later_runs_what_it_says_now(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    activity_id = seed.activity(db, athlete_id, assessed={"digest": {"score": 1}})
    seed.assess(db, athlete_id, activity_id, digest={"score": 2}, result=2)
    assert history.digests(db, athlete_id, before=at(1)) == [{"score": 2}]


def test_an_activity_table_row_stays_narrow(db: Connection, seed: Seed) -> None:
    """History pages read these rows only; a document in them would multiply what a page costs."""
    names = {column.name for column in table.columns}
    assert not names & {"document", "state"}
