"""Athletes: profiles in and out, by every name that an athlete has."""

from __future__ import annotations

from typing import Any

import pytest

from service.api import shapes
from tests import disk

PROFILE = {
    "name": "Nora",
    "birth_year": 1990,
    "mass_kg": 61.5,
    "hr_rest_bpm": 52,
    "hr_max_bpm": 188,
    "sweat_rate_l_per_h": 0.9,
    "cramp_history": "ever",
    "strength_training": True,
    "beginner": False,
    "hide_amounts": False,
    "units": "imperial",
    "timezone": "Europe/Vienna",
}


def test_a_full_profile_comes_back_as_it_was_given(api: Any) -> None:
    made = api.post("/v1/athletes", json={**PROFILE, "external_id": "full"})
    assert made.status_code == 201
    shapes.Athlete.model_validate(made.json())
    assert {name: made.json()[name] for name in PROFILE} == PROFILE
    again = api.get(made.headers["location"])
    assert again.json() == made.json()
    assert again.headers["etag"] == made.headers["etag"]


def test_an_empty_profile_knows_nothing_and_guesses_nothing(api: Any) -> None:
    found = api.post("/v1/athletes", json={}).json()
    assert found["id"].startswith("ath_")
    told = {name: value for name, value in found.items() if value is not None}
    assert told.keys() == {"id", "cramp_history", "hide_amounts", "units", "created_at", "updated_at"}
    assert (found["cramp_history"], found["hide_amounts"], found["units"]) == ("unknown", False, "metric")


def test_me_is_always_there_and_is_one_of_the_athletes(api: Any) -> None:
    me = api.get("/v1/athletes/me").json()
    assert me["id"] in [one["id"] for one in every_athlete(api)]
    assert api.get(f"/v1/athletes/{me['id']}").json() == me


def every_athlete(api: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = api.get("/v1/athletes", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        shapes.AthletePage.model_validate(page)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_pages_show_each_athlete_once_in_the_order_they_were_made(api: Any) -> None:
    made = [api.athlete() for _ in range(7)]
    listed = [one["id"] for one in every_athlete(api)]
    assert len(listed) == len(set(listed))
    assert [name for name in listed if name in made] == made


def test_an_external_id_finds_its_athlete_and_is_taken_once(api: Any, problem_of: Any) -> None:
    athlete = api.athlete(external_id="Läufer/7 + x")
    found = api.get("/v1/athletes", params={"external_id": "Läufer/7 + x"}).json()
    assert [one["id"] for one in found["items"]] == [athlete]
    assert api.get("/v1/athletes", params={"external_id": "nobody"}).json() == {"items": [], "next_cursor": None}
    problem_of(api.post("/v1/athletes", json={"external_id": "Läufer/7 + x"}), 409, "conflict")


def test_put_makes_an_athlete_and_then_changes_only_what_is_named(api: Any) -> None:
    first = api.put("/v1/athletes/by-external-id/club-9", json={"name": "Ada", "mass_kg": 70})
    second = api.put("/v1/athletes/by-external-id/club-9", json={"mass_kg": 71})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"]
    assert (second.json()["name"], second.json()["mass_kg"]) == ("Ada", 71)
    assert second.json()["external_id"] == "club-9"


def test_put_does_not_rename(api: Any, problem_of: Any) -> None:
    path = "/v1/athletes/by-external-id/a"
    refused = problem_of(api.put(path, json={"external_id": "b"}), 422, "invalid_field")
    assert "the one in the address" in refused["errors"][0]["message"]
    for same in ({"external_id": "a"}, {"external_id": None}):
        assert api.put(path, json=same).json()["external_id"] == "a"


def test_patch_keeps_what_is_absent_and_clears_what_is_null(api: Any) -> None:
    athlete = api.athlete(**PROFILE)
    changed = api.patch(f"/v1/athletes/{athlete}", json={"mass_kg": None, "units": None, "beginner": True}).json()
    assert (changed["mass_kg"], changed["units"], changed["beginner"]) == (None, "metric", True)
    assert changed["name"] == PROFILE["name"]


def test_patch_of_nothing_changes_nothing(api: Any) -> None:
    athlete = api.athlete(**PROFILE)
    before = api.get(f"/v1/athletes/{athlete}")
    after = api.patch(f"/v1/athletes/{athlete}", json={})
    assert after.json() == before.json()
    assert after.headers["etag"] == before.headers["etag"]


def test_a_resting_rate_above_the_maximum_is_refused_also_across_calls(api: Any, problem_of: Any) -> None:
    problem_of(api.post("/v1/athletes", json={"hr_rest_bpm": 120, "hr_max_bpm": 110}), 422, "invalid_field")
    athlete = api.athlete(hr_rest_bpm=100)
    problem_of(api.patch(f"/v1/athletes/{athlete}", json={"hr_max_bpm": 90}), 422, "invalid_field")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mass_kg", 0),
        ("mass_kg", -1),
        ("mass_kg", 19.9),
        ("mass_kg", 351),
        ("mass_kg", "70"),
        ("mass_kg", True),
        ("birth_year", 1899),
        ("birth_year", 1990.5),
        ("birth_year", 2**63),
        ("hr_max_bpm", 10**400),
        ("cramp_history", "often"),
        ("units", "stone"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("timezone", "Factory"),
        ("timezone", "localtime"),
        ("beginner", "yes"),
        ("name", ""),
        ("name", "x" * 201),
        ("name", 5),
        ("name", "a\x00b"),
        ("name", "a\nb"),
        ("name", "a\u202eb"),
        ("external_id", "\x1b"),
        ("shoe_size", 44),
        ("id", "ath_01k6p7e5000000000000000000"),
    ],
)
def test_a_field_out_of_its_range_is_refused_by_name(api: Any, problem_of: Any, field: str, value: object) -> None:
    for answer in (api.post("/v1/athletes", json={field: value}), api.patch("/v1/athletes/me", json={field: value})):
        document = problem_of(answer, 422, "invalid_field")
        assert [one["field"] for one in document["errors"]] == [field]


def test_texts_are_normalised(api: Any) -> None:
    athlete = api.athlete(name="Zoe\u0308")
    assert api.get(f"/v1/athletes/{athlete}").json()["name"] == "Zo\u00eb"


def test_etags_spare_what_is_unchanged_and_guard_what_changed(api: Any, problem_of: Any) -> None:
    path = f"/v1/athletes/{api.athlete(name='One')}"
    tag = api.get(path).headers["etag"]
    spared = api.get(path, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (spared.status_code, spared.content, spared.headers["etag"]) == (304, b"", tag)
    assert api.patch(path, json={"name": "Two"}, headers={"If-Match": tag}).status_code == 200
    problem_of(api.patch(path, json={"name": "Three"}, headers={"If-Match": tag}), 412, "precondition_failed")
    problem_of(api.patch(path, json={"name": "Three"}, headers={"If-Match": '"odd"'}), 412, "precondition_failed")
    problem_of(api.delete(path, headers={"If-Match": tag}), 412, "precondition_failed")
    assert api.get(path).json()["name"] == "Two"
    assert api.patch(path, json={"name": "Three"}, headers={"If-Match": "*"}).status_code == 200
    assert api.delete(path, headers={"If-Match": api.get(path).headers["etag"]}).status_code == 204


def test_erasure_leaves_no_row_and_no_file(api: Any, problem_of: Any) -> None:
    athlete = api.athlete()
    activity = api.run(athlete)["id"]
    blobs = api.settings.data_dir / "blobs"
    assert [path for path in disk.paths(blobs) if athlete in str(path)] != []
    assert api.delete(f"/v1/athletes/{athlete}").status_code == 204
    assert [path for path in disk.paths(blobs) if athlete in str(path)] == []
    problem_of(api.get(f"/v1/athletes/{athlete}"), 404, "not_found")
    problem_of(api.get(f"/v1/activities/{activity}"), 404, "not_found")
    problem_of(api.get(f"/v1/athletes/{athlete}/risk-history"), 404, "not_found")


def test_me_comes_back_empty_after_its_erasure(api: Any) -> None:
    api.patch("/v1/athletes/me", json={"name": "Somebody"})
    before = api.get("/v1/athletes/me").json()
    assert api.delete("/v1/athletes/me").status_code == 204
    after = api.get("/v1/athletes/me").json()
    assert after["id"] != before["id"]
    assert after["name"] is None


@pytest.mark.parametrize(
    "name", ["ath_01k6p7e5000000000000000000", "act_01k6p7e5000000000000000000", "Me", "..", "%00", "a" * 65, "ath_"]
)
def test_an_athlete_that_is_not_there_is_not_found(api: Any, name: str) -> None:
    for path in (f"/v1/athletes/{name}", f"/v1/athletes/{name}/activities", f"/v1/athletes/{name}/risk-history"):
        assert api.get(path).status_code in (404, 422)
    assert api.upload(name, b"x").status_code in (404, 422)


def test_an_erasure_takes_what_a_dead_process_left_half_written_too(api: Any) -> None:
    half = api.settings.data_dir / "blobs" / ".tmp" / "dead" / "half"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"of somebody")
    api.delete(f"/v1/athletes/{api.athlete()}")
    assert not half.parent.exists()
