"""The coach's page: the order of cases, the evidence a click away, and "seen"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import Request

from fixtures.catalogue import on
from fixtures.fit_writer import fit
from fixtures.runs import minutes
from service.api.access import Visit, visit_of
from service.settings import Settings
from service.web import coach
from tests.service.api.conftest import Api, Keyed, opened
from tests.service.web.conftest import Browser, Page

EASY = (
    "fit/valid/even_run.fit",
    "fit/valid/easy_run.fit",
    "fit/valid/jog.fit",
    "fit/valid/tempo.fit",
    "fit/valid/fast_start.fit",
)


class Clock:
    """What time visits come."""

    now = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def browser(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Browser]:
    async def visit(request: Request) -> Visit:
        return replace(await visit_of(request), now=clock.now)

    for api in opened(Settings(data_dir=tmp_path_factory.mktemp("coach"))):
        api.app.dependency_overrides[visit_of] = visit
        yield Browser(api)


@pytest.fixture
def team(browser: Browser) -> dict[str, str]:
    """Three runners with the same easy runs; one then runs a marathon, one an easy run, one nothing."""
    made = {}
    for name, last in (("Calm", "fit/valid/gps_altitude.fit"), ("Bold", "fit/valid/marathon_fade.fit"), ("Away", None)):
        made[name] = browser.api.athlete(name=name)
        for file in (*EASY, *([last] if last else ())):
            browser.api.run(made[name], file)
    return made


def order(page: Any) -> list[str]:
    return list(page.texts("//ol[@class='cases']/li//h2"))


def test_the_greatest_rise_comes_first_with_its_reason_a_click_away(browser: Browser, team: dict[str, str]) -> None:
    page = browser.open("/coach", params={"since": "2026-10-20"})
    assert order(page) == ["Bold", "Calm"]
    case = page.one(f"//li[@id='case-{team['Bold']}']")
    assert "Slower second half" in " ".join(case.itertext())
    link = case.xpath(".//table//a")[0].get("href")
    assert "21% slower" in browser.open(link).text("//p[@class='headline']")


def test_who_is_seen_goes_and_comes_back_with_a_run_that_arrives_later(
    browser: Browser, team: dict[str, str], clock: Clock
) -> None:
    assert "Bold" in order(browser.open("/coach"))
    clock.now += timedelta(minutes=1)
    assert browser.send(f"/coach/{team['Bold']}/seen", {}).status_code == 303
    assert "Bold" not in order(browser.open("/coach"))
    clock.now += timedelta(minutes=1)
    browser.api.run(team["Bold"], "fit/valid/long_run.fit")
    page = browser.open("/coach")
    assert "Bold" in order(page)
    assert "One new run" in page.text(f"//li[@id='case-{team['Bold']}']")


def test_everybody_is_listed_below_and_that_nothing_is_new_is_said(
    browser: Browser, team: dict[str, str], clock: Clock
) -> None:
    clock.now += timedelta(minutes=1)
    for one in team.values():
        answer = browser.send(f"/coach/{one}/seen", {}, **{"HX-Request": "true"})
        assert answer.text.startswith("<li")
    page = browser.open("/coach")
    assert "Nothing new since you last looked." in page.text("//main")
    assert set(page.texts("//section[@aria-labelledby='roster-title']//li")) >= {"Calm", "Bold", "Away"}


def test_the_api_tells_the_same_page_by_page(browser: Browser, team: dict[str, str]) -> None:
    api: Api = browser.api
    whole = api.get("/v1/triage", params={"since": "2026-10-20"}).json()
    assert [one["name"] for one in whole["items"]] == ["Bold", "Calm"]
    assert whole["next_cursor"] is None
    bold = whole["items"][0]
    assert bold["athlete_id"] == team["Bold"]
    assert bold["change"] == round(bold["forecast_score"] - bold["usual_score"]) > 0
    assert "fade" in bold["new_warnings"]
    assert bold["reasons"][0]["headline"].startswith("The second half was 21% slower.")
    assert (bold["runs"], bold["cramps"], bold["seen_at"], bold["since"]) == (1, 0, None, "2026-10-20T00:00:00Z")
    first = api.get("/v1/triage", params={"since": "2026-10-20", "limit": 1}).json()
    second = api.get("/v1/triage", params={"since": "2026-10-20", "limit": 1, "cursor": first["next_cursor"]}).json()
    assert first["items"] + second["items"] == whole["items"]
    assert second["next_cursor"] is None


def test_a_reported_cramp_is_counted_and_a_look_is_dated(browser: Browser, team: dict[str, str], clock: Clock) -> None:
    api: Api = browser.api
    run = api.get("/v1/triage", params={"since": "2026-10-20"}).json()["items"][1]["reasons"][0]["activity_id"]
    assert api.put(f"/v1/activities/{run}/cramp-report", json={"answer": "cramp_stopped"}).status_code == 201
    calm = next(one for one in api.get("/v1/triage").json()["items"] if one["name"] == "Calm")
    assert calm["cramps"] == 1
    clock.now += timedelta(minutes=1)
    seen = api.post(f"/v1/triage/{team['Away']}/seen")
    assert seen.json() == {"athlete_id": team["Away"], "seen_at": "2026-11-02T08:01:00Z"}
    assert api.post("/v1/triage/ath_01k6p7e5000000000000000000/seen").status_code == 404
    assert api.get("/v1/triage", params={"cursor": "abc"}).status_code == 400
    assert api.get("/v1/triage", params={"since": "soon"}).status_code == 422


def test_without_runs_enough_to_compare_with_no_change_is_claimed(browser: Browser) -> None:
    athlete = browser.api.athlete(name="New")
    browser.api.run(athlete, "fit/valid/marathon_fade.fit")
    case = browser.api.get("/v1/triage").json()["items"][0]
    assert (case["change"], case["usual_score"]) == (None, None)
    assert "too few runs before" in browser.open("/coach").text(f"//li[@id='case-{athlete}']")


def test_each_run_has_its_forecast_and_the_points_that_its_own_page_tells(
    browser: Browser, team: dict[str, str]
) -> None:
    """What the rise is reckoned from is called a forecast; whoever opens the run finds the other number there."""
    case = browser.api.get("/v1/triage", params={"since": "2026-10-20"}).json()["items"][0]
    reason = case["reasons"][0]
    assert reason["score"] > reason["forecast_score"] == case["forecast_score"]
    path = f"//li[@id='case-{team['Bold']}']"
    page = browser.open("/coach", params={"since": "2026-10-20"})
    assert f"forecast of {reason['forecast_score']} at most in the new runs" in page.text(f"{path}//p[@class='rise']")
    assert page.texts(f"{path}//table//td[contains(@class, 'n')]") == [
        str(reason["forecast_score"]),
        str(reason["score"]),
    ]
    run = browser.open(f"/activities/{reason['activity_id']}")
    assert run.text("//*[@class='points']/strong") == str(reason["score"])


def test_what_lifted_a_level_is_said_to_a_coach_too(browser: Browser) -> None:
    athlete = browser.api.athlete(name="Hot")
    browser.api.run(athlete, "fit/valid/long_run.fit", temperature_c="30", humidity_pct="70")
    page = browser.open("/coach", params={"since": "2026-09-01"})
    assert "very high lifted from moderate by heat" in page.text(f"//li[@id='case-{athlete}']")
    assert "moderate from 25 on, high from 45 and very high from 65" in page.text("//main")


def test_who_has_no_name_goes_by_the_other_systems_id_by_you_or_by_the_end_of_ours(browser: Browser) -> None:
    api = browser.api
    mine = api.get("/v1/athletes/me").json()["id"]
    known, unknown = api.athlete(external_id="club-17"), api.athlete()
    for one in (mine, known, unknown):
        api.run(one)
    page = browser.open("/coach", params={"since": "2026-01-01"})
    names = {mine: "You", known: "club-17", unknown: f"Athlete {unknown[-6:]}"}
    for athlete, name in names.items():
        assert page.text(f"//li[@id='case-{athlete}']//h2") == name
        assert page.text(f"//ul[@class='roster']//a[contains(@href, '{athlete}')]") == name
    options = browser.open("/settings").texts("//select[@name='athletes']/option")
    assert sorted(options) == sorted(names.values())
    for place, title in (("history", "History"), ("settings", "Settings")):
        assert browser.open(f"/athletes/me/{place}").text("//h1") == title
        assert browser.open(f"/athletes/{known}/{place}").text("//h1") == f"{title} · club-17"
        assert browser.open(f"/athletes/{unknown}/{place}").text("//h1") == f"{title} · Athlete {unknown[-6:]}"


def test_a_day_that_is_none_is_said_and_left_out(browser: Browser, team: dict[str, str]) -> None:
    page = browser.open("/coach", params={"since": "soon"}, status=422)
    assert "The filter “Runs begun from” was not understood" in page.text("//*[@role='alert']")
    assert set(order(page)) == set(team) == set(order(browser.open("/coach")))


def test_a_place_in_the_list_that_means_nothing_is_named_and_the_list_begins_at_the_top(
    browser: Browser, team: dict[str, str]
) -> None:
    page = browser.open("/coach", params={"since": "2026-10-20", "cursor": "xx"}, status=422)
    assert page.text("//*[@role='alert']") == "The place in the list was not understood; it begins at the top."
    assert order(page) == ["Bold", "Calm"]


@pytest.mark.parametrize("since", ["2026-10-20", "2026-10-20T00:00:00+02:00"])
def test_the_way_on_keeps_since_when(
    browser: Browser, team: dict[str, str], monkeypatch: pytest.MonkeyPatch, since: str
) -> None:
    monkeypatch.setattr(coach, "_PAGE", 1)
    page = browser.open("/coach", params={"since": since})
    on = page.one("//a[contains(@href, 'cursor=')]").get("href")
    assert parse_qs(urlsplit(on).query)["since"] == [since]
    assert order(page) + order(browser.open(on)) == ["Bold", "Calm"]


def test_a_service_without_athletes_says_how_to_add_one(tmp_path: Path) -> None:
    for api in opened(Settings(data_dir=tmp_path, auth="keys")):
        keyed = Keyed(api)
        page = Page(keyed.holder("admin").get("/coach", headers={"Accept": "text/html"}))
        assert "crampwatch athlete add" in page.text("//section[@aria-labelledby='roster-title']")


def test_runs_beyond_those_that_are_listed_are_counted_and_a_click_away(browser: Browser) -> None:
    athlete = browser.api.athlete(name="Diligent")
    for day in range(24):
        browser.api.upload(athlete, fit(on(day, minutes(6, 2.8), step_s=10.0)), name=f"{day}.fit")
    case = browser.open("/coach?since=2026-01-01").one(f"//li[@id='case-{athlete}']")
    (link,) = case.xpath(".//details//a[contains(text(), 'more are in the history')]")
    assert link.text == "4 more are in the history"
    assert link.get("href") == f"/athletes/{athlete}/history"
