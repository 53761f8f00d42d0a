"""Clocks: runs at odd moments of the calendar, and a service whose own clock is wrong or is put right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fixtures.fit_writer import fit
from fixtures.runs import Run, km

MOMENTS = {
    "over the change to summer time": datetime(2026, 3, 29, 0, 45, tzinfo=UTC),
    "over the change from summer time": datetime(2026, 10, 25, 0, 45, tzinfo=UTC),
    "over the end of 32 bits": datetime(2038, 1, 19, 2, 55, tzinfo=UTC),
    "over midnight and the end of a year": datetime(2025, 12, 31, 22, 45, tzinfo=UTC),
}
SHIFTS = (timedelta(days=1), timedelta(days=-1), timedelta(hours=-1), timedelta(0))


def run_at(moment: datetime) -> Run:
    return Run((km(6, 3.0),), started_at=moment, step_s=2.0)


@pytest.mark.parametrize("name", MOMENTS)
def test_a_run_over_an_odd_moment_is_as_long_as_any_other(api: Any, name: str) -> None:
    athlete = api.athlete(timezone="Europe/Berlin", mass_kg=70)
    answer = api.upload(athlete, fit(run_at(MOMENTS[name])))
    assert answer.status_code == 201
    activity = answer.json()["items"][0]["activity"]
    assert datetime.fromisoformat(activity["started_at"]) == MOMENTS[name]
    summary = activity["summary"]
    assert (summary["moving_s"], summary["elapsed_s"]) == (pytest.approx(2000, abs=2), pytest.approx(2000, abs=2))
    assert activity["assessment"]["status"] == "scored"
    (row,) = api.get(f"/v1/athletes/{athlete}/risk-history").json()["items"]
    assert row["moving_s"] == summary["moving_s"]
    weeks = api.get(f"/v1/athletes/{athlete}/risk-summary").json()["buckets"]
    assert sum(week["runs"] for week in weeks) == 1


def test_a_clock_that_is_put_right_or_wrong_loses_and_doubles_nothing(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day ahead, a day behind, an hour back: the feed goes on in its order and every run is there once."""
    athlete = api.athlete()
    for number, shift in enumerate(SHIFTS):
        moved = type("Moved", (datetime,), {"now": classmethod(lambda _, zone, by=shift: datetime.now(zone) + by)})
        monkeypatch.setattr("service.api.access.datetime", moved)
        data = fit(run_at(datetime(2026, 9, 1, 6, tzinfo=UTC) + timedelta(days=number)))
        assert [api.upload(athlete, data).status_code for _ in range(2)] == [201, 200]
        assert api.patch(f"/v1/athletes/{athlete}", json={"birth_year": 1980 + number}).status_code == 200
    assert len(api.get(f"/v1/athletes/{athlete}/activities").json()["items"]) == len(SHIFTS)
    feed = [one for one in api.get("/v1/events?limit=200").json()["items"] if one["athlete_id"] == athlete]
    sequences = [one["sequence"] for one in feed]
    assert sequences == sorted(set(sequences))
    assert [one["type"] for one in feed].count("activity.assessed") == len(SHIFTS)
