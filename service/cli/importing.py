"""`crampwatch import`: folders, files and bulk archives, straight into the local store or to a running service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli import options


def command(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            exists=True,
            help="Folders (with all that lies below), watch files, and bulk exports of Strava or Garmin as they are.",
        ),
    ],
    *,
    athlete: Annotated[str, typer.Option(help="Whose runs they become: an athlete's id, or `me`.")] = "me",
    server: options.Server = None,
    key: options.Key = None,
    each: Annotated[bool, typer.Option("--each", help="Print a line for each file.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the outcomes as JSON.")] = False,
) -> None:
    """Bring a training history in. May be stopped and started again: what is known is passed over."""
    from service.cli.loads.run import Asked, run  # noqa: PLC0415 - the database is loaded when there is work for it

    raise typer.Exit(run(paths, Asked(athlete, server, key, each, json)))
