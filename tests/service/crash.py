"""Children that upload and are killed, each at a later moment: `python crash.py FOLDER CHILDREN`, for test_crash.py.

The moments are the calls by which a process changes the disk (statements of the database, fsync, rename). Each child
has a data folder of its own and writes down the id of an activity only after the answer that acknowledges it. All are
forks of one process, which has imported everything and has opened nothing yet.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from sqlalchemy import Engine

from service.app import create_app
from service.settings import Settings

FILES = tuple(
    (Path(__file__).parents[2] / "fixtures" / "fit" / "valid" / name).read_bytes()
    for name in ("fast_start.fit", "chained.fit", "even_run.fit", "split_records.fit", "enhanced.fit")
)
"""Runs that come in no order, so that earlier ones send somebody to catch up; some are twins and some are alone."""


CALLS: list[int] = []


def kill_at(point: int) -> None:
    """From now on, die by SIGKILL at the call with this number, before or after it is done; count them in CALLS."""

    def count(*_: object) -> None:
        if len(CALLS) == point:
            os.kill(os.getpid(), signal.SIGKILL)
        CALLS.append(point)

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*positional: Any, **named: Any) -> Any:
            count()
            made = call(*positional, **named)
            count()
            return made

        return wrapped

    os.fsync, os.rename = counted(os.fsync), counted(os.rename)
    Path.rename = counted(Path.rename)  # type: ignore[method-assign]  # only in a child that is about to die
    sa.event.listen(Engine, "before_cursor_execute", count)
    sa.event.listen(Engine, "commit", count)
    sa.event.listen(Engine, "checkin", count)


async def upload(folder: Path, point: int) -> None:
    app = create_app(Settings(data_dir=folder, role="api"))
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        kill_at(point)
        for data in FILES:
            answer = await client.post("http://localhost/v1/athletes/me/uploads", content=data)
            answer.raise_for_status()
            with (folder / "acknowledged").open("a") as file:
                file.writelines(f"{item['activity']['id']}\n" for item in answer.json()["items"])


def child(folder: Path, point: int) -> bool:
    """Whether the child of this point was killed; what it counted is in `calls`, where it was not."""
    if (number := os.fork()) == 0:
        asyncio.run(upload(folder, point))
        (folder / "calls").write_text(str(len(CALLS)))
        os._exit(0)
    status = os.waitpid(number, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise SystemExit(f"the child of point {point} failed by itself")
    return os.WIFSIGNALED(status)


def main(folder: Path, children: int) -> None:
    """One child that lives, then as many that are killed at points spread over all its calls."""
    child(folder / "whole", sys.maxsize)
    calls = int((folder / "whole" / "calls").read_text())
    killed = sum(child(folder / str(number), number * calls // children) for number in range(children))
    sys.stdout.write(f"{killed}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
