"""How often: the allowances of keys and addresses, what is told about them, and whom nothing is counted for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.api.rates import Rates
from service.settings import Settings
from service.store import credentials

from .conftest import Keyed, opened

LIMITS = {"uploads_per_minute": 3, "address_uploads_per_minute": 5, "failed_keys_per_minute": 4}


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[Keyed]:
    settings = Settings(data_dir=tmp_path, auth="keys", trusted_proxies="127.0.0.1, 10.1.0.0/16", **LIMITS)
    for api in opened(settings):
        yield Keyed(api)


def send(holder: Any, **headers: str) -> httpx.Response:
    return holder.request("POST", f"/v1/athletes/{credentials.MARK}/uploads", content=b"x", headers=headers)


def test_one_upload_too_many_is_refused_until_the_minute_is_over(
    tight: Keyed, problem_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder, now_s = tight.holder("ingest"), time.time()
    monkeypatch.setattr(time, "time", lambda: now_s)
    for _ in range(3):
        assert send(holder).status_code == 404
    assert [holder.get("/v1/athletes").status_code for _ in range(9)] == [403] * 9, "only uploads count"
    refused = send(holder)
    document = problem_of(refused, 429, "rate_limited")
    assert "3 a minute" in document["detail"]
    assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"] == "60"
    assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("3", "0")
    monkeypatch.setattr(time, "time", lambda: now_s + 61)
    assert send(holder).status_code == 404


def test_each_answer_tells_what_is_left(tight: Keyed, watch_file: Any) -> None:
    admin = tight.holder("admin")
    athlete = admin.request("POST", "/v1/athletes", json={}).json()["id"]
    own = tight.holder("ingest", athlete)
    told = []
    for _ in range(2):
        answer = own.request("POST", f"/v1/athletes/{athlete}/uploads", content=watch_file("fit/valid/jog.fit"))
        assert answer.is_success
        told.append((answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"]))
    assert told == [("3", "2"), ("3", "1")]
    assert "ratelimit-limit" not in admin.get("/v1/athletes").headers


def test_an_address_has_an_allowance_too_and_only_a_named_proxy_may_tell_another(tight: Keyed, problem_of: Any) -> None:
    """The client of these calls is 127.0.0.1, a named proxy; what stands left of the last hop is anybody's word."""
    holders = [tight.holder("ingest") for _ in range(4)]
    for number in range(5):
        assert send(holders[number // 2], **{"X-Forwarded-For": "192.0.2.7"}).status_code == 404
    spoofed = [
        {"X-Forwarded-For": "198.51.100.1, 192.0.2.7"},
        {"X-Forwarded-For": "198.51.100.1, 192.0.2.7, 10.1.2.3"},
        {"X-Forwarded-For": "192.0.2.7:4711"},
        {"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=198.51.100.1", "X-Real-IP": "198.51.100.1"},
    ]
    for headers in spoofed:
        problem_of(send(holders[3], **headers), 429, "rate_limited")
    assert send(tight.holder("ingest"), **{"X-Forwarded-For": "192.0.2.8"}).status_code == 404


def test_who_is_no_named_proxy_is_believed_nothing(tmp_path: Path, problem_of: Any) -> None:
    for api in opened(Settings(data_dir=tmp_path, auth="keys", trusted_proxies="10.0.0.1", **LIMITS)):
        keyed = Keyed(api)
        answers = [
            send(keyed.holder("ingest"), **{"X-Forwarded-For": f"192.0.2.{number}"}).status_code for number in range(7)
        ]
        assert answers == [404] * 5 + [429] * 2


def test_too_many_wrong_keys_of_an_address_are_not_even_looked_up(tight: Keyed, problem_of: Any) -> None:
    """A key that was in use here goes on working: one bad neighbour behind the same address locks nobody out."""
    known, fresh = tight.holder("admin"), tight.holder("admin")
    assert known.get("/v1/athletes").status_code == 200
    for _ in range(4):
        answer = tight.api.get("/v1/athletes", headers={"Authorization": f"Bearer {credentials.make()}"})
        problem_of(answer, 401, "unauthorized")
    for key in (credentials.make(), "cw_typo", fresh.key):
        answer = tight.api.get("/v1/athletes", headers={"Authorization": f"Bearer {key}"})
        problem_of(answer, 429, "rate_limited")
        assert int(answer.headers["retry-after"]) > 0
    assert known.get("/v1/athletes").status_code == 200
    elsewhere = {"Authorization": f"Bearer {fresh.key}", "X-Forwarded-For": "192.0.2.9"}
    assert tight.api.get("/v1/athletes", headers=elsewhere).status_code == 200
    assert tight.api.get("/v1/athletes").status_code == 401


def test_without_keys_nothing_is_counted(tmp_path: Path) -> None:
    for api in opened(Settings(data_dir=tmp_path, **LIMITS)):
        answers = [api.upload("me", b"") for _ in range(8)]
        assert {answer.status_code for answer in answers} == {400}
        assert "ratelimit-limit" not in answers[0].headers


def test_nought_is_no_limit() -> None:
    rates = Rates()
    assert [rates.take("uploads", whose="a", limit=0) for _ in range(3)] == [None] * 3
    assert not rates.is_spent("uploads", whose="a", limit=0)


def test_allowances_of_others_are_others() -> None:
    rates = Rates()
    taken = [rates.take(what, whose=whose, limit=1) for what in ("uploads", "address") for whose in ("a", "b")]
    assert [one.granted for one in taken if one is not None] == [True] * 4
