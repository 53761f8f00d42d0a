"""What holds for every route of the document, whatever it answers: headers, problems, and what no log may hold."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from service import logs
from service.api.headers import SECURITY
from service.store import credentials
from tests import disk

CANARY = "Kanarienvogel"
NAMES = {
    "external_id": "x",
    "code": "empty",
    "provider": "polar",
    "secret": "not-the-secret",
    "key": "key_01k6p7e5000000000000000000",
    "job": "job_01k6p7e5000000000000000000",
    "reassessment": "rea_01k6p7e5000000000000000000",
    "endpoint": "whe_01k6p7e5000000000000000000",
    "delivery": "dlv_01k6p7e5000000000000000000",
}


def calls(api: Any) -> list[tuple[str, str]]:
    """Every route of the document, and the pages that it leaves out."""
    document = api.get("/openapi.json").json()
    listed = [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]
    assert len(listed) > 30
    return [*listed, ("GET", "/"), ("GET", "/docs"), ("GET", "/openapi.json")]


def demand(answer: Any) -> None:
    """The headers that every answer bears; what came out badly is a problem that tells nothing of the inside."""
    assert {name.decode() for name in SECURITY} - set(answer.headers) == set()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"].startswith("req_")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "server" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert not {name for name in answer.headers if name.startswith("access-control-")}
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        for leak in ("Traceback", "sqlalchemy", "sqlite", "SELECT", "Error(", ".py", "/blobs"):
            assert leak not in answer.text


def test_every_answer_of_every_route_bears_the_security_headers(api: Any, keyed: Any) -> None:
    """Good ones and bad ones: absent things, odd methods, bad bodies, bad parameters, no key, another role."""
    athlete = api.athlete()
    run = api.run(athlete)
    good = {**NAMES, "athlete": athlete, "activity": run["id"], "upload": "upl_01k6p7e5000000000000000000"}
    absent = {**NAMES, "athlete": "ath_none", "activity": "act_none", "upload": "\u202e%00"}
    ingest = keyed.holder("ingest")
    seen = set()
    for method, path in calls(api):
        answers = [
            api.request(method, path.format_map(absent)),
            api.request(method, path.format_map(absent), content=b"{", headers={"Content-Type": "application/json"}),
            api.request(method, path.format_map(good), params={"sprot": "x"}),
            api.request("BREW", path.format_map(good)),
            api.request(method, path.format_map(good), headers={"Host": "example.org"}),
            keyed.api.request(method, path.format_map(good)),
            ingest.request(method, path.format_map(absent)),
        ]
        if method == "GET":
            answers.append(api.get(path.format_map(good)))
        for answer in answers:
            demand(answer)
            seen.add(answer.status_code)
    assert {200, 400, 401, 403, 404, 405, 422} <= seen


def test_a_failure_of_any_route_is_a_problem_with_the_same_headers(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError(CANARY)

    for name in ("service.store.engine.read", "service.store.engine.write"):
        monkeypatch.setattr(name, fail)
    failed = 0
    names = {**NAMES, "athlete": "me", "activity": "act_01k6p7e5000000000000000000", "upload": "upl_" + "0" * 26}
    for method, path in calls(api):
        answer = api.request(method, path.format_map(names))
        demand(answer)
        assert CANARY not in answer.text
        failed += answer.status_code == 500
    assert failed > 15


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, structlog.get_config())
    stream = io.StringIO()
    logs.configure(level="debug", style="json", stream=stream)
    yield stream
    root.handlers[:], root.level = before[0], before[1]
    structlog.configure(**before[2])


def test_a_whole_run_with_keys_leaves_no_name_and_no_key_in_logs_metrics_or_refusals(
    keyed: Any, watch_file: Any, logged: io.StringIO
) -> None:
    admin = keyed.holder("admin")
    athlete = admin.request("POST", "/v1/athletes", json={"name": CANARY, "external_id": CANARY}).json()["id"]
    made = admin.request("POST", "/v1/keys", json={"role": "athlete", "athletes": [athlete], "name": CANARY}).json()
    unknown, typo = credentials.make(), made["key"][:-1]
    refusals = ""
    for method, path in calls(keyed.api):
        names = {**NAMES, "athlete": athlete, "activity": CANARY, "upload": CANARY, "external_id": CANARY}
        for key in (made["key"], unknown, typo):
            if method == "DELETE" and key == made["key"]:
                continue
            headers = {"Authorization": f"Bearer {key}", "User-Agent": CANARY, "X-Forwarded-For": CANARY}
            answer = keyed.api.request(method, path.format_map(names), headers=headers, params={"sprot": CANARY})
            refusals += answer.text if answer.status_code >= 400 else ""
    data = watch_file("fit/valid/jog.fit")
    own = {"Authorization": f"Bearer {made['key']}"}
    sent = keyed.api.post(f"/v1/athletes/me/uploads?filename={CANARY}.fit", content=data, headers=own)
    assert sent.status_code == 201
    assert keyed.api.get("/v1/athletes/me/export", headers=own).status_code == 200
    assert keyed.api.delete("/v1/athletes/me", headers=own).status_code == 204
    secrets = [made["key"][3:], unknown[3:], typo[3:], admin.key[3:]]
    written = logged.getvalue()
    assert written.count("\n") > 100
    for text in (written, refusals, admin.get("/metrics").text):
        assert CANARY.lower() not in text.lower()
        assert not any(secret in text for secret in secrets)
    for line in written.splitlines():
        assert json.loads(line).keys() <= logs.ALLOWED


def test_nothing_of_an_erased_athlete_is_on_the_disk(api: Any, watch_file: Any) -> None:
    """Over HTTP from the first byte to the last, with the service still running."""
    mark = "Kanarienvogel-77"
    athlete = api.athlete(name=mark, external_id=mark)
    api.upload(athlete, watch_file("fit/valid/jog.fit"), name=f"{mark}.fit", external_id=mark)
    api.upload(athlete, b"no run " + mark.encode(), name=f"{mark}2.fit")
    run = api.get(f"/v1/athletes/{athlete}/activities").json()["items"][0]["id"]
    api.patch(f"/v1/activities/{run}", json={"note": f"{mark} {'x' * 3000}", "name": mark})
    api.patch(f"/v1/activities/{run}", json={"note": f"{mark} {'y' * 30}"})
    api.patch(f"/v1/athletes/{athlete}", json={"name": "another name"})

    def found(text: str) -> list[str]:
        return disk.holding(Path(api.settings.data_dir), text)

    assert found(mark)
    assert found(athlete)
    assert api.delete(f"/v1/athletes/{athlete}").status_code == 204
    assert found(mark) == []
    assert {name.partition("-")[0] for name in found(athlete)} <= {"crampwatch.db"}, "the audit log, and nothing else"
