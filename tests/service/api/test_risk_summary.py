"""The risk summary over HTTP: it agrees with the history, in the athlete's weeks, and has a table."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.api.risk_summary import RiskSummary

ON_BOTH = True

RUNS = ["fast_start", "even_run", "hills", "long_run_heat", "ride", "too_short", "walk"]
ZONE = "Pacific/Auckland"


@pytest.fixture(scope="module")
def runner(api: Any) -> str:
    athlete = str(api.athlete(timezone=ZONE))
    for name in RUNS:
        api.run(athlete, f"fit/valid/{name}.fit", temperature_c="30", humidity_pct="70", sun="1")
    return athlete


def summary(api: Any, athlete: str, **params: Any) -> dict[str, Any]:
    answer = api.get(f"/v1/athletes/{athlete}/risk-summary", params=params)
    assert answer.status_code == 200, answer.text
    RiskSummary.model_validate(answer.json())
    return dict(answer.json())


def history(api: Any, athlete: str, **params: Any) -> list[dict[str, Any]]:
    rows = api.get(f"/v1/athletes/{athlete}/risk-history", params=params).json()["items"]
    return [row for row in rows if row["status"] != "not_scored"]


def monday(row: dict[str, Any]) -> date:
    day = datetime.fromisoformat(row["started_at"]).astimezone(ZoneInfo(ZONE)).date()
    return day - timedelta(days=day.weekday())


def test_each_week_says_what_the_history_says_of_its_runs(api: Any, runner: str) -> None:
    found, rows = summary(api, runner), history(api, runner)
    weeks = {one["start"]: one for one in found["buckets"]}
    by_week = Counter(monday(row).isoformat() for row in rows)
    assert {start: one["runs"] for start, one in weeks.items() if one["runs"]} == dict(by_week)
    starts = [date.fromisoformat(start) for start in weeks]
    assert starts == [starts[0] + timedelta(weeks=n) for n in range(len(starts))]
    for start, week in weeks.items():
        mine = [row for row in rows if monday(row).isoformat() == start]
        assert week["distance_m"] == pytest.approx(sum(row["distance_m"] for row in mine), abs=0.1)
        assert week["warnings"] == Counter(code for row in mine for code in row["warnings"])
        assert week["score_max"] == max((row["score"] for row in mine if row["score"] is not None), default=None)
    assert found["totals"]["runs"] == len(rows) == len(RUNS) - 1
    assert found["totals"]["levels"] == {
        level: sum(row["level"] == level for row in rows) for level in ("low", "moderate", "high", "very_high")
    }


def test_months_and_a_stretch_of_time_narrow_as_in_the_history(api: Any, runner: str) -> None:
    months = summary(api, runner, bucket="month")["buckets"]
    assert all(date.fromisoformat(one["start"]).day == 1 for one in months)
    middle = history(api, runner)[2]["started_at"]
    for narrowed in ({"from": middle}, {"to": middle}, {"sport": "walking"}):
        assert summary(api, runner, **narrowed)["totals"]["runs"] == len(history(api, runner, **narrowed)) > 0


def test_who_has_not_run_has_no_weeks_and_nothing_is_known_of_the_load(api: Any, athlete: str) -> None:
    found = summary(api, athlete)
    assert (found["buckets"], found["cramp_positions"]) == ([], [])
    assert set(found["current"].values()) == {None}
    assert (found["totals"]["runs"], found["totals"]["score_mean"]) == (0, None)


def test_the_table_has_a_line_for_each_week(api: Any, runner: str) -> None:
    answer = api.get(f"/v1/athletes/{runner}/risk-summary", headers={"Accept": "text/csv"})
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    weeks = summary(api, runner)["buckets"]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert [line["start"] for line in lines] == [week["start"] for week in weeks]
    assert [line["very_high"] for line in lines] == [str(week["levels"]["very_high"]) for week in weeks]
    told = [dict(pair.split(":") for pair in line["warnings"].split()) for line in lines]
    assert told == [{code: str(n) for code, n in week["warnings"].items()} for week in weeks]


@pytest.mark.parametrize("query", ["bucket=day", "from=yesterday", "limit=3", "bucket="])
def test_what_the_summary_does_not_know_is_refused(api: Any, athlete: str, query: str) -> None:
    assert api.get(f"/v1/athletes/{athlete}/risk-summary?{query}").status_code == 422
