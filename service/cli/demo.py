"""`crampwatch demo`: made-up runs uploaded, so that the history and the pages have something to show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    *,
    server: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A running service; without it the local store is filled directly."),
    ] = None,
    athlete: Annotated[str, typer.Option(help="Whose runs they become.")] = "me",
    folder: Annotated[
        Path | None, typer.Option("--from", file_okay=False, help="A folder of watch files instead of the fixtures.")
    ] = None,
) -> None:
    """Upload made-up runs and show what came of them."""
    from service.cli import uploads  # noqa: PLC0415 - httpx and the web framework are loaded by this command alone

    raise typer.Exit(uploads.run(server=server, athlete=athlete, folder=folder))
