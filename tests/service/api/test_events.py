"""The feed of events over HTTP: what is in a line, how one follows it, and what narrows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from service.api.events import EventPage
from service.store import events
from service.store.engine import write

ON_BOTH = True


def feed(api: Any, **params: Any) -> list[dict[str, Any]]:
    answer = api.get("/v1/events", params=params)
    assert answer.status_code == 200, answer.text
    EventPage.model_validate(answer.json())
    return list(answer.json()["items"])


def last(api: Any) -> int:
    """The sequence of the last event so far."""
    found, after = [0], 0
    while page := feed(api, after=after, limit=200):
        found.append(after := page[-1]["sequence"])
    return found[-1]


def test_a_new_run_and_what_is_told_of_it_are_events_in_their_order(api: Any, athlete: str) -> None:
    start = last(api)
    run = api.run(athlete, external_id="mine-1")
    api.put(f"/v1/activities/{run['id']}/cramp-report", json={"answer": "near"})
    api.put(f"/v1/activities/{run['id']}/cramp-report", json={"answer": "none"})
    api.put(f"/v1/activities/{run['id']}/log", json={"fluid_ml": 0})
    api.delete(f"/v1/activities/{run['id']}")
    found = feed(api, after=start)
    about = [line for line in found if line["activity_id"] == run["id"]]
    assert [line["type"] for line in about] == [
        "activity.assessed",
        "cramp_report.created",
        "activity.updated",
        "activity.updated",
        "activity.deleted",
    ]
    assert {(line["athlete_id"], line["external_id"]) for line in about} == {(athlete, "mine-1")}
    assert [line["sequence"] for line in found] == sorted({line["sequence"] for line in found})
    assert about[0]["headline"] == run["assessment"]["headline"]["text"]
    assert (about[0]["previous_level"], about[0]["level"]) == (None, run["assessment"]["level"])
    assert about[-1]["previous_level"] == run["assessment"]["level"]


def test_one_goes_on_from_the_last_that_one_has(api: Any, athlete: str) -> None:
    start = last(api)
    run = api.run(athlete)
    for fluid in range(5):
        api.put(f"/v1/activities/{run['id']}/log", json={"fluid_ml": fluid})
    every = feed(api, after=start)
    followed: list[dict[str, Any]] = []
    while page := feed(api, after=followed[-1]["sequence"] if followed else start, limit=2):
        followed += page
    assert followed == every
    first = api.get("/v1/events", params={"after": start, "limit": 2}).json()
    rest = feed(api, after=start, cursor=first["next_cursor"])
    assert first["items"] + rest == every


def test_types_narrow_the_feed(api: Any, athlete: str, problem_of: Any) -> None:
    start = last(api)
    run = api.run(athlete)
    api.put(f"/v1/activities/{run['id']}/cramp-report", json={"answer": "near"})
    assert [line["type"] for line in feed(api, after=start, types="cramp_report.created")] == ["cramp_report.created"]
    both = feed(api, after=start, types="cramp_report.created,activity.assessed")
    assert [line["type"] for line in both] == ["activity.assessed", "cramp_report.created"]
    problem_of(api.get("/v1/events?types=activity.exploded"), 422, "invalid_field")


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=9223372036854775808", "limit=0", "since=1", "types="])
def test_what_the_feed_does_not_know_is_refused(api: Any, query: str) -> None:
    assert api.get(f"/v1/events?{query}").status_code == 422


def test_a_sequence_that_is_not_there_yet_answers_nothing(api: Any) -> None:
    assert feed(api, after=2**63 - 1) == []


def test_of_an_athlete_who_is_gone_there_is_no_headline(api: Any, athlete: str) -> None:
    start = last(api)
    told = {"headline": {"text_key": "headline-low", "params": {}}, "runs": 3}
    with write(api.app.state.house.engine) as db:
        events.append(db, "ath_gone", type="athlete.erased", data=told, now=datetime(2026, 10, 4, tzinfo=UTC))
    (line,) = feed(api, after=start)
    assert (line["headline"], line["level"], line["data"]) == (None, None, {"runs": 3})
    assert line["created_at"] == "2026-10-04T00:00:00Z"
