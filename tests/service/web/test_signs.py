"""Where a danger sign is told of a run, no page gives training advice about it, and each says why."""

from __future__ import annotations

from typing import Any

import pytest

WARNED = "A sign that a clinician should look at was told of this run"


@pytest.fixture(scope="module")
def told(api: Any) -> tuple[str, dict[str, Any]]:
    athlete = api.athlete(name="Signed", mass_kg=70)
    run = api.run(athlete)
    report = {"answer": "none", "red_flags": ["fainting"]}
    assert api.request("PUT", f"/v1/activities/{run['id']}/cramp-report", json=report).status_code in (200, 201)
    return athlete, run


@pytest.mark.parametrize("path", ["/athletes/{athlete}", "/athletes/{athlete}/history", "/coach?since=2020-01-01"])
def test_lists_name_the_sign_in_place_of_the_advice(browser: Any, told: tuple[str, dict[str, Any]], path: str) -> None:
    athlete, run = told
    page = browser.open(path.format(athlete=athlete))
    (row,) = [one for one in page.texts("//table[contains(@class, 'runs')]/tbody/tr") if WARNED in one]
    assert "danger sign" in row
    assert "no cramp" in row
    assert run["assessment"]["headline"]["text"] not in page.text("//main")


def test_the_page_of_the_run_gives_no_headline_and_no_what_if(browser: Any, told: tuple[str, dict[str, Any]]) -> None:
    page = browser.open(f"/activities/{told[1]['id']}")
    assert page.all("//p[@class='headline']") == []
    assert page.all("//p[@class='change']") == []
    assert "call the emergency number" in page.text("//section[@aria-labelledby='flags-title']")
    assert "Next:" not in page.text("//main")


def test_a_run_without_a_sign_keeps_its_advice(browser: Any, api: Any) -> None:
    page = browser.open(f"/activities/{api.run(api.athlete())['id']}")
    assert "Next:" in page.text("//p[@class='headline']")
    assert page.all("//p[@class='change']")


def test_the_api_names_the_signs_for_whoever_shows_its_rows(api: Any, told: tuple[str, dict[str, Any]]) -> None:
    (row,) = api.get(f"/v1/athletes/{told[0]}/risk-history").json()["items"]
    assert row["red_flags"] == ["fainting"]
    table = api.get(f"/v1/athletes/{told[0]}/risk-history", headers={"Accept": "text/csv"}).text
    assert "red_flags" not in table.splitlines()[0], "the columns are those of the contract"


def test_a_coach_sees_a_danger_sign_before_runs_with_more_points(browser: Any, api: Any) -> None:
    """The first three runs are seen at once, the others are folded: a sign must not lie in the fold."""
    athlete = api.athlete(name="Folded")
    calm = api.run(athlete, "fit/valid/jog.fit")
    for name in ("marathon_fade", "long_run_heat", "hills", "fast_start"):
        api.run(athlete, f"fit/valid/{name}.fit", temperature_c="28", humidity_pct="70")
    report = {"answer": "none", "red_flags": ["dark_urine"]}
    api.request("PUT", f"/v1/activities/{calm['id']}/cramp-report", json=report)
    items = api.get("/v1/triage", params={"since": "2020-01-01", "limit": 200}).json()["items"]
    (case,) = [one for one in items if one["athlete_id"] == athlete]
    assert [(run["activity_id"], run["red_flags"]) for run in case["reasons"][:1]] == [(calm["id"], ["dark_urine"])]
    rest = [run["forecast_score"] for run in case["reasons"][1:]]
    assert rest == sorted(rest, reverse=True)
    (first, *_) = browser.open("/coach?since=2020-01-01").texts(f"//li[@id='case-{athlete}']//tbody/tr")
    assert "danger sign" in first
