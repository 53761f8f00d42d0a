"""Bulk exports of Strava and Garmin, sent as they are: an outcome for each file, and what the table says of it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from fixtures.archives import RUNS, garmin_export, strava_export
from fixtures.fit_writer import fit

STRAVA = {
    "bikes.csv": ("skipped", "unknown_type"),
    "1001.fit.gz": ("created", None),
    "1002.gpx.gz": ("created", None),
    "1003.tcx.gz": ("created", None),
    "1005.fit.gz": ("rejected", "truncated"),
    "1006.fit.gz": ("created", None),
    "0a1b.jpg": ("skipped", "unknown_type"),
    "77.gpx": ("skipped", "no_time"),
    "routes.csv": ("skipped", "unknown_type"),
    "activities.csv": ("skipped", "unknown_type"),
    "profile.csv": ("skipped", "unknown_type"),
    "messaging.json": ("skipped", "unknown_type"),
}
GARMIN = {
    "customer.json": ("skipped", "unknown_type"),
    "made_1.fit": ("created", None),
    "made_2.fit": ("skipped", "not_activity"),
    "made_3.fit": ("skipped", "not_activity"),
    "made_4.tcx": ("created", None),
    "made_5.txt": ("skipped", "unknown_type"),
    "made_0_summarizedActivities.json": ("skipped", "unknown_type"),
    "2026-11-20_sleepData.json": ("skipped", "unknown_type"),
}


def outcomes(upload: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Outcome and code of each item, by its name."""
    return {item["name"]: (item["outcome"], item["problem"] and item["problem"]["code"]) for item in upload["items"]}


def sent(api: Any, athlete: str, data: bytes, **params: str) -> dict[str, Any]:
    answer = api.upload(athlete, data, name="export.zip", **params)
    if answer.status_code == 202:  # more files than one waits for
        return dict(api.worked_off(answer))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def runs(api: Any, upload: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The activities of an upload as they are stored, by the names of their files."""
    made = [item for item in upload["items"] if item["activity"]]
    return {item["name"]: api.get(f"/v1/activities/{item['activity']['id']}").json() for item in made}


@pytest.mark.parametrize(("export", "expected"), [(strava_export, STRAVA), (garmin_export, GARMIN)])
def test_each_file_of_an_export_has_its_own_outcome(api: Any, athlete: str, export: Any, expected: dict) -> None:
    assert outcomes(sent(api, athlete, export())) == expected


def test_strava_names_sports_and_weather_come_from_its_table(api: Any, athlete: str) -> None:
    found = runs(api, sent(api, athlete, strava_export()))
    assert {name: run["name"] for name, run in found.items()} == {
        "1001.fit.gz": "Along the canal",
        "1002.gpx.gz": 'Hills, "short" and sharp',
        "1003.tcx.gz": "Côte d'Azur",
        "1006.fit.gz": "With the dog",
    }
    assert {name: (run["sport"], run["sub_sport"]) for name, run in found.items()} == {
        "1001.fit.gz": ("running", "generic"),
        "1002.gpx.gz": ("running", "trail"),
        "1003.tcx.gz": ("running", None),
        "1006.fit.gz": ("walking", None),
    }
    weather = found["1001.fit.gz"]["conditions"]
    assert {name: weather[name] for name in ("temperature_c", "humidity_pct", "wind_kmh", "source")} == {
        "temperature_c": 23.5,
        "humidity_pct": 71.0,
        "wind_kmh": 9.0,
        "source": "archive",
    }
    assert found["1003.tcx.gz"]["conditions"]["source"] != "archive"


def test_what_the_sender_says_comes_before_the_table(api: Any, athlete: str) -> None:
    found = runs(api, sent(api, athlete, strava_export(), temperature_c="30", sport="hiking"))
    assert {run["sport"] for run in found.values()} == {"hiking"}
    weather = found["1001.fit.gz"]["conditions"]
    assert (weather["temperature_c"], weather["wind_kmh"], weather["source"]) == (30.0, None, "given")


def test_a_person_may_change_what_the_table_said_and_take_it_back(api: Any, athlete: str) -> None:
    run = runs(api, sent(api, athlete, strava_export()))["1001.fit.gz"]
    changed = api.patch(
        f"/v1/activities/{run['id']}", json={"name": "Mine", "conditions": {"temperature_c": 12.0}}
    ).json()
    assert changed["name"] == "Mine"
    assert (changed["conditions"]["temperature_c"], changed["conditions"]["source"]) == (12.0, "given")
    assert changed["conditions"]["wind_kmh"] == 9.0
    cleared = api.patch(f"/v1/activities/{run['id']}", json={"name": None, "conditions": None}).json()
    assert cleared["name"] is None
    assert cleared["conditions"]["temperature_c"] != 23.5


def test_the_assessment_with_the_table_can_be_verified(api: Any, athlete: str) -> None:
    for run in runs(api, sent(api, athlete, strava_export())).values():
        assert api.get(f"/v1/activities/{run['id']}/verify").json()["verdict"] == "holds"


def test_an_export_sent_again_creates_nothing(api: Any, athlete: str) -> None:
    sent(api, athlete, garmin_export())
    again = api.upload(athlete, garmin_export(), name="export.zip")
    assert again.status_code == 200
    assert {outcome for outcome, _ in outcomes(again.json()).values()} == {"duplicate", "skipped"}


def test_one_bad_part_of_an_export_spoils_nothing(api: Any, athlete: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as export:
        export.writestr("UploadedFiles_0-_Part1.zip", b"PK\x03\x04 no archive")
        export.writestr("made.fit", fit(RUNS[0]))
    assert outcomes(sent(api, athlete, out.getvalue())) == {
        "UploadedFiles_0-_Part1.zip": ("rejected", "corrupt_header"),
        "made.fit": ("created", None),
    }


def test_a_course_by_itself_was_sent_to_be_a_run(api: Any, athlete: str, watch_file: Any, problem_of: Any) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("course.gpx", watch_file("gpx/invalid/course.gpx"))
    problem_of(api.upload(athlete, out.getvalue(), name="x.zip"), 422, "no_time")
