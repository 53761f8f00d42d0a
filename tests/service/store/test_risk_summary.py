"""The risk history in sums: weeks and months of a zone, what counts, and where cramps were reported."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from service.store import cramp_reports, history, risk_summary
from service.store.engine import write
from service.store.risk_summary import cramp_positions, sums
from service.store.timeline import Filters

from .conftest import NOW, Seed

MONDAY = datetime(2026, 9, 28, 12, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")


def run(db: Connection, seed: Seed, athlete_id: str, at: datetime, *, answer: str | None = None, **told: Any) -> str:
    content = {name: told.pop(name) for name in ("sport", "summary") if name in told}
    activity_id = seed.activity(db, athlete_id, started_at=at, assessed=told, **content)
    if answer is not None:
        cramp_reports.put(db, activity_id, athlete_id=athlete_id, document={"answer": answer}, now=NOW)
    return activity_id


def test_a_week_says_what_its_runs_came_to(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    run(db, seed, athlete_id, MONDAY, score=10, level="low", warnings=["hilly"], answer="none")
    run(db, seed, athlete_id, MONDAY + timedelta(days=1), score=31, level="moderate", warnings=["hilly", "fade"])
    run(db, seed, athlete_id, MONDAY + timedelta(days=6), score=50, level="high", answer="cramp_continued")
    listed, total = sums(db, athlete_id, filters=Filters(), bucket="week", zone=UTC)
    assert [start for start, _ in listed] == [date(2026, 9, 28)]
    assert listed[0][1].document() == {
        "runs": 3,
        "distance_m": 30037.2,
        "moving_s": 9894.0,
        "score_mean": 30.3,
        "score_max": 50,
        "levels": {"low": 1, "moderate": 1, "high": 1, "very_high": 0},
        "warnings": {"fade": 1, "hilly": 2},
        "cramps": 1,
        "answers": 2,
    }
    assert total.document() == listed[0][1].document()


def test_weeks_begin_on_monday_and_months_on_the_first_of_the_athletes_zone(db: Connection, seed: Seed) -> None:
    """23:30 UTC on the last Sunday of a summer month is Monday, the first, in Vienna."""
    athlete_id = seed.athlete(db)
    run(db, seed, athlete_id, datetime(2026, 5, 31, 23, 30, tzinfo=UTC))
    found = {
        (bucket, str(zone)): [start.isoformat() for start, _ in listed]
        for bucket in ("week", "month")
        for zone in (UTC, VIENNA)
        for listed, _ in [sums(db, athlete_id, filters=Filters(), bucket=bucket, zone=zone)]
    }
    assert found == {
        ("week", "UTC"): ["2026-05-25"],
        ("week", "Europe/Vienna"): ["2026-06-01"],
        ("month", "UTC"): ["2026-05-01"],
        ("month", "Europe/Vienna"): ["2026-06-01"],
    }


def test_a_week_without_a_run_between_two_is_there_with_nothing(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    for week in (0, 2):
        run(db, seed, athlete_id, MONDAY + timedelta(weeks=week))
    listed, _ = sums(db, athlete_id, filters=Filters(), bucket="week", zone=UTC)
    assert [(start.isoformat(), one.runs) for start, one in listed] == [
        ("2026-09-28", 1),
        ("2026-10-05", 0),
        ("2026-10-12", 1),
    ]
    empty = listed[1][1].document()
    assert (empty["distance_m"], empty["score_mean"], empty["score_max"]) == (0.0, None, None)


def test_without_a_run_there_is_no_week(db: Connection, seed: Seed) -> None:
    listed, total = sums(db, seed.athlete(db), filters=Filters(), bucket="month", zone=UTC)
    assert (listed, total.runs, total.document()["score_mean"]) == ([], 0, None)


def test_what_is_not_known_of_a_run_is_no_nought(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    run(
        db,
        seed,
        athlete_id,
        MONDAY,
        status="too_short",
        score=None,
        level=None,
        summary={"distance_m": None, "moving_s": None, "elapsed_s": 200},
    )
    _, total = sums(db, athlete_id, filters=Filters(), bucket="week", zone=UTC)
    shown = total.document()
    assert (shown["runs"], shown["distance_m"], shown["moving_s"], shown["score_mean"]) == (1, None, None, None)


def test_a_ride_is_in_none_of_the_sums_unless_its_sport_is_asked_for_and_then_it_has_no_score(
    db: Connection, seed: Seed
) -> None:
    athlete_id = seed.athlete(db)
    run(db, seed, athlete_id, MONDAY, score=20)
    run(db, seed, athlete_id, MONDAY, sport="walking", score=5)
    run(db, seed, athlete_id, MONDAY, sport="cycling", status="not_scored", score=None, level=None)

    def counted(sport: str | None) -> int:
        return sums(db, athlete_id, filters=Filters(sport=sport), bucket="week", zone=UTC)[1].runs

    assert {sport: counted(sport) for sport in (None, "running", "walking", "cycling")} == {
        None: 2,
        "running": 1,
        "walking": 1,
        "cycling": 0,
    }


def test_a_stretch_of_time_narrows_the_sums(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    for week in range(4):
        run(db, seed, athlete_id, MONDAY + timedelta(weeks=week))
    stretch = Filters(start=MONDAY + timedelta(weeks=1), end=MONDAY + timedelta(weeks=3))
    listed, total = sums(db, athlete_id, filters=stretch, bucket="week", zone=UTC)
    assert ([one.runs for _, one in listed], total.runs) == ([1, 1], 2)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hours=st.lists(st.integers(0, 24 * 400), max_size=15),
    zone=st.sampled_from(["UTC", "Europe/Vienna", "Pacific/Auckland", "America/Los_Angeles"]),
)
def test_the_weeks_and_the_months_add_up_to_the_history(engine: Engine, hours: list[int], zone: str) -> None:
    seed = Seed(files=20_000)
    with write(engine) as db:
        athlete_id = seed.athlete(db)
        for hour in hours:
            run(db, seed, athlete_id, MONDAY + timedelta(hours=hour), score=hour % 101)
        rows = history.page(db, athlete_id, filters=Filters(), limit=200).items
        for bucket in ("week", "month"):
            listed, total = sums(db, athlete_id, filters=Filters(), bucket=bucket, zone=ZoneInfo(zone))  # type: ignore[arg-type]
            assert sum(one.runs for _, one in listed) == total.runs == len(rows)
            assert sum(one.score_sum for _, one in listed) == total.score_sum == sum(row.score or 0 for row in rows)
            starts = [start for start, _ in listed]
            assert starts == sorted(set(starts))
            assert all(start.weekday() == 0 if bucket == "week" else start.day == 1 for start in starts)


def test_cramps_are_placed_by_kilometre_or_else_by_ten_minutes(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    told: list[dict[str, Any]] = [
        {"answer": "cramp_stopped", "episodes": [{"at_m": 30_200.0, "minute": 170.0}, {"at_m": None, "minute": 44.0}]},
        {"answer": "cramp_continued", "episodes": [{"at_m": 30_999.9, "minute": 181.0}, {"at_m": 0.0, "minute": None}]},
        {"answer": "cramp_continued", "episodes": [{"at_m": 31_000.0, "minute": None}, {"minute": 40.0}]},
        {"answer": "cramp_continued", "episodes": [{"at_m": None, "minute": None}]},
        {"answer": "near", "episodes": [{"at_m": 30_500.0}]},
        {"answer": "cramp_continued", "when": "after", "episodes": [{"minute": 300.0}]},
    ]
    for number, document in enumerate(told):
        activity_id = run(db, seed, athlete_id, MONDAY + timedelta(days=number))
        cramp_reports.put(db, activity_id, athlete_id=athlete_id, document=document, now=NOW)
    assert cramp_positions(db, athlete_id, filters=Filters()) == [
        {"at_m": None, "minute": 40.0, "n": 2},
        {"at_m": 0.0, "minute": None, "n": 1},
        {"at_m": 30_000.0, "minute": 175.5, "n": 2},
        {"at_m": 31_000.0, "minute": None, "n": 1},
    ]
    assert cramp_positions(db, athlete_id, filters=Filters(start=MONDAY + timedelta(days=2), end=NOW)) == [
        {"at_m": None, "minute": 40.0, "n": 1},
        {"at_m": 31_000.0, "minute": None, "n": 1},
    ]


def test_the_module_counts_a_near_cramp_as_an_answer_alone(db: Connection, seed: Seed) -> None:
    athlete_id = seed.athlete(db)
    run(db, seed, athlete_id, MONDAY, answer="near")
    total = risk_summary.sums(db, athlete_id, filters=Filters(), bucket="week", zone=UTC)[1]
    assert (total.answers, total.cramps) == (1, 0)
