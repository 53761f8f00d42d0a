"""`crampwatch backup`: a copy of the embedded store, made while the service goes on, and looked at as a whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer


def command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the copy lies; an earlier one is renewed.")],
) -> None:
    """Copy the store into a folder, which is a data folder afterwards. The service may go on meanwhile."""
    from service import settings  # noqa: PLC0415 - the database is loaded when there is work for it
    from service.cli import stocktaking  # noqa: PLC0415 - likewise
    from service.cli.terminal import remark  # noqa: PLC0415 - likewise
    from service.store import backup  # noqa: PLC0415 - likewise
    from service.store.blobs import Blobs  # noqa: PLC0415 - likewise
    from service.store.engine import make_engine  # noqa: PLC0415 - likewise

    chosen = settings.load()
    if folder.resolve() == chosen.data_dir.resolve():
        raise typer.BadParameter("this is the store itself", param_hint="FOLDER")
    engine = make_engine(chosen.database_url)
    try:
        copied = backup.copy(engine, Blobs(chosen.blob_url), folder, now=datetime.now(UTC))
    finally:
        engine.dispose()
    remark(f"{copied.blobs} files copied.")
    found, tally = stocktaking.look(backup.engine_on(folder), backup.blobs_in(folder))
    stocktaking.tell(found, tally)
    raise typer.Exit(1 if found else 0)
