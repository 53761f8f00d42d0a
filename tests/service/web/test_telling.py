"""What the page of a run says to what the athlete tells: the sweat rate, what is missing for one, and what follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.settings import Settings
from tests.service.api.conftest import opened
from tests.service.web.conftest import Browser, Page

LONG = "fit/valid/long_run_heat.fit"
SMALL = {"HX-Request": "true"}


def weighed(browser: Any, run: str, **fields: str) -> str:
    answer = browser.send(f"/activities/{run}/log", fields, **SMALL)
    assert answer.status_code == 200
    return Page(answer).text("//p[@class='weighing']")


@pytest.fixture(scope="module")
def long(api: Any) -> str:
    return str(api.run(api.athlete(mass_kg=70), LONG)["id"])


def test_three_entries_are_a_sweat_rate_with_how_it_was_worked_out(browser: Any, long: str) -> None:
    told = weighed(browser, long, fluid="500", mass_before="70", mass_after="68.8", urine="100")
    assert "you sweated 0.96 l/h on this run" in told
    assert "1.2 kg less after it, drank 500 ml, passed 100 ml, and moved for 1:40:00" in told
    assert "an estimate until 3 runs of this sport are weighed; this is the first" in told


def test_the_sweat_rate_is_told_in_the_units_of_the_athlete(browser: Any, api: Any) -> None:
    run = api.run(api.athlete(units="imperial"), LONG)["id"]
    told = weighed(browser, run, fluid="20", mass_before="155", mass_after="152")
    assert "you sweated 40 fl oz/h" in told
    assert "3 lb less after it, drank 20 fl oz" in told


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"fluid": "0", "mass_before": "70"}, "Weight after"),
        ({"mass_before": "70", "mass_after": "69"}, "Fluid on the way"),
        ({"sleep_h": "7"}, "Weight before, Weight after, Fluid on the way"),
    ],
)
def test_where_no_rate_is_measured_one_sentence_says_what_is_missing(
    browser: Any, long: str, fields: Any, missing: str
) -> None:
    assert weighed(browser, long, **fields) == (
        f"No sweat rate could be measured, as this is missing: {missing}. What was none is a 0."
    )


def test_scales_that_cannot_be_right_are_doubted(browser: Any, api: Any, long: str) -> None:
    assert "nobody sweats so much" in weighed(browser, long, fluid="0", mass_before="80", mass_after="70")
    short = api.run(api.athlete(), "fit/valid/jog.fit")
    if short["summary"]["moving_s"] < 1800:
        assert "within half an hour" in weighed(browser, short["id"], fluid="0", mass_before="70", mass_after="69")


@pytest.mark.parametrize("profile", [{"hide_amounts": True}, {"birth_year": 2012}], ids=["hidden", "young"])
def test_no_amounts_and_no_rate_are_told_where_they_are_hidden(browser: Any, api: Any, profile: Any) -> None:
    run = api.run(api.athlete(mass_kg=70, **profile), LONG)["id"]
    told = weighed(browser, run, fluid="500", mass_before="70", mass_after="68.8")
    assert told.startswith("A sweat rate was measured on this run. Amounts are not shown")
    assert not any(sign.isdigit() for sign in told.replace("18", ""))
    assert browser.open(f"/activities/{run}").text("//p[@class='weighing']") == told
    assert "is missing: Weight after" in weighed(browser, run, fluid="500", mass_before="70")


def test_who_weighs_the_same_after_it_is_not_told_of_no_kilograms(browser: Any, long: str) -> None:
    told = weighed(browser, long, fluid="700", mass_before="70", mass_after="70")
    assert "You weighed the same after it as before, drank 700 ml, and moved" in told
    assert "1 kg more after it" in weighed(browser, long, fluid="2000", mass_before="70", mass_after="71")


def test_a_rate_in_the_profile_goes_first_and_three_weighings_go_before_the_estimate(browser: Any, api: Any) -> None:
    athlete = api.athlete()
    for name, lost in (("even_run", "69.3"), ("fast_start", "69.1"), ("long_run_heat", "68.7")):
        run = api.run(athlete, f"fit/valid/{name}.fit")["id"]
        told = weighed(browser, run, fluid="0", mass_before="70", mass_after=lost)
    assert "the median of your 3 weighings" in told
    api.patch(f"/v1/athletes/{athlete}", json={"sweat_rate_l_per_h": 1.25})
    assert "the rate in your profile, 1.25 l/h" in browser.open(f"/activities/{run}").text("//p[@class='weighing']")


def test_the_answer_to_a_form_leads_to_the_page_worked_out_anew(browser: Any, long: str) -> None:
    for path, fields in (("log", {"fluid": "100"}), ("cramp-report", {"answer": "near"})):
        page = Page(browser.send(f"/activities/{long}/{path}", fields, **SMALL))
        assert "being assessed again" in page.text("//p[@role='status']")
        assert page.one("//p[@role='status']//a").get("href") == f"/activities/{long}"


def test_a_page_that_is_behind_says_so_until_the_run_is_assessed_again(tmp_path: Path) -> None:
    for api in opened(Settings(data_dir=tmp_path, role="api")):  # nobody is there to assess it
        browser, run = Browser(api), api.run(api.athlete())["id"]
        assert browser.open(f"/activities/{run}").all("//p[contains(@class, 'behind')]") == []
        assert browser.send(f"/activities/{run}/log", {"fluid": "300"}).status_code == 303
        page = browser.open(f"/activities/{run}")
        assert "still shows the result before" in page.text("//p[contains(@class, 'behind')]")
        assert "being assessed again" in page.text("//div[@id='log']/p[@role='status']")


def test_what_belongs_before_a_clinician_is_said_once(browser: Any, api: Any) -> None:
    run = api.run(api.athlete())["id"]
    flags = ["chest_pain", "dark_urine"]
    browser.send(f"/activities/{run}/cramp-report", {"answer": "cramp_stopped", "when": "after", "red_flags": flags})
    said = browser.open(f"/activities/{run}").texts("//div[@class='after-report']//p")
    assert len(said) == len(set(said)) > 3
    assert sum(one.startswith("See a clinician") for one in said) == 1


def test_what_was_told_stands_in_the_form_to_be_changed(browser: Any, api: Any) -> None:
    run = api.run(api.athlete())["id"]
    told = {"answer": "near", "muscle": "calf", "side": "left", "at": "8.5", "stitch": "yes", "red_flags": ["fever"]}
    browser.send(f"/activities/{run}/cramp-report", told)
    page = browser.open(f"/activities/{run}")
    chosen = [one.get("value") for one in page.all("//div[@id='cramp']//option[@selected]")]
    assert chosen == ["calf", "left"]
    assert page.one("//input[@name='at']").get("value") == "8.5"
    ticked = [one.get("value") for one in page.all("//div[@id='cramp']//input[@checked]")]
    assert ticked == ["near", "yes", "fever"]


def test_who_drank_too_much_reads_it_beside_the_log(api: Any, browser: Any) -> None:
    """Four litres in an hour and two kilograms more on the scales: whatever else is shown or not."""
    athlete = api.athlete(mass_kg=70)
    run = api.run(athlete)
    log = {"fluid_ml": 4000, "mass_before_kg": 70, "mass_after_kg": 72, "urine_ml": 0}
    api.request("PUT", f"/v1/activities/{run['id']}/log", json=log)
    api.request("PUT", f"/v1/activities/{run['id']}/cramp-report", json={"answer": "none", "red_flags": ["fainting"]})
    told = browser.open(f"/activities/{run['id']}").text("//div[@id='log']")
    assert "get emergency care, and give no more water" in told
    calm = api.run(athlete, "fit/valid/jog.fit")
    api.request("PUT", f"/v1/activities/{calm['id']}/log", json=log | {"fluid_ml": 300, "mass_after_kg": 69.8})
    assert "emergency" not in browser.open(f"/activities/{calm['id']}").text("//div[@id='log']")
