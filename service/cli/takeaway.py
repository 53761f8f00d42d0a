"""An athlete's export written to a file, from the store that the settings name."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from service import settings
from service.api.access import Caller, Visit
from service.api.export import pieces
from service.app import close_house, open_house
from service.cli.database import athlete_named, bring_up_to_date
from service.cli.terminal import remark
from service.errors import NoSpace, Unavailable
from service.ingest import PROGRAM_VERSION
from service.metrics import Metrics

STDOUT = Path("-")


def run(*, athlete: str, output: Path | None) -> None:
    """Write the archive. Raises NotFound, Unavailable and NoSpace; what was begun is taken away then."""
    chosen = settings.load()
    bring_up_to_date(chosen)
    house = open_house(chosen, Metrics(version=PROGRAM_VERSION))
    try:
        visit = Visit(house, Caller.local(), datetime.now(UTC), None, "en")
        with visit.writing() as db:
            row = athlete_named(db, athlete)
            visit.note(db, "athlete.exported", athlete_id=row.id)
        if output == STDOUT:
            for piece in pieces(visit, row):
                sys.stdout.buffer.write(piece)
            return
        target = output or Path(f"crampwatch-{row.id}.zip")
        _write(target, pieces(visit, row))
    finally:
        close_house(house)
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
