"""The whole way of a file with its blobs in an object store: in, out, and gone again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.settings import Settings
from service.store import removals
from service.store.blobs import ERASURES, Blobs, digest_of, erasure_key, original_key

from .conftest import Api, opened

pytestmark = pytest.mark.s3


@pytest.fixture
def remote(s3_url: str, tmp_path: Path) -> Iterator[Api]:
    yield from opened(Settings(data_dir=tmp_path, blob_url=s3_url))


def keys(api: Api) -> set[str]:
    return set(Blobs(api.settings.blob_url).list())


def test_a_run_comes_in_is_read_and_leaves_nothing_when_it_is_deleted(remote: Api, watch_file: Any) -> None:
    data = watch_file("fit/valid/fast_start.fit")
    athlete = remote.athlete()
    run = remote.run(athlete)
    assert {key.split("/")[0] for key in keys(remote)} == {"originals", "streams"}
    assert remote.upload(athlete, data).status_code == 200
    path = f"/v1/activities/{run['id']}"
    assert remote.get(f"{path}/file").content == data
    assert remote.get(f"{path}/streams").json()["points"] > 1000
    assert remote.get(f"{path}/verify").json()["verdict"] == "holds"
    assert remote.patch(path, json={"conditions": {"temperature_c": 30}}).status_code == 200
    assert remote.delete(path).status_code == 204
    assert keys(remote) == set()


def test_an_erased_athlete_leaves_nothing_and_the_others_keep_what_is_theirs(remote: Api) -> None:
    gone, stays = remote.athlete(), remote.athlete()
    for athlete in (gone, stays):
        remote.run(athlete)
    assert remote.delete(f"/v1/athletes/{gone}").status_code == 204
    left = {key for key in keys(remote) if not key.startswith(ERASURES)}
    assert {key.split("/")[1] for key in left} == {stays}
    assert erasure_key(gone) in keys(remote)


def test_what_no_row_names_is_found_and_swept(remote: Api) -> None:
    athlete = remote.athlete()
    remote.run(athlete)
    whole, house = keys(remote), remote.app.state.house
    house.blobs.put(original_key(athlete, digest_of(b"cut off")), b"cut off")
    later = datetime.now(UTC) + timedelta(seconds=5)
    assert removals.ask_for_forgotten(house.engine, house.blobs, before=later, now=later) == 1
    removals.sweep(house.engine, house.blobs)
    assert keys(remote) == whole


def test_without_the_store_one_is_told_to_come_back(
    remote: Api, problem_of: Any, watch_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    athlete = remote.athlete()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    remote.app.state.house.blobs = Blobs(remote.settings.blob_url)
    answer = remote.upload(athlete, watch_file("fit/valid/fast_start.fit"))
    problem_of(answer, 503, "unavailable")
    assert answer.headers["retry-after"]
    assert remote.get(f"/v1/athletes/{athlete}/activities").json()["items"] == []
    assert remote.get("/readyz").status_code == 503
