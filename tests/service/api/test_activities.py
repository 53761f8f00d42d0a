"""Activities: the list, one of them, what a person says of it, and what goes with it."""

from __future__ import annotations

from typing import Any

import pytest

from service.api import shapes
from tests import disk

ON_BOTH = True

FAST, EVEN, HILLS = "fit/valid/fast_start.fit", "fit/valid/even_run.fit", "fit/valid/hills.fit"


@pytest.fixture(scope="module")
def runner(api: Any) -> str:
    """An athlete with three runs; tests that change something make their own."""
    athlete = str(api.athlete(mass_kg=70, timezone="Pacific/Auckland"))
    for name in (FAST, HILLS, "fit/valid/ride.fit", "gpx/valid/even_run.gpx"):
        api.run(athlete, name)
    return athlete


def listed(api: Any, athlete: str, **params: Any) -> list[dict[str, Any]]:
    page = api.get(f"/v1/athletes/{athlete}/activities", params=params)
    assert page.status_code == 200, page.text
    return list(page.json()["items"])


def test_the_list_is_newest_first_and_without_assessments(api: Any, runner: str) -> None:
    page = api.get(f"/v1/athletes/{runner}/activities").json()
    shapes.ActivityPage.model_validate(page)
    starts = [one["started_at"] for one in page["items"]]
    assert len(starts) == 4
    assert starts == sorted(starts, reverse=True)
    assert [one for one in page["items"] if "assessment" in one] == []


def test_assessments_come_when_asked_for(api: Any, runner: str) -> None:
    for one in listed(api, runner, include="assessment"):
        assert one == api.get(f"/v1/activities/{one['id']}").json()


def test_pages_show_each_activity_once(api: Any, runner: str) -> None:
    every = [one["id"] for one in listed(api, runner)]
    found: list[str] = []
    cursor = None
    while True:
        params = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = api.get(f"/v1/athletes/{runner}/activities", params=params).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == every


def test_a_cursor_of_another_list_is_refused(api: Any, runner: str, problem_of: Any) -> None:
    cursor = api.get("/v1/athletes", params={"limit": 1}).json()["next_cursor"]
    assert cursor
    answer = api.get(f"/v1/athletes/{runner}/activities", params={"cursor": cursor})
    problem_of(answer, 400, "bad_cursor")


@pytest.mark.parametrize(("mine", "other"), [("activities", "risk-history"), ("risk-history", "activities")])
def test_two_lists_in_one_order_do_not_share_their_cursors(
    *, api: Any, runner: str, problem_of: Any, mine: str, other: str
) -> None:
    page = api.get(f"/v1/athletes/{runner}/{mine}", params={"limit": 1}).json()
    following = {"cursor": page["next_cursor"], "limit": 1}
    assert api.get(f"/v1/athletes/{runner}/{mine}", params=following).status_code == 200
    problem_of(api.get(f"/v1/athletes/{runner}/{other}", params=following), 400, "bad_cursor")


def test_fields_select(api: Any, runner: str, problem_of: Any) -> None:
    for one in listed(api, runner, fields="sport,summary"):
        assert one.keys() == {"id", "sport", "summary"}
    for one in listed(api, runner, fields="assessment"):
        assert one["assessment"]["status"]
    problem_of(api.get(f"/v1/athletes/{runner}/activities?fields=sport,secret"), 422, "invalid_field")


def test_filters_narrow_by_time_sport_and_change(api: Any, runner: str) -> None:
    every = listed(api, runner)
    middle = every[1]["started_at"]
    assert listed(api, runner, **{"from": middle}) == every[:2]
    assert listed(api, runner, to=middle) == every[2:]
    assert [one["sport"] for one in listed(api, runner, sport="cycling")] == ["cycling"]
    assert listed(api, runner, sport="swimming") == []
    assert listed(api, runner, updated_since="2020-01-01T00:00:00Z") == every
    assert listed(api, runner, updated_since="2199-01-01T00:00:00+01:00") == []


def test_a_date_is_a_day_in_the_athletes_zone(api: Any) -> None:
    """The same run, near midnight UTC, belongs to different days in Auckland and in Honolulu."""
    days = {}
    for zone in ("Pacific/Auckland", "Pacific/Honolulu"):
        athlete = api.athlete(timezone=zone)
        start = api.run(athlete, EVEN)["started_at"][:10]
        days[zone] = [
            offset for offset, day in enumerate(around(start)) if listed(api, athlete, **{"from": day, "to": day})
        ]
    assert all(len(found) == 1 for found in days.values())


def around(day: str) -> list[str]:
    from datetime import date, timedelta

    return [(date.fromisoformat(day) + timedelta(days=offset)).isoformat() for offset in (-1, 0, 1)]


def test_a_stored_thing_is_spared_when_unchanged(api: Any, runner: str) -> None:
    path = f"/v1/activities/{listed(api, runner)[0]['id']}"
    for suffix in ("", "/streams", "/splits", "/laps", "/climbs", "/zones", "/file"):
        tag = api.get(path + suffix).headers["etag"]
        spared = api.get(path + suffix, headers={"If-None-Match": tag})
        assert (spared.status_code, spared.content, spared.headers["etag"]) == (304, b"", tag)
        assert api.get(path + suffix, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_name_and_a_note_are_kept_and_taken_back(api: Any, athlete: str) -> None:
    before = api.run(athlete, FAST)
    path = f"/v1/activities/{before['id']}"
    changed = api.patch(path, json={"name": "Evening round", "note": "windy\nand fun"}).json()
    assert (changed["name"], changed["note"]) == ("Evening round", "windy\nand fun")
    assert changed["assessment"] == before["assessment"]
    assert len(api.get(f"{path}/assessments").json()["items"]) == 1
    back = api.patch(path, json={"name": None, "note": None}).json()
    assert (back["name"], back["note"]) == (before["name"], None)


def test_told_conditions_assess_the_run_again_and_keep_the_old_assessment(api: Any, athlete: str) -> None:
    before = api.run(athlete, "fit/valid/long_run.fit")
    path = f"/v1/activities/{before['id']}"
    hot = api.patch(path, json={"conditions": {"temperature_c": 33, "humidity_pct": 70, "sun": 1}}).json()
    assert hot["conditions"]["source"] == "given"
    assert hot["assessment"]["receipt"]["result_sha256"] != before["assessment"]["receipt"]["result_sha256"]
    windy = api.patch(path, json={"conditions": {"wind_kmh": 30, "sun": None}}).json()
    assert (windy["conditions"]["temperature_c"], windy["conditions"]["wind_kmh"]) == (33, 30)
    assert windy["conditions"]["sun"] is None
    back = api.patch(path, json={"conditions": None}).json()
    assert back["conditions"] == before["conditions"]
    assert back["assessment"] == before["assessment"]
    kept = api.get(f"{path}/assessments").json()
    shapes.AssessmentPage.model_validate(kept)
    assert [one["state"] for one in kept["items"]].count("current") == 1
    assert len(kept["items"]) >= 3
    assert kept["items"][-1]["receipt"] == before["assessment"]["receipt"]


def test_a_corrected_sport_assesses_the_run_again(api: Any, athlete: str) -> None:
    before = api.run(athlete, FAST)
    path = f"/v1/activities/{before['id']}"
    ride = api.patch(path, json={"sport": "cycling"}).json()
    assert (ride["sport"], ride["assessment"]["status"]) == ("cycling", "not_scored")
    assert listed(api, athlete, sport="running") == []
    back = api.patch(path, json={"sport": None}).json()
    assert (back["sport"], back["assessment"]) == ("running", before["assessment"])


def test_an_assessment_from_stored_streams_equals_the_one_from_the_file(api: Any) -> None:
    """Whether conditions came with the upload or later makes no difference to the bit."""
    told = {"temperature_c": 28.0, "humidity_pct": 65.0}
    with_file = api.run(api.athlete(), HILLS, **{name: str(value) for name, value in told.items()})
    later = api.run(api.athlete(), HILLS)
    patched = api.patch(f"/v1/activities/{later['id']}", json={"conditions": told}).json()
    assert patched["assessment"] == with_file["assessment"]
    assert patched["summary"] == with_file["summary"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"sport": "Trail Runing"}, "sport"),
        ({"conditions": {"temperature_c": 99}}, "conditions.temperature_c"),
        ({"conditions": {"temp": 9}}, "conditions.temp"),
        ({"conditions": 5}, "conditions"),
        ({"note": "x" * 4001}, "note"),
        ({"note": "a\x00"}, "note"),
        ({"started_at": "2026-01-01T00:00:00Z"}, "started_at"),
    ],
)
def test_a_bad_edit_is_refused_by_name(
    api: Any, runner: str, problem_of: Any, body: dict[str, Any], field: str
) -> None:
    path = f"/v1/activities/{listed(api, runner)[0]['id']}"
    document = problem_of(api.patch(path, json=body), 422, "invalid_field")
    assert [one["field"] for one in document["errors"]] == [field]


def test_if_match_guards_edits_and_deletion(api: Any, athlete: str, problem_of: Any) -> None:
    path = f"/v1/activities/{api.run(athlete, FAST)['id']}"
    old = api.get(path).headers["etag"]
    assert api.patch(path, json={"name": "First"}, headers={"If-Match": old}).status_code == 200
    problem_of(api.patch(path, json={"name": "Second"}, headers={"If-Match": old}), 412, "precondition_failed")
    problem_of(api.delete(path, headers={"If-Match": old}), 412, "precondition_failed")
    assert api.get(path).json()["name"] == "First"
    now = api.get(path).headers["etag"]
    assert api.patch(path, json={"sport": "walking"}, headers={"If-Match": now}).status_code == 200
    assert api.delete(path, headers={"If-Match": api.get(path).headers["etag"]}).status_code == 204


def test_a_deleted_activity_is_gone_with_its_blobs(api: Any, athlete: str, problem_of: Any) -> None:
    activity = api.run(athlete, FAST)["id"]
    assert api.delete(f"/v1/activities/{activity}").status_code == 204
    for suffix in ("", "/file", "/streams", "/splits", "/assessments"):
        problem_of(api.get(f"/v1/activities/{activity}{suffix}"), 404, "not_found")
    problem_of(api.delete(f"/v1/activities/{activity}"), 404, "not_found")
    assert [path for path in disk.paths(api.settings.data_dir / "blobs") if athlete in str(path)] == []
    assert listed(api, athlete) == []


def test_amounts_are_hidden_everywhere_at_once(api: Any, athlete: str) -> None:
    """Also in assessments made before it was asked for."""
    activity = api.run(athlete, "fit/valid/long_run_heat.fit", temperature_c="30", humidity_pct="60")
    api.patch(f"/v1/athletes/{athlete}", json={"mass_kg": 70})
    shown = api.patch(f"/v1/activities/{activity['id']}", json={"conditions": {"temperature_c": 31}}).json()
    assert amounts(shown) != []
    api.patch(f"/v1/athletes/{athlete}", json={"hide_amounts": True})
    for hidden in (
        api.get(f"/v1/activities/{activity['id']}").json(),
        listed(api, athlete, include="assessment")[0],
        {"assessment": api.get(f"/v1/activities/{activity['id']}/assessments").json()["items"][0]},
    ):
        assert amounts(hidden) == []


def test_amounts_go_with_the_mass_that_they_were_reckoned_from(api: Any) -> None:
    athlete = api.athlete(mass_kg=70)
    activity = api.run(athlete, "fit/valid/long_run.fit")
    unknown = api.run(api.athlete(), "fit/valid/long_run.fit")
    assert amounts(activity) != []
    address = f"/v1/activities/{activity['id']}"
    for known, shown in (({"mass_kg": None}, False), ({"sweat_rate_l_per_h": 1.1}, True)):
        api.patch(f"/v1/athletes/{athlete}", json=known)
        assert (amounts(api.get(address).json()) != []) == shown
        assert (amounts(listed(api, athlete, include="assessment")[0]) != []) == shown
    assert unknown["assessment"]["reminders"][0]["text_key"] == "fluid-unknown"


def amounts(activity: dict[str, Any]) -> list[Any]:
    reminders = activity["assessment"]["reminders"]
    return [one["code"] for one in reminders if one["amount"] or one["per_mark"] or " ml" in one["text"]]


def test_texts_follow_the_athletes_units(api: Any) -> None:
    metric = api.run(api.athlete(), HILLS)
    imperial = api.run(api.athlete(units="imperial"), HILLS)
    text = [warning["text"] for warning in metric["assessment"]["warnings"]]
    other = [warning["text"] for warning in imperial["assessment"]["warnings"]]
    assert text != other
    assert metric["summary"] == imperial["summary"]


@pytest.mark.parametrize("spelling", ["en", "EN", "En", "EN-us", "en-US;q=0.8, DE", "tlh", "x-y-z"])
def test_any_spelling_of_a_language_is_answered_in_one_that_there_is(api: Any, runner: str, spelling: str) -> None:
    headers = {"Accept-Language": spelling}
    first = listed(api, runner)[0]["id"]
    told = api.get(f"/v1/activities/{first}", headers=headers)
    assert told.status_code == 200, told.text
    assert told.json()["assessment"] == api.get(f"/v1/activities/{first}").json()["assessment"]
