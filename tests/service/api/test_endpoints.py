"""Webhook endpoints over HTTP: made, changed, tested, rotated, and what the document says of their payloads."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.announcements import BODIES
from service.api.endpoints import Delivery, DeliveryPage, Endpoint, EndpointPage, NewEndpoint
from service.store import endpoints, events
from service.store.engine import write

HOOK = "https://hook.example/crampwatch"
ABSENT = "whe_01k6p7e5000000000000000000"


def make(api: Any, **more: Any) -> dict[str, Any]:
    answer = api.post("/v1/webhook-endpoints", json={"url": HOOK, "events": ["*"], "athletes": None} | more)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/webhook-endpoints/{answer.json()['id']}"
    NewEndpoint.model_validate(answer.json())
    return dict(answer.json())


def test_the_secret_is_shown_once(api: Any) -> None:
    made = make(api)
    assert made["secret"].startswith("whsec_")
    again = api.get(f"/v1/webhook-endpoints/{made['id']}")
    Endpoint.model_validate(again.json())
    assert again.json() == {name: value for name, value in made.items() if name != "secret"}
    assert made["secret"] not in api.get("/v1/webhook-endpoints").text
    assert (made["events"], made["athletes"], made["enabled"], made["owner"]) == (["*"], None, True, "local")


def test_athletes_are_named_by_id_or_as_me(api: Any, athlete: str, problem_of: Any) -> None:
    me = api.get("/v1/athletes/me").json()["id"]
    assert make(api, athletes=["me", athlete, me])["athletes"] == sorted({me, athlete})
    for wrong in ([], ["ath_01k6p7e5000000000000000000"], ["x"]):
        answer = api.post("/v1/webhook-endpoints", json={"url": HOOK, "events": ["*"], "athletes": wrong})
        assert problem_of(answer, 422, "invalid_field")["errors"][0]["field"] == "athletes"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://hook.example/"),
        ("url", "https://127.0.0.1/"),
        ("url", "https://2130706433/"),
        ("url", "https://[::ffff:127.0.0.1]/"),
        ("url", "https://user:word@hook.example/"),
        ("url", "https://hook.example:8443/"),
        ("url", "ftp://hook.example/"),
        ("url", "https://hook.example/" + "x" * 2000),
        ("url", None),
        ("events", []),
        ("events", ["activity.assessed", "activity.assessed"]),
        ("events", ["*", "activity.assessed"]),
        ("events", ["activity.invented"]),
        ("events", "activity.assessed"),
        ("secret", "whsec_mine"),
    ],
)
def test_what_cannot_be_sent_to_is_refused(api: Any, problem_of: Any, field: str, value: Any) -> None:
    made = make(api)
    for call, path in ((api.post, "/v1/webhook-endpoints"), (api.patch, f"/v1/webhook-endpoints/{made['id']}")):
        answer = call(path, json={"url": HOOK} | {field: value})
        assert problem_of(answer, 422, "invalid_field")["errors"][0]["field"].split(".")[0] == field


def test_a_change_is_held_to_the_version_that_was_read(api: Any, problem_of: Any) -> None:
    path = f"/v1/webhook-endpoints/{make(api)['id']}"
    first = api.get(path)
    assert api.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    changed = api.patch(path, json={"events": ["import.done"]}, headers={"If-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["events"], changed.json()["url"]) == (200, ["import.done"], HOOK)
    for call, body in ((api.patch, {"json": {"events": None}}), (api.delete, {})):
        answer = call(path, headers={"If-Match": first.headers["etag"]}, **body)
        problem_of(answer, 412, "precondition_failed")
    assert api.post(f"{path}/rotate", headers={"If-Match": first.headers["etag"]}).status_code == 412
    assert api.patch(path, json={"events": None, "athletes": None}).json()["events"] == ["*"]
    assert api.delete(path, headers={"If-Match": changed.headers["etag"]}).status_code == 412
    assert api.delete(path).status_code == 204
    problem_of(api.get(path), 404, "not_found")


def test_a_new_secret_leaves_the_old_one_for_a_day(api: Any) -> None:
    made = make(api)
    answer = api.post(f"/v1/webhook-endpoints/{made['id']}/rotate")
    NewEndpoint.model_validate(answer.json())
    assert answer.json()["secret"] not in {made["secret"], ""}
    assert made["previous_secret_until"] is None
    assert answer.json()["previous_secret_until"] > made["created_at"]


def test_a_test_is_on_its_way_and_stands_in_the_log(api: Any) -> None:
    made = make(api)
    answer = api.post(f"/v1/webhook-endpoints/{made['id']}/test")
    assert answer.status_code == 202
    Delivery.model_validate(answer.json())
    log = api.get(f"/v1/webhook-endpoints/{made['id']}/deliveries")
    DeliveryPage.model_validate(log.json())
    assert log.json()["items"] == [answer.json()]
    assert (answer.json()["type"], answer.json()["status"], answer.json()["sequence"]) == (
        "endpoint.test",
        "pending",
        None,
    )
    again = api.post(f"/v1/deliveries/{answer.json()['id']}/retry")
    assert (again.status_code, again.json()["id"]) == (202, answer.json()["id"])
    for status, count in (("pending", 1), ("delivered", 0), ("dead", 0)):
        path = f"/v1/webhook-endpoints/{made['id']}/deliveries?status={status}"
        assert len(api.get(path).json()["items"]) == count


def test_nothing_is_sent_to_a_paused_endpoint_until_it_is_enabled(api: Any, problem_of: Any) -> None:
    made = make(api)
    path = f"/v1/webhook-endpoints/{made['id']}"
    sent = api.post(f"{path}/test").json()
    paused = api.patch(path, json={"enabled": False}).json()
    assert (paused["enabled"], paused["disabled_because"]) == (False, "paused")
    assert api.patch(path, json={"url": HOOK + "/2"}).json()["enabled"] is False
    problem_of(api.post(f"{path}/test"), 409, "conflict")
    problem_of(api.post(f"/v1/deliveries/{sent['id']}/retry"), 409, "conflict")
    enabled = api.patch(path, json={"enabled": True}).json()
    assert (enabled["enabled"], enabled["disabled_at"], enabled["disabled_because"]) == (True, None, None)


def test_a_new_address_enables_an_endpoint_whose_old_one_failed(api: Any) -> None:
    made = make(api)
    house, path = api.app.state.house, f"/v1/webhook-endpoints/{made['id']}"
    with write(house.engine) as db:
        endpoints.disable(db, made["id"], because="failing", now=endpoints.get(db, made["id"], owner=None).created_at)
    assert api.get(path).json()["disabled_because"] == "failing"
    assert api.patch(path, json={"events": ["import.done"]}).json()["enabled"] is False
    assert api.patch(path, json={"url": HOOK}).json()["enabled"] is False
    assert api.patch(path, json={"url": HOOK + "/new"}).json()["enabled"] is True


def test_what_is_not_there_is_not_found(api: Any, problem_of: Any) -> None:
    for method, path in (
        ("GET", f"/v1/webhook-endpoints/{ABSENT}"),
        ("PATCH", f"/v1/webhook-endpoints/{ABSENT}"),
        ("DELETE", f"/v1/webhook-endpoints/{ABSENT}"),
        ("POST", f"/v1/webhook-endpoints/{ABSENT}/test"),
        ("POST", f"/v1/webhook-endpoints/{ABSENT}/rotate"),
        ("GET", f"/v1/webhook-endpoints/{ABSENT}/deliveries"),
        ("POST", "/v1/deliveries/dlv_01k6p7e5000000000000000000/retry"),
        ("POST", "/v1/deliveries/x/retry"),
        ("GET", "/v1/webhook-endpoints/x"),
    ):
        more = {"json": {}} if method == "PATCH" else {}
        problem_of(api.request(method, path, **more), 404, "not_found")


def test_endpoints_come_in_pages(api: Any) -> None:
    for _ in range(3):
        make(api)
    first = api.get("/v1/webhook-endpoints?limit=2").json()
    EndpointPage.model_validate(first)
    second = api.get(f"/v1/webhook-endpoints?limit=2&cursor={first['next_cursor']}").json()
    ids = [one["id"] for one in first["items"] + second["items"]]
    assert len(set(ids)) == len(ids) > 2


def test_the_document_describes_the_payload_of_every_type_of_event(api: Any) -> None:
    document = api.get("/openapi.json").json()
    assert document["webhooks"].keys() == events.TYPES | {"endpoint.test"} == BODIES.keys()
    for name, spec in document["webhooks"].items():
        body = spec["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][body]
        assert schema["properties"]["type"]["const"] == name
        wanted = {"sequence", "id", "athlete_id", "external_id", "headline", "previous_level", "level", "data"}
        assert wanted <= set(schema["required"])
        assert "422" not in spec["post"]["responses"]
        assert {"webhook-id", "webhook-timestamp", "webhook-signature"} == {
            one["name"] for one in spec["post"]["parameters"]
        }


def test_what_the_feed_shows_is_what_the_document_describes(api: Any, athlete: str) -> None:
    run = api.run(athlete, external_id="mine")
    api.put(f"/v1/activities/{run['id']}/cramp-report", json={"answer": "near"})
    api.patch(f"/v1/activities/{run['id']}", json={"name": "n"})
    api.delete(f"/v1/activities/{run['id']}")
    api.upload(athlete, b"no watch file")
    told = [one for one in api.get("/v1/events?limit=200").json()["items"] if one["athlete_id"] == athlete]
    assert len({one["type"] for one in told}) == 6
    for one in told:
        BODIES[one["type"]].model_validate(one)
