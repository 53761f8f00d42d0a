"""`Idempotency-Key`: what is repeated under the same key is done once, and answered as it was the first time."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
import sqlalchemy as sa

from fixtures.catalogue import on
from fixtures.fit_writer import fit
from fixtures.runs import minutes
from service.api import idempotency, permissions
from service.api.idempotency import Fingerprint
from service.api.permissions import ANYONE
from service.errors import Unavailable
from service.reception import Reception
from service.store import tables
from service.store.engine import read, write

RUN, OTHER = (fit(on(300 + day, minutes(6, 2.8), step_s=10.0)) for day in range(2))
KEYS = tables.idempotency_keys


def sent(api: Any, athlete: str, key: str, data: bytes = RUN, **params: str) -> Any:
    headers = {"Idempotency-Key": key}
    return api.post(
        f"/v1/athletes/{athlete}/uploads", content=data, params={"filename": "a.fit", **params}, headers=headers
    )


def kept(api: Any, key: str) -> Any:
    with read(api.app.state.house.engine) as db:
        return db.execute(sa.select(*KEYS.c).where(KEYS.c.key == key)).mappings().one_or_none()


def change(api: Any, key: str, **values: Any) -> None:
    with write(api.app.state.house.engine) as db:
        db.execute(sa.update(KEYS).where(KEYS.c.key == key).values(values))


def count(api: Any, athlete: str) -> int:
    return len(api.get(f"/v1/athletes/{athlete}/activities").json()["items"])


def test_a_repeated_call_gets_the_very_answer_of_the_first(api: Any, athlete: str) -> None:
    first, again = sent(api, athlete, "k1"), sent(api, athlete, "k1")
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert sent(api, athlete, "k2").json()["items"][0]["outcome"] == "duplicate"


def test_what_would_be_made_twice_without_a_key_is_made_once_with_it(api: Any) -> None:
    headers = {"Idempotency-Key": "one-athlete"}
    made = [api.post("/v1/athletes", json={"name": "A"}, headers=headers).json()["id"] for _ in range(3)]
    assert len(set(made)) == 1


@pytest.mark.parametrize("change_of", ["body", "query", "address"])
def test_a_key_of_another_call_is_refused(api: Any, athlete: str, problem_of: Any, change_of: str) -> None:
    key = f"other-{change_of}"
    sent(api, athlete, key)
    answer = {
        "body": lambda: sent(api, athlete, key, OTHER),
        "query": lambda: sent(api, athlete, key, sport="hiking"),
        "address": lambda: sent(api, api.athlete(), key),
    }[change_of]()
    problem_of(answer, 422, "idempotency_mismatch")


def test_a_form_sent_again_with_another_boundary_is_the_same_call(api: Any, athlete: str) -> None:
    """A client that builds its form anew chooses a new one."""
    form = [("file", ("a.fit", RUN)), ("file", ("b.fit", OTHER))]
    answers = [
        api.post(f"/v1/athletes/{athlete}/uploads", files=form, headers={"Idempotency-Key": "form"}) for _ in range(2)
    ]
    types = {answer.request.headers["content-type"] for answer in answers}
    assert len(types) == 2
    assert answers[1].headers["idempotent-replayed"] == "true"
    swapped = api.post(f"/v1/athletes/{athlete}/uploads", files=form[::-1], headers={"Idempotency-Key": "form"})
    assert swapped.status_code == 422


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_the_hash_of_a_body_does_not_depend_on_how_it_was_cut(size: int) -> None:
    body = b"--aXaXb\r\none\r\n--aXaXaXb--aXaXbaXaXb"

    def digest(step: int) -> str:
        heard = Fingerprint(boundary=b"aXaXb")
        for first in range(0, len(body), step):
            heard.hear(body[first : first + step], more=first + step < len(body))
        return heard.digest()

    assert digest(size) == digest(len(body))
    assert digest(size) != Fingerprint(boundary=b"aXaXb").digest()


def test_what_is_under_way_is_not_begun_again(
    api: Any, athlete: str, problem_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(api, athlete, "slow")
    change(api, "slow", status=None, body_sha256=None, body=None, held_until=datetime.now(UTC) + timedelta(seconds=20))
    answer = sent(api, athlete, "slow")
    problem_of(answer, 409, "idempotency_running")
    assert 1 <= int(answer.headers["retry-after"]) <= 20
    change(api, "slow", held_until=datetime.now(UTC) - timedelta(seconds=1))
    served = sent(api, athlete, "slow")
    assert (served.status_code, served.json()["duplicates"]) == (200, 1)
    assert sent(api, athlete, "slow").headers["idempotent-replayed"] == "true"


def test_a_long_call_keeps_its_key(api: Any, athlete: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "_SIGN_OF_LIFE_S", 0.01)
    real, seen = Reception.receive, []

    def slow(self: Reception, *args: Any, **named: Any) -> Any:
        first = kept(api, "long")["held_until"]
        while len(seen) < 500 and kept(api, "long")["held_until"] == first:
            seen.append(first)
        assert kept(api, "long")["held_until"] > first
        return real(self, *args, **named)

    monkeypatch.setattr(Reception, "receive", slow)
    assert sent(api, athlete, "long").status_code == 201


def test_after_a_day_a_key_is_new(api: Any, athlete: str) -> None:
    sent(api, athlete, "old")
    change(api, "old", created_at=datetime.now(UTC) - timedelta(hours=23))
    assert "idempotent-replayed" in sent(api, athlete, "old").headers
    change(api, "old", created_at=datetime.now(UTC) - timedelta(hours=24))
    again = sent(api, athlete, "old")
    assert "idempotent-replayed" not in again.headers
    assert again.json()["duplicates"] == 1


def test_keys_are_each_callers_own(api: Any, athlete: str) -> None:
    sent(api, athlete, "mine")
    change(api, "mine", caller="key_" + "0" * 26)
    assert "idempotent-replayed" not in sent(api, athlete, "mine").headers


def test_the_callers_fault_is_kept(api: Any, athlete: str, watch_file: Any, problem_of: Any) -> None:
    cut = watch_file("fit/valid/fast_start.fit")[:300]
    first, again = sent(api, athlete, "bad", cut), sent(api, athlete, "bad", cut)
    problem_of(first, 422, "truncated")
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    problem_of(sent(api, athlete, "bad", RUN), 422, "idempotency_mismatch")


def test_what_failed_for_our_sake_or_for_now_is_not_kept(
    api: Any, athlete: str, problem_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, (failure, status, code) in enumerate(
        [(Unavailable("busy", retry_after_s=2), 503, "unavailable"), (ZeroDivisionError(), 500, "internal")]
    ):
        with monkeypatch.context() as patched:
            patched.setattr(Reception, "receive", lambda *_, failure=failure, **__: (_ for _ in ()).throw(failure))
            problem_of(sent(api, athlete, f"fails-{number}"), status, code)
        assert kept(api, f"fails-{number}") is None
        assert sent(api, athlete, f"fails-{number}").status_code in (200, 201)


def test_a_refusal_before_the_body_was_read_is_not_kept(api: Any, problem_of: Any) -> None:
    problem_of(sent(api, "ath_" + "0" * 26, "nobody"), 404, "not_found")
    assert kept(api, "nobody") is None


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "caf\u00e9", "a\tb"])
def test_a_key_is_1_to_255_visible_characters(api: Any, athlete: str, problem_of: Any, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    problem_of(api.post(f"/v1/athletes/{athlete}/uploads", content=RUN, headers=headers), 400, "bad_request")
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    problem_of(api.post(f"/v1/athletes/{athlete}/uploads", content=RUN, headers=twice), 400, "bad_request")
    assert sent(api, athlete, "!" * 255).status_code in (200, 201, 422)


def test_copies_at_the_same_moment_are_one_call(api: Any, athlete: str) -> None:
    statuses: list[int] = []

    async def all_at_once() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(one)

    async def one() -> None:
        answer = await api.client.post(
            f"/v1/athletes/{athlete}/uploads", content=RUN, headers={"Idempotency-Key": "burst"}
        )
        statuses.append(answer.status_code)

    api.portal.call(all_at_once)
    assert set(statuses) <= {201, 409}
    assert statuses.count(201) >= 1
    assert count(api, athlete) == 1
    assert sent(api, athlete, "burst", RUN).status_code == 422, "sent without ?filename= before"


def test_a_background_upload_is_queued_once(api: Any, athlete: str) -> None:
    headers = {"Idempotency-Key": "queue", "Prefer": "respond-async"}
    answers = [api.post(f"/v1/athletes/{athlete}/uploads", content=RUN, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1].headers["preference-applied"] == "respond-async"


CRASH = """
import asyncio, os, signal, sys
from pathlib import Path
import httpx
from service.app import create_app
from service.reception import Reception
from service.settings import Settings

real = Reception.receive

def dies(*args, **named):
    real(*args, **named)
    os.kill(os.getpid(), signal.SIGKILL)

async def main(folder, data):
    app = create_app(Settings(data_dir=Path(folder), role="api"))
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        Reception.receive = dies
        await client.post(
            "http://localhost/v1/athletes/me/uploads", content=Path(data).read_bytes(), params={"filename": "a.fit"},
            headers={"Idempotency-Key": "crash"},
        )

asyncio.run(main(*sys.argv[1:]))
"""


def test_a_call_that_died_is_served_anew_and_makes_nothing_twice(tmp_path: Path, api_at: Any) -> None:
    """Killed between what it did and its answer: the key comes free, and the bytes are known."""
    (tmp_path / "run.fit").write_bytes(RUN)
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", CRASH, str(tmp_path / "data"), str(tmp_path / "run.fit")],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -9, done.stderr.decode()
    for api in api_at(tmp_path / "data"):
        assert sent(api, "me", "crash").status_code == 409
        change(api, "crash", held_until=datetime.now(UTC))
        again = sent(api, "me", "crash")
        assert (again.status_code, again.json()["duplicates"]) == (200, 1)
        assert count(api, "me") == 1


def test_every_post_of_the_document_takes_a_key_but_those_of_strangers(api: Any) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    posts = {path: operations["post"] for path, operations in paths.items() if "post" in operations}
    known = {path: one for path, one in posts.items() if permissions.roles_of(one["operationId"]) != ANYONE}
    assert len(known) >= 3
    assert posts.keys() - known.keys() == {"/v1/webhooks/{provider}/{secret}"}
    for path, operation in posts.items():
        named = {one["name"] for one in operation["parameters"]}
        told = [answer.get("headers", {}) for answer in operation["responses"].values()]
        assert ("Idempotency-Key" in named) == (path in known), path
        assert all(("Idempotent-Replayed" in headers) == (path in known) for headers in told), path
