"""`crampwatch export`: everything that is kept of an athlete, as the archive that the API gives. No server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    *,
    athlete: Annotated[str, typer.Option(help="Id or external id of the athlete, or `me`.")] = "me",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", dir_okay=False, help="The ZIP to write; `-` is stdout [crampwatch-<id>.zip]."),
    ] = None,
) -> None:
    """Write original files, profile, activities, reports and history of an athlete into a ZIP."""
    from service.cli import takeaway  # noqa: PLC0415 - sqlalchemy and the web framework are loaded by this command

    takeaway.run(athlete=athlete, output=output)
