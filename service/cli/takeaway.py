"""An athlete's export written to a file, from the store that the settings name."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from anyio import CapacityLimiter

from service import settings
from service.api.access import Caller, House, Visit
from service.api.export import pieces
from service.cli.database import athlete_named, opened
from service.cli.terminal import remark
from service.errors import NoSpace, Unavailable
from service.ingest import PROGRAM_VERSION
from service.jobs.queue import Queue
from service.metrics import Metrics
from service.postbox import Postbox
from service.store.blobs import Blobs
from service.store.engine import write
from service.vault import Vault

STDOUT = Path("-")


def run(*, athlete: str, output: Path | None) -> None:
    """Write the archive. Raises NotFound, Unavailable and NoSpace; what was begun is taken away then."""
    chosen = settings.load()
    with opened(chosen) as engine:
        queue = Queue(engine)
        house = House(
            settings=chosen,
            engine=engine,
            blobs=Blobs(chosen.blob_url),
            uploads=CapacityLimiter(1),
            queue=queue,
            vault=Vault.of(chosen),
            postbox=Postbox(engine, queue.enqueue, now=lambda: datetime.now(UTC), wait_s=chosen.database_timeout_s),
            metrics=Metrics(version=PROGRAM_VERSION),
        )
        visit = Visit(house, Caller.local(), datetime.now(UTC), None, "en")
        with write(engine) as db:
            row = athlete_named(db, athlete)
            visit.note(db, "athlete.exported", athlete_id=row.id)
        if output == STDOUT:
            for piece in pieces(visit, row):
                sys.stdout.buffer.write(piece)
            return
        target = output or Path(f"crampwatch-{row.id}.zip")
        _write(target, pieces(visit, row))
    remark(f"Everything that is kept of the athlete is in {target}.")


def _write(target: Path, found: Iterable[bytes]) -> None:
    """Beside it first, so that what bears the name is whole."""
    beside = target.with_name(f".{target.name}.part")
    try:
        with beside.open("wb") as out:
            for piece in found:
                out.write(piece)
        beside.replace(target)
    except OSError as wrong:
        beside.unlink(missing_ok=True)
        error = NoSpace if wrong.errno is not None and "space" in (wrong.strerror or "") else Unavailable
        raise error(f"the archive cannot be written: {wrong.strerror}") from wrong
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
