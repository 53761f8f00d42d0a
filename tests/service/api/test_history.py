"""The risk history: rows, filters, pages, CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from service.api import history
from service.api.documents import HISTORY_FIELDS

ON_BOTH = True

RUNS = ["fast_start", "even_run", "hills", "long_run_heat", "ride", "too_short"]


@pytest.fixture(scope="module")
def runner(api: Any) -> str:
    athlete = str(api.athlete())
    for name in RUNS:
        api.run(athlete, f"fit/valid/{name}.fit", temperature_c="30", humidity_pct="70", sun="1")
    return athlete


def rows(api: Any, athlete: str, **params: Any) -> list[dict[str, Any]]:
    answer = api.get(f"/v1/athletes/{athlete}/risk-history", params=params)
    assert answer.status_code == 200, answer.text
    history.HistoryPage.model_validate(answer.json())
    return list(answer.json()["items"])


def test_each_run_is_a_row_that_agrees_with_its_assessment(api: Any, runner: str) -> None:
    found = rows(api, runner)
    assert len(found) == len(RUNS)
    for row in found:
        activity = api.get(f"/v1/activities/{row['activity_id']}").json()
        assessment = activity["assessment"]
        assert row["headline"] == assessment["headline"]["text"]
        for name in ("status", "score", "forecast_score", "level", "points_level", "level_source"):
            assert row[name] == assessment[name]
        assert row["warnings"] == list(dict.fromkeys(warning["code"] for warning in assessment["warnings"]))
        for name in ("started_at", "sport", "name", "external_id"):
            assert row[name] == activity[name]
        assert row["distance_m"] == activity["summary"]["distance_m"]
        assert row["cramp"] is None


def test_the_order_can_be_turned(api: Any, runner: str) -> None:
    newest = rows(api, runner)
    assert rows(api, runner, order="asc") == newest[::-1]
    starts = [row["started_at"] for row in newest]
    assert starts == sorted(starts, reverse=True)


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_show_each_row_once(api: Any, runner: str, order: str) -> None:
    found: list[Any] = []
    params = {"limit": 2, "order": order}
    while True:
        page = api.get(f"/v1/athletes/{runner}/risk-history", params=params).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert found == rows(api, runner, order=order)


def test_filters_narrow(api: Any, runner: str) -> None:
    every = rows(api, runner)
    assert [row for row in every if "fast_start" in row["warnings"]] == rows(api, runner, warning="fast_start") != []
    assert [row for row in every if row["sport"] == "cycling"] == rows(api, runner, sport="cycling") != []
    order = ["low", "moderate", "high", "very_high"]
    for level in order:
        reached = order[order.index(level) :]
        assert rows(api, runner, min_level=level) == [row for row in every if row["level"] in reached]
        assert rows(api, runner, min_points_level=level) == [row for row in every if row["points_level"] in reached]
    middle = every[2]["started_at"]
    assert rows(api, runner, **{"from": middle}) == every[:3]
    assert rows(api, runner, to=middle) == every[3:]
    assert rows(api, runner, warning="fast") == []


def test_an_unscored_activity_has_no_level(api: Any, runner: str) -> None:
    ride = rows(api, runner, sport="cycling")[0]
    assert (ride["status"], ride["score"], ride["level"]) == ("not_scored", None, None)


def test_csv_holds_the_same_rows(api: Any, runner: str) -> None:
    answer = api.get(f"/v1/athletes/{runner}/risk-history?limit=4", headers={"Accept": "text/csv"})
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    found = rows(api, runner, limit=4)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(lines[0]) == list(HISTORY_FIELDS)
    assert [line["activity_id"] for line in lines] == [row["activity_id"] for row in found]
    assert [line["warnings"].split() for line in lines] == [row["warnings"] for row in found]
    assert [line["score"] for line in lines] == ["" if row["score"] is None else str(row["score"]) for row in found]


def test_csv_leads_on_by_a_link_that_keeps_the_filters(api: Any, runner: str) -> None:
    path = f"/v1/athletes/{runner}/risk-history?limit=4&order=asc"
    first = api.get(path, headers={"Accept": "text/csv"})
    second = api.get(first.links["next"]["url"], headers={"Accept": "text/csv"})
    found = [*csv.DictReader(io.StringIO(first.text)), *csv.DictReader(io.StringIO(second.text))]
    assert [line["activity_id"] for line in found] == [row["activity_id"] for row in rows(api, runner, order="asc")]
    assert "next" not in second.links


def test_a_name_that_a_spreadsheet_would_run_is_quoted(api: Any, athlete: str) -> None:
    activity = api.run(athlete)["id"]
    api.patch(f"/v1/activities/{activity}", json={"name": '=HYPERLINK("http://example.org")'})
    answer = api.get(f"/v1/athletes/{athlete}/risk-history", headers={"Accept": "text/csv"})
    assert next(csv.DictReader(io.StringIO(answer.text)))["name"] == '\'=HYPERLINK("http://example.org")'
    assert rows(api, athlete)[0]["name"].startswith("=")


def test_no_athlete_sees_anothers_rows(api: Any, runner: str) -> None:
    assert rows(api, api.athlete()) == []


def test_headlines_are_spoken_to_an_athlete_whose_amounts_are_hidden_too(api: Any) -> None:
    athlete = api.athlete(hide_amounts=True, mass_kg=70)
    api.run(athlete, "fit/valid/long_run_heat.fit", temperature_c="30", humidity_pct="60")
    (row,) = rows(api, athlete)
    activity = api.get(f"/v1/activities/{row['activity_id']}").json()
    assert row["headline"] == activity["assessment"]["headline"]["text"]
    assert " ml" not in row["headline"]
