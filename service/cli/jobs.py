"""`crampwatch jobs`: what is queued, runs, or was given up; and jobs that were given up tried again."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer(invoke_without_command=True, pretty_exceptions_enable=False, rich_markup_mode=None)


class State(StrEnum):
    """The states of jobs."""

    queued = "queued"
    waiting = "waiting"
    running = "running"
    dead = "dead"
    done = "done"


@app.callback()
def command(
    context: typer.Context,
    *,
    state: Annotated[State, typer.Option(help="Which jobs to list.")] = State.dead,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the jobs of the store that the settings name: those given up, unless told otherwise."""
    if context.invoked_subcommand is not None:
        return
    from service import settings  # noqa: PLC0415 - the job library is loaded by the commands that need it
    from service.cli import board  # noqa: PLC0415 - likewise

    board.show(settings.load(), state=state.value, limit=limit, as_json=json)


@app.command("retry")
def retry(ids: Annotated[list[str], typer.Argument(metavar="ID", help="Jobs that were given up.")]) -> None:
    """Queue jobs that were given up once more, for one more attempt each."""
    from service import settings  # noqa: PLC0415 - likewise
    from service.cli import board  # noqa: PLC0415 - likewise

    board.retry(settings.load(), ids)
