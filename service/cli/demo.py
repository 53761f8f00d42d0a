"""`crampwatch demo`: made-up runs uploaded, so that there is something to show; `--sync`: a sync service, played."""

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
    sync: Annotated[
        bool, typer.Option("--sync", help="Play a sync service instead, from the consent to the advice, and end.")
    ] = False,
) -> None:
    """Upload made-up runs and show what came of them."""
    if sync:
        if server is not None or folder is not None:
            raise typer.BadParameter("plays in a store of its own, with runs of its own", param_hint="--sync")
        from service.cli import story  # noqa: PLC0415 - the played services are loaded by this command alone

        story.run()
        return
    from service.cli import uploads  # noqa: PLC0415 - httpx and the web framework are loaded by this command alone

    raise typer.Exit(uploads.run(server=server, athlete=athlete, folder=folder))
