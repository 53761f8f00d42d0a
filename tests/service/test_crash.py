"""Killed at any moment: what was acknowledged is there after the next start, whole and once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from anyio.from_thread import start_blocking_portal

from service.app import create_app
from service.jobs.queue import Queue
from service.settings import Settings
from service.store import tables
from service.store.blobs import Blobs, original_key, streams_key
from service.store.engine import make_engine, read

ROOT = Path(__file__).parents[2]
CHILDREN = int(os.environ.get("CRAMPWATCH_TEST_CRASHES") or 50)
"""Points at which a child is killed; `make faults` asks for a thousand."""

MOST = 0.98
"""Of the last points a few may lie behind the end: two children do not make quite the same number of calls."""

PATIENCE_S = 120 + 3 * CHILDREN


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folders that the killed children left."""
    folder = tmp_path_factory.mktemp("crashes")
    script = str(Path(__file__).with_name("crash.py"))
    made = subprocess.run(
        [sys.executable, script, str(folder), str(CHILDREN)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert int(made.stdout) >= MOST * CHILDREN
    return folder


def start(data: Path) -> None:
    """Open the house and close it, long after: as the next start does."""
    for path in (data / "blobs").rglob("*"):
        os.utime(path, times=(0, 0))
    app = create_app(Settings(data_dir=data, role="api"))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        pass


@pytest.mark.timeout(PATIENCE_S)
def test_what_was_acknowledged_is_there_whole_and_once_after_a_kill_at_any_moment(crashed: Path) -> None:
    told: dict[str, int] = {}
    for number in range(CHILDREN):
        data = crashed / str(number)
        start(data)
        acknowledged = (data / "acknowledged").read_text().split() if (data / "acknowledged").exists() else []
        told[data.name] = len(acknowledged)
        engine = make_engine(f"sqlite:///{data}/crampwatch.db")
        with read(engine) as db:
            details, activities, sources = tables.activity_details.c, tables.activities.c, tables.sources.c
            found = db.execute(
                sa.select(activities.id, activities.athlete_id, sources.sha256, sources.part, details.streams_digest)
                .join_from(tables.activities, tables.sources, activities.id == sources.activity_id)
                .join(tables.activity_details, activities.id == details.activity_id)
            ).all()
            marked = set(
                db.execute(sa.select(tables.athletes.c.id).where(tables.athletes.c.assess_from.is_not(None))).scalars()
            )
            assessed = set(db.execute(sa.select(tables.assessments.c.activity_id)).scalars())
        queue = Queue(engine)
        sent = {job.args[0] for job in queue.page(state="queued", limit=99, cursor=None).items}
        queue.close()
        engine.dispose()
        assert marked <= sent, "whoever is to be caught up with has somebody on the way"
        ids = [row.id for row in found]
        assert set(acknowledged) <= set(ids)
        assert len(ids) == len({(row.sha256, row.part) for row in found})
        assert assessed == set(ids)
        needed = {original_key(row.athlete_id, row.sha256) for row in found}
        needed |= {streams_key(row.athlete_id, row.id, row.streams_digest) for row in found}
        assert set(Blobs(f"file://{data}/blobs").list()) == needed
    assert min(told.values()) == 0
    assert len(set(told.values())) > 1, "some were killed after an acknowledgement"
