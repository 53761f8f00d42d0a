"""`crampwatch doctor`: what is wrong with an installation, one line a thing that was looked at."""

from __future__ import annotations

from typing import Annotated

import typer


def command(*, json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False) -> None:
    """Look at settings, database, files, jobs and sync services, and say what is wrong and what to do about it.

    Nothing is changed, and nobody outside is called. Exit code 1 where something is wrong.
    """
    from service.cli import examination  # noqa: PLC0415 - everything else is loaded when there is work for it

    raise typer.Exit(examination.run(as_json=json))
