"""Under load: nothing that was acknowledged is lost, nothing is doubled, and nobody meets a 5xx."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.faults.conftest import PATIENCE_S, Service, served, short_run

pytestmark = pytest.mark.faults

MANY = 1000
AT_ONCE = 64


async def upload_all(service: Service, days: range, told: list[str], statuses: list[int], *, stop_at: int = 0) -> None:
    """Upload a run for each day, many at once; `stop_at`: SIGTERM after so many acknowledgements."""
    gate = asyncio.Semaphore(AT_ONCE)
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, limits=limits) as client:

        async def one(day: int) -> None:
            async with gate:
                try:
                    answer = await client.post(f"{service.address}/v1/athletes/me/uploads", content=short_run(day))
                except httpx.HTTPError:
                    return  # never acknowledged
                statuses.append(answer.status_code)
                if answer.status_code == 201:
                    told.append(answer.json()["items"][0]["activity"]["id"])
                    if stop_at and len(told) == stop_at:
                        service.process.send_signal(signal.SIGTERM)

        await asyncio.gather(*(one(day) for day in days))


@pytest.mark.timeout(900)
def test_a_thousand_uploads_at_once_are_a_thousand_runs(tmp_path: Path) -> None:
    told: list[str] = []
    statuses: list[int] = []
    with served(tmp_path) as service:
        asyncio.run(upload_all(service, range(MANY), told, statuses))
        assert set(statuses) == {201}, sorted(set(statuses))
        assert len(set(told)) == MANY
        assert service.activities() == set(told)
    with sqlite3.connect(service.data / "crampwatch.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.timeout(900)
def test_told_to_stop_in_the_middle_of_a_load_it_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    told: list[str] = []
    statuses: list[int] = []
    with served(tmp_path) as service:
        asyncio.run(upload_all(service, range(MANY), told, statuses, stop_at=MANY // 4))
        assert service.process.wait(timeout=60) == 0
    assert len(told) >= MANY // 4
    assert not {status for status in statuses if status >= 500} - {503}
    with served(tmp_path) as again:
        assert set(told) <= again.activities()
