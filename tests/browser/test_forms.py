"""Forms in a real browser, with scripts and without: what is refused, what is said then, and who is asked what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fixtures.fit_writer import fit
from fixtures.runs import Run, km, minutes
from tests.browser.conftest import FIXTURES, SIZES

pytestmark = pytest.mark.browser

BROKEN_OFF = Run((km(9, 3.0), minutes(2, 1.2), km(3, 2.6)))
"""A late walk after which the pace did not come back."""
LONG = "fit/valid/long_run_heat.fit"
FORM = "#cramp form > p button"


@pytest.fixture(scope="module")
def run(service: Any) -> str:
    return str(service.run(service.athlete(mass_kg=70, birth_year=1986, units="imperial"), LONG))


@pytest.fixture(scope="module")
def broken_off(service: Any) -> str:
    return str(service.run_of(service.athlete(mass_kg=70), "broken_off.fit", fit(BROKEN_OFF)))


def refused(made: Any) -> None:
    """What a browser says of an answer 422 is no fault of the page."""
    assert all("422" in told for told in made.wrong)
    made.wrong.clear()


@pytest.mark.parametrize("width", SIZES.values(), ids=SIZES)
def test_a_log_is_mended_where_it_stands_and_its_sweat_rate_is_told(
    tab: Callable[..., Any], run: str, width: int
) -> None:
    made = tab(width=width)
    page = made.open(f"/activities/{run}", drawn=True)
    page.evaluate("window.stayed = true")
    page.fill("#log-fluid", "a lot")
    page.fill("#log-mass-before", "155")
    page.fill("#log-mass-after", "1520")
    page.click("#log button")
    page.wait_for_selector("#log [role=alert]")
    assert page.evaluate("document.activeElement.id") == "log-fluid"
    assert page.locator("#log-mass-after-wrong").inner_text() == "at most 771.6 lb"
    assert page.locator("#log-mass-after").get_attribute("aria-describedby") == "log-mass-after-wrong"
    assert page.input_value("#log-mass-before") == "155"
    assert made.overflow_px() <= 0
    assert made.violations() == []
    page.fill("#log-fluid", "20")
    page.fill("#log-mass-after", "152")
    page.keyboard.press("Enter")
    page.wait_for_selector("#log [role=status]")
    assert "you sweated 40 fl oz/h" in page.locator("#log .weighing").inner_text()
    assert page.locator("#log [aria-invalid]").count() == 0
    assert page.evaluate("window.stayed") is True
    page.click("#log [role=status] a")
    page.wait_for_selector("html[data-drawn]", state="attached")
    assert page.evaluate("window.stayed") is None
    refused(made)


def test_a_report_that_is_refused_opens_its_fold_and_keeps_what_was_ticked(tab: Callable[..., Any], run: str) -> None:
    made = tab()
    page = made.open(f"/activities/{run}", drawn=True)
    page.check("#cramp input[value=near]")
    page.click("#cramp summary")
    page.fill("#cramp-at", "900")
    page.check("#cramp input[value=dark_urine]")
    page.click(FORM)
    page.wait_for_selector("#cramp [role=alert]")
    assert page.evaluate("document.activeElement.id") == "cramp-at"
    assert page.locator("#cramp-at").is_visible()
    assert page.is_checked("#cramp input[value=dark_urine]")
    assert made.violations() == []
    page.fill("#cramp-at", "5")
    page.click(FORM)
    page.wait_for_selector("#cramp [role=status]")
    assert page.locator("#cramp").inner_text().count("See a clinician") == 1
    refused(made)


def test_who_changes_what_was_changed_elsewhere_is_asked_and_has_the_last_word(
    tab: Callable[..., Any], service: Any
) -> None:
    made, run = tab(width=360), service.run(service.athlete())
    at = f"/v1/activities/{run}/log"
    service.call("PUT", at, json={"fluid_ml": 500})
    page = made.open(f"/activities/{run}", drawn=True)
    service.call("PUT", at, json={"fluid_ml": 750, "carbs_g": 30})
    page.fill("#log-fluid", "600")
    page.click("#log button")
    page.wait_for_selector("#log [role=alert]")
    assert "changed elsewhere to 750 ml" in page.locator("#log-fluid-wrong").inner_text()
    assert (page.input_value("#log-fluid"), page.input_value("#log-carbs-g")) == ("600", "30")
    assert made.overflow_px() <= 0
    assert made.violations() == []
    page.click("#log button")
    page.wait_for_selector("#log [role=status]")
    kept = service.call("GET", at)
    assert (kept["fluid_ml"], kept["carbs_g"]) == (600, 30)
    assert all("409" in told for told in made.wrong)
    made.wrong.clear()


def test_a_note_that_begins_with_a_line_break_is_sent_as_it_was_shown(tab: Callable[..., Any], service: Any) -> None:
    run = service.run(service.athlete())
    service.call("PATCH", f"/v1/activities/{run}", json={"note": "\n\nafter two lines"})
    page = tab(java_script_enabled=False).open(f"/activities/{run}")
    page.click("#change > summary")
    assert page.input_value("#run-note") == "\n\nafter two lines"
    page.fill("#run-name", "Along the river")
    page.click("#change > form button")
    page.wait_for_selector("h1:has-text('Along the river')")
    assert service.call("GET", f"/v1/activities/{run}")["note"] == "\n\nafter two lines"


@pytest.mark.parametrize("width", [360, 1280])
def test_without_scripts_the_page_comes_back_with_what_was_written(
    tab: Callable[..., Any], run: str, width: int
) -> None:
    made = tab(width=width, java_script_enabled=False)
    page = made.open(f"/activities/{run}")
    page.fill("#log-sleep-h", "25")
    page.click("#log button")
    page.wait_for_selector("#log [role=alert]")
    assert page.input_value("#log-sleep-h") == "25"
    assert page.locator("#log-sleep-h-wrong").inner_text() == "at most 24 h"
    assert page.locator("#log-sleep-h").evaluate("one => one === document.activeElement")
    assert page.locator("dl.facts").count() == 1
    page.fill("#log-sleep-h", "7")
    page.click("#log button")
    page.wait_for_url(f"**/activities/{run}#log")
    refused(made)


def test_weather_that_cannot_be_keeps_the_files_back(tab: Callable[..., Any], service: Any) -> None:
    made = tab(width=360)
    athlete = service.athlete(units="imperial")
    page = made.open(f"/athletes/{athlete}")
    page.click("text=The weather, if you know it")
    page.fill("input[name=temperature]", "warm")
    made.drop(("jog.fit", (FIXTURES / "fit/valid/jog.fit").read_bytes()))
    page.wait_for_selector(".weather [role=alert]")
    assert page.evaluate("document.activeElement.name") == "temperature"
    assert "this is not a number" in page.locator("#weather-temperature-wrong").inner_text()
    assert service.call("GET", f"/v1/athletes/{athlete}/activities")["items"] == []
    assert made.overflow_px() <= 0
    assert made.violations() == []
    page.fill("input[name=temperature]", "50")
    page.click("#drop > button")
    page.wait_for_url("**/activities/act_*")
    found = service.call("GET", f"/v1/activities/{page.url.rpartition('/')[2]}")
    assert found["conditions"]["temperature_c"] == 10.0
    refused(made)


def test_a_late_break_is_asked_about_at_its_place_and_once_at_the_end(
    tab: Callable[..., Any], service: Any, broken_off: str
) -> None:
    """The trace raises a question where it broke off; the answer is given in the one form for it."""
    asked = service.call("GET", f"/v1/activities/{broken_off}")
    assert [one["code"] for one in asked["assessment"]["questions"]] == ["interrupt"]
    assert asked["cramp_prompt"]["reason"] == "interrupt"
    for more in ({}, {"java_script_enabled": False}):
        page = tab(reduced_motion="reduce", **more).open(f"/activities/{broken_off}", drawn=not more)
        question = page.locator("#windows .severity-question")
        assert question.count() == 1
        told = question.inner_text()
        assert "A question to you" in told
        assert "km 9.0" in told
        assert page.locator("#cramp fieldset legend:has-text('On the way, or within')").count() == 1
        assert page.locator("input[name=answer]").count() == 4
        assert "a watch cannot tell why" in page.locator("#cramp").inner_text()
        assert page.locator(".warning:has-text('A question')").count() == 0
        page.click("#windows .severity-question a[href='#cramp']")
        assert 0 <= page.locator("#cramp").bounding_box()["y"] < 900


def test_the_place_of_a_question_is_marked_and_asked_no_more_once_answered(
    tab: Callable[..., Any], broken_off: str
) -> None:
    made = tab()
    page = made.open(f"/activities/{broken_off}", drawn=True)
    page.click("#windows .severity-question a[href='#question-1']")
    made.until("document.querySelector('#question-1').classList.contains('here')")
    page.check("#cramp input[value=none]")
    page.click(FORM)
    page.wait_for_selector("#cramp [role=status]")
    assert "You answered: no cramp." in page.locator("#cramp").inner_text()
    assert "a watch cannot tell why" not in page.locator("#cramp").inner_text()


@pytest.mark.parametrize("width", [360, 1280])
def test_one_headline_five_reminders_at_most_and_the_rest_folded(
    tab: Callable[..., Any], service: Any, width: int
) -> None:
    run = service.run(service.athlete(mass_kg=70, birth_year=1986, units="imperial"), LONG)
    assessment = service.call("GET", f"/v1/activities/{run}")["assessment"]
    page = tab(width=width).open(f"/activities/{run}", drawn=True)
    assert page.locator(".headline").all_inner_texts() == [assessment["headline"]["text"]]
    assert len(assessment["headline"]["text"]) <= 140
    card = page.locator("section[aria-labelledby=next-title]")
    seen = [one for one in card.locator(".phases li, details li").all() if one.is_visible()]
    primary = [one["text"] for one in assessment["reminders"] if one["primary"]]
    assert sorted(one.inner_text() for one in seen) == sorted(primary)
    assert 0 < len(seen) <= 5
    card.locator("summary").click()
    listed = [one.inner_text() for one in card.locator(".phases li, details li").all() if one.is_visible()]
    assert sorted(listed) == sorted(one["text"] for one in assessment["reminders"])
    assert len(listed) > len(seen)


def test_earlier_runs_are_worked_out_again_and_adopted_in_the_browser(tab: Callable[..., Any], service: Any) -> None:
    athlete = service.athlete(birth_year=1970)
    service.run(athlete, "fit/valid/even_run.fit", temperature_c="18", humidity_pct="50")
    made = tab(width=360)
    page = made.open(f"/athletes/{athlete}/settings")
    page.fill("#profile-hr-rest-bpm", "52")
    page.click("#profile form button")
    page.wait_for_selector("#profile [role=status]")
    page.click("#profile [role=status] a")
    page.click("text=Work the earlier runs out again")
    page.wait_for_selector("form[action$='/adopt']")
    assert "The run would come to something else." in page.locator("[role=status]").inner_text()
    assert "Hard effort" in page.locator("main").inner_text()
    assert made.overflow_px() <= 0
    assert made.violations() == []
    page.click("text=Adopt the new results")
    page.wait_for_selector("text=The new results count since")
    assert made.violations() == []
