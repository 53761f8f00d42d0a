"""What a person changes of a run on its page: name, sport, weather, note; a record taken out; the run deleted."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.catalogue import on
from fixtures.fit_writer import fit
from fixtures.gpx_writer import gpx
from fixtures.runs import km
from service.api.wire import NOTE_LENGTH
from tests.service.web.conftest import Page

UNTOUCHED = {"name": "", "sport": "", "temperature": "", "humidity": "", "wind": "", "note": ""}


def said(api: Any, run: dict[str, Any]) -> dict[str, Any]:
    return dict(api.get(f"/v1/activities/{run['id']}").json())


def test_what_is_said_stands_above_the_file_and_the_run_is_assessed_with_it(api: Any, browser: Any) -> None:
    run = api.run(api.athlete())
    fields = UNTOUCHED | {"name": "Along the river", "temperature": "29", "humidity": "70", "note": "dry\r\nmouth"}
    answer = browser.send(f"/activities/{run['id']}/change", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/activities/{run['id']}")
    now = said(api, run)
    assert (now["name"], now["note"], now["sport"]) == ("Along the river", "dry\nmouth", run["sport"])
    assert (now["conditions"]["temperature_c"], now["conditions"]["source"]) == (29, "given")
    assert "heat" in {one["code"] for one in now["assessment"]["warnings"]}
    page = browser.open(f"/activities/{run['id']}")
    assert page.text("//h1") == "Along the river"
    assert page.text("//p[@class='note']") == "dry mouth"
    assert page.one("//input[@id='run-temperature']").get("value") == "29"


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(api: Any, browser: Any) -> None:
    """Nothing becomes a person's word that nobody said: a service may still rename the run."""
    run = api.run(api.athlete(), temperature_c="20")
    shown = browser.open(f"/activities/{run['id']}").fields("/change")
    answer = browser.send(f"/activities/{run['id']}/change", shown)
    assert answer.status_code == 303
    now = said(api, run)
    changed = {name for name in now if now[name] != run[name]}
    assert changed <= {"updated_at"}


def test_a_sport_is_said_and_taken_back(api: Any, browser: Any) -> None:
    run = api.run(api.athlete())
    browser.send(f"/activities/{run['id']}/change", UNTOUCHED | {"sport": "hiking"})
    assert said(api, run)["sport"] == "hiking"
    browser.send(f"/activities/{run['id']}/change", UNTOUCHED | {"sport": "as_filed"})
    assert said(api, run)["sport"] == "running"


def test_weather_is_said_in_the_units_of_the_athlete_and_taken_back(api: Any, browser: Any) -> None:
    run = api.run(api.athlete(units="imperial"))
    browser.send(f"/activities/{run['id']}/change", UNTOUCHED | {"temperature": "86"})
    assert said(api, run)["conditions"]["temperature_c"] == pytest.approx(30)
    browser.send(f"/activities/{run['id']}/change", UNTOUCHED)
    assert said(api, run)["conditions"]["source"] != "given"


def test_what_cannot_be_is_told_beside_its_field_and_kept_in_the_form(api: Any, browser: Any) -> None:
    run = api.run(api.athlete())
    fields = UNTOUCHED | {"humidity": "170", "name": "Kept here"}
    page = Page(browser.send(f"/activities/{run['id']}/change", fields, Accept="text/html"))
    assert page.text("//p[@id='run-humidity-wrong']") == "at most 100 %"
    assert page.one("//input[@id='run-name']").get("value") == "Kept here"
    assert page.one("//details[@id='change']").get("open") is not None
    assert said(api, run)["name"] == run["name"]


def test_a_deleted_run_is_gone_and_the_list_says_so(api: Any, browser: Any) -> None:
    athlete = api.athlete()
    run = api.run(athlete)
    answer = browser.send(f"/activities/{run['id']}/delete", {})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/athletes/{athlete}")
    assert "The run is deleted." in browser.open(f"/athletes/{athlete}").text("//p[@role='status']")
    assert browser.open(f"/athletes/{athlete}").all("//p[@role='status']") == [], "told a second time"
    assert browser.open(f"/athletes/{athlete}?deleted=yes").all("//p[@role='status']") == [], "told to a link"
    assert api.get(f"/v1/activities/{run['id']}").status_code == 404


def test_one_of_two_records_is_taken_out_and_both_lead_to_each_other(api: Any, browser: Any) -> None:
    """Together they are one run with two files; apart they are two that cover the same time."""
    athlete, same = api.athlete(), on(60, km(10, 3.0), step_s=2.0)
    run = api.upload(athlete, fit(same)).json()["items"][0]["activity"]
    merged = api.upload(athlete, gpx(same), name="b.gpx").json()["items"][0]
    assert merged["outcome"] == "merged"
    page = browser.open(f"/activities/{run['id']}")
    forms = page.all("//details[@id='files']//form")
    assert len(forms) == 2
    fields = {one.get("name"): one.get("value") for one in forms[1].xpath(".//input")}
    answer = browser.send(f"/activities/{run['id']}/unmerge", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/activities/{run['id']}#files")
    left = browser.open(f"/activities/{run['id']}")
    assert left.all("//details[@id='files']//form") == []
    (other,) = left.all("//p[@class='twin']/a[starts-with(@href, '/activities/')]")
    back = browser.open(other.get("href"))
    assert f"/activities/{run['id']}" in [one.get("href") for one in back.all("//p[@class='twin']/a")]


@pytest.mark.parametrize("part", ["9" * 5000, "9" * 10, "٣", "-1", "", "x"])
def test_a_record_that_cannot_be_is_no_mistake_of_ours(api: Any, browser: Any, part: str) -> None:
    run = api.run(api.athlete())
    fields = {"sha256": run["sources"][0]["sha256"], "part": part}
    assert browser.send(f"/activities/{run['id']}/unmerge", fields, Accept="text/html").status_code == 422


def test_a_note_may_have_as_many_letters_as_the_api_takes_and_keeps_its_line_breaks(api: Any, browser: Any) -> None:
    run = api.run(api.athlete())
    note = "\n\n" + "x\n" * 1998 + "x "
    assert len(note) == NOTE_LENGTH
    assert api.patch(f"/v1/activities/{run['id']}", json={"note": note}).status_code == 200
    page = browser.open(f"/activities/{run['id']}")
    assert page.one("//textarea").get("maxlength") == str(NOTE_LENGTH)
    fields = page.fields("/change")
    for name in ("shown", "changed"):
        fields["name"] = [name]
        assert browser.send(f"/activities/{run['id']}/change", fields).status_code == 303
        assert said(api, run)["note"] == note, name
        fields |= {"note": [note.replace("\n", "\r\n")], "seen": ["metric"]}


def test_an_emptied_name_takes_back_what_was_said_and_the_form_says_what_stays(api: Any, browser: Any) -> None:
    run = api.run(api.athlete())
    for name in ("Along the river", ""):
        page = browser.open(f"/activities/{run['id']}")
        browser.send(f"/activities/{run['id']}/change", page.fields("/change") | {"name": [name]})
    assert said(api, run)["name"] == run["name"]
    assert "a name that the file or a service gave cannot be emptied" in page.text("//details[@id='change']/p")


def test_the_beginning_of_a_run_that_is_here_says_that_it_ends_early_and_names_the_whole(
    api: Any, browser: Any, watch_file: Any
) -> None:
    athlete, whole = api.athlete(), watch_file("fit/valid/fast_start.fit")
    run = api.run(athlete)
    cut = api.upload(athlete, whole[:20_000], name="cut.fit").json()["items"][0]["activity"]
    page = browser.open(f"/activities/{cut['id']}")
    told = page.texts("//p[@class='twin']")
    assert "Another record covers the same time: Run, 10.00 km" in told[0]
    assert told[1].startswith("The file ends before the run did")
    assert page.one("//p[@class='twin']/a[1]").get("href") == f"/activities/{run['id']}"
    assert browser.open(f"/activities/{api.run(api.athlete())['id']}").all("//p[@class='twin']") == []
