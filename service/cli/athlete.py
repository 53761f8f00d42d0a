"""`crampwatch athlete`: who is there, and one more. No server is needed for it."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(name="athlete", help="Athletes of the local store.", no_args_is_help=True, rich_markup_mode=None)


@app.command("add")
def add(
    *,
    name: Annotated[str | None, typer.Option(help="What they are called.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Your own id of the athlete; unique.")] = None,
) -> None:
    """Make an athlete and print the id. Everything else can be told over HTTP."""
    from service.cli import roster  # noqa: PLC0415 - sqlalchemy is loaded by the commands that need it

    roster.add(name=name, external_id=external_id)


@app.command("list")
def listed() -> None:
    """Every athlete: id, external id, name, number of runs."""
    from service.cli import roster  # noqa: PLC0415 - likewise

    roster.show()
