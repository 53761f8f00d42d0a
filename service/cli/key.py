"""`crampwatch key`: API keys made, listed and revoked at the service's own computer. No server is needed for it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer(name="key", help="API keys for `CRAMPWATCH_AUTH=keys`.", no_args_is_help=True, rich_markup_mode=None)


class Role(StrEnum):
    """What a key may do."""

    admin = "admin"
    coach = "coach"
    athlete = "athlete"
    ingest = "ingest"


@app.command("add")
def add(
    *,
    role: Annotated[Role, typer.Option(help="What the key may do; docs/keys.md tells more.")],
    athlete: Annotated[
        list[str] | None,
        typer.Option(help="Id or external id of an athlete that it reaches; may be repeated. Without: everybody."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What you call it.")] = None,
) -> None:
    """Make a key. Only the key goes to standard output, this once; what is stored is its hash."""
    from service.cli import keyring  # noqa: PLC0415 - sqlalchemy is loaded by the commands that need it

    keyring.add(role=role.value, athletes=athlete or None, name=name)


@app.command("list")
def listed() -> None:
    """Every key that was made, with its last use; never the key itself."""
    from service.cli import keyring  # noqa: PLC0415 - likewise

    keyring.show()


@app.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, from `crampwatch key list`.")],
) -> None:
    """Revoke a key: the next call with it is refused."""
    from service.cli import keyring  # noqa: PLC0415 - likewise

    keyring.revoke(key)
