"""The page of a history: filters in the address, and the same table for people and for spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from fixtures.catalogue import on
from fixtures.fit_writer import fit
from fixtures.runs import minutes


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
    shown = [row.get("data-start") for row in page.all("//*[@id='weeks']//tbody/tr[@data-start]")]
    assert shown == sorted(shown, reverse=True), "the newest first, as the runs"
    assert {one["start"] for one in buckets if one["runs"]} <= set(shown)


def test_years_without_a_run_are_one_line_and_many_weeks_are_folded(browser: Any, api: Any) -> None:
    athlete = api.athlete()
    for day in (*range(0, 7 * 40, 7), 7 * 300):
        made = api.upload(athlete, fit(on(day, minutes(6, 2.8), step_s=10.0)), name=f"{day}.fit")
        assert made.status_code == 201
    page = browser.open(f"/athletes/{athlete}/history")
    rows = page.all("//*[@id='weeks']//tbody/tr")
    assert len(rows) == 42
    assert len(page.all("//*[@id='weeks']/div//tbody/tr")) == 26
    assert page.texts("//tr[@class='gap']/td") == ["260 weeks from here on without a run"]


def test_filters_that_leave_nothing_are_not_no_runs_yet(browser: Any, athlete: str) -> None:
    told = browser.open(f"/athletes/{athlete}/history?to=2009-01-01").text("//main")
    assert "The filters leave no run." in told
    assert "No runs yet" not in told


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
    ("query", "said", "left"),
    [
        ("from=yesterday&warning=fast_start", "The filter “From” was not understood and is left out.", 3),
        ("to=2026-13-45&sport=cycling", "The filter “Up to” was not understood and is left out.", 2),
        ("min_level=banana&sport=cycling", "The filter “Level, at least” was not understood", 2),
        ("warning=banana&min_level=high", "The filter “With the warning” was not understood", 3),
        (
            "from=x&to=y&sport=quidditch&min_points_level=high",
            "The filters “From”, “Up to”, and “Sport” were not understood and are left out.",
            1,
        ),
        ("cursor=abc&min_level=high", "it begins with the newest run", 3),
        ("sprot=<b>x&min_level=high", "Something in the address is no filter of this page", 3),
    ],
)
def test_a_filter_that_means_nothing_is_named_and_the_others_hold(
    browser: Any, athlete: str, query: str, said: str, left: int
) -> None:
    page = browser.open(f"/athletes/{athlete}/history?{query}", status=422)
    assert said in page.text("//*[@role='alert']")
    assert len(runs(page)) == left
    assert "banana" not in page.answer.text
    assert "<b>" not in page.answer.text
    chart = page.all("//*[@id='curve']/@data-rows")
    for address in (*chart, page.one("//a[contains(@href, 'history.csv')]").get("href")):
        assert browser.api.get(address).status_code == 200


@pytest.mark.parametrize(
    "query", ["from=yesterday", "min_level=purple", "warning=banana", "sport=quidditch", "sprot=running"]
)
def test_a_spreadsheet_is_not_given_under_another_filter_than_was_asked_for(
    browser: Any, athlete: str, query: str
) -> None:
    answer = browser.api.get(f"/athletes/{athlete}/history.csv?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")


def test_the_api_goes_on_refusing_what_a_page_forgives(browser: Any, athlete: str) -> None:
    answer = browser.api.get(f"/v1/athletes/{athlete}/risk-history?min_level=banana")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_field")


def test_a_sport_that_is_not_in_the_list_is_shown_as_chosen(browser: Any, athlete: str) -> None:
    page = browser.open(f"/athletes/{athlete}/history?sport=rowing")
    assert page.text("//select[@name='sport']/option[@selected]") == "rowing"


def test_an_athlete_without_runs_is_led_to_the_upload(browser: Any, api: Any) -> None:
    athlete = api.athlete()
    page = browser.open(f"/athletes/{athlete}/history")
    assert page.all(f"//main//a[@href='/athletes/{athlete}']")


def test_what_a_filter_leaves_is_summed_up_beside_the_whole(browser: Any, api: Any, athlete: str) -> None:
    listed = api.get(f"/v1/athletes/{athlete}/risk-history", params={"warning": "fast_start"}).json()["items"]
    whole = api.get(f"/v1/athletes/{athlete}/risk-summary").json()["totals"]
    page = browser.open(f"/athletes/{athlete}/history?warning=fast_start")
    left = f"{sum(row['distance_m'] for row in listed) / 1000:.2f} km of {whole['distance_m'] / 1000:.2f} km."
    assert f"The filters leave 3 of {whole['runs']} runs, {left}" in page.text("//main")
    assert "heeds days and sport alone" in page.text("//section[@aria-labelledby='weeks-title']")


def test_days_and_sport_narrow_every_sum_so_that_there_is_nothing_to_tell_apart(browser: Any, athlete: str) -> None:
    page = browser.open(f"/athletes/{athlete}/history?from=2026-10-10&sport=running")
    assert "The filters leave" not in page.text("//main")
    assert "heeds days and sport alone" not in page.text("//main")


def test_rides_which_get_no_score_are_not_called_no_runs(browser: Any, athlete: str) -> None:
    page = browser.open(f"/athletes/{athlete}/history?sport=cycling")
    assert "gets no score and counts in no sum" in page.text("//main")
    assert "No runs yet" not in page.text("//main")
    assert not page.all("//*[@id='curve' or @id='weeks']")


def test_each_figure_of_a_week_bears_its_name_for_narrow_windows(browser: Any, athlete: str) -> None:
    page = browser.open(f"/athletes/{athlete}/history")
    heads = page.texts("//*[@id='weeks']/div/table/thead//th")
    for row in page.all("//*[@id='weeks']//tbody/tr[@data-start]"):
        assert [cell.get("data-label") for cell in row.xpath("td")] == heads[1:]
