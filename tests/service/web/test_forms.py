"""What cannot be meant is told beside the field, in the words and units of the page, with all that was written kept."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from service.web import forms, sheets
from tests.service.web.conftest import Page, filled, words

UNITS = re.compile(r"^ +\*?\[(\w+)\] ", re.MULTILINE)


def wrong(page: Page) -> dict[str, str]:
    """The sentence beside each field that is marked as invalid, found as a screen reader finds it."""
    found = page.all("//*[@aria-invalid='true'] | //fieldset[@aria-describedby]")
    return {one.get("name") or one.get("aria-describedby"): said(page, one) for one in found}


def said(page: Page, field: Any) -> str:
    return page.text(f"//*[@id='{field.get('aria-describedby')}']")


def summed_up(page: Page) -> list[str]:
    return [words(one) for one in page.all("//div[@role='alert']//li")]


@pytest.fixture(scope="module")
def run(api: Any) -> str:
    return str(api.run(api.athlete())["id"])


@pytest.fixture(scope="module")
def american(api: Any) -> str:
    return str(api.run(api.athlete(units="imperial"))["id"])


METRIC = [
    ("log", {"fluid": "a lot"}, {"fluid": "this is not a number"}),
    ("log", {"fluid": "300000"}, {"fluid": "at most 30,000 ml"}),
    ("log", {"effort": "11"}, {"effort": "at most 10"}),
    ("log", {"effort": "6.5"}, {"effort": "this is not a whole number"}),
    ("log", {"mass_before": "7"}, {"mass_before": "at least 20 kg"}),
    ("log", {"fluid": "-1", "sleep_h": "25"}, {"fluid": "at least 0 ml", "sleep_h": "at most 24 h"}),
    ("cramp-report", {"answer": "near", "at": "900"}, {"at": "this lies beyond the end of the run"}),
    ("cramp-report", {"answer": "near", "minute": "soon"}, {"minute": "this is not a number"}),
    ("cramp-report", {}, {"cramp-answer-wrong": "choose one of those that are offered"}),
    ("cramp-report", {"answer": "perhaps"}, {"cramp-answer-wrong": "choose one of those that are offered"}),
    ("cramp-report", {"answer": "near", "muscle": "tail"}, {"muscle": "choose one of those that are offered"}),
]
IMPERIAL = [
    ("log", {"fluid": "3000"}, {"fluid": "at most 1,014 fl oz"}),
    ("log", {"mass_after": "12"}, {"mass_after": "at least 44.1 lb"}),
    ("log", {"mass_after": "1200"}, {"mass_after": "at most 771.6 lb"}),
    ("cramp-report", {"answer": "near", "at": "x"}, {"at": "this is not a number"}),
]


@pytest.mark.parametrize(("path", "fields", "expected"), METRIC)
def test_a_form_of_a_run_comes_back_as_it_was_written(
    browser: Any, run: str, path: str, fields: Any, expected: Any
) -> None:
    answer = browser.send(f"/activities/{run}/{path}", fields)
    assert answer.status_code == 422
    page = Page(answer)
    assert wrong(page) == expected
    assert page.all("//p[@class='headline']")
    for name, text in fields.items():
        if name not in ("answer", "muscle"):
            assert page.one(f"//input[@name='{name}']").get("value") == text


@pytest.mark.parametrize(("path", "fields", "expected"), IMPERIAL)
def test_bounds_are_told_in_the_units_of_the_form(
    browser: Any, american: str, path: str, fields: Any, expected: Any
) -> None:
    assert wrong(Page(browser.send(f"/activities/{american}/{path}", fields))) == expected


@pytest.mark.parametrize("text", ["771.6", "44.1"])
def test_a_bound_that_is_told_may_be_written(browser: Any, american: str, text: str) -> None:
    assert browser.send(f"/activities/{american}/log", {"mass_after": text}).status_code == 303


def test_the_first_field_that_is_wrong_takes_the_focus_and_the_summary_is_read_out(browser: Any, run: str) -> None:
    page = Page(browser.send(f"/activities/{run}/log", {"fluid": "x", "effort": "99", "carbs_g": "30"}))
    assert [one.get("name") for one in page.all("//*[@autofocus]")] == ["fluid"]
    assert summed_up(page) == ["Fluid on the way : this is not a number", "Effort : at most 10"]
    assert "2 entries need another look" in page.text("//div[@role='alert']/p")
    for link in page.all("//div[@role='alert']//a"):
        page.one(f"//*[@id='{link.get('href')[1:]}']")


def test_htmx_gets_the_form_alone_to_put_in_place_of_the_one_before(browser: Any, run: str) -> None:
    for path, fields in (("log", {"fluid": "x"}), ("cramp-report", {"answer": "near", "at": "x"})):
        answer = browser.send(f"/activities/{run}/{path}", fields, **{"HX-Request": "true"})
        assert answer.status_code == 422
        assert "hx-reswap" not in answer.headers
        assert answer.text.lstrip().startswith('<div id="')
        assert len(wrong(Page(answer))) == 1


def test_what_is_wrong_within_a_fold_is_unfolded(browser: Any, run: str) -> None:
    page = Page(browser.send(f"/activities/{run}/cramp-report", {"answer": "near", "at": "900"}))
    assert [one.get("open") for one in page.all("//*[@name='at']/ancestor::details")] == [""]


def test_nothing_is_kept_of_a_form_that_is_refused(browser: Any, api: Any) -> None:
    run = api.run(api.athlete())["id"]
    browser.send(f"/activities/{run}/log", {"fluid": "500", "effort": "99"})
    assert api.get(f"/v1/activities/{run}/log").status_code == 404


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"birth_year": "86"}, {"birth_year": "at least 1900"}),
        ({"mass": "heavy"}, {"mass": "this is not a number"}),
        ({"timezone": "Vienna"}, {"timezone": "no time zone has this name; names are like Europe/Vienna"}),
        ({"hr_rest_bpm": "500"}, {"hr_rest_bpm": "at most 150 bpm"}),
        (
            {"hr_rest_bpm": "120", "hr_max_bpm": "110"},
            {"hr_rest_bpm": "this has to be below the highest heart rate"},
        ),
        ({"sweat_rate_l_per_h": "0"}, {"sweat_rate_l_per_h": "more than 0 l/h"}),
        ({"name": "x" * 201}, {"name": "at most 200 characters"}),
        ({"name": "a\u202eb"}, {"name": "this holds a sign that cannot be kept"}),
        ({"units": "nautical"}, {"units": "choose one of those that are offered"}),
    ],
)
def test_a_profile_comes_back_as_it_was_written(browser: Any, api: Any, fields: Any, expected: Any) -> None:
    path = f"/athletes/{api.athlete()}/settings"
    for headers in ({}, {"HX-Request": "true"}):
        answer = browser.send(path, {"units": "metric", "cramp_history": "ever", **fields}, **headers)
        assert answer.status_code == 422
        page = Page(answer)
        assert wrong(page) == expected
        assert page.one("//select[@name='cramp_history']/option[@selected]").get("value") == "ever"
        assert bool(page.all("//section[@aria-labelledby='connections-title']")) is not bool(headers)


def test_a_key_that_cannot_be_made_is_told_beside_its_field(browser: Any, api: Any) -> None:
    athlete = api.athlete(name="Somebody")
    for fields, names in (
        ({"role": "athlete", "name": "watch"}, {"athletes"}),
        ({"role": "admin", "athletes": [athlete]}, {"athletes"}),
        ({"role": "king"}, {"role"}),
        ({"role": "coach", "athletes": [athlete], "name": "y" * 201}, {"name"}),
    ):
        answer = browser.send("/settings/keys", fields)
        assert answer.status_code == 422
        page = Page(answer)
        assert set(wrong(page)) == names
        chosen = [one.get("value") for one in page.all("//select[@name='athletes']/option[@selected]")]
        assert chosen == fields.get("athletes", [])


@pytest.mark.parametrize("url", ["", "http://10.0.0.1/", "ftp://x.example/"])
def test_an_endpoint_that_cannot_be_is_told_beside_its_address(browser: Any, url: str) -> None:
    answer = browser.send("/webhooks", {"url": url, "events": ["activity.assessed"]})
    assert answer.status_code == 422
    page = Page(answer)
    assert set(wrong(page)) == {"url"}
    assert page.one("//input[@name='url']").get("value") == url
    assert [one.get("value") for one in page.all("//input[@name='events'][@checked]")] == ["activity.assessed"]


def test_the_weather_is_checked_before_a_file_is_sent_and_handed_over_in_si(browser: Any, api: Any) -> None:
    path = f"/athletes/{api.athlete(units='imperial')}/weather"
    answer = browser.send(path, {"temperature": "200", "humidity": "much", "wind": "10"})
    assert answer.status_code == 422
    assert wrong(Page(answer)) == {"temperature": "at most 140 °F", "humidity": "this is not a number"}
    answer = browser.send(path, {"temperature": "77", "humidity": "", "wind": "10"})
    assert answer.status_code == 200
    assert Page(answer).one("//details").get("data-query") == "temperature_c=25.0&wind_kmh=16.09"


@pytest.mark.parametrize(
    ("text", "ml"), [("1,200", 1200), ("1200", 1200), ("12,5", 12.5), ("20,000", 20000), ("0,250", 0.25)]
)
def test_a_comma_parts_thousands_where_amounts_are_large(
    browser: Any, api: Any, run: str, text: str, ml: float
) -> None:
    assert browser.send(f"/activities/{run}/log", {"fluid": text, "mass_before": "70,125"}).status_code == 303
    kept = api.get(f"/v1/activities/{run}/log").json()
    assert (kept["fluid_ml"], kept["mass_before_kg"]) == (ml, 70.125)


@pytest.mark.parametrize(
    ("text", "celsius"), [("-5", -5), ("\N{MINUS SIGN}5", -5), ("\N{MINUS SIGN}2,5", -2.5), ("-0", 0), ("+7", 7)]
)
def test_a_temperature_below_zero_is_written_with_either_minus(
    browser: Any, api: Any, run: str, text: str, celsius: float
) -> None:
    assert browser.send(f"/activities/{run}/change", {"temperature": text}).status_code == 303
    kept = api.get(f"/v1/activities/{run}").json()["conditions"]["temperature_c"]
    assert (kept, math.copysign(1, kept)) == (celsius, math.copysign(1, celsius or 1))
    field = browser.open(f"/activities/{run}").one("//input[@id='run-temperature']")
    assert (field.get("value"), field.get("inputmode")) == (f"{celsius:g}", None), "a decimal keyboard has no minus"


def test_a_number_near_nought_has_no_sign() -> None:
    celsius = {"temperature_c": -0.0, "wind_kmh": -0.001}
    paper = sheets.WEATHER.holding(celsius, "metric")
    assert (paper["temperature"].text, paper["wind"].text) == ("0", "0")


def test_a_large_amount_stands_in_the_form_as_a_number_that_can_be_sent_again(browser: Any, api: Any) -> None:
    run = api.run(api.athlete())["id"]
    api.put(f"/v1/activities/{run}/log", json={"fluid_ml": 12345, "sodium_mg": 20000})
    page = browser.open(f"/activities/{run}")
    assert [page.one(f"//input[@name='{name}']").get("value") for name in ("fluid", "sodium_mg")] == ["12345", "20000"]


def test_every_unit_of_a_form_is_a_word_of_the_catalogue() -> None:
    from tests.service.web.test_texts import CATALOGUE

    told = set(UNITS.findall(CATALOGUE.partition("\nunit = ")[2].partition("\n}")[0]))
    assert set(forms.signs(sheets.SHEETS)) <= told
    kinds = set(UNITS.findall(CATALOGUE.partition("\nwrong = ")[2].partition("\n}")[0]))
    assert {field.refusal for sheet in sheets.SHEETS for field in sheet.fields} <= kinds


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(browser: Any, api: Any) -> None:
    athlete = api.athlete(units="imperial", mass_kg=70, name="Somebody")
    run = api.run(athlete)["id"]
    api.put(f"/v1/activities/{run}/log", json={"fluid_ml": 500, "mass_before_kg": 70.2, "effort": 7})
    for path, page in (
        (f"/v1/athletes/{athlete}", f"/athletes/{athlete}/settings"),
        (f"/v1/activities/{run}/log", f"/activities/{run}"),
    ):
        before, form = api.get(path).json(), browser.open(page).all("//form[contains(@data-hx-post, '/')]")[-1]
        assert browser.send(form.get("action"), filled(form)).status_code == 303
        assert api.get(path).json() == before
