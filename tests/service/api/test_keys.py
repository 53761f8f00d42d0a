"""Keys over HTTP: shown once, listed without themselves, revoked at once, their use noted aside; and the audit log."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from service.api import rounds
from service.api.keys import DeedPage, KeyPage, NewKey
from service.store import tables
from service.store.engine import read
from tests import disk


def test_a_key_is_shown_once_and_works(keyed: Any) -> None:
    admin = keyed.holder("admin")
    athlete = admin.request("POST", "/v1/athletes", json={}).json()["id"]
    made = admin.request("POST", "/v1/keys", json={"role": "athlete", "athletes": [athlete], "name": "Watch"})
    assert made.status_code == 201
    document = made.json()
    NewKey.model_validate(document)
    assert made.headers["location"] == f"/v1/keys/{document['id']}"
    assert keyed.api.get("/v1/athletes/me", headers={"Authorization": f"bearer {document['key']}"}).status_code == 200
    listed = admin.get("/v1/keys?limit=200")
    KeyPage.model_validate(listed.json())
    assert document["key"] not in listed.text
    [seen] = [one for one in listed.json()["items"] if one["id"] == document["id"]]
    assert seen == {name: value for name, value in document.items() if name != "key"}
    assert document["key"].startswith(seen["prefix"])


def test_only_its_hash_is_on_the_disk(keyed: Any) -> None:
    admin = keyed.holder("admin")
    key = admin.request("POST", "/v1/keys", json={"role": "ingest"}).json()["key"]
    assert disk.holding(Path(keyed.api.settings.data_dir), key[9:]) == []


def test_a_repeated_call_makes_no_second_key_and_keeps_none(keyed: Any) -> None:
    """The answer that is kept for repetition has everything but the key: it is shown once."""
    admin = keyed.holder("admin")
    calls = [
        admin.request("POST", "/v1/keys", json={"role": "ingest"}, headers={"Idempotency-Key": "make-it-once"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in calls] == [201, 201]
    first, again = (answer.json() for answer in calls)
    NewKey.model_validate(again)
    assert again == {**first, "key": None}
    assert keyed.api.get("/v1/athletes", headers={"Authorization": f"Bearer {first['key']}"}).status_code == 403
    assert disk.holding(Path(keyed.api.settings.data_dir), first["key"][9:]) == []


def test_whom_nobody_knows_leaves_nothing_to_repeat(keyed: Any) -> None:
    for number in range(3):
        headers = {"Idempotency-Key": f"stranger-{number}"}
        assert keyed.api.post("/v1/webhooks/strava/guess", content=b"{}", headers=headers).status_code == 404
        assert keyed.api.post("/v1/keys", json={"role": "admin"}, headers=headers).status_code == 401
    with read(keyed.api.app.state.house.engine) as db:
        kept = db.execute(sa.select(tables.idempotency_keys.c.key)).scalars().all()
    assert not [key for key in kept if key.startswith("stranger")]


def test_a_revoked_key_is_refused_from_that_moment_and_stays_in_the_list(keyed: Any, problem_of: Any) -> None:
    admin, other = keyed.holder("admin"), keyed.holder("admin")
    assert other.get("/v1/athletes").status_code == 200
    assert admin.request("DELETE", f"/v1/keys/{other.id}").status_code == 204
    problem_of(other.get("/v1/athletes"), 401, "unauthorized")
    assert admin.request("DELETE", f"/v1/keys/{other.id}").status_code == 204
    [seen] = [one for one in admin.get("/v1/keys?limit=200").json()["items"] if one["id"] == other.id]
    assert seen["revoked_at"] is not None
    for absent in ("key_01k6p7e5000000000000000000", "key_", "ath_01k6p7e5000000000000000000"):
        problem_of(admin.request("DELETE", f"/v1/keys/{absent}"), 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"role": "owner"},
        {"role": "coach"},
        {"role": "coach", "athletes": []},
        {"role": "athlete"},
        {"role": "admin", "athletes": ["ath_01k6p7e5000000000000000000"]},
        {"role": "athlete", "athletes": ["ath_01k6p7e5000000000000000000"]},
        {"role": "athlete", "athletes": ["me"]},
        {"role": "ingest", "athletes": []},
        {"role": "ingest", "scope": "all"},
        {"role": "admin", "name": "two\nlines"},
    ],
)
def test_a_key_that_fits_nobody_is_not_made(keyed: Any, problem_of: Any, body: dict[str, Any]) -> None:
    admin = keyed.holder("admin")
    before = len(admin.get("/v1/keys?limit=200").json()["items"])
    problem_of(admin.request("POST", "/v1/keys", json=body), 422, "invalid_field")
    assert len(admin.get("/v1/keys?limit=200").json()["items"]) == before


def test_the_last_use_is_written_aside_and_not_with_each_call(keyed: Any) -> None:
    admin, other = keyed.holder("admin"), keyed.holder("admin")
    began = datetime.now(UTC).isoformat()[:19]

    def last_used() -> str | None:
        return next(one for one in admin.get("/v1/keys?limit=200").json()["items"] if one["id"] == other.id)[
            "last_used_at"
        ]

    for _ in range(3):
        assert other.get("/v1/athletes").status_code == 200
    assert last_used() is None
    rounds.once(keyed.api.app.state.house)
    used = last_used()
    assert used is not None
    assert used >= began


def test_who_did_what_is_told_by_ids_alone(keyed: Any, watch_file: Any, problem_of: Any) -> None:
    admin = keyed.holder("admin")
    canary = "Kanarienvogel"
    athlete = admin.request("POST", "/v1/athletes", json={"name": canary, "external_id": canary}).json()["id"]
    own = keyed.holder("athlete", athlete)
    data = watch_file("fit/valid/jog.fit")
    sent = own.request("POST", f"/v1/athletes/me/uploads?filename={canary}.fit", content=data).json()
    activity = sent["items"][0]["activity"]["id"]
    assert own.request("DELETE", f"/v1/activities/{activity}").status_code == 204
    assert own.get("/v1/athletes/me/export").status_code == 200
    made = admin.request("POST", "/v1/keys", json={"role": "coach", "athletes": [athlete], "name": canary}).json()
    admin.request("DELETE", f"/v1/keys/{made['id']}")
    erased = own.request("DELETE", "/v1/athletes/me")
    assert erased.status_code == 204
    told = admin.get("/v1/audit", params={"athlete_id": athlete})
    DeedPage.model_validate(told.json())
    deeds = told.json()["items"]
    assert [(one["actor"], one["action"], one["subject"]) for one in deeds] == [
        (own.id, "athlete.erased", None),
        (own.id, "athlete.exported", None),
        (own.id, "activity.deleted", activity),
        (admin.id, "athlete.created", None),
    ]
    assert deeds[0]["request_id"] == erased.headers["x-request-id"]
    everything = admin.get("/v1/audit?limit=200")
    assert {("key.created", made["id"]), ("key.revoked", made["id"])} <= {
        (one["action"], one["subject"]) for one in everything.json()["items"]
    }
    assert canary not in everything.text
    page = admin.get("/v1/audit?limit=1").json()
    after = admin.get("/v1/audit", params={"limit": 1, "cursor": page["next_cursor"]}).json()
    assert after["items"][0]["id"] < page["items"][0]["id"]


def test_without_keys_the_actor_is_this_computer(api: Any) -> None:
    athlete = api.athlete()
    [deed] = api.get("/v1/audit", params={"athlete_id": athlete}).json()["items"]
    assert (deed["actor"], deed["action"]) == ("local", "athlete.created")
    assert api.post("/v1/keys", json={"role": "admin"}).status_code == 201
