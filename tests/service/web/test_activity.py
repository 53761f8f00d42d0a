"""The page of one run, as it is without JavaScript: everything is there to be read."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fixtures.fit_writer import fit
from fixtures.runs import Run, minutes
from service.web import findings

WEATHER = {"temperature_c": "24", "humidity_pct": "70"}


@pytest.fixture(scope="module")
def run(api: Any) -> dict[str, Any]:
    athlete = api.athlete(mass_kg=70, birth_year=1986)
    return api.run(athlete, **WEATHER)


@pytest.fixture(scope="module")
def page(browser: Any, run: dict[str, Any]) -> Any:
    return browser.open(f"/activities/{run['id']}")


def test_the_headline_of_the_assessment_comes_first(page: Any, run: dict[str, Any]) -> None:
    assert page.text("//p[@class='headline']") == run["assessment"]["headline"]["text"]
    assert page.text("//h1") == "Run, 10.00 km"
    assert "10 September 2026, 05:30" in page.text("//p[@class='when']")


def test_the_figures_of_the_run_stand_under_their_names(page: Any) -> None:
    facts = dict(zip(page.texts("//dl[@class='facts']//dt"), page.texts("//dl[@class='facts']//dd"), strict=True))
    assert facts["Distance"] == "10.00 km"
    assert facts["Moving time"] == "54:58"
    assert facts["Pace"] == "5:30 /km"
    assert facts["Heart rate"] == "164 bpm 174 at most"
    assert facts["Conditions"] == "24 °C 70 % humidity"


def test_the_parts_of_the_score_add_up_to_it_in_list_and_bar(page: Any, run: dict[str, Any]) -> None:
    score = run["assessment"]["score"]
    gains = [int(text.replace("−", "-")) for text in page.texts("//ol[@class='parts']/li/span[@class='gain']")]
    assert gains[-1] == score == sum(gains[:-1])
    widths = [float(rect.get("width")[:-1]) for rect in page.all("//*[contains(@class, 'part part-')]")]
    assert sum(widths) == score


def test_a_level_is_a_word_and_a_shape_beside_its_colour(page: Any, run: dict[str, Any]) -> None:
    level = page.one("//p[@class='verdict']/span[contains(@class, 'level')]")
    assert level.text_content().strip() == run["assessment"]["level"]
    assert (
        len(level.xpath(".//*[@class='on']"))
        == ["low", "moderate", "high", "very_high"].index(level.text_content().strip()) + 1
    )
    assert "lifted from low by heat" in page.text("//p[@class='verdict']")


def test_each_warning_shows_its_evidence_grade_confidence_source_and_change(page: Any, run: dict[str, Any]) -> None:
    shown = {
        one.xpath("string(.//h3)").split()[1]: " ".join(" ".join(one.itertext()).split())
        for one in page.all("//li[@class='warning']")
    }
    assert len(shown) == len(run["assessment"]["warnings"]) > 1
    fast = next(one for one in run["assessment"]["warnings"] if one["code"] == "fast_start")
    told = shown["Fast"]
    for words in (fast["text"], fast["evidence_text"], fast["counterfactual"]["text"], "confidence", "A05", "12.0 %"):
        assert words.lower() in told.lower()


def test_a_warning_links_to_its_window_and_the_window_says_where_it_is(page: Any) -> None:
    link = page.one("//li[@id='why-fast_start']//a[starts-with(@href, '#')]")
    assert link.get("href") == "#fast_start"
    window = page.one("//li[@id='fast_start']")
    assert (window.get("data-from-m"), window.get("data-to-m")) == ("100.0", "1000.0")
    assert "km 0.1–1.0, 0:30–4:58" in " ".join(" ".join(window.itertext()).split())


def test_every_fragment_that_is_linked_is_in_the_page_once(page: Any) -> None:
    ids = [one.get("id") for one in page.all("//*[@id]")]
    assert len(ids) == len(set(ids))
    assert {one.get("href")[1:] for one in page.all("//a[starts-with(@href, '#')]")} <= set(ids)


def test_the_table_twin_of_the_charts_has_a_row_a_kilometre(page: Any) -> None:
    rows = page.texts("//section[@aria-labelledby='splits-title']//tbody/tr")
    assert len(rows) == 10
    assert rows[0] == "1 4:58 4:58 136 0 0 170 4:58"


def test_what_was_not_assessed_and_the_quality_of_the_data_are_there_to_be_unfolded(
    page: Any, run: dict[str, Any]
) -> None:
    folded = " ".join(page.texts("//section[@aria-labelledby='doubts-title']//details"))
    for gap in run["assessment"]["not_assessed"]:
        assert gap["text"] in folded
    assert f"({len(run['assessment']['not_assessed'])})" in folded


def test_five_reminders_at_most_are_open_and_the_rest_is_folded(page: Any, run: dict[str, Any]) -> None:
    primary = [one for one in run["assessment"]["reminders"] if one["primary"]]
    rest = [one for one in run["assessment"]["reminders"] if not one["primary"]]
    assert page.texts("//div[@class='phases']//li") == sorted(
        (one["text"] for one in primary), key=page.texts("//div[@class='phases']//li").index
    )
    assert len(primary) <= 5 < len(primary) + len(rest)
    folded = page.text("//section[@aria-labelledby='next-title']/details")
    assert all(one["text"] in folded for one in rest)


def test_a_long_run_shows_its_drinks_at_their_minutes_as_estimates(browser: Any, api: Any) -> None:
    athlete = api.athlete(mass_kg=70, birth_year=1986)
    run = api.run(athlete, "fit/valid/long_run_heat.fit", **WEATHER)
    page = browser.open(f"/activities/{run['id']}")
    marks = page.texts("//ol[@class='marks']/li")
    fluid = next(one for one in run["assessment"]["reminders"] if one["code"] == "fluid")
    span = f"{fluid['per_mark']['min']:.0f}–{fluid['per_mark']['max']:.0f} ml"
    assert marks[0].startswith(f"minute {fluid['at_min'][0]:.0f} drink, an estimated {span}")
    assert len(marks) > 4
    assert "Drink to thirst" in page.text("//section[@aria-labelledby='next-title']")


def test_where_no_amount_can_be_told_no_minute_promises_one(browser: Any, api: Any) -> None:
    run = api.run(api.athlete(), "fit/valid/long_run_heat.fit", **WEATHER)
    during = [one for one in run["assessment"]["reminders"] if one["at_min"]]
    assert during
    assert all(one["per_mark"] is None for one in during)
    page = browser.open(f"/activities/{run['id']}")
    assert page.texts("//ol[@class='marks']/li") == []
    told = page.text("//section[@aria-labelledby='next-title']")
    assert "arbohydrate" in told


def test_the_page_speaks_imperial_to_whoever_does(browser: Any, api: Any) -> None:
    athlete = api.athlete(units="imperial")
    page = browser.open(f"/activities/{api.run(athlete, **WEATHER)['id']}")
    text = page.text("//main")
    assert "6.21 mi" in text
    assert "8:51 /mi" in text
    assert "75 °F" in text
    assert " km" not in page.text("//dl[@class='facts']")


def test_sentences_of_the_score_stand_apart(browser: Any, api: Any) -> None:
    """Of a marathon that faded after other runs, which has all of them: range, what is usual, and the forecast."""
    athlete = api.athlete(mass_kg=70)
    for name in ("even_run", "easy_run", "jog", "tempo", "fast_start", "progression", "long_run", "hills", "intervals"):
        api.run(athlete, f"fit/valid/{name}.fit")
    run = api.run(athlete, "fit/valid/marathon_fade.fit")
    assert run["assessment"]["usual_for_athlete"] is not None
    told = browser.open(f"/activities/{run['id']}").text(
        "//section[@aria-labelledby='score-title']/p[@class='quiet'][1]"
    )
    assert "For a similar run to come" in told
    assert "Higher than" in told
    assert not re.search(r"[a-z0-9%]\.[A-Z]", told)


def test_a_sport_without_a_score_says_so_and_keeps_its_figures(browser: Any, api: Any) -> None:
    page = browser.open(f"/activities/{api.run(api.athlete(), 'fit/valid/ride.fit')['id']}")
    assert "No score" in page.text("//section[@aria-labelledby='score-title']")
    assert "km/h" in page.text("//dl[@class='facts']")


def test_a_run_that_is_too_short_says_what_an_assessment_needs(browser: Any, api: Any) -> None:
    page = browser.open(f"/activities/{api.run(api.athlete(), 'fit/valid/too_short.fit')['id']}")
    assert "five minutes and 500 metres" in page.text("//section[@aria-labelledby='score-title']")


@pytest.mark.parametrize(
    "name",
    [
        *("fit/valid/hills.fit", "fit/valid/intervals.fit", "fit/valid/marathon_fade.fit", "fit/valid/no_altitude.fit"),
        *("fit/valid/no_heart_rate.fit", "fit/valid/treadmill.fit", "fit/valid/walk.fit", "gpx/valid/even_run.gpx"),
    ],
)
def test_every_kind_of_run_has_a_whole_page(browser: Any, api: Any, name: str) -> None:
    """No placeholder is left, nothing says None, and every warning is listed."""
    run = api.run(api.athlete(mass_kg=70), name)
    page = browser.open(f"/activities/{run['id']}")
    text = page.text("//main")
    assert "None" not in text
    assert "{" not in text
    shown = [one.get("id") for one in page.all("//ol[@id='windows']//li[@data-label]")]
    listed = findings.found(run["assessment"]["warnings"], distance_m=run["summary"]["distance_m"])
    asked = [f"question-{at}" for at, _ in enumerate(run["assessment"]["questions"], start=1)]
    assert shown == [window.fragment for one in listed for window in one.windows] + asked


def test_an_answer_is_kept_and_shown_and_may_be_changed(browser: Any, api: Any) -> None:
    run = api.run(api.athlete())
    told = {"answer": "cramp_stopped", "muscle": "calf", "side": "left", "at": "8,5", "red_flags": ["dark_urine"]}
    answer = browser.send(f"/activities/{run['id']}/cramp-report", told)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/activities/{run['id']}#cramp"
    kept = api.get(f"/v1/activities/{run['id']}/cramp-report").json()
    assert kept["answer"] == "cramp_stopped"
    assert kept["episodes"] == [{"muscle": "calf", "side": "left", "minute": None, "at_m": 8500.0}]
    assert kept["red_flags"] == ["dark_urine"]
    page = browser.open(f"/activities/{run['id']}")
    assert "a cramp, and you walked or stopped" in page.text("//div[@id='cramp']")
    assert "clinician" in page.text("//div[@id='cramp']")
    assert browser.send(f"/activities/{run['id']}/cramp-report", {"answer": "none"}).status_code == 303
    assert api.get(f"/v1/activities/{run['id']}/cramp-report").json()["answer"] == "none"


def test_htmx_gets_the_form_alone(browser: Any, api: Any) -> None:
    run = api.run(api.athlete())
    answer = browser.send(f"/activities/{run['id']}/cramp-report", {"answer": "near"}, **{"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="cramp">')


def test_a_log_is_kept_in_si_whatever_it_was_written_in(browser: Any, api: Any) -> None:
    run = api.run(api.athlete(units="imperial"))
    told = {"fluid": "20", "mass_before": "160", "sleep_h": "7.5", "fasted": "no", "effort": "6", "carbs_g": ""}
    assert browser.send(f"/activities/{run['id']}/log", told).status_code == 303
    kept = api.get(f"/v1/activities/{run['id']}/log").json()
    assert kept["fluid_ml"] == pytest.approx(591.47)
    assert kept["mass_before_kg"] == pytest.approx(72.5748, abs=1e-3)
    assert (kept["sleep_h"], kept["fasted"], kept["effort"], kept["carbs_g"]) == (7.5, False, 6, None)
    assert browser.open(f"/activities/{run['id']}").one("//input[@name='fluid']").get("value") == "20"


def test_a_run_that_is_not_there_is_a_page_too(browser: Any) -> None:
    for name in ("act_01k6p7e5000000000000000000", "act_none", "%00", "<script>"):
        page = browser.open(f"/activities/{name}", status=404)
        assert page.all("//a[@href='/']")
        assert page.answer.headers["x-request-id"].startswith("req_")


def test_the_parts_of_one_outing_are_told_in_order_and_lead_to_each_other(
    api: Any, browser: Any, watch_file: Any
) -> None:
    """Run, ride and run of one file: the page of the last leads to the others, and says what is not in its score."""
    athlete = api.athlete()
    made = api.upload(athlete, watch_file("fit/valid/multisport.fit")).json()
    first, ride, last = (one["activity"] for one in made["items"])
    page = browser.open(f"/activities/{last['id']}")
    assert page.text("//p[@class='outing']") == (
        "One outing: Run, 2.70 km 15:00 → Ride, 19.20 km 40:00 → Run, 2.09 km 12:00"
    )
    links = [one.get("href") for one in page.all("//p[@class='outing']/a")]
    assert links == [f"/activities/{first['id']}", f"/activities/{ride['id']}"]
    assert page.text("//p[@class='outing']/strong[@aria-current='page']") == "Run, 2.09 km"
    assert "You came straight from a ride." in page.text("//section[@aria-labelledby='doubts-title']")


def test_a_run_of_its_own_is_no_outing_of_several(page: Any) -> None:
    assert page.all("//p[@class='outing']") == []


def test_a_hilly_run_names_each_climb_and_descent(api: Any, browser: Any) -> None:
    page = browser.open(f"/activities/{api.run(api.athlete(), 'fit/valid/hills.fit')['id']}")
    chips = page.texts("//ol[@id='windows']//li[starts-with(@id, 'hilly')]")
    assert len(chips) > 5
    assert all(re.fullmatch(r"\d (Climb|Descent) km \d+\.\d–\d+\.\d", chip) for chip in chips)
    assert page.texts("//li[@id='why-hilly']//dd")[0].startswith(
        "12 stretches : Climb km 0.0–1.2 ; Descent km 1.3–2.5 ; Climb"
    )


def test_a_warning_says_which_severity_its_threshold_is_of(api: Any, browser: Any) -> None:
    """The same rule tells another threshold in another run: that of the severity which was reached."""
    page = browser.open(f"/activities/{api.run(api.athlete(), 'fit/valid/marathon_fade.fit')['id']}")
    assert "; high from 180 min on" in page.texts("//li[@id='why-duration']//dd")[1]
    page = browser.open(f"/activities/{api.run(api.athlete(), 'fit/valid/long_run.fit')['id']}")
    assert "; moderate from 90 min on" in page.texts("//li[@id='why-duration']//dd")[1]


def test_what_is_left_of_a_split_at_the_end_is_no_kilometre(api: Any, browser: Any) -> None:
    page = browser.open(f"/activities/{api.run(api.athlete(), 'fit/valid/marathon_fade.fit')['id']}")
    rows = page.texts("//section[@aria-labelledby='splits-title']//tbody/tr/th")
    assert rows[-2:] == ["42", "last 195 m"]


def test_a_long_timeline_of_reminders_is_folded_after_its_beginning(api: Any, browser: Any) -> None:
    run = api.run(api.athlete(mass_kg=70), "fit/valid/marathon_fade.fit", **WEATHER)
    page = browser.open(f"/activities/{run['id']}")
    shown = page.all("//section[@aria-labelledby='next-title']/ol[@class='marks']/li")
    folded = page.all("//section[@aria-labelledby='next-title']/details/ol[@class='marks']/li")
    minutes = {minute for one in run["assessment"]["reminders"] for minute in one["at_min"] or () if one["per_mark"]}
    assert (len(shown), len(shown) + len(folded)) == (6, len(minutes))


def test_weather_of_the_watch_alone_is_said_without_a_stray_comma(api: Any, browser: Any) -> None:
    warm = api.upload(api.athlete(), fit(Run((minutes(20, 3.0),), temperature_c=27.0)))
    run = warm.json()["items"][0]["activity"]
    page = browser.open(f"/activities/{run['id']}")
    assert run["conditions"]["source"] == "device"
    assert "by the watch" in page.text("//dl[@class='facts']")
    assert ", by" not in page.text("//dl[@class='facts']")


def test_a_danger_sign_stands_before_everything_and_no_plan_follows_it(browser: Any, api: Any) -> None:
    """First what to do about it, and neither minutes nor amounts for a next run."""
    athlete = api.athlete(mass_kg=70, birth_year=1986)
    run = api.run(athlete, "fit/valid/long_run_heat.fit", **WEATHER)
    told = {"answer": "near", "red_flags": ["dark_urine", "chest_pain"]}
    api.put(f"/v1/activities/{run['id']}/cramp-report", json=told)
    page = browser.open(f"/activities/{run['id']}")
    notice = page.text("//section[@aria-labelledby='flags-title']")
    for said in ("dark urine and chest pain", "a clinician should look at", "call the emergency number now"):
        assert said in notice
    following = "//section[@aria-labelledby='flags-title']/following-sibling::"
    assert page.all("//p[@class='headline']") == []
    assert page.all(f"{following}dl[@class='facts']")
    after = page.text("//section[@aria-labelledby='next-title']")
    assert "No plan for a next run is shown" in after
    assert "never more than you sweat" in after
    assert "estimated" not in after
    assert not re.search(r"\d", after)
    assert page.all("//*[contains(@class, 'marks')]") == []


def test_once_it_is_taken_back_the_plan_is_there_again(browser: Any, api: Any) -> None:
    run = api.run(api.athlete(mass_kg=70), "fit/valid/long_run_heat.fit", **WEATHER)
    path = f"/v1/activities/{run['id']}/cramp-report"
    api.put(path, json={"answer": "none", "red_flags": ["fainting"]})
    assert browser.open(f"/activities/{run['id']}").all("//section[@aria-labelledby='flags-title']")
    api.put(path, json={"answer": "none", "red_flags": []})
    page = browser.open(f"/activities/{run['id']}")
    assert page.all("//section[@aria-labelledby='flags-title']") == []
    assert page.all("//ol[@class='marks']/li")


def test_a_danger_sign_after_a_ride_is_told_too(browser: Any, api: Any) -> None:
    run = api.run(api.athlete(), "fit/valid/ride.fit")
    api.put(f"/v1/activities/{run['id']}/cramp-report", json={"answer": "none", "red_flags": ["fever"]})
    assert "fever" in browser.open(f"/activities/{run['id']}").text("//section[@aria-labelledby='flags-title']")
