"""`crampwatch watch`: new files of a folder, taken in as they appear."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="A folder that watch files come into.")
    ],
    *,
    athlete: Annotated[str, typer.Option(help="Whose runs they become: an athlete's id, or `me`.")] = "me",
    settle_s: Annotated[
        float, typer.Option("--settle", min=0.1, max=3600, help="Seconds for which a file must not have grown.")
    ] = 2.0,
) -> None:
    """Take in the files of a folder, and every new one as soon as it is whole, until stopped."""
    from service.cli.loads.watched import run  # noqa: PLC0415 - the database is loaded when there is work for it

    raise typer.Exit(run(folder, athlete=athlete, settle_s=settle_s))
