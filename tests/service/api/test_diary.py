"""Cramp reports and run logs: told, changed with care, shown where the run is shown, and heard by later runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from service.api import shapes

ON_BOTH = True

REPORT = {
    "answer": "cramp_stopped",
    "episodes": [{"muscle": "calf", "side": "left", "minute": 41.5, "at_m": 8000}],
    "stitch": False,
    "when": "during",
    "red_flags": ["dark_urine"],
}
LOG = {
    "fluid_ml": 400,
    "sodium_mg": 0,
    "carbs_g": 30,
    "mass_before_kg": 70.2,
    "mass_after_kg": 69.4,
    "urine_ml": 100,
    "fasted": False,
    "sleep_h": 7.5,
    "effort": 8,
}


@dataclass(frozen=True)
class Sheet:
    """What can be told of a run: its address, its field of the activity, and two bodies."""

    name: str
    field: str
    body: dict[str, Any]
    other: dict[str, Any]

    def path(self, run: dict[str, Any]) -> str:
        return f"/v1/activities/{run['id']}/{self.name}"


SHEETS = [
    Sheet("cramp-report", "cramp_report", REPORT, {"answer": "near"}),
    Sheet("log", "log", LOG, {"effort": 3}),
]
each_sheet = pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.field)


@pytest.fixture
def run(api: Any, athlete: str) -> dict[str, Any]:
    return dict(api.run(athlete))


def empty(sheet: str) -> dict[str, Any]:
    """A sheet on which nothing but the least is told."""
    if sheet == "log":
        return dict.fromkeys(LOG)
    return {"answer": "none", "episodes": [], "stitch": None, "when": None, "red_flags": []}


@each_sheet
def test_what_is_told_is_answered_and_shown_with_the_activity(
    api: Any, run: dict[str, Any], problem_of: Any, sheet: Sheet
) -> None:
    path, activity = sheet.path(run), f"/v1/activities/{run['id']}"
    problem_of(api.get(path), 404, "not_found")
    problem_of(api.delete(path), 404, "not_found")
    assert run[sheet.field] is None
    told = api.put(path, json=sheet.body)
    assert told.status_code == 201
    assert told.json().items() >= sheet.body.items()
    assert api.get(path).json() == told.json() == api.get(activity).json()[sheet.field]
    listed = api.get(f"/v1/athletes/{run['athlete_id']}/activities").json()["items"]
    assert listed[0][sheet.field] == told.json()
    again = api.put(path, json=sheet.other)
    assert again.status_code == 200
    assert again.json().items() >= ({**empty(sheet.name), **sheet.other}).items()
    assert api.delete(path).status_code == 204
    assert api.get(activity).json()[sheet.field] is None
    problem_of(api.get(path), 404, "not_found")


@each_sheet
def test_a_version_is_named_and_demanded(api: Any, run: dict[str, Any], problem_of: Any, sheet: Sheet) -> None:
    path = sheet.path(run)
    first = api.put(path, json=sheet.body).headers["etag"]
    assert api.get(path, headers={"If-None-Match": first}).status_code == 304
    problem_of(api.put(path, json=sheet.other, headers={"If-Match": f'"7-{"0" * 32}"'}), 412, "precondition_failed")
    second = api.put(path, json=sheet.other, headers={"If-Match": first}).headers["etag"]
    assert second != first
    problem_of(api.put(path, json=sheet.body, headers={"If-Match": first}), 412, "precondition_failed")
    problem_of(api.delete(path, headers={"If-Match": first}), 412, "precondition_failed")
    assert api.get(path).json().items() >= sheet.other.items()
    assert api.delete(path, headers={"If-Match": second}).status_code == 204


@each_sheet
def test_telling_does_not_stand_in_the_way_of_an_edit_but_shows_the_activity_as_changed(
    api: Any, run: dict[str, Any], sheet: Sheet
) -> None:
    activity = f"/v1/activities/{run['id']}"
    tag = api.get(activity).headers["etag"]
    api.put(sheet.path(run), json=sheet.body)
    now = api.get(activity, headers={"If-None-Match": tag})
    assert now.status_code == 200
    assert now.json()["updated_at"] > run["updated_at"]
    assert api.patch(activity, json={"name": "Mine"}, headers={"If-Match": tag}).status_code == 200
    assert api.get(activity).json()[sheet.field] == now.json()[sheet.field]


@pytest.mark.parametrize("sheet", ["cramp-report", "log"])
def test_a_run_that_is_not_there_can_be_told_nothing(api: Any, problem_of: Any, sheet: str) -> None:
    for activity in ("act_01m423bp000000000000000000", "act_x"):
        path = f"/v1/activities/{activity}/{sheet}"
        problem_of(api.put(path, json=empty(sheet)), 404, "not_found")
        problem_of(api.get(path), 404, "not_found")
        problem_of(api.delete(path), 404, "not_found")


REFUSED = [
    ("cramp-report", {}),
    ("cramp-report", {"answer": "cramp"}),
    ("cramp-report", {"answer": None}),
    ("cramp-report", {"answer": "near", "when": "before"}),
    ("cramp-report", {"answer": "near", "red_flags": ["headache"]}),
    ("cramp-report", {"answer": "near", "red_flags": ["fever", "fever"]}),
    ("cramp-report", {"answer": "near", "stitch": "no"}),
    ("cramp-report", {"answer": "near", "pain": 3}),
    ("cramp-report", {"answer": "none", "episodes": [{"muscle": "calf"}]}),
    ("cramp-report", {"answer": "near", "episodes": [{"muscle": "tongue"}]}),
    ("cramp-report", {"answer": "near", "episodes": [{"side": "left"}]}),
    ("cramp-report", {"answer": "near", "episodes": [{"muscle": "calf", "side": "middle"}]}),
    ("cramp-report", {"answer": "near", "episodes": [{"muscle": "calf", "minute": -1}]}),
    ("cramp-report", {"answer": "near", "episodes": [{"muscle": "calf", "at_m": 11_200}]}),  # of a run of 10 km
    ("cramp-report", {"answer": "near", "episodes": [{"muscle": "calf", "minute": 63}]}),  # of 55 minutes
    ("cramp-report", {"answer": "near", "when": "after", "episodes": [{"muscle": "calf", "minute": 423}]}),
    ("cramp-report", {"answer": "near", "episodes": [{"muscle": "calf"}] * 51}),
    ("log", {"fluid_ml": -1}),
    ("log", {"fluid_ml": "400"}),
    ("log", {"fluid_ml": True}),
    ("log", {"mass_before_kg": 7}),
    ("log", {"sleep_h": 25}),
    ("log", {"effort": 0}),
    ("log", {"effort": 11}),
    ("log", {"effort": 6.5}),
    ("log", {"mood": "fine"}),
    ("log", []),
]


@pytest.mark.parametrize(("sheet", "body"), REFUSED)
def test_what_cannot_be_meant_is_refused_and_nothing_is_kept(
    api: Any, run: dict[str, Any], problem_of: Any, sheet: str, body: Any
) -> None:
    path = f"/v1/activities/{run['id']}/{sheet}"
    found = problem_of(api.put(path, json=body), 422, "invalid_field")
    assert found["errors"]
    problem_of(api.get(path), 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"answer": "near", "episodes": [{"muscle": "other", "side": None, "minute": None, "at_m": None}]},
        {"answer": "cramp_continued", "episodes": [{"muscle": "quad", "at_m": 10_900}]},
        {"answer": "cramp_continued", "when": "after", "episodes": [{"muscle": "foot", "minute": 300}]},
        {"answer": "none", "stitch": True},
    ],
)
def test_what_can_be_meant_is_taken(api: Any, run: dict[str, Any], body: dict[str, Any]) -> None:
    told = api.put(f"/v1/activities/{run['id']}/cramp-report", json=body)
    assert told.status_code == 201, told.text
    shapes.CrampReport.model_validate(told.json())


def test_an_answer_is_counted_in_history_and_summary(api: Any, run: dict[str, Any]) -> None:
    athlete = run["athlete_id"]
    api.put(f"/v1/activities/{run['id']}/cramp-report", json=REPORT)
    assert api.get(f"/v1/athletes/{athlete}/risk-history").json()["items"][0]["cramp"] == "cramp_stopped"
    found = api.get(f"/v1/athletes/{athlete}/risk-summary").json()
    assert (found["totals"]["answers"], found["totals"]["cramps"]) == (1, 1)
    assert found["cramp_positions"] == [{"at_m": 8000, "minute": 41.5, "n": 1}]


def test_the_same_told_again_changes_nothing(api: Any, run: dict[str, Any]) -> None:
    for sheet, body in (("cramp-report", REPORT), ("log", LOG)):
        path = f"/v1/activities/{run['id']}/{sheet}"
        first = api.put(path, json=body)
        before = api.get("/v1/events", params={"limit": 200}).json()
        again = api.put(path, json=body)
        assert (again.status_code, again.json(), again.headers["etag"]) == (200, first.json(), first.headers["etag"])
        assert api.get("/v1/events", params={"limit": 200}).json() == before


def test_two_reported_cramps_are_heard_by_the_next_assessment(api: Any, athlete: str) -> None:
    """The rule for cramps that come back counts the answers of the eight weeks before."""
    names = ("easy_run", "even_run", "fast_start", "hills")
    runs = sorted((api.run(athlete, f"fit/valid/{name}.fit") for name in names), key=lambda one: str(one["started_at"]))

    def codes() -> set[str]:
        """Of the last run, once it is assessed again."""
        told = api.patch(f"/v1/activities/{runs[-1]['id']}", json={"conditions": {"humidity_pct": 50}})
        return {warning["code"] for warning in told.json()["assessment"]["warnings"]}

    for run, answer in zip(runs[-3:-1], ("cramp_stopped", "near"), strict=True):
        api.put(f"/v1/activities/{run['id']}/cramp-report", json={"answer": answer})
    assert "recurrent" not in codes()
    api.put(f"/v1/activities/{runs[-2]['id']}/cramp-report", json={"answer": "cramp_continued"})
    assert "recurrent" in codes()
    api.delete(f"/v1/activities/{runs[-2]['id']}/cramp-report")
    assert "recurrent" not in codes()
