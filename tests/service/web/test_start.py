"""Where it begins: the greeting, the plain form, and what became of each file."""

from __future__ import annotations

from typing import Any


def send(browser: Any, athlete: str, *files: tuple[str, bytes]) -> Any:
    parts = [("file", (name, data)) for name, data in files]
    headers = {"Sec-Fetch-Site": "same-origin"}
    return browser.api.post(f"/athletes/{athlete}/uploads", files=parts, headers=headers)


def test_an_empty_installation_greets_with_one_sentence_and_the_made_up_runs(browser: Any, api: Any) -> None:
    page = browser.open(f"/athletes/{api.athlete()}")
    assert page.text("//h1") == "Which moments of your run raised the risk of a cramp?"
    assert "Drop the file of a run" in page.text("//main")
    assert page.one("//form[contains(@action, '/demo')]//button").text == "Load the made-up runs"
    assert not page.all("//table")


def test_the_made_up_runs_become_a_history_and_the_greeting_goes(browser: Any, api: Any) -> None:
    athlete = api.athlete(mass_kg=61)
    answer = browser.send(f"/athletes/{athlete}/demo", {})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/athletes/{athlete}/history")
    listed = api.get(f"/v1/athletes/{athlete}/risk-history?limit=200").json()["items"]
    assert len(listed) > 25
    assert api.get(f"/v1/athletes/{athlete}").json()["mass_kg"] == 61
    page = browser.open(f"/athletes/{athlete}")
    assert page.text("//h1") == "Add runs"
    assert len(page.all("//table[@class='runs']/tbody/tr")) == 20


def test_one_file_leads_straight_on_to_its_run(browser: Any, api: Any, watch_file: Any) -> None:
    answer = send(browser, api.athlete(), ("run.fit", watch_file("fit/valid/fast_start.fit")))
    assert answer.status_code == 303
    page = browser.open(answer.headers["location"])
    assert "First 1 km 12% faster" in page.text("//p[@class='headline']")


def test_of_several_files_each_has_its_outcome_and_a_bad_one_its_reason(
    browser: Any, api: Any, watch_file: Any
) -> None:
    jog = watch_file("fit/valid/jog.fit")
    answer = send(browser, api.athlete(), ("a.fit", jog), ("b.fit", jog), ("<b>x</b>.txt", b"nothing of the kind"))
    assert answer.status_code == 303
    page = browser.open(answer.headers["location"])
    assert "1 read, 1 already here" in page.text("//p[@role='status']")
    lines = page.texts("//ul[contains(@class, 'outcomes')]/li")
    assert lines[0].startswith("read a.fit")
    assert lines[1].startswith("already here b.fit")
    assert lines[2].startswith("could not be read")
    assert page.one("//li[@class='outcome-rejected']//a").get("href") == "/problems/unknown_type"


def test_a_file_that_is_refused_alone_is_a_page_that_says_why(browser: Any, api: Any) -> None:
    answer = send(browser, api.athlete(), ("run.fit", b"nothing of the kind"))
    assert answer.status_code == 415
    assert answer.headers["content-type"].startswith("text/html")
    assert "/problems/unknown_type" in answer.text


def test_the_page_of_an_unknown_upload_or_athlete_is_not_there(browser: Any) -> None:
    browser.open("/uploads/upl_01k6p7e5000000000000000000", status=404)
    browser.open("/athletes/ath_01k6p7e5000000000000000000", status=404)
    browser.open("/athletes/nobody/history", status=404)


def test_the_made_up_runs_are_taken_away_with_their_runner_and_what_is_ones_own_stays(
    browser: Any, api: Any, watch_file: Any
) -> None:
    athlete = api.athlete()
    assert "of 70 kg" in browser.open(f"/athletes/{athlete}").text("//form[contains(@action, '/demo')]")
    browser.send(f"/athletes/{athlete}/demo", {})
    own = api.upload(athlete, watch_file("gpx/valid/no_elevation.gpx")).json()["items"][0]["activity"]["id"]
    assert "Take them away" in browser.open(f"/athletes/{athlete}").text("//form[contains(@action, '/demo/remove')]")
    assert browser.send(f"/athletes/{athlete}/demo/remove", {}).status_code == 303
    left = api.get(f"/v1/athletes/{athlete}/activities?limit=200").json()["items"]
    assert [run["id"] for run in left] == [own]
    profile = api.get(f"/v1/athletes/{athlete}").json()
    assert (profile["mass_kg"], profile["name"], profile["cramp_history"]) == (None, None, "unknown")
    assert not browser.open(f"/athletes/{athlete}").all("//form[contains(@action, '/demo/remove')]")
    browser.send(f"/athletes/{athlete}/demo", {})
    assert len(api.get(f"/v1/athletes/{athlete}/activities?limit=200").json()["items"]) > 25, "and they come back"


def test_what_was_changed_of_the_profile_stays_when_the_made_up_runs_go(browser: Any, api: Any) -> None:
    athlete = api.athlete()
    browser.send(f"/athletes/{athlete}/demo", {})
    api.patch(f"/v1/athletes/{athlete}", json={"mass_kg": 64})
    told = browser.open(f"/athletes/{athlete}").text("//form[contains(@action, '/demo/remove')]")
    assert "Year of birth" in told
    assert "Weight" not in told
    browser.send(f"/athletes/{athlete}/demo/remove", {})
    profile = api.get(f"/v1/athletes/{athlete}").json()
    assert (profile["mass_kg"], profile["birth_year"], profile["strength_training"]) == (64, None, None)


def test_the_parts_of_one_file_are_told_apart(browser: Any, api: Any, watch_file: Any) -> None:
    answer = send(browser, api.athlete(), ("tri.fit", watch_file("fit/valid/multisport.fit")))
    lines = browser.open(answer.headers["location"]).texts("//ul[contains(@class, 'outcomes')]/li")
    assert [line.split(":")[0] for line in lines] == [
        f"read tri.fit 25 Oct 2026. {part}" for part in ("Run, 2.70 km", "Ride, 19.20 km", "Run, 2.09 km")
    ]


def test_a_file_that_ends_early_says_so_in_the_list(browser: Any, api: Any, watch_file: Any) -> None:
    cut = watch_file("fit/valid/fast_start.fit")[:20_000]
    answer = send(browser, api.athlete(), ("a.fit", cut), ("b.fit", watch_file("fit/valid/jog.fit")))
    lines = browser.open(answer.headers["location"]).texts("//ul[contains(@class, 'outcomes')]/li")
    assert ["The file ends early." in line for line in lines] == [True, False]
