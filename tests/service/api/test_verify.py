"""Verifying over HTTP: what is stored holds, and what somebody changed in the store is found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from service.api.verify import Verification
from service.store import streams
from service.store.blobs import original_key, streams_key
from service.store.tables import activity_details, assessments


@pytest.fixture
def run(api: Any) -> dict[str, Any]:
    athlete = api.athlete(mass_kg=70, birth_year=1986, hr_rest_bpm=55)
    return dict(api.run(athlete, "fit/valid/marathon_fade.fit", temperature_c="18", humidity_pct="50"))


def verified(api: Any, run: dict[str, Any]) -> dict[str, Any]:
    answer = api.get(f"/v1/activities/{run['id']}/verify")
    assert answer.status_code == 200, answer.text
    Verification.model_validate(answer.json())
    return dict(answer.json())


def write(api: Any, statement: Any) -> None:
    with api.app.state.house.engine.begin() as db:
        assert db.execute(statement).rowcount == 1


def change(api: Any, run: dict[str, Any], **fields: Any) -> None:
    """Change the first warning of the stored document behind the service's back."""
    row = sa.select(assessments.c.document).where(assessments.c.activity_id == run["id"])
    with api.app.state.house.engine.begin() as db:
        document = db.execute(row).scalar_one()
    document["warnings"][0].update(fields)
    write(api, sa.update(assessments).where(assessments.c.activity_id == run["id"]).values(document=document))


def test_what_was_uploaded_holds(api: Any, run: dict[str, Any]) -> None:
    found = verified(api, run)
    assert (found["verdict"], found["differences"], found["because"]) == ("holds", [], [])
    assert found["receipt"] == {"result": True, "input": True}
    assert {row["outcome"] for row in found["numbers"]} == {"same"}
    assert found["activity_id"] == run["id"]
    assert found["assessment_id"].startswith("asm_")


@pytest.mark.parametrize("name", ["fit/valid/hills.fit", "gpx/valid/segments.gpx", "tcx/valid/treadmill.tcx"])
def test_every_format_holds(api: Any, athlete: str, name: str) -> None:
    assert verified(api, api.run(athlete, name))["verdict"] == "holds"


def test_it_holds_after_an_edit_and_with_a_history(api: Any, run: dict[str, Any]) -> None:
    assert api.patch(f"/v1/activities/{run['id']}", json={"conditions": {"temperature_c": 27}}).status_code == 200
    assert verified(api, run)["verdict"] == "holds"
    later = api.run(run["athlete_id"], "fit/valid/longest_run.fit")
    assert verified(api, later)["verdict"] == "holds"


@pytest.mark.parametrize(
    "fields", [{"value": 0.5}, {"threshold": 0.01}, {"end_m": 1.0}, {"points": 0}, {"severity": "low"}], ids=str
)
def test_a_document_that_was_changed_in_the_store_is_found(api: Any, run: dict[str, Any], fields: Any) -> None:
    change(api, run, **fields)
    found = verified(api, run)
    assert (found["verdict"], found["receipt"]) == ("differs", {"result": False, "input": True})
    (name,) = fields
    assert [one["at"].rsplit("/", 1)[1] for one in found["differences"]] == [name]


def test_streams_that_were_changed_are_found(api: Any, run: dict[str, Any]) -> None:
    blobs = api.app.state.house.blobs
    row = sa.select(activity_details.c.streams_digest).where(activity_details.c.activity_id == run["id"])
    with api.app.state.house.engine.begin() as db:
        key = streams_key(run["athlete_id"], run["id"], db.execute(row).scalar_one())
    columns = streams.decode(blobs.get(key))
    whole, units_per = columns["distance_m"]
    columns["distance_m"] = (np.asarray(whole * 1.02, dtype=np.int32), units_per)
    blobs.delete(key)
    blobs.put(key, streams.encode(columns))
    found = verified(api, run)
    assert found["verdict"] == "differs"
    assert found["receipt"]["result"]
    assert "/summary/gap_s_per_km" in {one["at"] for one in found["differences"]}


def test_an_original_that_was_changed_is_found(api: Any, run: dict[str, Any]) -> None:
    blobs = api.app.state.house.blobs
    key = original_key(run["athlete_id"], run["sources"][0]["sha256"])
    data = blobs.get(key)
    blobs.delete(key)
    blobs.put(key, data[:-1] + bytes((data[-1] ^ 1,)))
    found = verified(api, run)
    assert (found["verdict"], found["receipt"]) == ("differs", {"result": True, "input": False})


def test_a_profile_that_changed_since_is_told_and_not_called_tampering(api: Any, run: dict[str, Any]) -> None:
    assert api.patch(f"/v1/athletes/{run['athlete_id']}", json={"mass_kg": 90}).status_code == 200
    found = verified(api, run)
    assert (found["verdict"], found["because"]) == ("in_part", ["profile"])
    assert {one["outcome"] for one in found["differences"]} == {"not_comparable"}


def test_who_is_not_there_cannot_be_verified(api: Any, problem_of: Any) -> None:
    problem_of(api.get("/v1/activities/act_00000000000000000000000000/verify"), 404, "not_found")
    problem_of(api.get("/v1/activities/nobody/verify"), 404, "not_found")
