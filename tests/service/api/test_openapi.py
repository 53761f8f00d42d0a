"""The OpenAPI document and its page: complete, stable, and without anything from elsewhere."""

from __future__ import annotations

import re
from typing import Any

import pytest

from service.api import reference

OPERATIONS = {
    "create_athlete": ("POST", "/v1/athletes"),
    "list_athletes": ("GET", "/v1/athletes"),
    "put_athlete_by_external_id": ("PUT", "/v1/athletes/by-external-id/{external_id}"),
    "get_athlete": ("GET", "/v1/athletes/{athlete}"),
    "patch_athlete": ("PATCH", "/v1/athletes/{athlete}"),
    "erase_athlete": ("DELETE", "/v1/athletes/{athlete}"),
    "upload_files": ("POST", "/v1/athletes/{athlete}/uploads"),
    "get_upload": ("GET", "/v1/uploads/{upload}"),
    "list_upload_items": ("GET", "/v1/uploads/{upload}/items"),
    "list_activities": ("GET", "/v1/athletes/{athlete}/activities"),
    "get_activity": ("GET", "/v1/activities/{activity}"),
    "patch_activity": ("PATCH", "/v1/activities/{activity}"),
    "delete_activity": ("DELETE", "/v1/activities/{activity}"),
    "get_activity_file": ("GET", "/v1/activities/{activity}/file"),
    "get_activity_streams": ("GET", "/v1/activities/{activity}/streams"),
    "list_splits": ("GET", "/v1/activities/{activity}/splits"),
    "list_laps": ("GET", "/v1/activities/{activity}/laps"),
    "list_climbs": ("GET", "/v1/activities/{activity}/climbs"),
    "list_zones": ("GET", "/v1/activities/{activity}/zones"),
    "receive_webhook": ("POST", "/v1/webhooks/{provider}/{secret}"),
    "answer_webhook_handshake": ("GET", "/v1/webhooks/{provider}/{secret}"),
    "list_connections": ("GET", "/v1/athletes/{athlete}/connections"),
    "begin_connection": ("POST", "/v1/athletes/{athlete}/connections/{provider}"),
    "remove_connection": ("DELETE", "/v1/athletes/{athlete}/connections/{provider}"),
    "finish_connection": ("GET", "/v1/oauth/{provider}/callback"),
    "request_reassessment": ("POST", "/v1/reassessments"),
    "get_reassessment": ("GET", "/v1/reassessments/{reassessment}"),
    "adopt_reassessment": ("POST", "/v1/reassessments/{reassessment}/adopt"),
    "unmerge_activity": ("POST", "/v1/activities/{activity}/unmerge"),
    "list_assessments": ("GET", "/v1/activities/{activity}/assessments"),
    "verify_activity": ("GET", "/v1/activities/{activity}/verify"),
    "list_advice": ("GET", "/v1/athletes/{athlete}/advice"),
    "get_cramp_report": ("GET", "/v1/activities/{activity}/cramp-report"),
    "put_cramp_report": ("PUT", "/v1/activities/{activity}/cramp-report"),
    "delete_cramp_report": ("DELETE", "/v1/activities/{activity}/cramp-report"),
    "get_run_log": ("GET", "/v1/activities/{activity}/log"),
    "put_run_log": ("PUT", "/v1/activities/{activity}/log"),
    "delete_run_log": ("DELETE", "/v1/activities/{activity}/log"),
    "get_risk_summary": ("GET", "/v1/athletes/{athlete}/risk-summary"),
    "list_triage": ("GET", "/v1/triage"),
    "mark_triage_seen": ("POST", "/v1/triage/{athlete}/seen"),
    "list_events": ("GET", "/v1/events"),
    "list_risk_history": ("GET", "/v1/athletes/{athlete}/risk-history"),
    "list_jobs": ("GET", "/v1/jobs"),
    "retry_job": ("POST", "/v1/jobs/{job}/retry"),
    "export_athlete": ("GET", "/v1/athletes/{athlete}/export"),
    "create_key": ("POST", "/v1/keys"),
    "list_keys": ("GET", "/v1/keys"),
    "revoke_key": ("DELETE", "/v1/keys/{key}"),
    "list_audit": ("GET", "/v1/audit"),
    "metrics": ("GET", "/metrics"),
    "create_webhook_endpoint": ("POST", "/v1/webhook-endpoints"),
    "list_webhook_endpoints": ("GET", "/v1/webhook-endpoints"),
    "get_webhook_endpoint": ("GET", "/v1/webhook-endpoints/{endpoint}"),
    "patch_webhook_endpoint": ("PATCH", "/v1/webhook-endpoints/{endpoint}"),
    "delete_webhook_endpoint": ("DELETE", "/v1/webhook-endpoints/{endpoint}"),
    "test_webhook_endpoint": ("POST", "/v1/webhook-endpoints/{endpoint}/test"),
    "rotate_webhook_secret": ("POST", "/v1/webhook-endpoints/{endpoint}/rotate"),
    "list_deliveries": ("GET", "/v1/webhook-endpoints/{endpoint}/deliveries"),
    "retry_delivery": ("POST", "/v1/deliveries/{delivery}/retry"),
    "healthz": ("GET", "/healthz"),
    "readyz": ("GET", "/readyz"),
    "explain_problem": ("GET", "/problems/{code}"),
}
"""Operation ids are a promise: clients are generated from them. Add, never rename."""


@pytest.fixture(scope="module")
def document(api: Any) -> dict[str, Any]:
    return dict(api.get("/openapi.json").json())


def operations(document: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_operation_ids_are_stable(document: dict[str, Any]) -> None:
    assert {name: found[:2] for name, found in operations(document).items()} == OPERATIONS


def test_every_operation_is_described_and_answers_errors_as_problems(document: dict[str, Any]) -> None:
    for name, (_, _, operation) in operations(document).items():
        assert operation["description"], name
        assert operation["tags"], name
        problems = operation["responses"]["default"]["content"]["application/problem+json"]
        assert problems["schema"] == {"$ref": "#/components/schemas/Problem"}, name
        assert "422" not in operation["responses"], name


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    references = set(re.findall(r'"\$ref": ?"#/components/schemas/(\w+)"', __import__("json").dumps(document)))
    assert len(references) > 15
    assert references - schemas.keys() == set()
    assert not {"HTTPValidationError", "ValidationError"} & schemas.keys()


def test_list_parameters_are_the_same_everywhere(document: dict[str, Any]) -> None:
    lists = (
        "list_athletes",
        "list_activities",
        "list_risk_history",
        "list_upload_items",
        "list_assessments",
        "list_events",
    )
    for name in lists:
        parameters = {one["name"]: one["schema"] for one in operations(document)[name][2]["parameters"]}
        assert (parameters["limit"]["minimum"], parameters["limit"]["maximum"]) == (1, 200)
        assert parameters["limit"]["default"] == 50
        assert "cursor" in parameters


def test_upload_declares_both_ways_in_and_its_options(document: dict[str, Any]) -> None:
    operation = operations(document)["upload_files"][2]
    assert operation["requestBody"]["content"].keys() == {"multipart/form-data", "application/octet-stream"}
    names = {one["name"] for one in operation["parameters"]}
    assert names >= {"athlete", "filename", "external_id", "temperature_c", "humidity_pct", "wind_kmh", "sun", "sport"}
    assert {"200", "201"} <= operation["responses"].keys()


@pytest.fixture(scope="module")
def names(api: Any, watch_file: Any) -> dict[str, str]:
    """What there is, for the addresses."""
    athlete = api.athlete(external_id="theirs")
    upload = api.upload(athlete, watch_file("fit/valid/fast_start.fit")).json()
    activity = upload["items"][0]["activity"]["id"]
    for path, body in BODIES.items():
        if path.startswith("/v1/activities"):
            assert api.put(path.format(activity=activity), json=body).status_code == 201
    return {
        "reassessment": api.post("/v1/reassessments", json={"athlete_id": athlete}).json()["id"],
        "athlete": athlete,
        "upload": upload["id"],
        "activity": activity,
        "endpoint": api.post("/v1/webhook-endpoints", json={"url": "https://hook.example/"}).json()["id"],
        "external_id": "theirs",
        "code": "not_found",
        "key": "key_01k6p7e5000000000000000000",
        "provider": "polar",
    }


FOR_SERVICES = frozenset({"receive_webhook", "answer_webhook_handshake", "finish_connection"})
"""What sync services call, or send browsers to, each in its own way."""

BODIES: dict[str, dict[str, Any]] = {
    "/v1/activities/{activity}/cramp-report": {"answer": "none"},
    "/v1/activities/{activity}/log": {"fluid_ml": 500},
    "/v1/webhook-endpoints/{endpoint}": {"events": None},
}
"""What a route takes that does not take a name."""


def declared(operation: dict[str, Any]) -> set[str]:
    return {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}


def test_an_entity_tag_is_declared_where_there_is_one(
    api: Any, document: dict[str, Any], names: dict[str, str]
) -> None:
    tagged = 0
    for name, (method, path, operation) in operations(document).items():
        if method != "GET" or name in FOR_SERVICES:
            continue
        answer = api.get(path.format_map(names))
        assert answer.status_code == 200, name
        ok = operation["responses"]["200"]
        has_tag = "etag" in answer.headers
        assert ("ETag" in ok.get("headers", {})) == ("If-None-Match" in declared(operation)) == has_tag, name
        if has_tag:
            tagged += 1
            again = api.get(path.format_map(names), headers={"If-None-Match": answer.headers["etag"]})
            assert again.status_code == 304, name
            assert "304" in operation["responses"]
    assert tagged > 5


def test_a_demanded_version_is_declared_where_it_is_honoured(
    api: Any, document: dict[str, Any], names: dict[str, str]
) -> None:
    never = {"If-Match": f'"9-{"0" * 32}"'}
    for name, (method, path, operation) in operations(document).items():
        if method in ("PATCH", "PUT", "DELETE"):
            answer = api.request(method, path.format_map(names), headers=never, json=BODIES.get(path, {"name": "n"}))
            assert (answer.status_code == 412) == ("If-Match" in declared(operation)), name


def test_the_page_needs_no_script_and_no_other_host(api: Any) -> None:
    answer = api.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in answer.text
    assert re.findall(r'(?:src|href)="(?![#/])', answer.text) == []
    assert answer.headers["content-security-policy"] == reference.POLICY
    for method, path in OPERATIONS.values():
        assert f"<code>{method} {path}</code>" in answer.text


def test_the_front_door_greets_a_browser_with_a_page_and_a_program_with_text(api: Any) -> None:
    page = api.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    text = api.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert 'id="drop"' in page.text
    assert text.headers["content-type"].startswith("text/plain")
    assert "curl -F file=@run.fit http://localhost:8000/v1/athletes/me/uploads" in text.text
    assert "/v1/athletes/me/risk-history" in text.text
    for answer in (page, text):
        assert answer.status_code == 200
        assert "/docs" in answer.text
        assert "not medical advice" in answer.text.lower()


def test_the_page_escapes_what_it_is_given() -> None:
    page = reference.html_page(
        {
            "info": {"title": "<x>", "version": "1"},
            "paths": {},
            "components": {"schemas": {"<y>": {"description": "<z>"}}},
        }
    )
    assert not re.search("<[xyz]>", page)


def test_health_and_readiness(api: Any, problem_of: Any) -> None:
    assert api.get("/healthz").json()["status"] == "ok"
    ready = api.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert set(ready.json()["checks"].values()) == {"ok"}
    house = api.app.state.house
    house.draining = True
    try:
        answer = api.get("/readyz")
        assert problem_of(answer, 503, "unavailable")["checks"]["intake"] == "draining"
        assert answer.headers["retry-after"] == "2"
        assert api.get("/healthz").status_code == 200
    finally:
        house.draining = False


def test_every_address_of_the_contract_refuses_a_parameter_that_it_does_not_know(api: Any, problem_of: Any) -> None:
    """A misspelt filter would otherwise answer with everything."""
    document = api.get("/openapi.json").json()
    calls = [(method, path) for path, spec in document["paths"].items() if path.startswith("/v1/") for method in spec]
    assert len(calls) > 20
    for method, path in calls:
        if document["paths"][path][method]["operationId"] in FOR_SERVICES:
            continue
        answer = api.request(method.upper(), path.format_map(_Names()), params={"sprot": "running"})
        refused = problem_of(answer, 422, "invalid_field")
        assert refused["errors"] == [{"field": "sprot", "message": "is no parameter of this address"}], (method, path)


class _Names(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "me"


def test_the_reference_begins_with_its_contents_and_what_people_come_for(api: Any) -> None:
    text = api.get("/docs").text
    contents = text[text.index("<nav") : text.index("</nav>")]
    listed = re.findall(r'<a href="#(\w+)"><code>', contents)
    assert len(listed) == len(re.findall(r"<h3 id=\"(?!schema-)", text)) > 50
    assert listed[0] == "upload_files"
    assert not re.search(r'id="schema-\w*__', text), "no two schemas have one name"
