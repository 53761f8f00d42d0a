"""`crampwatch serve`: settings, migration, then the service, which says what to try once it is listening."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Role(StrEnum):
    """What the process does."""

    all = "all"
    api = "api"


def command(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on [CRAMPWATCH_HOST, else 127.0.0.1].")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 takes any free one [CRAMPWATCH_PORT, else 8000].")
    ] = None,
    role: Annotated[
        Role | None, typer.Option(help="`api`: only answer, and leave jobs to `crampwatch worker` [CRAMPWATCH_ROLE].")
    ] = None,
) -> None:
    """Start the service. The database is made or brought up to date first."""
    from service import settings  # noqa: PLC0415 - the web framework is loaded by this command alone
    from service.cli import server  # noqa: PLC0415 - likewise

    server.run(settings.load(host=host, port=port, role=role))
