"""Children that upload and are killed, each at a later moment: `python crash.py FOLDER CHILDREN`, for test_crash.py.

Each child has a data folder of its own and writes down the id of an activity only after the answer that acknowledges
it. All are forks of one process (`killing.py`).
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

import httpx

from fixtures.killing import CALLS, child, kill_at
from service.app import create_app
from service.settings import Settings

_STRIDE = 7919
"""A prime, so that the second kills are spread over all calls, too."""

FILES = tuple(
    (Path(__file__).parents[2] / "fixtures" / "fit" / "valid" / name).read_bytes()
    for name in ("fast_start.fit", "chained.fit", "even_run.fit", "split_records.fit", "enhanced.fit")
)
"""Runs that come in no order, so that earlier ones send somebody to catch up; some are twins and some are alone."""


async def upload(folder: Path, point: int) -> None:
    app = create_app(Settings(data_dir=folder, role="api"))
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        kill_at(point)
        for data in FILES:
            answer = await client.post("http://localhost/v1/athletes/me/uploads", content=data)
            answer.raise_for_status()
            with (folder / "acknowledged").open("a") as file:
                file.writelines(f"{item['activity']['id']}\n" for item in answer.json()["items"])


def run(folder: Path, point: int) -> None:
    """Upload everything; who is not killed tells in `calls` how many there were."""
    asyncio.run(upload(folder, point))
    (folder / "calls").write_text(str(len(CALLS)))


def main(folder: Path, children: int) -> None:
    """One child that lives, then as many that are killed at points spread over all its calls.

    Every third one is followed by the client's retry over the same folder, which is killed as well, elsewhere.
    """
    child(partial(run, folder / "whole", sys.maxsize))
    calls = int((folder / "whole" / "calls").read_text())
    killed = 0
    for number in range(children):
        data = folder / str(number)
        killed += child(partial(run, data, number * calls // children))
        if number % 3 == 1:
            child(partial(run, data, number * _STRIDE % calls))
    sys.stdout.write(f"{killed}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
