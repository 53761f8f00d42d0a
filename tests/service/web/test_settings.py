"""The profile as a form: what is told, in whose units, and what is taken back."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_profile_is_kept_and_shown_again(browser: Any, api: Any) -> None:
    athlete = api.athlete()
    told = {
        "name": "Näme <b>",
        "birth_year": "1986",
        "mass": "70,5",
        "hr_rest_bpm": "52",
        "units": "metric",
        "timezone": "Europe/Vienna",
        "cramp_history": "ever",
        "strength_training": "no",
        "hide_amounts": "yes",
    }
    assert browser.send(f"/athletes/{athlete}/settings", told).status_code == 303
    kept = api.get(f"/v1/athletes/{athlete}").json()
    assert (kept["name"], kept["birth_year"], kept["mass_kg"], kept["hr_rest_bpm"]) == ("Näme <b>", 1986, 70.5, 52)
    assert (kept["cramp_history"], kept["strength_training"], kept["beginner"]) == ("ever", False, None)
    assert kept["hide_amounts"] is True
    page = browser.open(f"/athletes/{athlete}/settings")
    assert page.one("//input[@name='name']").get("value") == "Näme <b>"
    assert page.one("//input[@name='mass']").get("value") == "70.5"
    assert page.one("//select[@name='strength_training']/option[@selected]").get("value") == "no"
    assert browser.send(f"/athletes/{athlete}/settings", {"units": "metric"}).status_code == 303
    again = api.get(f"/v1/athletes/{athlete}").json()
    assert (again["name"], again["mass_kg"], again["cramp_history"], again["hide_amounts"]) == (
        None,
        None,
        "unknown",
        False,
    )


def test_it_is_told_once_that_the_profile_was_kept(browser: Any, api: Any) -> None:
    path = f"/athletes/{api.athlete()}/settings"
    answer = browser.send(path, {"name": "Somebody"})
    assert answer.headers["location"] == path
    told = [len(browser.open(page).all("//p[@role='status']")) for page in (path, path, f"{path}?kept=yes")]
    assert told == [1, 0, 0]


def test_a_weight_is_written_in_pounds_where_units_are_imperial(browser: Any, api: Any) -> None:
    athlete = api.athlete(units="imperial", mass_kg=70)
    page = browser.open(f"/athletes/{athlete}/settings")
    assert page.one("//input[@name='mass']").get("value") == "154.3"
    browser.send(f"/athletes/{athlete}/settings", {"units": "imperial", "mass": "160"})
    assert api.get(f"/v1/athletes/{athlete}").json()["mass_kg"] == pytest.approx(72.57, abs=0.01)


def test_whose_computer_it_is_sees_the_keys_and_that_none_is_needed(browser: Any) -> None:
    page = browser.open("/settings")
    assert "Nobody needs a key now" in page.text("//main")
