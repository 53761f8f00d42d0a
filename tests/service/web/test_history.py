"""The page of a history: filters in the address, and the same table for people and for spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest


@pytest.fixture(scope="module")
def athlete(browser: Any, api: Any) -> str:
    made = api.athlete(name="Made runner")
    browser.send(f"/athletes/{made}/demo", {})
    return str(made)


def runs(page: Any) -> list[str]:
    return [link.get("href") for link in page.all("//table[@class='runs']//a")]


def test_the_table_shows_each_run_with_score_level_and_sentence(browser: Any, api: Any, athlete: str) -> None:
    page = browser.open(f"/athletes/{athlete}/history")
    listed = api.get(f"/v1/athletes/{athlete}/risk-history").json()["items"]
    assert runs(page) == [f"/activities/{row['activity_id']}" for row in listed]
    for row, line in zip(listed, page.texts("//table[@class='runs']/tbody/tr"), strict=True):
        assert row["headline"] in line
        assert row["level"] is None or row["level"].replace("_", " ") in line


def test_the_weeks_are_those_of_the_summary(browser: Any, api: Any, athlete: str) -> None:
    page = browser.open(f"/athletes/{athlete}/history")
    buckets = api.get(f"/v1/athletes/{athlete}/risk-summary").json()["buckets"]
    assert [row.get("data-start") for row in page.all("//table[@id='weeks']/tbody/tr")] == [
        one["start"] for one in buckets
    ]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({"min_level": "high"}, 3),
        ({"min_points_level": "high"}, 1),
        ({"warning": "fast_start"}, 3),
        ({"sport": "cycling"}, 2),
        ({"from": "2026-10-10", "to": "2026-10-11"}, 2),
        ({"from": "2026-10-10", "sport": "", "warning": "", "min_level": ""}, 14),
        ({"warning": "cold"}, 0),
    ],
)
def test_filters_stand_in_the_address_and_come_back_filled_in(
    browser: Any, api: Any, athlete: str, query: dict[str, str], left: int
) -> None:
    page = browser.open(f"/athletes/{athlete}/history", params=query)
    chosen = {name: value for name, value in query.items() if value}
    expected = api.get(f"/v1/athletes/{athlete}/risk-history", params=chosen).json()["items"]
    assert len(runs(page)) == len(expected) == left
    for name, value in chosen.items():
        fields = page.all(f"//form//*[@name='{name}']")
        assert [one.get("value") or one.xpath("string(option[@selected]/@value)") for one in fields] == [value]


def test_the_spreadsheet_has_what_the_filters_leave(browser: Any, api: Any, athlete: str) -> None:
    page = browser.open(f"/athletes/{athlete}/history", params={"warning": "fast_start"})
    address = page.one("//a[contains(@href, 'history.csv')]").get("href")
    answer = api.get(address)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 3
    assert all("fast_start" in row["warnings"] for row in rows)


@pytest.mark.parametrize(
    "query", ["from=yesterday", "min_level=purple", "sport=quidditch", "cursor=abc", "sprot=running"]
)
def test_a_filter_that_means_nothing_is_a_page_that_names_it(browser: Any, athlete: str, query: str) -> None:
    answer = browser.api.get(f"/athletes/{athlete}/history?{query}")
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"].startswith("text/html")


def test_an_athlete_without_runs_is_led_to_the_upload(browser: Any, api: Any) -> None:
    athlete = api.athlete()
    page = browser.open(f"/athletes/{athlete}/history")
    assert page.all(f"//main//a[@href='/athletes/{athlete}']")


def test_a_filter_that_the_sums_do_not_heed_is_said(browser: Any, api: Any) -> None:
    athlete = api.athlete()
    api.run(athlete)
    path = f"/athletes/{athlete}/history"
    said = "These sums"
    assert said not in browser.open(path).text("//main")
    assert said not in browser.open(f"{path}?from=2020-01-01").text("//main")
    assert said in browser.open(f"{path}?warning=heat").text("//main")
