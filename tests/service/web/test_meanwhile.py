"""A form that was opened before something else changed: in its units, and with nothing lost of what others changed."""

from __future__ import annotations

from typing import Any

import pytest

from service.store import run_logs
from tests.service.web.conftest import Page
from tests.service.web.test_forms import wrong

TWO = [
    {"muscle": "calf", "side": "left", "minute": 40.25, "at_m": 8046.0},
    {"muscle": "foot", "side": None, "minute": 52.0, "at_m": 9000.0},
]
ANSWER = {"answer": "near", "episodes": TWO, "stitch": False, "when": "during", "red_flags": ["fever"]}
ELSEWHERE = "since you opened the page this was changed elsewhere"


@pytest.fixture
def athlete(api: Any) -> str:
    return str(api.athlete(name="Somebody", mass_kg=70, birth_year=1986))


@pytest.fixture
def run(api: Any, athlete: str) -> str:
    return str(api.run(athlete)["id"])


def opened(browser: Any, page: str, form: str, **changed: str) -> dict[str, Any]:
    """What a browser sends of a form of the page, as it is shown now but for what a person changes in it."""
    return dict(browser.open(page).fields(form)) | changed


@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_every_form_with_a_measure_names_the_units_it_is_shown_in(
    api: Any, browser: Any, athlete: str, run: str, units: str
) -> None:
    api.patch(f"/v1/athletes/{athlete}", json={"units": units})
    for page, sheets in (
        (f"/activities/{run}", ("log", "cramp", "run")),
        (f"/athletes/{athlete}/settings", ("profile",)),
        (f"/athletes/{athlete}", ("weather",)),
    ):
        shown = browser.open(page)
        for sheet in sheets:
            (field,) = shown.all(f"//form[.//*[starts-with(@id, '{sheet}-')]]//input[@name='seen']")
            assert (field.get("type"), field.get("value").split()[0]) == ("hidden", units)


def test_a_log_is_read_in_the_units_it_was_shown_in(api: Any, browser: Any, athlete: str, run: str) -> None:
    api.put(f"/v1/activities/{run}/log", json={"fluid_ml": 500, "mass_before_kg": 70.2})
    fields = opened(browser, f"/activities/{run}", "/log", mass_after="69", urine="100")
    api.patch(f"/v1/athletes/{athlete}", json={"units": "imperial"})
    page = Page(browser.send(f"/activities/{run}/log", fields | {"effort": "11", "mass_after": "690"}))
    assert wrong(page) == {"effort": "at most 10", "mass_after": "at most 350 kg"}
    assert page.one("//input[@name='mass_before']").get("value") == "70.2"
    mended = page.fields("/log") | {"effort": "7", "mass_after": "69"}
    assert browser.send(f"/activities/{run}/log", mended).status_code == 303
    kept = api.get(f"/v1/activities/{run}/log").json()
    assert (kept["fluid_ml"], kept["mass_before_kg"], kept["mass_after_kg"], kept["urine_ml"]) == (500, 70.2, 69, 100)


def test_a_profile_is_read_in_its_units_and_sets_none_back(api: Any, browser: Any, athlete: str) -> None:
    path = f"/athletes/{athlete}/settings"
    first, second = (opened(browser, path, "/settings", mass=mass) for mass in ("70", "71"))
    api.patch(f"/v1/athletes/{athlete}", json={"units": "imperial"})
    for fields, mass_kg in ((first, 70), (second, 71)):
        assert browser.send(path, fields).status_code == 303
        now = api.get(f"/v1/athletes/{athlete}").json()
        assert (now["mass_kg"], now["units"]) == (mass_kg, "imperial")


@pytest.mark.parametrize("seen", ["nautical", "", "metric fluid", "= = . x=.=", "\x00 " * 40])
def test_units_that_there_are_not_are_those_of_the_athlete(
    api: Any, browser: Any, athlete: str, run: str, seen: str
) -> None:
    api.patch(f"/v1/athletes/{athlete}", json={"units": "metric" if "metric" in seen else "imperial"})
    assert browser.send(f"/activities/{run}/log", {"fluid": "10", "seen": seen}).status_code == 303
    kept = api.get(f"/v1/activities/{run}/log").json()["fluid_ml"]
    assert kept == pytest.approx(10 if "metric" in seen else 295.735, abs=0.001)


def test_what_was_changed_elsewhere_stays_in_every_form(api: Any, browser: Any, athlete: str, run: str) -> None:
    at, profile = f"/v1/activities/{run}", f"/v1/athletes/{athlete}"
    api.put(f"{at}/log", json={"fluid_ml": 500})
    api.put(f"{at}/cramp-report", json={"answer": "near"})
    page = f"/activities/{run}"
    change = opened(browser, page, "/change", name="Along the river")
    log = opened(browser, page, "/log", sleep_h="7")
    report = opened(browser, page, "/cramp-report", red_flags="fever")
    settings = opened(browser, f"/athletes/{athlete}/settings", "/settings", hr_rest_bpm="52")
    api.patch(at, json={"note": "wind from the east", "conditions": {"humidity_pct": 70}})
    api.put(f"{at}/log", json={"fluid_ml": 750, "carbs_g": 40})
    api.put(f"{at}/cramp-report", json={"answer": "near", "stitch": True})
    api.patch(profile, json={"mass_kg": 68, "timezone": "Europe/Vienna", "hide_amounts": True})
    for path, fields in ((f"{page}/change", change), (f"{page}/log", log), (f"{page}/cramp-report", report)):
        assert browser.send(path, fields).status_code == 303, path
    assert browser.send(f"/athletes/{athlete}/settings", settings).status_code == 303
    now = api.get(at).json()
    assert (now["name"], now["note"]) == ("Along the river", "wind from the east")
    assert (now["conditions"]["humidity_pct"], now["conditions"]["source"]) == (70, "given")
    assert [now["log"][name] for name in ("fluid_ml", "carbs_g", "sleep_h")] == [750, 40, 7]
    assert [now["cramp_report"][name] for name in ("stitch", "red_flags")] == [True, ["fever"]]
    who = api.get(profile).json()
    assert [who[name] for name in ("mass_kg", "timezone", "hide_amounts", "hr_rest_bpm")] == [
        *(68, "Europe/Vienna", True),
        52,
    ]


@pytest.mark.parametrize(
    ("form", "field", "written", "elsewhere", "told"),
    [
        ("log", "fluid", "600", {"fluid_ml": 750}, f"{ELSEWHERE} to 750 ml;"),
        ("log", "fluid", "600", {"fluid_ml": None}, f"{ELSEWHERE};"),
        ("log", "fasted", "no", {"fasted": True}, f"{ELSEWHERE};"),
        ("change", "name", "Here", {"name": "There"}, f"{ELSEWHERE} to “There”;"),
        ("change", "note", "Here", {"note": "<b>" * 40}, f"{ELSEWHERE} to “{'<b>' * 20}…”;"),
        ("change", "sport", "hiking", {"sport": "cycling"}, f"{ELSEWHERE};"),
        ("settings", "mass", "71", {"mass_kg": 72.5}, f"{ELSEWHERE} to 72.5 kg;"),
        ("settings", "cramp_history", "ever", {"cramp_history": "recent"}, f"{ELSEWHERE};"),
    ],
)
def test_where_two_changed_the_same_the_second_is_asked(  # noqa: PLR0917 - a case of the table has so many columns
    api: Any, browser: Any, athlete: str, run: str, form: str, field: str, written: str, elsewhere: Any, told: str
) -> None:
    page = f"/athletes/{athlete}/settings" if form == "settings" else f"/activities/{run}"
    path = page if form == "settings" else f"{page}/{form}"
    at = {"log": f"/v1/activities/{run}/log", "change": f"/v1/activities/{run}"}.get(form, f"/v1/athletes/{athlete}")
    if form == "log":
        api.put(at, json={"fluid_ml": 500})
    fields = opened(browser, page, f"/{form}", **{field: written})
    (api.put if form == "log" else api.patch)(at, json=elsewhere)
    before = api.get(at).json()
    for headers in ({}, {"HX-Request": "true"} if form != "change" else {}):
        answer = browser.send(path, fields, **headers)
        assert answer.status_code == 409
        assert {name: words.startswith(told) for name, words in wrong(Page(answer)).items()} == {field: True}
        assert api.get(at).json() == before
    again = Page(answer).fields(f"/{form}")
    assert again[field] == ([written] if field != "note" else ["Here"])
    assert browser.send(path, again).status_code == 303
    assert browser.open(page).fields(f"/{form}")[field] == ([written] if field != "sport" else [""])
    assert api.get(at).json() != before


def test_who_writes_what_was_written_elsewhere_is_not_asked(api: Any, browser: Any, run: str) -> None:
    fields = opened(browser, f"/activities/{run}", "/log", fluid="600")
    api.put(f"/v1/activities/{run}/log", json={"fluid_ml": 600})
    assert browser.send(f"/activities/{run}/log", fields).status_code == 303


def test_a_log_that_is_replaced_between_reading_and_writing_is_not_lost(
    api: Any, browser: Any, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.put(f"/v1/activities/{run}/log", json={"fluid_ml": 500})
    fields = opened(browser, f"/activities/{run}", "/log", sleep_h="7")
    read = run_logs.some

    def late(*asked: Any, **more: Any) -> Any:
        found = read(*asked, **more)
        monkeypatch.setattr(run_logs, "some", read)
        api.put(f"/v1/activities/{run}/log", json={"fluid_ml": 750})
        return found

    monkeypatch.setattr(run_logs, "some", late)
    assert browser.send(f"/activities/{run}/log", fields, Accept="text/html").status_code == 412
    assert api.get(f"/v1/activities/{run}/log").json()["fluid_ml"] == 750


def test_a_report_keeps_what_was_not_changed_of_it(api: Any, browser: Any, run: str) -> None:
    at = f"/v1/activities/{run}/cramp-report"
    api.put(at, json=ANSWER)
    page = f"/activities/{run}"
    browser.send(f"{page}/cramp-report", opened(browser, page, "/cramp-report"))
    assert {name: api.get(at).json()[name] for name in ANSWER} == ANSWER
    browser.send(f"{page}/cramp-report", opened(browser, page, "/cramp-report", minute="41", side="right"))
    first = TWO[0] | {"minute": 41, "side": "right"}
    assert {name: api.get(at).json()[name] for name in ANSWER} == ANSWER | {"episodes": [first, TWO[1]]}
    gone = {"muscle": "", "side": "", "minute": "", "at": ""}
    browser.send(f"{page}/cramp-report", opened(browser, page, "/cramp-report", **gone))
    assert api.get(at).json()["episodes"] == TWO[1:]
    browser.send(f"{page}/cramp-report", opened(browser, page, "/cramp-report", answer="none"))
    now = api.get(at).json()
    assert (now["answer"], now["episodes"], now["stitch"]) == ("none", [], False)


def test_a_place_is_kept_to_the_metre_and_an_unticked_stitch_was_none(api: Any, browser: Any, run: str) -> None:
    at, page = f"/v1/activities/{run}/cramp-report", f"/activities/{run}"
    browser.send(f"{page}/cramp-report", {"answer": "near", "at": "8.05", "stitch": "yes"})
    now = api.get(at).json()
    assert (now["episodes"][0]["at_m"], now["stitch"]) == (8050, True)
    unticked = {name: told for name, told in opened(browser, page, "/cramp-report").items() if name != "stitch"}
    browser.send(f"{page}/cramp-report", unticked)
    assert api.get(at).json()["stitch"] is False


@pytest.mark.parametrize("changed", [{"minute": "45"}, {"answer": "none"}])
def test_a_place_that_came_in_elsewhere_is_neither_lost_nor_mixed_up(
    api: Any, browser: Any, run: str, changed: Any
) -> None:
    at, page = f"/v1/activities/{run}/cramp-report", f"/activities/{run}"
    api.put(at, json=ANSWER | {"episodes": TWO[:1]})
    fields = opened(browser, page, "/cramp-report", **changed)
    api.put(at, json=ANSWER | {"episodes": TWO})
    answer = browser.send(f"{page}/cramp-report", fields)
    assert answer.status_code == 409
    assert len(api.get(at).json()["episodes"]) == 2
    assert browser.send(f"{page}/cramp-report", Page(answer).fields("/cramp-report")).status_code == 303
    assert len(api.get(at).json()["episodes"]) == (0 if "answer" in changed else 2)
