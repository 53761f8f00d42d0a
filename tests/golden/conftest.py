"""Golden scenarios as a runner would have them: files of a watch, uploaded to the service, history and all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from fixtures.fit_writer import PLAIN, fit
from fixtures.runs import SCENARIOS, Run, km
from service.app import create_app
from service.settings import Settings

PAST_SPEED_MPS = 3.4
"""Earlier runs were faster than any scenario, so that none of them looks like a race against them."""

STEP_S = 4.0
"""How often the earlier runs were recorded: they only have to be there."""


@dataclass(frozen=True, slots=True)
class Golden:
    """The service, and what it says of a scenario."""

    call: Callable[..., Any]

    def uploaded(self, scenario: str, *, run: Run | None = None) -> dict[str, Any]:
        """The Activity of a scenario, or of another run told the same, for an athlete of its own."""
        known = SCENARIOS[scenario]
        athlete = self.call("POST", "/v1/athletes", json=dict(known.profile))["id"]
        for past in known.history:
            self._upload(athlete, _earlier(past), {})
        told = {name: value for name, value in known.conditions.items() if name != "source"}
        return self._upload(athlete, run or known.run, told)

    def _upload(self, athlete: str, run: Run, told: Mapping[str, Any]) -> dict[str, Any]:
        params = {"filename": "run.fit", **told}
        made = self.call("POST", f"/v1/athletes/{athlete}/uploads", content=fit(run, PLAIN), params=params)
        assert made["created"] == 1, made
        return dict(made["items"][0]["activity"])

    def get(self, activity: Mapping[str, Any], what: str) -> Any:
        """A part of a stored activity."""
        return self.call("GET", f"/v1/activities/{activity['id']}/{what}")


def _earlier(past: Mapping[str, Any]) -> Run:
    began = datetime.fromisoformat(past["started_at"])
    return Run((km(past["distance_m"] / 1000, PAST_SPEED_MPS),), started_at=began, step_s=STEP_S)


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Golden]:
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("golden"), log_level="error", role="api"))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8000")
        with portal.wrap_async_context_manager(client):

            def call(method: str, path: str, **more: Any) -> Any:
                async def send() -> httpx.Response:
                    return await client.request(method, path, **more)

                answer = portal.call(send)
                assert answer.is_success, answer.text
                return answer.json()

            yield Golden(call)


@pytest.fixture(scope="session")
def told(golden: Golden) -> Callable[[str], dict[str, Any]]:
    """The Activity of a scenario, uploaded once."""
    made: dict[str, dict[str, Any]] = {}

    def get(scenario: str) -> dict[str, Any]:
        if scenario not in made:
            made[scenario] = golden.uploaded(scenario)
        return made[scenario]

    return get


@pytest.fixture(scope="session")
def with_noise(golden: Golden) -> Callable[[str, int], dict[str, Any]]:
    """The Activity of a scenario whose noise has another seed."""
    return lambda scenario, seed: golden.uploaded(scenario, run=replace(SCENARIOS[scenario].run, seed=seed))
