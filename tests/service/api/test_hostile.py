"""Hostile requests: whatever is sent, the answer is a 4xx problem or a proper success, never a 5xx."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api.wire import ActivityPatch, AthleteIn

JSON = {"Content-Type": "application/json"}

BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"1",
    b'{"mass_kg": NaN}',
    b'{"mass_kg": Infinity}',
    b'{"mass_kg": -Infinity}',
    b'{"mass_kg": 1e999}',
    b'{"mass_kg": ' + b"9" * 5000 + b"}",
    b'{"birth_year": 9223372036854775808}',
    b'{"birth_year": -9223372036854775809}',
    b'{"name": "\\ud800"}',
    b'{"name": "a\\u0000b"}',
    b'{"name": "\x00"}',
    b'{"name": "\xff\xfe"}',
    b'{"external_id": "\\udfff\\ud800"}',
    b'{"name": {"a": 1}}',
    b'{"name": ["x"]}',
    b"[" * 30_000,
    b'{"a":' * 10_000,
    b"\xef\xbb\xbf{}x",
    b"\x00" * 100,
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/athletes"), ("PATCH", "/v1/athletes/me"), ("PUT", "/v1/athletes/by-external-id/hostile")],
)
def test_a_hostile_body_is_a_4xx_problem(api: Any, body: bytes, method: str, path: str) -> None:
    answer = api.request(method, path, content=body, headers=JSON)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] in ("bad_json", "invalid_field", "too_large")


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "a/b;c"]
)
def test_a_body_of_another_type_is_a_4xx_problem(api: Any, kind: str) -> None:
    answer = api.post("/v1/athletes", content=b'{"name": "n"}', headers={"Content-Type": kind})
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_field"


ODD = [
    "%00",
    "%ff",
    "%ed%a0%80",
    "..%2f..%2fetc",
    "' OR 1=1 --",
    "9223372036854775808",
    "-1",
    "NaN",
    "é",
    "a" * 300,
    "%0d%0aX:1",
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "path",
    [
        "/v1/athletes/{}",
        "/v1/athletes/{}/activities",
        "/v1/athletes/{}/risk-history",
        "/v1/activities/{}",
        "/v1/activities/{}/file",
        "/v1/activities/{}/streams",
        "/v1/activities/{}/splits",
        "/v1/activities/{}/assessments",
        "/v1/uploads/{}",
        "/v1/uploads/{}/items",
        "/problems/{}",
        "/v1/athletes?external_id={}",
        "/v1/athletes?limit={}",
        "/v1/athletes?cursor={}",
        "/v1/athletes/me/activities?limit={}",
        "/v1/athletes/me/activities?cursor={}",
        "/v1/athletes/me/activities?from={}",
        "/v1/athletes/me/activities?to={}",
        "/v1/athletes/me/activities?sport={}",
        "/v1/athletes/me/activities?updated_since={}",
        "/v1/athletes/me/activities?include={}",
        "/v1/athletes/me/activities?fields={}",
        "/v1/athletes/me/risk-history?cursor={}",
        "/v1/athletes/me/risk-history?from={}",
        "/v1/athletes/me/risk-history?min_level={}",
        "/v1/athletes/me/risk-history?warning={}",
        "/v1/athletes/me/risk-history?order={}",
    ],
)
def test_an_odd_address_is_no_fault_of_ours(api: Any, path: str, odd: str) -> None:
    answer = api.get(path.format(odd.replace("'", "%27").replace(" ", "%20")))
    assert answer.status_code in (200, 400, 404, 422), answer.text


@pytest.mark.parametrize("odd", ["%00", "%ff", "%ed%a0%80", "a%0db", "%E2%80%AE"])
def test_an_odd_external_id_is_refused(api: Any, odd: str) -> None:
    assert api.put(f"/v1/athletes/by-external-id/{odd}", json={}).status_code in (200, 201, 422)
    assert api.put("/v1/athletes/by-external-id/%00", json={}).status_code == 422


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "9999-12-31",
        "2026-13-01",
        "2026-02-30",
        "now",
        "1e9",
        "2026-W01-1",
        "",
    ],
)
def test_a_time_that_is_none_is_refused(api: Any, problem_of: Any, time: str) -> None:
    for name in ("from", "to", "updated_since"):
        answer = api.get("/v1/athletes/me/activities", params={name: time})
        assert name in problem_of(answer, 422, "invalid_field")["detail"]


@pytest.mark.parametrize(
    "header", ["If-None-Match", "If-Match", "Accept", "Accept-Language", "Content-Disposition", "Range"]
)
@pytest.mark.parametrize(
    "value", ["", ",", '"', "W/", "\xff\xfe", "*", "a" * 3000, ";q=1", "en;q=nan", "text/csv;q=\xe9"]
)
def test_an_odd_header_is_no_fault_of_ours(api: Any, header: str, value: str) -> None:
    for method, path in (
        ("GET", "/v1/athletes/me"),
        ("GET", "/v1/athletes/me/risk-history"),
        ("PATCH", "/v1/athletes/me"),
    ):
        answer = api.request(method, path, headers={header: value.encode("latin-1")}, content=b"{}")
        assert answer.status_code in (200, 304, 412, 422), answer.text


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.dictionaries(
        st.sampled_from([*AthleteIn.model_fields, *ActivityPatch.model_fields, "other"]), anything, max_size=4
    )
)
def test_any_json_gets_a_proper_answer(api: Any, body: dict[str, Any]) -> None:
    import json

    content = json.dumps(body).encode()  # NaN and lone surrogates as Python's own writer spells them
    for path in ("/v1/athletes/me", "/v1/activities/act_01k6p7e5000000000000000000"):
        answer = api.patch(path, content=content, headers=JSON)
        assert answer.status_code in (200, 400, 404, 409, 422), answer.text
    api.patch("/v1/athletes/me", json=dict.fromkeys(AthleteIn.model_fields))
