"""The command line: one module a command. `main` is what the `crampwatch` command runs.

Commands import what they work with when they run, not when they are listed: `crampwatch --help` loads no numpy, and
`analyse` no web framework and no database.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from service.cli.analyse import command as analyse_command
from service.cli.athlete import app as athlete_app
from service.cli.backup import command as backup_command
from service.cli.connection import app as connection_app
from service.cli.demo import command as demo_command
from service.cli.doctor import command as doctor_command
from service.cli.export import command as export_command
from service.cli.importing import command as import_command
from service.cli.jobs import app as jobs_app
from service.cli.key import app as key_app
from service.cli.migrate import command as migrate_command
from service.cli.reassess import command as reassess_command
from service.cli.scrub import command as scrub_command
from service.cli.serve import command as serve_command
from service.cli.verify import command as verify_command
from service.cli.watching import command as watch_command
from service.cli.webhooks import app as webhooks_app
from service.cli.worker import command as worker_command
from service.errors import BadSettings, ServiceError

REJECTED = 1
USAGE = 2

app = typer.Typer(
    name="crampwatch",
    help="Reads GPS watch files and attaches cramp-risk warnings and fueling reminders that show their evidence.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("analyse")(analyse_command)
app.command("serve")(serve_command)
app.command("demo")(demo_command)
app.command("worker")(worker_command)
app.add_typer(jobs_app, name="jobs")
app.add_typer(webhooks_app, name="webhooks")
app.command("import")(import_command)
app.command("watch")(watch_command)
app.command("migrate")(migrate_command)
app.command("verify")(verify_command)
app.command("reassess")(reassess_command)
app.command("doctor")(doctor_command)
app.command("export")(export_command)
app.command("scrub")(scrub_command)
app.add_typer(athlete_app)
app.add_typer(key_app)
app.add_typer(connection_app)
app.command("backup")(backup_command)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - a fifth of the time that --help takes

        typer.echo(f"crampwatch {version('crampwatch')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and leave.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Nothing of its own: the options that stand before a command."""


def main() -> None:
    """Run the command line and end the process: with 0 all well, 1 files rejected or not possible now, 2 usage."""
    try:
        app()
    except ServiceError as wrong:
        from service.cli.terminal import complain  # noqa: PLC0415 - rich is only loaded where something is printed

        complain(f"crampwatch: {wrong.message}")
        sys.exit(USAGE if isinstance(wrong, BadSettings) else REJECTED)
