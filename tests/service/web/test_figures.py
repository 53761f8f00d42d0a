"""Figures of a run's page that would contradict each other say beside themselves how they go together."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fixtures.fit_writer import fit
from fixtures.runs import Run, km, minutes
from service.web import findings

WEATHER = {"temperature_c": "24", "humidity_pct": "70"}


def facts(page: Any) -> dict[str, str]:
    return dict(zip(page.texts("//dl[@class='facts']//dt"), page.texts("//dl[@class='facts']//dd"), strict=True))


def test_a_distance_that_the_device_states_says_what_the_samples_cover(browser: Any, api: Any, watch_file: Any) -> None:
    """The pace and the splits are those of the samples, and would fit the other distance not at all."""
    file = watch_file("tcx/valid/even_run.tcx")
    stated = re.sub(
        rb"<DistanceMeters>[\d.]+</DistanceMeters>", b"<DistanceMeters>10800</DistanceMeters>", file, count=1
    )
    run = api.upload(api.athlete(), stated, name="even_run.tcx").json()["items"][0]["activity"]
    assert run["summary"]["distance_m"] == 10_800.0
    told = facts(browser.open(f"/activities/{run['id']}"))["Distance"]
    assert told == "10.80 km as the device states it; its samples, and paces and splits with them, cover 10.00 km"


@pytest.mark.parametrize(
    ("notes", "covered_m"),
    [
        ([], None),
        ([{"code": "distance_differs", "count": 300, "detail": "less"}], 10_300.0),
        ([{"code": "distance_differs", "count": 942_000, "detail": "not_believed"}], None),
    ],
)
def test_a_distance_of_the_samples_themselves_says_nothing(notes: list[Any], covered_m: float | None) -> None:
    assert findings.covered_m(notes, 10_000.0) == covered_m


def test_a_heart_rate_that_no_rule_read_says_so_and_why(browser: Any, api: Any) -> None:
    """It stands still for ten minutes and more in the made run over hills."""
    told = facts(browser.open(f"/activities/{api.run(api.athlete(), 'fit/valid/hills.fit')['id']}"))["Heart rate"]
    assert told == "150 bpm 156 at most; not used: it stands still for many minutes"
    assert "not used" not in facts(browser.open(f"/activities/{api.run(api.athlete())['id']}"))["Heart rate"]


def test_a_lifted_level_names_what_lifted_it_and_the_bar_what_the_points_say(browser: Any, api: Any) -> None:
    run = api.run(api.athlete(mass_kg=70), "fit/valid/long_run_heat.fit", temperature_c="33", humidity_pct="70")
    page = browser.open(f"/activities/{run['id']}")
    assert (run["assessment"]["points_level"], run["assessment"]["level"]) == ("moderate", "very_high")
    assert page.text("//p[@class='verdict']").endswith("very high lifted from moderate by heat")
    assert "by the points alone" in page.texts("//*[name()='svg'][@class='bar']/*[name()='text']")


def test_a_level_of_the_points_says_no_more(browser: Any, api: Any) -> None:
    run = api.run(api.athlete(), temperature_c="12", humidity_pct="50")
    page = browser.open(f"/activities/{run['id']}")
    assert run["assessment"]["level_source"] == "points"
    assert "lifted" not in page.text("//p[@class='verdict']")
    assert "by the points alone" not in page.text("//section[@aria-labelledby='score-title']")


def test_weather_is_asked_for_where_a_rule_missed_it_alone(browser: Any, api: Any) -> None:
    """On a treadmill and on a ride none would read it."""
    open_air = browser.open(f"/activities/{api.run(api.athlete())['id']}")
    assert facts(open_air)["Conditions"] == "unknown tell it"
    for name in ("fit/valid/treadmill.fit", "fit/valid/ride.fit"):
        assert "Conditions" not in facts(browser.open(f"/activities/{api.run(api.athlete(), name)['id']}"))


def test_a_run_that_waits_to_be_assessed_again_says_so_whatever_the_cause(browser: Any, api: Any) -> None:
    """An older run that comes after a newer one has that one assessed again, and nobody told anything."""
    athlete = api.athlete()
    newer = api.run(athlete, "fit/valid/marathon_fade.fit")
    api.run(athlete, "fit/valid/jog.fit")
    told = browser.open(f"/activities/{newer['id']}").text("//p[@role='status']")
    assert "as other runs came or went, or something was told of them or of this one" in told


def test_what_the_forecast_is_stands_beside_it(browser: Any, api: Any) -> None:
    athlete = api.athlete(mass_kg=70)
    run = api.run(athlete, "fit/valid/marathon_fade.fit")
    assert run["assessment"]["forecast_score"] != run["assessment"]["score"]
    told = browser.open(f"/activities/{run['id']}").text("//section[@aria-labelledby='score-title']")
    assert "these points without what only shows afterwards" in told


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("run", ("Risk factors in this run", "Where in the run", "For the next run like this one")),
        ("walk", ("Risk factors in this walk", "Where on the walk", "For the next walk like this one")),
        ("ride", ("No score", "Where on the ride", "For the next ride like this one")),
    ],
)
def test_each_sport_is_called_by_its_name(browser: Any, api: Any, name: str, titles: tuple[str, ...]) -> None:
    run = api.run(api.athlete(), "fit/valid/fast_start.fit" if name == "run" else f"fit/valid/{name}.fit")
    page = browser.open(f"/activities/{run['id']}")
    assert [page.text(f"//h2[@id='{place}-title']") for place in ("score", "charts", "next")] == list(titles)


def test_a_ride_tells_turns_of_the_crank_and_a_swim_strokes(browser: Any, api: Any) -> None:
    for sport, sign in (("cycling", "rpm"), ("swimming", "strokes/min"), ("running", "spm")):
        run = api.upload(api.athlete(), fit(Run((minutes(40, 3.0),), sport=sport)))
        page = browser.open(f"/activities/{run.json()['items'][0]['activity']['id']}")
        assert facts(page)["Cadence"].endswith(f" {sign}")
        assert f"Cadence {sign}" in page.texts("//table[@class='figures']//th")


def test_more_than_sixty_splits_are_folded_after_the_first_ones(browser: Any, api: Any) -> None:
    run = api.upload(api.athlete(), fit(Run((km(70.4, 8.0),), sport="cycling", step_s=4.0)))
    page = browser.open(f"/activities/{run.json()['items'][0]['activity']['id']}")
    section = "//section[@aria-labelledby='splits-title']"
    first = page.texts(f"{section}/div//tbody/tr/th")
    rest = page.texts(f"{section}/details//tbody/tr/th")
    assert first == [str(at) for at in range(1, 21)]
    assert rest == [*(str(at) for at in range(21, 71)), "last 400 m"]
    assert page.text(f"{section}/details/summary") == "On to the end, 51 more"
    assert page.texts(f"{section}/div//thead//th") == page.texts(f"{section}/details//thead//th")


def test_a_table_without_grades_has_no_column_for_them(browser: Any, api: Any) -> None:
    """On a treadmill nothing is known of the ground, so that no pace is adjusted to it, in tables nor in the chart."""
    page = browser.open(f"/activities/{api.run(api.athlete(), 'fit/valid/treadmill.fit')['id']}")
    assert "GAP /km" not in page.texts("//table[@class='figures']//th")
    assert page.one("//div[@id='strips']").get("data-name-gap") == ""


def test_shades_are_explained_where_there_are_any(browser: Any, api: Any) -> None:
    athlete = api.athlete()
    shaded = browser.open(f"/activities/{api.run(athlete)['id']}")
    plain = browser.open(f"/activities/{api.run(athlete, 'fit/valid/jog.fit')['id']}")
    assert "Shaded, by its number" in shaded.text("//p[@id='strips-help']")
    assert "Shaded" not in plain.text("//p[@id='strips-help']")
