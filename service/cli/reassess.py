"""`crampwatch reassess`: assess stored runs by the present rules, see what would change, and let it count."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    *,
    athlete: Annotated[
        str | None, typer.Option(help="Whose runs: an id, an external id or `me`; else everybody's.")
    ] = None,
    adopt: Annotated[bool, typer.Option("--adopt", help="Let what was found count, without asking.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print every run that would change as JSON.")] = False,
) -> None:
    """Assess the stored runs again, from their streams, and list what would change. Nothing counts before `--adopt`."""
    from service import settings  # noqa: PLC0415 - the database is loaded when there is work for it
    from service.cli import revision  # noqa: PLC0415 - likewise

    revision.run(settings.load(), athlete=athlete, adopt=adopt, as_json=json)
