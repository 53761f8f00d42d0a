"""Figures of a run's page that would contradict each other say beside themselves how they go together."""

from __future__ import annotations

import re
from typing import Any

import pytest

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
