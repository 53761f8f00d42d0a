"""auth=keys: each route of the OpenAPI document with each kind of key. A route without a row here fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from service.api import permissions
from service.api.gate import GuardedRoute
from service.api.permissions import ANYONE
from service.store import credentials

HIDDEN = {"docs": "/docs", "asset": "/static/any/style.css"}
"""Routes that the document leaves out: pages for people, with nothing of anybody."""

JSON: Mapping[str, Mapping[str, Any]] = {
    "create_athlete": {},
    "put_athlete_by_external_id": {},
    "patch_athlete": {"name": "New name"},
    "patch_activity": {"note": "New note"},
    "unmerge_activity": {"sha256": "0" * 64},
    "put_cramp_report": {"answer": "near"},
    "put_run_log": {"fluid_ml": 300},
    "request_reassessment": {"athlete_id": "{athlete}"},
    "create_key": {"role": "admin"},
    "create_webhook_endpoint": {"url": "https://hook.example/"},
    "patch_webhook_endpoint": {"url": "https://hook.example/2"},
}
"""What the calls that need a body send; `{athlete}` is filled in as in an address."""

SERVICES = dict.fromkeys(("receive_webhook", "answer_webhook_handshake", "finish_connection"), 404)
"""What sync services call, or send browsers to: they prove by themselves who they are, and whoever cannot sees nothing
there."""

NOT_CONNECTED = {"begin_connection": 404, "remove_connection": 404}
"""No sync service is set up here."""

OWN_ANSWERS = {**SERVICES, **NOT_CONNECTED, "unmerge_activity": 404, "adopt_reassessment": 409, "retry_job": 404}
"""What one's own thing answers where that is no success, since it is in no state for the call."""

ROLES = ("admin", "coach", "athlete", "ingest")

ABSENT = {
    "athlete": "ath_01k6p7e5000000000000000000",
    "activity": "act_01k6p7e5000000000000000000",
    "upload": "upl_01k6p7e5000000000000000000",
    "reassessment": "rea_01k6p7e5000000000000000000",
    "endpoint": "whe_01k6p7e5000000000000000000",
    "delivery": "dlv_01k6p7e5000000000000000000",
}


@dataclass(frozen=True)
class World:
    """An athlete with a run, in the words of addresses."""

    athlete: str
    activity: str
    upload: str
    reassessment: str
    endpoint: str
    delivery: str

    def names(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ABSENT}


@dataclass
class Bench:
    """The application, an admin, and somebody else's run that nothing here may touch."""

    keyed: Any
    admin: Any
    watch_file: Any
    theirs: World

    def settle(self) -> World:
        athlete = self.admin.request("POST", "/v1/athletes", json={}).json()["id"]
        data = self.watch_file("fit/valid/jog.fit")
        made = self.admin.request("POST", f"/v1/athletes/{athlete}/uploads", content=data)
        assert made.status_code == 201, made.text
        upload = made.json()
        activity = upload["items"][0]["activity"]["id"]
        for part, told in (("cramp-report", {"answer": "none"}), ("log", {"fluid_ml": 200})):
            assert self.admin.request("PUT", f"/v1/activities/{activity}/{part}", json=told).status_code == 201
        asked = self.admin.request("POST", "/v1/reassessments", json={"athlete_id": athlete})
        return World(athlete, activity, upload["id"], asked.json()["id"], **self.subscribe(self.admin))

    @staticmethod
    def subscribe(holder: Any) -> dict[str, str]:
        """An endpoint of the holder, and a delivery on its way there."""
        endpoint = holder.request("POST", "/v1/webhook-endpoints", json={"url": "https://hook.example/"}).json()["id"]
        sent = holder.request("POST", f"/v1/webhook-endpoints/{endpoint}/test")
        return {"endpoint": endpoint, "delivery": sent.json()["id"]}

    def call(self, holder: Any, operation: str, names: Mapping[str, str]) -> Any:
        method, path, _ = OPERATIONS[operation]
        more = {"content": self.watch_file("fit/valid/even_run.fit")} if operation == "upload_files" else {}
        extra = {**EXTRA, "key": self.keyed.holder("admin").id}
        if operation in JSON:
            filled = {
                name: value.format_map(names) if isinstance(value, str) else value
                for name, value in JSON[operation].items()
            }
            more = {"json": filled}
        return holder.request(method, path.format_map({**extra, **names}), **more)


EXTRA = {
    "external_id": "x",
    "code": "empty",
    "job": "job_01k6p7e5000000000000000000",
    "provider": "strava",
    "secret": "not-the-secret",
}
OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {}


@pytest.fixture(scope="module")
def bench(keyed: Any, watch_file: Any) -> Bench:
    document = keyed.api.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            OPERATIONS[operation["operationId"]] = (method.upper(), path, operation)
    admin = keyed.holder("admin")
    made = Bench(keyed, admin, watch_file, World(*[""] * len(ABSENT)))
    made.theirs = made.settle()
    return made


def test_every_route_has_a_row_and_every_row_a_route(bench: Bench) -> None:
    assert len(OPERATIONS) > 30
    assert set(OPERATIONS) | set(HIDDEN) == set(permissions.MAY)
    included = [one for one in bench.keyed.api.app.routes if hasattr(one, "original_router")]
    routes = [route for one in included for route in one.original_router.routes]
    assert len(routes) >= len(permissions.MAY)
    assert [route.path for route in routes if not isinstance(route, GuardedRoute)] == []
    needing = {name for name, (_, _, spec) in OPERATIONS.items() if "requestBody" in spec}
    assert needing == set(JSON) | {"upload_files"}


def test_what_each_role_is_for() -> None:
    may = {role: {name for name, roles in permissions.MAY.items() if role in roles} for role in ROLES}
    assert may["ingest"] == {"upload_files", "get_upload", "list_upload_items"}
    assert may["ingest"] < may["coach"] < may["athlete"] < may["admin"]
    assert may["athlete"] - may["coach"] == {
        "export_athlete",
        "erase_athlete",
        "begin_connection",
        "remove_connection",
    }
    assert may["admin"] == {name for name, roles in permissions.MAY.items() if roles != ANYONE}
    assert may["admin"] - may["athlete"] == {
        "create_athlete",
        "put_athlete_by_external_id",
        "create_key",
        "list_keys",
        "revoke_key",
        "list_audit",
        "list_jobs",
        "retry_job",
        "metrics",
    }


@pytest.mark.parametrize("operation", sorted(permissions.MAY))
def test_without_a_valid_key_nothing_is_answered_but_what_tells_of_nobody(
    bench: Bench, problem_of: Any, operation: str
) -> None:
    revoked = bench.keyed.holder("admin")
    assert bench.admin.request("DELETE", f"/v1/keys/{revoked.id}").status_code == 204
    wrong = {
        "none": "",
        "another scheme": f"Basic {credentials.make()}",
        "no key in it": "Bearer ",
        "two words": f"Bearer {bench.admin.key} x",
        "mistyped": f"Bearer {bench.admin.key[:-1]}{'1' if bench.admin.key[-1] != '1' else '2'}",
        "unknown": f"Bearer {credentials.make()}",
        "revoked": f"Bearer {revoked.key}",
        "odd bytes": "Bearer \xff\x00",
    }
    for name, header in wrong.items():
        if operation in HIDDEN:
            answer = bench.keyed.api.get(HIDDEN[operation], headers={"Authorization": header.encode("latin-1")})
        else:
            method, path, _ = OPERATIONS[operation]
            filled = path.format_map({**EXTRA, **bench.theirs.names(), "key": revoked.id})
            answer = bench.keyed.api.request(
                method, filled, headers={"Authorization": header.encode("latin-1")} if header else {}
            )
        if permissions.MAY[operation] == ANYONE:
            assert answer.status_code == OWN_ANSWERS.get(operation, 200), name
        else:
            document = problem_of(answer, 401, "unauthorized")
            assert answer.headers["www-authenticate"] == 'Bearer realm="crampwatch"'
            assert bench.theirs.athlete not in document["detail"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", sorted(set(permissions.MAY) - set(HIDDEN)))
def test_a_role_may_do_what_the_table_says_with_its_own_and_nothing_with_others(
    bench: Bench, problem_of: Any, operation: str, role: str
) -> None:
    _, path, _ = OPERATIONS[operation]
    mine = bench.settle()
    holder = bench.keyed.holder(role, *(() if role == "admin" else (mine.athlete,)))
    roles = permissions.MAY[operation]
    if role in permissions.MAY["create_webhook_endpoint"]:
        mine = replace(mine, **bench.subscribe(holder))
    mentioned = path + str(JSON.get(operation, ""))
    about_somebody = any(f"{{{name}}}" in mentioned for name in ABSENT)
    foreign = {name: bench.theirs.names()[name] for name in ABSENT}
    if roles != ANYONE and role not in roles:
        for names in (foreign, ABSENT, mine.names()):
            problem_of(bench.call(holder, operation, names), 403, "forbidden")
        return
    if about_somebody and role != "admin":
        seen = [bench.call(holder, operation, names) for names in (foreign, ABSENT)]
        documents = [problem_of(answer, 404, "not_found") for answer in seen]
        assert len({repr({**one, "request_id": ""}) for one in documents}) == 1
    own = bench.call(holder, operation, mine.names())
    assert own.is_success or own.status_code == OWN_ANSWERS.get(operation), own.text
    assert bench.admin.get(f"/v1/activities/{bench.theirs.activity}").status_code == 200


def test_a_mixed_address_does_not_lead_around_the_scope(bench: Bench, problem_of: Any) -> None:
    mine = bench.settle()
    holder = bench.keyed.holder("athlete", mine.athlete)
    for path in (f"/v1/athletes/{mine.athlete}/../{bench.theirs.athlete}", f"/v1/athletes/{bench.theirs.athlete}//"):
        problem_of(holder.get(path), 404, "not_found")
    assert holder.get("/v1/athletes/me").json()["id"] == mine.athlete
    for role in ("admin", "coach", "ingest"):
        other = bench.keyed.holder(role, *(() if role == "admin" else (mine.athlete,)))
        if role != "ingest":
            problem_of(other.get("/v1/athletes/me"), 404, "not_found")


def test_a_coach_sees_the_named_athletes_and_nobody_else(bench: Bench, problem_of: Any) -> None:
    first, second = bench.settle(), bench.settle()
    coach = bench.keyed.holder("coach", first.athlete, second.athlete)
    listed = [one["id"] for one in coach.get("/v1/athletes").json()["items"]]
    assert listed == [first.athlete, second.athlete]
    assert coach.get(f"/v1/activities/{first.activity}").status_code == 200
    problem_of(coach.get(f"/v1/activities/{bench.theirs.activity}"), 404, "not_found")
    alone = bench.keyed.holder("athlete", first.athlete)
    assert [one["id"] for one in alone.get("/v1/athletes").json()["items"]] == [first.athlete]


def test_an_athlete_cannot_find_out_whose_external_ids_are_taken(bench: Bench, problem_of: Any) -> None:
    mine = bench.settle()
    bench.admin.request("PATCH", f"/v1/athletes/{bench.theirs.athlete}", json={"external_id": "taken"})
    holder = bench.keyed.holder("athlete", mine.athlete)
    for external_id in ("taken", "free"):
        answer = holder.request("PATCH", "/v1/athletes/me", json={"external_id": external_id})
        problem_of(answer, 403, "forbidden")
    assert holder.get("/v1/athletes", params={"external_id": "taken"}).json()["items"] == []


def test_a_key_is_refused_before_its_body_is_read(bench: Bench, problem_of: Any) -> None:
    """Bad JSON of somebody without a key is nobody's business."""
    answer = bench.keyed.api.post("/v1/athletes", content=b"{", headers={"Content-Type": "application/json"})
    problem_of(answer, 401, "unauthorized")
    ingest = bench.keyed.holder("ingest")
    answer = ingest.request("POST", "/v1/athletes", content=b"{", headers={"Content-Type": "application/json"})
    problem_of(answer, 403, "forbidden")


def test_an_address_that_is_not_there_is_not_found_with_and_without_a_key(bench: Bench, problem_of: Any) -> None:
    problem_of(bench.keyed.api.get("/v1/nothing"), 404, "not_found")
    problem_of(bench.admin.get("/v1/nothing"), 404, "not_found")


def test_any_host_and_origin_may_call_with_a_key(bench: Bench) -> None:
    """No cookie goes along by itself, so a page elsewhere holds no key unless somebody gave it one."""
    headers = {"Host": "runs.example.org", "X-Forwarded-For": "192.0.2.1"}
    assert bench.admin.get("/v1/athletes", headers=headers).status_code == 200
