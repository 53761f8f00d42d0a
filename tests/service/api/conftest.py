"""The real application on a real SQLite file and blob folder, called through ASGI without a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from fixtures.corpus import ABSENT, CORPUS
from service.app import create_app
from service.jobs.errands.work_off import work_off
from service.jobs.workshop import Workshop
from service.settings import Settings
from service.store import keys
from service.store.engine import write

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "fixtures"
BASE = "http://localhost:8000"


@dataclass
class Api:
    """The application and one client, called from plain functions."""

    app: FastAPI
    settings: Settings
    portal: BlockingPortal
    client: httpx.AsyncClient

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            return await self.client.request(method, path, **more)

        return self.portal.call(call)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def patch(self, path: str, **more: Any) -> httpx.Response:
        return self.request("PATCH", path, **more)

    def put(self, path: str, **more: Any) -> httpx.Response:
        return self.request("PUT", path, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        return self.request("DELETE", path, **more)

    def athlete(self, **profile: Any) -> str:
        """A fresh athlete's id."""
        made = self.post("/v1/athletes", json=profile)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def upload(self, athlete: str, data: bytes, *, name: str = "run.fit", **params: str) -> httpx.Response:
        """One file as the body."""
        return self.post(f"/v1/athletes/{athlete}/uploads", content=data, params={"filename": name, **params})

    def worked_off(self, answer: httpx.Response) -> dict[str, Any]:
        """The upload of a 202, once the errand that was queued for it has been done."""
        assert answer.status_code == 202, answer.text
        house, upload_id = self.app.state.house, answer.json()["id"]
        shop = Workshop(house.settings, house.engine, house.blobs, house.queue, lambda: datetime.now(UTC))
        for _ in range(1000):
            if work_off(shop, upload_id) is None:
                return dict(self.get(answer.headers["location"]).json())
        raise AssertionError("it did not end")

    def run(self, athlete: str, name: str = "fit/valid/fast_start.fit", **params: str) -> dict[str, Any]:
        """The Activity of an uploaded fixture."""
        made = self.upload(athlete, fixture(name), name=Path(name).name, **params)
        assert made.status_code == 201, made.text
        return dict(made.json()["items"][0]["activity"])


@dataclass
class Holder:
    """Somebody with a key, calling the same application."""

    api: Api
    key: str
    id: str = ""

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return self.api.request(method, path, headers=headers, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)


@dataclass
class Keyed:
    """An application that asks for keys, and a way to hand them out."""

    api: Api

    def holder(self, role: str, *athletes: str) -> Holder:
        """Somebody with a fresh key; without athletes it reaches everybody."""
        with write(self.api.app.state.house.engine) as db:
            row, key = keys.create(db, now=datetime.now(UTC), role=role, athlete_ids=athletes or None)
        return Holder(self.api, key, row.id)


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer, once it has the status, the code and the form that it must have."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["code"] == code, document
    assert document["status"] == status
    assert document["type"] == f"/problems/{code}"
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


@pytest.fixture(scope="session")
def problem_of() -> Any:
    return problem


@pytest.fixture(scope="session")
def watch_file() -> Any:
    return fixture


@pytest.fixture(scope="session")
def corpus() -> Path:
    if not CORPUS.is_dir():
        pytest.skip(ABSENT)
    return CORPUS


def opened(settings: Settings) -> Iterator[Api]:
    """The application within its lifespan, closed at the end; without a worker, of which a process has but one."""
    app = create_app(settings.model_copy(update={"role": "api"}))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)
        with portal.wrap_async_context_manager(client):
            yield Api(app, settings, portal, client)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that says `ON_BOTH = True` runs on SQLite and on PostgreSQL; the others have enough with SQLite."""
    if "api" in metafunc.fixturenames:
        backends = ("sqlite", "postgresql") if getattr(metafunc.module, "ON_BOTH", False) else ("sqlite",)
        metafunc.parametrize("api", backends, indirect=True, scope="module")


@pytest.fixture(scope="module")
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One application for the tests of a module; a test that counts makes its own athlete."""
    folder = tmp_path_factory.mktemp("data")
    if request.param == "sqlite":
        yield from opened(Settings(data_dir=folder))
        return
    with request.getfixturevalue("postgres").database() as url:
        yield from opened(Settings(data_dir=folder, database_url=url))


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    """One application with `auth=keys` for the tests of a module."""
    for api in opened(Settings(data_dir=tmp_path_factory.mktemp("keyed"), auth="keys", failed_keys_per_minute=0)):
        yield Keyed(api)


@pytest.fixture
def small_api(tmp_path: Path) -> Iterator[Api]:
    """An application with limits so low that a test can stand on them."""
    limits = {"max_file_bytes": 1000, "max_archive_bytes": 3000, "max_json_bytes": 500, "max_upload_parts": 4}
    yield from opened(Settings(data_dir=tmp_path, **limits))


@pytest.fixture
def api_at() -> Callable[[Path], Iterator[Api]]:
    """Opens an application over a data folder that is there already, for one turn of a loop."""
    return lambda folder: opened(Settings(data_dir=folder))


@pytest.fixture
def athlete(api: Api) -> str:
    return api.athlete()
